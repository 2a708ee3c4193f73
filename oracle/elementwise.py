"""Rows of purevjp/elementwise.py."""

import math

import jax.numpy as jnp

import purevjp as pv
from oracle.acceptance import exact, non_finite, point
from oracle.domain import LOGIT, POSITIVE, REAL, case, interval
from oracle.referee import EXP, LOG, TANH

INF, NAN = math.inf, math.nan

EXPONENT = interval(
    -3, 3, offset=20.0, wide=80.0, special=(0.0, 1.0, -1.0, 2.0, 20.0, -20.0, 88.0, -87.0, 1e-6, -1e-30)
)

LIMITS_OF_EXP = point(
    "x = ±∞", "P3", [INF, -INF], u=[2.0, 3.0], value=[INF, 0], convention=([INF, 0],), jax=([INF, 0],)
)
POLE_OF_LOG = point(
    "x = 0 or −0", "P4", [0.0, 0.0, -0.0], u=[2.0, -3.0, 1.0], value=[-INF] * 3,
    accepts=(non_finite(["+inf", "-inf", "-inf"]),), convention=([INF, -INF, -INF],), jax=([INF, -INF, -INF],),
)  # fmt: skip
LIMITS_OF_LOG = point("x = ∞", "P3", [INF], u=[2.0], value=[INF], convention=([0],), jax=([0],))
LIMITS_OF_TANH = point(
    "x = ±∞",
    "P3",
    [INF, -INF],
    u=[2.0, 3.0],
    value=[1, -1],
    accepts=(exact([0, 0]),),
    convention=([0, 0],),
    jax=([0, 0],),
)

CASES = (
    case(
        pv.exp, jnp.exp, "()->()", EXPONENT,
        definition=EXP, analytic=True, relative=True, points=(LIMITS_OF_EXP,),
    ),
    case(
        pv.log, jnp.log, "()->()", POSITIVE,
        definition=LOG, analytic=True, relative=True, points=(POLE_OF_LOG, LIMITS_OF_LOG),
    ),
    case(pv.square, jnp.square, "()->()", REAL, definition=lambda x: x * x, exact=True, analytic=True, relative=True),
    case(pv.tanh, jnp.tanh, "()->()", LOGIT, definition=TANH, relative=True, points=(LIMITS_OF_TANH,)),
)  # fmt: skip
