"""The report of `purevjp verify`: one page with everything in it, plots as SVG, no script and no request."""

import inspect
import io
from typing import Any

import matplotlib as mpl
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from oracle.catalogue import CATALOGUE
from oracle.command.rules import counterpart_of, point_lines, witnesses_of
from oracle.verdict import FACTOR, PASSING

EXACT = 1e-3
"""Smaller ratios are drawn as exact."""


def written(document: dict[str, Any]) -> str:
    """The page of what `purevjp verify` found: `versions`, `seed`, `examples`, `dtypes` and the results of `rules`."""
    environment = Environment(loader=PackageLoader("oracle", "."), autoescape=True, undefined=StrictUndefined)
    rules = [section(result) for result in document["rules"]]
    page: str = environment.get_template("report.html").render(**{**document, "rules": rules}, factor=FACTOR)
    return page


def section(result: dict[str, Any]) -> dict[str, Any]:
    """What the page says of one rule."""
    case = CATALOGUE[result["rule"]]
    doc = (inspect.getdoc(case["rule"]) or "").partition("\n\n>>>")[0]
    return {
        **result,
        "passes": result["verdict"] in PASSING,
        "doc": doc,
        "counterpart": counterpart_of(case),
        "judged_by": witnesses_of(case),
        "points": [(point, point_lines(point)) for point in case["points"]],
        "plot": Markup(plot(result["rule"], result["ratios"])),  # noqa: S704 (our own SVG, the label escaped)
    }


def plot(rule: str, ratios: list[float]) -> str:
    """The distribution of the worst error of each case, in error scales, as SVG."""
    shown = np.clip(np.array([ratio for ratio in ratios if np.isfinite(ratio)]), EXACT, 1e6)
    with mpl.rc_context({"svg.hashsalt": rule, "svg.fonttype": "none", "font.size": 9, "font.family": "sans-serif"}):
        figure = Figure(figsize=(5, 1.7), layout="constrained")
        axes = figure.subplots()
        axes.hist(shown, bins=list(np.geomspace(EXACT, max(100.0, shown.max(initial=1)), 41)), color="#4c78a8")
        axes.axvline(FACTOR, color="#d62728", linewidth=1.5)
        axes.set_xscale("log")
        axes.set_xlabel(f"worst error of a case, in error scales (left edge: exact; line: {FACTOR}, the limit)")
        axes.set_ylabel("cases")
        axes.spines[["top", "right"]].set_visible(False)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    svg = buffer.getvalue()
    label = f"Histogram of {len(ratios)} cases of {rule}; the worst is {max(ratios, default=0):.3g}"
    return svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1)
