"""The verdict on a row: every group of its plan by every witness, and every listed point."""

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from oracle.diagnosis import diagnosed
from oracle.domain import Case
from oracle.draw import Arguments
from oracle.judge import judge, judge_point, passes
from oracle.plan import DTYPES, described, plan
from oracle.reproducer import fails, reproducer
from oracle.verdict import NOT_JUDGED, WRONG, worst_of
from purevjp.tree import tree_leaves

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


def verify(case: Case, *, seed: int = 0, examples: int = 12, dtypes: Sequence[Any] = DTYPES) -> Result:
    """The verdict on a row over its plan, the witnesses that agreed, and what was found where."""
    result = failed(case["name"], NOT_JUDGED)
    verdicts, elements = [], 0
    failing: list[Arguments] = []
    try:
        for group in plan(case, seed=seed, examples=examples, dtypes=dtypes):
            judged = judge(case, group)
            result["cases"] += len(judged)
            result["left_out"] += group["left_out"]
            result["findings"] += group["findings"]
            verdicts += [WRONG] * bool(group["findings"])
            for arguments, each in zip(group["arguments"], judged, strict=True):
                verdicts.append(each["verdict"])
                result["ratios"].append(each["ratio"])
                elements += arguments["u"].size
                if not passes(each):
                    failing.append(arguments)
                    result["findings"] += [f"{finding}; {described(arguments)}" for finding in each["findings"]]
            for witness, n in group["witnesses"].items():
                result["witnesses"][witness] = result["witnesses"].get(witness, 0) + n
    except NotImplementedError as error:
        return {**result, "findings": [str(error)]}
    for point in case["points"]:
        for dtype in dtypes:
            judged_point = judge_point(case, point, dtype)
            verdicts.append(judged_point["verdict"])
            result["cases"] += 1
            if not passes(judged_point):
                result["findings"] += judged_point["findings"]
        result["conventions"].append(f"{point['at']}: {point['policy']}")
    result["worst"] = max(result["ratios"], default=0.0)
    if not elements:
        return {**result, "findings": ["no element was drawn to be judged"]}
    result["verdict"] = worst_of(verdicts)
    if failing:
        sizes = [sum(np.size(x) for x in tree_leaves(of["xs"])) for of in failing]
        smallest = failing[min(range(len(failing)), key=lambda i: (sizes[i] < 2, sizes[i]))]  # one says little
        verdict, result["diagnosis"] = diagnosed(case, smallest)
        if fails(case, smallest):
            result["reproducer"] = reproducer(case, smallest)
            result["verdict"] = verdict if all(diagnosed(case, of)[0] == verdict for of in failing[:8]) else WRONG
    return result


def failed(rule: str, verdict: str, *findings: str) -> Result:
    """A verdict before anything was judged."""
    return {
        "rule": rule, "cases": 0, "left_out": 0, "worst": 0.0, "witnesses": {}, "conventions": [],
        "verdict": verdict, "findings": list(findings), "ratios": [], "diagnosis": "", "reproducer": "",
    }  # fmt: skip
