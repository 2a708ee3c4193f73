"""purevjp findings."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import mpmath
import numpy as np
import typer

from oracle.command.terminal import out
from oracle.findings import FINDINGS
from oracle.findings.finding import Finding

MADE = "<!-- Made by `make findings`: do not edit. -->"
DIGITS = 50
INTRODUCTION = """What `purevjp check` and `purevjp fuzz` found in released versions of other libraries, on the CPU.
Each script was run when this page was made, and uses that library alone. Right numbers are by mpmath, to 50 digits.
`docs/known/` lists the cases of the corpus that each explains; `purevjp fuzz` found what explains none."""
SLOW = {"tinygrad": " --limit 60  # it compiles each case"}


def findings(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where findings.md and known/BACKEND.toml go.")],
) -> None:
    """Run the script of every finding in the shipped backends, and write the page and the lists of known failures."""
    (folder / "known").mkdir(parents=True, exist_ok=True)
    (folder / "findings.md").write_text(page(), encoding="utf-8")
    for backend in dict.fromkeys(each["backend"] for each in FINDINGS):
        (folder / "known" / f"{backend}.toml").write_text(known(backend), encoding="utf-8")
    out.print(f"{len(FINDINGS)} findings")


def page() -> str:
    """Every finding, with what its script has given just now."""
    backends = list(dict.fromkeys(each["backend"] for each in FINDINGS))
    commands = [f"purevjp check {of} --known docs/known/{of}.toml{SLOW.get(of, '')}" for of in backends]
    lines = [MADE, "# Findings", "", INTRODUCTION, "", "```", *commands, "```", ""]
    for backend in backends:
        lines += [f"## {backend} {version(backend)}", ""]
        for each in (of for of in FINDINGS if of["backend"] == backend):
            lines += [f"### {each['title']}", "", "```python", each["script"], "```", ""]
            lines += [f"Gives `{shown(got_of(each))}`; right is {right_of(each)}. ({each['kind'].capitalize()}.)", ""]
            lines += [f"Known: <{each['thread']}>", ""] if each["thread"] else []
    return "\n".join(lines)


def section(text: str, each: Finding) -> str:
    """Where a page has a finding."""
    of_backend = text.partition(f"\n## {each['backend']} ")[2].partition("\n## ")[0]
    return of_backend.partition(f"\n### {each['title']}\n")[2].partition("\n### ")[0]


def anchor(each: Finding) -> str:
    """Where the page has it."""
    words = "".join(c for c in each["title"].lower() if c.isalnum() or c in " -_").replace(" ", "-")
    of_title = [of["backend"] for of in FINDINGS if of["title"] == each["title"]]
    again = of_title.index(each["backend"])
    return f"docs/findings.md#{words}" + (f"-{again}" if again else "")


def got_of(each: Finding) -> Any:
    """What a script gives; an exception, if that is the finding."""
    names: dict[str, Any] = {}
    try:
        with np.errstate(all="ignore"):
            exec(each["script"], names)  # noqa: S102 (our own)
    except Exception as error:  # noqa: BLE001 (it is what is looked for)
        return error
    return names["got"]


def right_of(each: Finding) -> str:
    """The exact number, or words."""
    if "mp." not in each["right"]:
        return each["right"]
    return f"`{mpmath.nstr(exact(each['right']), 17)}`"


def exact(expression: str) -> Any:
    """A number of mpmath."""
    with mpmath.workdps(DIGITS):
        return +eval(expression, {"mp": mpmath.mp, "np": np})  # noqa: S307 (our own)


def shown(got: Any) -> str:
    """What came out, in a line."""
    if isinstance(got, Exception):
        said = " ".join(str(got).replace("`", "'").split())
        return f"{got.__class__.__name__}: {said[:120]}"
    return " ".join(str(got.tolist() if hasattr(got, "tolist") else got).split())


FLAKY = {"hangs", "not deterministic"}
"""Kinds that strike now and then."""


def known(backend: str) -> str:
    """The list of known failures of a backend."""
    tables = [
        "\n".join([
            "[[known]]",
            f"case = {json.dumps(case)}",
            f"verdict = {json.dumps(list(each['verdicts']))}",
            f"reason = {json.dumps(each['title'], ensure_ascii=False)}",
            f"issue = {json.dumps(each['thread'] or anchor(each), ensure_ascii=False)}",
            *(["flaky = true"] if each["kind"] in FLAKY else []),
        ])
        for each in FINDINGS
        if each["backend"] == backend
        for case in each["cases"]
    ]  # fmt: skip
    return "# Made by `make findings`.\n\n" + "\n\n".join(tables) + "\n"
