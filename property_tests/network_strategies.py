"""Random networks: a tree of layers as data, its params and its input; as code, when one fails.

Hypothesis draws the tree, its options and a seed; the numbers come from the seed, with three decimals, so that they can
be read. The first options are the simplest: failures shrink to them.
"""

import numpy as np
from hypothesis import strategies as st

from oracle.catalogue import CATALOGUE
from oracle.reproducer import literal
from oracle.static import lane_axes
from purevjp import activation
from purevjp.diagram import code_of, layer_of
from purevjp.tree import tree_map

ACTIVATIONS = ("tanh", *sorted(name for name in activation.__all__ if name != "dropout"), "dropout")
NORMS = {"layer_norm": 2, "rms_norm": 1, "batch_norm": 2}
RECURRENT = {"rnn": 1, "gru": 3, "lstm": 4}
LEAVES = 10
"""A network has about so many layers at most."""

NAMES = """\
import functools

import numpy as np

import purevjp as pv
from purevjp.combinator import *
from purevjp.layer import *
from purevjp.recurrence import *
"""


def numbers(rng, shape, size=1.0):
    """Of about this size, none of them 0, float32 with few digits, as float64."""
    drawn = size * rng.uniform(0.2, 1.5, shape) * rng.choice([-1, 1], shape)
    return (np.sign(drawn) * np.maximum(np.abs(np.round(drawn, 3)), 1e-3)).astype(np.float32).astype(np.float64)


def static_of(rule, choose, shapes):
    """Options of a rule, as its row has them."""
    static = {}
    for key, token in CATALOGUE[rule]["static"].items():
        static[key] = token(choose, shapes, static)
    return static


def with_options(name, options):
    return (name, options) if options else (name,)


def matrix(rng, m, n):
    return numbers(rng, (m, n), 1 / np.sqrt(n))


def affine(choose, rng, x, keep):
    """A dense or linear layer."""
    n = x.shape[-1]
    m = n if keep else choose((2, 1, 3, 4))
    if choose((True, False)):
        return ("dense",), (matrix(rng, m, n), numbers(rng, m))
    return ("linear",), (matrix(rng, m, n),)


def activated(choose, _rng, x, _keep):
    """An activation, with its options."""
    name = choose(ACTIVATIONS)
    return with_options(name, static_of(name, choose, (x.shape,))), ()


def normalised(choose, rng, x, _keep):
    """A normalisation, over any axes."""
    name = choose(tuple(NORMS))
    axis = choose((1, *range(-x.ndim, x.ndim))) if name == "batch_norm" else lane_axes(choose, (x.shape,), {})
    epsilon = CATALOGUE[name]["static"]["epsilon"](choose, (x.shape,), {})
    static = {"axis": axis, "epsilon": epsilon}
    if name == "batch_norm":
        sides = (x.shape[axis],)
        return (name, static), (numbers(rng, sides), numbers(rng, sides))
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    sides = tuple(x.shape[a] for a in sorted(a % x.ndim for a in axes))
    return (name, static), tuple(numbers(rng, sides) for _ in range(NORMS[name]))


def recurrence(choose, rng, x, keep):
    """A recurrent layer, forwards or backwards."""
    kind, n = choose(tuple(RECURRENT)), x.shape[-1]
    k = n if keep else choose((2, 1, 3))
    rows = RECURRENT[kind] * k
    params = matrix(rng, rows, n), matrix(rng, rows, k), numbers(rng, rows), numbers(rng, rows)
    return with_options(kind, {"reverse": True} if choose((False, True)) else {}), params


def attention(choose, rng, x, _keep):
    """Attention of a sequence to itself."""
    heads, d, n = choose((1, 2, 4)), choose((2, 4)), x.shape[-1]
    groups = choose([g for g in (1, 2, 4) if heads % g == 0])
    options = {"heads": heads, "groups": groups, "causal": choose((True, False)), "rotary": choose((True, False))}
    params = {"qkv": matrix(rng, (heads + 2 * groups) * d, n), "out": matrix(rng, n, heads * d)}
    return ("self_attention", options), params


