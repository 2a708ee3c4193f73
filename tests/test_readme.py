"""What the README shows is true."""

import re
from pathlib import Path

from oracle.catalogue import CATALOGUE
from oracle.mutant import mutants

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_fifteen_lines_run():
    example = next(block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "import jax" in block)
    assert len([line for line in example.splitlines() if line]) <= 15
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 (the example is ours)


def test_the_network_runs():
    example = next(block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "residual" in block)
    found = {}
    exec(compile(example, "README.md", "exec"), found)  # noqa: S102 (as above)
    assert found["dx"].shape == (5, 2)


def test_the_mutants_are_counted():
    total = sum(len(list(mutants(case))) for case in CATALOGUE.values())
    assert f"{total} mutants" in README, f"there are {total} mutants"


def test_the_two_commands_come_first():
    assert README.index("make verify") < README.index("make test") < README.index("## ")
