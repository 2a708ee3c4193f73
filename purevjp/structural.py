"""Functions that move elements and change none: exact, bit for bit."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from purevjp.aliases import Array, ArrayLike, Pullback1, Shape, TreePullback
from purevjp.broadcast import cast, unbroadcast
from purevjp.contract import as_cotangent, as_primal

__all__ = ["astype", "broadcast_to", "concatenate", "ravel", "reshape", "transpose"]


def reshape(x: ArrayLike, /, *, shape: int | Shape, order: Literal["C", "F"] = "C") -> tuple[Array, Pullback1]:
    """The same elements in another shape, read and written with the last index fastest, or the first ("F").

    Value     y = x in shape `shape`; one side may be −1; a view of x where NumPy gives one
    Pullback  dx = u in the shape of x, by the same order
    Shapes    x: (...), y, u: `shape`
    Keeps     nothing
    Errors    ValueError on an order that depends on memory, "A" or "K"

    >>> value, vjp = reshape(np.array([1.0, 2.0, 3.0, 4.0]), shape=(2, -1))
    >>> value, vjp(np.array([[5.0, 6.0], [7.0, 8.0]]))
    (array([[1., 2.],
           [3., 4.]]), (array([5., 6., 7., 8.]),))
    """
    x = as_primal(x, "reshape", "x", analytic=True)
    check_order(order, "reshape")
    y = x.reshape(shape, order=order)
    y_shape, dtype, x_shape = y.shape, y.dtype, x.shape

    def reshape_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "reshape", y_shape, dtype).reshape(x_shape, order=order, copy=True),)

    return y, reshape_vjp


def transpose(x: ArrayLike, /, *, axes: Sequence[int] | None = None) -> tuple[Array, Pullback1]:
    """Axes in another order; reversed by default.

    Value     y[i_axes] = x[i]; a view of x
    Pullback  dx = u with the inverse permutation
    Shapes    x: (n, m, ...), y, u: (..., m, n) or as `axes` says
    Keeps     nothing

    >>> value, vjp = transpose(np.array([[1.0, 2.0, 3.0]]))
    >>> vjp(np.array([[4.0], [5.0], [6.0]]))
    (array([[4., 5., 6.]]),)
    """
    x = as_primal(x, "transpose", "x", analytic=True)
    y = x.transpose(axes)
    shape, dtype = y.shape, y.dtype
    inverse = None if axes is None else np.argsort([a % x.ndim for a in axes])

    def transpose_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "transpose", shape, dtype).transpose(inverse).copy(),)

    return y, transpose_vjp


def concatenate(arrays: Sequence[ArrayLike], /, *, axis: int | None = 0) -> tuple[Array, TreePullback]:
    """Arrays joined along an axis that exists; flattened first when `axis` is None.

    Value     y = [x₀, x₁, ...]
    Pullback  dxᵢ = the part of u that xᵢ became
    Shapes    xᵢ: (..., nᵢ, ...), y, u: (..., Σ nᵢ, ...)
    Keeps     nothing
    Errors    TypeError when arrays is not a list or tuple; ValueError (NumPy's) when the arrays do not fit

    >>> value, vjp = concatenate((np.array([1.0]), np.array([2.0, 3.0])))
    >>> vjp(np.array([4.0, 5.0, 6.0]))
    ((array([4.]), array([5., 6.])),)
    """
    if not isinstance(arrays, list | tuple):
        raise TypeError(
            f"concatenate got arrays as {arrays.__class__.__name__}, but should get a list or tuple of arrays"
        )
    xs = [as_primal(x, "concatenate", f"arrays[{i}]", analytic=True) for i, x in enumerate(arrays)]
    y = np.concatenate(xs, axis=axis)
    shape, dtype = y.shape, y.dtype
    parts = [(x.shape, x.dtype) for x in xs]
    ends = np.cumsum([x.size if axis is None else x.shape[axis] for x in xs])[:-1]
    as_given = list if isinstance(arrays, list) else tuple

    def concatenate_vjp(u: ArrayLike) -> tuple[Sequence[Array]]:
        us = np.split(as_cotangent(u, "concatenate", shape, dtype), ends, axis=axis or 0)
        return (as_given(cast(u.reshape(s), d, copy=True) for u, (s, d) in zip(us, parts, strict=True)),)

    return y, concatenate_vjp


def ravel(x: ArrayLike, /, *, order: Literal["C", "F"] = "C") -> tuple[Array, Pullback1]:
    """The same elements in one axis, read with the last index fastest, or the first ("F").

    Value     y = x in a row; a view of x where NumPy gives one
    Pullback  dx = u in the shape of x, by the same order
    Shapes    x: (n, m, ...), y, u: (n m ...)
    Keeps     nothing
    Errors    ValueError on an order that depends on memory, "A" or "K"

    >>> value, vjp = ravel(np.array([[1.0, 2.0], [3.0, 4.0]]), order="F")
    >>> value, vjp(np.array([5.0, 6.0, 7.0, 8.0]))
    (array([1., 3., 2., 4.]), (array([[5., 7.],
           [6., 8.]]),))
    """
    x = as_primal(x, "ravel", "x", analytic=True)
    check_order(order, "ravel")
    y = x.ravel(order)
    y_shape, dtype, x_shape = y.shape, y.dtype, x.shape

    def ravel_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "ravel", y_shape, dtype).reshape(x_shape, order=order, copy=True),)

    return y, ravel_vjp


def broadcast_to(x: ArrayLike, /, *, shape: int | Shape) -> tuple[Array, Pullback1]:
    """The same elements again along axes that are new, or of side one.

    Value     y = x, seen in shape `shape`; a view of x that cannot be written to, as NumPy gives it
    Pullback  dx = Σ u  (Σ over the axes that were added or stretched; 0 where they have no elements)
    Shapes    x: (...), y, u: `shape`
    Keeps     nothing

    >>> value, vjp = broadcast_to(np.array([[1.0], [2.0]]), shape=(2, 3))
    >>> vjp(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    (array([[ 6.],
           [15.]]),)
    """
    x = as_primal(x, "broadcast_to", "x", analytic=True)
    y = np.broadcast_to(x, shape)
    y_shape, x_shape, dtype = y.shape, x.shape, x.dtype

    def broadcast_to_vjp(u: ArrayLike) -> tuple[Array]:
        return (unbroadcast(as_cotangent(u, "broadcast_to", y_shape, dtype), x_shape, dtype, copy=True),)

    return y, broadcast_to_vjp


def astype(x: ArrayLike, /, *, dtype: npt.DTypeLike) -> tuple[Array, Pullback1]:
    """The same numbers, rounded to another dtype: a wider or narrower one, or a complex one.

    Value     y = x, rounded; a copy. Infinity, with NumPy's warning, beyond the largest number of `dtype`
    Pullback  dx = u, rounded to the dtype of x; of a real x the real part (the steps of rounding are not seen)
    Shapes    x, y, u: (...)
    Keeps     nothing
    Errors    TypeError on a dtype without derivative, as that of integers, or a real one for a complex x

    >>> value, vjp = astype(np.array([1.0, 2.0], np.float32), dtype=np.float64)
    >>> value, vjp(np.array([3.0, 4.0]))
    (array([1., 2.]), (array([3., 4.], dtype=float32),))
    """
    to = np.dtype(dtype)
    if to.kind not in "fc" or not to.isnative:
        raise TypeError(f"astype got dtype {to}, but should get one of floats or complex numbers, of native byte order")
    x = as_primal(x, "astype", "x", analytic=to.kind == "c")
    y = x.astype(to)
    shape, x_dtype = y.shape, x.dtype

    def astype_vjp(u: ArrayLike) -> tuple[Array]:
        return (cast(as_cotangent(u, "astype", shape, to), x_dtype, copy=True),)

    return y, astype_vjp


def check_order(order: str, rule: str) -> None:
    """That an order does not depend on how an array lies in memory.

    Errors  ValueError when it is neither "C" nor "F".
    """
    if order not in {"C", "F"}:
        raise ValueError(f"{rule} got order {order!r}, but should get 'C' or 'F'")
