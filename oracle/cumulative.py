"""Rows of purevjp/cumulative.py."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

import purevjp as pv
from oracle.acceptance import any_of, exact, non_finite, point
from oracle.domain import BOUNDED, LOGIT, REAL, Choose, Static, case
from oracle.referee import EXP, LOG
from oracle.shape import one
from purevjp.aliases import Array

INF, NAN = math.inf, math.nan
FEW = 400


def flat(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function along an axis, or of all elements where there is none."""

    def along(x: Any, *, axis: int | None = None) -> Any:
        return function(x.ravel(), axis=0) if axis is None else function(x, axis=axis % x.ndim)

    along.__name__ = function.__name__
    return along


def prefixes(x: Any, axis: int, other: float) -> Any:
    """For each element along an axis, those up to it in a new last axis, and `other` in place of the rest."""
    lanes = jnp.moveaxis(x, axis, -1)
    n = lanes.shape[-1]
    return jnp.where(np.tri(n, dtype=bool), lanes[..., None, :], other)


@flat
def cummax(x: Any, *, axis: int) -> Any:
    """The maximum of the elements up to each, in JAX."""
    return jnp.moveaxis(jnp.max(prefixes(x, axis, -INF), axis=-1, initial=-INF), -1, axis)


@flat
def cummin(x: Any, *, axis: int) -> Any:
    """The minimum of the elements up to each, in JAX."""
    return jnp.moveaxis(jnp.min(prefixes(x, axis, INF), axis=-1, initial=INF), -1, axis)


@flat
def cumlogsumexp(x: Any, *, axis: int) -> Any:
    """ln Σ eˣ of the elements up to each, in JAX."""
    return lax.cumlogsumexp(x, axis)


def records(x: Array, *, axis: int | None) -> Array:
    """How far each element is from the largest before it: zero at a tie."""
    lanes = np.ravel(x) if axis is None else np.moveaxis(x, axis, -1)
    apart = np.ones(lanes.shape)
    apart[..., 1:] = lanes[..., 1:] - np.maximum.accumulate(lanes, axis=-1)[..., :-1]
    return apart.reshape(x.shape) if axis is None else np.moveaxis(apart, -1, axis)


def running_axis(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | None:
    """One axis from either end, or None."""
    ndim = len(shapes[0])
    axis: int | None = choose((None, *range(-ndim, ndim)))
    return axis


def some_axis(choose: Choose, shapes: Sequence[Any], static: Static) -> int | None:
    """The same, and None only where elements are few: to compare each with all before it takes their square."""
    axis = running_axis(choose, shapes, static)
    return 0 if axis is None and math.prod(shapes[0]) > FEW else axis


ALONG = {"axis": running_axis}
ZEROS = point(
    "zeros", "P3", [2.0, 0.0, 3.0, 4.0], u=[1.0] * 4, value=[2, 0, 0, 0], convention=([1, 32, 0, 0],),
    jax=([1, 32, 0, 0],), torch=([1, 32, 0, 0],),
)  # fmt: skip
TWO_ZEROS = point(
    "zeros", "P3", [0.0, 0.0, 3.0], u=[2.0, 5.0, 7.0], value=[0, 0, 0], convention=([2, 0, 0],),
    jax=([2, 0, 0],), torch=([2, 0, 0],),
)  # fmt: skip
TIES = point(
    "ties", "P2", [1.0, 1.0, 0.0], u=[4.0, 4.0, 4.0], value=[1, 1, 1],
    accepts=(any_of(*(exact(dx) for dx in ([12, 0, 0], [8, 4, 0], [10, 2, 0], [4, 8, 0], [6, 6, 0]))),),
    convention=([8, 4, 0],), jax=([8, 4, 0],), torch=([4, 8, 0],),
)  # fmt: skip
LOW_TIES = point(
    "ties", "P2", [1.0, 1.0, 2.0], u=[4.0, 4.0, 4.0], value=[1, 1, 1],
    accepts=(any_of(*(exact(dx) for dx in ([12, 0, 0], [8, 4, 0], [10, 2, 0], [4, 8, 0], [6, 6, 0]))),),
    convention=([8, 4, 0],), jax=([8, 4, 0],), torch=([4, 8, 0],),
)  # fmt: skip
MASKED = point(
    "−∞ after a number", "P3", [1.0, -INF], u=[3.0, 5.0], value=[1, 1], convention=([8, 0],), jax=([8, 0],),
    torch=([8, 0],),
)  # fmt: skip
ALL_MASKED = point(
    "−∞ only, up to an element", "P5", [-INF, -INF, 1.0], u=[3.0, 5.0, 7.0], value=[-INF, -INF, 1],
    accepts=(any_of(exact([0, 0, 7]), non_finite(["nan", "nan", "finite"])),), convention=([0, 0, 7],),
    jax=([NAN, NAN, 7],), torch=([NAN, NAN, 7],),
)  # fmt: skip

CASES = (
    case(pv.cumsum, jnp.cumsum, one, REAL, static=ALONG, definition=np.cumsum, exact=True, analytic=True),
    case(
        pv.cumprod, jnp.cumprod, one, BOUNDED, static=ALONG, definition=np.cumprod, analytic=True,
        points=(ZEROS, TWO_ZEROS),
    ),
    case(
        pv.cummax, cummax, one, REAL, static={"axis": some_axis}, kink=records, definition=flat(np.maximum.accumulate),
        points=(TIES,),
    ),
    case(
        pv.cummin, cummin, one, REAL, static={"axis": some_axis}, kink=lambda x, *, axis: records(-x, axis=axis),
        definition=flat(np.minimum.accumulate), points=(LOW_TIES,),
    ),
    case(
        pv.logcumsumexp, cumlogsumexp, one, LOGIT, static=ALONG,
        definition=lambda x, *, axis: LOG(np.cumsum(EXP(x), axis=axis)), points=(MASKED, ALL_MASKED),
    ),
)  # fmt: skip
