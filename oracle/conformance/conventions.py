"""What each shipped backend gives where there is no derivative, or only a limit of one: measured, and kept as data."""

import importlib.util
import json
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any, TypedDict

from oracle.conformance import frozen
from oracle.conformance.adapter import SHIPPED, load
from oracle.conformance.observe import RAISED, answer, asked
from oracle.vectors.accepted import numbers

Measured = TypedDict("Measured", {"version": str, "answers": dict[str, Any]})
"""By the identifier of a point, "divide/point/0": the cotangents as lists, or what was raised in a word."""

MEASURED = "conventions.json"

MODULES = {"mlx": "mlx.core"}


def measured(spec: str, rules: Collection[str] | None = None) -> Measured:
    """The answers of a backend at every listed point of these rules, or of all it has, in float64 if it can."""
    backend = load(spec)
    asked_for = backend["rules"] if rules is None else backend["rules"].intersection(rules)
    dtype = "float64" if "float64" in backend["dtypes"] else "float32"
    answers: dict[str, Any] = {}
    for head in frozen.heads():
        if "/point/" not in head["id"] or head["dtype"] != dtype or head["rule"] not in asked_for:
            continue
        vector = frozen.vector(head["id"])

        def ask(xs: Any, static: Any, u: Any, rule: str = head["rule"]) -> Any:
            return backend["call"](rule, xs, static, u)

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                got = answer(ask, vector, *asked(vector))
        except NotImplementedError:
            continue
        named = zip(got["names"], got["leaves"], strict=True)
        cotangents = [leaf for name, leaf in named if not name.startswith("value")]
        raised = any(finding.startswith(RAISED) for finding in got["findings"])
        answers[head["id"].rpartition("/")[0]] = (
            ("raises" if raised else "malformed") if got["findings"] else numbers(cotangents)
        )
    return {"version": backend["who"]["version"], "answers": answers}


def is_installed(spec: str) -> bool:
    """Whether the library of a shipped backend can be imported."""
    return importlib.util.find_spec(MODULES.get(spec, spec).partition(".")[0]) is not None


def remeasured(file: Path) -> dict[str, Measured]:
    """What is on record in a file, anew for the backends that are installed; the file is written."""
    record: dict[str, Measured] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    record |= {spec: measured(spec) for spec in SHIPPED if is_installed(spec)}
    file.write_text(json.dumps(record, indent=0) + "\n", encoding="utf-8")
    return record
