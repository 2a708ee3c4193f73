"""The comparison of results with their truth, element by element, and the words for what comes out of it."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from oracle.interface import contract, frozen
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

if TYPE_CHECKING:  # they come with JAX, and results are judged where there is none
    from oracle.domain import Case
    from oracle.draw import Arguments

FACTOR = 8
"""A result may be so many times the error scale away from the truth, element by element."""

AGREE, CONVENTION, EXCLUDED, KINK = (
    "agree", "agree under a named convention", "oracle excluded", "not differentiable here",
)  # fmt: skip
IMPRECISE, UNSUPPORTED, NOT_JUDGED, WRONG, ERROR = "imprecise", "unsupported", "not judged", "wrong", "error"
VERDICTS = (AGREE, CONVENTION, EXCLUDED, KINK, UNSUPPORTED, IMPRECISE, WRONG, ERROR, NOT_JUDGED)
"""From best to worst; what was not judged never passes."""

PASSING = frozenset({AGREE, CONVENTION, EXCLUDED, KINK})

Judgement = TypedDict("Judgement", {"verdict": str, "ratio": float, "findings": list[str]})
"""The verdict on one set of arguments, the worst ratio of an error to its scale, and what was found wrong."""


def worst_of(verdicts: Sequence[str]) -> str:
    """The worst of several verdicts; none at all is not a pass."""
    return max(verdicts, key=VERDICTS.index, default=NOT_JUDGED)


@functools.cache
def limits_of(dtype: Any) -> tuple[float, float, float]:
    """The smallest number of a dtype, its smallest normal one, and its largest."""
    limits = np.finfo(dtype)
    return float(limits.smallest_subnormal), float(limits.tiny), float(limits.max)


def errors_and_ratios(got: Array, truth: Array, scale: Array) -> tuple[Array, Array]:
    """The error of each element, and over its error scale; nan where there is a nan, or infinities."""
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        error = np.abs(np.subtract(got, truth, dtype=np.float64))
        return error, error / (scale + limits_of(got.dtype)[0])


def error_ratios(got: Array, truth: Array, scale: Array) -> Array:
    """Error over error scale of each element, in the dtype of `got`; infinite for nan, and where it should be equal.

    A truth beyond the largest number of the dtype asks for infinity of its sign; a subnormal one may be flushed.
    """
    error, ratios = errors_and_ratios(got, truth, scale)
    if np.all(ratios <= FACTOR):
        return ratios
    _, tiny, largest = limits_of(got.dtype)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        subnormal = (truth != 0) & (np.abs(truth) < tiny)
        ratios = np.where(subnormal, error / (scale + tiny), ratios)
        overflown = np.isinf(got) & (np.sign(got) == np.sign(truth))
        ratios = np.where(overflown & (np.abs(truth) + FACTOR * scale >= largest), 0, ratios)
    return np.where(np.isnan(ratios), np.inf, ratios)


def compare(got: Any, truth: Array, scale: Array, what: str) -> tuple[float, list[str]]:
    """Judge each element of `got`; a truth that is not finite is a failure of the row, and nan never passes."""
    got = np.asarray(got)
    if got.shape != truth.shape:
        return np.inf, [f"{what} has shape {got.shape}, but should have {truth.shape}"]
    if not got.size:
        return 0.0, []
    ratio = float(errors_and_ratios(got, truth, scale)[1].max())
    if ratio <= FACTOR and scale.max() < np.inf:  # then the truth is finite, too
        return ratio, []
    if not (np.all(np.isfinite(truth)) and np.all(np.isfinite(scale))):
        return np.inf, [f"{what} has no finite truth and error scale to be judged by"]
    ratios = error_ratios(got, truth, scale)
    worst = np.unravel_index(np.argmax(ratios), ratios.shape)
    ratio = float(ratios[worst])
    if ratio <= FACTOR:
        return ratio, []
    index, digits = tuple(int(i) for i in worst), 17 if got.dtype == np.float64 else 9
    should = f"{truth[worst]:.{digits}g} (± {FACTOR * scale[worst]:.2g})"
    return ratio, [f"{what} is {got[worst]:.{digits}g} at {index}, but should be {should}"]


def results(case: "Case", arguments: "Arguments") -> tuple[list[Array], list[str]]:
    """The leaves of value and cotangents, of frozen arguments, and what is found against tree, shape and dtype."""
    xs, static, u = arguments["xs"], arguments["static"], arguments["u"]
    try:
        value, vjp = case["rule"](*[tree_map(frozen, x) for x in xs], **static)
        cotangents = vjp(frozen(u))
    except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever a rule raises is the finding)
        why = ": it writes to an argument, or to u" if "read-only" in str(error) else ""
        return [], [f"raised {error!r}{why}"]
    findings = contract(xs, u, value, cotangents)
    return ([] if findings else tree_leaves((value, *cotangents))), findings


def held_against(case: "Case", arguments: "Sequence[Arguments]", truth: Tree, scale: Tree) -> list[Judgement]:
    """Judge arguments of one structure by their truths and scales, stacked along a first axis."""
    if not arguments:
        return []
    truths, scales = tree_leaves(truth), tree_leaves(scale)
    with np.errstate(over="ignore", under="ignore"):
        got, found = zip(*(results(case, each) for each in arguments), strict=True)
    worst = np.zeros(len(arguments))
    finite = np.ones(len(arguments), bool)
    for leaf in (*truths, *scales):
        finite &= np.isfinite(leaf).reshape(len(leaf), -1).all(axis=1)
    dtypes = [each["u"].dtype for each in arguments]
    for dtype in set(dtypes):
        rows = [i for i, leaves in enumerate(got) if leaves and dtypes[i] == dtype]
        for j, (y, s) in enumerate(zip(truths, scales, strict=True) if rows else ()):
            ratios = error_ratios(np.array([got[i][j] for i in rows]), y[rows], s[rows])
            worst[rows] = np.maximum(worst[rows], ratios.reshape(len(rows), -1).max(axis=1, initial=0))
    judged = []
    for i, findings in enumerate(found):
        if findings:
            judged.append(judgement(ERROR if findings[0].startswith("raised") else WRONG, np.inf, findings))
        elif finite[i] and worst[i] <= FACTOR:
            judged.append(judgement(AGREE, float(worst[i]), []))
        else:
            ratio = float(worst[i]) if finite[i] else np.inf
            judged.append(judgement(WRONG, ratio, explained(got[i], truths, scales, i)))
    return judged


def explained(leaves: Sequence[Array], truths: Sequence[Array], scales: Sequence[Array], i: int) -> list[str]:
    """What `compare` finds in each leaf of one result."""
    names = ["value", *(f"cotangent {j}" for j in range(len(leaves) - 1))]
    quadruples = zip(leaves, truths, scales, names, strict=True)
    return [finding for got, y, s, name in quadruples for finding in compare(got, y[i], s[i], name)[1]]


def judgement(verdict: str, ratio: float, findings: list[str]) -> Judgement:
    """One judgement."""
    return {"verdict": verdict, "ratio": ratio, "findings": findings}
