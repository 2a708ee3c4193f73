"""purevjp vectors freeze, purevjp vectors prove."""

import importlib.metadata
import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from oracle.catalogue import CATALOGUE
from oracle.command.terminal import CORES, Jobs, Rules, out, progress, selected
from oracle.command.vectors import app
from oracle.parallel import in_order_of_arrival
from oracle.vectors.choose import chosen
from oracle.vectors.corpus import FOLDER, SUMS, opened, vectors_of
from oracle.vectors.freeze import write
from oracle.vectors.prove import BY_NAME, BY_VALUES, IN_PROCESS, IS_EQUIVALENT, SURVIVED, proved
from oracle.vectors.vector import Vector

HOW = (BY_VALUES, IN_PROCESS, BY_NAME, IS_EQUIVALENT, SURVIVED)
WITNESSES = ("jax", "jaxlib", "mpmath", "numpy", "scipy")

Corpus = Annotated[Path, typer.Option(metavar="DIR", help="The corpus.")]


@app.command()
def freeze(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A corpus that grows, or a new folder.")],
    version: Annotated[str, typer.Option(help="Year and month, as in 2026.11; 2026.11.1 for a second one.")],
    rules: Rules = None,
    jobs: Jobs = CORES,
) -> int:
    """Add vectors to a corpus until it catches every mutant of these rules; what it has stays as it is."""
    names = list(selected(rules))
    before: dict[str, list[Vector]] = {}
    if (folder / SUMS).is_file():
        manifest = opened(folder)
        before = {rule: list(vectors_of(manifest, rule)) for rule in manifest["rules"]}
    check_version(version, manifest["version"] if before else "")
    after = dict(before)
    with progress() as bar:
        task = bar.add_task("", total=len(names))
        for name, vectors in in_order_of_arrival(frozen, names, jobs, folder):
            if vectors is None:
                raise RuntimeError(f"the process that made the vectors of {name} died")
            after[name] = vectors
            bar.update(task, advance=1, description=name)
    by_rule = {name: after[name] for name in CATALOGUE if name in after}
    producer = {name: importlib.metadata.version(name) for name in ("purevjp", *WITNESSES)}
    write(folder, version, by_rule, producer)
    n, old = (sum(map(len, of.values())) for of in (after, before))
    out.print(f"{n} vectors of {len(after)} rules, {n - old} of them new")
    return 0


def check_version(version: str, before: str) -> None:
    """Whether a version is one of the calendar, and not before another.

    Errors  ValueError when it is not.
    """
    if not re.fullmatch(r"20\d\d\.([1-9]|1[0-2])(\.\d{1,4})?", version):
        raise ValueError(f"the version should be a year and a month, as in 2026.11, but is {version!r}")
    if before and [*map(int, version.split("."))] < [*map(int, before.split("."))]:
        raise ValueError(f"the version {version} is before {before}, which the corpus has")


def frozen(name: str, folder: Path) -> list[Vector]:
    """The vectors of a rule, by its name: what a worker does."""
    kept: list[Vector] = []
    if (folder / SUMS).is_file() and name in (manifest := opened(folder))["rules"]:
        kept = list(vectors_of(manifest, name))
    return chosen(CATALOGUE[name], kept)


@app.command()
def prove(rules: Rules = None, jobs: Jobs = CORES, corpus: Corpus = FOLDER) -> int:
    """Hold each mutant of each rule against the float32 vectors alone; exit 1 if one survives."""
    manifest = opened(corpus)
    names = [name for name in selected(rules) if name in manifest["rules"]]
    results: dict[str, dict[str, str]] = {}
    with progress() as bar:
        task = bar.add_task("", total=len(names))
        for name, result in in_order_of_arrival(proved_named, names, jobs, corpus):
            results[name] = result or {"all: the process died": SURVIVED}
            bar.update(task, advance=1, description=name)
    table = Table("rule", box=None, pad_edge=False)
    for column in ("mutants", *HOW):
        table.add_column(column, justify="right")
    for name in names:
        counts = Counter(results[name].values())
        style = "bold red" if counts[SURVIVED] else "green"
        table.add_row(Text(name, style=style), str(len(results[name])), *(str(counts[how]) for how in HOW))
    out.print(table)
    total = Counter(how for result in results.values() for how in result.values())
    parts = ", ".join(f"{total[how]} {how}" for how in HOW)
    out.print(f"\n{total.total()} mutants of {len(names)} rules: {parts}; corpus {manifest['version']}", soft_wrap=True)
    for how in (BY_NAME, SURVIVED):
        for name in names:
            for mutant in (m for m, h in results[name].items() if h == how):
                out.print(f"{name}: {mutant!r}: {how}", soft_wrap=True, markup=False)
    return int(total[SURVIVED] > 0)


def proved_named(name: str, corpus: Path) -> dict[str, Any]:
    """How the mutants of a rule are caught, by its name: what a worker does."""
    return proved(CATALOGUE[name], list(vectors_of(opened(corpus), name)))
