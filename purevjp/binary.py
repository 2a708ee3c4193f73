"""Functions of two arrays that broadcast together: powers, remainders, angles, lengths."""

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback2
from purevjp.blocks import by_element
from purevjp.broadcast import unbroadcast
from purevjp.contract import as_cotangent, as_primal
from purevjp.mask import masked

__all__ = ["arctan2", "copysign", "floor_divide", "fmod", "hypot", "logaddexp", "power", "remainder"]


def power(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Power of a base a.

    Value     y = aᵇ
    Pullback  da = Σ u b aᵇ⁻¹,  db = Σ u y ln a  (Σ over the axes that broadcasting added)
    Domain    a > 0, or b an integer
    Kinks     b = 0: da = 0, at a = 0 too, as torch (JAX: nan); a = 0: db = 0 for b ≥ 0, the limit, as JAX and torch,
              and −∞ for b < 0; a = 0: da is ∞ for 0 < b < 1, and u for b = 1;
              a < 0: db is nan, for the value is a number at integers b alone
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     a, b, y
    Source    aᵇ⁻¹ is y / a, which saves a power and the roundoff of b − 1, unless y leaves the range or a is 0

    >>> value, vjp = power(np.array([3.0, 0.0, -2.0]), np.array(2.0))
    >>> vjp(np.array([1.0, 5.0, 1.0]))[0]
    array([ 6.,  0., -4.])
    """
    a, b = as_primal(a, "power", "a", analytic=True), as_primal(b, "power", "b", analytic=True)
    y = np.power(a, b)
    shape, dtype = y.shape, y.dtype

    def power_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "power", shape, dtype)
        with np.errstate(all="ignore"):
            less = np.divide(y, a, out=np.empty(shape, dtype))
            size = np.abs(y)
            lost = ~((size >= np.finfo(dtype).tiny) & (size < np.inf))
            if lost.any():
                np.power(a, np.subtract(b, 1, dtype=dtype), out=less, where=lost)
            da = u * np.where((b == 0) | (less == 0), 0, b * less)
            db = u * np.where((a == 0) & (b.real >= 0), 0, y * np.log(a, dtype=dtype))
        return unbroadcast(da, a.shape, a.dtype), unbroadcast(db, b.shape, b.dtype)

    return y, power_vjp


def remainder(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Remainder with the sign of b, as Python's %.

    Value     y = a − b ⌊a / b⌋
    Pullback  da = Σ u,  db = −Σ u ⌊a / b⌋  (Σ over the axes that broadcasting added)
    Domain    b ≠ 0
    Kinks     a multiple of b, where the value jumps: the slopes of the side that the value is on, as JAX and torch
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     a, b, y
    Source    ⌊a / b⌋ is (a − y) / b, rounded: so it is the one that belongs to y

    >>> value, vjp = remainder(np.array([7.0, -7.0]), np.array(4.0))
    >>> value, vjp(np.array([1.0, 10.0]))
    (array([3., 1.]), (array([ 1., 10.]), np.float64(19.0)))
    """
    a, b = as_primal(a, "remainder", "a"), as_primal(b, "remainder", "b")
    y = rest_of(a, b, np.floor, np.remainder)
    shape, dtype = y.shape, y.dtype

    def remainder_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "remainder", shape, dtype)
        (db,) = by_element(times_quotient, u, a, b, y)
        return unbroadcast(u, a.shape, a.dtype, copy=True), unbroadcast(db, b.shape, b.dtype)

    return y, remainder_vjp


