"""The error of the result of each JAX primitive, from the errors of its operands; `budget.py` says how they add up."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import scipy.special
from jax.extend.core import JaxprEqn

from oracle.evaluate import results
from oracle.primitive import WITH_OPTIONS

Rounding: TypeAlias = tuple[Any, Any, Any]
"""The unit roundoff ρ, the underflow η, and the roundoff ρₛ that sums are accumulated with."""

Propagate: TypeAlias = Callable[[JaxprEqn, Sequence[Any], Sequence[Any], Any, Rounding], Any]
"""Of an equation, its operands, their errors, its result and the rounding: the error of the result.

An error of None is known to be 0, so that nothing is computed of it."""

EXACT = frozenset({"empty2", "sign", "floor", "ceil", "round", "iota", "argmax", "argmin", "stop_gradient"})
"""Results without error, away from jumps; so are results that are not floats."""

MOVES = frozenset({
    "broadcast_in_dim", "concatenate", "copy", "copy_p", "dynamic_slice", "dynamic_update_slice",
    "expand_dims", "gather", "pad", "reshape", "rev", "scatter", "select_n", "slice", "split", "squeeze", "stack",
    "tile", "transpose", "unstack",
})  # fmt: skip
"""Elements move, none changes: errors move with them."""


def hypot(*terms: Any) -> Any:
    """The sum in squares of independent errors; the largest alone, where squares underflow."""
    some = [np.abs(term) for term in terms if term is not None]
    if len(some) < 2:
        return some[0] if some else None
    return np.maximum(functools.reduce(np.maximum, some), np.sqrt(sum(map(np.square, some))))


def larger_of(a: Any, b: Any) -> Any:
    """The larger of two errors."""
    return b if a is None else a if b is None else np.maximum(a, b)


def times(slope: Any, error: Any) -> Any:
    """An error passed on with a slope, perhaps a complex one."""
    return None if error is None else np.abs(slope) * error


def size_of(y: Any) -> Any:
    """|y|; 0 for an infinity, which is exact."""
    size = np.abs(y)
    return np.where(size == math.inf, 0.0, size)


def nonzero(*values: Any) -> Any:
    """1 where no value is 0, else 0."""
    return functools.reduce(np.logical_and, [np.not_equal(x, 0) for x in values]).astype(np.float64)


def rounded(factor: float, y: Any, rounding: Rounding, may_underflow: Any = None) -> Any:
    """The rounding of a result to `factor` roundoffs; what a zero makes zero cannot underflow."""
    roundoff, underflow, _ = rounding
    lost = underflow if may_underflow is None else underflow * may_underflow
    return factor * roundoff * size_of(y) + lost


def elementary(slope: Callable[[Any, Any], Any], factor: float) -> Propagate:
    """A function of one argument with slope |f′| = slope(x, y), accurate to `factor` roundings."""

    def propagate(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
        return hypot(
            times(slope(values[0], y), errors[0]) if errors[0] is not None else None, rounded(factor, y, rounding)
        )

    return propagate


def add(_: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """a ± b."""
    return hypot(*errors, rounding[0] * size_of(y))


def mul(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """a b."""
    (a, b), (ea, eb) = values, errors
    return hypot(times(a, eb), times(b, ea), rounded(1, y, rounding, nonzero(a, b)))


def div(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """a / b, perhaps as a (1 / b)."""
    (a, b), (ea, eb) = values, errors
    by_a = None if ea is None else ea / np.abs(b)
    by_b = None if eb is None else times(y, eb) / np.abs(b)
    return hypot(by_a, by_b, rounded(2, y, rounding, nonzero(a)))


def unchanged(_: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], _y: Any, _rounding: Rounding) -> Any:
    """x as float64; without error if it was an integer or a truth value."""
    return errors[0]


def larger(_: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], _y: Any, _rounding: Rounding) -> Any:
    """max(a, b) or min(a, b)."""
    return larger_of(*errors)


def integer_pow(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """xⁿ."""
    n = eqn.params["y"]
    passed = None if errors[0] is None else n * values[0] ** float(n - 1) * errors[0]
    return hypot(passed, rounded(abs(n), y, rounding, nonzero(values[0])))


def accumulated(terms: Any, size: Any, y: Any, rounding: Rounding) -> Any:
    """The error of adding up `terms` numbers of this total size, and of rounding the result to the dtype."""
    roundoff, _, accumulator = rounding
    return hypot(np.sqrt(terms) * accumulator * size, (roundoff - accumulator) * np.abs(y))


def in_squares(add_up: Callable[[Any], Any], error: Any) -> Any:
    """The sum of independent errors in squares; without, where squares underflow."""
    if error is None:
        return None
    root = np.sqrt(add_up(np.square(error)))
    return root if np.all(root) else np.where(root == 0, add_up(error), root)


def reduce_sum(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Σ x."""
    axes = tuple(eqn.params["axes"])
    n = math.prod(values[0].shape[axis] for axis in axes)
    passed = in_squares(lambda e: np.sum(e, axes), errors[0])
    return hypot(passed, accumulated(float(max(n - 1, 0)), np.sum(np.abs(values[0]), axes), y, rounding))


