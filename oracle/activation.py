"""Rows of purevjp/activation.py."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, exact, interval, non_finite, point
from oracle.domain import LOGIT, REAL, Choose, Static, case
from oracle.laws import balanced
from oracle.referee import EXP, LOG, TANH, digits_of
from oracle.shape import broadcastable, filled_lanes, one, shape
from oracle.static import flag, lane_axes
from purevjp.aliases import Array, Shape

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


def droppable(choose: Choose) -> tuple[Shape]:
    """One array of any shape, often a square one: the mask of no other tells rows from columns."""
    return (choose((shape(choose), (3, 3), (2, 3, 3))),)


def keeping(choose: Choose, shapes: Sequence[Any], _static: Static) -> Array:
    """Truth values for each element, or some that are broadcast."""
    of = choose((shapes[0], shapes[0], broadcastable(choose, shapes[0])))
    return np.array([choose((True, False)) for _ in range(math.prod(of))], bool).reshape(of)


def drop_rate(choose: Choose, _shapes: Sequence[Any], _static: Static) -> float:
    """Of none, of some, of all."""
    return float(choose((0.5, 0.25, 0.1, 0.9, 0.0, 1.0)))


def dropout(x: Any, *, mask: Any, rate: float) -> Any:
    """A product with 0 or 1 / (1 − rate)."""
    return x * jnp.where(mask, 0 if rate == 1 else 1 / (1 - rate), 0).astype(x.dtype)


def exact_dropout(x: Any, *, mask: Any, rate: float) -> Any:
    """The same, of exact numbers."""
    return x * (mask * 1) * (0 if rate == 1 else 1 / (x * 0 + 1 - rate))


def leaky_relu(x: jax.Array, *, negative_slope: float) -> jax.Array:
    """The definition; at 0 jax.nn.leaky_relu has the slope of the right side."""
    return jnp.where(x > 0, x, negative_slope * x)


def exact_leaky_relu(x: Any, *, negative_slope: float) -> Any:
    """The same, of exact numbers."""
    return np.where(x > 0, x, x * negative_slope)


def silu(x: Any) -> Any:
    """x / (1 + e⁻ˣ), of exact numbers."""
    return x / (1 + EXP(-x))


def softplus(x: Any) -> Any:
    """ln(1 + eˣ), of exact numbers."""
    return LOG(1 + EXP(x))


NORMAL = digits_of(mpmath.ncdf)


def gelu(x: Any, *, approximate: bool) -> Any:
    """x Φ(x), or what is near to it, of exact numbers."""
    if not approximate:
        return x * NORMAL(x)
    return x * (1 + TANH(mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(0.044715) * x**3))) / 2


def slope(choose: Choose, _shapes: Sequence[Any], _static: Static) -> float:
    """The slope on the negative side."""
    return float(choose((0.01, 0.5, 0.0, 2.0, -0.25)))


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

LEAKY_CORNER = point(
    "x = 0 or −0", "P1", [0.0, -0.0, 1.0], u=[3.0, -4.0, 5.0], value=[0, 0, 1], static={"negative_slope": 0.5},
    accepts=(interval([0.5, 0.5, 1], [1, 1, 1]),), convention=([1.5, -2, 5],), jax=([1.5, -2, 5],),
    torch=([1.5, -2, 5],),
)  # fmt: skip
LEAKY_NAN = point(
    "x is nan", "P6", [NAN], u=[3.0], value=[NAN], static={"negative_slope": 0.5},
    accepts=(any_of(interval([0], [1]), non_finite("nan")),), convention=([1.5],), jax=([1.5],), torch=([1.5],),
)  # fmt: skip
LIMITS_OF_SILU = point(
    "x = ±∞", "P3", [INF, -INF], u=[2.0, 3.0], value=[INF, 0],
    convention=([2, 0],), jax=([NAN, NAN],), torch=([NAN, NAN],),
)  # fmt: skip
LIMITS_OF_SOFTPLUS = point(
    "x = ±∞", "P3", [INF, -INF], u=[2.0, 3.0], value=[INF, 0], convention=([2, 0],), jax=([2, 0],), torch=([2, 0],),
)  # fmt: skip
LIMITS_OF_GELU = [
    point(
        "x = ±∞", "P3", [INF, -INF], u=[2.0, 3.0], value=[INF, 0], static={"approximate": approximate},
        convention=([2, 0],), jax=([NAN, NAN],), torch=([NAN, NAN],),
    )
    for approximate in (True, False)
]  # fmt: skip

CASES = (
    case(
        pv.relu, jax.nn.relu, "()->()", REAL,
        kink=np.asarray, definition=lambda x: np.maximum(x, 0), exact=True, points=(CORNER,),
    ),
    case(pv.sigmoid, jax.nn.sigmoid, "()->()", LOGIT, definition=sigmoid, relative=True, points=(LIMITS,)),
    case(
        pv.leaky_relu, leaky_relu, one, REAL, static={"negative_slope": slope},
        kink=lambda x, **_static: np.asarray(x), definition=exact_leaky_relu, relative=True,
        points=(LEAKY_CORNER, LEAKY_NAN),
    ),
    case(pv.silu, jax.nn.silu, "()->()", LOGIT, definition=silu, points=(LIMITS_OF_SILU,)),
    case(
        pv.softplus, jax.nn.softplus, "()->()", LOGIT,
        definition=softplus, relative=True, points=(LIMITS_OF_SOFTPLUS,),
    ),
    case(
        pv.gelu, jax.nn.gelu, "()->()", LOGIT, static={"approximate": flag},
        definition=gelu, points=tuple(LIMITS_OF_GELU),
    ),
    case(
        pv.softmax, jax.nn.softmax, filled_lanes, LOGIT, static={"axis": lane_axes},
        definition=softmax, analytic=True, laws=(balanced,), points=(MASKED, ALL_MASKED),
    ),
    case(
        pv.log_softmax, jax.nn.log_softmax, filled_lanes, LOGIT, static={"axis": lane_axes},
        definition=log_softmax, analytic=True, laws=(balanced,), points=(LOG_MASKED, ALL_MASKED),
    ),
    case(
        pv.dropout, dropout, droppable, REAL, static={"mask": keeping, "rate": drop_rate},
        definition=exact_dropout, analytic=True,
    ),
)  # fmt: skip
