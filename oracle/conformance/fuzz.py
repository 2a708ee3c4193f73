"""More cases than the corpus has: Hypothesis draws them, JAX and purevjp give the truth together, and it shrinks.

A case counts only where the two agree, within the error scale.
"""

import math
import time
from collections.abc import Sequence
from typing import Any, TypedDict

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, assume, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, Unsatisfiable

from oracle.catalogue import CATALOGUE
from oracle.conformance.record import CRASH, FAILING, JUDGED, TIMEOUT, Record
from oracle.conformance.session import Session, judged
from oracle.plan import judged_group
from oracle.strategies import arguments
from oracle.vectors.make import part_of, vector_of
from oracle.vectors.natural import as_asked
from oracle.vectors.vector import Vector
from oracle.verdict import AGREE, held_against

Found = TypedDict("Found", {"rule": str, "cases": int, "worst": float, "failure": tuple[Vector, Record] | None})
"""How many cases of a rule were judged, the worst error of those that are right, and the smallest that is not."""


def fuzzed(
    of: Session, rule: str, *, dtypes: Sequence[Any], examples: int, seed: int, seconds: float = math.inf
) -> Found:
    """The smallest failure of a rule that so many examples lead to, in so many seconds."""
    case = CATALOGUE[rule]
    found: Found = {"rule": rule, "cases": 0, "worst": 0.0, "failure": None}
    lost: list[Record] = []
    end = time.monotonic() + seconds

    @hypothesis.seed(seed)
    @settings(
        max_examples=examples, deadline=None, database=None, verbosity=Verbosity.quiet,
        phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        if lost or time.monotonic() > end:
            return  # no time is left; a crash or a timeout is not made smaller, for each try costs a process
        drawn = data.draw(arguments(case, dtypes=dtypes))
        group = judged_group(case, "shapes", [drawn], [drawn["u"].dtype])
        assume(group["arguments"])
        assume(held_against(case, [drawn], group["truth"], group["scale"])[0]["verdict"] == AGREE)
        truth, scale = part_of(group["truth"], 0), part_of(group["scale"], 0)
        vector = as_asked(case, vector_of(case, drawn, truth, scale, None, exact=False))
        vector = {**vector, "id": f"{rule}/fuzz/{seed}/{vector['dtype']}", "note": "drawn"}
        (line,) = judged(of, [vector])
        found["cases"] += line["verdict"] in JUDGED
        if line["verdict"] not in FAILING:
            found["worst"] = max(found["worst"], line["ratio"] or 0.0)
            return
        found["failure"] = vector, line
        lost.extend([line] if line["verdict"] in {CRASH, TIMEOUT} else [])
        raise AssertionError(line["findings"])

    try:
        holds()
    except (AssertionError, Flaky, Unsatisfiable):
        return found
    return found
