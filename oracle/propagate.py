"""The error of the result of each JAX primitive, from the errors of its operands; `budget.py` says how they add up."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import jax.numpy as jnp
from jax.extend.core import JaxprEqn

Rounding: TypeAlias = tuple[Any, Any, Any]
"""The unit roundoff ρ, the underflow η, and the roundoff ρₛ that sums are accumulated with."""

Propagate: TypeAlias = Callable[[JaxprEqn, Sequence[Any], Sequence[Any], Any, Rounding], Any]
"""Of an equation, its operands, their errors, its result and the rounding: the error of the result."""


def bound(eqn: JaxprEqn, values: Sequence[Any]) -> list[Any]:
    """The results of an equation for these operands."""
    bind: Callable[..., Any] = eqn.primitive.bind
    outs = bind(*values, **eqn.params)
    return list(outs) if eqn.primitive.multiple_results else [outs]


EXACT = frozenset({"empty2", "sign", "floor", "ceil", "round", "iota", "argmax", "argmin", "stop_gradient"})
"""Results without error, away from jumps; so are results that are not floats."""

MOVES = frozenset({
    "broadcast_in_dim", "concatenate", "copy", "copy_p", "dynamic_slice", "dynamic_update_slice",
    "expand_dims", "gather", "pad", "reshape", "rev", "select_n", "slice", "split", "squeeze", "stack", "transpose",
})  # fmt: skip
"""Elements move, none changes: errors move with them."""


def hypot(*terms: Any) -> Any:
    """The sum in squares of independent errors; the largest alone, where squares underflow."""
    return functools.reduce(jnp.maximum, map(jnp.abs, terms), jnp.sqrt(sum(jnp.square(term) for term in terms)))


def size_of(y: Any) -> Any:
    """|y|; 0 for an infinity, which is exact."""
    return jnp.where(jnp.isinf(y), 0, jnp.abs(y))


def rounded(factor: float, y: Any, rounding: Rounding, may_underflow: Any = True) -> Any:
    """The rounding of a result to `factor` roundoffs; only what a zero makes zero cannot underflow."""
    roundoff, underflow, _ = rounding
    return factor * roundoff * size_of(y) + underflow * jnp.asarray(may_underflow)


def elementary(slope: Callable[[Any, Any], Any], factor: float) -> Propagate:
    """A function of one argument with slope |f′| = slope(x, y), accurate to `factor` roundings."""

    def propagate(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
        return hypot(slope(values[0], y) * errors[0], rounded(factor, y, rounding, factor > 0))

    return propagate


def add(_: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """a ± b."""
    return hypot(errors[0], errors[1], rounding[0] * size_of(y))


def mul(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """a b."""
    (a, b), (ea, eb) = values, errors
    return hypot(a * eb, b * ea, rounded(1, y, rounding, (a != 0) & (b != 0)))


def div(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """a / b, perhaps as a (1 / b)."""
    (a, b), (ea, eb) = values, errors
    return hypot(ea / b, y * eb / b, rounded(2, y, rounding, a != 0))


def unchanged(_: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], _y: Any, _rounding: Rounding) -> Any:
    """x as float64; without error if it was an integer or a truth value."""
    return errors[0]


def larger(_: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], _y: Any, _rounding: Rounding) -> Any:
    """max(a, b) or min(a, b)."""
    return jnp.maximum(*errors)


def integer_pow(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """xⁿ."""
    n = eqn.params["y"]
    slope = n * jnp.asarray(values[0]) ** (n - 1)
    return hypot(slope * errors[0], rounded(abs(n), y, rounding, values[0] != 0))


def accumulated(terms: Any, size: Any, y: Any, rounding: Rounding) -> Any:
    """The error of adding up `terms` numbers of this total size, and of rounding the result to the dtype."""
    roundoff, _, accumulator = rounding
    return hypot(jnp.sqrt(terms) * accumulator * size, (roundoff - accumulator) * jnp.abs(y))


def reduce_sum(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Σ x."""
    axes = tuple(eqn.params["axes"])
    n = math.prod(values[0].shape[axis] for axis in axes)
    passed = jnp.sqrt(jnp.square(errors[0]).sum(axes))
    return hypot(passed, accumulated(max(n - 1, 0), jnp.abs(values[0]).sum(axes), y, rounding))


def reduce_max(eqn: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], _y: Any, _rounding: Rounding) -> Any:
    """max x or min x."""
    return errors[0].max(tuple(eqn.params["axes"]), initial=0)


