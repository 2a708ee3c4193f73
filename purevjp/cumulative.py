"""Functions that accumulate along an axis: running sums, products and extremes."""

import math

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1, Shape
from purevjp.blocks import by_row
from purevjp.contract import as_cotangent, as_primal
from purevjp.lane import accumulator, axis_back, axis_last
from purevjp.mask import masked

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "logcumsumexp"]


def cumsum(x: ArrayLike, /, *, axis: int | None = None) -> tuple[Array, Pullback1]:
    """Running sum along `axis`, or of all elements in C order.

    Value     yₜ = Σ_{i≤t} xᵢ
    Pullback  dxᵢ = Σ_{t≥i} uₜ
    Shapes    x, y, u: (..., n);  y, u: flat where `axis` is None
    Keeps     nothing

    >>> value, vjp = cumsum(np.array([1.0, 2.0, 3.0]))
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([1., 3., 6.]), (array([15., 11.,  6.]),))
    """
    x = as_primal(x, "cumsum", "x", analytic=True)
    dtype, x_shape = x.dtype, x.shape
    y = x.cumsum(axis=axis, dtype=accumulator(dtype)).astype(dtype, copy=False)
    shape = y.shape

    def cumsum_vjp(u: ArrayLike) -> tuple[Array]:
        u = lane_last(as_cotangent(u, "cumsum", shape, dtype), axis)
        dx = np.cumsum(u[..., ::-1], axis=-1, dtype=accumulator(dtype))[..., ::-1]
        return (lane_back(dx.astype(dtype, copy=False), x_shape, axis),)

    return y, cumsum_vjp


def cumprod(x: ArrayLike, /, *, axis: int | None = None) -> tuple[Array, Pullback1]:
    """Running product along `axis`, or of all elements in C order.

    Value     yₜ = Π_{i≤t} xᵢ
    Pullback  dxᵢ = yᵢ₋₁ rᵢ,  rᵢ = uᵢ + xᵢ₊₁ rᵢ₊₁
    Domain    r and y within the range of their dtype: where a product of later elements is not, dx is not, as in JAX
    Shapes    x, y, u: (..., n);  y, u: flat where `axis` is None
    Keeps     x, y
    Source    Σ_{t≥i} uₜ yₜ / xᵢ is nan at a zero (tensorflow #3862); r is found in log₂ n passes, without division

    >>> value, vjp = cumprod(np.array([2.0, 0.0, 3.0, 4.0]))
    >>> value, vjp(np.array([1.0, 1.0, 1.0, 1.0]))
    (array([2., 0., 0., 0.]), (array([ 1., 32.,  0.,  0.]),))
    """
    x = as_primal(x, "cumprod", "x", analytic=True)
    y = x.cumprod(axis=axis)
    shape, dtype = y.shape, y.dtype

    def cumprod_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "cumprod", shape, dtype)
        (dx,) = by_row(of_products, *(np.atleast_2d(lane_last(a, axis)) for a in (u, x, y)))
        return (lane_back(dx.reshape(lane_last(u, axis).shape), x.shape, axis),)

    return y, cumprod_vjp


def of_products(u: Array, x: Array, y: Array) -> tuple[Array, ...]:
    """The cotangent of x, of whose running products along the last axis it is u."""
    dx = folded(u, x[..., 1:])
    dx[..., 1:] *= y[..., :-1]
    return (dx,)


def cummax(x: ArrayLike, /, *, axis: int | None = None) -> tuple[Array, Pullback1]:
    """Running maximum along `axis`, or of all elements in C order.

    Value     yₜ = max_{i≤t} xᵢ, nan from the first nan on
    Pullback  dxᵢ = Σ_{t≥i} uₜ [xᵢ = yₜ] / kₜ,  kₜ the number of elements up to t that equal yₜ
    Kinks     tie: uₜ is split evenly, as `max` does (JAX: evenly between two, by halves among more; torch: all to the
              last); nan: split over the elements up to t that are nan
    Shapes    x, y, u: (..., n);  y, u: flat where `axis` is None
    Keeps     x, y

    >>> value, vjp = cummax(np.array([1.0, 1.0, 0.0, 3.0]))
    >>> value, vjp(np.array([1.0, 2.0, 4.0, 8.0]))
    (array([1., 1., 1., 3.]), (array([4., 3., 0., 8.]),))
    """
    x = as_primal(x, "cummax", "x")
    y = np.maximum.accumulate(x.ravel() if axis is None else x, axis=0 if axis is None else axis)
    shape, dtype = y.shape, y.dtype

    def cummax_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "cummax", shape, dtype)
        return (running_shares(x, y, u, axis),)

    return y, cummax_vjp


