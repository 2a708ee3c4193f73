"""All wrong pullbacks and values, by the name of their rule."""

import types
from collections.abc import Callable
from typing import Any, TypeAlias

from oracle.wrong import (
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

Pullback: TypeAlias = Callable[..., Any]
"""`pullback(u, *xs, **static)` gives the cotangents."""

FAMILIES: tuple[types.ModuleType, ...] = (
    arithmetic,
    binary,
    elementwise,
    trigonometric,
    rounding,
    selection,
    activation,
    reduction,
    statistics,
    quantiles,
    cumulative,
    calculus,
    structural,
    axes,
    joining,
    tiling,
    indexing,
    scattering,
    diagonals,
    sorting,
    product,
    tensor,
    chain,
    fourier,
    decomposition,
    singular,
    solving,
    convolution,
    pooling,
    normalization,
    attention,
    recurrent,
    loss,
)

WRONG: dict[str, dict[str, Pullback]] = {rule: wrong for family in FAMILIES for rule, wrong in family.WRONG.items()}
WRONG_VALUES: dict[str, dict[str, Callable[..., Any]]] = {
    rule: wrong for family in FAMILIES for rule, wrong in getattr(family, "WRONG_VALUES", {}).items()
}
