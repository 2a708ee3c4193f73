"""The catalogue and the table of conventions as pages: `docs/rulebook.md` and `docs/conventions.md`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from oracle.catalogue import CATALOGUE, FAMILIES
from oracle.command.rules import counterpart_of
from oracle.command.terminal import labelled
from oracle.conformance.conventions import Measured
from oracle.domain import Case
from purevjp.aliases import Array

MADE = "<!-- Made by `make docs`: do not edit. -->"
SAME = "="
"""What stands for an answer like that of purevjp."""


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


def conventions(measured: Mapping[str, Measured]) -> str:
    """What purevjp and others give at every listed point, and which paragraph decides."""
    who = ", ".join(f"{spec} {of['version']}" for spec, of in measured.items())
    lines = [MADE, "# Conventions", "", "What each gives where there is no derivative, or only a limit of one."]
    lines += [f"Measured with {who}; [kinks.md](kinks.md) has the policies P1 to P6.", ""]
    lines += [f"`{SAME}` is the answer of purevjp; an empty cell: no such function, or none with these options.", ""]
    lines += [f"| rule | at | policy | u | purevjp | {' | '.join(measured)} |", "|---" * (5 + len(measured)) + "|"]
    lines += [convention_of(case, i, measured) for case in CATALOGUE.values() for i in range(len(case["points"]))]
    return "\n".join([*lines, ""])


def convention_of(case: Case, i: int, measured: Mapping[str, Measured]) -> str:
    """A point as a row of the table."""
    point = case["points"][i]
    own = [np.asarray(dx) for dx in point["convention"]]
    others = [shown(of["answers"].get(f"{case['name']}/point/{i}"), own) for of in measured.values()]
    cells = [f"`{case['name']}`", point["at"], point["policy"], brief(point["u"]), ", ".join(map(brief, own)), *others]
    return f"| {' | '.join(map(cell, cells))} |"


def shown(answer: Any, own: Sequence[Array]) -> str:
    """The answer of another, if it is not the same."""
    if answer is None or isinstance(answer, str):
        return answer or ""
    cotangents = [np.array(dx, np.float64) for dx in answer]
    pairs = list(zip(cotangents, own, strict=True)) if len(cotangents) == len(own) else []
    if pairs and all(a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=1e-12, equal_nan=True) for a, b in pairs):
        return SAME
    return ", ".join(map(brief, cotangents))


def brief(x: Any) -> str:
    """Nested lists of numbers of six digits."""
    if isinstance(x, list):
        return f"[{', '.join(map(brief, x))}]"
    return brief(np.asarray(x).tolist()) if isinstance(x, np.ndarray) else f"{x:.6g}"


def cell(text: str) -> str:
    """A text for a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def without_errors(page: str) -> Iterator[str]:
    """The lines of a rulebook without the worst errors, which differ from machine to machine."""
    return (line.rpartition(" | ")[0] if line.startswith("| `") else line for line in page.splitlines())
