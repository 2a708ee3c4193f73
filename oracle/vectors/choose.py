"""Which vectors are frozen: the fewest bytes that catch each wrong rule twice, and a few more of other kinds."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypedDict

import numpy as np

from oracle.domain import Case
from oracle.mutant import MUTANTS
from oracle.plan import VALUES
from oracle.vectors.make import (
    Candidate,
    candidates,
    half_candidates,
    passes_itself,
    point_vector,
    routes,
    usual_candidates,
)
from oracle.vectors.prove import DTYPE, SURVIVED, kill_table, proved
from oracle.vectors.vector import Vector
from purevjp.tree import tree_leaves

TWICE = 2
"""A mutant is to be caught by so many vectors, or by one that is exact."""

OF_TENSOR, OF_VECTOR, OF_OUTPUT = 100, 300, 16
"""Bytes that stand in headers for an array and for a vector, and that truth and scale take per element."""

EFFORT = (6, 12, 30)
"""So many structures are drawn."""

SWEEPS = {"shapes": 6, "values": 6, "integers": 2}
"""At least so many vectors are of each sweep, if there are."""

MOST_BYTES = 60_000
"""No vector takes more."""

TWINS, PER_HALF = 6, 3
"""So many vectors are in float64 also; and so many of each half."""

NAMED = 3
"""A note names so many of the mutants that a vector was chosen for."""

Picked = TypedDict("Picked", {"candidate": Candidate, "note": str, "witnesses": tuple[str, ...]})


def chosen(case: Case, kept: Sequence[Vector] = (), effort: Sequence[int] = EFFORT) -> list[Vector]:
    """The vectors of a row: those that are `kept`, and what it takes to catch its mutants, with ids and notes.

    What can be caught by usual arguments is, for the sake of backends that have no other options.

    Where nothing is kept, also its points, some vectors in float64 and in halves, and an extreme one. While mutants
    survive, more structures are drawn.
    """
    for examples in effort:
        vectors = of_plan(case, kept, examples)
        if SURVIVED not in proved(case, vectors).values():
            break
    return vectors


def of_plan(case: Case, kept: Sequence[Vector], examples: int) -> list[Vector]:
    """The same, of so many structures."""
    vectors = list(kept) or of_points(case)
    usual, drawn = unique(usual_candidates(case)), unique(candidates(case, examples=examples))
    picked = covering(case, kept, in_singles(usual))
    new = [each["candidate"]["vector"] for each in picked]
    singles = in_singles(drawn)
    picked += covering(case, [*vectors, *new], singles)
    if not kept:
        drawn = [*usual, *drawn]
        picked += filling(case, picked, singles)
        picked += others(case, picked, drawn)
        for half in ("float16", "bfloat16"):
            halves = (each for each in half_candidates(case) if each["vector"]["dtype"] == half)
            published = (publishable(case, each, f"sums in float32, results in {half}") for each in halves)
            picked += itertools.islice(filter(None, published), PER_HALF)
    return [*vectors, *numbered(case, vectors, picked)]


def unique(drawn: Iterable[Candidate]) -> list[Candidate]:
    """Without those that are there already."""
    return list({(each["sweep"], each["key"], each["vector"]["dtype"]): each for each in drawn}.values())


def in_singles(drawn: Sequence[Candidate]) -> list[Candidate]:
    """Those in float32 that are not large."""
    return [each for each in drawn if each["vector"]["dtype"] == DTYPE and size_of(each) <= MOST_BYTES]


def of_points(case: Case) -> list[Vector]:
    """The vectors of the listed points."""
    vectors: list[Vector] = []
    for i, point in enumerate(case["points"]):
        for dtype in (np.float64, np.float32):
            vector = point_vector(case, point, dtype)
            vectors.append({**vector, "id": f"{case['name']}/point/{i}/{vector['dtype']}"})
    return vectors


def publishable(case: Case, candidate: Candidate, note: str) -> Picked | None:
    """A candidate, if two routes give its truth and purevjp's own answer agrees."""
    witnesses = routes(case, candidate)
    if len(witnesses) < TWICE or not passes_itself(case, candidate["vector"]):
        return None
    return {"candidate": candidate, "note": note, "witnesses": witnesses}


def size_of(candidate: Candidate) -> int:
    """About how many bytes a vector takes."""
    primals = tree_leaves((candidate["vector"]["xs"], candidate["vector"]["u"]))
    sizes: list[int] = [3 * OF_TENSOR + (x.itemsize + OF_OUTPUT) * x.size for x in primals]
    return OF_VECTOR + sum(sizes)


