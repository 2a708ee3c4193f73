"""Many cases over several workers: each is judged once, and its record comes as soon as it is there."""

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from oracle.conformance.record import Record
from oracle.conformance.session import Session, end, judged, session
from oracle.conformance.worker import Options

Head: TypeAlias = Mapping[str, Any]
"""Id, rule and dtype of a case: all that the parent needs to know."""

CHUNK = 256
"""At most so many cases are given to a worker at a time."""

ENOUGH = 64
"""Rules with fewer cases are put together, if there are many: asking takes as long as some cases."""

TURNS = 8
"""So often at least comes each worker's turn, where there are as many rules."""


def shard(heads: Sequence[Head], text: str) -> list[Head]:
    """Every Nth case, of "I/N", from the Ith.

    >>> shard([1, 2, 3, 4, 5], "2/2")
    [2, 4]

    Errors  ValueError when it is not of this form.
    """
    i, slash, n = text.partition("/")
    if not (slash and i.isdecimal() and n.isdecimal() and 1 <= int(i) <= int(n)):
        raise ValueError(f"--shard is {text!r}, but should be I/N with I from 1 to N, as in 2/8")
    return list(heads[int(i) - 1 :: int(n)])


def chunks(heads: Sequence[Head], jobs: int = 1) -> list[list[Head]]:
    """Cases by rule, some at a time, for so many workers; those of the last rules first, which take longer."""
    enough = min(ENOUGH, len(heads) // (TURNS * jobs))
    by_rule: dict[str, list[Head]] = {}
    for head in heads:
        by_rule.setdefault(head["rule"], []).append(head)
    parts: list[list[Head]] = []
    for of in list(by_rule.values())[::-1]:
        if parts and len(parts[-1]) < enough and len(of) < enough:
            parts[-1] += of
        else:
            parts += [of[i : i + CHUNK] for i in range(0, len(of), CHUNK)][::-1]
    return parts


def swept(options: Options, heads: Sequence[Head], jobs: int) -> Iterator[Record]:
    """The record of each case, by so many workers.

    Errors  ValueError when the backend is none.
    """
    waiting: queue.SimpleQueue[list[Head]] = queue.SimpleQueue()
    parts = chunks(heads, jobs)
    for part in parts:
        waiting.put(part)
    done: queue.SimpleQueue[list[Record] | Exception | None] = queue.SimpleQueue()
    stopped = threading.Event()
    count, running = min(jobs, len(parts)), list[Session]()
    given = (options, waiting, done, stopped, running)
    threads = [threading.Thread(target=work, args=given, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        while count:
            said = done.get()
            if said is None:
                count -= 1
            elif isinstance(said, Exception):
                raise said
            else:
                yield from said
    finally:
        stopped.set()
        for of in running:
            end(of)
        for thread in threads:
            thread.join()


def work(
    options: Options,
    waiting: "queue.SimpleQueue[list[Head]]",
    done: "queue.SimpleQueue[list[Record] | Exception | None]",
    stopped: threading.Event,
    running: list[Session],
) -> None:
    """Give one worker chunk after chunk, until none is left."""
    try:
        with session(options, running) as of:
            while not stopped.is_set():
                try:
                    part = waiting.get_nowait()
                except queue.Empty:
                    break
                records: list[Record] = []
                for line in judged(of, part, heads=True):
                    records.append(line)
                    if not of["heard"]:  # all that has come: to hand each over alone would cost as much as reading it
                        done.put(records)
                        records = []
                    if stopped.is_set():
                        break
    except Exception as error:  # noqa: BLE001 (raised again where the records are read)
        done.put(error)
    done.put(None)
