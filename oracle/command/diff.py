"""purevjp diff."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.command.terminal import out, reports
from oracle.conformance.compare import compared

Reports = Annotated[Path, typer.Argument(metavar="REPORT", help="What `purevjp check --report` wrote.")]


def diff(old: Reports, new: Reports) -> int:
    """Say what has changed between two reports, and nothing else; exit 1 if anything got worse."""
    better, worse, other = compared(reports([old]), reports([new]))
    for title, lines, style in (("worse", worse, "red"), ("better", better, "green"), ("otherwise", other, "yellow")):
        if lines:
            out.print(f"{title}: {len(lines)}", style=style)
        for line in lines:
            out.print(f"  {line}", soft_wrap=True, markup=False)
    if not (better or worse or other):
        out.print("nothing has changed")
    return int(bool(worse))
