"""The process in which a backend runs: what it breaks, it breaks here.

Asked on standard input, in pickles: the options first, then some vectors at a time, or their heads. Answers on
standard output: one line per case. Whatever the backend itself prints goes to standard error. A command that speaks the
line protocol is a process of this one.
"""

import contextlib
import gc
import json
import os
import pickle
import select
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import IO, Any, TypedDict

from oracle.conformance import frozen
from oracle.conformance.adapter import Backend, load
from oracle.conformance.case import State, has, judge, state
from oracle.conformance.commanded import backend_of, judged_outcome
from oracle.conformance.record import ERROR, Record, record, written
from oracle.process import Adapter, adapter
from oracle.protocol import ran_all
from oracle.vectors.vector import Vector

ANSWERED = {"answered": True}
"""Said when the backend is done with a case that has to be explained, which the time limit is not for."""

Options = TypedDict("Options", {"spec": str, "strict": bool, "limit": float, "command": bool})
"""`spec` is a backend's name, file or module; or a command that speaks the line protocol."""


def main() -> None:
    """Answer until there is nothing more to read."""
    answers, questions = os.fdopen(os.dup(1), "w", encoding="utf-8"), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 (a descriptor is wanted)
        os.dup2(nothing.fileno(), 0)
    options: Options = pickle.load(questions)  # noqa: S301 (our own parent wrote it)
    threading.Thread(target=follow, args=(questions.fileno(), options["command"]), daemon=True).start()
    with contextlib.ExitStack() as stack:
        try:
            process = stack.enter_context(started(options)) if options["command"] else None
            backend = load(options["spec"]) if process is None else backend_of(process, options["spec"])
            of = state(backend, strict=options["strict"], answered=lambda: say(answers, json.dumps(ANSWERED)))
            said = {key: backend[key] for key in ("who", "dtypes")}
            gc.freeze()  # what is there now stays: it need not be looked through again and again
            say(answers, json.dumps({**said, "rules": sorted(backend["rules"]), "own": bool(backend["own"])}))
            for question in asked(questions):
                vectors, afresh = taken(question, backend), question.get("afresh", False)
                say(answers, json.dumps({"loaded": len(vectors)}))
                for line in judged(vectors, of, process, afresh=afresh):
                    say(answers, written(line))
        except ValueError as error:
            say(answers, json.dumps({"refused": str(error)}))


def follow(questions: int, command: bool) -> None:
    """End this process when nobody is left to ask, whatever the backend does; that of a command is ended first."""
    poll = select.poll()
    poll.register(questions, 0)
    poll.poll()
    if command:
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        os._exit(1)


@contextlib.contextmanager
def started(options: Options) -> Iterator[Adapter]:
    """The process of a command, which ends with this one."""

    def leave(*_: Any) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.exit()

    signal.signal(signal.SIGTERM, leave)
    with adapter(options["spec"], timeout=options["limit"]) as process:
        try:
            yield process
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it would leave the process behind that is being ended


def judged(vectors: Sequence[Vector], of: State, process: Adapter | None, *, afresh: bool) -> Iterator[Record]:
    """The record of each vector, in order."""
    dtypes = of["backend"]["dtypes"]
    outcomes = ran_all(process, [vector for vector in vectors if vector["dtype"] in dtypes]) if process else None
    for vector in vectors:
        outcome = next(outcomes) if outcomes is not None and vector["dtype"] in dtypes else None
        of = {**of, "diagnosed": {}, "again": {}} if afresh else of
        try:
            yield judge(vector, of) if outcome is None else judged_outcome(vector, outcome, of)
        except Exception as error:  # noqa: BLE001 (one case, not the run)
            yield record(vector, of["backend"]["who"], ERROR, f"it cannot be judged: {error!r}")


def asked(questions: IO[bytes]) -> Iterator[Any]:
    """What is asked, until there is nothing more to read."""
    while True:
        try:
            yield pickle.load(questions)  # noqa: S301 (as above)
        except EOFError:
            return


def taken(question: Any, backend: Backend) -> list[Any]:
    """The vectors that are asked for, in their order; from the corpus, where only their heads are given.

    Those that the backend does not have are not read.

    Errors  ValueError when the corpus is damaged.
    """
    if "vectors" in question:
        given: list[Vector] = question["vectors"]
        return given
    wanted = {head["id"]: head["rule"] for head in question["heads"] if has(backend, head)}
    rules = dict.fromkeys(wanted.values())
    found: dict[str, Any] = {vector["id"]: vector for rule in rules for vector in frozen.vectors(rule, wanted)}
    return [found.get(head["id"], head) for head in question["heads"]]


def say(answers: IO[str], line: str) -> None:
    """One line, at once."""
    answers.write(line + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
