"""Plots of training."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

__all__ = ["plot_losses"]


def plot_losses(report: dict[str, Any], path: Path) -> None:
    """Write the losses of a report of `experiment.run` as a picture: of each batch, and after each epoch."""
    history, epochs = report["history"], report["epochs"]
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    steps = len(history["batch"])
    axes.plot(
        [epochs * i / steps for i in range(steps)], history["batch"], color="0.8", linewidth=0.5, label="each batch"
    )
    axes.plot(range(epochs + 1), history["train"], marker="o", markersize=3, label="training part")
    axes.plot(range(epochs + 1), history["validation"], marker="o", markersize=3, label="validation part")
    axes.set(
        xlabel="epoch",
        ylabel="mean loss ½ r², target standardised",
        yscale="log",
        title="{dataset}: {depth} × {width}, {optimizer}, rate {rate:g}, batch {batch}, test R² {r2:.3f}".format(
            **report, r2=report["test"]["mlp"]["r2"]
        ),
    )
    low = min(history["train"] + history["validation"])
    axes.set_ylim(bottom=low / 3)
    axes.legend()
    figure.savefig(path, dpi=150)
