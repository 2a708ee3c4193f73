"""purevjp vectors export, purevjp vectors verify: without JAX."""

from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from oracle.vectors.corpus import FOLDER, MANIFEST, Manifest, opened, vectors_of
from oracle.vectors.export import WRITERS, write_also
from oracle.vectors.freeze import write
from oracle.vectors.strict import printable
from oracle.vectors.verify import Line, verified
from oracle.verdict import CONVENTION, NOT_JUDGED, PASSING, worst_of

WRONG, TOO_LITTLE = 1, 3
SHOWN = 3
"""So many failures of a rule are shown."""

out = Console(highlight=False)
app = typer.Typer(help="Golden vectors: inputs, truth and error scale as files.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(metavar="RULE", help="Names of rules; all by default.")]
Corpus = Annotated[Path | None, typer.Option(metavar="DIR", help="Another corpus than the one that is shipped.")]


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder, or one exported before.")],
    rules: Names = None,
    also: Annotated[
        list[str] | None, typer.Option(metavar="npz|c", help="A further format: npz, or a C header.")
    ] = None,
    corpus: Corpus = None,
) -> int:
    """Write the vectors as safetensors files, with a manifest, its JSON Schema and hashes."""
    if unknown := set(also or ()) - WRITERS.keys():
        raise ValueError(f"there is no format {min(unknown)!r}; there are {', '.join(WRITERS)}")
    manifest = opened(corpus or FOLDER)
    by_rule = {rule: list(vectors_of(manifest, rule)) for rule in chosen(manifest, rules)}
    write(folder, manifest["version"], by_rule, manifest["producer"])
    for kind in also or ():
        write_also(kind, by_rule, folder)
    n = sum(map(len, by_rule.values()))
    out.print(f"{n} vectors of {len(by_rule)} rules, version {manifest['version']}, are in {folder}", markup=False)
    return 0


def chosen(manifest: Manifest, rules: list[str] | None) -> list[str]:
    """The rules that are asked for.

    Errors  ValueError when a corpus has no such rule.
    """
    for name in rules or ():
        if name not in manifest["rules"]:
            raise ValueError(f"the corpus has no rule {name!r}")
    return rules or list(manifest["rules"])


@app.command()
def verify(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of RULE.safetensors or RULE.npz.")],
    rules: Names = None,
    corpus: Corpus = None,
    least: Annotated[int, typer.Option(min=1, help="Exit 3 if fewer vectors than so many were answered.")] = 1,
) -> int:
    """Judge results that were computed anywhere, with NumPy alone.

    The results of vector relu/shapes/00/float32 are arrays relu/shapes/00/float32/value, …/dx0. The corpus is the
    folder above, if that has a manifest. Exit codes: 0 fine, 1 wrong, 2 usage, 3 too little answered, 4 damage.
    """
    above = results.absolute().parent
    manifest = opened(corpus or (above if (above / MANIFEST).is_file() else FOLDER))
    lines = list(verified(manifest, results, chosen(manifest, rules)))
    show(lines)
    judged = sum(line["verdict"] != NOT_JUDGED for line in lines)
    wrong = sum(line["verdict"] not in PASSING | {NOT_JUDGED} for line in lines)
    out.print(f"\n{judged} of {len(lines)} vectors were answered, {wrong} wrong; corpus {manifest['version']}")
    if wrong:
        return WRONG
    return TOO_LITTLE if judged < least else 0


def show(lines: list[Line]) -> None:
    """A row per rule that has answers, then failures."""
    by_rule: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line["verdict"] != NOT_JUDGED:
            by_rule[line["id"].partition("/")[0]].append(line)
    table = Table("rule", box=None, pad_edge=False)
    for column in ("vectors", "worst error", "conventions", "verdict"):
        table.add_column(column, justify="right")
    for rule, of in by_rule.items():
        verdict = worst_of([line["verdict"] for line in of])
        style = "green" if verdict in PASSING else "bold red"
        worst = max(line["ratio"] for line in of)
        others = sum(line["verdict"] == CONVENTION for line in of)
        table.add_row(Text(rule, style=style), str(len(of)), f"{worst:.2g}", str(others), Text(verdict, style=style))
    out.print(table)
    for of in by_rule.values():
        failures = [line for line in of if line["verdict"] not in PASSING]
        for line in failures[:SHOWN]:
            why = printable("; ".join(line["findings"][:SHOWN]))
            out.print(f"{line['id']}: {line['verdict']}: {why}", style="red", soft_wrap=True, markup=False)
        if len(failures) > SHOWN:
            rule = of[0]["id"].partition("/")[0]
            out.print(f"{rule}: {len(failures) - SHOWN} more", style="red", soft_wrap=True, markup=False)
