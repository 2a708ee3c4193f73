"""Two reports of one backend held against each other: what got worse, what got better, what else has changed."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from oracle.conformance.record import PASSING, VERDICTS, Record
from oracle.verdict import FACTOR

NEARER = 10
"""So many times closer to the limit is worth a word, where the error is no longer small beside it."""

SMALL = FACTOR / 100

Key: TypeAlias = tuple[str, str]
Lines: TypeAlias = list[str]


def compared(old: Sequence[Record], new: Sequence[Record]) -> tuple[Lines, Lines, Lines]:
    """What got better, what got worse, and what is neither: new cases, other conventions, failures that are gone.

    A case that passed and was not run again is worse.
    """
    before, after = by_case(old), by_case(new)
    better: Lines = []
    worse: Lines = []
    other: Lines = []
    for key, a in before.items():
        if key not in after:
            (worse if a["verdict"] in PASSING else other).append(f"{a['case']}: gone, was {a['verdict']}")
            continue
        b = after[key]
        place = VERDICTS.index(b["verdict"]) - VERDICTS.index(a["verdict"])
        if place:
            (worse if place > 0 else better).append(f"{a['case']}: {a['verdict']} → {b['verdict']}{why(b)}")
        elif text := moved(a, b):
            (worse if (b["ratio"] or 0) > (a["ratio"] or 0) else better).append(f"{a['case']}: {text}")
        elif b["findings"] != a["findings"] and b["verdict"] in PASSING:
            other.append(f"{a['case']}: {'; '.join(a['findings'])} → {'; '.join(b['findings'])}")
    other += [f"{b['case']}: new, is {b['verdict']}{why(b)}" for key, b in after.items() if key not in before]
    return better, worse, other


def by_case(lines: Sequence[Record]) -> Mapping[Key, Record]:
    """The records by backend and case.

    Errors  ValueError when a case stands there twice.
    """
    found: dict[Key, Record] = {}
    for line in lines:
        key = line["backend"]["name"], line["case"]
        if key in found:
            raise ValueError(f"a report has {line['case']!r} of {key[0]} twice, but should be of one run")
        found[key] = line
    return found


def moved(a: Record, b: Record) -> str:
    """How far a case that has kept its verdict has come to the limit, or gone from it; "" if not far."""
    if a["ratio"] is None or b["ratio"] is None or max(a["ratio"], b["ratio"]) < SMALL:
        return ""
    near, far = max(a["ratio"], b["ratio"]), max(min(a["ratio"], b["ratio"]), SMALL / NEARER)
    if near < NEARER * far:
        return ""
    passes, grew = b["verdict"] in PASSING, b["ratio"] > a["ratio"]
    still = "still passes" if passes else f"still {b['verdict']}"
    how = ("closer to the limit" if grew else "farther from the limit") if passes else ("worse" if grew else "better")
    return f"{still}, {near / far:.3g} times {how}: {a['ratio']:.3g} → {b['ratio']:.3g}, of {FACTOR}"


def why(line: Record) -> str:
    """The first finding of a record that is none of the best."""
    return f": {line['findings'][0]}" if line["findings"] else ""
