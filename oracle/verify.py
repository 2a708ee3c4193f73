"""The verdict on a row: every group of its plan by every witness, and every listed point."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypedDict

import numpy as np

from oracle.diagnosis import diagnosed
from oracle.domain import Case
from oracle.draw import Arguments
from oracle.judge import judge, judge_point, passes
from oracle.kept import kept_plan
from oracle.plan import DTYPES, Group, described
from oracle.reference import Truth
from oracle.reproducer import fails, reproducer
from oracle.verdict import NOT_JUDGED, WRONG, Judgement, worst_of
from purevjp.aliases import Tree
from purevjp.tree import tree_leaves, tree_map

Failure: TypeAlias = tuple[Arguments, Truth]
"""Arguments on which a rule failed, with the truth and the error scale it was held against."""

Result = TypedDict(
    "Result",
    {
        "rule": str,
        "cases": int,
        "left_out": int,
        "worst": float,
        "witnesses": dict[str, int],
        "conventions": list[str],
        "verdict": str,
        "findings": list[str],
        "ratios": list[float],
        "diagnosis": str,
        "reproducer": str,
    },
)


def verify(
    case: Case, *, seed: int = 0, examples: int = 12, dtypes: Sequence[Any] = DTYPES, folder: Path | None = None
) -> Result:
    """The verdict on a row over its plan, the witnesses that agreed, and what was found where.

    A row of the catalogue may have its plan kept in a folder (see `kept.py`).
    """
    result = failed(case["name"], NOT_JUDGED)
    verdicts: list[str] = []
    failing: list[Failure] = []
    elements = 0
    try:
        for group in kept_plan(folder, case, seed=seed, examples=examples, dtypes=dtypes):
            judged = judge(case, group)
            verdicts += [each["verdict"] for each in judged] + [WRONG] * bool(group["findings"])
            failing += add_up(result, group, judged)
            elements += sum(arguments["u"].size for arguments in group["arguments"])
    except NotImplementedError as error:
        return {**result, "findings": [str(error)]}
    if not elements:
        return {**result, "findings": ["no element was drawn to be judged"]}
    for point in case["points"]:
        at_point = [judge_point(case, point, dtype) for dtype in dtypes]
        verdicts += [each["verdict"] for each in at_point]
        result["cases"] += len(at_point)
        result["findings"] += [finding for each in at_point if not passes(each) for finding in each["findings"]]
        result["conventions"].append(f"{point['at']}: {point['policy']}")
    result["worst"], result["verdict"] = max(result["ratios"], default=0.0), worst_of(verdicts)
    return explained(case, result, failing) if failing else result


def add_up(result: Result, group: Group, judged: Sequence[Judgement]) -> list[Failure]:
    """Add what was judged to the result of a row; what failed."""
    result["cases"] += len(judged)
    result["left_out"] += group["left_out"]
    result["ratios"] += [each["ratio"] for each in judged]
    result["findings"] += group["findings"]
    for witness, n in group["witnesses"].items():
        result["witnesses"][witness] = result["witnesses"].get(witness, 0) + n
    failing = [i for i, each in enumerate(judged) if not passes(each)]
    for i in failing:
        result["findings"] += [f"{found}; {described(group['arguments'][i])}" for found in judged[i]["findings"]]
    return [(group["arguments"][i], (member(group["truth"], i), member(group["scale"], i))) for i in failing]


def member(stacked: Tree, i: int) -> Tree:
    """One of the trees that were stacked."""
    return tree_map(lambda leaf: leaf[i], stacked)


def explained(case: Case, result: Result, failing: Sequence[Failure]) -> Result:
    """The result with a diagnosis of its smallest failure, and a script that reproduces it."""
    sizes = [sum(np.size(x) for x in tree_leaves(of["xs"])) for of, _ in failing]
    smallest, truth = failing[min(range(len(failing)), key=lambda i: (sizes[i] < 2, sizes[i]))]  # one says little
    if not fails(case, smallest, truth):
        return {
            **result,
            "diagnosis": "numbers are right where arrays lie in order: see the law or the layout",
        }
    verdict, diagnosis = diagnosed(case, smallest, truth)
    diagnosis = f"on {described(smallest)}: {diagnosis}"
    alike = all(fails(case, *of) and diagnosed(case, *of)[0] == verdict for of in failing[:8])
    verdict = verdict if alike and result["verdict"] == WRONG else result["verdict"]
    return {**result, "diagnosis": diagnosis, "reproducer": reproducer(case, smallest, truth), "verdict": verdict}


def failed(rule: str, verdict: str, *findings: str) -> Result:
    """A verdict before anything was judged."""
    return {
        "rule": rule, "cases": 0, "left_out": 0, "worst": 0.0, "witnesses": {}, "conventions": [],
        "verdict": verdict, "findings": list(findings), "ratios": [], "diagnosis": "", "reproducer": "",
    }  # fmt: skip
