"""Rows of purevjp/trigonometric.py."""

import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, exact, point
from oracle.domain import REAL, case, interval
from oracle.referee import digits_of
from oracle.shape import often_square

INF, NAN = math.inf, math.nan

ANGLE = interval(-3, 3, offset=1000.0, wide=64.0, special=(0.0, 1.0, -1.0, 2.0, 20.0, -88.0, 700.0, 1e-6, -1e-30))
AREA = interval(-3, 3, offset=20.0, wide=64.0, special=(0.0, 1.0, -1.0, 2.0, 20.0, -80.0, 1e-6, -1e-30))
INSIDE = interval(-31 / 32, 31 / 32, special=(0.0, 0.5, -0.75, 1e-6, -1e-30, 1 - 2.0**-20, -1 + 2.0**-20))
ABOVE = interval(17 / 16, 4, offset=1000.0, special=(2.0, 1.5, 1 + 2.0**-20, 1e12))
CYCLES = interval(-3, 3, offset=20.0, wide=8.0, special=(0.0, 0.5, -1.5, 1.0, -2.0, 0.3125, 1e-6, -1e-30))


def arctanh(x: jax.Array) -> jax.Array:
    """½ ln(1 + x) − ½ ln(1 − x) away from 0, where jnp.arctanh of float64 is off by 100 roundings."""
    near = jnp.abs(x) < 0.25
    z = jnp.where(near, 0, x)
    return jnp.where(near, jnp.arctanh(jnp.where(near, x, 0)), (jnp.log(1 + z) - jnp.log(1 - z)) / 2)


UP = (any_of(exact([INF, INF, -INF, NAN, 5]), exact([INF, INF, -INF, 0, 5])),)
DOWN = (any_of(exact([-INF, -INF, INF, NAN, -5]), exact([-INF, -INF, INF, 0, -5])),)
RISING, FALLING = [INF, INF, -INF, NAN, 5], [-INF, -INF, INF, NAN, -5]
EDGES = [1.0, -1.0, 1.0, 1.0, 0.0]
POLES_OF_ARCSIN = point(
    "x = ±1", "P4", EDGES, u=[2.0, 2.0, -3.0, 0.0, 5.0], value=np.arcsin(EDGES),
    accepts=UP, convention=(RISING,), jax=(RISING,), torch=(RISING,),
)  # fmt: skip
POLES_OF_ARCCOS = point(
    "x = ±1", "P4", EDGES, u=[2.0, 2.0, -3.0, 0.0, 5.0], value=np.arccos(EDGES),
    accepts=DOWN, convention=(FALLING,), jax=(FALLING,), torch=(FALLING,),
)  # fmt: skip
POLES_OF_ARCTANH = point(
    "x = ±1", "P4", EDGES, u=[2.0, 2.0, -3.0, 0.0, 5.0], value=[INF, -INF, INF, INF, 0],
    accepts=UP, convention=(RISING,), jax=(RISING,), torch=(RISING,),
)  # fmt: skip
POLE_OF_ARCCOSH = point(
    "x = 1", "P4", [1.0, 1.0, 1.0, 1.25], u=[2.0, -3.0, 0.0, 0.0], value=[0, 0, 0, math.log(2)],
    accepts=(any_of(exact([INF, -INF, NAN, 0]), exact([INF, -INF, 0, 0])),),
    convention=([INF, -INF, NAN, 0],), jax=([INF, -INF, NAN, 0],), torch=([INF, -INF, NAN, 0],),
)  # fmt: skip
LIMITS_OF_ARCTAN = point(
    "x = ±∞", "P3", [INF, -INF], u=[2.0, 3.0], value=[np.pi / 2, -np.pi / 2],
    convention=([0, 0],), jax=([0, 0],), torch=([0, 0],),
)  # fmt: skip
LIMITS_OF_ARCSINH = point(
    "x = ±∞", "P3", [INF, -INF], u=[2.0, 3.0], value=[INF, -INF],
    convention=([0, 0],), jax=([0, 0],), torch=([0, 0],),
)  # fmt: skip
LIMITS_OF_ARCCOSH = point("x = ∞", "P3", [INF], u=[2.0], value=[INF], convention=([0],), jax=([0],), torch=([0],))
LIMITS_OF_SINH = point(
    "x = ±∞", "P3", [INF, -INF, 0.0], u=[2.0, 3.0, 5.0], value=[INF, -INF, 0],
    convention=([INF, INF, 5],), jax=([INF, INF, 5],), torch=([INF, INF, 5],),
)  # fmt: skip
LIMITS_OF_COSH = point(
    "x = ±∞", "P3", [INF, -INF, 0.0], u=[2.0, 3.0, 5.0], value=[INF, INF, 1],
    convention=([INF, -INF, 0],), jax=([INF, -INF, 0],), torch=([INF, -INF, 0],),
)  # fmt: skip

CASES = (
    case(pv.sin, jnp.sin, "()->()", ANGLE, definition=digits_of(mpmath.sin), analytic=True, relative=True),
    case(pv.cos, jnp.cos, "()->()", ANGLE, definition=digits_of(mpmath.cos), analytic=True, relative=True),
    case(pv.tan, jnp.tan, "()->()", ANGLE, definition=digits_of(mpmath.tan), relative=True),
    case(
        pv.arcsin, jnp.arcsin, "()->()", INSIDE,
        definition=digits_of(mpmath.asin), relative=True, points=(POLES_OF_ARCSIN,),
    ),
    case(
        pv.arccos, jnp.arccos, "()->()", INSIDE,
        definition=digits_of(mpmath.acos), relative=True, points=(POLES_OF_ARCCOS,),
    ),
    case(
        pv.arctan, jnp.arctan, often_square, REAL,
        definition=digits_of(mpmath.atan), relative=True, points=(LIMITS_OF_ARCTAN,),
    ),
    case(
        pv.sinh, jnp.sinh, "()->()", AREA,
        definition=digits_of(mpmath.sinh), analytic=True, relative=True, points=(LIMITS_OF_SINH,),
    ),
    case(
        pv.cosh, jnp.cosh, "()->()", AREA,
        definition=digits_of(mpmath.cosh), analytic=True, relative=True, points=(LIMITS_OF_COSH,),
    ),
    case(
        pv.arcsinh, jnp.arcsinh, "()->()", REAL,
        definition=digits_of(mpmath.asinh), relative=True, points=(LIMITS_OF_ARCSINH,),
    ),
    case(
        pv.arccosh, jnp.arccosh, "()->()", ABOVE,
        definition=digits_of(mpmath.acosh), relative=True, points=(POLE_OF_ARCCOSH, LIMITS_OF_ARCCOSH),
    ),
    case(
        pv.arctanh, arctanh, "()->()", INSIDE,
        definition=digits_of(mpmath.atanh), relative=True, points=(POLES_OF_ARCTANH,),
    ),
    case(pv.sinc, jnp.sinc, "()->()", CYCLES, definition=digits_of(lambda x: mpmath.sinc(mpmath.pi * x))),
)  # fmt: skip
