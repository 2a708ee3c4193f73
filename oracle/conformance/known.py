"""Failures that a backend's own repository lists, with a reason and an issue: `known-failures.toml`.

[[known]]
case = "softplus/values/*/float32"
verdict = "wrong"
reason = "0 beyond 17"
issue = "https://example.org/issues/1"
max_ratio = 1e4        # worse than that is a failure again; may be left out
expires = 2027-06-30   # likewise
flaky = true           # likewise: it fails now and then, so no word where it passes

A case that `fuzz` has drawn is explained by an entry that would explain it in the corpus: in the sweep `values` if
there are special numbers in it, else in one of the others. Its own name is rule/fuzz/number/dtype.
"""

import datetime as dt
import fnmatch
import functools
import json
import math
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypedDict

from oracle.conformance.frozen import heads
from oracle.conformance.record import FAILING, Record
from oracle.vectors.strict import read as read_bytes

LARGEST = 1 << 22
"""Bytes that a file may have."""

VALUES, POINT = "values", "point"
"""Sweeps of the corpus: special numbers among others, and points without a derivative."""

REQUIRED, OPTIONAL = ("case", "verdict", "reason", "issue"), ("max_ratio", "expires", "flaky")
DIGITS = 3

Known = TypedDict(
    "Known",
    {
        "case": str,
        "verdict": tuple[str, ...],
        "reason": str,
        "issue": str,
        "max_ratio": float | None,
        "expires": dt.date | None,
        "flaky": bool,
    },
)


