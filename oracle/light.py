"""The commands that need no JAX: vectors export, vectors verify, adapter."""

from collections.abc import Sequence

import typer

from oracle.command import vectors
from oracle.command.adapter import adapter
from oracle.command.finish import SETTINGS, finished

app = typer.Typer(name="purevjp", add_completion=False, pretty_exceptions_enable=False, context_settings=SETTINGS)
app.add_typer(vectors.app, name="vectors")
app.command("adapter")(adapter)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    return finished(app, arguments)
