"""What a wrong answer would be made of: the mutants of purevjp's own rule that give it, or a factor, a shift, a row."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from oracle.catalogue import CATALOGUE
from oracle.conformance.observe import Answer, answered, held
from oracle.diagnosis import explanations, number_wrong
from oracle.pack import Rule
from oracle.reference import NARROWER
from oracle.vectors.natural import natural, natural_mutants
from oracle.vectors.vector import Vector, as_pairs, named_leaves
from oracle.verdict import compare
from purevjp.aliases import Array
from purevjp.tree import tree_leaves

ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
TOGETHER = 2
"""Two answers that are each within the limit of one truth are within twice the limit of one another."""

Further = Callable[[Rule, Vector], list[str]]
"""What else is asked of a rule in purevjp's form that answers right."""


def names_of(vector: Vector) -> list[str]:
    """The names of all arrays of an answer."""
    named = [("value", vector["u"]), *((f"cotangent {i}", x) for i, x in enumerate(vector["xs"]))]
    return [name for what, tree in named for name, _ in named_leaves(what, tree)]


def parts(tree: Any) -> list[Array]:
    """The leaves of a tree as real arrays."""
    return [as_pairs(leaf) for leaf in tree_leaves(tree)]


def wrong_leaves(leaves: Sequence[Array], vector: Vector, factor: float = 1.0) -> list[int]:
    """Which arrays of an answer are outside their error scales, or outside so many times them."""
    triples = zip(leaves, parts(vector["truth"]), parts(vector["scale"]), strict=True)
    return [i for i, (got, truth, scale) in enumerate(triples) if compare(got, truth, factor * scale, "")[1]]


def explained(leaves: Sequence[Array], vector: Vector) -> list[str]:
    """What each wrong array of an answer is, if it can be said in a word."""
    truth, scale, names = parts(vector["truth"]), parts(vector["scale"]), names_of(vector)
    wrong = wrong_leaves(leaves, vector)
    return [f"{names[i]} {how}" for i in wrong for how in explanations(i, leaves[i], truth, scale, names)[:1]]


def counted(leaves: Sequence[Array], vector: Vector) -> list[str]:
    """How many elements of each array are wrong."""
    truth, scale, names = parts(vector["truth"]), parts(vector["scale"]), names_of(vector)
    wrong = wrong_leaves(leaves, vector)
    return [f"{names[i]} is wrong in {number_wrong(leaves[i], truth[i], scale[i])}" for i in wrong]


def is_imprecise(leaves: Sequence[Array], vector: Vector) -> bool:
    """Whether an answer is as accurate as the next narrower dtype would make it; halves have a scale of their own."""
    dtype = vector["dtype"]
    narrower = NARROWER.get(dtype, dtype)
    return narrower != dtype and not wrong_leaves(leaves, vector, ROUNDOFF[narrower] / ROUNDOFF[dtype])


def fits_accumulator(leaves: Sequence[Array], vector: Vector, accumulator: str) -> bool:
    """Whether an answer is as accurate as sums in a declared dtype, narrower than that of the arrays, can be."""
    factor = ROUNDOFF[accumulator] / ROUNDOFF[vector["dtype"]] if accumulator else 1.0
    return factor > 1 and not wrong_leaves(leaves, vector, factor)


def matches(got: Answer, vector: Vector, further: Further | None) -> list[str]:
    """The mutants of purevjp's rule that answer this very case as the backend did.

    `further` is what was asked of it beyond numbers, if that is what was found. None is told apart from the right rule
    where that one fails in the same way.
    """
    case = CATALOGUE[vector["rule"]]
    if alike(natural(case, case["rule"]), got, vector, further):
        return []
    return [name for name, rule in all_mutants(vector["rule"]) if alike(rule, got, vector, further)]


@functools.cache
def all_mutants(name: str) -> list[tuple[str, Rule]]:
    """The mutants of a row by name, in the form of its rule."""
    return list(natural_mutants(CATALOGUE[name]))


def alike(rule: Rule, got: Answer, vector: Vector, further: Further | None) -> bool:
    """Whether a rule answers as the backend did."""
    if further is not None:
        try:
            return further(rule, vector) == got["findings"]
        except Exception:  # noqa: BLE001 (a rule that cannot be asked more than once is not this backend)
            return False
    theirs = answered(rule, vector)
    if theirs["findings"] or got["findings"]:
        return theirs["findings"] == got["findings"]
    if vector["accepts"] is not None:
        return bool(held(theirs, vector)) and exactly(got["leaves"], theirs["leaves"])
    return bool(wrong_leaves(theirs["leaves"], vector)) and near(got["leaves"], theirs["leaves"], vector)


def exactly(a: Sequence[Array], b: Sequence[Array]) -> bool:
    """Equal numbers, nan to nan."""
    return all(np.array_equal(x, y, equal_nan=True) for x, y in zip(a, b, strict=True))


def near(a: Sequence[Array], b: Sequence[Array], vector: Vector) -> bool:
    """Whether two answers are one, but for rounding."""
    roundoff = ROUNDOFF[vector["dtype"]]
    for x, y, scale in zip(a, b, parts(vector["scale"]), strict=True):
        special = ~np.isfinite(x) | ~np.isfinite(y)
        if not np.array_equal(x[special], y[special], equal_nan=True):
            return False
        of = np.where(special, 0, y).astype(np.float64)
        limit = TOGETHER * scale + np.where(scale > 0, roundoff * np.abs(of), 0)
        if compare(np.where(special, 0, x).astype(x.dtype), of, limit, "")[1]:
            return False
    return True
