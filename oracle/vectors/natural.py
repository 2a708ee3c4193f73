"""Rules and vectors as they are called: complex arrays and several results, which the judge has packed (`pack.py`)."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from oracle.domain import Case
from oracle.draw import Arguments
from oracle.mutant import MUTANTS, mutants
from oracle.pack import Rule, conjugated, joined, pack, unpacked
from oracle.vectors.vector import Vector
from purevjp.aliases import Array, Tree

OF_THE_CALL = {"writes to x", "writes to u", "same memory again", "takes anything"}
"""Mutants that differ in the memory they use and in what they refuse, which packing hides."""


def natural(case: Case, rule: Rule) -> Rule:
    """A packed rule of a row, its own or a mutant, as one of the arrays that the row's rule itself takes and gives."""
    if not case["packs"]:
        return rule if not hasattr(case["rule"], "__wrapped__") else in_own_dtype(case, rule)
    is_complex = [domain["is_complex"] for domain in case["domains"]]
    own: Any = case["rule"]

    def called(*xs: Tree, **static: Any) -> tuple[Tree, Callable[[Tree], tuple[Tree, ...]]]:
        value, vjp = rule(*[parts_of(x) if c else x for x, c in zip(xs, is_complex, strict=True)], **static)
        like = own.__wrapped__(*xs, **static)[0]

        def called_vjp(u: Tree) -> tuple[Tree, ...]:
            cotangents = vjp(pack(conjugated(u)))
            return tuple(conjugated(joined(dx)) if c else dx for dx, c in zip(cotangents, is_complex, strict=True))

        return unpacked(value, like), called_vjp

    return called


def in_own_dtype(case: Case, rule: Rule) -> Rule:
    """A rule that the row has between two casts (`astype`) as its own: value and u have the dtype that is asked for."""
    own: Any = case["rule"]

    def called(*xs: Tree, **static: Any) -> tuple[Tree, Callable[[Tree], tuple[Tree, ...]]]:
        value, vjp = rule(*xs, **static)
        dtype, inner = np.result_type(own.__wrapped__(*xs, **static)[0]), np.result_type(value)

        def called_vjp(u: Tree) -> tuple[Tree, ...]:
            return vjp(np.asarray(u).astype(inner))

        return np.asarray(value).astype(dtype), called_vjp

    return called


def as_asked(case: Case, vector: Vector) -> Vector:
    """A vector whose u has the dtype of its rule's value."""
    if case["packs"] or not hasattr(case["rule"], "__wrapped__"):
        return vector
    value, _ = natural(case, case["rule"])(*vector["xs"], **vector["static"])
    return {**vector, "u": np.asarray(vector["u"], np.result_type(value))}


def parts_of(z: Array) -> Array:
    """A view of the real and the imaginary parts, so that whoever writes to it writes to the array."""
    if not np.iscomplexobj(z):
        return z
    real = np.empty(0, z.dtype).real.dtype
    return z.view(real).reshape(*z.shape, 2) if z.ndim and z.flags.c_contiguous else np.stack([z.real, z.imag], -1)


def packed_arguments(case: Case, vector: Vector) -> Arguments:
    """The arguments of a vector as the judge has them."""
    is_complex = [domain["is_complex"] for domain in case["domains"]]
    xs = tuple(parts_of(x) if c else x for x, c in zip(vector["xs"], is_complex, strict=True))
    u = pack(conjugated(vector["u"])) if case["packs"] else vector["u"]
    if hasattr(case["rule"], "__wrapped__") and not case["packs"]:
        u = np.asarray(u, np.result_type(*xs))
    return {"xs": xs, "static": vector["static"], "u": u}


def natural_mutants(case: Case) -> Iterator[tuple[str, Rule]]:
    """The mutants of a row as they are called."""
    own: Any = case["rule"]
    for name, mutant in mutants(case):
        if case["packs"] and name in OF_THE_CALL:
            yield name, MUTANTS[name](own.__wrapped__)
        else:
            yield name, natural(case, mutant["rule"])
