"""The error scale: how far rounding takes a correct implementation from the truth, element by element.

The jaxpr of a function is walked in float64, and a root mean square *running rounding error* is carried beside each
value, for a given unit roundoff ρ:

* an operation rounds its result, by ρ |y| times a small factor for elementary functions, and passes the errors of its
  operands on, times its slopes; independent errors add in squares;
* a sum of n terms rounds by √(n − 1) ρ Σ |xᵢ| (Higham & Mary 2019; Ipsen & Zhou, arXiv 1906.10465);
* an operation that only moves, selects or compares elements rounds nothing;
* underflow adds η, the smallest normal number.

The walk is itself a JAX function: jitted, it is one program that returns truth and scale, with ρ a run-time argument.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

Rounding: TypeAlias = tuple[Any, Any]
"""The unit roundoff ρ and the underflow η."""

Propagate: TypeAlias = Callable[[JaxprEqn, Sequence[Any], Sequence[Any], Any, Rounding], Any]
"""Of an equation, its operands, their errors, its result and the rounding: the error of the result."""


def with_error(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f` as a function `(rounding, *args) -> (results, errors)`, two trees of the structure of its result."""

    def walked(rounding: Rounding, *args: Any) -> Any:
        jaxpr, shape = jax.make_jaxpr(f, return_shape=True)(*args)
        exact = [(x, jnp.zeros(np.shape(x))) for x in jax.tree.leaves(args)]
        pairs = walk(jaxpr.jaxpr, jaxpr.consts, exact, rounding)
        structure = jax.tree.structure(shape)
        values, errors = zip(*pairs, strict=True)
        return jax.tree.unflatten(structure, values), jax.tree.unflatten(structure, errors)

    return walked