def read_known(file: Path) -> list[Known]:
    """The entries of a file.

    Errors  ValueError when it is no TOML, or an entry is not complete; OSError when it cannot be read.
    """
    try:
        document = tomllib.loads(read_bytes(file, LARGEST).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is not valid TOML: {str(error)[:200]}") from None
    if document.keys() - {"known"} or not isinstance(document.get("known", []), list):
        raise ValueError(f"{file} should have tables [[known]], and nothing else")
    return [entry(each, f"{file}, entry {i}") for i, each in enumerate(document.get("known", []), 1)]


def entry(document: Any, what: str) -> Known:
    """One entry.

    Errors  ValueError when it is not complete.
    """
    if not isinstance(document, dict):
        raise ValueError(f"{what} is no table")  # noqa: TRY004 (the file is wrong, not the call)
    if unknown := sorted(document.keys() - {*REQUIRED, *OPTIONAL}):
        raise ValueError(f"{what} has {unknown[0]!r}; there are {', '.join((*REQUIRED, *OPTIONAL))}")
    verdict = document.get("verdict", "")
    verdicts = verdict if isinstance(verdict, list) else [verdict]
    for key in REQUIRED:
        for text in verdicts if key == "verdict" else [document.get(key, "")]:
            if not isinstance(text, str) or not text.strip():
                raise ValueError(f"{what} has no {key}, but should have one: a text")
    if unknown := [each for each in verdicts if each not in FAILING]:
        raise ValueError(f"{what} has the verdict {unknown[0]!r}; there are {', '.join(sorted(FAILING))}")
    ratio, expires, flaky = (document.get(key) for key in OPTIONAL)
    if ratio is not None and not (isinstance(ratio, int | float) and not isinstance(ratio, bool) and ratio > 0):
        raise ValueError(f"{what} has the max_ratio {ratio!r}, but should have a number above 0")
    if expires is not None and (not isinstance(expires, dt.date) or isinstance(expires, dt.datetime)):
        raise ValueError(f"{what} has expires = {expires!r}, but should have a date, as in 2027-06-30")
    if flaky is not None and not isinstance(flaky, bool):
        raise ValueError(f"{what} has flaky = {flaky!r}, but should have true or false")
    return {
        "case": document["case"], "verdict": tuple(verdicts),
        "reason": document["reason"], "issue": document["issue"],
        "max_ratio": ratio, "expires": expires, "flaky": bool(flaky),
    }  # fmt: skip


def covers(of: Known, line: Record, today: dt.date) -> bool:
    """Whether an entry excuses a record."""
    return fnmatch.fnmatchcase(line["case"], of["case"]) and allows(of, line, today)


def allows(of: Known, line: Record, today: dt.date) -> bool:
    """Whether an entry is still in force, and a record no worse than it says."""
    if line["verdict"] not in of["verdict"]:
        return False
    if of["expires"] is not None and today > of["expires"]:
        return False
    ratio = math.inf if line["ratio"] is None else line["ratio"]
    return of["max_ratio"] is None or ratio <= of["max_ratio"]


def excused(entries: Sequence[Known], lines: Iterable[Record], today: dt.date) -> set[str]:
    """The cases whose failures are known."""
    return {
        line["case"] for line in lines if line["verdict"] in FAILING and any(covers(of, line, today) for of in entries)
    }


def explains(entries: Sequence[Known], line: Record, today: dt.date, *, ordinary: bool) -> Known | None:
    """The first entry that excuses the failure of a drawn case, whose numbers are `ordinary` or not."""
    names = [line["case"], *(name for name in placed(line["rule"], line["dtype"]) if ordinary != is_of(name, VALUES))]
    fitting = (of for of in entries if allows(of, line, today))
    return next((of for of in fitting if fnmatch.filter(names, of["case"])), None)


@functools.cache
def placed(rule: str, dtype: str) -> list[str]:
    """The names that a case of a rule and dtype might have in the corpus, but for those of listed points."""
    names = [head["id"].rpartition("/")[0] for head in heads() if head["rule"] == rule]
    return [f"{name}/{dtype}" for name in dict.fromkeys(names) if not is_of(name, POINT)]


def is_of(name: str, sweep: str) -> bool:
    """Whether a case is of a sweep."""
    return name.split("/")[1] == sweep


def matchless(entries: Sequence[Known], cases: Iterable[str]) -> list[Known]:
    """Entries whose pattern no case has, nor one that might be drawn."""
    names = [*cases]
    names += [f"{rule}/fuzz/0.0/{dtype}" for rule, dtype in {(n.split("/")[0], n.split("/")[-1]) for n in names}]
    return [of for of in entries if not any(fnmatch.fnmatchcase(name, of["case"]) for name in names)]


def remarks(entries: Sequence[Known], lines: Sequence[Record], today: dt.date) -> list[str]:
    """Entries that have expired, and those none of whose cases fail as it says any more."""
    found = []
    for of in entries:
        if of["expires"] is not None and today > of["expires"]:
            found.append(f"known failure {of['case']} has expired on {of['expires']}: {of['reason']}, {of['issue']}")
        run = [line for line in lines if fnmatch.fnmatchcase(line["case"], of["case"])]
        if run and not of["flaky"] and not any(line["verdict"] in of["verdict"] for line in run):
            words = " or ".join(of["verdict"])
            found.append(f"unexpected pass: {of['case']} has no case that is {words}, of {len(run)}; drop it")
    return found


def started(lines: Iterable[Record]) -> str:
    """A file of today's failures, by rule, sweep, dtype and verdict; reasons and issues are yours to write."""
    worst: dict[tuple[str, str], float] = {}
    for line in lines:
        if line["verdict"] in FAILING:
            rule, sweep, *_, dtype = line["case"].split("/")
            key = f"{rule}/{sweep}/*/{dtype}", line["verdict"]
            ratio = math.inf if line["ratio"] is None else line["ratio"]
            worst[key] = max(worst.get(key, 0.0), ratio)
    tables = [
        "\n".join([
            "[[known]]",
            f"case = {json.dumps(case)}",
            f"verdict = {json.dumps(verdict)}",
            'reason = ""  # say why: an entry without a reason and an issue is refused',
            'issue = ""',
            *([f"max_ratio = {rounded_up(ratio)!r}"] if math.isfinite(ratio) and ratio > 0 else []),
        ])
        for (case, verdict), ratio in worst.items()
    ]  # fmt: skip
    return "\n\n".join(tables) + "\n"


def rounded_up(ratio: float) -> float:
    """A little more than a ratio, with few digits."""
    step = 10.0 ** (math.floor(math.log10(ratio)) - DIGITS + 1)
    return float(f"{math.ceil(ratio / step * (1 + 1e-12)) * step:.{DIGITS}g}")
