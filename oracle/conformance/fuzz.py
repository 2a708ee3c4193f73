"""More cases than the corpus has: Hypothesis draws their structure, the referee or JAX gives the truth.

A case counts only where purevjp agrees, within the error scale. A failure is made small: Hypothesis looks for the
simplest structure in which the numbers of the first failure fail in the same way, then these are made rounder.
"""

import datetime as dt
import functools
import math
import time
import zlib
from collections.abc import Sequence
from typing import Any, TypeAlias, TypedDict

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, Unsatisfiable

from oracle.catalogue import CATALOGUE
from oracle.conformance.drawn import DTYPES, Drawn, filled, is_ordinary, refilled, sure
from oracle.conformance.known import Known, explains
from oracle.conformance.record import CRASH, FAILING, JUDGED, TIMEOUT, Record
from oracle.conformance.session import Session, judged
from oracle.conformance.smaller import kind_of, simplified, size_of
from oracle.domain import Case
from oracle.draw import Arguments, draw_structure
from oracle.plan import flat_shapes
from oracle.strategies import structures
from oracle.vectors.vector import Vector
from purevjp.tree import tree_leaves, tree_map

FILLS, REFILLS = 4, 24
"""A structure is filled with numbers so often: while a failure is looked for, and while it is made small."""

DRAWN, NARROWEST = 500, 12
"""So many structures are drawn for so many to be tried that have the fewest numbers."""

SMALLER = 30.0
"""Seconds that go into making a failure small, at most."""

Found = TypedDict(
    "Found",
    {
        "rule": str,
        "cases": int,
        "worst": float,
        "known": list[tuple[Known, Record]],
        "failure": tuple[Vector, Record] | None,
    },
)
"""How many different cases of a rule were drawn and judged, the worst error of those that are right, the failures that
are known and by which entry, and the smallest failure that is not, with the diagnosis of the first: zeros would make
many mutants fit it."""

Failure: TypeAlias = tuple[Drawn, Record]
Search = TypedDict(
    "Search",
    {
        "session": Session,
        "case": Case,
        "examples": int,
        "seed": int,
        "end": float,
        "entries": Sequence[Known],
        "today": dt.date,
        "drawn": set[bytes],
        "smallest": Failure | None,
        "diagnosis": str,
        "found": Found,
    },
)
"""What is looked for, and what has been found so far."""