def cummin(x: ArrayLike, /, *, axis: int | None = None) -> tuple[Array, Pullback1]:
    """Running minimum along `axis`, or of all elements in C order.

    Value     yₜ = min_{i≤t} xᵢ, nan from the first nan on
    Pullback  dxᵢ = Σ_{t≥i} uₜ [xᵢ = yₜ] / kₜ,  kₜ the number of elements up to t that equal yₜ
    Kinks     tie: uₜ is split evenly, as `min` does (JAX: evenly between two, by halves among more; torch: all to the
              last); nan: split over the elements up to t that are nan
    Shapes    x, y, u: (..., n);  y, u: flat where `axis` is None
    Keeps     x, y

    >>> value, vjp = cummin(np.array([1.0, 1.0, 2.0, 0.0]))
    >>> value, vjp(np.array([1.0, 2.0, 4.0, 8.0]))
    (array([1., 1., 1., 0.]), (array([4., 3., 0., 8.]),))
    """
    x = as_primal(x, "cummin", "x")
    y = np.minimum.accumulate(x.ravel() if axis is None else x, axis=0 if axis is None else axis)
    shape, dtype = y.shape, y.dtype

    def cummin_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "cummin", shape, dtype)
        return (running_shares(x, y, u, axis),)

    return y, cummin_vjp


def logcumsumexp(x: ArrayLike, /, *, axis: int | None = None) -> tuple[Array, Pullback1]:
    """Logarithm of a running sum of exponentials along `axis`, or of all elements in C order.

    Value     yₜ = ln Σ_{i≤t} exp xᵢ;  −∞ where all are −∞
    Pullback  dxᵢ = exp(xᵢ − yᵢ) rᵢ,  rᵢ = uᵢ + exp(yᵢ − yᵢ₊₁) rᵢ₊₁
    Kinks     −∞: 0, also where all before it are −∞, as `logsumexp` (JAX and torch give nan there); ∞: nan, as torch
    Shapes    x, y, u: (..., n);  y, u: flat where `axis` is None
    Keeps     x, y
    Source    no exponent is positive, as y never falls

    >>> value, vjp = logcumsumexp(np.array([1000.0, -math.inf, 0.0]))
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([1000., 1000., 1000.]), (array([15.,  0.,  0.]),))
    """
    x = as_primal(x, "logcumsumexp", "x")
    y = np.logaddexp.accumulate(x.ravel() if axis is None else x, axis=0 if axis is None else axis)
    shape, dtype = y.shape, y.dtype

    def logcumsumexp_vjp(u: ArrayLike) -> tuple[Array]:
        u = lane_last(as_cotangent(u, "logcumsumexp", shape, dtype), axis)
        total = lane_last(y, axis)
        ahead = np.where(total == -math.inf, 0, total)
        with np.errstate(under="ignore", invalid="ignore"):
            dx = folded(u, np.exp(total[..., :-1] - ahead[..., 1:]))
            dx *= np.exp(lane_last(x, axis) - ahead)
        return (lane_back(dx, x.shape, axis),)

    return y, logcumsumexp_vjp


def lane_last(x: Array, axis: int | None) -> Array:
    """The axis as the last one, or all elements flat; a view if there is one."""
    return x.ravel() if axis is None else axis_last(x, axis)


def lane_back(lanes: Array, shape: Shape, axis: int | None) -> Array:
    """The inverse of `lane_last` for an array of this shape."""
    return lanes.reshape(shape) if axis is None else axis_back(lanes, axis)


def folded(u: Array, factor: Array) -> Array:
    """rᵢ = uᵢ + factorᵢ rᵢ₊₁ along the last axis, in log₂ n passes of twice the reach each."""
    total, reach = np.array(u), 1
    while reach < total.shape[-1]:
        n = total.shape[-1] - reach
        total[..., :-reach] += factor[..., :n] * total[..., reach:]
        factor = factor[..., : max(n - reach, 0)] * factor[..., reach:n]
        reach *= 2
    return total


def running_shares(x: Array, y: Array, u: Array, axis: int | None) -> Array:
    """Each uₜ, split evenly among the elements up to t that equal yₜ, or are nan where it is.

    What equals one extreme is one run of y, so sums go to the end of a run, in passes of twice the reach each.
    """
    lanes, extreme = lane_last(x, axis), lane_last(y, axis)
    chosen = same(lanes, extreme)
    begins = np.ones(chosen.shape, bool)
    begins[..., 1:] = ~same(extreme[..., 1:], extreme[..., :-1])
    if chosen.any() and np.array_equal(chosen, begins):  # no ties: all of a run goes to its first element
        dx = np.zeros(chosen.shape, u.dtype)
        sums = np.add.reduceat(lane_last(u, axis).ravel(), np.flatnonzero(begins), dtype=accumulator(u.dtype))
        dx[begins] = sums
        return lane_back(dx, x.shape, axis)
    ties = run_sums(chosen.astype(np.int64)[..., ::-1], extreme[..., ::-1])[..., ::-1]
    share = (lane_last(u, axis) / np.maximum(ties, 1)).astype(u.dtype)
    return lane_back(masked(run_sums(share, extreme), chosen).astype(u.dtype, copy=False), x.shape, axis)


def run_sums(v: Array, y: Array) -> Array:
    """Σ v along the last axis, from each element to the end of its run of equal y."""
    total, reach = np.array(v), 1
    while reach < total.shape[-1]:
        joined = same(y[..., reach:], y[..., :-reach])
        if not joined.any():
            break
        total[..., :-reach] += np.where(joined, total[..., reach:], 0)
        reach *= 2
    return total


def same(a: Array, b: Array) -> Array:
    """Where two are equal, or both nan."""
    equal: Array = (a == b) | (np.isnan(a) & np.isnan(b))
    return equal
