"""Mutants as backends, one file each, so that anybody can see the corpus catch them."""

import re
from collections.abc import Iterable
from pathlib import Path

from oracle.catalogue import CATALOGUE
from oracle.conformance.explain import all_mutants
from oracle.pack import Rule

FILE = '''"""{rule}, wrong on purpose: {name}. `purevjp check` with `--strict` must catch it."""

from oracle.conformance.wrong import mutant

{rule} = mutant("{rule}", {name!r})
'''


def mutant(rule: str, name: str) -> Rule:
    """A mutant of a rule by name, in the form of the rule.

    Errors  ValueError when there is none.
    """
    found = dict(all_mutants(rule)) if rule in CATALOGUE else {}
    if name not in found:
        raise ValueError(f"there is no mutant {name!r} of a rule {rule!r}")
    return found[name]


def export(rules: Iterable[str], folder: Path) -> dict[tuple[str, str], Path]:
    """Write every mutant of these rules as a backend of its own: by rule and name, its file."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[tuple[str, str], Path] = {}
    for rule in rules:
        for i, (name, _) in enumerate(all_mutants(rule)):
            words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
            files[rule, name] = folder / f"{rule}_{i:02}_{words}.py"
            files[rule, name].write_text(FILE.format(rule=rule, name=name), encoding="utf-8")
    return files
