"""All rows, by the name of their rule."""

import types

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

CATALOGUE: dict[str, Case] = {case["rule"].__name__: case for family in FAMILIES.values() for case in family.CASES}
