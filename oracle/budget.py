"""The error scale: how far rounding takes a correct implementation from the truth, element by element.

The jaxpr of a function is walked in float64, and a root mean square *running rounding error* is carried beside each
value, for a given unit roundoff ρ:

* an operation rounds its result, by ρ |y| times a small factor for elementary functions, and passes the errors of its
  operands on, times its slopes; independent errors add in squares;
* a sum of n terms rounds by √(n − 1) ρ Σ |xᵢ| (Higham & Mary 2019; Ipsen & Zhou, arXiv 1906.10465);
* an operation that only moves, selects or compares elements rounds nothing;
* underflow adds η, the smallest normal number.

The walk is itself a JAX function of ρ and the arguments: it is traced, and run by NumPy, or compiled (`reference.py`).
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

from oracle.propagate import EXACT, MOVES, PROPAGATE, Rounding, bound
from oracle.propagate_linalg import ALONGSIDE, FACTORISE, factorised


def with_error(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f` as a function `(rounding, *args) -> (results, errors)`, two trees of the structure of its result."""

    def walked(rounding: Rounding, *args: Any) -> Any:
        jaxpr, shape = jax.make_jaxpr(f, return_shape=True)(*args)
        pairs = walk(jaxpr.jaxpr, jaxpr.consts, [(x, None) for x in jax.tree.leaves(args)], rounding)
        structure = jax.tree.structure(shape)
        values, errors = zip(*map(with_array, pairs), strict=True)
        return jax.tree.unflatten(structure, values), jax.tree.unflatten(structure, errors)

    return walked


def with_array(pair: Any) -> Any:
    """A value and its error, as an array even where it is known to be none."""
    value, error = pair
    return value, jnp.zeros(np.shape(value)) if error is None else error


def walk(jaxpr: Jaxpr, consts: Sequence[Any], args: Sequence[Any], rounding: Rounding) -> list[Any]:
    """The results of a jaxpr and their errors, from the arguments and theirs."""
    known: dict[Any, Any] = {var: (c, None) for var, c in zip(jaxpr.constvars, consts, strict=True)}
    known.update(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> Any:
        if isinstance(atom, Literal):
            aval: Any = atom.aval
            return jnp.asarray(atom.val, aval.dtype), None
        return known[atom]

    for eqn in jaxpr.eqns:
        pairs = [read(atom) for atom in eqn.invars]
        if eqn.primitive.name in RUNS:
            results = RUNS[eqn.primitive.name](eqn, pairs, rounding)
        else:
            values, errors = zip(*pairs, strict=True) if pairs else ((), ())
            outs = bound(eqn, values)
            results = list(zip(outs, propagated(eqn, values, errors, outs, rounding), strict=True))
        known.update(zip(eqn.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


CALLS = frozenset({"jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call", "checkpoint", "remat2"})
"""Primitives that only run another jaxpr."""


def called(eqn: JaxprEqn, pairs: Sequence[Any], rounding: Rounding) -> list[Any]:
    """A nested call."""
    inner = eqn.params["jaxpr" if "jaxpr" in eqn.params else "call_jaxpr"]
    closed = inner if hasattr(inner, "consts") else ClosedJaxpr(inner, ())
    return walk(closed.jaxpr, closed.consts, pairs, rounding)


def branched(eqn: JaxprEqn, pairs: Sequence[Any], rounding: Rounding) -> list[Any]:
    """`cond` and `switch`: the errors of the branch that is taken."""
    (index, _), *operands = pairs
    branches = [
        lambda *at, b=b: list(map(with_array, walk(b.jaxpr, b.consts, at, rounding))) for b in eqn.params["branches"]
    ]
    return list(jax.lax.switch(index, branches, *map(with_array, operands)))


def scanned(eqn: JaxprEqn, pairs: Sequence[Any], rounding: Rounding) -> list[Any]:
    """`scan`: errors are carried along with the values."""
    pairs = [with_array(pair) for pair in pairs]
    body, n_consts, n_carry = (eqn.params[key] for key in ("jaxpr", "num_consts", "num_carry"))
    consts, init, xs = pairs[:n_consts], pairs[n_consts : n_consts + n_carry], pairs[n_consts + n_carry :]

    def step(carry: Any, x: Any) -> Any:
        outs = list(map(with_array, walk(body.jaxpr, body.consts, [*consts, *carry, *x], rounding)))
        return outs[:n_carry], outs[n_carry:]

    options = {key: eqn.params[key] for key in ("length", "reverse", "unroll")}
    carry, ys = jax.lax.scan(step, list(init), list(xs), **options)
    return [*carry, *ys]


def looped(eqn: JaxprEqn, pairs: Sequence[Any], rounding: Rounding) -> list[Any]:
    """`while`: as many steps as the values take."""
    pairs = [with_array(pair) for pair in pairs]
    condition, body = eqn.params["cond_jaxpr"], eqn.params["body_jaxpr"]
    n_condition, n_body = eqn.params["cond_nconsts"], eqn.params["body_nconsts"]
    of_condition, of_body = pairs[:n_condition], pairs[n_condition : n_condition + n_body]

    def goes_on(carry: Any) -> Any:
        return walk(condition.jaxpr, condition.consts, [*of_condition, *carry], rounding)[0][0]

    def step(carry: Any) -> Any:
        return list(map(with_array, walk(body.jaxpr, body.consts, [*of_body, *carry], rounding)))

    return list(jax.lax.while_loop(goes_on, step, list(pairs[n_condition + n_body :])))


def solved(eqn: JaxprEqn, pairs: Sequence[Any], rounding: Rounding) -> list[Any]:
    """`custom_linear_solve`: by its solver."""
    lengths, jaxprs = eqn.params["const_lengths"], eqn.params["jaxprs"]
    start = lengths.matvec + lengths.vecmat
    consts = pairs[start : start + lengths.solve]
    return walk(jaxprs.solve.jaxpr, jaxprs.solve.consts, [*consts, *pairs[sum(lengths) :]], rounding)


RUNS: dict[str, Callable[[JaxprEqn, Sequence[Any], Rounding], list[Any]]] = {
    **dict.fromkeys(CALLS, called),
    "cond": branched,
    "custom_linear_solve": solved,
    "scan": scanned,
    "while": looped,
}
"""Primitives that run jaxprs: the results with their errors, from the operands with theirs."""


def propagated(
    eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], outs: list[Any], rounding: Rounding
) -> list[Any]:
    """The errors of an equation's results.

    Errors  NotImplementedError on a primitive that has no rule.
    """
    name = eqn.primitive.name
    if name in EXACT or not any(jnp.issubdtype(out.dtype, jnp.inexact) for out in outs):
        return [None] * len(outs)
    if name in MOVES:
        if all(error is None for error in errors):
            return [None] * len(outs)
        moved = [
            with_array((x, e))[1] if jnp.issubdtype(jnp.result_type(x), jnp.inexact) else x
            for x, e in zip(values, errors, strict=True)
        ]
        return bound(eqn, moved)
    if name in PROPAGATE:
        return [PROPAGATE[name](eqn, values, errors, outs[0], rounding)]
    if name in FACTORISE:
        return factorised(eqn, values, errors, outs, rounding)
    if name in ALONGSIDE:
        return ALONGSIDE[name](eqn, values, errors, outs)
    raise NotImplementedError(f"the error scale has no rule for the primitive {name!r}: see oracle/propagate.py")
