"""The pages made of the catalogue are not stale."""

import json
from pathlib import Path

import numpy as np

from oracle.book import conventions, rulebook, shown, without_errors
from oracle.catalogue import CATALOGUE
from oracle.conformance.conventions import MEASURED
from oracle.verdict import FACTOR

DOCS = Path(__file__).parents[1] / "docs"
MEASURED_OF = json.loads((DOCS / MEASURED).read_text("utf-8"))


def test_the_rulebook_is_that_of_the_catalogue():
    page = (DOCS / "rulebook.md").read_text("utf-8")
    assert list(without_errors(page)) == list(without_errors(rulebook({}))), "docs/rulebook.md is stale: make docs"
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) == len(CATALOGUE)
    for row in rows:
        assert 0 <= float(row.split(" | ")[-1].strip(" |")) <= FACTOR, f"{row} should end in the worst error seen"


def test_the_conventions_are_those_of_the_catalogue():
    page = (DOCS / "conventions.md").read_text("utf-8")
    assert page == conventions(MEASURED_OF), "docs/conventions.md is stale: make docs"


def test_a_rule_of_another_formula_makes_the_page_stale():
    page = rulebook({})
    assert list(without_errors(page)) != list(without_errors(page.replace("y = eˣ", "y = 2ˣ")))


def test_an_answer_of_another_is_told_from_the_same():
    own = [np.array([0.0, np.nan]), np.array(2.0)]
    assert shown([[0.0, "nan"], 2.0], own) == "="
    assert shown([[1.0, "nan"], 2.0], own) == "[1, nan], 2"
    assert (shown("raises", own), shown(None, own)) == ("raises", "")
