"""The kill matrix: which mutants of a row the judge rejects, on how many cases."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from oracle.domain import Case
from oracle.judge import judge, judge_point, passes
from oracle.kept import kept_plan
from oracle.mutant import mutants
from oracle.plan import DTYPES, Group
from oracle.variant import spread
from oracle.verdict import FACTOR

ENOUGH = 2
"""A mutant is killed by so many cases, or by one that is exact."""

MANY = 8
"""No more cases are asked once so many have rejected a mutant."""

OF_ZEROS = (
    "negated", "doubled", "halved", "scaled by 1.01", "scaled by 1.0001", "one entry zeroed", "last entry zeroed",
    "last row zeroed", "rolled by one", "transposed", "ones for u", "first answer again", "half precision",
    "other calls change it", "mean for broadcast reduction", "wrong axis reduced",
)  # fmt: skip
"""Mutants that change nothing of cotangents which are 0."""

STEPS = ("ceil", "floor", "floor_divide", "rint", "sign")
SYMMETRISED = ("cholesky", "eigvalsh", "eigh")

EQUIVALENT: dict[tuple[str, str], str] = {
    **{(rule, "transposed"): "cotangents of symmetrised matrices are symmetric" for rule in SYMMETRISED},
    **{
        (rule, mutant): "the value is constant between jumps, so the cotangents are 0 whatever u is"
        for rule in STEPS
        for mutant in OF_ZEROS
    },
    ("convolve", "transposed"): "its arrays have one axis, and are their own transposes",
}
"""By row and mutant: why it is no other rule, for all that the row admits."""

Kill = TypedDict("Kill", {"mutant": str, "status": str, "cases": int, "exact": bool, "proof": str})
Alarm = TypedDict("Alarm", {"variant": str, "worst": float, "flagged": bool})


def kills(
    case: Case, *, seed: int = 0, examples: int = 12, dtypes: Sequence[Any] = DTYPES, folder: Path | None = None
) -> list[Kill]:
    """What became of each mutant of a row: killed, survived or equivalent."""
    groups = list(kept_plan(folder, case, seed=seed, examples=examples, dtypes=dtypes))
    return [killed(name, mutant, groups, dtypes) for name, mutant in mutants(case)]


def killed(name: str, mutant: Case, groups: Sequence[Group], dtypes: Sequence[Any]) -> Kill:
    """What became of one mutant on these groups and on the listed points."""
    cases, exact = 0, False
    for group in groups:
        with np.errstate(all="ignore"):
            rejected = sum(not passes(judged) for judged in judge(mutant, {**group, "witnesses": {}}))
        cases += rejected
        exact |= bool(rejected) and group["sweep"] == "integers"
        if cases >= MANY:
            break
    else:
        cases += sum(not passes(judge_point(mutant, point, dtype)) for point in mutant["points"] for dtype in dtypes)
    proof = EQUIVALENT.get((mutant["name"], name), "")
    status = "killed" if cases >= ENOUGH or exact else "equivalent" if proof and not cases else "survived"
    return {"mutant": name, "status": status, "cases": cases, "exact": exact, "proof": proof}


def false_alarms(case: Case, *, seed: int = 0, examples: int = 2, folder: Path | None = None) -> list[Alarm]:
    """Each correct variant of a row, its worst error in conventional scales, and whether it is flagged."""
    worst: dict[str, float] = {}
    for group in kept_plan(folder, {**case, "relative": False}, seed=seed, examples=examples):
        if group["sweep"] in {"shapes", "values"}:
            for name, ratio in spread(case, group):
                worst[name] = max(worst.get(name, 0.0), ratio)
    return [{"variant": name, "worst": ratio, "flagged": not ratio <= FACTOR} for name, ratio in worst.items()]
