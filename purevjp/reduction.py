"""Functions that reduce axes."""

import math
import numbers

import numpy as np

from purevjp.aliases import Array, ArrayLike, Axis, Pullback1
from purevjp.blocks import by_row
from purevjp.broadcast import kept_shape
from purevjp.contract import as_cotangent, as_primal, check_flags
from purevjp.lane import (
    accumulator,
    added_up,
    as_mask,
    count,
    from_lanes,
    given,
    products_of_others,
    shares,
    size_of,
    to_lanes,
)
from purevjp.mask import masked

__all__ = ["logsumexp", "max", "mean", "min", "norm", "prod", "sum", "trace"]


def sum(
    x: ArrayLike,
    /,
    *,
    axis: Axis = None,
    keepdims: bool = False,
    initial: complex | None = None,
    where: ArrayLike | None = None,
) -> tuple[Array, Pullback1]:
    """Sum over `axis`, or over all axes.

    Value     y = initial + Σ x  (Σ over the elements where `where` is true);  initial, or 0, over no elements
    Pullback  dx = u, broadcast;  0 where `where` is false
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims);
              where: broadcasts to x
    Keeps     where

    >>> value, vjp = sum(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([3., 7.]), (array([[5., 5.],
           [6., 6.]]),))
    """
    x = as_primal(x, "sum", "x", analytic=True)
    mask = as_mask(where, "sum", x.shape)
    y = added_up(x, axis, keepdims, **given(initial=initial, where=mask))
    shape, dtype, x_shape, around = y.shape, y.dtype, x.shape, kept_shape(x.shape, axis)

    def sum_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "sum", shape, dtype).reshape(around)
        return (np.broadcast_to(u, x_shape).copy() if mask is None else masked(u, mask),)

    return y, sum_vjp


def mean(
    x: ArrayLike, /, *, axis: Axis = None, keepdims: bool = False, where: ArrayLike | None = None
) -> tuple[Array, Pullback1]:
    """Mean over `axis`, or over all axes.

    Value     y = Σ x / n  (Σ over the n elements where `where` is true);  nan, with NumPy's warning, over no elements
    Pullback  dx = u / n, broadcast;  0 where `where` is false
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims);
              where: broadcasts to x
    Keeps     where

    >>> value, vjp = mean(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([1.5, 3.5]), (array([[2.5, 2.5],
           [3. , 3. ]]),))
    """
    x = as_primal(x, "mean", "x", analytic=True)
    mask = as_mask(where, "mean", x.shape)
    y = x.mean(axis=axis, keepdims=keepdims, **given(where=mask))
    shape, dtype, x_shape, around = y.shape, y.dtype, x.shape, kept_shape(x.shape, axis)
    n = math.prod(size for size, one in zip(x_shape, around, strict=True) if one == 1)

    def mean_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "mean", shape, dtype).reshape(around)
        terms = (n or 1) if mask is None else np.maximum(count(mask, axis), 1)
        share = np.divide(u, terms, dtype=np.promote_types(dtype, np.float64)).astype(
            dtype
        )  # n may be too large for float16
        return (np.broadcast_to(share, x_shape).copy() if mask is None else masked(share, mask),)

    return y, mean_vjp


def max(
    x: ArrayLike,
    /,
    *,
    axis: Axis = None,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike | None = None,
) -> tuple[Array, Pullback1]:
    """Largest element over `axis`, or over all axes.

    Value     y = max(initial, x)  (of the elements where `where` is true), nan where any is nan
    Pullback  dx = u [x = y] / k,  k the number of elements that equal y
    Kinks     tie: u is split evenly, as JAX and torch; nan: split over the elements that are nan, as torch;
              tie with `initial`: it takes half, as JAX
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims);
              where: broadcasts to x
    Keeps     x, y, where
    Errors    ValueError (NumPy's) over no elements, or with `where`, when `initial` is not given

    >>> value, vjp = max(np.array([[1.0, 2.0], [3.0, 3.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([2., 3.]), (array([[0., 5.],
           [3., 3.]]),))
    """
    x = as_primal(x, "max", "x")
    mask = as_mask(where, "max", x.shape)
    y = x.max(axis=axis, keepdims=keepdims, **given(initial=initial, where=mask))
    around = kept_shape(x.shape, axis)

    def max_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "max", y.shape, y.dtype)
        return (shares(x, y.reshape(around), u.reshape(around), axis, initial=initial, mask=mask),)

    return y, max_vjp


