"""Rows of purevjp/elementwise.py."""

import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, exact, non_finite, point
from oracle.acceptance import interval as slopes
from oracle.domain import LOGIT, NONZERO, POSITIVE, REAL, case, interval
from oracle.referee import EXP, LOG, TANH, digits_of

INF, NAN = math.inf, math.nan


def absolute(x: jax.Array) -> jax.Array:
    """The larger of x and −x; at 0 jnp.abs has the slope of the right side."""
    return jnp.maximum(x, -x)


def exp2(x: jax.Array) -> jax.Array:
    """2ˣ as a power: jnp.exp2 of float64 is off by 40 roundings."""
    return jnp.power(2.0, x)


def log1p(x: jax.Array) -> jax.Array:
    """ln(1 + x), near 0 by artanh: jnp.log1p of float64 is off by 60 roundings."""
    near = jnp.abs(x) < 0.5
    z = jnp.where(near, x, 0)
    return jnp.where(near, 2 * jnp.arctanh(z / (2 + z)), jnp.log(jnp.where(near, 1, 1 + x)))


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

SHIFTED = interval(
    -15 / 16, 4, offset=1000.0, wide=1.0, special=(0.0, 1.0, -0.5, 1e-6, -1e-12, 1e15, 1e-30, -1 + 2.0**-20)
)
ROOTED = interval(1 / 16, 4, offset=1000.0, wide=2.0**40, special=(1.0, 2.0, 0.5, 1e-19, 1e19, 1 + 2**-20))

