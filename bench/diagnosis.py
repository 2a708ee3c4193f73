"""`python -m bench diagnosis`: every mutant of the catalogue as a backend, against the frozen corpus, in float32.

How many are caught, and of how many the diagnosis of most failures names the mutant, alone or among equals.
"""

from collections import Counter

from rich.console import Console

from oracle.catalogue import CATALOGUE
from oracle.conformance import frozen
from oracle.conformance.case import judge, state
from oracle.conformance.explain import all_mutants
from oracle.conformance.record import CONVENTION, FAILING
from oracle.conformance.summary import best_matches
from oracle.kill import EQUIVALENT

CAUGHT, CONVENTIONAL, EQUAL, MISSED = "caught", "named convention", "equivalent", "missed"


def backend(rule, own):
    """A backend of one rule in purevjp's form."""

    def call(_name, xs, static, u):
        value, pullback = own(*xs, **static)
        return value, pullback(u)

    who = {"name": "mutant", "version": "", "device": "cpu"}
    rules = frozenset([rule])
    return {
        "call": call, "own": {rule: own}, "rules": rules, "dtypes": ("float32",), "accumulator": "", "who": who
    }  # fmt: skip


def diagnosed(rule, name, own, vectors):
    """What becomes of one mutant, and whether it is named: first of all, among those that match as often, or not."""
    of = state(backend(rule, own), strict=True)
    lines = [judge(vector, of) for vector in vectors]
    if not any(line["verdict"] in FAILING for line in lines):
        if (rule, name) in EQUIVALENT:
            return EQUAL, False
        return (CONVENTIONAL if any(line["verdict"] == CONVENTION for line in lines) else MISSED), False
    return CAUGHT, name in [match for match, _ in best_matches(lines)]


def print_diagnosis(rules=None):
    console, counts, named, missed = Console(width=140, highlight=False), Counter(), 0, []
    known = frozen.manifest()["rules"]
    for rule in rules or [rule for rule in CATALOGUE if rule in known]:
        vectors = [vector for vector in frozen.vectors(rule) if vector["dtype"] == "float32"]
        for name, own in all_mutants(rule):
            what, right = diagnosed(rule, name, own, vectors)
            counts[what] += 1
            named += right
            if what == MISSED or (what == CAUGHT and not right):
                missed.append(f"{rule}.{name}: {what}, not named")
    for line in missed:
        console.print(line, markup=False, soft_wrap=True)
    caught = counts[CAUGHT]
    console.print(f"{counts.total()} mutants: " + ", ".join(f"{n} {what}" for what, n in counts.items()))
    console.print(f"{named} of {caught} are named, {named / max(caught, 1):.1%}")
