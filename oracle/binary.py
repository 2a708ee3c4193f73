"""Rows of purevjp/binary.py."""

import math
from typing import Any

import jax.numpy as jnp
import mpmath
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, exact, groups, interval, non_finite, point
from oracle.domain import LOGIT, NONZERO, Domain, case
from oracle.domain import interval as between
from oracle.laws import conserved
from oracle.referee import EXP, LOG, digits_of
from purevjp.aliases import Array

INF, NAN = math.inf, math.nan
SQRT, FLOOR, SIGN = digits_of(mpmath.sqrt), digits_of(mpmath.floor), digits_of(mpmath.sign)
TRUNC = digits_of(lambda x: mpmath.sign(x) * mpmath.floor(abs(x)))
ARG: Any = np.frompyfunc(mpmath.atan2, 2, 1)

BASE: Domain = between(1 / 16, 4, 1, offset=1000.0, wide=2.0**30, special=(1.0, 2.0, 0.5, 1e-9, 1e9, 1 + 2**-20))
"""Powers of up to 4 of these stay in the range of float32: sums of two infinities would have no sign. At 1, NumPy's
complex power is no exact 1, which only a complex step sees."""
EXPONENT: Domain = between(-3, 3, special=(0.0, 1.0, -1.0, 2.0, 0.5, 1e-6, -1e-12, 1 + 2**-20, 1 - 2**-20))
LARGER: Domain = between(-3, 3, 0, offset=100.0, wide=64.0, special=(5.0, -5.0, 100.5, 1e-6, -1e-12))
SOME: Domain = between(-3, 3, 0, wide=64.0, special=(3.0, -3.0, 2.0, -0.75))
RANGING: Domain = {**NONZERO, "extreme": (1e-170, -3e-165, 1e165, 2e160)}


def exact_power(a: Any, b: Any) -> Any:
    """e^(b ln a), of exact numbers."""
    return EXP(b * LOG(a))


def exact_remainder(a: Any, b: Any) -> Any:
    """a − b ⌊a / b⌋, of exact numbers."""
    return a - b * FLOOR(a / b)


def exact_fmod(a: Any, b: Any) -> Any:
    """a − b trunc(a / b), of exact numbers."""
    return a - b * TRUNC(a / b)


def exact_floor_divide(a: Any, b: Any) -> Any:
    """⌊a / b⌋, of exact numbers."""
    return FLOOR(a / b)


def exact_hypot(a: Any, b: Any) -> Any:
    """√(a² + b²), of exact numbers."""
    return SQRT(a * a + b * b)


def exact_copysign(a: Any, b: Any) -> Any:
    """|a| sign b, of exact numbers."""
    return np.abs(a) * SIGN(b)


def exact_logaddexp(a: Any, b: Any) -> Any:
    """ln(eᵃ + eᵇ), of exact numbers."""
    return LOG(EXP(a) + EXP(b))


