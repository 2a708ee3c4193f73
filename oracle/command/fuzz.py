"""purevjp fuzz."""

from typing import Annotated

import numpy as np
import typer
from rich.table import Table
from rich.text import Text

from oracle.catalogue import CATALOGUE
from oracle.command.check import FINE, FOUND, NOTHING, Limit, Name
from oracle.command.terminal import Rules, Seed, err, known, out, progress, selected
from oracle.conformance.fuzz import Found, fuzzed
from oracle.conformance.record import AGREE
from oracle.conformance.script import script
from oracle.conformance.session import LIMIT, session

DTYPES = ("float64", "float32")


def fuzz(
    backend: Name,
    rules: Rules = None,
    examples: Annotated[int, typer.Option(min=1, help="Cases drawn per rule.")] = 30,
    seed: Seed = 0,
    dtype: Annotated[
        list[str] | None, typer.Option(metavar="DTYPE", help="float64 or float32; may be repeated.")
    ] = None,
    limit: Limit = LIMIT,
) -> int:
    """Hold a backend against cases that are drawn; failures are made small and printed as code. Exit codes as check."""
    dtypes = [np.dtype(known(name, DTYPES, "dtype")) for name in dtype or DTYPES]
    wanted = list(selected(rules) if rules else CATALOGUE)
    results: list[Found] = []
    with session({"spec": backend, "strict": False, "limit": limit}) as of, progress() as bar:
        said = of["said"]
        has = [name for name in wanted if name in said["rules"]]
        mine = [of_dtype for of_dtype in dtypes if of_dtype.name in said["dtypes"]]
        task = bar.add_task("", total=len(has))
        for name in has if mine else []:
            results.append(fuzzed(of, name, dtypes=mine, examples=examples, seed=seed))
            bar.update(task, advance=1, description=name)
    print_results(results, backend, own=said["own"])
    if any(each["failure"] for each in results):
        return FOUND
    if rules and (
        unjudged := [name for name in wanted if name not in {each["rule"] for each in results if each["cases"]}]
    ):
        err.print(f"purevjp: no case of {unjudged[0]} was judged", soft_wrap=True, markup=False)
        return NOTHING
    return FINE if any(each["cases"] for each in results) else NOTHING


def print_results(results: list[Found], backend: str, *, own: bool) -> None:
    """A line per rule, then each failure with its script."""
    table = Table("rule", box=None, pad_edge=False)
    for column in ("cases", "worst error"):
        table.add_column(column, justify="right")
    table.add_column("verdict")
    for each in results:
        verdict = each["failure"][1]["verdict"] if each["failure"] else AGREE if each["cases"] else "not run"
        style = "green" if verdict == AGREE else "bold red"
        table.add_row(each["rule"], str(each["cases"]), f"{each['worst']:.2g}", Text(verdict, style=style))
    out.print(table)
    for each in results:
        if each["failure"] is not None:
            vector, line = each["failure"]
            out.print(
                f"\n{line['rule']}, {line['dtype']}: {line['verdict']}", style="red", soft_wrap=True, markup=False
            )
            for text in [*line["findings"], *filter(None, [line["diagnosis"]])]:
                out.print(f"  {text}", soft_wrap=True, markup=False)
            out.print("", script(vector, backend, own=own), sep="\n", soft_wrap=True, markup=False)
