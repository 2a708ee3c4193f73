"""What the commands share: consoles, progress, names, files."""

import contextlib
import difflib
import inspect
import json
import math
import os
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from oracle.conformance.record import Record, read

if TYPE_CHECKING:
    from oracle.domain import Case

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Rules = Annotated[list[str] | None, typer.Argument(metavar="RULE", help="Names of rules or families; all by default.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of all that is drawn.")]
Examples = Annotated[int, typer.Option(min=1, help="Shapes drawn per rule.")]
Jobs = Annotated[int, typer.Option(min=1, help="Rules judged at a time, each in a process.")]
JsonFile = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write all of it as JSON.")]

Folder = Annotated[
    Path | None, typer.Option("--keep", metavar="DIR", help="Keep truths there, for the next run of the same code.")
]

WARNINGS = 3
"""So many are shown."""

CONTINUED = " " * 10
"""How a line of a docstring begins that has no label of its own."""

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def progress() -> Progress:
    """A progress bar on standard error that disappears when it is done; silent where nobody looks."""
    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def selected(names: list[str] | None) -> dict[str, "Case"]:
    """The rows with these names, or of these families; all when there is none."""
    from oracle.catalogue import CATALOGUE, FAMILIES  # noqa: PLC0415 (JAX takes a second to import)

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


def reports(files: Iterable[Path]) -> list[Record]:
    """The records of reports, and a word on those that a crash has cut off."""

    def cut_off(file: Path) -> None:
        err.print(f"purevjp: the last line of {file} is cut off, and left out", soft_wrap=True, markup=False)

    return list(read(files, cut_off))


def check_writable(*files: Path | None) -> None:
    """Raise an error, before the work is done, if a file cannot be written."""
    for file in filter(None, files):
        if not file.absolute().parent.is_dir():
            raise FileNotFoundError(f"there is no folder {file.parent} to write {file.name} into")
        if file.is_dir():
            raise IsADirectoryError(f"{file} is a folder, but should be a file to write")
        is_new = not file.exists()
        try:
            file.open("a").close()
        except OSError as error:
            raise PermissionError(f"{file} cannot be written: {error.strerror}") from error
        if is_new:
            file.unlink()


def check_folder(folder: Path | None) -> None:
    """Make a folder, or raise an error before the work is done."""
    if folder is not None and not folder.is_dir():
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise NotADirectoryError(f"{folder} cannot be made a folder: {error.strerror}") from error


@contextlib.contextmanager
def told_warnings() -> Iterator[None]:
    """Warnings are lines of ours meanwhile, and no more than a few of a kind that comes with every epoch."""
    caught: list[str] = []

    def catch(message: Warning | str, *_: Any, **__: Any) -> None:
        caught.append(str(message))

    with warnings.catch_warnings():
        warnings.showwarning = catch
        try:
            yield
        finally:
            for line in caught[:WARNINGS]:
                err.print(f"purevjp: {line}", soft_wrap=True, markup=False)
            if len(caught) > WARNINGS:
                err.print(f"purevjp: and {len(caught) - WARNINGS} more warnings", soft_wrap=True)


def write_json(file: Path, document: Any) -> None:
    """Write valid JSON: numbers that are not finite become the strings "inf", "-inf" and "nan"."""
    file.write_text(json.dumps(finite(document), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def finite(document: Any) -> Any:
    """The same without numbers that JSON lacks."""
    if isinstance(document, dict):
        return {key: finite(part) for key, part in document.items()}
    if isinstance(document, list | tuple):
        return [finite(part) for part in document]
    return str(document) if isinstance(document, float) and not math.isfinite(document) else document


def family_of(name: str) -> str:
    """The family that holds a rule."""
    from oracle.catalogue import CATALOGUE, FAMILIES  # noqa: PLC0415 (as above)

    return next(family for family, rows in FAMILIES.items() if CATALOGUE[name] in rows.CASES)


def labelled(case: "Case", label: str) -> str:
    """What a rule's docstring says behind a label, on that line and on those that continue it."""
    lines = (inspect.getdoc(case["rule"]) or "").splitlines()
    said: list[str] = []
    for line in lines:
        if line.startswith(f"{label} ") or (said and line.startswith(CONTINUED)):
            said.append(line.removeprefix(label).strip())
        elif said:
            break
    return " ".join(said)
