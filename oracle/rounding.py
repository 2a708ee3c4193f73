"""Rows of purevjp/rounding.py."""

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import mpmath
import numpy as np

import purevjp as pv
from oracle.acceptance import point
from oracle.domain import REAL, Choose, Static, case, interval
from oracle.referee import digits_of
from oracle.shape import one
from purevjp.aliases import Array

INF, NAN = math.inf, math.nan
STEPPED = interval(-3, 3, offset=100.0, wide=64.0, special=(0.75, -1.75, 2.25, 20.25, 0.125, -88.875))


def integers(x: Array) -> Array:
    """How far x is from an integer."""
    return np.asarray(np.abs(x - np.rint(x)))


def halves(x: Array) -> Array:
    """How far x is from half an odd integer."""
    return np.asarray(0.5 - np.abs(x - np.rint(x)))


def substitute(choose: Choose, _shapes: Sequence[Any], _static: Static) -> float | None:
    """A number for an infinity, or the default."""
    number: float | None = choose((None, 9.0, -2.5))
    return number


def number_for_nan(choose: Choose, _shapes: Sequence[Any], _static: Static) -> float:
    """A number for nan."""
    return float(choose((0.0, 3.0, -1.5)))


STEP_OF_SIGN = point(
    "x = 0 or −0", "P1", [0.0, -0.0, INF], u=[3.0, -4.0, 5.0], value=[0, 0, 1],
    convention=([0, 0, 0],), jax=([0, 0, 0],), torch=([0, 0, 0],),
)  # fmt: skip
STEPS = point(
    "x an integer", "P1", [0.0, 1.0, -2.0], u=[3.0, -4.0, 5.0], value=[0, 1, -2],
    convention=([0, 0, 0],), jax=([0, 0, 0],), torch=([0, 0, 0],),
)  # fmt: skip
STEPS_OF_RINT = point(
    "x half an odd integer", "P1", [0.5, 1.5, -2.5], u=[3.0, -4.0, 5.0], value=[0, 2, -2],
    convention=([0, 0, 0],), jax=([0, 0, 0],), torch=([0, 0, 0],),
)  # fmt: skip
NOT_FINITE = point(
    "x is nan or ±∞", "P6", [NAN, INF, -INF, 1.0], u=[3.0, -4.0, 5.0, 6.0], value=[7, 8, -9, 1],
    static={"nan": 7.0, "posinf": 8.0, "neginf": -9.0},
    convention=([0, 0, 0, 6],), jax=([0, 0, 0, 6],), torch=([0, 0, 0, 6],),
)  # fmt: skip

CASES = (
    case(
        pv.sign, jnp.sign, "()->()", REAL,
        kink=np.asarray, definition=digits_of(mpmath.sign), relative=True, points=(STEP_OF_SIGN,),
    ),
    case(
        pv.floor, jnp.floor, "()->()", STEPPED,
        kink=integers, definition=digits_of(mpmath.floor), relative=True, points=(STEPS,),
    ),
    case(
        pv.ceil, jnp.ceil, "()->()", STEPPED,
        kink=integers, definition=digits_of(mpmath.ceil), relative=True, points=(STEPS,),
    ),
    case(
        pv.rint, jnp.rint, "()->()", STEPPED,
        kink=halves, definition=digits_of(mpmath.nint), relative=True, points=(STEPS_OF_RINT,),
    ),
    case(
        pv.nan_to_num, jnp.nan_to_num, one, REAL,
        static={"nan": number_for_nan, "posinf": substitute, "neginf": substitute},
        definition=lambda x, **_static: +x, exact=True, relative=True, points=(NOT_FINITE,),
    ),
)  # fmt: skip
