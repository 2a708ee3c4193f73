"""A sweep on the cluster of a Dask scheduler: chunks of cases are tasks, and the record of each comes once.

The backend and purevjp are installed on every worker. A task that dies with its worker is run again by another.
"""

import functools
import threading
from collections.abc import Iterator, Sequence
from typing import Any, cast

from oracle.conformance.record import Record
from oracle.conformance.session import Session, judged, new, start, stop
from oracle.conformance.sweep import Head, chunks
from oracle.conformance.worker import Options

PARTS = 32
"""Cases of a task: few, so that little is done again when a worker dies."""

TRIES = 10
"""So many workers may die of a task, or with it."""

PATIENCE = 5
"""Seconds to find the scheduler."""

alone = threading.Lock()
"""A worker of Dask runs several threads, and has one process for the backend."""


def swept_on(address: str, options: Options, heads: Sequence[Head]) -> Iterator[Record]:
    """The record of each case, by the workers of a scheduler.

    Errors  ValueError when the extra is not installed, or the backend is none; OSError when there is no scheduler.
    """
    try:
        import distributed  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as error:
        raise ValueError(f"--scheduler needs {error.name}: pip install 'purevjp[cluster]'") from None
    parts = [part[i : i + PARTS] for part in chunks(heads) for i in range(0, len(part), PARTS)]
    with distributed.Client(address, timeout=PATIENCE, set_as_default=False) as client, client.as_current():
        futures = client.map(judge_part, parts, options=dict(options), pure=False, retries=TRIES)
        for _, lines in distributed.as_completed(futures, with_results=True):
            yield from lines


def judge_part(part: list[Head], options: dict[str, Any]) -> list[Record]:
    """What a worker does: the records of a part, by a process that stays for the next."""
    with alone:
        of = worker(**options)
        if of["process"] is None:
            start(of)
        return list(judged(of, part, heads=True))


@functools.cache
def worker(**options: Any) -> Session:
    """The process of this worker for a backend."""
    import atexit  # noqa: PLC0415 (of a worker of Dask alone)
    import tempfile  # noqa: PLC0415

    of = new(cast("Options", options), tempfile.TemporaryFile())  # noqa: SIM115 (kept open)
    atexit.register(stop, of)
    return of
