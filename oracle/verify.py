"""Judge a row on seeded arguments: every structure in float64 and float32, away from kinks and on them."""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, TypedDict

import numpy as np

from oracle.domain import Case, Choose
from oracle.draw import Arguments, draw_kinks, draw_numbers, draw_structure
from oracle.verdict import judge
from purevjp.tree import tree_leaves, tree_map

Result = TypedDict("Result", {"rule": str, "cases": int, "worst": float, "verdict": str, "findings": list[str]})

DTYPES = (np.float64, np.float32)


def seeded_arguments(case: Case, seed: int, examples: int) -> Iterator[tuple[Arguments, bool]]:
    """Arguments for a row, and whether they are away from its kinks; the same for the same seed."""
    rng = np.random.default_rng([seed, zlib.crc32(case["rule"].__name__.encode())])

    def choose(options: Sequence[Any]) -> Any:
        return options[int(rng.integers(len(options)))]

    for shapes, static in structures(case, choose, examples):
        for dtype in DTYPES:
            yield draw_numbers(case, shapes, static, rng, dtype=dtype), True
            if case["kink"] is not None:
                yield draw_kinks(case, shapes, static, rng, dtype=dtype), False


def structures(case: Case, choose: Choose, examples: int) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Shapes and static arguments; the first have elements, if any have."""
    drawn = [draw_structure(case, choose) for _ in range(100)]
    yield next((structure for structure in drawn if 0 not in tree_leaves(structure[0])), drawn[0])
    for _ in range(examples - 1):
        yield draw_structure(case, choose)


def verify(case: Case, *, seed: int = 0, examples: int = 16) -> Result:
    """The verdict on a row over its seeded arguments: agree, wrong or not judged, with what was found where."""
    cases, worst, elements, findings = 0, 0.0, 0, []
    try:
        for arguments, smooth in seeded_arguments(case, seed, examples):
            ratio, found = judge(case, arguments, smooth=smooth)
            cases, worst, elements = cases + 1, max(worst, ratio), elements + arguments["u"].size
            findings += [f"{finding}; {described(arguments)}" for finding in found]
        verdict = "wrong" if findings else "agree" if elements else "not judged"
        findings = findings or ([] if elements else ["no element was drawn to be judged"])
    except NotImplementedError as error:
        verdict, findings = "not judged", [str(error)]
    return {"rule": case["rule"].__name__, "cases": cases, "worst": worst, "verdict": verdict, "findings": findings}


def described(arguments: Arguments) -> str:
    """Shapes, dtype and static arguments of a case in one line."""
    shapes = ", ".join(str(tree_map(np.shape, x)) for x in arguments["xs"])
    static = "".join(
        f", {key}={np.asarray(v).tolist() if isinstance(v, np.ndarray) else v!r}"
        for key, v in arguments["static"].items()
    )
    return f"{arguments['u'].dtype} of shapes {shapes}{static}"
