"""The append-only file of finished tasks: whatever was finished is never computed again, and never lost."""

import contextlib
import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO, TypeAlias

__all__ = ["checked", "key", "opened", "recorded"]

Form: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""What a result should have, which can depend on what it says; see `unlike`."""

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
        try:
            text = stream.read()
        except UnicodeDecodeError as error:
            number = error.object.count(b"\n", 0, error.start) + 1
            raise ValueError(f"{file}, line {number}: not a finished cell: it is no text in UTF-8") from error
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


def checked(result: Any, spec: dict[str, Any], form: Form, file: Path) -> None:
    """Raise an error, naming file and line, when the result of a task has not the form that it should have."""
    wrong = unlike(result, form(result) if isinstance(result, dict) else {})
    if not wrong:
        return
    lines = enumerate(file.read_text("utf-8").splitlines()[1:], 2)
    number = max(number for number, line in lines if key(json.loads(line)["task"]) == key(spec))
    raise ValueError(f"{file}, line {number}: not a finished cell: {wrong}; without the line it is trained again")


def unlike(value: Any, form: Any, name: str = "result") -> str:
    """What of a value is not as its form says, "" when all is.

    A form is a dict of forms, a list of the form of each entry, a tuple of values, or a class; float is for numbers.

    >>> unlike({"test": {"r2": 0.5}}, {"test": {"r2": float, "rmse": float}})
    'test has no rmse'
    """
    if isinstance(form, tuple):
        return "" if value in form else f"{name} is none of {', '.join(form)}"
    if isinstance(form, dict | list) and not isinstance(value, form.__class__):
        return f"{name} is no {'object' if isinstance(form, dict) else 'list'}"
    if isinstance(form, dict):
        wrong = (
            unlike(value[part], of, part) if part in value else f"{name} has no {part}" for part, of in form.items()
        )
        return next(filter(None, wrong), "")
    if isinstance(form, list):
        return next(filter(None, (unlike(entry, form[0], name) for entry in value)), "")
    if form is float:
        finite = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return "" if finite else f"{name} has what is no finite number"
    return "" if value.__class__ is form else f"{name} has what is no {form.__name__}"


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
