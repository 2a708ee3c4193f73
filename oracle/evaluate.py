"""A jaxpr, equation by equation in NumPy: for a program that runs once, compiling it costs most.

Primitives that are not in `primitive.py` are given to JAX.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

from oracle.primitive import ELEMENTWISE, WITH_OPTIONS, Run

CALLS = frozenset({"jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call", "checkpoint", "remat2"})
"""Primitives that only run another jaxpr."""

COMPILER = {"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False}
"""Every program runs a few times on a few numbers: compiling it costs most, and this makes it five times cheaper."""


def run(
    jaxpr: Jaxpr, consts: Sequence[Any], args: Sequence[Any], results_of: Callable[[JaxprEqn, list[Any]], list[Any]]
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
        known.update(zip(eqn.outvars, map(np.asarray, results_of(eqn, values)), strict=True))
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
    if name == "scan":
        return scan(*values, **eqn.params)
    if name in CALLS:
        inner = called(eqn)
        return run(inner.jaxpr, inner.consts, values, results)
    bind: Run = functools.partial(eqn.primitive.bind, **eqn.params)
    outs = bind(*map(jax.numpy.asarray, values))
    return [np.asarray(out) for out in (outs if eqn.primitive.multiple_results else [outs])]


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
