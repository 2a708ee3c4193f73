"""purevjp list, purevjp show."""

import inspect
from typing import Annotated, Any

import jax
import jax.scipy.linalg
import typer
from rich.table import Table
from rich.text import Text

from oracle.acceptance import Point
from oracle.catalogue import CATALOGUE
from oracle.command.terminal import Rules, family_of, known, labelled, out, selected
from oracle.domain import Case


def list_rules(rules: Rules = None) -> None:
    """List the rules with their formulas."""
    table = Table("rule", "family", "value", box=None, pad_edge=False)
    for name, case in selected(rules).items():
        table.add_row(name, family_of(name), Text(labelled(case, "Value")))
    out.print(table)
    out.print(f"\n{table.row_count} rule{'s' if table.row_count != 1 else ''}")


def show(rule: Annotated[str, typer.Argument(metavar="RULE", help="Name of a rule.")]) -> None:
    """Show a rule: its formulas, shapes, kinks, JAX counterpart and source file."""
    case = CATALOGUE[known(rule, CATALOGUE, "rule")]
    function = case["rule"]
    parameters = inspect.signature(function).parameters.values()
    plain = inspect.Signature([p.replace(annotation=p.empty) for p in parameters])
    out.print(f"{rule}{plain}\n", style="bold", soft_wrap=True)
    out.print(inspect.getdoc(function), soft_wrap=True, markup=False)
    out.print(f"\nJAX       {counterpart_of(case)}")
    out.print(f"File      {function.__module__.replace('.', '/')}.py")
    out.print(f"Judged by {', '.join(witnesses_of(case))}")
    for point in case["points"]:
        out.print(f"\nAt {point['at']}, policy {point['policy']}:", soft_wrap=True)
        for line in point_lines(point):
            out.print(f"  {line}", soft_wrap=True, markup=False)


def point_lines(point: Point) -> list[str]:
    """A listed point in lines: arguments, what is accepted, what purevjp and others give."""
    kinds = ", ".join(of["kind"] for of in point["accepts"])
    arguments = ", ".join(str(x.tolist()) for x in point["xs"])
    given = {"purevjp": point["convention"], **point["others"]}
    return [
        f"x = {arguments}, u = {point['u'].tolist()}: y = {point['value'].tolist()}",
        f"accepted: {kinds}",
        *(f"{name} gives {', '.join(str(dx.tolist()) for dx in dxs)}" for name, dxs in given.items()),
    ]


def counterpart_of(case: Case) -> str:
    """Where the counterpart is found."""
    counterpart: Any = case["counterpart"]
    counterpart = counterpart.__wrapped__ if case["packs"] else counterpart
    modules = (jax.numpy, jax.nn, jax.numpy.linalg, jax.numpy.fft, jax.lax, jax.scipy.linalg)
    homes = [m.__name__ for m in modules if getattr(m, counterpart.__name__, None) is counterpart]
    return f"{[*homes, counterpart.__module__][0]}.{counterpart.__name__}"


def witnesses_of(case: Case) -> list[str]:
    """The witnesses that a row has."""
    witnesses = ["JAX", "differences", "laws"]
    witnesses += ["a complex step"] if case["analytic"] else []
    witnesses += ["a referee with 50 digits"] if case["definition"] is not None else []
    witnesses += ["exact integers"] if case["exact"] else []
    return witnesses
