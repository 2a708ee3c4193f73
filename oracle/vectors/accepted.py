"""Accepted sets as JSON, and back. Numbers that JSON lacks are "nan", "inf" and "-inf"."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from oracle.vectors.strict import entry
from purevjp.aliases import Array

MOST_DEEP = 4
MOST_AXES = 32
PARTS = {
    "exact": ("truth",), "scaled": ("truth", "scale"), "interval": ("low", "high"), "groups": ("labels", "totals"),
    "ball": ("radius",), "any of": ("options",), "non-finite": ("classes",),
}  # fmt: skip


def numbers(x: Any) -> Any:
    """Numbers as nested lists of floats, and of strings where JSON has no number."""
    if isinstance(x, list | tuple):
        return [numbers(part) for part in x]
    if isinstance(x, np.ndarray | np.generic):
        return numbers(x.tolist())
    return x if isinstance(x, str) else float(x) if math.isfinite(x) else str(x)


def array(document: Any, what: str) -> Array:
    """Nested lists as an array of float64.

    Errors  ValueError when they are none.
    """
    try:
        found = np.array(document)  # strings among numbers make strings of all
        numeric = found.dtype.kind in "iufU" and found.ndim <= MOST_AXES
        return np.asarray(found if numeric else "not numeric", np.float64)
    except (ValueError, OverflowError):
        raise ValueError(f"{what} has no array of numbers, but {str(document)[:60]}") from None


def set_to_json(of: Mapping[str, Any]) -> dict[str, Any]:
    """An accepted set as JSON."""
    if of["kind"] == "any of":
        return {"kind": "any of", "options": [set_to_json(option) for option in of["options"]]}
    if of["kind"] == "groups":
        totals = {str(label): numbers(float(total)) for label, total in of["totals"].items()}
        return {"kind": "groups", "labels": [np.asarray(part).tolist() for part in of["labels"]], "totals": totals}
    return {key: numbers(part) if key != "kind" else part for key, part in of.items()}


def set_from_json(document: Any, what: str, depth: int = 0) -> dict[str, Any]:
    """The accepted set that JSON is.

    Errors  ValueError when it is none.
    """
    kind = entry(document, "kind", str, what)
    if depth == MOST_DEEP or document.keys() != {"kind", *PARTS.get(kind, ("an unknown kind",))}:
        raise ValueError(f"{what} has a set of kind {kind[:80]!r} that no vector has")
    if kind == "any of":
        options = entry(document, "options", list, what)
        return {"kind": kind, "options": tuple(set_from_json(option, what, depth + 1) for option in options)}
    if kind == "groups":
        labels = [array(part, what).astype(np.int64) for part in entry(document, "labels", list, what)]
        totals = entry(document, "totals", dict, what)
        if not all(label.lstrip("-").isdecimal() for label in totals):
            raise ValueError(f"{what} has a group that is no integer")
        return {"kind": kind, "labels": labels, "totals": {int(k): float(array(v, what)) for k, v in totals.items()}}
    if kind == "non-finite":
        return {"kind": kind, "classes": np.array(entry(document, "classes", (str, list), what), np.str_)}
    return {"kind": kind, **{part: array(document[part], what) for part in PARTS[kind]}}


def point_to_json(point: Mapping[str, Any]) -> dict[str, Any]:
    """What a vector has of a point."""
    others = {name: [numbers(dx) for dx in theirs] for name, theirs in point["others"].items()}
    accepts = [set_to_json(of) for of in point["accepts"]]
    return {"at": point["at"], "policy": point["policy"], "accepts": accepts, "others": others}


def point_from_json(document: Any, what: str) -> dict[str, Any]:
    """The same read back.

    Errors  ValueError when it is not valid.
    """
    others = entry(document, "others", dict, what)
    return {
        "at": entry(document, "at", str, what),
        "policy": entry(document, "policy", str, what),
        "accepts": tuple(set_from_json(of, what) for of in entry(document, "accepts", list, what)),
        "others": {name: tuple(array(dx, what) for dx in entry(others, name, list, what)) for name in others},
    }
