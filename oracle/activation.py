"""Rows of purevjp/activation.py."""

import math
from typing import Any

import jax
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, exact, interval, non_finite, point
from oracle.domain import LOGIT, REAL, case
from oracle.laws import balanced
from oracle.referee import EXP, LOG
from oracle.shape import filled_lanes
from oracle.static import lane_axes

INF, NAN = math.inf, math.nan


def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), of exact numbers."""
    return 1 / (1 + EXP(-x))


def softmax(x: Any, *, axis: Any) -> Any:
    """eˣ / Σ eˣ, of exact numbers."""
    e = EXP(x)
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(x: Any, *, axis: Any) -> Any:
    """x − ln Σ eˣ, of exact numbers."""
    return x - LOG(EXP(x).sum(axis=axis, keepdims=True))


CORNER = point(
    "x = 0 or −0", "P1", [0.0, -0.0, 1.0], u=[3.0, -4.0, 5.0], value=[0, 0, 1],
    accepts=(interval([0, 0, 1], [1, 1, 1]),), convention=([0, 0, 5],), jax=([0, 0, 5],), torch=([0, 0, 5],),
)  # fmt: skip
LIMITS = point("x = ±∞", "P3", [INF, -INF], u=[2.0, 3.0], value=[1, 0], convention=([0, 0],), jax=([0, 0],))
MASKED = point(
    "−∞ beside numbers", "P3", [-INF, 0.0, -INF], u=[3.0, 5.0, 7.0], value=[0, 1, 0], static={"axis": -1},
    convention=([0, 0, 0],), jax=([0, 0, 0],), torch=([0, 0, 0],),
)  # fmt: skip
ALL_MASKED = point(
    "a lane of −∞ only", "P5", [-INF, -INF], u=[3.0, 5.0], value=[NAN, NAN], static={"axis": -1},
    accepts=(any_of(non_finite("nan"), exact([0, 0])),),
    convention=([NAN, NAN],), jax=([NAN, NAN],), torch=([NAN, NAN],),
)  # fmt: skip
LOG_MASKED = point(
    "−∞ beside numbers", "P3", [-INF, 0.0], u=[3.0, 5.0], value=[-INF, 0], static={"axis": -1},
    convention=([3, -3],), jax=([3, -3],), torch=([3, -3],),
)  # fmt: skip

CASES = (
    case(
        pv.relu, jax.nn.relu, "()->()", REAL,
        kink=np.asarray, definition=lambda x: np.maximum(x, 0), exact=True, points=(CORNER,),
    ),
    case(pv.sigmoid, jax.nn.sigmoid, "()->()", LOGIT, definition=sigmoid, relative=True, points=(LIMITS,)),
    case(
        pv.softmax, jax.nn.softmax, filled_lanes, LOGIT, static={"axis": lane_axes},
        definition=softmax, analytic=True, laws=(balanced,), points=(MASKED, ALL_MASKED),
    ),
    case(
        pv.log_softmax, jax.nn.log_softmax, filled_lanes, LOGIT, static={"axis": lane_axes},
        definition=log_softmax, analytic=True, laws=(balanced,), points=(LOG_MASKED, ALL_MASKED),
    ),
)  # fmt: skip
