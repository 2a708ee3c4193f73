"""`python -m bench diagnosis`: every mutant of the catalogue, exported as a backend, against the frozen corpus.

How many are caught, and of how many the diagnosis of most failures names the mutant, alone or among equals. Rules may
be named.
"""

import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Console

from oracle.catalogue import CATALOGUE
from oracle.conformance import frozen
from oracle.conformance.adapter import load
from oracle.conformance.case import judge, state
from oracle.conformance.record import CONVENTION, FAILING
from oracle.conformance.summary import best_matches
from oracle.conformance.wrong import export
from oracle.kill import EQUIVALENT

CAUGHT, CONVENTIONAL, EQUAL, MISSED = "caught", "named convention", "equivalent", "missed"


def diagnosed(rule, name, file, vectors):
    """What becomes of one mutant, and whether it is named: first of all, among those that match as often, or not."""
    of = state(load(str(file)), strict=True)
    lines = [judge(vector, of) for vector in vectors]
    if not any(line["verdict"] in FAILING for line in lines):
        if (rule, name) in EQUIVALENT:
            return EQUAL, False
        return (CONVENTIONAL if any(line["verdict"] == CONVENTION for line in lines) else MISSED), False
    return CAUGHT, name in [match for match, _ in best_matches(lines)]


def print_diagnosis(rules=()):
    console, counts, named, missed = Console(width=140, highlight=False), Counter(), 0, []
    with tempfile.TemporaryDirectory() as folder:
        vectors: dict = {}
        for (rule, name), file in export(rules or CATALOGUE, Path(folder)).items():
            if rule not in vectors:
                vectors = {rule: [vector for vector in frozen.vectors(rule) if vector["dtype"] == "float32"]}
            what, right = diagnosed(rule, name, file, vectors[rule])
            counts[what] += 1
            named += right
            if what == MISSED or (what == CAUGHT and not right):
                missed.append(f"{rule}.{name}: {what}, not named")
    for line in missed:
        console.print(line, markup=False, soft_wrap=True)
    caught = counts[CAUGHT]
    console.print(f"{counts.total()} mutants: " + ", ".join(f"{n} {what}" for what, n in counts.items()))
    console.print(f"{named} of {caught} are named, {named / max(caught, 1):.1%}")