def dot_general(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Σ a b over the contracted axes."""
    (a, b), (ea, eb) = map(jnp.abs, values), errors
    (contracted, _), _ = eqn.params["dimension_numbers"]
    n = math.prod(values[0].shape[axis] for axis in contracted)

    def product(left: Any, right: Any) -> Any:
        return bound(eqn, (left, right))[0]

    size = product(a, b)
    passed = product(jnp.square(a), jnp.square(eb)) + product(jnp.square(ea), jnp.square(b))
    return hypot(
        jnp.sqrt(passed),
        accumulated(max(n, 1), size, y, rounding)
        + n * rounding[1] * (product((a != 0).astype(a.dtype), (b != 0).astype(b.dtype)) > 0),
    )


def cumsum(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Σ of the elements up to each."""
    (size,) = bound(eqn, [jnp.abs(values[0])])
    (passed,) = bound(eqn, [jnp.square(errors[0])])
    return hypot(jnp.sqrt(passed), accumulated(values[0].shape[eqn.params["axis"]], size, y, rounding))


def scatter_add(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Elements added to those at the indices, several to one perhaps."""
    operand, indices, updates = values
    (passed,) = bound(eqn, [jnp.square(errors[0]), indices, jnp.square(errors[2])])
    (size,) = bound(eqn, [jnp.abs(operand), indices, jnp.abs(updates)])
    (terms,) = bound(eqn, [jnp.zeros_like(operand), indices, jnp.ones_like(updates)])
    return hypot(jnp.sqrt(passed), accumulated(terms, size, y, rounding))


def power(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """aᵇ of a positive base."""
    (a, b), (ea, eb) = values, errors
    return hypot(b * y / a * ea, jnp.log(a) * y * eb, rounded(16, y, rounding))


def atan2(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """The angle of the point (b, a)."""
    (a, b), (ea, eb) = values, errors
    r2 = a * a + b * b
    return hypot(b / r2 * ea, a / r2 * eb, rounded(6, y, rounding))


PROPAGATE: dict[str, Propagate] = {
    "abs": elementary(lambda _x, _y: 1.0, 0),
    "acos": elementary(lambda x, _y: 1 / jnp.sqrt(1 - x * x), 4),
    "acosh": elementary(lambda x, _y: 1 / jnp.sqrt((x - 1) * (x + 1)), 4),
    "add": add,
    "add_any": add,
    "asin": elementary(lambda x, _y: 1 / jnp.sqrt(1 - x * x), 4),
    "asinh": elementary(lambda x, _y: 1 / jnp.sqrt(1 + x * x), 4),
    "atan": elementary(lambda x, _y: 1 / (1 + x * x), 4),
    "atan2": atan2,
    "atanh": elementary(lambda x, _y: 1 / (1 - x * x), 4),
    "cbrt": elementary(lambda x, y: y / (3 * x), 2),
    "cos": elementary(lambda x, _y: jnp.sin(x), 3),
    "cosh": elementary(lambda x, _y: jnp.sinh(x), 4),
    "cumsum": cumsum,
    "convert_element_type": unchanged,
    "div": div,
    "dot_general": dot_general,
    "erf": elementary(lambda x, _y: 2 / math.sqrt(math.pi) * jnp.exp(-x * x), 4),
    "erfc": elementary(lambda x, _y: 2 / math.sqrt(math.pi) * jnp.exp(-x * x), 8),
    "exp": elementary(lambda _x, y: y, 2),
    "exp2": elementary(lambda _x, y: math.log(2) * y, 2),
    "expm1": elementary(lambda _x, y: y + 1, 2),
    "integer_pow": integer_pow,
    "log": elementary(lambda x, _y: 1 / x, 2),
    "log1p": elementary(lambda x, _y: 1 / (1 + x), 2),
    "logistic": elementary(lambda _x, y: y * (1 - y), 4),
    "max": larger,
    "min": larger,
    "mul": mul,
    "neg": elementary(lambda _x, _y: 1.0, 0),
    "pow": power,
    "reduce_max": reduce_max,
    "reduce_min": reduce_max,
    "reduce_sum": reduce_sum,
    "rsqrt": elementary(lambda x, y: y / (2 * x), 2),
    "scatter-add": scatter_add,
    "sin": elementary(lambda x, _y: jnp.cos(x), 3),
    "sinh": elementary(lambda x, _y: jnp.cosh(x), 4),
    "sqrt": elementary(lambda _x, y: 1 / (2 * y), 1),
    "square": elementary(lambda x, _y: 2 * x, 1),
    "sub": add,
    "tan": elementary(lambda _x, y: 1 + y * y, 4),
    "tanh": elementary(lambda _x, y: 1 - y * y, 4),
}
