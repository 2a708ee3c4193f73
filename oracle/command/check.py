"""purevjp check."""

import datetime as dt
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from oracle.command.terminal import Rules, check_writable, err, known, out, progress, selected
from oracle.conformance import export, frozen
from oracle.conformance.adapter import DTYPES, SHIPPED
from oracle.conformance.known import Known, excused, matchless, read_known, remarks, started
from oracle.conformance.record import FAILING, JUDGED, PASSING, VERDICTS, Record, written
from oracle.conformance.session import LIMIT
from oracle.conformance.summary import Row, shares, shown_worst, summary, totals
from oracle.conformance.sweep import Head, shard, swept
from oracle.conformance.worker import Options
from oracle.verdict import FACTOR

FINE, FOUND, NOTHING = 0, 1, 3
"""Exit codes: all is well; something is wrong; too little was judged."""

SHOWN = 2
"""Failures printed per rule."""

AGAIN = "its first answer is right, and a script of purevjp repro would show that one alone"
OWN = "  # its numbers; the rule called is purevjp's own"

Name = Annotated[
    str, typer.Argument(metavar="BACKEND", help="torch, jax, autograd, tinygrad, mlx, a .py file, or a module.")
]
Limit = Annotated[float, typer.Option(min=0.01, metavar="SECONDS", help="Time that a case may take.")]
Strict = Annotated[bool, typer.Option("--strict", help="Rules in purevjp's form must refuse bad input, too.")]
File = Path | None