def fmod(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Remainder with the sign of a, as C's fmod.

    Value     y = a − b trunc(a / b)
    Pullback  da = Σ u,  db = −Σ u trunc(a / b)  (Σ over the axes that broadcasting added)
    Domain    b ≠ 0
    Kinks     a multiple of b but 0, where the value jumps: the slopes of the side that the value is on, as JAX
              and torch
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     a, b, y
    Source    trunc(a / b) is (a − y) / b, rounded: so it is the one that belongs to y

    >>> value, vjp = fmod(np.array([7.0, -7.0]), np.array(4.0))
    >>> value, vjp(np.array([1.0, 10.0]))
    (array([ 3., -3.]), (array([ 1., 10.]), np.float64(9.0)))
    """
    a, b = as_primal(a, "fmod", "a"), as_primal(b, "fmod", "b")
    y = rest_of(a, b, np.trunc, np.fmod)
    shape, dtype = y.shape, y.dtype

    def fmod_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "fmod", shape, dtype)
        (db,) = by_element(times_quotient, u, a, b, y)
        return unbroadcast(u, a.shape, a.dtype, copy=True), unbroadcast(db, b.shape, b.dtype)

    return y, fmod_vjp


EXACT = 2.0**27
"""Quotients of float32 below this are a float64 that no rounding takes to another integer."""


def rest_of(a: Array, b: Array, whole: np.ufunc, library: np.ufunc) -> Array:
    """`library(a, b)`, bit by bit: of float32 by way of the quotient, for the loop of the library takes 5 to 20 ns."""
    if not a.dtype == b.dtype == np.float32:
        return np.asarray(library(a, b))[()]

    def rest(a: Array, b: Array) -> tuple[Array, ...]:
        wide = b.astype(np.float64)
        with np.errstate(all="ignore"):
            quotient = a / wide
            exact = np.abs(quotient) < EXACT
            y = (a - whole(quotient) * wide).astype(np.float32)
        y = np.copysign(y, a if library is np.fmod else b)
        exact &= y == y  # noqa: PLR0124 (not nan, as of an infinite b)
        return (y if exact.all() else np.where(exact, y, library(a, b)),)

    return by_element(rest, a, b)[0]


def times_quotient(u: Array, a: Array, b: Array, y: Array) -> tuple[Array, ...]:
    """−u q,  q the quotient of which the remainder is y; −1 where y is as infinite as b.

    a − y leaves the range where both are large and of opposite signs: there half of each will do.
    """
    with np.errstate(all="ignore"):
        quotient = np.rint((a - y) / b)
        if not np.isfinite(quotient).all():
            quotient = np.where(np.isfinite(quotient), quotient, np.rint((a / 2 - y / 2) / (b / 2)))
            quotient = np.where(np.isinf(y), -1, quotient)
    quotient *= -u
    return (quotient,)


def floor_divide(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Largest integer below the quotient, as Python's //.

    Value     y = ⌊a / b⌋
    Pullback  da = 0,  db = 0
    Domain    b ≠ 0
    Kinks     a multiple of b, where the value jumps: 0, as everywhere else, as JAX and torch
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     nothing

    >>> value, vjp = floor_divide(np.array([7.0, -7.0]), np.array(4.0))
    >>> value, vjp(np.array([1.0, 10.0]))
    (array([ 1., -2.]), (array([0., 0.]), array(0.)))
    """
    a, b = as_primal(a, "floor_divide", "a"), as_primal(b, "floor_divide", "b")
    y = np.floor_divide(a, b)
    shape, dtype = y.shape, y.dtype
    a_shape, a_dtype, b_shape, b_dtype = a.shape, a.dtype, b.shape, b.dtype

    def floor_divide_vjp(u: ArrayLike) -> tuple[Array, Array]:
        as_cotangent(u, "floor_divide", shape, dtype)
        return np.zeros(a_shape, a_dtype), np.zeros(b_shape, b_dtype)

    return y, floor_divide_vjp


def arctan2(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Angle of the point (b, a), from −π to π.

    Value     y = arg(b + i a)
    Pullback  da = Σ u b / r²,  db = −Σ u a / r²,  r² = a² + b²  (Σ over the axes that broadcasting added)
    Kinks     (0, 0): 0, as torch (JAX: nan); a = ±0 and b < 0, where the value jumps: the slope of either side;
              an infinity: 0, the limit
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     a, b
    Source    (b / r) / r: r² would leave the range where r does not

    >>> value, vjp = arctan2(np.array([0.0, 3.0]), np.array([2.0, 4.0]))
    >>> vjp(np.array([1.0, 25.0]))
    (array([0.5, 4. ]), array([-0., -3.]))
    """
    a, b = as_primal(a, "arctan2", "a"), as_primal(b, "arctan2", "b")
    y = np.arctan2(a, b)
    shape, dtype = y.shape, y.dtype

    def arctan2_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "arctan2", shape, dtype)
        with np.errstate(all="ignore"):
            r = np.hypot(a, b)
            slope_a, slope_b = b / r / r, a / r / r
            if not np.all((r > 0) & (r < np.inf)):
                flat = (r == 0) | np.isinf(r)
                slope_a, slope_b = masked(slope_a, ~flat), masked(slope_b, ~flat)
            da, db = u * slope_a, -u * slope_b
        return unbroadcast(da, a.shape, a.dtype), unbroadcast(db, b.shape, b.dtype)

    return y, arctan2_vjp


def hypot(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Length of the vector (a, b).

    Value     y = √(a² + b²)
    Pullback  da = Σ u a / y,  db = Σ u b / y  (Σ over the axes that broadcasting added)
    Kinks     (0, 0): 0, the slope of least norm (JAX: ½, torch: nan); one infinity: u to it, with its sign, and
              0 to the other, the limits; two: nan
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     a, b, y
    Source    where y leaves the range, a / y is ±1 / √(1 + (b / a)²), which has the limits and cannot

    >>> value, vjp = hypot(np.array([3.0, 0.0]), np.array([4.0, 0.0]))
    >>> value, vjp(np.array([10.0, 1.0]))
    (array([5., 0.]), (array([6., 0.]), array([8., 0.])))
    """
    a, b = as_primal(a, "hypot", "a"), as_primal(b, "hypot", "b")
    y = np.hypot(a, b)
    shape, dtype = y.shape, y.dtype

    def hypot_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "hypot", shape, dtype)
        with np.errstate(all="ignore"):
            slope_a, slope_b = a / y, b / y
            limits = np.finfo(dtype)
            if not np.all((y >= limits.tiny) & (y <= limits.max)):
                inside = (a != 0) | (b != 0)
                slope_a = masked(np.copysign(1 / np.hypot(1, b / a), a), inside)
                slope_b = masked(np.copysign(1 / np.hypot(1, a / b), b), inside)
            da, db = u * slope_a, u * slope_b
        return unbroadcast(da, a.shape, a.dtype), unbroadcast(db, b.shape, b.dtype)

    return y, hypot_vjp


def copysign(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Size of a with the sign of b.

    Value     y = |a| sign b, the sign of a zero b being its sign bit
    Pullback  da = Σ u sign(a) sign(b),  db = 0  (Σ over the axes that broadcasting added)
    Kinks     a = ±0: 0, as torch, and as |a| (JAX: ±u); b = ±0: 0 to b, as JAX and torch, though the value jumps
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     a, b

    >>> value, vjp = copysign(np.array([2.0, -2.0, 0.0]), np.array(-1.0))
    >>> value, vjp(np.array([1.0, 3.0, 5.0]))
    (array([-2., -2., -0.]), (array([-1.,  3., -0.]), array(0.)))
    """
    a, b = as_primal(a, "copysign", "a"), as_primal(b, "copysign", "b")
    y = np.copysign(a, b)
    shape, dtype = y.shape, y.dtype

    def copysign_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "copysign", shape, dtype)
        da = u * (np.sign(a) * np.copysign(1, b))
        return unbroadcast(da, a.shape, a.dtype), np.zeros(b.shape, b.dtype)

    return y, copysign_vjp


def logaddexp(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Logarithm of a sum of two exponentials.

    Value     y = ln(eᵃ + eᵇ)
    Pullback  da = Σ u σ(a − b),  db = Σ u σ(b − a),  σ(x) = 1 / (1 + e⁻ˣ)  (Σ over the axes that broadcasting added)
    Kinks     both −∞: 0, as logsumexp (JAX and torch: nan); both ∞: ½ u to each, a tie (JAX: 1, torch: nan)
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     a, b
    Source    eᵃ⁻ʸ is the same, but carries the roundoff of y

    >>> value, vjp = logaddexp(np.array([0.0, 1000.0]), np.array([0.0, 0.0]))
    >>> vjp(np.array([4.0, 1.0]))
    (array([2., 1.]), array([2., 0.]))
    """
    a, b = as_primal(a, "logaddexp", "a"), as_primal(b, "logaddexp", "b")
    ahead = difference(a, b)
    y = np.maximum(a, b) + np.log1p(np.exp(-np.abs(ahead)))
    shape, dtype = y.shape, y.dtype

    def logaddexp_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "logaddexp", shape, dtype)
        ahead = difference(a, b)
        e = np.exp(-np.abs(ahead))
        share = u / (1 + e)
        if np.isneginf(y).any():
            share = masked(share, y > -np.inf)
        da, db = share * np.maximum(e, ahead >= 0), share * np.maximum(e, ahead < 0)
        return unbroadcast(da, a.shape, a.dtype), unbroadcast(db, b.shape, b.dtype)

    return y, logaddexp_vjp


def difference(a: Array, b: Array) -> Array:
    """a − b; 0 where both are one infinity."""
    with np.errstate(invalid="ignore"):
        ahead: Array = np.subtract(a, b)
    return masked(ahead, a != b) if np.isnan(ahead).any() else ahead
