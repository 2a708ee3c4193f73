"""Files from anywhere, read with bounds: no more than so many bytes, no name twice, no number that JSON lacks."""

import json
import os
import stat
from pathlib import Path
from typing import Any, NoReturn

LARGEST = 64 << 20
"""Bytes that a file may have."""

MOST_JSON = 16 << 20
"""Bytes that JSON may have: as objects, they take some thirty times as many."""


def read(file: Path, most: int = LARGEST) -> bytes:
    """The bytes of a file.

    Errors  ValueError when it is no plain file, or larger than `most`; OSError when it cannot be read.
    """
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:  # not yet a file object: a pipe that nobody writes to would wait for ever, and a folder cannot be one
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"{str(file)!r} is not a plain file")
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            data = opened.read(most + 1)
    finally:
        os.close(descriptor)
    if len(data) > most:
        raise ValueError(f"{str(file)!r} has more than {most} bytes")
    return data


def parsed(data: bytes | str, what: str) -> Any:
    """The document that JSON is.

    Errors  ValueError when it is not valid, has a name twice, NaN or Infinity, is too deep, or too long.
    """
    if len(data) > MOST_JSON:
        raise ValueError(f"{what} has more than {MOST_JSON} bytes")
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        return json.loads(text, object_pairs_hook=unique, parse_constant=refused)
    except RecursionError:
        raise ValueError(f"{what} is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{what} is not valid: {printable(str(error))[:200]}") from None


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object without a name twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"{twice[:80]!r} stands there twice")
    return found


def refused(constant: str) -> NoReturn:
    """No number of JSON."""
    raise ValueError(f"{constant} is no number of JSON")


def entry(document: Any, key: str, kind: type | tuple[type, ...], what: str) -> Any:
    """What stands under a key, of a certain kind.

    Errors  ValueError when it is missing, or of another kind.
    """
    if not isinstance(document, dict):
        raise ValueError(f"{what} should be an object")  # noqa: TRY004 (the document is wrong, not the call)
    if key not in document:
        raise ValueError(f"{what} has no {key!r}")
    found = document[key]
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(found, kinds) or (isinstance(found, bool) and bool not in kinds):
        raise ValueError(f"{what} has a {found.__class__.__name__} for {key!r}")
    return found


def printable(text: str) -> str:
    """Text in one line, without control characters and half characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
