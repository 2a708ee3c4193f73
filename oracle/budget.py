"""The error scale: how far rounding takes a correct implementation from the truth, element by element.

The jaxpr of a function is walked in float64, and a root mean square *running rounding error* is carried beside each
value, for a given unit roundoff ρ:

* an operation rounds its result, by ρ |y| times a small factor for elementary functions, and passes the errors of its
  operands on, times its slopes; independent errors add in squares;
* a sum of n terms rounds by √(n − 1) ρ Σ |xᵢ| (Higham & Mary 2019; Ipsen & Zhou, arXiv 1906.10465);
* an operation that only moves, selects or compares elements rounds nothing;
* underflow adds η, the smallest normal number.

The walk is in NumPy: to compile it takes XLA ten times as long as the program alone, some 6 s for a transformer block.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import Jaxpr, JaxprEqn, Literal

from oracle.evaluate import CALLS, called, results
from oracle.propagate import EXACT, MOVES, PROPAGATE, Rounding
from oracle.propagate_linalg import ALONGSIDE, FACTORISE, factorised


def with_error(traced: Any) -> Callable[..., Any]:
    """A function that `jax.jit` has traced, as `(rounding, *args) -> (results, errors)`, two trees like its result."""
    jaxpr, structure = traced.jaxpr, jax.tree.structure(traced.out_info)

    def walked(rounding: Rounding, *args: Any) -> Any:
        leaves = [(np.asarray(x), None) for x in jax.tree.leaves(args)]
        with np.errstate(all="ignore"):
            pairs = walk(jaxpr.jaxpr, jaxpr.consts, leaves, rounding)
            values, errors = zip(*map(with_array, pairs), strict=True)
        return jax.tree.unflatten(structure, values), jax.tree.unflatten(structure, errors)

    return walked


def with_array(pair: Any) -> Any:
    """A value and its error, as an array even where it is known to be none."""
    value, error = pair
    return np.asarray(value), np.zeros(np.shape(value)) if error is None else np.asarray(error)


def walk(jaxpr: Jaxpr, consts: Sequence[Any], args: Sequence[Any], rounding: Rounding) -> list[Any]:
    """The results of a jaxpr and their errors, from the arguments and theirs."""
    known: dict[Any, Any] = {var: (np.asarray(c), None) for var, c in zip(jaxpr.constvars, consts, strict=True)}
    known.update(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> Any:
        if isinstance(atom, Literal):
            aval: Any = atom.aval
            return np.asarray(atom.val, aval.dtype), None
        return known[atom]

    for eqn in jaxpr.eqns:
        pairs = [read(atom) for atom in eqn.invars]
        if eqn.primitive.name in RUNS:
            found = RUNS[eqn.primitive.name](eqn, pairs, rounding)
        else:
            values, errors = zip(*pairs, strict=True) if pairs else ((), ())
            outs = list(map(np.asarray, results(eqn, list(values))))
            found = list(zip(outs, propagated(eqn, values, errors, outs, rounding), strict=True))
        known.update(zip(eqn.outvars, found, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def nested(eqn: JaxprEqn, pairs: Sequence[Any], rounding: Rounding) -> list[Any]:
    """A nested call."""
    inner = called(eqn)
    return walk(inner.jaxpr, inner.consts, pairs, rounding)


def branched(eqn: JaxprEqn, pairs: Sequence[Any], rounding: Rounding) -> list[Any]:
    """`cond` and `switch`: the branch that is taken."""
    (index, _), *operands = pairs
    branches = eqn.params["branches"]
    branch = branches[min(max(int(index), 0), len(branches) - 1)]
    return walk(branch.jaxpr, branch.consts, operands, rounding)


def scanned(eqn: JaxprEqn, pairs: Sequence[Any], rounding: Rounding) -> list[Any]:
    """`scan`: step by step."""
    body, n_consts, n_carry = (eqn.params[key] for key in ("jaxpr", "num_consts", "num_carry"))
    consts, carry, xs = pairs[:n_consts], pairs[n_consts : n_consts + n_carry], pairs[n_consts + n_carry :]
    length = eqn.params["length"]
    ys: list[Any] = [None] * length
    for i in range(length)[:: -1 if eqn.params["reverse"] else 1]:
        at = [(x[i], None if error is None else error[i]) for x, error in xs]
        outs = walk(body.jaxpr, body.consts, [*consts, *carry, *at], rounding)
        carry, ys[i] = outs[:n_carry], list(map(with_array, outs[n_carry:]))
    return [*carry, *(tuple(map(np.stack, zip(*steps, strict=True))) for steps in zip(*ys, strict=True))]


def looped(eqn: JaxprEqn, pairs: Sequence[Any], rounding: Rounding) -> list[Any]:
    """`while`: as many steps as the values take."""
    condition, body = eqn.params["cond_jaxpr"], eqn.params["body_jaxpr"]
    n_condition, n_body = eqn.params["cond_nconsts"], eqn.params["body_nconsts"]
    of_condition, of_body = pairs[:n_condition], pairs[n_condition : n_condition + n_body]
    carry = pairs[n_condition + n_body :]
    while walk(condition.jaxpr, condition.consts, [*of_condition, *carry], rounding)[0][0]:
        carry = walk(body.jaxpr, body.consts, [*of_body, *carry], rounding)
    return list(carry)


def solved(eqn: JaxprEqn, pairs: Sequence[Any], rounding: Rounding) -> list[Any]:
    """`custom_linear_solve`: by its solver."""
    lengths, jaxprs = eqn.params["const_lengths"], eqn.params["jaxprs"]
    start = lengths.matvec + lengths.vecmat
    consts = pairs[start : start + lengths.solve]
    return walk(jaxprs.solve.jaxpr, jaxprs.solve.consts, [*consts, *pairs[sum(lengths) :]], rounding)


RUNS: dict[str, Callable[[JaxprEqn, Sequence[Any], Rounding], list[Any]]] = {
    **dict.fromkeys(CALLS, nested),
    **dict.fromkeys(FACTORISE, factorised),
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
    if name in EXACT or not any(out.dtype.kind in "fc" for out in outs):
        return [None] * len(outs)
    if name in MOVES:
        if all(error is None for error in errors):
            return [None] * len(outs)
        moved = [
            with_array(pair)[1] if pair[0].dtype.kind in "fc" else pair[0] for pair in zip(values, errors, strict=True)
        ]
        return results(eqn, moved)
    if name in PROPAGATE:
        return [PROPAGATE[name](eqn, values, errors, outs[0], rounding)]
    if name in ALONGSIDE:
        return ALONGSIDE[name](eqn, values, errors, outs)
    raise NotImplementedError(f"the error scale has no rule for the primitive {name!r}: see oracle/propagate.py")