def jump(a: Array, b: Array) -> Array:
    """How far a / b is from an integer."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = np.asarray(a, np.float64) / b
        return np.where(np.isfinite(quotient), np.abs(quotient - np.rint(quotient)), 1)


def nonzero(x: Array) -> Array:
    """Zeros made 3/2, for they are multiples of everything."""
    return np.where(x == 0, 1.5, x)


def uneven(x: Array) -> Array:
    """Denominators that simple numbers are seldom multiples of, and no zero."""
    return x + np.copysign(81 / 256, x)


NUMERATOR: Domain = {**LARGER, "structure": nonzero}
DENOMINATOR: Domain = {**SOME, "structure": uneven}

POWERS_OF_ZERO = point(
    "powers of 0", "P4", [0.0, 0.0, 0.0, 0.0, -0.0], [2.0, 1.5, 1.0, 0.5, 1.0], u=[3.0, 5.0, 2.0, 4.0, 7.0],
    value=[0, 0, 0, 0, 0],
    convention=([0, 0, 2, INF, 7], [0] * 5), jax=([0, 0, 2, INF, 7], [0] * 5), torch=([0, 0, 2, INF, 7], [0] * 5),
)  # fmt: skip
ZERO_TO_THE_ZERO = point(
    "a = b = 0", "P1", [0.0, -0.0], [0.0, 0.0], u=[3.0, -5.0], value=[1, 1],
    accepts=(any_of(exact([0, 0]), non_finite("nan")), any_of(exact([0, 0]), non_finite("nan"))),
    convention=([0, 0], [0, 0]), jax=([NAN, NAN], [0, 0]), torch=([0, 0], [0, 0]),
)  # fmt: skip
POLES_OF_POWER = point(
    "a = 0 and b < 0", "P4", [0.0, 0.0, 1.0], [-1.0, -2.0, -1.0], u=[3.0, -5.0, 4.0], value=[INF, INF, 1],
    accepts=(exact([-INF, INF, -4]), any_of(exact([-INF, INF, 0]), exact([NAN, NAN, 0]))),
    convention=([-INF, INF, -4], [-INF, INF, 0]), jax=([-INF, INF, -4], [NAN, NAN, 0]),
    torch=([-INF, INF, -4], [-INF, INF, 0]),
)  # fmt: skip
NEGATIVE_BASE = point(
    "a < 0 and b an integer", "P4", [-2.0, -2.0, -1.0, -4.0], [2.0, 3.0, 0.0, -1.0], u=[1.0, 1.0, 5.0, 16.0],
    value=[4, -8, 1, -0.25], accepts=(exact([-4, 12, 0, -1]), non_finite("nan")),
    convention=([-4, 12, 0, -1], [NAN] * 4), jax=([-4, 12, 0, -1], [NAN] * 4), torch=([-4, 12, 0, -1], [NAN] * 4),
)  # fmt: skip
INFINITE_POWERS = point(
    "infinities", "P3", [INF, INF, 0.5, 2.0], [2.0, -1.0, INF, -INF], u=[1.0, 2.0, 3.0, 4.0], value=[INF, 0, 0, 0],
    accepts=(exact([INF, 0, 0, 0]), any_of(exact([INF, 0, 0, 0]), exact([INF, NAN, 0, 0]))),
    convention=([INF, 0, 0, 0], [INF, NAN, 0, 0]), jax=([INF, 0, NAN, NAN], [INF, NAN, 0, 0]),
)  # fmt: skip
MULTIPLES = point(
    "a a multiple of b", "P1", [4.0, -4.0, 0.0, 6.0], [2.0, 2.0, 2.0, -3.0], u=[1.0, 2.0, 3.0, 4.0], value=[0] * 4,
    convention=([1, 2, 3, 4], [-2, 4, 0, 8]), jax=([1, 2, 3, 4], [-2, 4, 0, 8]), torch=([1, 2, 3, 4], [-2, 4, 0, 8]),
)  # fmt: skip
LEVEL = point(
    "a a multiple of b", "P1", [4.0, 0.0], [2.0, -2.0], u=[1.0, 2.0], value=[2, 0],
    convention=([0, 0], [0, 0]), jax=([0, 0], [0, 0]), torch=([0, 0], [0, 0]),
)  # fmt: skip
ORIGIN_OF_ARCTAN2 = point(
    "(0, 0)", "P1", [0.0, -0.0], [0.0, 0.0], u=[3.0, 4.0], value=[0, 0],
    accepts=2 * (any_of(exact([0, 0]), non_finite("nan")),),
    convention=([0, 0], [0, 0]), jax=([NAN, NAN], [NAN, NAN]), torch=([0, 0], [0, 0]),
)  # fmt: skip
LIMITS_OF_ARCTAN2 = point(
    "an infinity", "P3", [INF, 1.0, -1.0], [1.0, INF, INF], u=[3.0, 4.0, 5.0], value=[np.pi / 2, 0, 0],
    convention=([0, 0, 0], [0, 0, 0]), jax=([0, NAN, NAN], [NAN, 0, 0]), torch=([0, NAN, NAN], [NAN, 0, 0]),
)  # fmt: skip
ORIGIN_OF_HYPOT = point(
    "(0, 0)", "P1", [0.0, -0.0], [0.0, 0.0], u=[3.0, -4.0], value=[0, 0],
    accepts=2 * (any_of(interval([-1, -1], [1, 1]), non_finite("nan")),),
    convention=([0, 0], [0, 0]), jax=([1.5, -2], [1.5, -2]), torch=([NAN, NAN], [NAN, NAN]),
)  # fmt: skip
LIMITS_OF_HYPOT = point(
    "one infinity", "P3", [INF, -INF, 2.0], [1.0, 1.0, INF], u=[3.0, 4.0, 5.0], value=[INF] * 3,
    convention=([3, -4, 0], [0, 0, 5]), jax=([NAN] * 3, [NAN] * 3), torch=([NAN, NAN, 0], [0, 0, NAN]),
)  # fmt: skip
CORNER_OF_COPYSIGN = point(
    "a = 0 or −0", "P1", [0.0, -0.0, 0.0], [2.0, 2.0, -2.0], u=[3.0, 4.0, 5.0], value=[0, 0, 0],
    accepts=(interval([-1, -1, -1], [1, 1, 1]), exact([0, 0, 0])),
    convention=([0, 0, 0], [0, 0, 0]), jax=([3, 4, -5], [0, 0, 0]), torch=([0, 0, 0], [0, 0, 0]),
)  # fmt: skip
SIGNED_ZEROS = point(
    "b = 0 or −0", "P1", [3.0, 3.0, -3.0], [0.0, -0.0, 0.0], u=[3.0, 4.0, 5.0], value=[3, -3, 3],
    convention=([3, -4, -5], [0, 0, 0]), jax=([3, -4, -5], [0, 0, 0]), torch=([3, -4, -5], [0, 0, 0]),
)  # fmt: skip
BOTH_MASKED = point(
    "both −∞", "P5", [-INF], [-INF], u=[3.0], value=[-INF],
    accepts=2 * (any_of(interval(0, 1), non_finite("nan")),),
    convention=([0], [0]), jax=([NAN], [NAN]), torch=([NAN], [NAN]),
)  # fmt: skip
ONE_MASKED = point(
    "−∞ or ∞ beside a number", "P3", [-INF, 1.0, INF], [1.0, -INF, -INF], u=[3.0, 4.0, 5.0], value=[1, 1, INF],
    convention=([0, 4, 5], [3, 0, 0]), jax=([0, 4, 5], [3, 0, 0]), torch=([0, 4, 5], [3, 0, 0]),
)  # fmt: skip
INFINITE = point(
    "∞ beside a number", "P3", [INF], [1.0], u=[1.0], value=[INF],
    convention=([1], [0]), jax=([1], [2.7182818284590455]), torch=([1], [0]),
)  # fmt: skip
BOTH_INFINITE = point(
    "both ∞", "P2", [INF], [INF], u=[4.0], value=[INF],
    accepts=2 * (any_of(groups(([1], [1]), {1: 4.0}), exact([4]), non_finite("nan")),),
    convention=([2], [2]), jax=([4], [4]), torch=([NAN], [NAN]),
)  # fmt: skip

CASES = (
    case(
        pv.power, jnp.power, "(),()->()", BASE, EXPONENT,
        definition=exact_power, analytic=True,  # not relative: a ** (b − 1) has the roundoff of b − 1, ln a times over
        points=(POWERS_OF_ZERO, ZERO_TO_THE_ZERO, POLES_OF_POWER, NEGATIVE_BASE, INFINITE_POWERS),
    ),
    case(
        pv.remainder, jnp.remainder, "(),()->()", NUMERATOR, DENOMINATOR,
        kink=jump, definition=exact_remainder, relative=True, points=(MULTIPLES,),
    ),
    case(
        pv.fmod, jnp.fmod, "(n),(n)->(n)", NUMERATOR, DENOMINATOR,
        kink=jump, definition=exact_fmod, relative=True, points=(MULTIPLES,),
    ),
    case(
        pv.floor_divide, jnp.floor_divide, "(),()->()", NUMERATOR, DENOMINATOR,
        kink=jump, definition=exact_floor_divide, points=(LEVEL,),
    ),
    case(
        pv.arctan2, jnp.arctan2, "(),()->()", RANGING, RANGING,
        definition=ARG, relative=True, points=(ORIGIN_OF_ARCTAN2, LIMITS_OF_ARCTAN2),
    ),
    case(
        pv.hypot, jnp.hypot, "(),()->()", RANGING, RANGING,
        definition=exact_hypot, relative=True, points=(ORIGIN_OF_HYPOT, LIMITS_OF_HYPOT),
    ),
    case(
        pv.copysign, jnp.copysign, "(n),(n)->(n)", NONZERO, NONZERO,
        definition=exact_copysign, relative=True, points=(CORNER_OF_COPYSIGN, SIGNED_ZEROS),
    ),
    case(
        pv.logaddexp, jnp.logaddexp, "(),()->()", LOGIT, LOGIT,
        definition=exact_logaddexp, laws=(conserved,), points=(BOTH_MASKED, ONE_MASKED, INFINITE, BOTH_INFINITE),
    ),
)  # fmt: skip
