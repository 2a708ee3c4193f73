"""Functions that describe a sample: variance, weighted averages, sums that ignore nan, covariance."""

import math

import numpy as np

from purevjp.aliases import Array, ArrayLike, Axis, Pullback1, Pullback2
from purevjp.broadcast import cast, kept_shape, unbroadcast
from purevjp.contract import as_cotangent, as_primal, check_flags
from purevjp.lane import accumulator, added_up, as_mask, count, given, length
from purevjp.mask import masked

__all__ = ["average", "cov", "nanmean", "nansum", "std", "var"]


def var(
    x: ArrayLike,
    /,
    *,
    axis: Axis = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: ArrayLike | None = None,
) -> tuple[Array, Pullback1]:
    """Variance over `axis`, or over all axes.

    Value     y = Σ (x − m)² / (n − ddof),  m = Σ x / n  (Σ over the n elements where `where` is true)
    Pullback  dx = 2 u (x − m) / (n − ddof);  0 where `where` is false
    Kinks     n ≤ ddof: the value is nan or infinite, with NumPy's warning, and so is dx
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims);
              where: broadcasts to x
    Keeps     x, m, where
    Source    m moves with x, too, but Σ (x − m) is 0
    Lacks     mean, correction: ddof is the correction

    >>> value, vjp = var(np.array([[1.0, 3.0], [2.0, 6.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([1., 4.]), (array([[ -5.,   5.],
           [-12.,  12.]]),))
    """
    x = as_primal(x, "var", "x")
    mask = as_mask(where, "var", x.shape)
    m = x.mean(axis=axis, keepdims=True, dtype=accumulator(x.dtype), **given(where=mask))
    y = x.var(axis=axis, ddof=ddof, keepdims=keepdims, mean=m, **given(where=mask)).astype(x.dtype, copy=False)
    shape, dtype, kept = y.shape, y.dtype, kept_shape(x.shape, axis)
    terms = math.prod(x.shape) // (math.prod(kept) or 1) if mask is None else count(mask, axis)

    def var_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "var", shape, dtype).reshape(kept)
        dx = np.subtract(x, m)
        with np.errstate(divide="ignore", invalid="ignore"):
            dx *= (2 * u / np.maximum(terms - ddof, 0)).astype(dx.dtype)
        return ((dx if mask is None else masked(dx, mask)).astype(dtype, copy=False),)

    return y, var_vjp


def std(
    x: ArrayLike,
    /,
    *,
    axis: Axis = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: ArrayLike | None = None,
) -> tuple[Array, Pullback1]:
    """Standard deviation over `axis`, or over all axes.

    Value     y = √(Σ (x − m)² / (n − ddof)),  m = Σ x / n  (Σ over the n elements where `where` is true)
    Pullback  dx = u (x − m) / ((n − ddof) y);  0 where `where` is false
    Kinks     y = 0, all are equal: 0, as torch (JAX: nan); n ≤ ddof: the value is nan or infinite, with NumPy's
              warning, and dx is nan
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims);
              where: broadcasts to x
    Keeps     x − m, y, where
    Source    squares that leave the range are scaled first, unlike NumPy's
    Lacks     mean, correction: ddof is the correction

    >>> value, vjp = std(np.array([[1.0, 3.0], [2.0, 2.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([1., 0.]), (array([[-2.5,  2.5],
           [ 0. ,  0. ]]),))
    """
    check_flags("std", keepdims=keepdims)
    x = as_primal(x, "std", "x")
    mask = as_mask(where, "std", x.shape)
    m = x.mean(axis=axis, keepdims=True, dtype=accumulator(x.dtype), **given(where=mask))
    centred = np.subtract(x, m) if mask is None else masked(x - m, mask)
    shape, dtype = x.shape, x.dtype
    kept = kept_shape(shape, axis)
    terms = math.prod(shape) // (math.prod(kept) or 1) if mask is None else count(mask, axis)
    freedom = np.maximum(terms - ddof, 0).astype(centred.dtype)
    spread = length(centred, axis, n=freedom)
    y = spread.astype(dtype, copy=False)
    y = y if keepdims else y.squeeze(axis=axis)[()]
    y_shape = y.shape

    def std_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "std", y_shape, dtype).reshape(kept)
        with np.errstate(divide="ignore", invalid="ignore"):
            dx = centred / np.where(spread == 0, math.inf, spread).astype(spread.dtype)
            dx *= u / freedom
        return ((dx if mask is None else masked(dx, mask)).astype(dtype, copy=False),)

    return y, std_vjp


