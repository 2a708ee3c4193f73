"""Functions that pick elements by their order: range, median, quantiles."""

import math
from collections.abc import Sequence

import numpy as np

from purevjp.aliases import Array, ArrayLike, Axis, Pullback1
from purevjp.broadcast import kept_shape
from purevjp.contract import as_cotangent, as_primal, check_flags
from purevjp.lane import from_lanes, reduced, shares, to_lanes

__all__ = ["median", "ptp", "quantile"]


def ptp(x: ArrayLike, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Pullback1]:
    """Range over `axis`, or over all axes: peak to peak.

    Value     y = max x − min x, nan where any is nan
    Pullback  dx = u ([x = max x] / k − [x = min x] / l),  k and l the numbers of elements that equal them
    Kinks     tie: u is split evenly, as JAX; so all equal: 0; nan: 0 to all
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims)
    Keeps     x, max x, min x
    Errors    ValueError (NumPy's) over no elements

    >>> value, vjp = ptp(np.array([[1.0, 2.0, 4.0], [3.0, 3.0, 1.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([3., 2.]), (array([[-5.,  0.,  5.],
           [ 3.,  3., -6.]]),))
    """
    check_flags("ptp", keepdims=keepdims)
    x = as_primal(x, "ptp", "x")
    largest, smallest = x.max(axis=axis, keepdims=True), x.min(axis=axis, keepdims=True)
    y = np.asarray(largest - smallest).reshape(kept_shape(x.shape, axis))
    y = y if keepdims else y.squeeze(axis=axis)[()]
    shape, dtype, kept = y.shape, y.dtype, kept_shape(x.shape, axis)

    def ptp_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "ptp", shape, dtype).reshape(kept)
        return (shares(x, largest, u, axis) - shares(x, smallest, u, axis),)

    return y, ptp_vjp


