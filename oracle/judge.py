"""All witnesses on one group of arguments, and on the listed points of a row."""

from typing import Any

import numpy as np

from oracle import difference, laws
from oracle.acceptance import Point, accepted
from oracle.domain import Case
from oracle.draw import Arguments, relaid
from oracle.layout import LAYOUTS
from oracle.plan import Group
from oracle.verdict import AGREE, ERROR, PASSING, WRONG, Judgement, held_against, judgement, results
from purevjp.tree import tree_leaves, tree_map


def judge(case: Case, group: Group) -> list[Judgement]:
    """Hold every set of arguments against its truth, and the first of each dtype against everything else."""
    judged = held_against(case, group["arguments"], group["truth"], group["scale"])
    if group["sweep"] in {"shapes", "kinks"}:
        dtypes = [each["u"].dtype for each in group["arguments"]]
        for i in sorted({dtypes.index(dtype) for dtype in dtypes}):
            if judged[i]["verdict"] == AGREE and (findings := closer(case, group, i)):
                judged[i] = judgement(WRONG, judged[i]["ratio"], findings)
    return judged


def closer(case: Case, group: Group, i: int) -> list[str]:
    """What layouts, laws and differences find on one set of arguments."""
    arguments = group["arguments"][i]
    truth, scale = (tree_map(lambda leaf: leaf[[i]], of) for of in (group["truth"], group["scale"]))
    for layout in LAYOUTS:
        (judged,) = held_against(case, [relaid(arguments, layout)], truth, scale)
        if judged["findings"]:
            return [f"{finding}, in the layout {layout}" for finding in judged["findings"]]
    scales = [leaf[0] for leaf in tree_leaves(scale)[1:]]
    findings = laws.findings(case, arguments, scales)
    count(group, "laws", not findings)
    if not findings and arguments["u"].dtype == np.float64:
        analytic = case["analytic"] and group["sweep"] == "shapes"
        for how in {False, analytic}:
            found, kinks = difference.compared(case["rule"], arguments, analytic=how, scales=scales)
            findings += found
            count(group, "complex step" if how else "differences", not found and not kinks)
            count(group, "kinks", kinks)
    return findings


def count(group: Group, witness: str, n: Any) -> None:
    """Add to the number of cases in which a witness agreed."""
    group["witnesses"][witness] = group["witnesses"].get(witness, 0) + int(n)


def judge_point(case: Case, point: Point, dtype: Any) -> Judgement:
    """Hold a rule against what is accepted at a listed point: `agree` for purevjp's own choice."""
    xs, u = tree_map(lambda x: np.asarray(x, dtype), (point["xs"], point["u"]))
    arguments: Arguments = {"xs": xs, "static": point["static"], "u": u}
    with np.errstate(all="ignore"):
        leaves, findings = results(case, arguments)
    if findings:
        return judgement(ERROR if findings[0].startswith("raised") else WRONG, np.inf, findings)
    return accepted(point, leaves[0], leaves[1:], u)


def passes(judged: Judgement) -> bool:
    """Whether a judgement is one that a right rule may get."""
    return judged["verdict"] in PASSING
