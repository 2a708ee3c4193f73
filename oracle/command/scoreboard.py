"""purevjp scoreboard."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.command import terminal
from oracle.command.terminal import check_writable, out


def scoreboard(
    reports: Annotated[list[Path], typer.Argument(metavar="REPORT...", help="What `purevjp check --report` wrote.")],
    folder: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where index.html goes.")],
) -> None:
    """Write reports of any backends as one page, backends beside rules."""
    from oracle.conformance.board import page  # noqa: PLC0415 (the corpus is opened for the scripts)

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "index.html"
    check_writable(file)
    text = page(terminal.reports(reports))
    file.write_text(text, encoding="utf-8")
    out.print(f"{file}", soft_wrap=True, markup=False)