def reduce_max(eqn: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], _y: Any, _rounding: Rounding) -> Any:
    """max x or min x."""
    return None if errors[0] is None else np.max(errors[0], tuple(eqn.params["axes"]), initial=0)


def dot_general(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Σ a b over the contracted axes."""
    (a, b), (ea, eb) = map(np.abs, values), errors
    (contracted, _), _ = eqn.params["dimension_numbers"]
    n = math.prod(values[0].shape[axis] for axis in contracted)

    def product(left: Any, right: Any) -> Any:
        if left is None or right is None:
            return None
        return results(eqn, [left, right])[0]

    def squared(x: Any) -> Any:
        return None if x is None else np.square(x)

    passed = [x for x in (product(squared(a), squared(eb)), product(squared(ea), squared(b))) if x is not None]
    may_underflow = n * rounding[1] * nonzero(product(nonzero(a), nonzero(b)))
    return hypot(
        np.sqrt(functools.reduce(np.add, passed)) if passed else None,
        accumulated(float(max(n, 1)), product(a, b), y, rounding) + may_underflow,
    )


def cumsum(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Σ of the elements up to each."""
    (size,) = results(eqn, [np.abs(values[0])])
    passed = in_squares(lambda e: results(eqn, [e])[0], errors[0])
    return hypot(passed, accumulated(float(values[0].shape[eqn.params["axis"]]), size, y, rounding))


def scatter_add(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Elements added to those at the indices, several to one perhaps."""
    operand, indices, updates = values
    into, added = (
        np.zeros_like(x) if e is None else np.square(e) for x, e in ((operand, errors[0]), (updates, errors[2]))
    )
    (passed,) = results(eqn, [into, indices, added])
    (size,) = results(eqn, [np.abs(operand), indices, np.abs(updates)])
    (terms,) = results(eqn, [np.zeros_like(operand), indices, np.ones_like(updates)])
    return hypot(np.sqrt(passed), accumulated(terms, size, y, rounding))


def power(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """aᵇ of a positive base."""
    (a, b), (ea, eb) = values, errors
    return hypot(times(b * y / a, ea), times(np.log(a) * y, eb), rounded(16, y, rounding))


def atan2(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """The angle of the point (b, a)."""
    (a, b), (ea, eb) = values, errors
    r2 = a * a + b * b
    return hypot(times(b / r2, ea), times(a / r2, eb), rounded(6, y, rounding))


def product(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Π x, of all elements or of those up to each."""
    size = np.abs(values[0])
    passed = None if errors[0] is None else results(eqn, [size + errors[0]])[0] - np.abs(y)
    axes = eqn.params.get("axes", (eqn.params.get("axis"),))
    n = math.prod(values[0].shape[axis] for axis in axes)
    return hypot(passed, rounded(float(max(n, 1)), y, rounding, nonzero(y)))


def cumulative_max(eqn: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], _y: Any, _rounding: Rounding) -> Any:
    """The largest of the elements up to each, or the smallest."""
    return None if errors[0] is None else WITH_OPTIONS["cummax"](errors[0], **eqn.params)


def cumlogsumexp(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """ln Σ eˣ of the elements up to each."""
    n = values[0].shape[eqn.params["axis"]]
    passed = None if errors[0] is None else WITH_OPTIONS["cummax"](errors[0], **eqn.params)
    return hypot(passed, rounded(2.0, y, rounding), math.sqrt(n) * 2 * rounding[0] * np.ones_like(y))


def windowed_sum(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Σ x over windows."""
    (size,) = results(eqn, [np.abs(values[0])])
    passed = in_squares(lambda e: results(eqn, [e])[0], errors[0])
    return hypot(passed, accumulated(float(math.prod(eqn.params["window_dimensions"])), size, y, rounding))


def windowed_max(eqn: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], _y: Any, _rounding: Rounding) -> Any:
    """max x or min x over windows."""
    return None if errors[0] is None else np.maximum(WITH_OPTIONS["reduce_window_max"](errors[0], **eqn.params), 0)


def convolved(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Σ a b over windows and channels."""
    (a, b), (ea, eb) = map(np.abs, values), errors
    out_features = eqn.params["dimension_numbers"].rhs_spec[0]
    n = math.prod(side for axis, side in enumerate(values[1].shape) if axis != out_features)

    def of(left: Any, right: Any) -> Any:
        return results(eqn, [left, right])[0]

    by_a = None if ea is None else np.sqrt(np.abs(of(np.square(ea), np.square(b))))
    by_b = None if eb is None else np.sqrt(np.abs(of(np.square(a), np.square(eb))))
    may_underflow = n * rounding[1] * nonzero(of(nonzero(a), nonzero(b)))
    return hypot(by_a, by_b, accumulated(float(max(n, 1)), of(a, b), y, rounding) + may_underflow)


def fourier(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """A discrete Fourier transform: unitary but for a factor, in log₂ n stages."""
    lengths, kind = eqn.params["fft_lengths"], str(eqn.params["fft_type"])
    n = math.prod(lengths)
    factor = (2.0 if "IRFFT" in kind else 1.0) / n if "I" in kind.rpartition(".")[2] else 1.0
    axes = tuple(range(values[0].ndim - len(lengths), values[0].ndim))

    def length(x: Any) -> Any:
        return np.broadcast_to(np.sqrt(np.sum(np.square(np.abs(x)), axes, keepdims=True)) * factor, y.shape)

    passed = None if errors[0] is None else length(errors[0])
    return hypot(passed, max(math.log2(max(n, 2)), 1.0) * rounding[0] * length(values[0]))


def remainder(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """a − b trunc(a / b), exact of exact numbers."""
    (a, b), (ea, eb) = values, errors
    return hypot(ea, None if eb is None else times(np.trunc(a / b), eb), rounding[0] * np.abs(y))


def clamp(_: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], y: Any, _rounding: Rounding) -> Any:
    """x between two bounds."""
    error = functools.reduce(larger_of, errors)
    return None if error is None else np.broadcast_to(error, y.shape)


def paired(_: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], _y: Any, _rounding: Rounding) -> Any:
    """a + i b."""
    return hypot(*errors)


PROPAGATE: dict[str, Propagate] = {
    "abs": unchanged,
    "acos": elementary(lambda x, _y: 1 / np.sqrt(1 - x * x), 4),
    "acosh": elementary(lambda x, _y: 1 / np.sqrt((x - 1) * (x + 1)), 4),
    "add": add,
    "add_any": add,
    "asin": elementary(lambda x, _y: 1 / np.sqrt(1 - x * x), 4),
    "asinh": elementary(lambda x, _y: 1 / np.sqrt(1 + x * x), 4),
    "atan": elementary(lambda x, _y: 1 / (1 + x * x), 4),
    "atan2": atan2,
    "atanh": elementary(lambda x, _y: 1 / (1 - x * x), 4),
    "cbrt": elementary(lambda x, y: y / (3 * x), 2),
    "cos": elementary(lambda x, _y: np.sin(x), 3),
    "cosh": elementary(lambda x, _y: np.sinh(x), 4),
    "cumlogsumexp": cumlogsumexp,
    "cummax": cumulative_max,
    "cummin": cumulative_max,
    "cumprod": product,
    "cumsum": cumsum,
    "clamp": clamp,
    "complex": paired,
    "conj": unchanged,
    "conv_general_dilated": convolved,
    "convert_element_type": unchanged,
    "div": div,
    "dot_general": dot_general,
    "digamma": elementary(lambda x, _y: scipy.special.polygamma(1, x), 16),
    "erf": elementary(lambda x, _y: 2 / math.sqrt(math.pi) * np.exp(-x * x), 4),
    "erfc": elementary(lambda x, _y: 2 / math.sqrt(math.pi) * np.exp(-x * x), 8),
    "erf_inv": elementary(lambda _x, y: math.sqrt(math.pi) / 2 * np.exp(y * y), 8),
    "exp": elementary(lambda _x, y: y, 2),
    "exp2": elementary(lambda _x, y: math.log(2) * y, 2),
    "expm1": elementary(lambda _x, y: y + 1, 2),
    "fft": fourier,
    "imag": unchanged,
    "integer_pow": integer_pow,
    "lgamma": elementary(lambda x, _y: scipy.special.digamma(x), 16),
    "log": elementary(lambda x, _y: 1 / x, 2),
    "log1p": elementary(lambda x, _y: 1 / (1 + x), 2),
    "logistic": elementary(lambda _x, y: y * (1 - y), 4),
    "max": larger,
    "min": larger,
    "mul": mul,
    "neg": unchanged,
    "pow": power,
    "real": unchanged,
    "reduce_max": reduce_max,
    "reduce_min": reduce_max,
    "reduce_precision": unchanged,
    "reduce_prod": product,
    "reduce_sum": reduce_sum,
    "reduce_window_max": windowed_max,
    "reduce_window_min": windowed_max,
    "reduce_window_sum": windowed_sum,
    "rem": remainder,
    "rsqrt": elementary(lambda x, y: y / (2 * x), 2),
    "scatter-add": scatter_add,
    "sin": elementary(lambda x, _y: np.cos(x), 3),
    "sinh": elementary(lambda x, _y: np.cosh(x), 4),
    "sqrt": elementary(lambda _x, y: 1 / (2 * y), 1),
    "square": elementary(lambda x, _y: 2 * x, 1),
    "sub": add,
    "tan": elementary(lambda _x, y: 1 + y * y, 4),
    "tanh": elementary(lambda _x, y: 1 - y * y, 4),
}
