"""Wrong pullbacks of purevjp/quantiles.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

from purevjp.broadcast import kept_shape
from purevjp.lane import from_lanes, to_lanes


def kept(u: Any, x: Any, axis: Any) -> Any:
    """u with axes kept."""
    return u.reshape(kept_shape(x.shape, axis))


def placed(u: Any, x: Any, axis: Any, weights: Any) -> Any:
    """u times the weight of each place, put where the elements came from."""
    lanes = to_lanes(x, axis)
    dx = np.zeros_like(lanes)
    order = np.argsort(lanes, axis=-1, kind="stable")
    along = u.reshape(*lanes.shape[:-1], 1) * np.asarray(weights(lanes.shape[-1]), x.dtype)
    np.put_along_axis(dx, order, along, axis=-1)
    return from_lanes(dx, x.shape, axis)


def hot(n: int, *places: int) -> Any:
    """Weights of the elements at these places, in equal parts."""
    weights = np.zeros(n)
    for place in places:
        weights[place] += 1 / len(places)
    return weights


def quantiles(u: Any, x: Any, q: Any, axis: Any, weights: Any) -> Any:
    """The pullback of several quantiles by the weights of each."""
    qs, us = np.ravel(q), u.reshape(np.size(q), *(u.shape[1:] if np.ndim(q) else u.shape))
    parts = [placed(part, x, axis, lambda n, q=q: weights(n, q * (n - 1))) for q, part in zip(qs, us, strict=True)]
    return np.sum(parts, axis=0).astype(x.dtype)


def linear(n: int, place: float, low: float | None = None) -> Any:
    """Weights of two elements, by the distance to the place."""
    i, j = int(np.floor(place)), int(np.ceil(place))
    t = place - i if low is None else 1 - low
    weights = np.zeros(n)
    weights[i] += 1 - t
    weights[j] += t
    return weights


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "ptp": {
        "largest only": lambda u, x, *, axis, **_: (
            kept(u, x, axis) * (x == x.max(axis=axis, keepdims=True)),
        ),
        "all tied get all": lambda u, x, *, axis, **_: (
            kept(u, x, axis)
            * (1.0 * (x == x.max(axis=axis, keepdims=True)) - (x == x.min(axis=axis, keepdims=True))).astype(x.dtype),
        ),
        "sum of both": lambda u, x, *, axis, **_: (
            kept(u, x, axis)
            * (1.0 * (x == x.max(axis=axis, keepdims=True)) + (x == x.min(axis=axis, keepdims=True))).astype(x.dtype),
        ),
    },
    "median": {
        "lower of two": lambda u, x, *, axis, **_: (placed(u, x, axis, lambda n: hot(n, (n - 1) // 2)),),
        "upper of two": lambda u, x, *, axis, **_: (placed(u, x, axis, lambda n: hot(n, n // 2)),),
        "two in the middle of odd lanes": lambda u, x, *, axis, **_: (
            placed(u, x, axis, lambda n: hot(n, n // 2, (n // 2 + 1) % n)),
        ),
        "mean": lambda u, x, *, axis, **_: (placed(u, x, axis, lambda n: np.full(n, 1 / n)),),
    },
    "quantile": {
        "weights swapped": lambda u, x, *, q, axis, **_: (
            quantiles(u, x, q, axis, lambda n, place: linear(n, place, place - np.floor(place))),
        ),
        "linear for all methods": lambda u, x, *, q, axis, **_: (quantiles(u, x, q, axis, linear),),
        "midpoint for all methods": lambda u, x, *, q, axis, **_: (
            quantiles(u, x, q, axis, lambda n, place: linear(n, place, 0.5)),
        ),
        "largest": lambda u, x, *, q, axis, **_: (quantiles(u, x, q, axis, lambda n, _place: hot(n, n - 1)),),
    },
}  # fmt: skip
