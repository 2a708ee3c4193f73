"""The command line: verify, list, show, train."""

import difflib
import inspect
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import jax
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from oracle.catalogue import CATALOGUE, FAMILIES
from oracle.domain import Case
from oracle.verify import verify as verify_row

app = typer.Typer(
    name="purevjp",
    help="Gradients as pure NumPy functions, judged against JAX and finite differences.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
INTERRUPTED = 130

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Rules = Annotated[list[str] | None, typer.Argument(metavar="RULE", help="Names of rules or families; all by default.")]


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line: 0 when all is well, 1 when a rule is wrong or not judged, 2 with one line on bad usage."""
    try:
        code = app(arguments, standalone_mode=False)
        if code == INTERRUPTED:
            print("purevjp: interrupted", file=sys.stderr)
    except (typer.TyperException, ValueError, OSError, ArithmeticError, MemoryError, RuntimeError) as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        if message:
            print(f"purevjp: {' '.join(message.split())}", file=sys.stderr)
        return 2
    return int(code or 0)


@app.command()
def verify(
    rules: Rules = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all that is drawn.")] = 0,
    examples: Annotated[int, typer.Option(min=1, help="Shapes drawn per rule.")] = 16,
) -> int:
    """Judge rules and random networks against JAX, differences and the laws; exit 1 unless all agree."""
    table = Table("rule", box=None, pad_edge=False)
    table.add_column("cases", justify="right")
    table.add_column("worst error", justify="right")
    table.add_column("verdict")
    wrong: list[str] = []
    cases = selected(rules)
    try:
        with progress() as bar:
            task = bar.add_task("", total=len(cases))
            for name, case in cases.items():
                bar.update(task, description=name)
                result = verify_row(case, seed=seed, examples=examples)
                verdict = Text(result["verdict"], style="green" if result["verdict"] == "agree" else "bold red")
                table.add_row(name, str(result["cases"]), f"{result['worst']:.2g}", verdict)
                wrong += [f"{name}: {finding}" for finding in result["findings"][:3]]
                bar.advance(task)
    finally:
        out.print(table)
        out.print("\nworst error: in units of the error scale that rounding allows; 8 is the limit")
        for line in wrong:
            out.print(line, style="red", soft_wrap=True)
    return 1 if wrong else 0


@app.command("list")
def list_rules(rules: Rules = None) -> None:
    """List the rules with their formulas."""
    table = Table("rule", "family", "value", box=None, pad_edge=False)
    for name, case in selected(rules).items():
        table.add_row(name, family_of(name), Text(labelled(case, "Value")))
    out.print(table)
    out.print(f"\n{table.row_count} rules")


@app.command()
def show(rule: Annotated[str, typer.Argument(metavar="RULE", help="Name of a rule.")]) -> None:
    """Show a rule: its formulas, shapes, kinks, JAX counterpart and source file."""
    case = CATALOGUE[known(rule, CATALOGUE, "rule")]
    function, counterpart = case["rule"], case["counterpart"]
    parameters = inspect.signature(function).parameters.values()
    plain = inspect.Signature([p.replace(annotation=p.empty) for p in parameters])
    out.print(f"{rule}{plain}\n", style="bold", soft_wrap=True)
    out.print(inspect.getdoc(function), soft_wrap=True)
    homes = [m.__name__ for m in (jax.numpy, jax.nn) if getattr(m, counterpart.__name__, None) is counterpart]
    out.print(f"\nJAX       {[*homes, counterpart.__module__][0]}.{counterpart.__name__}")
    out.print(f"File      {function.__module__.replace('.', '/')}.py")


@app.command()
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
    for file in (json_file, plot):
        if file is not None:
            check_writable(file)
    with progress() as bar:
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
        json_file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if plot is not None:
        plot_losses(report, plot)


def check_writable(file: Path) -> None:
    """Raise an error, before the work is done, if a file cannot be written."""
    if not file.absolute().parent.is_dir():
        raise FileNotFoundError(f"there is no folder {file.parent} to write {file.name} into")
    if file.is_dir():
        raise IsADirectoryError(f"{file} is a folder, but should be a file to write")
    if not os.access(file if file.exists() else file.absolute().parent, os.W_OK):
        raise PermissionError(f"{file} cannot be written")


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


def progress() -> Progress:
    """A progress bar on standard error that disappears when it is done; silent where nobody looks."""
    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def selected(names: list[str] | None) -> dict[str, Case]:
    """The rows with these names, or of these families; all when there is none."""
    if not names:
        return CATALOGUE
    chosen: dict[str, Case] = {}
    for name in names:
        if name in FAMILIES:
            chosen |= {case["rule"].__name__: case for case in FAMILIES[name].CASES}
        else:
            chosen[name] = CATALOGUE[known(name, CATALOGUE, "rule or family", FAMILIES)]
    return chosen


def known(name: str, names: Iterable[str], what: str, also: Iterable[str] = ()) -> str:
    """`name`, if it is one of the names.

    Errors  ValueError that suggests the nearest.
    """
    if name in names:
        return name
    near = difflib.get_close_matches(name, [*names, *also], n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
    raise ValueError(f"no {what} is called {name!r}; {hint}")


def family_of(name: str) -> str:
    """The family that holds a rule."""
    return next(family for family, rows in FAMILIES.items() if CATALOGUE[name] in rows.CASES)


def labelled(case: Case, label: str) -> str:
    """What a rule's docstring says behind a label."""
    lines = (inspect.getdoc(case["rule"]) or "").splitlines()
    return next((line.removeprefix(label).strip() for line in lines if line.startswith(label)), "")