def fuzzed(
    of: Session,
    rule: str,
    *,
    dtypes: Sequence[str],
    examples: int,
    seed: int,
    seconds: float = math.inf,
    entries: Sequence[Known] = (),
) -> Found:
    """The smallest failure of a rule that so many cases lead to, in so many seconds, and that no entry explains."""
    case = CATALOGUE[rule]
    search: Search = {
        "session": of, "case": case, "examples": examples, "seed": seed, "end": time.monotonic() + seconds,
        "entries": entries, "today": dt.datetime.now(tz=dt.UTC).date(),
        "drawn": set(), "smallest": None, "diagnosis": "",
        "found": {"rule": rule, "cases": 0, "worst": 0.0, "known": [], "failure": None},
    }  # fmt: skip

    @hypothesis.seed(seed)
    @settings(
        max_examples=examples, deadline=None, database=None, verbosity=Verbosity.quiet,
        phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(structures(case), st.sampled_from(dtypes), st.integers(0, 2**32 - 1))
    def holds(structure: Any, dtype: str, number: int) -> None:
        if is_over(search):
            raise AssertionError  # which ends it
        if search["smallest"] is None:
            failures = searched(search, structure, dtype, number)
            search["end"] = end_after(failures, search["end"])
            search["diagnosis"] = failures[0][1]["diagnosis"] if failures else ""
        else:
            failures = again(search, search["smallest"], structure)
        if failures:
            known = [] if search["smallest"] is None else [search["smallest"]]
            search["smallest"] = min([*known, *failures], key=lambda each: size_of(each[0]))
            raise AssertionError

    try:
        holds()
    except (AssertionError, Flaky, Unsatisfiable) as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # an interruption before Hypothesis has begun
            raise error.__context__ from None
    found, smallest = search["found"], search["smallest"]
    if smallest is not None:
        smallest = narrowest(search, smallest)
        drawn, line = simplified(case, smallest, functools.partial(failing, search, smallest))
        found["failure"] = drawn["vector"], {**line, "diagnosis": search["diagnosis"]}
    return found


def is_over(of: Search) -> bool:
    """Whether there is no time left, or as many cases were drawn as were asked for."""
    return time.monotonic() > of["end"] or (len(of["drawn"]) >= of["examples"] and of["smallest"] is None)


def end_after(failures: Sequence[Failure], end: float) -> float:
    """When a search ends that has found something: at once after a crash, for each try would cost a process."""
    if any(line["verdict"] in {CRASH, TIMEOUT} for _, line in failures):
        return -math.inf
    return min(end, time.monotonic() + SMALLER) if failures else end


def searched(of: Search, structure: Any, dtype: str, number: int) -> list[Failure]:
    """What fails in a structure, and is not known."""
    case, found, drawn = of["case"], of["found"], of["drawn"]
    candidates = filled(case, structure, DTYPES[dtype], seeded(of["seed"], number, structure), FILLS)
    new = {key: each for each in candidates if (key := key_of(each, dtype)) not in drawn}
    asked = dict(list(new.items())[: of["examples"] - len(drawn)])
    drawn.update(asked)
    failures = []
    for each in judgements(of, list(asked.values()), dtype, f"{of['seed']}.{len(drawn)}"):
        line, entry = each[1], explained(of, each)
        found["cases"] += line["verdict"] in JUDGED
        if line["verdict"] not in FAILING:
            found["worst"] = max(found["worst"], line["ratio"] or 0.0)
        elif entry is not None:
            found["known"].append((entry, line))
        else:
            failures.append(each)
    return failures


def again(of: Search, smallest: Failure, structure: Any) -> list[Failure]:
    """What fails in another structure with the numbers of the smallest failure; itself, if it is its own."""
    first = smallest[0]["arguments"]
    if repr(structure) == repr(structure_of(first)):
        return [smallest]
    if elements(structure) > elements(structure_of(first)):
        return []
    return failing(of, smallest, refilled(of["case"], structure, first, seeded(of["seed"], 0, structure), REFILLS))


def narrowest(of: Search, smallest: Failure) -> Failure:
    """What fails in one of the narrowest structures there are: Hypothesis takes a side of 2 to be simpler than 1.

    Those with as many axes and the same options come first, and then all.
    """
    own, rng = structure_of(smallest[0]["arguments"]), seeded(of["seed"], 0, "narrowest")
    drawn = [draw_structure(of["case"], lambda options: options[int(rng.integers(len(options)))]) for _ in range(DRAWN)]
    narrow = {repr(each): each for each in drawn if 0 < elements(each) < elements(own)}
    ordered = sorted(narrow, key=lambda key: (elements(narrow[key]), len(key)))
    like_it = [key for key in ordered if form_of(narrow[key]) == form_of(own)]
    for key in dict.fromkeys([*like_it[:NARROWEST], *ordered[:NARROWEST]]):
        if failures := again(of, smallest, narrow[key]):
            return min(failures, key=lambda each: size_of(each[0]))
    return smallest


def failing(of: Search, smallest: Failure, candidates: Sequence[Arguments]) -> list[Failure]:
    """What fails as the smallest failure does."""
    if not candidates or time.monotonic() > of["end"]:
        return []
    vector, kind = smallest[0]["vector"], kind_of(smallest[1])
    judged_now = judgements(of, candidates, vector["dtype"], vector["id"].split("/")[2])
    return [each for each in judged_now if kind_of(each[1]) == kind and explained(of, each) is None]


def judgements(of: Search, candidates: Sequence[Arguments], dtype: str, name: str) -> list[Failure]:
    """The records of those arguments of one structure that can be judged."""
    drawn = sure(of["case"], candidates, DTYPES[dtype], name)
    lines = judged(of["session"], [each["vector"] for each in drawn], afresh=True)
    return list(zip(drawn, lines, strict=True))


def explained(of: Search, each: Failure) -> Known | None:
    """The entry that explains a failure."""
    drawn, line = each
    return explains(of["entries"], line, of["today"], ordinary=is_ordinary(of["case"], drawn["arguments"]))


def seeded(seed: int, number: int, structure: Any) -> np.random.Generator:
    """The generator of a structure."""
    return np.random.default_rng([seed, number, zlib.crc32(repr(structure).encode())])


def structure_of(arguments: Arguments) -> tuple[Any, dict[str, Any]]:
    """The shapes of arguments, in their trees, and their options."""
    return tuple(tree_map(np.shape, x) for x in arguments["xs"]), dict(arguments["static"])


def elements(structure: Any) -> int:
    """How many numbers the arrays of a structure have."""
    return sum(math.prod(shape) for shape in flat_shapes(structure[0]))


def form_of(structure: Any) -> tuple[list[int], str]:
    """The axes of a structure's arrays, and its options."""
    return list(map(len, flat_shapes(structure[0]))), repr(structure[1])


def key_of(arguments: Arguments, dtype: str) -> bytes:
    """What makes a case another one: its numbers, shapes, options and dtype."""
    leaves = tree_leaves((arguments["xs"], arguments["u"]))
    what = dtype, [np.shape(x) for x in leaves], arguments["static"]
    return repr(what).encode() + b"".join(np.asarray(x, np.float64).tobytes() for x in leaves)
