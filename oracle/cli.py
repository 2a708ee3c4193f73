"""The command line: verify, check, mutants, list, show, document, train."""

import sys
from collections.abc import Sequence

import typer

from oracle.command.check import check
from oracle.command.document import document
from oracle.command.mutants import judge_mutants
from oracle.command.rules import list_rules, show
from oracle.command.train import train
from oracle.command.verify import verify_rules

INTERRUPTED = 130

app = typer.Typer(
    name="purevjp",
    help="Gradients as pure NumPy functions, judged against JAX, a referee with 50 digits and finite differences.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("verify")(verify_rules)
app.command("check")(check)
app.command("mutants")(judge_mutants)
app.command("list")(list_rules)
app.command("show")(show)
app.command("document")(document)
app.command("train")(train)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line: 0 when all is well, 1 when a rule is wrong or not judged, 2 with one line on bad usage."""
    try:
        code = app(arguments, standalone_mode=False)
        if code == INTERRUPTED:
            print("purevjp: interrupted", file=sys.stderr)
    except (typer.TyperException, ValueError, OSError, ArithmeticError, MemoryError, RuntimeError) as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        if message:
            print(f"purevjp: {' '.join(message.split())}", file=sys.stderr)
        return 2
    return int(code or 0)
