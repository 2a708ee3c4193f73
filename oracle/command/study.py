"""purevjp study."""

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from oracle.command.terminal import CORES, err, known, out

INTERRUPTED = 130
FINISHED = "finished.jsonl"
"""Where the output folder keeps what is done."""
DOCUMENT = "study.json"
"""And what it says of it."""

WIDE = 120
"""Columns of a table where no terminal says how many it has."""
STEADY = 600.0
"""Seconds over which the progress bar measures its speed: cells differ."""


def study(
    dataset: Annotated[
        str | None, typer.Argument(metavar="[DATASET]", help="diabetes (default), red-wine, white-wine or california.")
    ] = None,
    depths: Annotated[str | None, typer.Option(help="Hidden layers, by default 1,2,3.")] = None,
    widths: Annotated[str | None, typer.Option(help="Units per layer, by default 8,32,128.")] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="How often, by default 5; cortez: runs of 5 folds, by default 20.")
    ] = None,
    rates: Annotated[
        str | None, typer.Option(help="Learning rates to choose from, by default 0.001,0.003,0.01,0.03.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most, by default 200.")] = None,
    patience: Annotated[
        int | None, typer.Option(min=1, help="Epochs without a better validation loss that end it, by default 10.")
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Samples per step, by default 32.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="adam, the default, or sgd.")] = None,
    protocol: Annotated[
        str | None, typer.Option(help="A published protocol instead of the grid: cortez or california.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Cells at a time, each in a process; by default as many as there are cores."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Train on the Dask cluster of this scheduler, tcp://host:port."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where all goes, and is gone on from; by default study-DATASET."),
    ] = None,
) -> None:
    """Study depth and width: every cell of a grid, trained with every seed, with a report; or a published protocol."""
    from purevjp.study import california, cortez, grid  # noqa: PLC0415 (the extra `study`)
    from purevjp.study.data import DATASETS  # noqa: PLC0415
    from purevjp.study.experiment import OPTIMIZERS  # noqa: PLC0415
    from purevjp.study.output import save_study  # noqa: PLC0415

    given: dict[str, Any] = {
        "dataset": dataset,
        "depths": numbers(depths, "depths", int),
        "widths": numbers(widths, "widths", int),
        "rates": numbers(rates, "rates", float),
        "epochs": epochs,
        "patience": patience,
        "batch": batch,
        "optimizer": optimizer,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if jobs is not None and scheduler is not None:
        raise ValueError("--jobs is for this machine, --scheduler for a cluster: give one of them")
    where: dict[str, Any] = {"jobs": jobs or CORES, "scheduler": scheduler}
    how = shlex.join(["purevjp", *sys.argv[1:]])
    if protocol is None:
        options: Any = grid.DEFAULTS | given | ({} if seeds is None else {"seeds": seeds})
        known(options["dataset"], DATASETS, "data set")
        known(options["optimizer"], OPTIMIZERS, "optimizer")
        grid.check(options)
        folder = own(made(folder or Path(f"study-{options['dataset']}")), options["dataset"])
        with watched(folder) as callbacks:
            document = grid.study(options, folder / FINISHED, **where, **callbacks)
        page = save_study(document, folder, how)
    else:
        run, save, times = {
            "cortez": (cortez.study, cortez.save, 20),
            "california": (california.study, california.save, 5),
        }[known(protocol, ("cortez", "california"), "protocol")]
        if given:
            raise ValueError(f"--protocol {protocol} has its own {', '.join(given)}: leave them out")
        folder = own(made(folder or Path(f"study-{protocol}")), f"the protocol {protocol}")
        with watched(folder) as callbacks:
            document = run(times if seeds is None else seeds, folder / FINISHED, **where, **callbacks)
        page = save(document, folder, how)
    table = Table(*page["tables"][0]["columns"], box=None, pad_edge=False)
    for row in page["tables"][0]["rows"]:
        table.add_row(*map(str, row))
    out.print("\n".join(page["text"]), soft_wrap=True)
    wide = out if out.is_terminal else Console(width=WIDE, highlight=False)
    wide.print("", table, "", sep="\n")
    out.print(f"{folder / 'report.html'} has all of it; the same as CSV, JSON and text is beside it", soft_wrap=True)


def numbers(text: str | None, name: str, kind: Callable[[str], float]) -> list[Any] | None:
    """The numbers of a list with commas.

    >>> numbers("1, 2", "depths", int)
    [1, 2]
    """
    try:
        return None if text is None else [kind(part) for part in text.split(",")]
    except ValueError:
        what = "whole numbers" if kind is int else "numbers"
        raise ValueError(f"{name} are {text!r}, but should be {what} with commas between them") from None


def made(folder: Path) -> Path:
    """The folder, which is there afterwards."""
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file, but should be a folder to write into")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PermissionError(f"{folder} cannot be made: {error.strerror}") from error
    return folder


def own(folder: Path, what: str) -> Path:
    """The folder, if no study of other data is in it, whose pages would be lost.

    Errors  ValueError that names both, and another folder.
    """
    try:
        document = json.loads((folder / DOCUMENT).read_text("utf-8"))
        other = f"the protocol {document['protocol']}" if "protocol" in document else document["dataset"]
    except (OSError, ValueError, TypeError, KeyError):
        return folder
    if other == what:
        return folder
    usual = f"study-{what.rpartition(' ')[2]}"
    free = usual if Path(usual).absolute() != folder.absolute() else f"{usual}-2"
    raise ValueError(f"{folder} has a study of {other}, but this one is of {what}: give another --out, as {free}")


@contextmanager
def watched(folder: Path) -> Iterator[dict[str, Callable[..., None]]]:
    """A progress bar by cost, with the time left; an interrupt says what is kept, and ends with 130."""
    done = [0, 0]
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=err, transient=True, disable=not err.is_terminal, speed_estimate_period=STEADY)

    def on_start(costs: Sequence[float], total: int) -> None:
        done[:] = [total - len(costs), total]
        if 0 < done[0] < total:
            err.print(f"{done[0]} of {total} cells are in {folder / FINISHED} already", soft_wrap=True)
        bar.add_task(f"{done[0]} of {total} cells", total=sum(costs))

    def on_result(cost: float) -> None:
        done[0] += 1
        bar.update(bar.task_ids[0], advance=cost, description=f"{done[0]} of {done[1]} cells")

    try:
        with bar:
            yield {"on_start": on_start, "on_result": on_result}
    except KeyboardInterrupt:
        where = folder / FINISHED
        err.print(f"finished cells are kept in {where}: the same command goes on from there", soft_wrap=True)
        raise typer.Exit(INTERRUPTED) from None
