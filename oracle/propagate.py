"""The error of the result of each JAX primitive, from the errors of its operands; `budget.py` says how they add up."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend.core import JaxprEqn

Rounding: TypeAlias = tuple[Any, Any, Any]
"""The unit roundoff ρ, the underflow η, and the roundoff ρₛ that sums are accumulated with."""

Propagate: TypeAlias = Callable[[JaxprEqn, Sequence[Any], Sequence[Any], Any, Rounding], Any]
"""Of an equation, its operands, their errors, its result and the rounding: the error of the result.

An error of None is known to be 0 while the program is traced, so that nothing is computed of it."""


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
    some = [lax.abs(term) for term in terms if term is not None]
    if len(some) < 2:
        return some[0] if some else None
    return lax.max(functools.reduce(larger_of, some), lax.sqrt(functools.reduce(lax.add, map(lax.square, some))))


def larger_of(a: Any, b: Any) -> Any:
    """The larger of two errors."""
    return b if a is None else a if b is None else lax.max(a, b)


def times(slope: Any, error: Any) -> Any:
    """An error passed on with a slope."""
    return None if error is None else lax.mul(slope, error)


def size_of(y: Any) -> Any:
    """|y|; 0 for an infinity, which is exact."""
    size = lax.abs(y)
    return lax.select(lax.eq(size, math.inf), lax.full_like(size, 0), size)


def nonzero(*values: Any) -> Any:
    """1 where no value is 0, else 0."""
    return lax.convert_element_type(functools.reduce(lax.bitwise_and, [lax.ne(x, 0.0) for x in values]), np.float64)


def rounded(factor: float, y: Any, rounding: Rounding, may_underflow: Any = None) -> Any:
    """The rounding of a result to `factor` roundoffs; what a zero makes zero cannot underflow."""
    roundoff, underflow, _ = rounding
    lost = underflow if may_underflow is None else lax.mul(underflow, may_underflow)
    return lax.add(lax.mul(factor * roundoff, size_of(y)), lost)


def elementary(slope: Callable[[Any, Any], Any], factor: float) -> Propagate:
    """A function of one argument with slope |f′| = slope(x, y), accurate to `factor` roundings."""

    def propagate(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
        passed = None if errors[0] is None else lax.mul(slope(values[0], y), errors[0])
        return hypot(passed, rounded(factor, y, rounding)) if factor else passed

    return propagate


def add(_: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """a ± b."""
    return hypot(errors[0], errors[1], lax.mul(rounding[0], size_of(y)))


def mul(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """a b."""
    (a, b), (ea, eb) = values, errors
    return hypot(times(a, eb), times(b, ea), rounded(1, y, rounding, nonzero(a, b)))


def div(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """a / b, perhaps as a (1 / b)."""
    (a, b), (ea, eb) = values, errors
    by_a = None if ea is None else lax.div(ea, b)
    by_b = None if eb is None else lax.div(lax.mul(y, eb), b)
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
    passed = None if errors[0] is None else lax.mul(n * lax.integer_pow(values[0], n - 1), errors[0])
    return hypot(passed, rounded(abs(n), y, rounding, nonzero(values[0])))


def accumulated(terms: Any, size: Any, y: Any, rounding: Rounding) -> Any:
    """The error of adding up `terms` numbers of this total size, and of rounding the result to the dtype."""
    roundoff, _, accumulator = rounding
    return hypot(lax.mul(jnp.sqrt(terms) * accumulator, size), lax.mul(roundoff - accumulator, lax.abs(y)))


def reduce_sum(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Σ x."""
    axes = tuple(eqn.params["axes"])
    n = math.prod(values[0].shape[axis] for axis in axes)
    passed = None if errors[0] is None else lax.sqrt(lax.reduce_sum(lax.square(errors[0]), axes))
    return hypot(passed, accumulated(float(max(n - 1, 0)), lax.reduce_sum(lax.abs(values[0]), axes), y, rounding))


def reduce_max(eqn: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], _y: Any, _rounding: Rounding) -> Any:
    """max x or min x."""
    return None if errors[0] is None else errors[0].max(tuple(eqn.params["axes"]), initial=0)


def dot_general(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Σ a b over the contracted axes."""
    (a, b), (ea, eb) = map(lax.abs, values), errors
    (contracted, _), _ = eqn.params["dimension_numbers"]
    n = math.prod(values[0].shape[axis] for axis in contracted)

    def product(left: Any, right: Any) -> Any:
        return None if left is None or right is None else bound(eqn, (left, right))[0]

    def squared(x: Any) -> Any:
        return None if x is None else lax.square(x)

    passed = [x for x in (product(squared(a), squared(eb)), product(squared(ea), squared(b))) if x is not None]
    may_underflow = lax.mul(n * rounding[1], nonzero(product(nonzero(a), nonzero(b))))
    return hypot(
        lax.sqrt(functools.reduce(lax.add, passed)) if passed else None,
        lax.add(accumulated(float(max(n, 1)), product(a, b), y, rounding), may_underflow),
    )


def cumsum(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Σ of the elements up to each."""
    (size,) = bound(eqn, [lax.abs(values[0])])
    passed = None if errors[0] is None else lax.sqrt(bound(eqn, [lax.square(errors[0])])[0])
    return hypot(passed, accumulated(float(values[0].shape[eqn.params["axis"]]), size, y, rounding))


def scatter_add(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """Elements added to those at the indices, several to one perhaps."""
    operand, indices, updates = values
    into, added = (
        jnp.zeros_like(x) if e is None else lax.square(e) for x, e in ((operand, errors[0]), (updates, errors[2]))
    )
    (passed,) = bound(eqn, [into, indices, added])
    (size,) = bound(eqn, [lax.abs(operand), indices, lax.abs(updates)])
    (terms,) = bound(eqn, [jnp.zeros_like(operand), indices, jnp.ones_like(updates)])
    return hypot(lax.sqrt(passed), accumulated(terms, size, y, rounding))


def power(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """aᵇ of a positive base."""
    (a, b), (ea, eb) = values, errors
    return hypot(times(b * y / a, ea), times(jnp.log(a) * y, eb), rounded(16, y, rounding))


def atan2(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """The angle of the point (b, a)."""
    (a, b), (ea, eb) = values, errors
    r2 = a * a + b * b
    return hypot(times(b / r2, ea), times(a / r2, eb), rounded(6, y, rounding))


PROPAGATE: dict[str, Propagate] = {
    "abs": unchanged,
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
    "neg": unchanged,
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