def walk(jaxpr: Jaxpr, consts: Sequence[Any], args: Sequence[Any], rounding: Rounding) -> list[Any]:
    """The results of a jaxpr and their errors, from the arguments and theirs."""
    known: dict[Any, Any] = {var: (c, jnp.zeros(np.shape(c))) for var, c in zip(jaxpr.constvars, consts, strict=True)}
    known.update(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> Any:
        return (atom.val, jnp.zeros(np.shape(atom.val))) if isinstance(atom, Literal) else known[atom]

    for eqn in jaxpr.eqns:
        pairs = [read(atom) for atom in eqn.invars]
        if (inner := inner_jaxpr(eqn)) is not None:
            results = walk(inner.jaxpr, inner.consts, pairs, rounding)
        else:
            values, errors = zip(*pairs, strict=True) if pairs else ((), ())
            outs = bound(eqn, values)
            results = list(zip(outs, propagated(eqn, values, errors, outs, rounding), strict=True))
        known.update(zip(eqn.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def inner_jaxpr(eqn: JaxprEqn) -> Any:
    """The closed jaxpr of a nested call, or None."""
    if eqn.primitive.name in {
        "jit",
        "pjit",
        "closed_call",
        "custom_jvp_call",
        "custom_vjp_call",
        "checkpoint",
        "remat2",
    }:
        jaxpr = eqn.params["jaxpr" if "jaxpr" in eqn.params else "call_jaxpr"]
        return jaxpr if hasattr(jaxpr, "consts") else ClosedJaxpr(jaxpr, ())
    return None


def bound(eqn: JaxprEqn, values: Sequence[Any]) -> list[Any]:
    """The results of an equation for these operands."""
    bind: Callable[..., Any] = eqn.primitive.bind
    outs = bind(*values, **eqn.params)
    return list(outs) if eqn.primitive.multiple_results else [outs]


def propagated(
    eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], outs: list[Any], rounding: Rounding
) -> list[Any]:
    """The errors of an equation's results.

    Errors  NotImplementedError on a primitive that has no rule.
    """
    name = eqn.primitive.name
    if name in EXACT or not any(jnp.issubdtype(out.dtype, jnp.floating) for out in outs):
        return [jnp.zeros(out.shape) for out in outs]
    if name in MOVES:
        moved = [
            e if jnp.issubdtype(jnp.result_type(x), jnp.floating) else x for x, e in zip(values, errors, strict=True)
        ]
        return bound(eqn, moved)
    if name in PROPAGATE:
        error = PROPAGATE[name](eqn, values, errors, outs[0], rounding)
        return [jnp.broadcast_to(error, outs[0].shape)]
    raise NotImplementedError(f"the error scale has no rule for the primitive {name!r}")


EXACT = frozenset({"sign", "floor", "ceil", "round", "iota", "argmax", "argmin", "stop_gradient"})
"""Results without error, away from jumps; so are results that are not floats."""

MOVES = frozenset({
    "broadcast_in_dim", "concatenate", "copy", "copy_p", "dynamic_slice", "dynamic_update_slice",
    "expand_dims", "gather", "pad", "reshape", "rev", "select_n", "slice", "split", "squeeze", "transpose",
})  # fmt: skip
"""Elements move, none changes: errors move with them."""


def hypot(*terms: Any) -> Any:
    """The sum in squares of independent errors."""
    return jnp.sqrt(sum(jnp.square(term) for term in terms))


def elementary(slope: Callable[[Any, Any], Any], factor: float) -> Propagate:
    """A function of one argument with slope |f′| = slope(x, y), accurate to `factor` roundings."""

    def propagate(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
        roundoff, underflow = rounding
        return hypot(slope(values[0], y) * errors[0], factor * roundoff * jnp.abs(y) + underflow)

    return propagate


def add(_: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """a ± b."""
    return hypot(errors[0], errors[1], rounding[0] * jnp.abs(y))


def mul(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """a b."""
    (a, b), (ea, eb), (roundoff, underflow) = values, errors, rounding
    return hypot(a * eb, b * ea, roundoff * jnp.abs(y) + underflow)


def div(_: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """a / b, perhaps as a (1 / b)."""
    (_, b), (ea, eb), (roundoff, underflow) = values, errors, rounding
    return hypot(ea / b, y * eb / b, 2 * roundoff * jnp.abs(y) + underflow)


def unchanged(_: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], _y: Any, _rounding: Rounding) -> Any:
    """x as float64; without error if it was an integer or a truth value."""
    return errors[0]


def larger(_: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], _y: Any, _rounding: Rounding) -> Any:
    """max(a, b) or min(a, b)."""
    return jnp.maximum(*errors)


def integer_pow(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], y: Any, rounding: Rounding) -> Any:
    """xⁿ."""
    n, (roundoff, underflow) = eqn.params["y"], rounding
    slope = n * jnp.asarray(values[0]) ** (n - 1)
    return hypot(slope * errors[0], abs(n) * roundoff * jnp.abs(y) + underflow)


def reduce_sum(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], _y: Any, rounding: Rounding) -> Any:
    """Σ x."""
    axes = tuple(eqn.params["axes"])
    n = math.prod(values[0].shape[axis] for axis in axes)
    passed = jnp.sqrt(jnp.square(errors[0]).sum(axes))
    return hypot(passed, math.sqrt(max(n - 1, 0)) * rounding[0] * jnp.abs(values[0]).sum(axes))


def reduce_max(eqn: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], _y: Any, _rounding: Rounding) -> Any:
    """max x or min x."""
    return errors[0].max(tuple(eqn.params["axes"]), initial=0)


def dot_general(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], _y: Any, rounding: Rounding) -> Any:
    """Σ a b over the contracted axes."""
    (a, b), (ea, eb), (roundoff, underflow) = map(jnp.abs, values), errors, rounding
    (contracted, _), _ = eqn.params["dimension_numbers"]
    n = math.prod(values[0].shape[axis] for axis in contracted)

    def product(x: Any, y: Any) -> Any:
        return bound(eqn, (x, y))[0]

    passed = product(jnp.square(a), jnp.square(eb)) + product(jnp.square(ea), jnp.square(b))
    return hypot(jnp.sqrt(passed), math.sqrt(max(n, 1)) * roundoff * product(a, b) + n * underflow)


PROPAGATE: dict[str, Propagate] = {
    "abs": elementary(lambda _x, _y: 1.0, 0),
    "add": add,
    "add_any": add,
    "convert_element_type": unchanged,
    "div": div,
    "dot_general": dot_general,
    "exp": elementary(lambda _x, y: y, 2),
    "integer_pow": integer_pow,
    "log": elementary(lambda x, _y: 1 / x, 2),
    "logistic": elementary(lambda _x, y: y * (1 - y), 4),
    "max": larger,
    "min": larger,
    "mul": mul,
    "neg": elementary(lambda _x, _y: 1.0, 0),
    "reduce_max": reduce_max,
    "reduce_min": reduce_max,
    "reduce_sum": reduce_sum,
    "square": elementary(lambda x, _y: 2 * x, 1),
    "sub": add,
    "tanh": elementary(lambda _x, y: 1 - y * y, 4),
}
