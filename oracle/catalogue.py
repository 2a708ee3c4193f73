"""All rows, by the name of their rule."""

import types
from collections.abc import Iterable

from oracle import activation, arithmetic, elementwise, loss, mlp, product, reduction, structural
from oracle.domain import Case

FAMILIES: dict[str, types.ModuleType] = {
    "arithmetic": arithmetic,
    "elementwise": elementwise,
    "activation": activation,
    "reduction": reduction,
    "structural": structural,
    "product": product,
    "loss": loss,
    "mlp": mlp,
}


def by_name(cases: Iterable[Case]) -> dict[str, Case]:
    """The rows by the name of their rule.

    Errors  ValueError when a rule has two rows.
    """
    catalogue: dict[str, Case] = {}
    for case in cases:
        name = case["name"]
        if name in catalogue:
            raise ValueError(f"{name} has two rows")
        catalogue[name] = case
    return catalogue


CATALOGUE = by_name(case for family in FAMILIES.values() for case in family.CASES)
