"""The command line: judging rules, mutants and backends; golden vectors; pages; training."""

import importlib
import importlib.metadata
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from oracle.command.finish import SETTINGS, finished

COMMANDS = {
    "verify": ("verify", "verify_rules"),
    "check": ("check", "check"),
    "fuzz": ("fuzz", "fuzz"),
    "repro": ("repro", "repro"),
    "diff": ("diff", "diff"),
    "scoreboard": ("scoreboard", "scoreboard"),
    "findings": ("findings", "findings"),
    "mutants": ("mutants", "judge_mutants"),
    "list": ("rules", "list_rules"),
    "show": ("rules", "show"),
    "vectors": ("corpus", "app"),
    "adapter": ("adapter", "adapter"),
    "document": ("document", "document"),
    "train": ("train", "train"),
    "study": ("study", "study"),
}
"""Each command: where it is, and as what."""


def app_of(arguments: Sequence[str]) -> typer.Typer:
    """The command line; if a command is named first, with that one alone: all take seconds to import."""
    app = typer.Typer(
        name="purevjp",
        help="Gradients as pure NumPy functions, judged against JAX, a referee with 50 digits and finite differences.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings=SETTINGS,
    )
    app.callback()(common)
    for name in [of for of in COMMANDS if of in arguments[:1]] or COMMANDS:
        module, attribute = COMMANDS[name]
        command = getattr(importlib.import_module(f"oracle.command.{module}"), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def print_version(wanted: bool) -> None:
    """Print the version, and end."""
    if wanted:
        typer.echo(f"purevjp {importlib.metadata.version('purevjp')}")
        raise typer.Exit


def common(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version, and end.")
    ] = False,
) -> None:
    """Options of the command line itself; without a callback, a single command would lose its name."""
    del version


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line: 0 when all is well, 1 when a rule is wrong or not judged, 2 with one line on bad usage."""
    return finished(app_of(sys.argv[1:] if arguments is None else arguments), arguments)
