"""The judge is mutated, too: with a spoiled comparison it gives wrong answers to this table, so that it is seen."""

import re
from pathlib import Path

import numpy as np
import pytest

from oracle import verdict

SOURCE = Path(verdict.__file__).read_text(encoding="utf-8")
TABLE = [
    # got, truth, scale, whether it is flagged
    (1.0, 1.0, 0.0, False),
    (1.0 + 7e-3, 1.0, 1e-3, False),
    (1.0 - 7e-3, 1.0, 1e-3, False),
    (1.0 + 9e-3, 1.0, 1e-3, True),
    (1.0 - 9e-3, 1.0, 1e-3, True),
    (1e-300, 0.0, 0.0, True),
    (np.nan, 1.0, 1e-3, True),
    (np.inf, 1.0, 1e-3, True),
    (-np.inf, 1.0, 1e-3, True),
    (np.nan, np.nan, 1e-3, True),
    (1.0, 1.0, np.nan, True),
    (1.0, 1.0, np.inf, True),
]
MUTATIONS = {
    "comparison flipped": (r"worst\[i\] <= FACTOR", "worst[i] >= FACTOR"),
    "abs dropped": (
        r"np\.abs\(np\.subtract\(got, truth, dtype=np\.float64\)\)",
        "np.subtract(got, truth, dtype=np.float64)",
    ),
    "nan taken for equal": (
        r"np\.where\(np\.isnan\(ratios\), np\.inf, ratios\)",
        "np.where(np.isnan(ratios), 0, ratios)",
    ),
    "truth not looked at": (r"finite\[i\] and worst\[i\]", "worst[i]"),
    "factor of a thousand": (r"\nFACTOR = 8\n", "\nFACTOR = 8000\n"),
    "only the value is judged": (r"np\.maximum\(worst\[rows\], ratios", "np.maximum(worst[rows], 0 * ratios"),
    "mean for the worst": (r"\.max\(axis=1, initial=0\)\)", ".mean(axis=1))"),
}


def answers(namespace):
    """Whether each row of the table is judged as it should be, alone and among right elements."""
    for got, truth, scale, flagged in TABLE:
        results = np.array([1.0] * 50 + [got])
        case = {"rule": lambda _x, results=results: (np.zeros(51), lambda _u: (results,))}
        arguments = {"xs": (np.ones(51),), "static": {}, "u": np.ones(51)}
        stacks = [np.array([[of] * 50 + [last]]) for of, last in ((1.0, truth), (1.0, scale))]
        value = np.zeros((1, 51))
        with np.errstate(all="ignore"):
            (judged,) = namespace["held_against"](case, [arguments], (value, stacks[0]), (value, stacks[1]))
        yield (judged["verdict"] != "agree") == flagged


def executed(source):
    namespace = {"__name__": "spoiled"}
    exec(compile(source, "verdict.py", "exec"), namespace)  # noqa: S102 (our own source)
    return namespace


def test_the_judge_answers_as_the_table_says():
    assert all(answers(executed(SOURCE)))


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_spoiled_judge_does_not(mutation):
    pattern, spoiled = MUTATIONS[mutation]
    source, n = re.subn(pattern, spoiled, SOURCE)
    assert n == 1, f"{pattern!r} should be found once in verdict.py"
    assert not all(answers(executed(source))), f"with the {mutation}, the table should see a wrong answer"
