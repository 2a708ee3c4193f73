"""A worker process and who waits for it: a case that hangs or crashes costs itself, and the worker is started again."""

import contextlib
import json
import os
import pickle
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, TypedDict, cast

from oracle.conformance.record import CRASH, NOT_RUN, TIMEOUT, Record, record
from oracle.conformance.worker import ANSWERED, Options
from oracle.parallel import ONE_THREAD
from oracle.process import LONGEST_WAIT
from oracle.protocol import AHEAD

START_LIMIT = 300.0
"""Seconds that a backend may take to be imported."""

LIMIT = 10.0
"""Seconds that a case may take, if nothing else is said."""

GIVE_UP = 3
"""Where so many cases of a rule in a dtype hang or crash, the others are not run: each costs a new process."""

TAIL = 400
"""So many characters of what a backend wrote last, before it crashed."""

LONGEST = 2**26
"""A line is never longer."""

PAUSE, PER_LINE = 0.02, 0.0002
"""Lines that come within so many seconds are read together, fewer where few are to come: to wake up for each costs a
fifth of judging it."""

GOODBYE = 5.0
"""Seconds for a worker to end the process of a command."""

Session = TypedDict(
    "Session",
    {
        "options": Options,
        "process": subprocess.Popen[bytes] | None,
        "errors": IO[bytes],
        "heard": list[Any],
        "rest": bytes,
        "said": dict[str, Any],
    },
)
"""A worker that may be started again: what of its lines nobody has taken, the last one first, and the rest of what was
read; `said` is how it introduced itself."""


@contextlib.contextmanager
def session(options: Options, running: list[Session] | None = None) -> Iterator[Session]:
    """A worker for a backend, which is gone afterwards, whatever happens; among those that are running meanwhile.

    Errors  ValueError when the backend is none.
    """
    with tempfile.TemporaryFile() as errors:
        of = new(options, errors)
        if running is not None:
            running.append(of)
        try:
            start(of)
            yield of
        finally:
            stop(of)


def new(options: Options, errors: IO[bytes]) -> Session:
    """A worker that is not started."""
    return {"options": options, "process": None, "errors": errors, "heard": [], "rest": b"", "said": {}}


def start(of: Session) -> None:
    """Start the worker; it imports the backend and says who it is."""
    command = [sys.executable, "-P", "-m", "oracle.conformance.worker"]  # a folder's own numpy.py is not NumPy
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)}
    of["errors"].seek(0)
    of["errors"].truncate()
    of["heard"], of["rest"] = [], b""
    of["process"] = subprocess.Popen(  # noqa: S603 (Python itself)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=of["errors"], env=environment
    )
    tell(of, of["options"])
    said = heard(of, START_LIMIT)
    spec = of["options"]["spec"]
    if not said:
        why = f"takes more than {START_LIMIT:g} s to import" if said is None else "crashed when it was imported"
        raise ValueError(f"the backend {spec} {why}{tail(of)}")
    if "refused" in said:
        raise ValueError(said["refused"])
    of["said"] = said


def end(of: Session) -> None:
    """End the worker from another thread, at once: whoever waits for it hears that it has died."""
    process = of["process"]
    if process is not None:
        process.terminate() if of["options"]["command"] else process.kill()


def stop(of: Session) -> None:
    """End the worker."""
    process = of["process"]
    if process is None:
        return
    if of["options"]["command"]:
        with contextlib.suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()  # a worker that is about to read goes on, and meets the signal
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GOODBYE)
    process.kill()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if pipe is not None:
                pipe.close()
    process.wait()
    of["process"] = None


def tell(of: Session, what: Any) -> None:
    """Ask the worker something; that it is dead is found when it does not answer."""
    process = of["process"]
    assert process is not None
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(pickle.dumps(what))
        process.stdin.flush()


def heard(of: Session, limit: float, expected: int = 1) -> dict[str, Any] | None:
    """What the next line of the worker says, of so many; {} when it has died, None when it is silent for so long."""
    process = of["process"]
    assert process is not None
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    end = time.monotonic() + limit
    while not of["heard"]:
        ready, _, _ = select.select([descriptor], [], [], min(max(0.0, end - time.monotonic()), LONGEST_WAIT))
        if not ready:
            return None
        time.sleep(min(PAUSE, PER_LINE * expected))
        more = os.read(descriptor, 1 << 16)
        if not more or len(of["rest"]) > LONGEST:
            return {}
        *lines, of["rest"] = (of["rest"] + more).split(b"\n")
        of["heard"] = json.loads(b"[%b]" % b",".join(reversed(lines)))
    said: dict[str, Any] = of["heard"].pop()
    return said


def judged(
    of: Session, vectors: Sequence[Mapping[str, Any]], *, heads: bool = False, afresh: bool = False
) -> Iterator[Record]:
    """The record of each vector, in order; of `heads`, the worker takes the vectors from the corpus.

    Each is looked at as closely as the first of its rule if it is judged `afresh`.
    """
    options = of["options"]
    patience = options["limit"] if not options["command"] else START_LIMIT + options["limit"] * (AHEAD + 2)
    left = list(vectors)
    lost_of: dict[tuple[str, str], int] = {}
    while left:
        if of["process"] is None:
            start(of)
        tell(of, {"heads": left} if heads else {"vectors": left, "afresh": afresh})
        loaded = heard(of, START_LIMIT)
        if not loaded:
            raise RuntimeError(f"the worker did not take its cases{tail(of)}")
        if "refused" in loaded:
            raise ValueError(loaded["refused"])
        for i, vector in enumerate(left):
            begun = time.monotonic()
            said = heard(of, patience, len(left) - i)
            while said == ANSWERED:
                said = heard(of, START_LIMIT)
            line = cast("Record", said) or lost(of, vector, time.monotonic() - begun, hangs=said is None)
            yield line
            if line["verdict"] not in {CRASH, TIMEOUT}:
                continue
            key = vector["rule"], vector["dtype"]
            lost_of[key] = lost_of.get(key, 0) + 1
            if said and lost_of[key] < GIVE_UP:
                continue  # of a command, the process alone was lost, and not the worker
            stop(of)
            left = left[i + 1 :]
            if lost_of[key] == GIVE_UP:
                why = f"left out, after {GIVE_UP} cases of {key[0]} in {key[1]} that hung or crashed"
                given_up = [other for other in left if (other["rule"], other["dtype"]) == key]
                yield from (record(other, of["said"]["who"], NOT_RUN, why) for other in given_up)
                left = [other for other in left if (other["rule"], other["dtype"]) != key]
            break
        else:
            return


def lost(of: Session, vector: Mapping[str, Any], seconds: float, *, hangs: bool) -> Record:
    """The record of a case that the worker did not survive."""
    who = of["said"]["who"]
    if hangs:
        return record(vector, who, TIMEOUT, f"it takes more than {of['options']['limit']:g} s", seconds=seconds)
    process = of["process"]
    assert process is not None
    code = process.wait()
    how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    return record(vector, who, CRASH, f"its process ended {how}{tail(of)}", seconds=seconds)


def tail(of: Session) -> str:
    """The end of what the backend wrote to standard error."""
    of["errors"].seek(0)
    text = " ".join(of["errors"].read().decode(errors="replace").split())
    return f": {'…' if text[TAIL:] else ''}{text[-TAIL:]}" if text else ""
