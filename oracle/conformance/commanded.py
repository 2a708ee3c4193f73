"""A backend behind the line protocol: its answers are held against their truth as those of any other."""

from oracle.conformance import frozen
from oracle.conformance.adapter import DTYPES, Backend, dtypes_of
from oracle.conformance.case import State, judge
from oracle.conformance.record import CRASH, ERROR, TIMEOUT, UNSUPPORTED, Record, record
from oracle.process import CRASHED, OK, TIMED_OUT, Adapter, Outcome
from oracle.vectors.vector import Vector

WORDS = {"unsupported": UNSUPPORTED, "error": ERROR, CRASHED: CRASH, TIMED_OUT: TIMEOUT}
"""The words of a report for those of the protocol."""


def backend_of(process: Adapter, command: str) -> Backend:
    """What a process said of itself; each case will bring its own answer.

    Errors  ValueError when it names dtypes that there are not.
    """
    said = process["capabilities"]
    dtypes = dtypes_of(said.get("dtypes", DTYPES), f"the hello of {command}")
    who = {"name": str(said.get("name", command)), "version": str(said.get("version", "")), "device": "cpu"}
    return {
        "call": lambda *_asked: (None, ()), "own": {}, "rules": frozenset(frozen.manifest()["rules"]),
        "dtypes": dtypes, "accumulator": "", "who": {**who, "device": str(said.get("device", "cpu"))},
    }  # fmt: skip


def judged_outcome(vector: Vector, outcome: Outcome, of: State) -> Record:
    """The record of a case that was answered, or why it was not."""
    if outcome["status"] != OK:
        said = f"{outcome['reason']}; it says: {outcome['stderr']}" if outcome["stderr"] else outcome["reason"]
        return record(vector, of["backend"]["who"], WORDS[outcome["status"]], said)
    answer: Backend = {**of["backend"], "call": lambda *_asked: (outcome["value"], outcome["cotangents"])}
    return judge(vector, {**of, "backend": answer})
