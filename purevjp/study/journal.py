"""The append-only file of finished tasks: whatever was finished is never computed again, and never lost."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

__all__ = ["key", "opened", "recorded"]

HEADER = {"purevjp study": 1}
"""The first line; the number is that of the format."""


def key(spec: dict[str, Any]) -> str:
    """A task's name: its options as JSON, in alphabetical order.

    >>> key({"seed": 0, "depth": 2})
    '{"depth": 2, "seed": 0}'
    """
    return json.dumps(spec, sort_keys=True)


@contextlib.contextmanager
def opened(file: Path) -> Iterator[tuple[dict[str, Any], TextIO]]:
    """The results of a file by the keys of their tasks, and the file, for `recorded`; it is made if it is not there.

    Errors  ValueError, naming file and line, on what is no such file; BlockingIOError when another study writes to it.

    A last line that a dead process left unfinished is cut off: its task was not finished either.
    """
    with file.open("a+", encoding="utf-8") as stream:
        locked(stream, file)
        stream.seek(0)
        text = stream.read()
        whole = text[: text.rfind("\n") + 1]
        results = parsed(whole or json.dumps(HEADER), file)
        if whole != text:
            if not whole and not json.dumps(HEADER).startswith(text):
                raise ValueError(f"{file}, line 1: not the beginning of a file of finished cells")
            stream.truncate(len(whole.encode()))
        if not whole:
            write(stream, HEADER)
        yield results, stream


def recorded(stream: TextIO, spec: dict[str, Any], result: dict[str, Any]) -> None:
    """Append a finished task; when this returns, it is on the disk."""
    write(stream, {"task": spec, "result": result})


def write(stream: TextIO, line: dict[str, Any]) -> None:
    """Append a line, and wait until the disk has it."""
    stream.write(json.dumps(line, sort_keys=True, allow_nan=False) + "\n")
    stream.flush()
    os.fsync(stream.fileno())


def parsed(text: str, file: Path) -> dict[str, Any]:
    """The results in a file's whole lines."""
    results = {}
    for number, line in enumerate(text.splitlines(), 1):
        try:
            record = json.loads(line)
            if number == 1:
                if record != HEADER:
                    raise ValueError(f"{file}, line 1: not the beginning of a file of finished cells")
            else:
                results[key(record["task"])] = record["result"]
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            where = "the beginning of a file of finished cells" if number == 1 else "a finished cell"
            raise ValueError(f"{file}, line {number}: not {where}") from error
    return results


def locked(stream: TextIO, file: Path) -> None:
    """Hold a file for this process, where the system can."""
    try:
        import fcntl  # noqa: PLC0415 (not on Windows)
    except ModuleNotFoundError:
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BlockingIOError(f"another study is writing to {file}") from error
