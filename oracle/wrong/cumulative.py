"""Wrong pullbacks of purevjp/cumulative.py."""

from collections.abc import Callable
from typing import Any

import numpy as np


def along(function: Callable[[Any, Any], Any], u: Any, x: Any, axis: Any) -> Any:
    """`function(u, x)` of lanes in the last axis, put back."""
    if axis is None:
        return function(u, x.ravel()).reshape(x.shape)
    return np.moveaxis(function(np.moveaxis(u, axis, -1), np.moveaxis(x, axis, -1)), -1, axis).copy()


def backwards(u: Any) -> Any:
    """Σ u from each element on."""
    return np.cumsum(u[..., ::-1], axis=-1)[..., ::-1]


def at_last(u: Any, x: Any, y: Any) -> Any:
    """Each u at the last element that equals the extreme; all but the last run are dropped with `=`."""
    dx = np.zeros_like(x)
    at = np.maximum.accumulate(np.where(x == y, np.arange(x.shape[-1]), 0), axis=-1)
    for index in np.ndindex(x.shape):
        dx[*index[:-1], at[index]] += u[index]
    return dx


def shares_of_softmax(u: Any, x: Any) -> Any:
    """exp(x − y), without what comes after."""
    return u * np.exp(x - np.logaddexp.accumulate(x, axis=-1))


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "cumsum": {
        "not reversed": lambda u, x, *, axis: (along(lambda v, _: np.cumsum(v, axis=-1), u, x, axis),),
        "without u itself": lambda u, x, *, axis: (along(lambda v, _: backwards(v) - v, u, x, axis),),
        "total for all": lambda u, x, *, axis: (
            along(lambda v, _: np.broadcast_to(v.sum(-1, keepdims=True), v.shape), u, x, axis).copy(),
        ),
        "u": lambda u, x, *, axis: (u.reshape(x.shape).copy(),),
    },
    "cumprod": {
        "tensorflow #3862, pytensor PR #1956, burn #3864: divides by x": lambda u, x, *, axis: (
            along(lambda v, z: backwards(v * np.cumprod(z, axis=-1)) / z, u, x, axis),
        ),
        "0 where x is 0": lambda u, x, *, axis: (
            along(
                lambda v, z: np.where(z == 0, 0, backwards(v * np.cumprod(z, axis=-1)) / np.where(z == 0, 1, z)),
                u, x, axis,
            ),
        ),
        "that of its own place only": lambda u, x, *, axis: (
            along(lambda v, z: v * np.cumprod(np.roll(z, 1, -1), axis=-1), u, x, axis),
        ),
    },
    "cummax": {
        "all to the last": lambda u, x, *, axis: (
            along(lambda v, z: at_last(v, z, np.maximum.accumulate(z, axis=-1)), u, x, axis),
        ),
        "u at records": lambda u, x, *, axis: (
            along(lambda v, z: v * (z == np.maximum.accumulate(z, axis=-1)), u, x, axis),
        ),
        "all to the largest of all": lambda u, x, *, axis: (
            along(lambda v, z: (z == z.max(-1, keepdims=True, initial=-np.inf)) * v.sum(-1, keepdims=True), u, x, axis),
        ),
    },
    "cummin": {
        "all to the last": lambda u, x, *, axis: (
            along(lambda v, z: at_last(v, z, np.minimum.accumulate(z, axis=-1)), u, x, axis),
        ),
        "that of cummax": lambda u, x, *, axis: (
            along(lambda v, z: at_last(v, z, np.maximum.accumulate(z, axis=-1)), u, x, axis),
        ),
    },
    "logcumsumexp": {
        "nothing from later places": lambda u, x, *, axis: (along(shares_of_softmax, u, x, axis),),
        "that of cumsum": lambda u, x, *, axis: (along(lambda v, _: backwards(v), u, x, axis),),
        "that of logsumexp": lambda u, x, *, axis: (
            along(
                lambda v, z: v.sum(-1, keepdims=True)
                * np.exp(z - (np.logaddexp.reduce(z, axis=-1, keepdims=True) if z.size else 0)),
                u, x, axis,
            ),
        ),
    },
}  # fmt: skip
