"""purevjp verify."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from oracle.catalogue import CATALOGUE
from oracle.command.terminal import (
    CORES,
    Examples,
    Folder,
    Jobs,
    JsonFile,
    Rules,
    Seed,
    check_folder,
    check_writable,
    known,
    out,
    progress,
    selected,
    write_json,
)
from oracle.parallel import in_order_of_arrival
from oracle.verdict import ERROR, FACTOR, PASSING
from oracle.verify import Result, failed, verify

DTYPES = ("float64", "float32", "float16")
SHOWN = 3
"""Findings printed per rule."""


def verify_named(name: str, seed: int, examples: int, dtypes: tuple[str, ...], folder: Path | None) -> Result:
    """The verdict on a row, by its name: what a worker does. A row that cannot be judged costs itself alone."""
    try:
        return verify(CATALOGUE[name], seed=seed, examples=examples, dtypes=dtypes, folder=folder)
    except Exception as error:  # noqa: BLE001 (whatever a row raises is the finding)
        return failed(name, ERROR, f"its row cannot be judged: {error!r}")


def verify_rules(
    rules: Rules = None,
    seed: Seed = 0,
    examples: Examples = 12,
    dtype: Annotated[
        list[str] | None, typer.Option(metavar="DTYPE", help="float64, float32 or float16; may be repeated.")
    ] = None,
    jobs: Jobs = CORES,
    keep: Folder = None,
    json_file: JsonFile = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with plots, as .html.")] = None,
) -> int:
    """Judge rules and random networks by every witness; exit 1 unless all agree."""
    cases = selected(rules)
    dtypes = tuple(known(name, DTYPES, "dtype") for name in dtype or DTYPES[:2])
    if report is not None and json_file is not None and report.absolute() == json_file.absolute():
        raise ValueError(f"--json and --report both name {str(report)!r}, but should name two files")
    if report is not None and report.suffix.lower() != ".html":
        raise ValueError(f"the report's name is {str(report)!r}, but should end in .html")
    check_writable(json_file, report)
    check_folder(keep)
    results: dict[str, Result] = {}
    try:
        with progress() as bar:
            task = bar.add_task("", total=len(cases))
            for name, result in in_order_of_arrival(verify_named, list(cases), jobs, seed, examples, dtypes, keep):
                results[name] = result or failed(name, ERROR, "the process that judged it died")
                bar.update(task, advance=1, description=name)
    finally:
        judged = [results[name] for name in cases if name in results]
        print_results(judged)
    document = {"versions": versions(), "seed": seed, "examples": examples, "dtypes": dtypes, "rules": judged}
    if json_file is not None:
        write_json(json_file, document)
    if report is not None:
        from oracle.report import written  # noqa: PLC0415 (plots take a second to import)

        report.write_text(written(document), encoding="utf-8")
    return 0 if all(result["verdict"] in PASSING for result in judged) else 1


def versions() -> dict[str, str]:
    """What was judged, and by what."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in ("purevjp", "numpy", "jax", "mpmath")},
    }


def print_results(results: list[Result]) -> None:
    """The table, what its numbers mean, and what is wrong with what."""
    table = Table("rule", box=None, pad_edge=False)
    for column in ("cases", "left out", "worst error"):
        table.add_column(column, justify="right")
    for column in ("witnesses", "policies", "verdict"):
        table.add_column(column)
    for result in results:
        style = "green" if result["verdict"] in PASSING else "bold red"
        table.add_row(
            result["rule"],
            str(result["cases"]),
            str(result["left_out"]),
            f"{result['worst']:.2g}",
            " ".join(shorter(result["witnesses"])),
            " ".join(dict.fromkeys(convention.rpartition(": ")[2] for convention in result["conventions"])),
            Text(result["verdict"], style=style),
        )
    out.print(table)
    out.print(
        f"\nworst error: in units of the error scale that rounding allows; {FACTOR} is the limit\n"
        "witnesses: j JAX, d differences, c complex step, r referee, l laws; policies: docs/kinks.md"
    )
    for result in results:
        for line in failure_lines(result):
            out.print(line, style="red", soft_wrap=True, markup=False)


def shorter(witnesses: dict[str, int]) -> list[str]:
    """The first letter of each witness that agreed."""
    return [name[0] for name in ("jax", "differences", "complex step", "referee", "laws") if witnesses.get(name)]


def failure_lines(result: dict[str, Any] | Result) -> list[str]:
    """What was found against a rule, and how to see it."""
    name, findings = result["rule"], result["findings"]
    lines = [f"{name}: {finding}" for finding in findings[:SHOWN]]
    more = len(findings) - SHOWN
    lines += [f"{name}: and {more} more findings"] if more > 0 else []
    lines += [f"{name}: {result['diagnosis']}"] if result["diagnosis"] else []
    return [*lines, *(["", result["reproducer"]] if result["reproducer"] else [])]
