"""The comparison of a result with its truth, and the judgement of a rule on one set of arguments."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from oracle import difference, laws
from oracle.domain import Case
from oracle.draw import LAYOUTS, Arguments, relaid
from oracle.reference import reference
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

Judgement: TypeAlias = tuple[float, list[str]]
"""The worst ratio of an error to its scale, and what was found wrong."""

FACTOR = 8
"""A result may be so many times the error scale away from the truth, element by element."""


def compare(got: Any, truth: Array, scale: Array, what: str) -> Judgement:
    """Judge each element of `got`; a truth that is not finite is a failure of the row, and nan never passes."""
    got = np.asarray(got)
    if got.shape != truth.shape:
        return np.inf, [f"{what} has shape {got.shape}, but should have {truth.shape}"]
    if not (np.all(np.isfinite(truth)) and np.all(np.isfinite(scale))):
        return np.inf, [f"{what} has no finite truth and error scale to be judged by"]
    if not got.size:
        return 0.0, []
    smallest = np.finfo(got.dtype).tiny if got.dtype.kind == "f" else 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        ratios = np.abs(got.astype(np.float64) - truth) / (scale + smallest)
    ratios = np.where(np.isnan(ratios), np.inf, ratios)
    worst = np.unravel_index(np.argmax(ratios), ratios.shape)
    ratio = float(ratios[worst])
    if ratio <= FACTOR:
        return ratio, []
    index, digits = tuple(int(i) for i in worst), 17 if got.dtype == np.float64 else 9
    should = f"{truth[worst]:.{digits}g} (± {FACTOR * scale[worst]:.2g})"
    return ratio, [f"{what} is {got[worst]:.{digits}g} at {index}, but should be {should}"]


def agreement(case: Case, arguments: Arguments, layouts: Sequence[str] = ()) -> Judgement:
    """Hold value and cotangents against the contract and JAX, as the arguments lie in memory or in each layout."""
    truths = reference(case["counterpart"], arguments["xs"], arguments["static"], arguments["u"])
    laid = [relaid(arguments, layout) for layout in layouts] or [arguments]
    judged = [held_against(truths, case, each) for each in laid]
    return max(ratio for ratio, _ in judged), next((findings for _, findings in judged if findings), [])


def held_against(truths: tuple[Tree, Tree], case: Case, arguments: Arguments) -> Judgement:
    """Hold value and cotangents against the contract, then against truth and scale, element by element."""
    (truth, scale), xs, static, u = truths, arguments["xs"], arguments["static"], arguments["u"]
    try:
        value, vjp = case["rule"](*tree_map(laws.frozen, xs), **static)
        cotangents = vjp(laws.frozen(u))
    except Exception as error:  # noqa: BLE001 (whatever a rule raises is the finding)
        return np.inf, [f"raised {error!r}"]
    if findings := laws.contract(xs, u, value, cotangents):
        return np.inf, findings
    names = ["value", *(f"cotangent {i}" for i in range(len(tree_leaves(xs))))]
    triples = zip(*map(tree_leaves, ((value, *cotangents), truth, scale)), strict=True)
    judged = [compare(got, y, scale, name) for (got, y, scale), name in zip(triples, names, strict=True)]
    return max(ratio for ratio, _ in judged), [finding for _, found in judged for finding in found]


def additivity(case: Case, arguments: Arguments, mask: Array) -> list[str]:
    """vjp(u) is vjp(the part of u in the mask) + vjp(the rest), within the error scales of all three."""
    xs, static, u = arguments["xs"], arguments["static"], arguments["u"]
    _, vjp = case["rule"](*xs, **static)
    parts = [u, np.where(mask, u, 0), np.where(mask, 0, u)]
    whole, masked, rest = (tree_leaves(vjp(part)) for part in parts)
    scales = [tree_leaves(reference(case["counterpart"], xs, static, part)[1][1:]) for part in parts]
    sums = [np.add(a, b, dtype=np.float64) for a, b in zip(masked, rest, strict=True)]
    pieces = zip(whole, sums, (np.add(np.add(a, b), c) for a, b, c in zip(*scales, strict=True)), strict=True)
    return [
        finding
        for i, piece in enumerate(pieces)
        for finding in compare(*piece, f"cotangent {i} of the sum of parts")[1]
    ]


def judge(case: Case, arguments: Arguments, *, smooth: bool = True) -> Judgement:
    """Hold a rule against JAX in every layout, the laws and, in float64 away from kinks, its own differences."""
    ratio, findings = agreement(case, arguments, LAYOUTS)
    if not findings:
        findings = laws.findings(case["rule"], arguments)
    if smooth and not findings and arguments["u"].dtype == np.float64:
        findings = difference.disagreements(case["rule"], arguments)
    return ratio, findings
