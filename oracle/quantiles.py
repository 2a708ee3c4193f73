"""Rows of purevjp/quantiles.py."""

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, exact, groups, non_finite, point
from oracle.domain import REAL, Choose, Static, case, interval
from oracle.reduction import lag, lead
from oracle.shape import one_filled
from oracle.static import flag, lane_axes, reduced_axes
from purevjp.aliases import Array, Axis
from purevjp.broadcast import kept_shape

INF, NAN = math.inf, math.nan
METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def lanes_of(x: Any, axis: Axis) -> Any:
    """The reduced axes as one last axis."""
    axes = range(x.ndim) if axis is None else [a % x.ndim for a in np.atleast_1d(np.array(axis, int))]
    kept = [a for a in range(x.ndim) if a not in axes]
    return x.transpose(*kept, *sorted(axes)).reshape(*(x.shape[a] for a in kept), math.prod(x.shape[a] for a in axes))


def distinct(x: Array) -> Array:
    """Numbers like these that are all well apart, in the same order: ties are for the listed points."""
    order = np.argsort(x.ravel(), kind="stable")
    rank = np.argsort(order).reshape(x.shape)
    return x + rank * np.maximum(np.abs(x), 1) / (2 * max(x.size, 1))


def median(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The median in JAX, which gives that of a number an axis with keepdims."""
    return jnp.median(x, axis=axis, keepdims=keepdims and x.ndim > 0)


def quantile(x: Any, *, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    """Quantiles in JAX; to the nearest as NumPy, halves to even places."""
    n = lanes_of(np.zeros(x.shape), axis).shape[-1]
    if method == "nearest":
        q = jnp.rint(jnp.asarray(q) * (n - 1)) / max(n - 1, 1)
        method = "linear" if n == 1 else "nearest"
    return jnp.quantile(x, q, axis=axis, keepdims=keepdims and x.ndim > 0, method=method)


def median_of(x: Any, *, axis: Axis, keepdims: bool) -> Any:
    """Half the sum of the two in the middle, of exact numbers."""
    ordered = np.sort(lanes_of(x, axis), axis=-1)
    n = ordered.shape[-1]
    y = (ordered[..., (n - 1) // 2] + ordered[..., n // 2]) / 2
    return np.array(y).reshape(kept_shape(x.shape, axis)) if keepdims else y


def quantile_of(x: Any, *, q: Any, axis: Axis, method: str, keepdims: bool) -> Any:
    """Quantiles, of exact numbers; places in floating point, as they decide between elements."""
    ordered = np.sort(lanes_of(x, axis), axis=-1)
    n = ordered.shape[-1]
    found = []
    for place in np.ravel(q).astype(float) * (n - 1):
        i, j = math.floor(place), math.ceil(place)
        t = {"linear": place - i, "lower": 0, "higher": 1, "midpoint": 0.5, "nearest": round(place) - i}[method]
        found.append((1 - t) * ordered[..., i] + t * ordered[..., j])
    kept = kept_shape(x.shape, axis) if keepdims else ordered.shape[:-1]
    y = np.array(found, object).reshape(len(found), *kept)
    return y if np.ndim(q) else y[0]


def ends_apart(x: Array, **static: Any) -> Array:
    """Zero where the largest or the smallest ties."""
    return np.minimum(lead(x, **static), lag(x, **static))


def fraction(choose: Choose, _shapes: Sequence[Any], _static: Static) -> Any:
    """A quantile, or several, some twice."""
    q: float | list[float] = choose((0.25, 0.5, [0.25, 0.75], 0.0, 1.0, 0.3, [0.1], [0.5, 0.0, 0.5, 1.0]))
    return np.array(q) if isinstance(q, list) else q


def interpolation(choose: Choose, _shapes: Sequence[Any], _static: Static) -> str:
    """How to interpolate."""
    return str(choose(METHODS))


ROWS = {"axis": 1}
APART = interval(-3, 3, offset=1000.0, wide=2.0**20, special=(0.0, 1.0, -1.0, 2.0, 1e12, -1e15), structure=distinct)

TIED_ENDS = point(
    "ties", "P2", [[3.0, 1.0, 3.0], [5.0, 5.0, 5.0]], u=[4.0, 9.0], value=[2, 0], static={**ROWS, "keepdims": False},
    accepts=(any_of(exact([[2, -4, 2], [0, 0, 0]]), exact([[4, -4, 0], [0, 0, 0]]), exact([[0, -4, 4], [0, 0, 0]])),),
    convention=([[2, -4, 2], [0, 0, 0]],), jax=([[2, -4, 2], [0, 0, 0]],),
)  # fmt: skip
TIED_MIDDLE = point(
    "ties", "P2", [[3.0, 3.0, 3.0], [1.0, 1.0, 0.0]], u=[9.0, 4.0], value=[3, 1], static=ROWS,
    accepts=(groups(([[1, 1, 1], [2, 2, 0]],), {1: 9.0, 2: 4.0}),),
    convention=([[3, 3, 3], [2, 2, 0]],), jax=([[0, 9, 0], [4, 0, 0]],),
)  # fmt: skip
NAN_IN_MEDIAN = point(
    "nan", "P6", [1.0, NAN, 3.0, NAN], u=6.0, value=NAN,
    accepts=(any_of(exact([0, 3, 0, 3]), exact([0, 6, 0, 0]), exact([0, 0, 0, 6]), exact([0] * 4), non_finite("nan")),),
    convention=([0, 3, 0, 3],), jax=([0, 0, 0, 0],),
)  # fmt: skip
TIED_QUARTER = point(
    "ties", "P2", [1.0, 2.0, 1.0, 1.0], u=6.0, value=1, static={"q": 0.25},
    accepts=(groups(([1, 0, 1, 1],), {1: 6.0}),), convention=([2, 0, 2, 2],),
    jax=([1.5, 0, 4.5, 0],), torch=([1.5, 0, 4.5, 0],),
)  # fmt: skip

CASES = (
    case(
        pv.ptp, jnp.ptp, one_filled, REAL, static={"axis": reduced_axes, "keepdims": flag},
        kink=ends_apart, definition=lambda x, **static: np.max(x, **static) - np.min(x, **static), points=(TIED_ENDS,),
    ),
    case(
        pv.median, median, one_filled, APART, static={"axis": lane_axes, "keepdims": flag},
        definition=median_of, points=(TIED_MIDDLE, NAN_IN_MEDIAN),
    ),
    case(
        pv.quantile, quantile, one_filled, APART,
        static={"axis": lane_axes, "keepdims": flag, "q": fraction, "method": interpolation},
        definition=quantile_of, points=(TIED_QUARTER,),
    ),
)  # fmt: skip