def min(
    x: ArrayLike,
    /,
    *,
    axis: Axis = None,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike | None = None,
) -> tuple[Array, Pullback1]:
    """Smallest element over `axis`, or over all axes.

    Value     y = min(initial, x)  (of the elements where `where` is true), nan where any is nan
    Pullback  dx = u [x = y] / k,  k the number of elements that equal y
    Kinks     tie: u is split evenly, as JAX and torch; nan: split over the elements that are nan, as torch;
              tie with `initial`: it takes half, as JAX
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims);
              where: broadcasts to x
    Keeps     x, y, where
    Errors    ValueError (NumPy's) over no elements, or with `where`, when `initial` is not given

    >>> value, vjp = min(np.array([[1.0, 2.0], [3.0, 3.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([1., 3.]), (array([[5., 0.],
           [3., 3.]]),))
    """
    x = as_primal(x, "min", "x")
    mask = as_mask(where, "min", x.shape)
    y = x.min(axis=axis, keepdims=keepdims, **given(initial=initial, where=mask))
    around = kept_shape(x.shape, axis)

    def min_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "min", y.shape, y.dtype)
        return (shares(x, y.reshape(around), u.reshape(around), axis, initial=initial, mask=mask),)

    return y, min_vjp


def prod(
    x: ArrayLike,
    /,
    *,
    axis: Axis = None,
    keepdims: bool = False,
    initial: complex | None = None,
    where: ArrayLike | None = None,
) -> tuple[Array, Pullback1]:
    """Product over `axis`, or over all axes.

    Value     y = initial · Π x  (Π over the elements where `where` is true);  initial, or 1, over no elements
    Pullback  dxᵢ = u · initial · Π_{j≠i} xⱼ;  0 where `where` is false
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims);
              where: broadcasts to x
    Keeps     x, y, where
    Source    u y / x where the product is not 0 and in the range; else, for it is nan beside a zero (tinygrad #17404),
              products before i times products after i

    >>> value, vjp = prod(np.array([[2.0, 3.0], [0.0, 4.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([6., 0.]), (array([[15., 10.],
           [24.,  0.]]),))
    """
    x = as_primal(x, "prod", "x", analytic=True)
    mask = as_mask(where, "prod", x.shape)
    y = x.prod(axis=axis, keepdims=keepdims, **given(initial=initial, where=mask))
    shape, dtype, around = y.shape, y.dtype, kept_shape(x.shape, axis)

    def prod_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "prod", shape, dtype)
        size = np.abs(y)
        lost = ~((size >= np.finfo(dtype).tiny) & (size <= np.finfo(dtype).max))
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            dx = y.reshape(around) / x
            dx *= u.reshape(around)
        if lost.any():
            lanes, back = to_lanes(x if mask is None else np.where(mask, x, 1), axis), to_lanes(dx, axis)
            lost, start = lost.reshape(lanes.shape[:-1]), 1 if initial is None else dtype.type(initial)
            (others,) = by_row(products_of_others, lanes[lost])
            others *= (u * start).reshape(*lost.shape, 1)[lost]
            back[lost] = others
            dx = from_lanes(back, x.shape, axis)
        return (dx if mask is None else masked(dx, mask),)

    return y, prod_vjp


def logsumexp(x: ArrayLike, /, *, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Pullback1]:
    """Logarithm of a sum of exponentials over `axis`, or over all axes.

    Value     y = ln Σ eˣ;  −∞ over no elements and where all are −∞
    Pullback  dx = u e / Σ e,  e = exp(x − max x)
    Kinks     a lane of −∞ only: 0 (the least-norm choice; JAX and torch give nan); a lane with +∞: nan, as JAX
    Shapes    x: (..., n), y, u: (...)  (n: the axes named by `axis`; they stay as 1 with keepdims)
    Keeps     e, Σ e
    Source    exp(x − y) is the same, but carries the roundoff of y, large where x is
    Lacks     where, return_sign: −∞ is what does not count

    >>> value, vjp = logsumexp(np.array([1000.0, 1000.0]))
    >>> vjp(2.0)
    (array([1., 1.]),)
    """
    check_flags("logsumexp", keepdims=keepdims)
    x = as_primal(x, "logsumexp", "x", analytic=True)
    largest = x.max(axis=axis, keepdims=True, initial=-math.inf)
    around = largest.shape
    largest = np.where(np.isfinite(largest), largest, 0)
    e = x - largest
    e = np.exp(e, out=e) if e.ndim else np.exp(e)
    total = e.sum(axis=axis, keepdims=True, dtype=accumulator(e.dtype))
    with np.errstate(divide="ignore"):
        y = (np.log(total) + largest).astype(e.dtype, copy=False).reshape(around)
    if not keepdims:
        y = y.squeeze(axis=axis)[()]

    shape, dtype = y.shape, y.dtype

    def logsumexp_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "logsumexp", shape, dtype)
        dx = e * (u.reshape(around) / np.where(total == 0, 1, total))
        return (dx.astype(dtype, copy=False),)

    return y, logsumexp_vjp