def convolution(choose, rng, x, keep):
    """A convolution of images or signals, with every option of its row; or its adjoint."""
    c, n = x.shape[1], x.ndim - 2
    groups = choose([g for g in (1, 2, 3) if c % g == 0])
    o = c if keep else groups * choose((1, 2))
    kernel = tuple(choose((1, 2, 3)) for _ in range(n))
    size = 1 / np.sqrt(max(c // groups * np.prod(kernel), 1))
    if keep:
        options = {"padding": "same", "dilation": choose((1, 2)), "groups": groups}
        return ("biased_conv", options), (numbers(rng, (o, c // groups, *kernel), size), numbers(rng, o))
    if choose((True, True, False)):
        shape = (o, c // groups, *kernel)
        static = static_of("conv", choose, (x.shape, shape))
        if choose((True, False)):
            return ("biased_conv", static), (numbers(rng, shape, size), numbers(rng, o))
        return ("conv", static), (numbers(rng, shape, size),)
    shape = (c, choose((1, 2)), *kernel)
    static = static_of("conv_transpose", choose, (x.shape, shape))
    return ("conv_transpose", static), (numbers(rng, shape, size),)


def pooled(choose, _rng, x, _keep):
    """The largest or the mean of windows."""
    name = choose(("max_pool", "avg_pool"))
    return (name, static_of(name, choose, (x.shape,))), ()


def flattened(_choose, _rng, _x, _keep):
    """All features of a sample as one axis."""
    return ("flatten",), ()


def leaf(choose, rng, x, keep):
    """A layer without layers in it, for a matrix, a sequence, a signal or an image."""
    kinds = [affine, activated, normalised]
    if x.ndim == 3:
        kinds += [recurrence, attention]
    if x.ndim >= 3:
        kinds += [convolution] if keep else [convolution, pooled, flattened]
    return choose(kinds)(choose, rng, x, keep)


def run(node, params, x):
    """The value of a network."""
    return layer_of(node)(params, x)[0]


def grown(choose, rng, x, depth, budget, *, keep=False):
    """A node, its params and its value; of the shape of x where that is to be kept."""
    for _ in range(8):
        node, params = (leaf if depth == 0 or budget[0] <= 1 else branched)(choose, rng, x, *more(depth, budget, keep))
        with np.errstate(all="ignore"):
            y = run(node, params, x)
        if y.size and y.size <= 200 and (not keep or y.shape == x.shape):
            budget[0] -= 1
            return node, params, y
    return ("tanh",), (), np.tanh(x)


def more(depth, budget, keep):
    """What `leaf` or `branched` gets."""
    return (keep,) if depth == 0 or budget[0] <= 1 else (depth, budget, keep)


def branched(choose, rng, x, depth, budget, keep):
    """A combinator of nodes, the first of which may be as deep as there is depth left."""

    def inner(at, *, keep, deep=True):
        return grown(choose, rng, at, (depth - 1) if deep else 0, budget, keep=keep)

    kind = choose([*COMPOSED, "remat"] + ["map_batch"] * (x.ndim > 2) + ["shared"] * budget[1])
    if kind == "shared":
        budget[1] = 0
        return shared(inner, x, keep)
    if kind in COMPOSED:
        return COMPOSED[kind](choose, inner, x, keep)
    node, params, _ = inner(x[0] if kind == "map_batch" else x, keep=keep)
    return (kind, node), params


def chained(choose, inner, x, keep):
    """One after the other."""
    first, own, y = inner(x, keep=keep)
    second, others, _ = inner(y, keep=keep, deep=choose((False, True)))
    return ("chain", first, second), (own, others)


def with_shortcut(choose, inner, x, _keep):
    """Beside x, or beside another branch."""
    node, params, _ = inner(x, keep=True)
    if choose((True, False)):
        return ("residual", node), params
    other, others, _ = inner(x, keep=True, deep=False)
    return ("residual", node, other), (params, others)


def added(choose, inner, x, _keep):
    """Side by side, added up."""
    nodes, params, _ = zip(*(inner(x, keep=True, deep=i == 0) for i in range(choose((2, 3)))), strict=True)
    return ("sum", *nodes), params


def joined(choose, inner, x, keep):
    """Side by side, concatenated, unless the shape is to be kept."""
    node, params = added(choose, inner, x, keep)
    return node if keep else ("concat", *node[1:], {"axis": choose(range(-x.ndim, x.ndim))}), params


def tied(_choose, inner, x, _keep):
    """The same layer before and after another."""
    node, params, y = inner(x, keep=True)
    between, others, _ = inner(y, keep=True, deep=False)
    return ("tied", ("chain", node, between, node), {"same": {2: 0}}), (params, others)


def shared(inner, x, keep):
    """The same layer twice, side by side; once in a network: errors of the two are one, and do not add in squares."""
    node, params, _ = inner(x, keep=keep)
    return ("tied", ("sum", node, node), {"same": {0: 1}}), (params,)


COMPOSED = {
    "chain": chained, "residual": with_shortcut, "sum": added, "concat": joined, "tied": tied,
}  # fmt: skip


@st.composite
def networks(draw):
    """A network as {"node", "params", "x", "u"}, in float64 numbers that float32 has too."""

    def choose(options):
        return draw(st.sampled_from(list(options)))

    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shapes = [(2, 3), (3, 1), (1, 4), (2, 3, 2), (1, 4, 3), (2, 2, 4, 3), (1, 3, 5, 5), (2, 1, 3, 4)]
    x = numbers(rng, choose(shapes))
    node, params, y = grown(choose, rng, x, choose(range(9)), [LEAVES, 1])
    return {"node": node, "params": params, "x": x, "u": numbers(rng, y.shape)}


def rematerialised(node, chosen):
    """The same network, some nodes of it within remat."""
    if not isinstance(node, tuple):
        return node
    inside = (node[0], *(rematerialised(part, chosen) for part in node[1:]))
    return ("remat", inside) if next(chosen) else inside


def leaves_of(node):
    """The names of all nodes."""
    return [node[0], *(name for part in node[1:] if isinstance(part, tuple) for name in leaves_of(part))]


def depth_of(node):
    """How deep the tree is."""
    return 1 + max((depth_of(part) for part in node[1:] if isinstance(part, tuple)), default=0)


def script_of(network, dtype, *expected):
    """The network as a script that runs it; the smallest one, after Hypothesis has shrunk it."""
    params, x, u = tree_map(lambda leaf: leaf.astype(dtype), (network["params"], network["x"], network["u"]))
    lines = [
        NAMES,
        f"network = {code_of(network['node'])}",
        f"params = {literal(params)}",
        f"x = {literal(x)}",
        "y, vjp = network(params, x)",
        f"dparams, dx = vjp({literal(u)})",
    ]
    return "\n".join([*lines, *(f"# {line}" for line in expected), ""])
