"""purevjp document."""

import json
from pathlib import Path
from typing import Annotated

import typer

from oracle.book import conventions, rulebook
from oracle.catalogue import CATALOGUE
from oracle.conformance.conventions import MEASURED, remeasured


def document(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where rulebook.md and conventions.md go.")],
    verified: Annotated[Path, typer.Option(metavar="FILE", help="What `verify --json FILE` wrote.")],
) -> None:
    """Write the rulebook and the table of conventions as pages; what the installed backends give is measured anew."""
    try:
        worst = {rule["rule"]: rule["worst"] for rule in json.loads(verified.read_text("utf-8"))["rules"]}
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{str(verified)!r} is not what `purevjp verify --json` writes") from None
    if missing := CATALOGUE.keys() - worst.keys():
        raise ValueError(f"{str(verified)!r} has no {min(missing)}, but should have every rule")
    (folder / "rulebook.md").write_text(rulebook(worst), encoding="utf-8")
    (folder / "conventions.md").write_text(conventions(remeasured(folder / MEASURED)), encoding="utf-8")
