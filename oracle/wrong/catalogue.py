"""All wrong pullbacks and values, by the name of their rule."""

from collections.abc import Callable
from typing import Any, TypeAlias

from oracle.wrong import activation, arithmetic, loss, product, reduction, structural

Pullback: TypeAlias = Callable[..., Any]
"""`pullback(u, *xs, **static)` gives the cotangents."""

WRONG: dict[str, dict[str, Pullback]] = {
    **arithmetic.WRONG,
    **activation.WRONG,
    **reduction.WRONG,
    **structural.WRONG,
    **product.WRONG,
    **loss.WRONG,
}
WRONG_VALUES: dict[str, dict[str, Callable[..., Any]]] = {**activation.WRONG_VALUES, **reduction.WRONG_VALUES}