def median(x: ArrayLike, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Pullback1]:
    """Median over `axis`, or over all axes.

    Value     y = the element in the middle, or half the sum of the two, nan where any is nan
    Pullback  dx = u at the element, or ½ u at each of the two
    Kinks     tie: split evenly among the elements that equal it, as `max` (JAX: all to one); nan: split over the
              elements that are nan, as `max`
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims)
    Keeps     x, the two elements
    Errors    ValueError over no elements
    Lacks     overwrite_input

    >>> value, vjp = median(np.array([[1.0, 7.0, 2.0, 4.0], [1.0, 1.0, 1.0, 0.0]]), axis=1)
    >>> value, vjp(np.array([6.0, 3.0]))
    (array([3., 1.]), (array([[0., 0., 3., 3.],
           [1., 1., 1., 0.]]),))
    """
    check_flags("median", keepdims=keepdims)
    x = as_primal(x, "median", "x")
    lanes = to_lanes(x, axis)
    n = lanes.shape[-1]
    if not n:
        raise ValueError(f"median got no elements over axis={axis} of shape {x.shape}, but should get one at least")
    ((low, high),) = elements(lanes, [((n - 1) // 2, n // 2)])
    kept = kept_shape(x.shape, axis)
    y = (low / 2 + high / 2 if n % 2 == 0 else low).reshape(kept)
    y = y if keepdims else y.squeeze(axis=axis)[()]
    shape, dtype, x_shape = y.shape, y.dtype, x.shape

    def median_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "median", shape, dtype).reshape(low.shape)
        if n % 2:
            return (from_lanes(shares(lanes, low, u, -1), x_shape, axis),)
        half = u / 2
        return (from_lanes(shares(lanes, low, half, -1) + shares(lanes, high, half, -1), x_shape, axis),)

    return y, median_vjp


def quantile(
    x: ArrayLike, /, *, q: ArrayLike, axis: Axis = None, keepdims: bool = False, method: str = "linear"
) -> tuple[Array, Pullback1]:
    """Quantiles over `axis`, or over all axes.

    Value     y = (1 − t) x₍ᵢ₎ + t x₍ⱼ₎,  x₍ᵢ₎ the elements in order from i = 0, i = ⌊h⌋, j = ⌈h⌉ for h = q (n − 1),
              t = h − i;  with method lower t = 0, higher t = 1, midpoint t = ½, nearest t = 0 or 1, half to even, as
              NumPy (JAX: half down);  nan where any is nan
    Pullback  dx = (1 − t) u at x₍ᵢ₎ + t u at x₍ⱼ₎,  added up over q
    Kinks     tie: split evenly among the elements that equal it, as `max` (JAX, torch: all to one); nan: split over
              the elements that are nan, as `max`
    Shapes    x: (..., n), q: () or (m), y, u: (...) or (m, ...)  (n: the axes named by `axis`; they stay as 1 with
              keepdims)
    Keeps     x, the elements at i and j
    Errors    ValueError over no elements, on q not from 0 to 1 or of more than one axis, on another method
    Lacks     weights, overwrite_input

    >>> value, vjp = quantile(np.array([1.0, 5.0, 2.0]), q=np.array([0.25, 1.0]))
    >>> value, vjp(np.array([4.0, 3.0]))
    (array([1.5, 5. ]), (array([2., 3., 2.]),))
    """
    check_flags("quantile", keepdims=keepdims)
    x = as_primal(x, "quantile", "x")
    lanes = to_lanes(x, axis)
    places = placed(q, lanes.shape[-1], method)
    pairs = elements(lanes, [(i, j) for i, j, _ in places])
    weights = [(x.dtype.type(1 - t), x.dtype.type(t)) for _, _, t in places]
    values = [
        low * s + high * t if i != j else low
        for (low, high), (s, t), (i, j, _) in zip(pairs, weights, places, strict=True)
    ]
    kept = kept_shape(x.shape, axis)
    several = np.ndim(q) == 1
    y = np.stack(values).reshape(len(values), *kept) if values else np.zeros((0, *kept), x.dtype)
    if not keepdims:
        y = y.squeeze(axis=tuple(a + 1 for a in reduced(x.ndim, axis)))
    y = y if several else y[0]
    shape, dtype, x_shape = y.shape, y.dtype, x.shape

    def quantile_vjp(u: ArrayLike) -> tuple[Array]:
        us = as_cotangent(u, "quantile", shape, dtype).reshape(len(pairs), *lanes.shape[:-1], 1)
        dx: Array = np.zeros(lanes.shape, dtype)
        for part, (low, high), (s, t) in zip(us, pairs, weights, strict=True):
            if s:
                dx += shares(lanes, low, part * s, -1)
            if t:
                dx += shares(lanes, high, part * t, -1)
        return (from_lanes(dx, x_shape, axis),)

    return y, quantile_vjp


METHODS = ("linear", "lower", "higher", "midpoint", "nearest")
"""The methods of `quantile`; NumPy has more."""


def placed(q: ArrayLike, n: int, method: str) -> list[tuple[int, int, float]]:
    """For each of the quantiles of n elements, the places of the two elements and the weight of the second."""
    quantiles = np.asarray(q)
    if quantiles.ndim > 1 or quantiles.dtype.kind not in "fiu" or not np.all((quantiles >= 0) & (quantiles <= 1)):
        raise ValueError(f"quantile got q={q!r}, but should get a number from 0 to 1, or one axis of them")
    if method not in METHODS:
        raise ValueError(f"quantile got method={method!r}, but should get one of {', '.join(METHODS)}")
    if not n:
        raise ValueError("quantile got no elements, but should get one at least")
    places = [float(h) for h in quantiles.ravel().astype(np.float64) * (n - 1)]
    return [weighed(math.floor(h), math.ceil(h), h, method) for h in places]


def weighed(i: int, j: int, h: float, method: str) -> tuple[int, int, float]:
    """The places of two elements, and the weight of the second."""
    if method == "nearest":
        i = j = round(h)
    elif method == "lower":
        j = i
    elif method == "higher":
        i = j
    return i, j, h - i if method == "linear" else (j - i) / 2


def elements(lanes: Array, places: Sequence[tuple[int, int]]) -> list[tuple[Array, Array]]:
    """The elements at these places of each lane in order; nan where any is nan."""
    if not places:
        return []
    last = lanes.shape[-1] - 1
    ordered = np.partition(lanes, sorted({last, *(i for pair in places for i in pair)}), axis=-1)
    missing = np.isnan(ordered[..., -1])
    if missing.any():
        ordered[missing] = math.nan
    return [(ordered[..., i : i + 1].copy(), ordered[..., j : j + 1].copy()) for i, j in places]
