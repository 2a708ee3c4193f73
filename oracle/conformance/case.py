"""One case judged: asked, held against its truth, probed, explained."""

from collections.abc import Sequence
from typing import Any, TypedDict

from oracle.conformance.adapter import Backend
from oracle.conformance.explain import counted, explained, fits_accumulator, is_imprecise, matches
from oracle.conformance.observe import RAISED, Answer, answer, probed, pullback_findings
from oracle.conformance.record import AGREE, ERROR, IMPRECISE, UNSUPPORTED, WORDS, WRONG, Record, record
from oracle.laws import refusals
from oracle.vectors.hold import judged
from oracle.vectors.vector import Vector
from purevjp.aliases import Array
from purevjp.tree import tree_leaves

DIAGNOSED = 12
"""So many failures of a rule in a dtype are compared with its mutants, which takes a hundred times as long as a case."""

NARROW = {"half precision"}
"""Mutants that are the right formula in narrower numbers."""

CALLED_AGAIN = 2
"""The pullback of so many cases of a rule in a dtype is called more than once."""

State = TypedDict("State", {"backend": Backend, "strict": bool, "diagnosed": dict[Any, int], "again": dict[Any, int]})
"""What a worker remembers from case to case: how often it has looked closer."""


def state(backend: Backend, *, strict: bool = False) -> State:
    """Nothing judged yet."""
    return {"backend": backend, "strict": strict, "diagnosed": {}, "again": {}}


def judge(vector: Vector, of: State) -> Record:
    """The record of a case."""
    backend, name, who = of["backend"], vector["rule"], of["backend"]["who"]
    if name not in backend["rules"]:
        return record(vector, who, UNSUPPORTED, "the backend does not have this rule")
    if vector["dtype"] not in backend["dtypes"]:
        return record(vector, who, UNSUPPORTED, f"the backend does not have {vector['dtype']}")

    def ask(xs: Any, static: Any, u: Any) -> tuple[Any, Any]:
        return backend["call"](name, xs, static, u)

    try:
        got = answer(ask, vector["xs"], vector["static"], vector["u"])
    except NotImplementedError as error:
        return record(vector, who, UNSUPPORTED, str(error) or "the backend does not have this")
    if got["findings"]:
        return failed(vector, of, got, WRONG, None, got["findings"])
    held = judged(vector, got["leaves"][0], tuple(got["leaves"][1:]))
    word = WORDS[held["verdict"]]
    if word in {WRONG, IMPRECISE}:
        if vector["accepts"] is None and fits_accumulator(got["leaves"], vector, backend["accumulator"]):
            return record(vector, who, AGREE, ratio=held["ratio"], seconds=got["seconds"])
        return failed(vector, of, got, word, held["ratio"], held["findings"])
    if vector["accepts"] is None and (found := closer(ask, vector, got["leaves"], of)):
        return failed(vector, of, {**got, "findings": found}, WRONG, held["ratio"], found, probe=True)
    return record(vector, who, word, *held["findings"], ratio=held["ratio"], seconds=got["seconds"])


def closer(ask: Any, vector: Vector, leaves: Sequence[Array], of: State) -> list[str]:
    """What is found when a right answer is asked for more than once."""

    def holds(others: Sequence[Array]) -> list[str]:
        findings: list[str] = judged(vector, others[0], tuple(others[1:]))["findings"]
        return findings

    found = probed(ask, vector, leaves, holds)
    own = of["backend"]["own"].get(vector["rule"])
    if found or own is None or not vector["u"].size or not counts(of["again"], vector, CALLED_AGAIN):
        return found
    found = pullback_findings(own, vector)
    if not found and of["strict"]:
        arguments: Any = {"xs": vector["xs"], "static": vector["static"], "u": vector["u"]}
        found = refusals(own, arguments)
    return found


def counts(of: dict[Any, int], vector: Vector, limit: int) -> bool:
    """Whether a rule in a dtype has had fewer than so many; one more now."""
    key = vector["rule"], vector["dtype"]
    of[key] = of.get(key, 0) + 1
    return of[key] <= limit


def failed(
    vector: Vector,
    of: State,
    got: Answer,
    word: str,
    ratio: float | None,
    findings: Sequence[str],
    *,
    probe: bool = False,
) -> Record:
    """The record of a failure, with its diagnosis."""
    if findings[0].startswith(RAISED):
        word = ERROR
    numbers = not got["findings"] and vector["accepts"] is None
    how = explained(got["leaves"], vector) if numbers else []
    names: list[str] = []
    if (numbers or got["findings"]) and counts(of["diagnosed"], vector, DIAGNOSED):
        own = of["backend"]["own"].get(vector["rule"])
        names = matches(got, vector, own=own, probe=probe)
    if word == WRONG and numbers and not how and not set(names) - NARROW and is_imprecise(got["leaves"], vector):
        word = IMPRECISE
    said = [f"matches mutant `{vector['rule']}.{name}`" for name in names[:2]] + how
    if not said and numbers:
        said = (
            ["as accurate as narrower numbers or sums"] if word == IMPRECISE else counted(got["leaves"], vector)
        )
    return record(
        vector, of["backend"]["who"], word, *findings,
        ratio=ratio, diagnosis="; ".join(said), matches=names, seconds=got["seconds"],
    )  # fmt: skip


def elements(vector: Vector) -> int:
    """How many numbers a case has."""
    return sum(int(x.size) for x in tree_leaves((vector["xs"], vector["u"])))
