"""Functions that reduce axes."""

import math

import numpy as np

from purevjp.aliases import Array, ArrayLike, Axis, Pullback1
from purevjp.broadcast import kept_shape
from purevjp.contract import as_cotangent, as_primal

__all__ = ["logsumexp", "max", "mean", "sum"]


def sum(x: ArrayLike, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Pullback1]:
    """Sum over `axis`, or over all axes.

    Value     y = Σ x;  0 over no elements
    Pullback  dx = u, broadcast
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims)
    Keeps     nothing

    >>> value, vjp = sum(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([3., 7.]), (array([[5., 5.],
           [6., 6.]]),))
    """
    x = as_primal(x, "sum", "x", analytic=True)
    y = x.sum(axis=axis, keepdims=keepdims)
    shape, dtype, x_shape, kept = y.shape, y.dtype, x.shape, kept_shape(x.shape, axis)

    def sum_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "sum", shape, dtype)
        return (np.broadcast_to(u.reshape(kept), x_shape).copy(),)

    return y, sum_vjp


def mean(x: ArrayLike, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Pullback1]:
    """Mean over `axis`, or over all axes.

    Value     y = Σ x / n;  nan, with NumPy's warning, over no elements
    Pullback  dx = u / n, broadcast
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims)
    Keeps     nothing

    >>> value, vjp = mean(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([1.5, 3.5]), (array([[2.5, 2.5],
           [3. , 3. ]]),))
    """
    x = as_primal(x, "mean", "x", analytic=True)
    y = x.mean(axis=axis, keepdims=keepdims)
    shape, dtype, x_shape, kept = y.shape, y.dtype, x.shape, kept_shape(x.shape, axis)
    n = math.prod(size for size, one in zip(x_shape, kept, strict=True) if one == 1)

    def mean_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "mean", shape, dtype)
        share = np.divide(u, n or 1, dtype=np.promote_types(dtype, np.float64)).astype(
            dtype
        )  # n may be too large for float16
        return (np.broadcast_to(share.reshape(kept), x_shape).copy(),)

    return y, mean_vjp


def max(x: ArrayLike, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Pullback1]:
    """Largest element over `axis`, or over all axes.

    Value     y = max x, nan where any is nan
    Pullback  dx = u [x = y] / k,  k the number of elements that equal y
    Kinks     tie: u is split evenly, as JAX and torch; nan: split over the elements that are nan, as torch
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims)
    Keeps     x, y
    Errors    ValueError (NumPy's) over no elements

    >>> value, vjp = max(np.array([[1.0, 2.0], [3.0, 3.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([2., 3.]), (array([[0., 5.],
           [3., 3.]]),))
    """
    x = as_primal(x, "max", "x")
    y = x.max(axis=axis, keepdims=keepdims)
    kept = kept_shape(x.shape, axis)

    def max_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "max", y.shape, y.dtype)
        largest = y.reshape(kept)
        chosen = (x == largest) | (np.isnan(x) & np.isnan(largest))
        share = u.reshape(kept) / chosen.sum(axis=axis, keepdims=True)
        return (np.where(chosen, share.astype(u.dtype), 0),)

    return y, max_vjp


def logsumexp(x: ArrayLike, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Pullback1]:
    """Logarithm of a sum of exponentials over `axis`, or over all axes.

    Value     y = ln Σ eˣ;  −∞ over no elements and where all are −∞
    Pullback  dx = u e / Σ e,  e = exp(x − max x)
    Kinks     a lane of −∞ only: 0 (the least-norm choice; JAX and torch give nan); a lane with +∞: nan, as JAX
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims)
    Keeps     e, Σ e
    Source    exp(x − y) is the same, but carries the roundoff of y, large where x is

    >>> value, vjp = logsumexp(np.array([1000.0, 1000.0]))
    >>> vjp(2.0)
    (array([1., 1.]),)
    """
    x = as_primal(x, "logsumexp", "x", analytic=True)
    largest = x.max(axis=axis, keepdims=True, initial=-math.inf)
    kept = largest.shape
    largest = np.where(np.isfinite(largest), largest, 0)
    e = np.exp(x - largest)
    total = e.sum(axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):
        y = (np.log(total) + largest).reshape(kept)
    if not keepdims:
        y = y.squeeze(axis=axis)[()]

    shape, dtype = y.shape, y.dtype

    def logsumexp_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "logsumexp", shape, dtype)
        return (u.reshape(kept) * (e / np.where(total == 0, 1, total)),)

    return y, logsumexp_vjp
