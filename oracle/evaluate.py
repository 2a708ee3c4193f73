"""A jaxpr, equation by equation in NumPy: for a program that runs once, compiling it costs most.

The error walk of a transformer block takes XLA some 6 s to compile, and 30 ms here. Primitives that are not in the
table are given to JAX.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

from oracle.budget import CALLS, with_error
from oracle.reference import Truth, float64_on_cpu, rounding_of
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_map

Run = Callable[..., Any]


def evaluated_reference(counterpart: Callable[..., Any], xs: Sequence[Tree], static: Any, u: Tree) -> Truth:
    """`reference`, for a program that is not worth compiling."""
    return evaluated_references(counterpart, xs, static, u, [jax.tree.leaves(u)[0].dtype])[0]


def evaluated_references(
    counterpart: Callable[..., Any],
    xs: Sequence[Tree],
    static: Any,
    u: Tree,
    dtypes: Sequence[Any],
    *,
    aux: bool = False,
) -> list[Truth]:
    """The same for each of several dtypes.

    With `aux` the counterpart returns its value and something more, which comes last, after the cotangents.
    """
    u, xs = tree_map(lambda x: np.asarray(x, np.float64), (u, tuple(xs)))

    def value_and_cotangents(u: Any, *xs: Any) -> Any:
        vjp_of: Run = jax.vjp
        value, vjp, *more = vjp_of(lambda *primals: counterpart(*primals, **static), *xs, has_aux=aux)
        return (value, *vjp(u), *more)

    program = traced(with_error(value_and_cotangents), rounding_of(np.float64), u, *xs)
    return [program(rounding_of(dtype), u, *xs) for dtype in dtypes]


def traced(f: Callable[..., Any], *args: Tree) -> Callable[..., Tree]:
    """f, traced by JAX in float64 for arguments of these shapes, and run in NumPy."""
    with float64_on_cpu():
        jaxpr, shape = jax.make_jaxpr(f, return_shape=True)(*args)

    def evaluated(*args: Tree) -> Tree:
        with float64_on_cpu(), np.errstate(all="ignore"):
            leaves = run(jaxpr.jaxpr, jaxpr.consts, list(map(np.asarray, jax.tree.leaves(args))), results)
        tree: Tree = jax.tree.unflatten(jax.tree.structure(shape), list(map(np.asarray, leaves)))
        return tree

    return evaluated


def run(
    jaxpr: Jaxpr, consts: Sequence[Any], args: Sequence[Any], results_of: "Callable[[JaxprEqn, list[Any]], list[Any]]"
) -> list[Any]:
    """The results of a jaxpr, by those of its equations."""
    known: dict[Any, Any] = dict(zip(jaxpr.constvars, map(np.asarray, consts), strict=True))
    known.update(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> Any:
        if isinstance(atom, Literal):
            aval: Any = atom.aval
            return np.asarray(atom.val, aval.dtype)
        return known[atom]

    for eqn in jaxpr.eqns:
        values = [read(atom) for atom in eqn.invars]
        known.update(zip(eqn.outvars, results_of(eqn, values), strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def called(eqn: JaxprEqn) -> ClosedJaxpr:
    """The jaxpr that an equation only runs."""
    inner = eqn.params["jaxpr" if "jaxpr" in eqn.params else "call_jaxpr"]
    return inner if hasattr(inner, "consts") else ClosedJaxpr(inner, ())


def results(eqn: JaxprEqn, values: list[Any]) -> list[Any]:
    """The results of an equation."""
    name = eqn.primitive.name
    if name in ELEMENTWISE:
        return [ELEMENTWISE[name](*values)]
    if name in WITH_OPTIONS:
        of = WITH_OPTIONS[name](*values, **eqn.params)
        return of if isinstance(of, list) else [of]
    if name in CALLS:
        inner = called(eqn)
        return run(inner.jaxpr, inner.consts, values, results)
    bind: Run = functools.partial(eqn.primitive.bind, **eqn.params)
    outs = bind(*map(jax.numpy.asarray, values))
    return [np.asarray(out) for out in (outs if eqn.primitive.multiple_results else [outs])]


def broadcast_in_dim(x: Any, *, shape: Any, broadcast_dimensions: Any, **_: Any) -> Array:
    """x with axes added and stretched."""
    sides = [1] * len(shape)
    for axis, side in zip(broadcast_dimensions, np.shape(x), strict=True):
        sides[axis] = side
    return np.broadcast_to(np.reshape(x, sides), shape)


def dot_general(a: Any, b: Any, *, dimension_numbers: Any, **_: Any) -> Array:
    """Σ a b over the contracted axes; batch axes first, then those of a, then those of b."""
    (contract_a, contract_b), (batch_a, batch_b) = dimension_numbers
    free_a = [i for i in range(np.ndim(a)) if i not in contract_a and i not in batch_a]
    free_b = [i for i in range(np.ndim(b)) if i not in contract_b and i not in batch_b]
    batch = [a.shape[i] for i in batch_a]
    of_a, of_b = ([x.shape[i] for i in free] for x, free in ((a, free_a), (b, free_b)))
    n = math.prod(a.shape[i] for i in contract_a)
    rows = a.transpose([*batch_a, *free_a, *contract_a]).reshape(*batch, math.prod(of_a), n)
    columns = b.transpose([*batch_b, *contract_b, *free_b]).reshape(*batch, n, math.prod(of_b))
    return np.asarray(rows @ columns).reshape(*batch, *of_a, *of_b)


def pad(x: Any, fill: Any, *, padding_config: Any) -> Array:
    """x with `fill` around and between its elements, or with some cut away."""
    sides = [low + high + n + max(n - 1, 0) * inside
             for n, (low, high, inside) in zip(x.shape, padding_config, strict=True)]  # fmt: skip
    wide = [side - min(low, 0) - min(high, 0) for side, (low, high, _) in zip(sides, padding_config, strict=True)]
    y = np.full(wide, fill, x.dtype)
    y[tuple(slice(max(low, 0), max(low, 0) + max(n - 1, 0) * (inside + 1) + min(n, 1), inside + 1)
            for n, (low, _, inside) in zip(x.shape, padding_config, strict=True))] = x  # fmt: skip
    return y[tuple(slice(max(-low, 0), max(-low, 0) + n) for n, (low, _, _) in zip(sides, padding_config, strict=True))]


def sliced(x: Any, *, start_indices: Any, limit_indices: Any, strides: Any) -> Array:
    """A part of x."""
    return np.asarray(x)[tuple(map(slice, start_indices, limit_indices, strides or (1,) * np.ndim(x)))]


def reshape(x: Any, *, new_sizes: Any, dimensions: Any, **_: Any) -> Array:
    """x in another shape, its axes first in another order."""
    return np.reshape(x if dimensions is None else np.transpose(x, dimensions), new_sizes)


def cumsum(x: Any, *, axis: int, reverse: bool) -> Array:
    """Sums of the elements up to each, or from each on."""
    return np.flip(np.cumsum(np.flip(x, axis), axis), axis) if reverse else np.cumsum(x, axis)


def split(x: Any, *, sizes: Any, axis: int) -> list[Array]:
    """x in parts."""
    return np.split(x, np.cumsum(sizes)[:-1], axis)


def convolved(
    x: Any, w: Any, *, window_strides: Any, padding: Any, lhs_dilation: Any, rhs_dilation: Any, dimension_numbers: Any,
    feature_group_count: int, batch_group_count: int, **_: Any,
) -> Array:  # fmt: skip
    """Σ of windows times kernels, by group of channels or of samples."""
    x, w = x.transpose(dimension_numbers.lhs_spec), w.transpose(dimension_numbers.rhs_spec)
    around = [(low, high, dilation - 1) for (low, high), dilation in zip(padding, lhs_dilation, strict=True)]
    x = pad(x, 0, padding_config=[(0, 0, 0), (0, 0, 0), *around])
    n, groups = len(window_strides), feature_group_count * batch_group_count
    reach = tuple((k - 1) * d + 1 for k, d in zip(w.shape[2:], rhs_dilation, strict=True))
    view = np.lib.stride_tricks.sliding_window_view(x, reach, tuple(range(2, 2 + n)))
    every = (slice(None, None, step) for step in (*window_strides, *rhs_dilation))
    view = view[(slice(None), slice(None), *every)]
    b, c, *rest = view.shape
    apart = view.reshape(
        batch_group_count, b // batch_group_count, feature_group_count, c // feature_group_count, *rest
    )
    apart = np.moveaxis(apart, 2, 1).reshape(groups, b // batch_group_count, c // feature_group_count, *rest)
    kernels = w.reshape(groups, w.shape[0] // groups, *w.shape[1:])
    axes = [1, *range(2 + n, 2 + 2 * n)]
    parts = [np.tensordot(apart[g], kernels[g], (axes, [1, *range(2, 2 + n)])) for g in range(groups)]
    y = np.moveaxis(np.concatenate(parts, axis=-1), -1, 1)
    moved: Array = np.transpose(y, np.argsort(dimension_numbers.out_spec).tolist())
    return moved


def select_n(which: Any, *cases: Any) -> Array:
    """The case that is meant, element by element."""
    chosen: Array = np.where(which, cases[1], cases[0]) if len(cases) == 2 else np.choose(which, cases)
    return chosen


def iota(*, dtype: Any, shape: Any, dimension: int, **_: Any) -> Array:
    """0, 1, 2, ... along an axis."""
    sides = [-1 if axis == dimension else 1 for axis in range(len(shape))]
    return np.broadcast_to(np.arange(shape[dimension], dtype=dtype).reshape(sides), shape)


def divided(a: Any, b: Any) -> Any:
    """a / b; of integers towards 0."""
    return a / b if np.issubdtype(np.result_type(a), np.inexact) else np.trunc(a / b).astype(a.dtype)


def scan(*values: Any, jaxpr: Any, length: int, reverse: bool, num_consts: int, num_carry: int, **_: Any) -> list[Any]:
    """The steps of a scan."""
    consts, carry = list(values[:num_consts]), list(values[num_consts : num_consts + num_carry])
    xs = values[num_consts + num_carry :]
    steps = range(length)[:: -1 if reverse else 1]
    ys: list[Any] = [None] * length
    for i in steps:
        outs = run(jaxpr.jaxpr, jaxpr.consts, [*consts, *carry, *(x[i] for x in xs)], results)
        carry, ys[i] = outs[:num_carry], outs[num_carry:]
    return [*carry, *(np.stack(of) for of in zip(*ys, strict=True))]


def converted(x: Any, *, new_dtype: Any, **_: Any) -> Array:
    """x in another dtype; of a complex number that becomes real, the real part."""
    keeps = np.iscomplexobj(x) and not np.issubdtype(new_dtype, np.complexfloating)
    return np.asarray(np.real(x) if keeps else x).astype(new_dtype, copy=False)


def same(x: Any, **_: Any) -> Any:
    """x."""
    return x


ELEMENTWISE: dict[str, Run] = {
    "abs": np.abs, "add": np.add, "add_any": np.add, "and": np.bitwise_and, "atan2": np.arctan2, "ceil": np.ceil,
    "cos": np.cos, "cosh": np.cosh, "div": divided, "eq": np.equal, "expm1": np.expm1, "floor": np.floor,
    "ge": np.greater_equal, "gt": np.greater, "is_finite": np.isfinite, "le": np.less_equal, "lt": np.less,
    "max": np.maximum, "min": np.minimum, "mul": np.multiply, "ne": np.not_equal, "neg": np.negative,
    "not": np.bitwise_not, "or": np.bitwise_or, "pow": np.power, "select_n": select_n, "sign": np.sign, "sin": np.sin,
    "sinh": np.sinh, "square": np.square, "stop_gradient": same, "sub": np.subtract,
}  # fmt: skip
"""Primitives without options."""

WITH_OPTIONS: dict[str, Run] = {
    "broadcast_in_dim": broadcast_in_dim,
    "concatenate": lambda *xs, dimension: np.concatenate(xs, dimension),
    "convert_element_type": converted,
    "conv_general_dilated": convolved,
    "copy": same,
    "copy_p": same,
    "cumsum": cumsum,
    "dot_general": dot_general,
    "exp": lambda x, **_: np.exp(x),
    "expand_dims": lambda x, *, dimensions: np.expand_dims(x, dimensions),
    "integer_pow": lambda x, *, y: x ** float(y) if y < 0 else x**y,
    "iota": iota,
    "log": lambda x, **_: np.log(x),
    "log1p": lambda x, **_: np.log1p(x),
    "logistic": lambda x, **_: 1 / (1 + np.exp(-x)),
    "pad": pad,
    "reduce_and": lambda x, *, axes, **_: np.all(x, axes),
    "reduce_max": lambda x, *, axes, **_: np.max(x, axes, initial=-np.inf),
    "reduce_min": lambda x, *, axes, **_: np.min(x, axes, initial=np.inf),
    "reduce_or": lambda x, *, axes, **_: np.any(x, axes),
    "reduce_sum": lambda x, *, axes, **_: np.sum(x, axes),
    "reshape": reshape,
    "rev": lambda x, *, dimensions: np.flip(x, dimensions),
    "rsqrt": lambda x, **_: 1 / np.sqrt(x),
    "scan": scan,
    "slice": sliced,
    "split": split,
    "sqrt": lambda x, **_: np.sqrt(x),
    "squeeze": lambda x, *, dimensions: np.squeeze(x, dimensions),
    "tanh": lambda x, **_: np.tanh(x),
    "transpose": lambda x, *, permutation: np.transpose(x, permutation),
}  # fmt: skip
