"""Functions that put elements in order, and interpolation."""

import math
import operator
from collections.abc import Sequence

import numpy as np

from purevjp.accumulate import added_at
from purevjp.aliases import Array, ArrayLike, Pullback1, Pullback2
from purevjp.contract import as_cotangent, as_primal, check_flags

__all__ = ["interp", "partition", "sort", "top_k"]

MANY, WIDE = 4096, 64
"""From so many numbers on, they are found between knots all at once; lanes from so many elements on are not sorted."""


def sort(x: ArrayLike, /, *, axis: int | None = -1, descending: bool = False) -> tuple[Array, Pullback1]:
    """Elements in order along an axis; of the flattened array when `axis` is None.

    Value     y = x in ascending order, nan last;  all of it in reverse when descending, so that nan is first
    Pullback  dx[order] = u,  the order for which y = x[order]
    Kinks     tie: the order is stable, the first of the tied gets the first u, as JAX and torch; when descending the
              last of them, as JAX (torch keeps their order); the same for nan
    Shapes    x, y, u: (..., n, ...), n at `axis`;  y, u: (n) when it is None
    Keeps     the order, an integer per element
    Lacks     kind, stable: it is stable

    >>> value, vjp = sort(np.array([3.0, 1.0, 2.0]))
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([1., 2., 3.]), (array([6., 4., 5.]),))
    """
    check_flags("sort", descending=descending)
    x = as_primal(x, "sort", "x")
    y, order = in_order(x, axis, descending=descending)
    shape, dtype, x_shape = y.shape, x.dtype, x.shape

    def sort_vjp(u: ArrayLike) -> tuple[Array]:
        dx = np.empty(shape, dtype)
        np.put_along_axis(dx, order, as_cotangent(u, "sort", shape, dtype), -1 if axis is None else axis)
        return (dx.reshape(x_shape),)

    return y, sort_vjp


def partition(x: ArrayLike, /, *, kth: int | Sequence[int], axis: int | None = -1) -> tuple[Array, Pullback1]:
    """Elements such that none before the k-th is larger and none after it is smaller, along an axis.

    Value     y = sort(x): NumPy leaves the order of the rest open, and this one is right for every k
    Pullback  dx[order] = u,  the order for which y = x[order]
    Kinks     tie: the order is stable, the first of the tied gets the first u (JAX may give two to one and none to
              another, which no order does)
    Shapes    x, y, u: (..., n, ...), n at `axis`;  y, u: (n) when it is None
    Keeps     the order, an integer per element
    Errors    ValueError when a kth is out of range
    Lacks     kind

    >>> value, vjp = partition(np.array([3.0, 1.0, 2.0]), kth=1)
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([1., 2., 3.]), (array([6., 4., 5.]),))
    """
    x = as_primal(x, "partition", "x")
    y, order = in_order(x, axis)
    shape, dtype, x_shape = y.shape, x.dtype, x.shape
    n = shape[-1 if axis is None else axis]
    for k in kth if isinstance(kth, Sequence) else (kth,):
        if not -n <= operator.index(k) < n:
            raise ValueError(f"partition got kth {k}, but should get {-n} to {n - 1}")

    def partition_vjp(u: ArrayLike) -> tuple[Array]:
        dx = np.empty(shape, dtype)
        np.put_along_axis(dx, order, as_cotangent(u, "partition", shape, dtype), -1 if axis is None else axis)
        return (dx.reshape(x_shape),)

    return y, partition_vjp


def in_order(x: Array, axis: int | None, *, descending: bool = False) -> tuple[Array, Array]:
    """An array in order, and the order."""
    x, axis = (x.ravel(), -1) if axis is None else (x, axis)
    order = np.argsort(x, axis=axis, kind="stable")
    if descending:
        order = np.flip(order, axis)
    return np.take_along_axis(x, order, axis), order


def top_k(x: ArrayLike, /, *, k: int, axis: int = -1) -> tuple[Array, Pullback1]:
    """The k largest elements along an axis, the largest first. Their indices, which have no cotangent, are no result.

    Value     y[..., j, ...] = the j-th largest of x;  nan is larger than all
    Pullback  dx = u where an element was taken, 0 elsewhere
    Kinks     tie: the first of the tied come first, as JAX (torch leaves it open); the same for nan
    Shapes    x: (..., n, ...), y, u: (..., k, ...)  (n at `axis`)
    Keeps     the indices of the k largest
    Errors    ValueError when k is not from 0 to n

    >>> value, vjp = top_k(np.array([3.0, 1.0, 4.0]), k=2)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([4., 3.]), (array([6., 0., 5.]),))
    """
    x = as_primal(x, "top_k", "x")
    lanes = np.moveaxis(x, axis, -1)
    n = lanes.shape[-1]
    if not 0 <= operator.index(k) <= n:
        raise ValueError(f"top_k got k {k}, but should get 0 to {n}")
    at = np.moveaxis(largest(lanes, k), -1, axis)
    y = np.take_along_axis(x, at, axis)
    shape, dtype, x_shape = y.shape, x.dtype, x.shape

    def top_k_vjp(u: ArrayLike) -> tuple[Array]:
        dx = np.zeros(x_shape, dtype)
        np.put_along_axis(dx, at, as_cotangent(u, "top_k", shape, dtype), axis)
        return (dx,)

    return y, top_k_vjp


