"""The scoreboard: backends × rules as one page with everything in it, no request, and no script needed to read it."""

import inspect
import math
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from oracle.catalogue import CATALOGUE, FAMILIES
from oracle.conformance import frozen
from oracle.conformance.adapter import SHIPPED
from oracle.conformance.record import CONVENTION, FAILING, JUDGED, NOT_RUN, UNSUPPORTED, VERDICTS, Record
from oracle.conformance.script import script
from oracle.conformance.summary import Row, row, shares, totals
from oracle.verdict import FACTOR

BINS, LOWEST, HIGHEST = 36, -3.0, 6.0
"""Bars of a plot, and the powers of ten of the errors at its ends."""

WIDTH, HEIGHT = 252, 40
LONGEST = 4000
"""A script of more characters is left out: `purevjp repro` prints it."""

MARKS = {
    "agree": "✓", CONVENTION: "≈", UNSUPPORTED: "–", NOT_RUN: "·", "imprecise": "◐", "wrong": "✗", "error": "!",
    "timeout": "…", "crash": "†",
}  # fmt: skip
"""Told apart without colour."""


def page(records: Sequence[Record]) -> str:
    """The page of these records, of any number of backends.

    Errors  ValueError when there are none, or a case of a backend is among them twice.
    """
    by_backend = grouped(records)
    if not by_backend:
        raise ValueError("the reports have no record, so there is nothing to show")
    backends = list(by_backend)
    rows = {name: {rule: row(rule, of) for rule, of in by_rule.items()} for name, by_rule in by_backend.items()}
    known = [rule for rule in CATALOGUE if any(rule in of for of in rows.values())]
    others = sorted({rule for of in rows.values() for rule in of} - CATALOGUE.keys())
    environment = Environment(loader=PackageLoader("oracle", "."), autoescape=True, undefined=StrictUndefined)
    text: str = environment.get_template("scoreboard.html").render(
        backends=[summarized(name, list(rows[name].values())) for name in backends],
        rules=[section(rule, {name: by_backend[name].get(rule, []) for name in backends}) for rule in known + others],
        not_shown=len(CATALOGUE) - len(known), families=list(FAMILIES), verdicts=VERDICTS, marks=MARKS, factor=FACTOR,
    )  # fmt: skip
    return text


def grouped(records: Sequence[Record]) -> dict[str, dict[str, list[Record]]]:
    """The records by backend and rule."""
    found: dict[str, dict[str, list[Record]]] = {}
    seen: set[tuple[str, str]] = set()
    for line in records:
        who = line["backend"]
        name = " ".join(filter(None, (who["name"], who["version"], who["device"])))
        if (name, line["case"]) in seen:
            raise ValueError(f"the reports have {line['case']!r} of {name} twice")
        seen.add((name, line["case"]))
        found.setdefault(name, {}).setdefault(line["rule"], []).append(line)
    return found


def summarized(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    """What the page says of a backend."""
    total = totals(rows)
    supported, everything = shares(total)
    return {"name": name, "counts": total, "supported": supported, "all": everything, "cases": sum(total.values())}


def section(rule: str, by_backend: Mapping[str, Sequence[Record]]) -> dict[str, Any]:
    """What the page says of a rule."""
    case = CATALOGUE.get(rule)
    doc = (inspect.getdoc(case["rule"]) or "").partition("\n\n>>>")[0] if case is not None else ""
    family = next((name for name, rows in FAMILIES.items() if case is not None and case in rows.CASES), "")
    cells = [cell(rule, name, lines) for name, lines in by_backend.items()]
    return {"rule": rule, "doc": doc, "family": family, "cells": cells}


def cell(rule: str, backend: str, lines: Sequence[Record]) -> dict[str, Any]:
    """What the page says of a rule of a backend."""
    of = row(rule, lines)
    failing = [line for line in lines if line["verdict"] in FAILING]
    ratios = [line["ratio"] for line in lines if line["ratio"] is not None and line["verdict"] in JUDGED]
    return {
        **of,
        "backend": backend,
        "failing": failing[:3],
        "more": max(len(failing) - 3, 0),
        "script": reproducer(failing),
        "command": command(failing[0]) if failing else "",
        "plot": Markup(plot(ratios, f"{rule}, {backend}")) if ratios else "",  # noqa: S704 (our SVG, the label escaped)
    }


def command(line: Record) -> str:
    """How to see a failure: a line for a shell, whatever names a report has."""
    return shlex.join(["purevjp", "repro", line["case"], "--backend", line["backend"]["name"]])


def reproducer(failing: Sequence[Record]) -> str:
    """The shortest script of the first failures of a shipped backend."""
    texts = []
    for line in failing[:8]:
        name = line["backend"]["name"]
        if name in SHIPPED:
            try:
                texts.append(script(frozen.vector(line["case"]), name, own=False))
            except ValueError:  # a case that the corpus has no more, or one that was drawn
                continue
    short = [text for text in texts if len(text) <= LONGEST]
    return min(short, key=len) if short else ""


def plot(ratios: Sequence[float], label: str) -> str:
    """How often which error was seen, on a scale of powers of ten, with a line at the limit."""
    powers = np.clip(np.log10(np.maximum(ratios, 10.0**LOWEST)), LOWEST, HIGHEST)
    counts, _ = np.histogram(powers, BINS, (LOWEST, HIGHEST))
    wide = WIDTH / BINS
    bars = "".join(
        f'<rect x="{i * wide:.4g}" y="{HEIGHT - h:.4g}" width="{wide - 1:.4g}" height="{h:.4g}"/>'
        for i, h in enumerate(HEIGHT * counts / max(counts.max(), 1))
        if h
    )
    limit = (math.log10(FACTOR) - LOWEST) / (HIGHEST - LOWEST) * WIDTH
    title = escape(f"{label}: errors of {len(ratios)} cases in error scales, the worst {max(ratios):.3g}")
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{title}">'
        f'{bars}<line x1="{limit:.4g}" x2="{limit:.4g}" y1="0" y2="{HEIGHT}"/></svg>'
    )