def check(
    backend: Name = "",
    rules: Rules = None,
    command: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="In place of BACKEND: a program that speaks the line protocol."),
    ] = None,
    dtype: Annotated[
        list[str] | None, typer.Option(metavar="DTYPE", help=f"{', '.join(DTYPES)}; may be repeated.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    shard_of: Annotated[str, typer.Option("--shard", metavar="I/N", help="Judge the Ith of N parts.")] = "1/1",
    scheduler: Annotated[str, typer.Option(metavar="ADDRESS", help="Judge on the cluster of a Dask scheduler.")] = "",
    limit: Limit = LIMIT,
    at_least: Annotated[int, typer.Option(min=1, metavar="N", help="Exit 3 if fewer cases were judged.")] = 1,
    strict: Strict = False,
    report: Annotated[File, typer.Option(metavar="FILE", help="Write a line of JSON per case.")] = None,
    junit: Annotated[File, typer.Option(metavar="FILE", help="Write JUnit XML.")] = None,
    markdown: Annotated[File, typer.Option(metavar="FILE", help="Write a summary for CI.")] = None,
    csv: Annotated[File, typer.Option(metavar="FILE", help="Write a table of rules.")] = None,
    known_file: Annotated[File, typer.Option("--known", metavar="FILE", help="The backend's known failures.")] = None,
    start_known: Annotated[
        File, typer.Option("--write-known", metavar="FILE", help="Write all failures as known ones, to be explained.")
    ] = None,
) -> int:
    """Hold a backend against the frozen corpus.

    Exits with 1 if it is wrong, 3 if too little was judged, 4 if the corpus is damaged.
    """
    if command is not None:
        if backend in SHIPPED or backend.endswith(".py"):
            raise ValueError(f"{backend} is a BACKEND, and --command is another: give one of them")
        rules, backend = [*([backend] if backend else []), *(rules or [])], command
        if strict:
            raise ValueError("--strict is for rules in purevjp's form: a command has none")
    elif not backend:
        raise ValueError(f"name a BACKEND ({', '.join(SHIPPED)}, a .py file or a module), or give --command")
    files = {"--report": report, "--junit": junit, "--markdown": markdown, "--csv": csv, "--write-known": start_known}
    inputs = {"BACKEND": Path(backend) if backend.endswith(".py") else None, "--known": known_file}
    check_distinct({**inputs, **files})
    entries = read_known(known_file) if known_file is not None else []
    wanted = list(selected(rules)) if rules else []
    dtypes = [known(name, DTYPES, "dtype") for name in dtype or []]
    every = frozen.heads()
    check_matches(entries, known_file)
    mine = [
        head for head in every if (not wanted or head["rule"] in wanted) and (not dtypes or head["dtype"] in dtypes)
    ]
    heads: Sequence[Head] = shard(mine, shard_of)
    check_writable(*files.values())
    options = Options(spec=backend, strict=strict, limit=limit, command=command is not None)
    if scheduler:
        from oracle.conformance.cluster import swept_on  # noqa: PLC0415 (an extra)

        records = swept_on(scheduler, options, heads)
    else:
        records = swept(options, heads, jobs)
    place = {head["id"]: i for i, head in enumerate(every)}
    lines = sorted(collected(records, len(heads), report), key=lambda line: place[line["case"]])
    today = dt.datetime.now(tz=dt.UTC).date()
    forgiven, rows = excused(entries, lines, today), summary(lines)
    print_table(rows, backend)
    print_failures(lines, forgiven, OWN if command is not None else f" --backend {shlex.quote(backend)}")
    print_known(entries, forgiven, remarks(entries, lines, today))
    texts = {
        junit: lambda: export.junit(lines, forgiven), markdown: lambda: export.markdown(rows, lines, forgiven),
        csv: lambda: export.table(rows), start_known: lambda: started(lines),
    }  # fmt: skip
    write(texts)
    return exit_code(lines, forgiven, wanted, at_least)


def write(texts: Mapping[File, Callable[[], str]]) -> None:
    """Write the files that are asked for."""
    for file, text in texts.items():
        if file is not None:
            file.write_text(text(), encoding="utf-8")


def check_matches(entries: Sequence[Known], file: File) -> None:
    """Raise an error if an entry speaks of no case at all."""
    if useless := matchless(entries, (head["id"] for head in frozen.heads())):
        raise ValueError(f"{file} has the case {useless[0]['case']!r}, which matches nothing in the corpus")


def check_distinct(files: dict[str, File]) -> None:
    """Raise an error if two options name one file."""
    seen: dict[Path, str] = {}
    for option, file in files.items():
        if file is not None:
            other = seen.setdefault(file.absolute(), option)
            if other != option:
                raise ValueError(f"{other} and {option} both name {str(file)!r}, but should name two files")


def collected(records: Iterable[Record], total: int, report: File) -> list[Record]:
    """All records, each written to the report before the next is judged."""
    lines: list[Record] = []
    stream = report.open("w", encoding="utf-8") if report is not None else None
    try:
        with progress() as bar:
            task = bar.add_task("", total=total)
            for line in records:
                lines.append(line)
                if stream is not None:
                    stream.write(written(line) + "\n")
                    stream.flush()
                bar.update(task, advance=1, description=line["rule"])
    finally:
        if stream is not None:
            stream.close()
    return lines


def exit_code(lines: Sequence[Record], forgiven: Collection[str], wanted: Sequence[str], at_least: int) -> int:
    """1 if a failure is not known, 3 if fewer cases than asked were judged, or a rule that was named was not."""
    if any(line["verdict"] in FAILING and line["case"] not in forgiven for line in lines):
        return FOUND
    judged = {line["rule"] for line in lines if line["verdict"] in JUDGED}
    if unjudged := [rule for rule in wanted if rule not in judged]:
        err.print(f"purevjp: no case of {unjudged[0]} was judged", soft_wrap=True, markup=False)
        return NOTHING
    n = sum(line["verdict"] in JUDGED for line in lines)
    if n < at_least:
        err.print(f"purevjp: {n} cases were judged, but at least {at_least} should be", soft_wrap=True, markup=False)
        return NOTHING
    return FINE


def print_table(rows: Sequence[Row], backend: str) -> None:
    """A line per rule that was judged, and what all add up to."""
    table = Table("rule", box=None, pad_edge=False)
    for column in ("cases", "worst error"):
        table.add_column(column, justify="right")
    table.add_column("conventions")
    table.add_column("verdict")
    for row in rows:
        if row["cases"]:
            style = "green" if row["verdict"] in PASSING else "bold red"
            conventions = ", ".join(dict.fromkeys(said.rpartition(": ")[2] for said in row["conventions"]))
            verdict = Text(row["verdict"], style=style)
            table.add_row(row["rule"], str(row["cases"]), shown_worst(row), conventions, verdict)
    out.print(table)
    total = totals(rows)
    supported, everything = shares(total)
    counts = ", ".join(f"{total[word]} {word}" for word in VERDICTS if total[word])
    out.print(f"\n{backend}: {sum(total.values())} cases: {counts or 'none'}", soft_wrap=True, markup=False)
    of_own = f"{supported:.1%} of what it has, " if any(total[word] for word in JUDGED) else ""
    out.print(f"right: {of_own}{everything:.1%} of all", soft_wrap=True)
    out.print(f"worst error: in units of the error scale that rounding allows; {FACTOR} is the limit", soft_wrap=True)


def print_failures(lines: Sequence[Record], forgiven: Collection[str], of_backend: str) -> None:
    """The first failures of each rule, what they match, and how to see them."""
    by_rule: dict[str, list[Record]] = {}
    for line in lines:
        if line["verdict"] in FAILING and line["case"] not in forgiven:
            by_rule.setdefault(line["rule"], []).append(line)
    for failing in by_rule.values():
        for line in failing[:SHOWN]:
            out.print(f"\n{line['case']}: {line['verdict']}", style="red", soft_wrap=True, markup=False)
            said = [*line["findings"][:SHOWN], *filter(None, [line["diagnosis"]])]
            is_first = line["ratio"] is None or line["ratio"] > FACTOR
            for text in [*said, f"purevjp repro {line['case']}{of_backend}" if is_first else AGAIN]:
                out.print(f"  {text}", soft_wrap=True, markup=False)
        if len(failing) > SHOWN:
            out.print(f"\n{failing[0]['rule']}: and {len(failing) - SHOWN} more failures", style="red", soft_wrap=True)


def print_known(entries: Sequence[Known], forgiven: Collection[str], said: Sequence[str]) -> None:
    """How many failures are known, and what is to be said of the entries."""
    if entries:
        out.print(f"\nknown failures: {len(forgiven)}; entries: {len(entries)}", soft_wrap=True)
    for text in said:
        out.print(text, style="yellow", soft_wrap=True, markup=False)
