"""What a wrong answer would be made of: the mutants of purevjp's own rule that give it, or a factor, a shift, a row."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from oracle.catalogue import CATALOGUE
from oracle.conformance.observe import Answer, answer, probed, pullback_findings
from oracle.diagnosis import explanations, number_wrong, within_narrower
from oracle.domain import Case
from oracle.mutant import mutants
from oracle.pack import Rule
from oracle.reference import NARROWER
from oracle.vectors.vector import Vector
from oracle.verdict import compare
from purevjp.aliases import Array
from purevjp.tree import tree_leaves

ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
TOGETHER = 2
"""Two answers that are each within the limit of one truth are within twice the limit of one another."""


def names_of(n: int) -> list[str]:
    """Value, cotangent 0, and so on."""
    return ["value", *(f"cotangent {i}" for i in range(n - 1))]


def wrong_leaves(leaves: Sequence[Array], vector: Vector, factor: float = 1.0) -> list[int]:
    """Which of value and cotangents are outside their error scales, or outside so many times them."""
    triples = zip(leaves, tree_leaves(vector["truth"]), tree_leaves(vector["scale"]), strict=True)
    return [i for i, (got, truth, scale) in enumerate(triples) if compare(got, truth, factor * scale, "")[1]]


def explained(leaves: Sequence[Array], vector: Vector) -> list[str]:
    """What each wrong array of an answer is, if it can be said in a word."""
    truth, scale = tree_leaves(vector["truth"]), tree_leaves(vector["scale"])
    names = names_of(len(leaves))
    wrong = wrong_leaves(leaves, vector)
    return [f"{names[i]} {how}" for i in wrong for how in explanations(i, leaves[i], truth, scale, names)[:1]]


def counted(leaves: Sequence[Array], vector: Vector) -> list[str]:
    """How many elements of each array are wrong."""
    truth, scale = tree_leaves(vector["truth"]), tree_leaves(vector["scale"])
    names = names_of(len(leaves))
    return [
        f"{names[i]} is wrong in {number_wrong(leaves[i], truth[i], scale[i])}" for i in wrong_leaves(leaves, vector)
    ]


def is_imprecise(leaves: Sequence[Array], vector: Vector) -> bool:
    """Whether an answer is as accurate as narrower numbers or sums would make it."""
    dtype = vector["dtype"]
    narrower = NARROWER.get(dtype, dtype)
    if narrower != dtype:
        return not wrong_leaves(leaves, vector, ROUNDOFF[narrower] / ROUNDOFF[dtype])
    arguments: Any = {"xs": vector["xs"], "static": vector["static"], "u": vector["u"]}
    return dtype == "float16" and within_narrower(CATALOGUE[vector["rule"]], arguments, leaves)


def fits_accumulator(leaves: Sequence[Array], vector: Vector, accumulator: str) -> bool:
    """Whether an answer is as accurate as sums in a declared dtype, narrower than that of the arrays, can be."""
    factor = ROUNDOFF[accumulator] / ROUNDOFF[vector["dtype"]] if accumulator else 1.0
    return factor > 1 and not wrong_leaves(leaves, vector, factor)


def matches(got: Answer, vector: Vector, *, own: Rule | None, probe: bool) -> list[str]:
    """The mutants of purevjp's rule that answer this very case as the backend did.

    `own` is the backend's rule in purevjp's form; with `probe`, findings came from asking it more than once.
    """
    return [name for name, mutant in all_mutants(vector["rule"]) if alike(mutant, got, vector, own=own, probe=probe)]


@functools.cache
def all_mutants(rule: str) -> list[tuple[str, Case]]:
    """The mutants of a row by name."""
    return list(mutants(CATALOGUE[rule]))


def alike(mutant: Case, got: Answer, vector: Vector, *, own: Rule | None, probe: bool) -> bool:
    """Whether a mutant answers as the backend did."""

    def ask(xs: Any, static: Any, u: Any) -> tuple[Any, Any]:
        value, vjp = mutant["rule"](*xs, **static)
        return value, vjp(u)

    theirs = answer(ask, vector["xs"], vector["static"], vector["u"])
    if theirs["findings"] or (got["findings"] and not probe):
        return theirs["findings"] == got["findings"]
    if wrong_leaves(got["leaves"], vector):
        return bool(wrong_leaves(theirs["leaves"], vector)) and near(got["leaves"], theirs["leaves"], vector)
    if not probe or wrong_leaves(theirs["leaves"], vector):
        return False
    found = probed(ask, vector, theirs["leaves"], lambda leaves: ["wrong"] if wrong_leaves(leaves, vector) else [])
    if not found and own is not None:
        found = pullback_findings(mutant["rule"], vector)
    return found == got["findings"]


def near(a: Sequence[Array], b: Sequence[Array], vector: Vector) -> bool:
    """Whether two answers are one, but for rounding."""
    roundoff = ROUNDOFF[vector["dtype"]]
    for x, y, scale in zip(a, b, tree_leaves(vector["scale"]), strict=True):
        both_nan = np.isnan(x) & np.isnan(y)
        limit = TOGETHER * scale + np.where(scale > 0, roundoff * np.abs(np.nan_to_num(y.astype(np.float64))), 0)
        if compare(np.where(both_nan, 0, x), np.where(both_nan, 0, y).astype(np.float64), limit, "")[1]:
            return False
    return True
