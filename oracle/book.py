"""The catalogue and the table of conventions as pages: `docs/rulebook.md` and `docs/conventions.md`."""

from collections.abc import Iterator, Mapping

from oracle.acceptance import Point
from oracle.catalogue import CATALOGUE, FAMILIES
from oracle.command.rules import counterpart_of
from oracle.command.terminal import labelled
from oracle.domain import Case

MADE = "<!-- Made by `make docs`: do not edit. -->"
JAX, TORCH = "jax 0.10.2", "torch 2.13.0"
"""What the conventions of others were measured with."""


def rulebook(worst: Mapping[str, float]) -> str:
    """Every rule with its formula, domain, kinks, counterpart and the worst error seen, in error scales."""
    lines = [MADE, "# The rulebook", "", f"{len(CATALOGUE)} rules and networks. `purevjp show RULE` says more of each."]
    lines += [
        "The worst error is that of `purevjp verify`, in error scales; 8 is the limit..",
        "",
    ]
    for family, module in FAMILIES.items():
        if not module.CASES:
            continue
        lines += [f"## {family}", "", "| rule | value | domain | kinks | JAX counterpart | worst error |"]
        lines += ["|---|---|---|---|---|---|", *(row_of(case, worst) for case in module.CASES), ""]
    return "\n".join(lines)


def row_of(case: Case, worst: Mapping[str, float]) -> str:
    """A rule as a row of the table."""
    formulas = [cell(labelled(case, label)) for label in ("Value", "Domain", "Kinks")]
    error = f"{worst[case['name']]:.2g}" if case["name"] in worst else ""
    return f"| `{case['name']}` | {' | '.join(formulas)} | `{counterpart_of(case)}` | {error} |"


def conventions() -> str:
    """What purevjp and others give at every listed point, and which paragraph decides."""
    lines = [MADE, "# Conventions", "", "What each gives where there is no derivative, or only a limit of one."]
    lines += [f"Measured with {JAX} and {TORCH}; [kinks.md](kinks.md) has the policies P1 to P6.", ""]
    lines += ["| rule | at | policy | u | purevjp | jax | torch |", "|---|---|---|---|---|---|---|"]
    lines += [convention_of(case, point) for case in CATALOGUE.values() for point in case["points"]]
    return "\n".join([*lines, ""])


def convention_of(case: Case, point: Point) -> str:
    """A point as a row of the table."""
    given = {"purevjp": point["convention"], **point["others"]}
    answers = [
        ", ".join(str(dx.tolist()) for dx in given[who]) if who in given else "" for who in ("purevjp", "jax", "torch")
    ]
    cells = [f"`{case['name']}`", point["at"], point["policy"], str(point["u"].tolist()), *answers]
    return f"| {' | '.join(map(cell, cells))} |"


def cell(text: str) -> str:
    """A text for a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def without_errors(page: str) -> Iterator[str]:
    """The lines of a rulebook without the worst errors, which differ from machine to machine."""
    return (line.rpartition(" | ")[0] if line.startswith("| `") else line for line in page.splitlines())