def average(
    x: ArrayLike, weights: ArrayLike, /, *, axis: Axis = None, keepdims: bool = False
) -> tuple[Array, Pullback2]:
    """Mean over `axis`, or over all axes, with a weight for each element.

    Value     y = Σ w x / W,  W = Σ w
    Pullback  dx = u w / W,  dw = Σ u (x − y) / W  (Σ over the axes that weights of one axis have not)
    Domain    W ≠ 0
    Shapes    x: (..., n), w: (..., n), or (n) where `axis` is one axis, y, u: (...)  (n: the axes named by `axis`;
              they stay as 1 with keepdims)
    Keeps     x, w, y, W
    Errors    ZeroDivisionError (NumPy's) when weights add up to 0
    Lacks     returned

    >>> value, vjp = average(np.array([1.0, 5.0]), np.array([3.0, 1.0]))
    >>> value, vjp(8.0)
    (np.float64(2.0), (array([6., 2.]), array([-2.,  6.])))
    """
    check_flags("average", keepdims=keepdims)
    x, w = as_primal(x, "average", "x", analytic=True), as_primal(weights, "average", "weights", analytic=True)
    if w.shape != x.shape:
        along = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
        if not isinstance(along, int | np.integer) or w.shape != x.shape[along : along + 1 or None]:
            wanted = f"{x.shape}, the shape of x, or one axis beside an integer axis"
            raise ValueError(f"average got weights of shape {w.shape}, but should get {wanted}")
        wide = w.reshape([-1 if a == along % x.ndim else 1 for a in range(x.ndim)])
    else:
        wide = w
    y, total = np.average(x, axis=axis, weights=np.broadcast_to(wide, x.shape), returned=True, keepdims=True)
    value = y if keepdims else y.squeeze(axis=axis)[()]
    shape, dtype = value.shape, value.dtype

    def average_vjp(u: ArrayLike) -> tuple[Array, Array]:
        share = as_cotangent(u, "average", shape, dtype).reshape(y.shape) / total
        dw = unbroadcast(share * (x - y), wide.shape, w.dtype).reshape(w.shape)
        return cast(np.broadcast_to(share * wide, x.shape), x.dtype, copy=True), dw

    return value, average_vjp


def nansum(x: ArrayLike, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Pullback1]:
    """Sum over `axis`, or over all axes, of what is not nan.

    Value     y = Σ x  (Σ over the elements that are not nan);  0 over none
    Pullback  dx = u, broadcast;  0 where x is nan
    Kinks     nan: 0, as JAX and torch
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims)
    Keeps     where x is nan
    Lacks     where, initial: nan is what does not count

    >>> value, vjp = nansum(np.array([[1.0, 2.0], [math.nan, 4.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([3., 4.]), (array([[5., 5.],
           [0., 6.]]),))
    """
    x = as_primal(x, "nansum", "x", analytic=True)
    missing = np.isnan(x)
    some = missing.any()
    y = added_up(masked(x, ~missing) if some else x, axis, keepdims)
    shape, dtype, kept = y.shape, y.dtype, kept_shape(x.shape, axis)

    def nansum_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "nansum", shape, dtype).reshape(kept)
        return (masked(u, ~missing) if some else np.broadcast_to(u, missing.shape).copy(),)

    return y, nansum_vjp


def nanmean(x: ArrayLike, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Pullback1]:
    """Mean over `axis`, or over all axes, of what is not nan.

    Value     y = Σ x / n  (Σ over the n elements that are not nan);  nan, with NumPy's warning, over none
    Pullback  dx = u / n, broadcast;  0 where x is nan
    Kinks     nan: 0, as JAX and torch; all are nan: 0, as JAX (torch: nan)
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims)
    Keeps     where x is nan
    Lacks     where: nan is what does not count

    >>> value, vjp = nanmean(np.array([[1.0, 2.0], [math.nan, 4.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([1.5, 4. ]), (array([[2.5, 2.5],
           [0. , 6. ]]),))
    """
    x = as_primal(x, "nanmean", "x", analytic=True)
    present = ~np.isnan(x)
    y = x.mean(axis=axis, keepdims=keepdims, where=present)
    shape, dtype, kept = y.shape, y.dtype, kept_shape(x.shape, axis)

    def nanmean_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "nanmean", shape, dtype).reshape(kept)
        share = (u / np.maximum(count(present, axis), 1)).astype(dtype)
        return (masked(share, present),)

    return y, nanmean_vjp


def cov(
    x: ArrayLike, /, *, rowvar: bool = True, bias: bool = False, ddof: int | None = None
) -> tuple[Array, Pullback1]:
    """Covariances of several variables, in the dtype of x (NumPy computes in float64).

    Value     y = X Xᵀ / (n − ddof),  X = x − m,  m the mean of each variable;  ddof is 1, or 0 with bias, unless given
    Pullback  dx = (u + uᵀ) X / (n − ddof)
    Kinks     n ≤ ddof: the value is nan or infinite, and so is dx
    Shapes    x: (k, n), or (n, k) with rowvar=False, y, u: (k, k);  () where k = 1, as for x: (n)
    Keeps     X
    Errors    ValueError when x has not one or two axes
    Lacks     y, fweights, aweights

    >>> value, vjp = cov(np.array([[1.0, 3.0], [2.0, 6.0]]))
    >>> value, vjp(np.array([[1.0, 2.0], [3.0, 5.0]]))
    (array([[2., 4.],
           [4., 8.]]), (array([[-12.,  12.],
           [-25.,  25.]]),))
    """
    check_flags("cov", rowvar=rowvar, bias=bias)
    x = as_primal(x, "cov", "x")
    if x.ndim not in {1, 2}:
        raise ValueError(f"cov got x of shape {x.shape}, but should get one or two axes")
    samples = x.T if not rowvar and x.ndim == 2 else x.reshape(-1, x.shape[-1])
    wide = samples.astype(accumulator(x.dtype), copy=False)
    centred = wide - wide.mean(axis=1, keepdims=True)
    freedom = centred.shape[1] - (1 - int(bias) if ddof is None else ddof)
    scale = 1 / freedom if freedom > 0 else math.inf
    y = (centred @ centred.T * scale).astype(x.dtype, copy=False)
    if y.shape == (1, 1):
        y = y.reshape(())
    shape, dtype, x_shape, k = y.shape, y.dtype, x.shape, len(centred)

    def cov_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "cov", shape, dtype).reshape(k, k)
        dx = ((u + u.T) * scale).astype(centred.dtype, copy=False) @ centred
        return ((dx if rowvar else dx.T).reshape(x_shape).astype(dtype, copy=False),)

    return y, cov_vjp
