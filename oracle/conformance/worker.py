"""The process in which a backend runs: what it breaks, it breaks here.

Asked on standard input, pickled: the backend's name and options first, then some vectors, or their ids, at a time.
Answers on standard output: one line per case. Whatever the backend itself prints goes to standard error.
"""

import json
import os
import pickle
from collections.abc import Iterator
from typing import IO, Any

from oracle.conformance import frozen
from oracle.conformance.adapter import load
from oracle.conformance.case import judge, state
from oracle.conformance.record import ERROR, record, written
from oracle.vectors.vector import Vector

ANSWERED = json.dumps({"answered": True})
"""Said when the backend is done with a case that has to be explained, which the time limit is not for."""


def main() -> None:
    """Answer until there is nothing more to read."""
    answers, questions = os.fdopen(os.dup(1), "w", encoding="utf-8"), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 (a descriptor is wanted)
        os.dup2(nothing.fileno(), 0)
    spec, strict = pickle.load(questions)  # noqa: S301 (our own parent wrote it)
    try:
        of = state(load(spec), strict=strict, answered=lambda: say(answers, ANSWERED))
    except ValueError as error:
        say(answers, json.dumps({"refused": str(error)}))
        return
    said = {key: of["backend"][key] for key in ("who", "dtypes")}
    say(answers, json.dumps({**said, "rules": sorted(of["backend"]["rules"]), "own": bool(of["backend"]["own"])}))
    for question in asked(questions):
        try:
            vectors, afresh = taken(question), question.get("afresh", False)
        except ValueError as error:
            say(answers, json.dumps({"refused": str(error)}))
            return
        say(answers, json.dumps({"loaded": len(vectors)}))
        for vector in vectors:
            if afresh:
                of = {**of, "diagnosed": {}, "again": {}}
            try:
                line = written(judge(vector, of))
            except Exception as error:  # noqa: BLE001 (one case, not the run)
                line = written(record(vector, of["backend"]["who"], ERROR, f"it cannot be judged: {error!r}"))
            say(answers, line)


def asked(questions: IO[bytes]) -> Iterator[Any]:
    """What is asked, until there is nothing more to read."""
    while True:
        try:
            yield pickle.load(questions)  # noqa: S301 (as above)
        except EOFError:
            return


def taken(question: Any) -> list[Vector]:
    """The vectors that are asked for, in their order; from the corpus, where only their names are given.

    Errors  ValueError when the corpus is damaged.
    """
    if "vectors" in question:
        given: list[Vector] = question["vectors"]
        return given
    found = {vector["id"]: vector for rule in question["rules"] for vector in frozen.vectors(rule)}
    return [found[name] for name in question["ids"]]


def say(answers: IO[str], line: str) -> None:
    """One line, at once."""
    answers.write(line + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
