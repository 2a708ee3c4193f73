"""purevjp fuzz."""

import math
from typing import Annotated

import numpy as np
import typer
from rich.text import Text

from oracle.catalogue import CATALOGUE
from oracle.command.check import FINE, FOUND, NOTHING, Limit, Name
from oracle.command.terminal import Rules, Seed, err, known, out, selected
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
    seconds: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="Time after which a rule's search ends.")
    ] = math.inf,
) -> int:
    """Hold a backend against cases that are drawn; each rule's failure is made small and printed as code, at once.

    Exits as check does.
    """
    dtypes = [np.dtype(known(name, DTYPES, "dtype")) for name in dtype or DTYPES]
    wanted = list(selected(rules) if rules else CATALOGUE)
    results: list[Found] = []
    with session({"spec": backend, "strict": False, "limit": limit, "command": False}) as of:
        said = of["said"]
        has = [name for name in wanted if name in said["rules"]]
        mine = [of_dtype for of_dtype in dtypes if of_dtype.name in said["dtypes"]]
        width = max(map(len, ["rule", *has]))
        print_line(width, "rule", "cases", "worst error", "verdict")
        for name in has if mine else []:
            each = fuzzed(of, name, dtypes=mine, examples=examples, seed=seed, seconds=seconds)
            results.append(each)
            verdict = each["failure"][1]["verdict"] if each["failure"] else AGREE if each["cases"] else "not run"
            print_line(width, name, str(each["cases"]), f"{each['worst']:.2g}", verdict)
            print_failure(each, backend, own=said["own"])
    failing = [each["rule"] for each in results if each["failure"]]
    cases = sum(each["cases"] for each in results)
    said_of = f"; not right: {', '.join(failing)}" if failing else ""
    out.print(f"\n{backend}: {cases} cases of {len(results)} rules{said_of}", soft_wrap=True, markup=False)
    if failing:
        return FOUND
    if rules and (
        unjudged := [name for name in wanted if name not in {each["rule"] for each in results if each["cases"]}]
    ):
        err.print(f"purevjp: no case of {unjudged[0]} was judged", soft_wrap=True, markup=False)
        return NOTHING
    return FINE if cases else NOTHING


def print_line(width: int, rule: str, cases: str, worst: str, verdict: str) -> None:
    """A line of the table, at once: what was found before an interruption is not lost."""
    style = {"verdict": "bold", AGREE: "green"}.get(verdict, "bold red")
    line = Text.assemble(f"{rule:{width}}  {cases:>5}  {worst:>11}  ", (verdict, style))
    out.print(line, soft_wrap=True)


def print_failure(each: Found, backend: str, *, own: bool) -> None:
    """The smallest failure of a rule, with its script."""
    if each["failure"] is None:
        return
    vector, line = each["failure"]
    out.print(f"\n{line['rule']}, {line['dtype']}: {line['verdict']}", style="red", soft_wrap=True, markup=False)
    for text in [*line["findings"], *filter(None, [line["diagnosis"]])]:
        out.print(f"  {text}", soft_wrap=True, markup=False)
    out.print("", script(vector, backend, own=own), sep="\n", soft_wrap=True, markup=False)
