"""docs/notebooks.md prints what it says it prints, and shows figures that it draws."""

import importlib.util
import os
import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "notebooks.md").read_text("utf-8")


def runner():
    """docs/notebooks.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("notebooks", DOCS / "notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_is_what_running_it_gives(tmp_path):
    wanted = {"data"} if "PUREVJP_DATA_DIR" in os.environ else set()
    got = runner().executed(PAGE, tmp_path, tmp_path, wanted)
    assert got.splitlines() == PAGE.splitlines()
    drawn = {file.name for file in tmp_path.iterdir()}
    assert drawn == {"step.svg"} | ({"california-losses.svg"} if wanted else set())


def test_figures_are_there_and_small():
    shown = set(re.findall(r"\]\(figures/(.*?)\)", PAGE))
    assert shown == {file.name for file in (DOCS / "figures").iterdir()} == set(re.findall(r'FIGURES / "(.*?)"', PAGE))
    assert all((DOCS / "figures" / name).stat().st_size < 100_000 for name in shown)


def test_output_that_is_not_what_is_printed_is_seen():
    page = "```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n\n<!-- data -->\n```python\nprint(FIGURES)\n```\n"
    executed = runner().executed
    assert executed(page, "f", "s", set()) == page.replace("3\n", "2\n")
    assert executed(page, "f", "s", {"data"}) == page.replace("3\n", "2\n") + "\n```text\nf\n```\n"
    assert executed(executed(page, "f", "s", {"data"}), "g", "s", {"data"}).endswith("```text\ng\n```\n")
