"""What the records of a run add up to: per rule, and in all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypedDict

from oracle.conformance.record import AGREE, CONVENTION, FAILING, JUDGED, NOT_RUN, UNSUPPORTED, VERDICTS, Record

Row = TypedDict(
    "Row",
    {
        "rule": str,
        "cases": int,
        "counts": dict[str, int],
        "worst": float,
        "conventions": list[str],
        "verdict": str,
        "matches": list[tuple[str, int]],
        "seconds": float,
    },
)
"""A rule. `cases` were run; `worst` is the worst error of those that have one, in error scales; `matches` are the
mutants that explain most failures, with how many they explain."""


def summary(records: Iterable[Record]) -> list[Row]:
    """One row per rule, in the order in which they first come."""
    of: dict[str, list[Record]] = {}
    for line in records:
        of.setdefault(line["rule"], []).append(line)
    return [row(rule, lines) for rule, lines in of.items()]


def row(rule: str, lines: Sequence[Record]) -> Row:
    """What the records of a rule add up to."""
    counts = Counter(line["verdict"] for line in lines)
    ratios = [line["ratio"] for line in lines if line["ratio"] is not None]
    said = [finding for line in lines if line["verdict"] == CONVENTION for finding in line["findings"]]
    return {
        "rule": rule,
        "cases": sum(counts[word] for word in JUDGED),
        "counts": {word: counts[word] for word in VERDICTS if counts[word]},
        "worst": max(ratios, default=0.0),
        "conventions": list(dict.fromkeys(said)),
        "verdict": overall(counts),
        "matches": best_matches(lines),
        "seconds": sum(line["seconds"] for line in lines),
    }


def overall(counts: "Counter[str]") -> str:
    """The word for a rule: the worst of those that were run; agreement with others' conventions is a convention."""
    run = [word for word in VERDICTS if counts[word] and word in JUDGED]
    if run:
        return run[-1]
    return UNSUPPORTED if counts[UNSUPPORTED] else NOT_RUN


def best_matches(lines: Sequence[Record]) -> list[tuple[str, int]]:
    """The mutants that explain the most failures, of those that were compared."""
    counts = Counter(name for line in lines if line["verdict"] in FAILING for name in line["matches"])
    most = max(counts.values(), default=0)
    return [(name, n) for name, n in counts.items() if n == most]


def totals(rows: Sequence[Row]) -> "Counter[str]":
    """How many cases got each verdict."""
    total: Counter[str] = Counter()
    for each in rows:
        total.update(each["counts"])
    return total


def shares(total: "Counter[str]") -> tuple[float, float]:
    """The share of cases that agree, conventions included: of those that the backend supports, and of all.

    What was not run counts as supported: a crash is no way to a better share.
    """
    good = total[AGREE] + total[CONVENTION]
    everything = sum(total.values())
    return good / max(everything - total[UNSUPPORTED], 1), good / max(everything, 1)


def shown_worst(of: Row) -> str:
    """The worst error of a rule, if its failures have one."""
    return "–" if of["verdict"] in FAILING and not of["worst"] else f"{of['worst']:.2g}"
