"""Judge a row on seeded arguments: every structure in float64 and float32, away from kinks and on them."""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, TypedDict

import numpy as np

from oracle.domain import Case
from oracle.draw import LAYOUTS, Arguments, draw_kinks, draw_numbers, draw_structure, relaid
from oracle.verdict import judge
from purevjp.tree import tree_map

Result = TypedDict("Result", {"rule": str, "cases": int, "worst": float, "verdict": str, "findings": list[str]})

DTYPES = (np.float64, np.float32)


def seeded_arguments(case: Case, seed: int, examples: int) -> Iterator[tuple[Arguments, bool]]:
    """Arguments for a row, and whether they are away from its kinks; the same for the same seed."""
    rng = np.random.default_rng([seed, zlib.crc32(case["rule"].__name__.encode())])

    def choose(options: Sequence[Any]) -> Any:
        return options[int(rng.integers(len(options)))]

    for _ in range(examples):
        shapes, static = draw_structure(case, choose)
        for dtype in DTYPES:
            yield relaid(draw_numbers(case, shapes, static, rng, dtype=dtype), choose(LAYOUTS)), True
            if case["kink"] is not None:
                yield relaid(draw_kinks(case, shapes, static, rng, dtype=dtype), choose(LAYOUTS)), False


def verify(case: Case, *, seed: int = 0, examples: int = 12) -> Result:
    """The verdict on a row over its seeded arguments, with what was found where."""
    cases, worst, findings = 0, 0.0, []
    for arguments, smooth in seeded_arguments(case, seed, examples):
        ratio, found = judge(case, arguments, smooth=smooth)
        cases, worst = cases + 1, max(worst, ratio)
        findings += [f"{finding}; {described(arguments)}" for finding in found]
    verdict = "wrong" if findings else "agree"
    return {"rule": case["rule"].__name__, "cases": cases, "worst": worst, "verdict": verdict, "findings": findings}


def described(arguments: Arguments) -> str:
    """Shapes, dtype and static arguments of a case in one line."""
    shapes = ", ".join(str(tree_map(np.shape, x)) for x in arguments["xs"])
    static = "".join(
        f", {key}={np.asarray(v).tolist() if isinstance(v, np.ndarray) else v!r}"
        for key, v in arguments["static"].items()
    )
    return f"{arguments['u'].dtype} of shapes {shapes}{static}"
