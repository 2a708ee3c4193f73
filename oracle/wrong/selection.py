"""Wrong pullbacks of purevjp/selection.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

from oracle.wrong.arithmetic import pair
from purevjp.broadcast import unbroadcast


def three(u: Any, masks: Any, xs: Any) -> tuple[Any, ...]:
    """u where a mask says so, reduced to the shape of each primal."""
    return tuple(
        unbroadcast(np.asarray(u * mask, u.dtype), x.shape, x.dtype, copy=True)
        for mask, x in zip(masks, xs, strict=True)
    )


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "where": {
        "the branches are swapped": lambda u, x, y, *, condition: pair(u * ~condition, u * condition, x, y),
        "both branches get all": lambda u, x, y, *, condition: pair(u, u, x, y),
        "tinygrad PR #15806: nan for what was not chosen": lambda u, x, y, *, condition: pair(
            np.where(condition, u, u * 0 / 0), np.where(condition, u * 0 / 0, u), x, y
        ),
        "multiplied, not chosen (pytorch #68425)": lambda u, x, y, *, condition: pair(
            u * (condition * x / np.where(x == 0, 1, x)), u * ~condition, x, y
        ),
    },
    "minimum": {
        "candle PR #534: the mask of b subtracted": lambda u, a, b: pair(u * (a < b), -u * (b < a), a, b),
        "both tied entries get all": lambda u, a, b: pair(u * (a <= b), u * (b <= a), a, b),
        "a tie goes to a": lambda u, a, b: pair(u * (a <= b), u * (b < a), a, b),
        "maximum": lambda u, a, b: pair(u * (a > b) + u / 2 * (a == b), u * (b > a) + u / 2 * (a == b), a, b),
    },
    "fmax": {
        "both tied entries get all": lambda u, a, b: pair(u * (a >= b), u * (b >= a), a, b),
        "maximum: nothing where one is nan": lambda u, a, b: pair(
            u * (a > b) + u / 2 * (a == b), u * (b > a) + u / 2 * (a == b), a, b
        ),
        "fmin": lambda u, a, b: pair(u * (a < b) + u / 2 * (a == b), u * (b < a) + u / 2 * (a == b), a, b),
    },
    "fmin": {
        "both tied entries get all": lambda u, a, b: pair(u * (a <= b), u * (b <= a), a, b),
        "minimum: nothing where one is nan": lambda u, a, b: pair(
            u * (a < b) + u / 2 * (a == b), u * (b < a) + u / 2 * (a == b), a, b
        ),
        "fmax": lambda u, a, b: pair(u * (a > b) + u / 2 * (a == b), u * (b > a) + u / 2 * (a == b), a, b),
    },
    "clip": {
        "mask not applied": lambda u, x, low, high: three(u, (1, x < low, x > high), (x, low, high)),
        "nothing to the bounds": lambda u, x, low, high: three(u, ((low < x) & (x < high), 0, 0), (x, low, high)),
        "bounds that cross: both get u": lambda u, x, low, high: three(
            u, ((low < x) & (x < high), x < low, x > high), (x, low, high)
        ),
        "u to x and to the bound": lambda u, x, low, high: three(
            u, ((low <= x) & (x <= high), (x <= low) & (low < high), (x >= high) | (high < low)), (x, low, high)
        ),
    },
}
