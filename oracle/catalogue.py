"""All rows, by the name of their rule."""

import types
from collections.abc import Iterable

from oracle import (
    activation,
    arithmetic,
    attention,
    axes,
    binary,
    calculus,
    chain,
    convolution,
    cumulative,
    decomposition,
    diagonals,
    elementwise,
    fourier,
    indexing,
    joining,
    loss,
    mlp,
    normalization,
    pooling,
    product,
    quantiles,
    recurrent,
    reduction,
    rounding,
    scattering,
    selection,
    singular,
    solving,
    sorting,
    statistics,
    structural,
    tensor,
    tiling,
    trigonometric,
)
from oracle.domain import Case

FAMILIES: dict[str, types.ModuleType] = {
    "arithmetic": arithmetic,
    "binary": binary,
    "elementwise": elementwise,
    "trigonometric": trigonometric,
    "rounding": rounding,
    "selection": selection,
    "activation": activation,
    "reduction": reduction,
    "statistics": statistics,
    "quantiles": quantiles,
    "cumulative": cumulative,
    "calculus": calculus,
    "structural": structural,
    "axes": axes,
    "joining": joining,
    "tiling": tiling,
    "indexing": indexing,
    "scattering": scattering,
    "diagonals": diagonals,
    "sorting": sorting,
    "product": product,
    "tensor": tensor,
    "chain": chain,
    "fourier": fourier,
    "decomposition": decomposition,
    "singular": singular,
    "solving": solving,
    "convolution": convolution,
    "pooling": pooling,
    "normalization": normalization,
    "attention": attention,
    "recurrent": recurrent,
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
