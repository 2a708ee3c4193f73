"""The figures of a study."""

import math
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from purevjp.study.summary import named, summary, trained

__all__ = ["FIGURES"]

TRAIN, VALIDATION = "#4c78a8", "#e45756"
MARKERS = "osD^vP*X"
TOP = 1.5
"""Losses are drawn up to here, three times that of predicting the mean."""


def learning_curves(document: dict[str, Any]) -> Figure:
    """Losses by epoch: a panel per depth and width, a line per seed, dots at the epoch that was kept."""
    depths, widths = document["depths"], document["widths"]
    figure = Figure(figsize=(2.2 * len(widths) + 1.5, 1.8 * len(depths) + 1), layout="constrained")
    panels = figure.subplots(len(depths), len(widths), sharex=True, sharey=True, squeeze=False)
    for (pair, by_seed), axes in zip(trained(document).items(), panels.flat, strict=True):
        for cell in by_seed.values():
            curves, best = cell["curves"], cell["best_epoch"]
            axes.plot(range(1, len(curves["train"]) + 1), curves["train"], color=TRAIN, linewidth=0.7)
            axes.plot(curves["validation"], color=VALIDATION, linewidth=0.7)
            axes.plot(best, curves["validation"][best], "o", color=VALIDATION, markersize=3)
        gone = document["seeds"] - len(by_seed)
        axes.set_title(named(pair) + (f" ({gone} of {document['seeds']} diverged)" if gone else ""), fontsize=9)
    panels[0, 0].set_yscale("log")
    panels[0, 0].set_ylim(top=TOP)
    figure.supxlabel("epoch", fontsize=9)
    figure.supylabel("loss ½ r², target standardised", fontsize=9)
    panels[0, 0].plot([], [], color=TRAIN, label="training")
    panels[0, 0].plot([], [], color=VALIDATION, marker="o", markersize=3, label="validation; dot: kept")
    figure.legend(loc="outside upper right", ncols=2, fontsize=8, frameon=False)
    return figure


def heat_map(document: dict[str, Any]) -> Figure:
    """Mean test R² over depth and width, with its spread; diverged cells are hatched."""
    depths, widths, seeds = document["depths"], document["widths"], document["seeds"]
    rows = {(row["depth"], row["width"]): row for row in summary(document)}
    values = np.array([[optional(rows[d, w]["test_r2"]) for w in widths] for d in depths])
    figure = Figure(figsize=(1.3 * len(widths) + 2, 0.8 * len(depths) + 1.4), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(np.ma.masked_invalid(values), cmap="viridis", aspect="auto", origin="lower")
    figure.colorbar(image, label="mean test R²")
    middle = np.nanmean([np.nanmin(values), np.nanmax(values)]) if np.any(np.isfinite(values)) else 0
    for (i, j), value in np.ndenumerate(values):
        row = rows[depths[i], widths[j]]
        gone = f"diverged {row['diverged']}/{seeds}" if row["diverged"] else ""
        mean = f"{value:.3f}" if row["trained"] else ""
        sd = "" if row["test_r2_sd"] is None else f"± {row['test_r2_sd']:.3f}"
        said = [part for part in (mean, sd, gone) if part]
        color = "black" if not value < middle else "white"
        axes.text(j, i, "\n".join(said), ha="center", va="center", fontsize=8, color=color)
        if row["diverged"]:
            axes.fill_between([j - 0.5, j + 0.5], i - 0.5, i + 0.5, facecolor="none", edgecolor="0.5", hatch="//", lw=0)
    axes.set(xticks=range(len(widths)), xticklabels=widths, yticks=range(len(depths)), yticklabels=depths)
    axes.set(xlabel="units per layer", ylabel="hidden layers")
    return figure


def over_fitting(document: dict[str, Any]) -> Figure:
    """Training against test: the further from the line, the more is over-fitted."""
    figure = Figure(figsize=(5.2, 4.2), layout="constrained")
    axes = figure.subplots()
    for (pair, by_seed), color in zip(trained(document).items(), colors(document), strict=True):
        r2 = [(cell["train"]["r2"], cell["test"]["r2"]) for cell in by_seed.values()]
        if r2:
            (x, y), marker = np.mean(r2, axis=0), MARKERS[document["depths"].index(pair[0]) % len(MARKERS)]
            axes.plot(*zip(*r2, strict=True), marker, color=color, markersize=3, alpha=0.35, linestyle="none")
            axes.plot(x, y, marker, color=color, markersize=8, linestyle="none", label=named(pair))
    low = min([*axes.get_xlim(), *axes.get_ylim()])
    high = max([*axes.get_xlim(), *axes.get_ylim()])
    axes.plot([low, high], [low, high], color="0.6", linewidth=1, zorder=0)
    axes.set(xlabel="training R²", ylabel="test R²")
    legend(axes, "large: mean over seeds")
    return figure


def error_bars(document: dict[str, Any]) -> Figure:
    """Test R² by width, a line per depth; bars are one standard deviation over seeds."""
    figure = Figure(figsize=(5.2, 3.8), layout="constrained")
    axes = figure.subplots()
    rows = summary(document)
    for k, depth in enumerate(document["depths"]):
        shown = [row for row in rows if row["depth"] == depth and row["trained"]]
        place = [
            document["widths"].index(row["width"]) + 0.06 * (k - (len(document["depths"]) - 1) / 2) for row in shown
        ]
        axes.errorbar(
            place,
            [row["test_r2"] for row in shown],
            yerr=[row["test_r2_sd"] or 0.0 for row in shown],
            marker=MARKERS[k % len(MARKERS)],
            capsize=3,
            linewidth=1,
            markersize=4,
            label=f"{depth} hidden",
        )
    least_squares = [baseline["least_squares"]["r2"] for baseline in document["baselines"]]
    mean, sd = float(np.mean(least_squares)), float(np.std(least_squares, ddof=1)) if len(least_squares) > 1 else 0.0
    axes.axhline(mean, color="0.4", linewidth=1, linestyle="--", label="least squares")
    axes.axhspan(mean - sd, mean + sd, color="0.5", alpha=0.15, linewidth=0)
    axes.set(xticks=range(len(document["widths"])), xticklabels=document["widths"])
    axes.set(xlabel="units per layer", ylabel="test R²")
    legend(axes, "± 1 sd over seeds")
    return figure


FIGURES = {
    "learning-curves": (learning_curves, "Learning curves"),
    "heat-map": (heat_map, "Test R² over depth and width"),
    "over-fitting": (over_fitting, "Training against test"),
    "error-bars": (error_bars, "Test R² with its spread over seeds"),
}
"""By file name, with what the report calls them."""


def optional(value: float | None) -> float:
    """A number, nan for none."""
    return math.nan if value is None else value


def colors(document: dict[str, Any]) -> list[Any]:
    """A colour per depth and width: the darker the narrower."""
    shades = colormaps["viridis"](np.linspace(0.05, 0.9, len(document["widths"])))
    return [shade for _ in document["depths"] for shade in shades]


def legend(axes: Axes, title: str) -> None:
    """A small legend beside the axes."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            title=title, title_fontsize=8, fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5)
        )
