"""purevjp mutants."""

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
    out,
    progress,
    selected,
    write_json,
)
from oracle.conformance.wrong import export as write_mutants
from oracle.kill import Kill, false_alarms, kills
from oracle.parallel import in_order_of_arrival
from oracle.verdict import FACTOR


def kill_named(name: str, seed: int, examples: int, folder: Path | None) -> dict[str, Any]:
    """What became of the mutants and the correct variants of a row, by its name: what a worker does."""
    case = CATALOGUE[name]
    return {
        "rule": name,
        "mutants": kills(case, seed=seed, examples=examples, folder=folder),
        "variants": false_alarms(case, seed=seed, examples=max(1, examples // 6), folder=folder),
    }


def judge_mutants(
    rules: Rules = None,
    seed: Seed = 0,
    examples: Examples = 12,
    jobs: Jobs = CORES,
    keep: Folder = None,
    json_file: JsonFile = None,
    export: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Judge nothing; write each mutant as a backend for `check`.")
    ] = None,
) -> int:
    """Judge wrong rules and correct variants of each rule; exit 1 if a wrong one survives or a right one is flagged."""
    cases = selected(rules)
    if export is not None:
        out.print(f"{len(write_mutants(cases, export))} wrong backends are in {export}", markup=False)
        return 0
    check_writable(json_file)
    check_folder(keep)
    results: dict[str, dict[str, Any]] = {}
    try:
        with progress() as bar:
            task = bar.add_task("", total=len(cases))
            for name, result in in_order_of_arrival(kill_named, list(cases), jobs, seed, examples, keep):
                results[name] = result or {"rule": name, "mutants": [died()], "variants": []}
                bar.update(task, advance=1, description=name)
    finally:
        judged = [results[name] for name in cases if name in results]
        print_kills(judged)
    if json_file is not None:
        write_json(json_file, {"seed": seed, "examples": examples, "rules": judged})
    return int(any(survivors(result) or flagged(result) for result in judged))


def died() -> Kill:
    """What is said of a row whose process died."""
    return {"mutant": "all: the process died", "status": "survived", "cases": 0, "exact": False, "proof": ""}


def survivors(result: dict[str, Any]) -> list[str]:
    """The mutants of a row that survived."""
    return [kill["mutant"] for kill in result["mutants"] if kill["status"] == "survived"]


def flagged(result: dict[str, Any]) -> list[str]:
    """The correct variants of a row that were flagged."""
    return [variant["variant"] for variant in result["variants"] if variant["flagged"]]


def print_kills(results: list[dict[str, Any]]) -> None:
    """The kill matrix in numbers, then survivors, false alarms and proofs by name."""
    table = Table("rule", box=None, pad_edge=False)
    for column in ("mutants", "killed", "survived", "equivalent", "variants", "worst error", "flagged"):
        table.add_column(column, justify="right")
    for result in results:
        counts = [
            sum(kill["status"] == status for kill in result["mutants"])
            for status in ("killed", "survived", "equivalent")
        ]
        worst = max((variant["worst"] for variant in result["variants"]), default=0.0)
        numbers = [len(result["mutants"]), *counts, len(result["variants"])]
        style = "bold red" if survivors(result) or flagged(result) else "green"
        table.add_row(Text(result["rule"], style=style), *map(str, numbers), f"{worst:.2g}", str(len(flagged(result))))
    out.print(table)
    total = sum(len(result["mutants"]) for result in results)
    alive, alarms = sum(len(survivors(result)) for result in results), sum(len(flagged(result)) for result in results)
    out.print(f"\n{total} mutants, {alive} survived; {alarms} right variants flagged", soft_wrap=True)
    out.print(
        f"worst error: of the right variants, in conventional error scales; {FACTOR} is the limit", soft_wrap=True
    )
    for result in results:
        for name in survivors(result):
            out.print(f"{result['rule']}: the mutant {name!r} survived", style="red", soft_wrap=True, markup=False)
        for name in flagged(result):
            out.print(
                f"{result['rule']}: the right variant {name!r} was flagged", style="red", soft_wrap=True, markup=False
            )
        for kill in result["mutants"]:
            if kill["status"] == "equivalent":
                out.print(
                    f"{result['rule']}: {kill['mutant']!r} is equivalent: {kill['proof']}", soft_wrap=True, markup=False
                )