def norm(
    x: ArrayLike,
    /,
    *,
    ord: float | None = None,  # noqa: A002 (NumPy's name)
    axis: int | None = None,
    keepdims: bool = False,
) -> tuple[Array, Pullback1]:
    """Length of vectors; matrix norms are other rules.

    Value     y = (Σ |x|ᵖ)^(1/p),  p = ord, 2 by default;  max |x| if it is ∞, min |x| if −∞
    Pullback  dx = u sign x (|x| / y)ᵖ⁻¹;  u sign x [|x| = y] / k,  k the number that equal y, if ord is ±∞
    Kinks     x = 0 everywhere: 0, as torch (JAX: nan, 1 or ½); an element 0 of p = 1: 0, as torch (JAX: u); ties of
              |x|: u is split evenly, as JAX and torch
    Shapes    x: (..., n), y, u: (...)  (n: `axis`, which stays as 1 with keepdims; all axes if it is None, which with
              an `ord` goes for one axis only)
    Keeps     x, y
    Errors    ValueError when ord is not from 1 to ∞ or −∞ (less than 1 is no norm, and has poles at 0), or is given
              without `axis` for several axes
    Source    |x| / y is at most 1: no power of it overflows; squares that leave the range are scaled first

    >>> value, vjp = norm(np.array([[3.0, 4.0], [0.0, 0.0]]), axis=1)
    >>> value, vjp(np.array([5.0, 10.0]))
    (array([5., 0.]), (array([[3., 4.],
           [0., 0.]]),))
    """
    check_flags("norm", keepdims=keepdims)
    x = as_primal(x, "norm", "x")
    p = 2.0 if ord is None else float(ord) if isinstance(ord, numbers.Real) else math.nan
    if not (p >= 1 or p == -math.inf):
        raise ValueError(f"norm got ord={ord!r}, but should get a number from 1 to ∞, or −∞")
    if axis is None and ord is not None and x.ndim != 1:
        raise ValueError(f"norm got ord={ord} and no axis for x of shape {x.shape}, but should get an axis")
    if not isinstance(axis, int | np.integer | None):
        raise TypeError(f"norm got axis={axis}, but should get an integer or None: matrix norms are other rules")
    y = size_of(x, p, axis)
    value = y if keepdims else y.squeeze(axis=axis)[()]
    shape, dtype = value.shape, value.dtype

    def norm_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "norm", shape, dtype).reshape(y.shape)
        if math.isinf(p):
            return (np.sign(x) * shares(np.abs(x), y, u, axis),)
        if p == 1:
            return (np.sign(x) * u,)
        dx = x / np.where(y == 0, 1, y)
        return ((dx if p == 2 else np.sign(x) * np.power(np.abs(dx), p - 1)) * u,)

    return value, norm_vjp


def trace(x: ArrayLike, /, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> tuple[Array, Pullback1]:
    """Sum along a diagonal.

    Value     y = Σᵢ x[i, i + offset]
    Pullback  dx = u on that diagonal, 0 elsewhere
    Shapes    x: (n, m, ...), y, u: (...)  (n, m: `axis1` and `axis2`)
    Keeps     nothing
    Errors    ValueError (NumPy's) when there are not two axes, or axis1 is axis2

    >>> value, vjp = trace(np.array([[1.0, 2.0], [3.0, 4.0]]), offset=1)
    >>> value, vjp(5.0)
    (np.float64(2.0), (array([[0., 5.],
           [0., 0.]]),))
    """
    x = as_primal(x, "trace", "x", analytic=True)
    y = x.diagonal(offset, axis1, axis2).sum(axis=-1)
    shape, dtype, x_shape = y.shape, y.dtype, x.shape

    def trace_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "trace", shape, dtype)
        dx = np.zeros(x_shape, dtype)
        on = dx.diagonal(offset, axis1, axis2)  # read-only, though a view
        on.setflags(write=True)
        on[...] = u[..., None]
        return (dx,)

    return y, trace_vjp