CORNER_OF_ABS = point(
    "x = 0 or −0", "P1", [0.0, -0.0, -2.0], u=[3.0, -4.0, 5.0], value=[0, 0, 2],
    accepts=(slopes([-1, -1, -1], [1, 1, -1]),), convention=([0, 0, -5],), jax=([0, 0, -5],), torch=([0, 0, -5],),
)  # fmt: skip
NAN_OF_ABS = point(
    "x is nan", "P6", [NAN], u=[3.0], value=[NAN],
    accepts=(any_of(slopes([-1], [1]), non_finite("nan")),), convention=([NAN],), jax=([0],), torch=([0],),
)  # fmt: skip
POLE_OF_SQRT = point(
    "x = 0", "P4", [0.0, 0.0, 0.0, 4.0], u=[2.0, -3.0, 0.0, 12.0], value=[0, 0, 0, 2],
    accepts=(any_of(exact([INF, -INF, NAN, 3]), exact([INF, -INF, 0, 3])),),
    convention=([INF, -INF, NAN, 3],), jax=([INF, -INF, NAN, 3],), torch=([INF, -INF, NAN, 3],),
)  # fmt: skip
POLE_OF_RSQRT = point(
    "x = 0", "P4", [0.0, 0.0, 0.0, 0.25], u=[2.0, -3.0, 0.0, 1.0], value=[INF, INF, INF, 2],
    accepts=(any_of(exact([-INF, INF, NAN, -4]), exact([-INF, INF, 0, -4])),),
    convention=([-INF, INF, NAN, -4],), jax=([-INF, INF, NAN, -4],), torch=([-INF, INF, NAN, -4],),
)  # fmt: skip
POLE_OF_RECIPROCAL = point(
    "x = 0 or −0", "P4", [0.0, -0.0, 0.0, 0.0, -0.5], u=[2.0, 2.0, -3.0, 0.0, 3.0], value=[INF, -INF, INF, INF, -2],
    accepts=(any_of(exact([-INF, -INF, INF, NAN, -12]), exact([-INF, -INF, INF, 0, -12])),),
    convention=([-INF, -INF, INF, NAN, -12],), jax=([-INF, -INF, INF, NAN, -12],), torch=([-INF, -INF, INF, NAN, -12],),
)  # fmt: skip
POLE_OF_CBRT = point(
    "x = 0 or −0", "P4", [0.0, -0.0, 0.0, 0.0, 1.0], u=[2.0, 2.0, -3.0, 0.0, 3.0], value=[0, 0, 0, 0, 1],
    accepts=(any_of(exact([INF, INF, -INF, NAN, 1]), exact([INF, INF, -INF, 0, 1])),),
    convention=([INF, INF, -INF, NAN, 1],), jax=([INF, INF, -INF, NAN, 1],),
)  # fmt: skip
POLE_OF_LOG1P = point(
    "x = −1", "P4", [-1.0, -1.0, -1.0, 0.0], u=[2.0, -3.0, 0.0, 5.0], value=[-INF, -INF, -INF, 0],
    accepts=(any_of(exact([INF, -INF, NAN, 5]), exact([INF, -INF, 0, 5])),),
    convention=([INF, -INF, NAN, 5],), jax=([INF, -INF, NAN, 5],), torch=([INF, -INF, NAN, 5],),
)  # fmt: skip
LIMITS_OF_ABS = point(
    "x = ±∞", "P3", [INF, -INF], u=[2.0, 3.0], value=[INF, INF],
    convention=([2, -3],), jax=([2, -3],), torch=([2, -3],),
)  # fmt: skip
LIMITS_OF_ROOT = point("x = ∞", "P3", [INF], u=[2.0], value=[INF], convention=([0],), jax=([0],), torch=([0],))
LIMITS_OF_RSQRT = point("x = ∞", "P3", [INF], u=[2.0], value=[0], convention=([0],), jax=([0],), torch=([0],))
LIMITS_OF_RECIPROCAL = point(
    "x = ±∞", "P3", [INF, -INF], u=[2.0, 3.0], value=[0, 0], convention=([0, 0],), jax=([0, 0],), torch=([0, 0],),
)  # fmt: skip
LIMITS_OF_CBRT = point(
    "x = ±∞", "P3", [INF, -INF], u=[2.0, 3.0], value=[INF, -INF], convention=([0, 0],), jax=([0, 0],),
)  # fmt: skip
LIMITS_OF_EXPM1 = point(
    "x = ±∞", "P3", [INF, -INF], u=[2.0, 3.0], value=[INF, -1],
    convention=([INF, 0],), jax=([INF, 0],), torch=([INF, 0],),
)  # fmt: skip

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
    case(
        pv.abs, absolute, "()->()", REAL,
        kink=np.asarray, definition=np.abs, exact=True, relative=True,
        points=(CORNER_OF_ABS, LIMITS_OF_ABS, NAN_OF_ABS),
    ),
    case(
        pv.sqrt, jnp.sqrt, "()->()", POSITIVE,
        definition=digits_of(mpmath.sqrt), analytic=True, relative=True, points=(POLE_OF_SQRT, LIMITS_OF_ROOT),
    ),
    case(
        pv.rsqrt, jax.lax.rsqrt, "()->()", ROOTED,
        definition=digits_of(lambda x: 1 / mpmath.sqrt(x)), analytic=True, relative=True,
        points=(POLE_OF_RSQRT, LIMITS_OF_RSQRT),
    ),
    case(
        pv.reciprocal, jnp.reciprocal, "()->()", NONZERO,
        definition=lambda x: 1 / x, analytic=True, relative=True,
        points=(POLE_OF_RECIPROCAL, LIMITS_OF_RECIPROCAL),
    ),
    case(
        pv.cbrt, jnp.cbrt, "()->()", NONZERO,
        definition=digits_of(lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x))), relative=True,
        points=(POLE_OF_CBRT, LIMITS_OF_CBRT),
    ),
    case(
        pv.exp2, exp2, "()->()", EXPONENT,
        definition=digits_of(lambda x: mpmath.mpf(2) ** x), analytic=True, relative=True, points=(LIMITS_OF_EXP,),
    ),
    case(
        pv.expm1, jnp.expm1, "()->()", EXPONENT,
        definition=digits_of(mpmath.expm1), analytic=True, relative=True, points=(LIMITS_OF_EXPM1,),
    ),
    case(
        pv.log1p, log1p, "()->()", SHIFTED,
        definition=digits_of(mpmath.log1p), relative=True, points=(POLE_OF_LOG1P, LIMITS_OF_LOG),
    ),
    case(
        pv.log2, jnp.log2, "()->()", POSITIVE,
        definition=digits_of(lambda x: mpmath.log(x) / mpmath.log(2)), analytic=True, relative=True,
        points=(POLE_OF_LOG, LIMITS_OF_LOG),
    ),
    case(
        pv.log10, jnp.log10, "()->()", POSITIVE,
        definition=digits_of(lambda x: mpmath.log(x) / mpmath.log(10)), analytic=True, relative=True,
        points=(POLE_OF_LOG, LIMITS_OF_LOG),
    ),
)  # fmt: skip
