"""Rows of purevjp/arithmetic.py."""

import math
import operator

import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, exact, groups, interval, non_finite, point
from oracle.domain import NONZERO, REAL, Domain, case

INF, NAN = math.inf, math.nan

NUMERATOR: Domain = {**REAL, "extreme": (0.0, 1e-170, -2e-160)}
DENOMINATOR: Domain = {**NONZERO, "extreme": (1e-170, -1e-160, 1e170)}
TIE = point(
    "a = b", "P2", [2.0, 0.0, 1.0], [2.0, -0.0, 3.0], u=[4.0, -6.0, 5.0], value=[2, 0, 3],
    accepts=2 * (groups(([1, 2, 0], [1, 2, 3]), {1: 4.0, 2: -6.0, 3: 5.0}),),
    convention=([2, -3, 0], [2, -3, 5]), jax=([2, -3, 0], [2, -3, 5]), torch=([2, -3, 0], [2, -3, 5]),
)  # fmt: skip
TIE_OF_ONE = point(
    "a = b, a number against an array", "P2", 1.0, [1.0, 1.0], u=[4.0, -2.0], value=[1, 1],
    accepts=(any_of(exact(1), exact(2), exact(0)), interval(0, 1)),
    convention=(1, [2, -1]), jax=(1, [2, -1]), torch=(1, [2, -1]),
)  # fmt: skip
NAN_IN_MAXIMUM = point(
    "a or b is nan", "P6", [NAN, 1.0], [1.0, NAN], u=[3.0, 5.0], value=[NAN, NAN],
    accepts=2 * (any_of(exact([0, 0]), exact([3, 0]), exact([0, 5]), exact([3, 5]), exact([NAN, NAN])),),
    convention=([0, 0], [0, 0]), jax=([0, 0], [0, 0]),
)  # fmt: skip
POLE = point(
    "b = 0", "P4", [1.0, -2.0, 0.0], [0.0, 0.0, 0.0], u=[3.0, 3.0, 3.0], value=[INF, -INF, NAN],
    accepts=(non_finite("+inf"), non_finite(["-inf", "+inf", "nan"])),
    convention=([INF, INF, INF], [-INF, INF, NAN]),
)  # fmt: skip

CASES = (
    case(pv.negative, jnp.negative, "()->()", REAL, definition=operator.neg, exact=True, analytic=True),
    case(pv.add, jnp.add, "(),()->()", REAL, REAL, definition=operator.add, exact=True, analytic=True),
    case(pv.subtract, jnp.subtract, "(),()->()", REAL, REAL, definition=operator.sub, exact=True, analytic=True),
    case(
        pv.multiply, jnp.multiply, "(),()->()", REAL, REAL,
        definition=operator.mul, relative=True, exact=True, analytic=True,
    ),
    case(
        pv.divide, jnp.divide, "(),()->()", NUMERATOR, DENOMINATOR,
        definition=operator.truediv, analytic=True, relative=True, points=(POLE,),
    ),
    case(
        pv.maximum, jnp.maximum, "(),()->()", REAL, REAL,
        kink=np.subtract, definition=np.maximum, exact=True, points=(TIE, TIE_OF_ONE, NAN_IN_MAXIMUM),
    ),
)  # fmt: skip
