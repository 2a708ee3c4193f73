"""Rows of purevjp/reduction.py."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, exact, groups, interval, non_finite, point
from oracle.domain import LOGIT, REAL, case
from oracle.laws import conserved
from oracle.referee import EXP, LOG
from oracle.shape import one, one_filled
from oracle.static import flag, reduced_axes
from purevjp.aliases import Array, Axis


def lead(x: Array, *, axis: Axis, keepdims: bool) -> Array:  # noqa: ARG001 (called with the row's keywords)
    """How far the largest element of each lane is ahead of the next: zero at a tie."""
    axes = range(x.ndim) if axis is None else [a % x.ndim for a in np.atleast_1d(np.array(axis, int))]
    kept = [a for a in range(x.ndim) if a not in axes]
    lanes = x.transpose(*kept, *axes).reshape(math.prod(x.shape[a] for a in kept), -1)
    return np.diff(np.sort(lanes), axis=1)[:, -1:]


def logsumexp(x: Any, *, axis: Axis, keepdims: bool) -> Any:
    """ln Σ eˣ, of exact numbers."""
    return LOG(EXP(x).sum(axis=axis, keepdims=keepdims))


INF, NAN = math.inf, math.nan
AXES = {"axis": reduced_axes, "keepdims": flag}
ROWS = {"axis": 1, "keepdims": False}

TIE = point(
    "ties", "P2", [[3.0, 1.0, 3.0], [0.0, -0.0, -1.0], [5.0, 5.0, 5.0]], u=[4.0, -6.0, 9.0],
    value=[3, 0, 5], static=ROWS,
    accepts=(groups(([[1, 0, 1], [2, 2, 0], [3, 3, 3]],), {1: 4.0, 2: -6.0, 3: 9.0}),),
    convention=([[2, 0, 2], [-3, -3, 0], [3, 3, 3]],), jax=([[2, 0, 2], [-3, -3, 0], [3, 3, 3]],),
)  # fmt: skip
INFINITE_TIE = point(
    "ties of infinities", "P2", [[-INF, -INF], [INF, INF]], u=[4.0, 6.0], value=[-INF, INF], static=ROWS,
    accepts=(groups(([[1, 1], [2, 2]],), {1: 4.0, 2: 6.0}),), convention=([[2, 2], [3, 3]],), jax=([[2, 2], [3, 3]],),
)  # fmt: skip
NAN_IN_MAX = point(
    "nan", "P6", [[NAN, 5.0, NAN]], u=[6.0], value=[NAN], static=ROWS,
    accepts=(any_of(exact([[3, 0, 3]]), exact([[6, 0, 0]]), exact([[0, 0, 6]]), exact([[0] * 3]), non_finite("nan")),),
    convention=([[3, 0, 3]],), jax=([[NAN, NAN, NAN]],), torch=([[3, 0, 3]],),
)  # fmt: skip
ALL_MASKED = point(
    "a lane of −∞ only", "P5", [[-INF, -INF]], u=[3.0], value=[-INF], static=ROWS,
    accepts=(any_of(interval(0, 1), non_finite("nan")),),
    convention=([[0, 0]],), jax=([[NAN, NAN]],), torch=([[NAN, NAN]],),
)  # fmt: skip
MASKED = point(
    "−∞ beside a number", "P3", [[-INF, 1.0]], u=[3.0], value=[1], static=ROWS,
    convention=([[0, 3]],), jax=([[0, 3]],), torch=([[0, 3]],),
)  # fmt: skip

CASES = (
    case(pv.sum, jnp.sum, one, REAL, static=AXES, definition=np.sum, exact=True, analytic=True),
    case(pv.mean, jnp.mean, one_filled, REAL, static=AXES, definition=np.mean, analytic=True, laws=(conserved,)),
    case(
        pv.max, jnp.max, one_filled, REAL, static=AXES,
        kink=lead, definition=np.max, exact=True, laws=(conserved,), points=(TIE, INFINITE_TIE, NAN_IN_MAX),
    ),
    case(
        pv.logsumexp, jax.nn.logsumexp, one_filled, LOGIT, static=AXES,
        definition=logsumexp, analytic=True, laws=(conserved,), points=(MASKED, ALL_MASKED),
    ),
)  # fmt: skip
