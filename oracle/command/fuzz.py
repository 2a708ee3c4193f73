"""purevjp fuzz."""

import datetime as dt
import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from oracle.catalogue import CATALOGUE, FAMILIES
from oracle.command.check import FINE, FOUND, NOTHING, Limit, Name, check_matches
from oracle.command.terminal import Rules, Seed, err, known, out, selected
from oracle.conformance import frozen
from oracle.conformance.adapter import DTYPES
from oracle.conformance.fuzz import Found, fuzzed
from oracle.conformance.known import read_known, remarks
from oracle.conformance.record import AGREE
from oracle.conformance.script import script
from oracle.conformance.session import LIMIT, session
from oracle.verdict import FACTOR

USUAL = ("float64", "float32")
"""The dtypes of a run that names none."""


def fuzz(
    backend: Name,
    rules: Rules = None,
    examples: Annotated[int, typer.Option(min=1, help="Cases drawn per rule.")] = 60,
    seed: Seed = 0,
    dtype: Annotated[
        list[str] | None,
        typer.Option(metavar="DTYPE", help=f"{', '.join(DTYPES)}; may be repeated. The first two by default."),
    ] = None,
    limit: Limit = LIMIT,
    seconds: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="Time after which a rule's search ends.")
    ] = math.inf,
    known_file: Annotated[
        Path | None, typer.Option("--known", metavar="FILE", help="The backend's known failures, as for check.")
    ] = None,
) -> int:
    """Hold a backend against cases that are drawn; each rule's failure is made small and printed as code, at once.

    Exits as check does; failures that are known are counted, and the search goes on.
    """
    dtypes = list(dict.fromkeys(known(name, DTYPES, "dtype") for name in dtype or USUAL))
    wanted = list(selected(rules) if rules else CATALOGUE)
    entries = read_known(known_file) if known_file is not None else []
    check_matches(entries, known_file)
    results: list[Found] = []
    with session({"spec": backend, "strict": False, "limit": limit, "command": False}) as of:
        said = of["said"]
        if lacking := [each for each in dtypes if dtype and each not in said["dtypes"]]:
            raise ValueError(f"the backend {backend} has no {lacking[0]}; it has {', '.join(said['dtypes'])}")
        drawn_in = {name: dtypes_of(name, dtypes, said["dtypes"]) for name in wanted if name in said["rules"]}
        check_drawn(rules or [], drawn_in, dtypes)
        has = [name for name, mine in drawn_in.items() if mine]
        width = max(map(len, ["rule", *has]))
        print_line(width, "rule", "cases", "worst error", "verdict")
        for name in has:
            each = fuzzed(
                of, name, dtypes=drawn_in[name], examples=examples, seed=seed, seconds=seconds, entries=entries
            )
            results.append(each)
            print_line(width, name, str(each["cases"]), f"{each['worst']:.2g}", *verdict_of(each))
            print_known(each)
            print_failure(each, backend, own=said["own"])
    failing = [each["rule"] for each in results if each["failure"]]
    print_end(backend, results, failing)
    if left_out := [name for name in drawn_in if name not in has]:
        out.print(f"no such cases in the corpus, so not drawn: {', '.join(left_out)}", soft_wrap=True, markup=False)
    for text in remarks(entries, [], dt.datetime.now(tz=dt.UTC).date()):
        out.print(text, style="yellow", soft_wrap=True, markup=False)
    if failing:
        return FOUND
    judged = {each["rule"] for each in results if each["cases"]} | set(left_out)
    if rules and (unjudged := [name for name in wanted if name not in judged]):
        err.print(f"purevjp: no case of {unjudged[0]} was judged", soft_wrap=True, markup=False)
        return NOTHING
    return FINE if any(each["cases"] for each in results) else NOTHING


def dtypes_of(rule: str, dtypes: Sequence[str], has: Collection[str]) -> list[str]:
    """The dtypes of a backend that a rule is drawn in: halves where the corpus has them, of other than integers."""
    heads = (head for head in frozen.heads() if head["rule"] == rule and "/integers/" not in head["id"])
    vectors = {head["dtype"] for head in heads}
    return [each for each in dtypes if each in has and (each in USUAL or each in vectors)]


def check_drawn(rules: Sequence[str], drawn_in: dict[str, list[str]], dtypes: Sequence[str]) -> None:
    """Raise an error if a rule that was named cannot be drawn in any of the dtypes, or if none can."""
    for name in rules:
        if name not in FAMILIES and name in drawn_in and not drawn_in[name]:
            raise ValueError(f"{name} cannot be drawn in {' or '.join(dtypes)}: the corpus has no such case of it")
    if drawn_in and not any(drawn_in.values()):
        raise ValueError(f"no rule can be drawn in {' or '.join(dtypes)}; name another --dtype")


def verdict_of(each: Found) -> tuple[str, str]:
    """The verdict on a rule, and the error of its failure."""
    if each["failure"] is None:
        return ("known" if each["known"] else AGREE if each["cases"] else "not run"), ""
    line = each["failure"][1]
    return line["verdict"], "" if line["ratio"] is None else f" ({line['ratio']:.2g})"


def print_line(width: int, rule: str, cases: str, worst: str, verdict: str, ratio: str = "") -> None:
    """A line of the table, at once: what was found before an interruption is not lost."""
    style = {"verdict": "bold", AGREE: "green", "known": "yellow"}.get(verdict, "bold red")
    line = Text.assemble(f"{rule:{width}}  {cases:>5}  {worst:>11}  ", (verdict, style), ratio)
    out.print(line, soft_wrap=True)


def print_known(each: Found) -> None:
    """How many failures each entry explains, and how large the worst is."""
    by_entry: dict[str, list[Any]] = {}
    for entry, line in each["known"]:
        by_entry.setdefault(f"{entry['reason']}, {entry['issue']}", []).append(line)
    for reason, lines in by_entry.items():
        ratios = [math.inf if line["ratio"] is None else line["ratio"] for line in lines]
        words = " or ".join(sorted({line["verdict"] for line in lines}))
        text = f"  known: {len(lines)} {words}, at most {max(ratios):.2g}: {reason}"
        out.print(text, style="yellow", soft_wrap=True, markup=False)


def print_failure(each: Found, backend: str, *, own: bool) -> None:
    """The smallest failure of a rule, with its script."""
    if each["failure"] is None:
        return
    vector, line = each["failure"]
    out.print(f"\n{line['rule']}, {line['dtype']}: {line['verdict']}", style="red", soft_wrap=True, markup=False)
    for text in [*line["findings"], *(f"as drawn: {each}" for each in filter(None, [line["diagnosis"]]))]:
        out.print(f"  {text}", soft_wrap=True, markup=False)
    out.print("", script(vector, backend, own=own), sep="\n", soft_wrap=True, markup=False)


def print_end(backend: str, results: Sequence[Found], failing: Sequence[str]) -> None:
    """What all rules add up to, and what the numbers mean."""
    cases, excused = sum(each["cases"] for each in results), sum(len(each["known"]) for each in results)
    said = f"; known failures: {excused}" if excused else ""
    said += f"; not right: {', '.join(failing)}" if failing else ""
    out.print(f"\n{backend}: {cases} cases of {len(results)} rules{said}", soft_wrap=True, markup=False)
    out.print(
        f"worst error: of the cases that are right, in units of the error scale that rounding allows; {FACTOR} is the "
        "limit, and what is beyond it stands in brackets",
        soft_wrap=True,
    )
