"""A backend behind the line protocol, case by case: its answers are held against the corpus as those of any other."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from oracle.conformance import frozen
from oracle.conformance.adapter import DTYPES, Backend
from oracle.conformance.case import State, judge, state
from oracle.conformance.record import CRASH, ERROR, TIMEOUT, UNSUPPORTED, Record, record
from oracle.conformance.sweep import Head
from oracle.process import CRASHED, OK, TIMED_OUT, Adapter, Outcome, adapter
from oracle.protocol import ran_all
from oracle.vectors.vector import Vector

WORDS = {"unsupported": UNSUPPORTED, "error": ERROR, CRASHED: CRASH, TIMED_OUT: TIMEOUT}
"""The words of a report for those of the protocol."""


def commanded(command: str, heads: Sequence[Head], limit: float) -> Iterator[Record]:
    """The record of each case, by the process that a command starts.

    Errors  ValueError when the command cannot be run, or does not answer hello.
    """
    with adapter(command, timeout=limit) as process:
        of = state(backend_of(process, command))
        for rule, group in groupby(heads, key=lambda head: head["rule"]):
            wanted = {head["id"] for head in group}
            vectors = [vector for vector in frozen.vectors(rule) if vector["id"] in wanted]
            for vector, outcome in zip(vectors, ran_all(process, vectors), strict=True):
                yield judged_outcome(vector, outcome, of)


def backend_of(process: Adapter, command: str) -> Backend:
    """What a process said of itself; each case will bring its own answer."""
    said: Mapping[str, Any] = process["capabilities"]
    who = {"name": str(said.get("name", command)), "version": str(said.get("version", "")), "device": "cpu"}
    return {
        "call": lambda *_asked: (None, ()), "own": {}, "rules": frozenset(frozen.manifest()["rules"]),
        "dtypes": DTYPES, "accumulator": "", "who": {**who, "device": str(said.get("device", "cpu"))},
    }  # fmt: skip


def judged_outcome(vector: Vector, outcome: Outcome, of: State) -> Record:
    """The record of a case that was answered, or why it was not."""
    if outcome["status"] != OK:
        said = f"{outcome['reason']}; it says: {outcome['stderr']}" if outcome["stderr"] else outcome["reason"]
        return record(vector, of["backend"]["who"], WORDS[outcome["status"]], said)
    answer: Backend = {**of["backend"], "call": lambda *_asked: (outcome["value"], outcome["cotangents"])}
    return judge(vector, {**of, "backend": answer})