def largest(x: Array, k: int) -> Array:
    """Indices of the k largest along the last axis in descending order, the first of a tie first, nan before all.

    Of many elements a few are found without sorting the rest: those above the k-th largest, and as many of its equals
    as there is room for.
    """
    n = x.shape[-1]
    if not (0 < 4 * k < n) or n < WIDE or np.isnan(x).any():
        every: Array = n - 1 - np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1][..., :k]
        return every
    kth = np.partition(x, n - k, axis=-1)[..., n - k, None]
    above, equal = x > kth, x == kth
    room = k - np.count_nonzero(above, axis=-1, keepdims=True)
    chosen = above | (equal & (np.cumsum(equal, axis=-1) <= room))
    indices = np.nonzero(chosen)[-1].reshape(*x.shape[:-1], k)
    few = np.argsort(np.flip(np.take_along_axis(x, indices, -1), -1), axis=-1, kind="stable")
    return np.take_along_axis(indices, k - 1 - np.flip(few, -1), -1)


def interp(
    x: ArrayLike, fp: ArrayLike, /, *, xp: ArrayLike, left: float | None = None, right: float | None = None
) -> tuple[Array, Pullback2]:
    """Linear interpolation between values `fp` at knots `xp`.

    Value     y = fp[j] (1 − t) + fp[j + 1] t,  t = (x − xp[j]) / (xp[j + 1] − xp[j]), between the two knots next to x;
              `left` below all knots and `right` above, fp[0] and fp[−1] by default
    Pullback  dx = u (fp[j + 1] − fp[j]) / (xp[j + 1] − xp[j]), 0 outside;  dfp[j] = Σ u (1 − t), dfp[j + 1] = Σ u t,
              0 where y is `left` or `right`
    Kinks     x = a knot: the slope to the right, of the last knot that to the left, as JAX; x = ±∞: outside; x = nan:
              dx by the slope of the last interval, as JAX, dfp nan
    Shapes    x, y, u: (...), xp, fp: (n)
    Keeps     j, t, 1 − t and the slope, of each x
    Errors    ValueError when xp and fp are not vectors of one length, not empty, or xp does not increase
    Lacks     period

    >>> value, vjp = interp(np.array([0.5, 9.0]), np.array([0.0, 4.0, 6.0]), xp=[0.0, 1.0, 2.0])
    >>> value, vjp(np.array([1.0, 10.0]))
    (array([2., 6.]), (array([4., 0.]), array([ 0.5,  0.5, 10. ])))
    """
    x, fp = as_primal(x, "interp", "x"), as_primal(fp, "interp", "fp")
    dtype = np.result_type(x, fp)
    knots = np.asarray(xp).astype(dtype)
    n = knots.size
    if knots.ndim != 1 or fp.shape != knots.shape or not n:
        raise ValueError(f"interp got xp of shape {knots.shape} and fp of shape {fp.shape}, but should get (n,) twice")
    if not np.all(knots[1:] > knots[:-1]):
        raise ValueError("interp got xp that does not increase, but should get knots in increasing order")
    j = intervals(knots, x)
    k = np.minimum(j + 1, n - 1)
    widths = knots[1:] - knots[:-1] if n > 1 else np.ones(1, dtype)
    slopes = (fp[1:] - fp[:-1]) / widths if n > 1 else np.zeros(1, dtype)
    width = widths[j]
    below, above = x < knots[0], x > knots[-1]
    outside = below | above
    to_k = np.where(outside, above, (x - knots[j]) / width).astype(dtype)
    to_j = np.where(outside, below, (knots[k] - x) / width if n > 1 else 1).astype(dtype)
    slope = np.where(outside, 0, slopes[j])
    y = fp[j] * to_j + fp[k] * to_k
    if left is not None:
        y, to_j = np.where(below, left, y), np.where(below, 0, to_j)
    if right is not None:
        y, to_k = np.where(above, right, y), np.where(above, 0, to_k)
    shape, x_dtype, fp_shape, fp_dtype = y.shape, x.dtype, fp.shape, fp.dtype

    def interp_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "interp", shape, dtype)
        parts = np.stack([u * to_j, u * to_k])
        dfp = added_at(np.stack([j, k]), parts, fp_shape, dtype)
        return (u * slope).astype(x_dtype, copy=False), dfp.astype(fp_dtype, copy=False)

    return y, interp_vjp


def intervals(knots: Array, x: Array) -> Array:
    """For each x the last knot that is not above it, but for the last of all; the last interval for nan.

    Of many numbers all are searched at once, half by half: `np.searchsorted` waits for each comparison.
    """
    last = max(knots.size - 2, 0)
    if x.size < MANY:
        return np.clip(np.searchsorted(knots, x, side="right") - 1, 0, last)
    steps = [1 << bit for bit in reversed(range(last.bit_length()))]
    table = np.full(sum(steps) + 1, math.inf, knots.dtype)
    table[: last + 1] = knots[: last + 1]
    j = np.zeros(x.shape, np.intp)
    for step in steps:
        j += step * ~(x < table[j + step])
    return np.minimum(j, last)
