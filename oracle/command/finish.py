"""How a command line ends: exit codes, and one line on bad usage."""

import sys
from collections.abc import Sequence

import typer

from oracle.vectors.corpus import is_damage
from oracle.vectors.strict import printable

BAD_USAGE, DAMAGED, INTERRUPTED = 2, 4, 130
SETTINGS = {"help_option_names": ["-h", "--help"]}


def finished(app: typer.Typer, arguments: Sequence[str] | None) -> int:
    """Run a command line: its own code; 2 with one line on bad usage, 4 with one when the corpus is damaged."""
    try:
        code = app(arguments, standalone_mode=False)
        if code == INTERRUPTED:
            print("purevjp: interrupted", file=sys.stderr)
    except (typer.TyperException, ValueError, OSError, ArithmeticError, MemoryError, RuntimeError) as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        if message:
            print(f"purevjp: {printable(message)}", file=sys.stderr)
        return DAMAGED if is_damage(error) else BAD_USAGE
    return int(code or 0)