def covering(case: Case, kept: Sequence[Vector], singles: Sequence[Candidate]) -> list[Picked]:
    """Few candidates that, with what is kept, catch each mutant twice where any do; the best for its bytes first."""
    kept = [vector for vector in kept if vector["dtype"] == DTYPE]
    of_kept = dict(kill_table(case, kept))
    hits = dict(kill_table(case, [each["vector"] for each in singles]))
    worth = [TWICE if each["vector"]["exact"] else 1 for each in singles]
    need = {
        name: TWICE - sum(TWICE if v["exact"] else 1 for v, hit in zip(kept, of_kept[name], strict=True) if hit)
        for name in hits
    }
    picked: list[Picked] = []
    left = set(range(len(singles)))

    def gain(i: int) -> int:
        return sum(max(0, min(need[name], worth[i])) for name in hits if hits[name][i])

    while left:
        best = max(left, key=lambda i: (gain(i) / size_of(singles[i]), -i))
        if not gain(best):
            break
        left.remove(best)
        caught = [name for name in hits if hits[name][best] and need[name] > 0]
        new = publishable(case, singles[best], noted(caught))
        if new is not None:
            picked.append(new)
            for name in caught:
                need[name] -= worth[best]
    return picked


def noted(caught: Sequence[str]) -> str:
    """Some of the mutants that a vector was chosen for; those of its own rule before those that every rule has."""
    ordered = sorted(caught, key=lambda name: name in MUTANTS)
    more = len(ordered) - NAMED
    return f"catches: {'; '.join(ordered[:NAMED])}" + (f"; and {more} more" if more > 0 else "")


def filling(case: Case, picked: Sequence[Picked], singles: Sequence[Candidate]) -> list[Picked]:
    """More candidates, until there are enough of each sweep, and one that is empty, if there are any."""
    more: list[Picked] = []
    keys = {each["candidate"]["key"] for each in picked}

    def add(wanted: Callable[[Candidate], bool], enough: int, note: str) -> None:
        have = sum(wanted(each["candidate"]) for each in (*picked, *more))
        fitting = spread([each for each in singles if wanted(each) and each["key"] not in keys])
        found = filter(None, (publishable(case, each, note) for each in fitting))
        for new in itertools.islice(found, max(0, enough - have)):
            more.append(new)
            keys.add(new["candidate"]["key"])

    for sweep, enough in SWEEPS.items():
        add(lambda each, sweep=sweep: each["sweep"] == sweep, enough, f"another of its {sweep}")  # type: ignore[misc]
    add(is_empty, 1, "a side of 0")
    return more


def spread(drawn: Sequence[Candidate]) -> list[Candidate]:
    """One of each regime first: a plan has so many of each, one after the other."""
    return [each for start in range(VALUES) for each in drawn[start::VALUES]]


def is_empty(candidate: Candidate) -> bool:
    """Whether there is an array without elements."""
    return any(x.size == 0 for x in tree_leaves(candidate["vector"]["xs"]))


def others(case: Case, picked: Sequence[Picked], drawn: Sequence[Candidate]) -> list[Picked]:
    """The same numbers in float64, exact ones in every dtype; and numbers that only float64 has."""
    keys = [each["candidate"]["key"] for each in picked]
    exact = {each["candidate"]["key"] for each in picked if each["candidate"]["vector"]["exact"]}
    of_singles = {each["key"] for each in drawn if each["vector"]["dtype"] == DTYPE}
    wanted = [each for each in drawn if each["vector"]["dtype"] != DTYPE]
    twins = [each for each in wanted if each["key"] in exact or each["key"] in keys[:TWINS]]
    found = [publishable(case, each, f"the same in {each['vector']['dtype']}") for each in twins]
    extreme = (each for each in wanted if each["sweep"] == "values" and each["key"] not in of_singles)
    found += itertools.islice(filter(None, (publishable(case, each, "extreme numbers") for each in extreme)), 1)
    return [each for each in found if each is not None]


def numbered(case: Case, kept: Sequence[Vector], picked: Sequence[Picked]) -> Iterator[Vector]:
    """What was picked, with ids: twins have one number, and numbers go on where those that are kept end."""
    free: dict[str, int] = {}
    for vector in kept:
        _, sweep, number, _ = vector["id"].split("/")
        free[sweep] = max(free.get(sweep, 0), int(number) + 1)
    numbers: dict[tuple[str, bytes], int] = {}
    for each in picked:
        sweep, key = each["candidate"]["sweep"], each["candidate"]["key"]
        if (sweep, key) not in numbers:
            numbers[sweep, key] = free.get(sweep, 0)
            free[sweep] = free.get(sweep, 0) + 1
        vector = each["candidate"]["vector"]
        name = f"{case['name']}/{sweep}/{numbers[sweep, key]:02}/{vector['dtype']}"
        yield {**vector, "id": name, "note": each["note"], "witnesses": each["witnesses"]}
