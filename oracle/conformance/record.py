"""The report: one line of JSON per case, that survives a crash and can be put together from shards."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

from oracle import verdict
from oracle.vectors.vector import Vector

AGREE, CONVENTION, IMPRECISE, WRONG = "agree", "convention", "imprecise", "wrong"
ERROR, TIMEOUT, CRASH, UNSUPPORTED, NOT_RUN = "error", "timeout", "crash", "unsupported", "not run"
VERDICTS = (AGREE, CONVENTION, UNSUPPORTED, NOT_RUN, IMPRECISE, WRONG, ERROR, TIMEOUT, CRASH)
"""From best to worst."""

PASSING = frozenset({AGREE, CONVENTION})
FAILING = frozenset({IMPRECISE, WRONG, ERROR, TIMEOUT, CRASH})
JUDGED = PASSING | FAILING
"""What was run at all."""

WORDS = {
    verdict.AGREE: AGREE, verdict.CONVENTION: CONVENTION, verdict.IMPRECISE: IMPRECISE, verdict.WRONG: WRONG,
    verdict.ERROR: ERROR, verdict.UNSUPPORTED: UNSUPPORTED,
}  # fmt: skip
"""The words of a report for those of the judge."""

Record = TypedDict(
    "Record",
    {
        "case": str,
        "rule": str,
        "dtype": str,
        "backend": dict[str, str],
        "verdict": str,
        "ratio": float | None,
        "findings": list[str],
        "diagnosis": str,
        "matches": list[str],
        "seconds": float,
    },
)
"""One line. `ratio` is the worst error in error scales, None where there is none (an exception, a wrong shape, nan)."""

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A line of the report of purevjp check",
    "type": "object",
    "properties": {
        "case": {"type": "string", "minLength": 1},
        "rule": {"type": "string", "minLength": 1},
        "dtype": {"enum": ["float64", "float32", "float16", "bfloat16"]},
        "backend": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "version": {"type": "string"}, "device": {"type": "string"}},
            "required": ["name", "version", "device"],
            "additionalProperties": {"type": "string"},
        },
        "verdict": {"enum": list(VERDICTS)},
        "ratio": {"type": ["number", "null"], "minimum": 0},
        "findings": {"type": "array", "items": {"type": "string"}},
        "diagnosis": {"type": "string"},
        "matches": {"type": "array", "items": {"type": "string"}},
        "seconds": {"type": "number", "minimum": 0},
    },
    "required": ["case", "rule", "dtype", "backend", "verdict", "ratio", "findings", "diagnosis", "matches", "seconds"],
    "additionalProperties": False,
}


def record(
    vector: Mapping[str, Any] | Vector, who: dict[str, str], verdict: str, *findings: str, **more: Any
) -> Record:
    """The line of a case."""
    line: Record = {
        "case": vector["id"], "rule": vector["rule"], "dtype": vector["dtype"], "backend": who,
        "verdict": verdict, "ratio": None, "findings": list(findings), "diagnosis": "", "matches": [], "seconds": 0.0,
    }  # fmt: skip
    return {**line, **more}  # type: ignore[typeddict-item]


LINE = json.JSONEncoder(allow_nan=False, ensure_ascii=False)


def written(line: Record) -> str:
    """A record as a line of JSON."""
    ratio = line["ratio"]
    if ratio is not None and not math.isfinite(ratio):
        line = {**line, "ratio": None}
    return LINE.encode(line)


def read(files: Iterable[Path], cut_off: Callable[[Path], None] = lambda _: None) -> Iterator[Record]:
    """The records of reports; a last line that a crash has cut off is left out, and its file told to `cut_off`.

    Errors  ValueError on a line that is no record.
    """
    for file in files:
        lines = file.read_text(encoding="utf-8").split("\n")
        for i, text in enumerate(lines, 1):
            if text.strip():
                line = parsed(text, last=i == len(lines))
                if isinstance(line, str):
                    raise ValueError(f"{file}, line {i}: {line}")
                if line is None:
                    cut_off(file)
                else:
                    yield line


def parsed(text: str, *, last: bool) -> Record | str | None:
    """A record; what is wrong with it, in words; or None for the rest of one that was cut off."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None if last else "it is no JSON"
    return found if (found := invalid(line)) else line


def invalid(line: Any) -> str:
    """What is wrong with a record, by the schema; "" if nothing is."""
    if not isinstance(line, dict):
        return "it is no object"
    if missing := [key for key in SCHEMA["required"] if key not in line]:
        return f"it has no {missing[0]!r}"
    if unknown := sorted(line.keys() - SCHEMA["properties"].keys()):
        return f"it has {unknown[0]!r}, which no report has"
    wrong = [key for key, holds in HOLDS.items() if not holds(line[key])]
    return f"its {wrong[0]} is {str(line[wrong[0]])[:80]}" if wrong else ""


def is_text(x: Any) -> bool:
    """Whether JSON gave a text."""
    return isinstance(x, str)


def is_name(x: Any) -> bool:
    """Whether JSON gave a text that is not empty."""
    return isinstance(x, str) and bool(x)


def are_texts(x: Any) -> bool:
    """Whether JSON gave a list of texts."""
    return isinstance(x, list) and all(map(is_text, x))


def is_who(x: Any) -> bool:
    """Whether JSON gave name, version and device."""
    return isinstance(x, dict) and {"name", "version", "device"} <= x.keys() and all(map(is_text, x.values()))


def is_number(x: Any) -> bool:
    """Whether JSON gave a number that is none below 0, nor infinite."""
    return isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) and x >= 0


HOLDS: dict[str, Callable[[Any], bool]] = {
    "case": is_name, "rule": is_name, "diagnosis": is_text, "findings": are_texts, "matches": are_texts,
    "backend": is_who, "seconds": is_number,
    "dtype": lambda x: is_text(x) and x in SCHEMA["properties"]["dtype"]["enum"],
    "verdict": lambda x: is_text(x) and x in VERDICTS,
    "ratio": lambda x: x is None or is_number(x),
}  # fmt: skip
