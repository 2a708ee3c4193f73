"""The judgement of a network that is data: {"node", "params", "x", "u"}, by JAX's interpreter and the error scale."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from oracle.catalogue import CATALOGUE
from oracle.interpreter import interpret
from oracle.plan import DTYPES, is_ill
from oracle.reference import evaluated_references, float64_on_cpu
from oracle.verdict import AGREE, FACTOR, KINK, NOT_JUDGED, WRONG, compare, error_ratios
from purevjp.aliases import Array, Tree
from purevjp.diagram import layer_of
from purevjp.tree import tree_leaves, tree_map

Network = Mapping[str, Any]


def judged_network(
    network: Network, *, dtypes: Sequence[Any] = DTYPES, compiles: bool = False
) -> tuple[str, list[str]]:
    """The verdict on value and every cotangent in each dtype, and what was found wrong.

    `not differentiable here` where rounding may take what a rule gets across a kink, `not judged` where the scale means
    nothing. `compiles` has XLA run JAX's program too.
    """
    for dtype, (truth, scale, kinked) in zip(dtypes, truths(network, dtypes), strict=True):
        leaves, scales = tree_leaves(truth), tree_leaves(scale)
        if any(near_a_kink(name, options, x, s) for (name, options), x, s in kinked):
            return KINK, []
        group: Any = {"truth": [leaf[None] for leaf in leaves], "scale": [leaf[None] for leaf in scales]}
        if not all(np.all(np.isfinite(leaf)) for leaf in (*leaves, *scales)) or is_ill(group, 0, dtype):
            return NOT_JUDGED, []
        got = results(network["node"], network["params"], network, dtype)
        triples = zip(arrays_of(got), leaves, scales, strict=True)
        found = [line for (name, of), y, s in triples for line in compare(of, y, s, name)[1]]
        found += [f"{name} is {of.dtype}" for name, of in arrays_of(got) if of.dtype != dtype]
        if found:
            return WRONG, [f"{np.dtype(dtype)}: {line}" for line in found]
        if compiles and dtype == np.float64:
            by_xla = in_order_of(network, compiled(network))
            triples = zip(arrays_of(by_xla), leaves, scales, strict=True)
            apart = [name for (name, of), y, s in triples if error_ratios(np.asarray(of), y, s).max(initial=0) > FACTOR]
            if apart:
                return WRONG, [f"XLA and NumPy evaluate JAX's program to other numbers: {apart}"]
    return AGREE, []


def in_jax(network: Network) -> tuple[Callable[..., Any], list[Any]]:
    """The network as a function of params and x: its value, and what its kinked rules get; and which those are."""
    rules: list[Any] = []

    def f(params: Tree, x: Any) -> Any:
        met: list[Any] = []
        y = interpret(network["node"], params, x, met)
        rules[:] = [(name, options) for name, options, _ in met]
        return y, tuple(at for *_, at in met)

    return f, rules


def truths(network: Network, dtypes: Sequence[Any]) -> list[tuple[Tree, Tree, list[Any]]]:
    """Truth and error scale of (y, dparams, dx) for each dtype; what kinked rules get, with its scale."""
    f, rules = in_jax(network)
    found = []
    xs = network["params"], network["x"]
    for (*truth, met), (*scale, scales) in evaluated_references(f, xs, {}, network["u"], dtypes, aux=True):
        kinked = list(zip(rules, met, scales, strict=True))
        found.append((in_order_of(network, truth), in_order_of(network, scale), kinked))
    return found


def in_order_of(network: Network, tree: Sequence[Tree]) -> Tree:
    """Value and cotangents with the keys of the params in their order: JAX sorts them."""
    value, dparams, dx = tree
    return value, tree_map(lambda _, dp: dp, network["params"], dparams), dx


def near_a_kink(name: str, options: dict[str, Any], x: Array, scale: Array) -> bool:
    """Whether rounding may take what a rule gets across one of its kinks. A zero is taken to be one in every dtype."""
    kink: Any = CATALOGUE[name]["kink"]
    largest = np.max(scale, initial=0)
    if name == "max_pool":  # zeros of a relu tie, and nothing goes back to them
        x = np.where(x == 0, -1e9 - 1e3 * np.arange(x.size).reshape(x.shape), x)
    distance = np.abs(kink(x, **options))
    limit = np.reshape(scale, distance.shape) if np.size(scale) == distance.size else 2 * largest
    return bool(np.any((distance <= 2 * FACTOR * limit) & (distance != 0)))


def results(node: Any, params: Tree, network: Network, dtype: Any = np.float64) -> tuple[Any, ...]:
    """Value and cotangents, of arrays that refuse to be written to."""
    params, x, u = tree_map(lambda leaf: leaf.astype(dtype), (params, network["x"], network["u"]))
    for leaf in tree_leaves((params, x, u)):
        leaf.setflags(write=False)
    y, vjp = layer_of(node)(params, x)
    return (y, *vjp(u))


def compiled(network: Network) -> tuple[Any, ...]:
    """Value and cotangents by XLA, all of the program at once."""
    f, _ = in_jax(network)

    def value_and_cotangents(u: Any, params: Tree, x: Any) -> Any:
        y, vjp = jax.vjp(lambda *at: f(*at)[0], params, x)
        return (y, *vjp(u))

    with float64_on_cpu():
        run: Any = jax.jit(value_and_cotangents)
        of: tuple[Any, ...] = jax.device_get(run(network["u"], network["params"], network["x"]))
    return of


def arrays_of(tree: tuple[Any, ...]) -> list[tuple[str, Any]]:
    """The arrays of value and cotangents, and what each is called."""
    value, dparams, dx = tree
    names = ["y", *(f"dparams, leaf {i}," for i in range(len(tree_leaves(dparams)))), "dx"]
    return list(zip(names, [value, *tree_leaves(dparams), dx], strict=True))
