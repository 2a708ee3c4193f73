"""The command line: judging rules, mutants and backends; golden vectors; pages; training."""

from collections.abc import Sequence

import typer

from oracle.command import vectors
from oracle.command.adapter import adapter
from oracle.command.check import check
from oracle.command.corpus import freeze, prove
from oracle.command.diff import diff
from oracle.command.document import document
from oracle.command.findings import findings
from oracle.command.finish import SETTINGS, finished
from oracle.command.fuzz import fuzz
from oracle.command.mutants import judge_mutants
from oracle.command.repro import repro
from oracle.command.rules import list_rules, show
from oracle.command.scoreboard import scoreboard
from oracle.command.study import study
from oracle.command.train import train
from oracle.command.verify import verify_rules

app = typer.Typer(
    name="purevjp",
    help="Gradients as pure NumPy functions, judged against JAX, a referee with 50 digits and finite differences.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings=SETTINGS,
)
app.command("verify")(verify_rules)
app.command("check")(check)
app.command("fuzz")(fuzz)
app.command("repro")(repro)
app.command("diff")(diff)
app.command("scoreboard")(scoreboard)
app.command("findings")(findings)
app.command("mutants")(judge_mutants)
app.command("list")(list_rules)
app.command("show")(show)
vectors.app.command("freeze")(freeze)
vectors.app.command("prove")(prove)
app.add_typer(vectors.app, name="vectors")
app.command("adapter")(adapter)
app.command("document")(document)
app.command("train")(train)
app.command("study")(study)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line: 0 when all is well, 1 when a rule is wrong or not judged, 2 with one line on bad usage."""
    return finished(app, arguments)
