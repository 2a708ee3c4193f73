"""purevjp train."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from oracle.command.terminal import check_writable, known, out, progress, told_warnings, write_json


def train(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="diabetes, red-wine, white-wine or california.")],
    depth: Annotated[int, typer.Option(min=0, max=1000, help="Hidden layers.")] = 2,
    width: Annotated[int, typer.Option(min=1, max=65536, help="Units of each hidden layer.")] = 64,
    batch: Annotated[int, typer.Option(min=1, help="Samples per step.")] = 32,
    rate: Annotated[float | None, typer.Option(help="Learning rate; by default 0.01 for sgd, 0.001 for adam.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training part.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Seed of initial weights and batches; the split never changes.")] = 0,
    optimizer: Annotated[str, typer.Option(help="sgd or adam.")] = "sgd",
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write options, errors and history.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the loss curve, as .png.")] = None,
) -> None:
    """Train a perceptron on a data set; test errors beside those of the mean and of least squares."""
    from purevjp.study.data import DATASETS  # noqa: PLC0415 (the extra `study`)
    from purevjp.study.experiment import OPTIMIZERS, run  # noqa: PLC0415
    from purevjp.study.plot import plot_losses  # noqa: PLC0415

    known(dataset, DATASETS, "data set")
    known(optimizer, OPTIMIZERS, "optimizer")
    if plot is not None and plot.suffix != ".png":
        raise ValueError(f"the plot's name is {str(plot)!r}, but should end in .png")
    check_writable(json_file, plot)
    with told_warnings(), progress() as bar:
        task = bar.add_task("training", total=epochs)

        def on_epoch(_weights: Any, history: dict[str, list[float]]) -> None:
            bar.update(task, advance=1, description=f"loss {history['train'][-1]:.4f}")

        report = run(
            dataset,
            depth=depth,
            width=width,
            batch=batch,
            rate=rate,
            epochs=epochs,
            seed=seed,
            optimizer=optimizer,
            on_epoch=on_epoch,
        )
    print_errors(report)
    if json_file is not None:
        write_json(json_file, report)
    if plot is not None:
        plot_losses(report, plot)


def print_errors(report: dict[str, Any]) -> None:
    """The table of test errors."""
    rows, unit = report["rows"], report["unit"]
    table = Table(
        f"test part ({rows['test']} rows)",
        title=f"{report['dataset']}: {report['target']}" + (f" ({unit})" if unit else ""),
        box=None,
        pad_edge=False,
        title_justify="left",
    )
    for column in ("R²", "RMSE", "MAD"):
        table.add_column(column, justify="right")
    for name, row in report["test"].items():
        table.add_row(name.replace("_", " "), f"{row['r2']:.3f}", f"{row['rmse']:.4g}", f"{row['mad']:.4g}")
    out.print(table)
