"""Functions that add, drop and move axes, and change no element: exact, bit for bit."""

from collections.abc import Sequence

import numpy as np

from purevjp.aliases import Array, ArrayLike, Axis, Pullback1
from purevjp.contract import as_cotangent, as_primal

__all__ = ["atleast_1d", "atleast_2d", "atleast_3d", "expand_dims", "moveaxis", "squeeze", "swapaxes"]


def squeeze(x: ArrayLike, /, *, axis: Axis = None) -> tuple[Array, Pullback1]:
    """Without the axes of side one that `axis` names, or without all of them.

    Value     y = x in fewer axes; a view of x
    Pullback  dx = u in the shape of x
    Shapes    x: (..., 1, ...), y, u: (...)
    Keeps     nothing
    Errors    ValueError (NumPy's) when a named axis has another side than one

    >>> value, vjp = squeeze(np.array([[[1.0], [2.0]]]), axis=-1)
    >>> value, vjp(np.array([[3.0, 4.0]]))
    (array([[1., 2.]]), (array([[[3.],
            [4.]]]),))
    """
    x = as_primal(x, "squeeze", "x", analytic=True)
    y = x.squeeze(axis)
    shape, dtype, x_shape = y.shape, y.dtype, x.shape

    def squeeze_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "squeeze", shape, dtype).reshape(x_shape, copy=True),)

    return y, squeeze_vjp


def expand_dims(x: ArrayLike, /, *, axis: int | Sequence[int]) -> tuple[Array, Pullback1]:
    """With new axes of side one, where `axis` says they are in the result.

    Value     y = x in more axes; a view of x
    Pullback  dx = u in the shape of x
    Shapes    x: (...), y, u: (..., 1, ...)
    Keeps     nothing

    >>> value, vjp = expand_dims(np.array([1.0, 2.0]), axis=(0, -1))
    >>> value.shape, vjp(np.array([[[3.0], [4.0]]]))
    ((1, 2, 1), (array([3., 4.]),))
    """
    x = as_primal(x, "expand_dims", "x", analytic=True)
    y = np.expand_dims(x, axis)
    shape, dtype, x_shape = y.shape, y.dtype, x.shape

    def expand_dims_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "expand_dims", shape, dtype).reshape(x_shape, copy=True),)

    return y, expand_dims_vjp


def swapaxes(x: ArrayLike, /, *, axis1: int, axis2: int) -> tuple[Array, Pullback1]:
    """Two axes in each other's place.

    Value     y[..., j, ..., i, ...] = x[..., i, ..., j, ...]; a view of x
    Pullback  dx = u with the same two axes swapped back
    Shapes    x: (..., n, ..., m, ...), y, u: (..., m, ..., n, ...)
    Keeps     nothing

    >>> value, vjp = swapaxes(np.array([[1.0, 2.0, 3.0]]), axis1=0, axis2=-1)
    >>> vjp(np.array([[4.0], [5.0], [6.0]]))
    (array([[4., 5., 6.]]),)
    """
    x = as_primal(x, "swapaxes", "x", analytic=True)
    y = x.swapaxes(axis1, axis2)
    shape, dtype = y.shape, y.dtype

    def swapaxes_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "swapaxes", shape, dtype).swapaxes(axis1, axis2).copy(),)

    return y, swapaxes_vjp


def moveaxis(
    x: ArrayLike, /, *, source: int | Sequence[int], destination: int | Sequence[int]
) -> tuple[Array, Pullback1]:
    """Axes moved from `source` to `destination`; the others stay in order.

    Value     y = x with axis source[i] at destination[i]; a view of x
    Pullback  dx = u with axis destination[i] at source[i]
    Shapes    x: (n, m, ...), y, u: the same sides, moved
    Keeps     nothing

    >>> value, vjp = moveaxis(np.array([[[1.0, 2.0, 3.0]]]), source=0, destination=-1)
    >>> value.shape, vjp(np.array([[[4.0], [5.0], [6.0]]]))
    ((1, 3, 1), (array([[[4., 5., 6.]]]),))
    """
    x = as_primal(x, "moveaxis", "x", analytic=True)
    y = np.moveaxis(x, source, destination)
    shape, dtype = y.shape, y.dtype
    back, there = (a if isinstance(a, int) else tuple(a) for a in (source, destination))

    def moveaxis_vjp(u: ArrayLike) -> tuple[Array]:
        return (np.moveaxis(as_cotangent(u, "moveaxis", shape, dtype), there, back).copy(),)

    return y, moveaxis_vjp


def atleast_1d(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """With one axis at least.

    Value     y = x, a number as an array of one; a view of x, or x itself
    Pullback  dx = u in the shape of x
    Shapes    x: (), y, u: (1); else x, y, u: (n, ...)
    Keeps     nothing

    >>> value, vjp = atleast_1d(np.array(1.0))
    >>> value, vjp(np.array([2.0]))
    (array([1.]), (array(2.),))
    """
    x = as_primal(x, "atleast_1d", "x", analytic=True)
    y = np.atleast_1d(x)
    shape, dtype, x_shape = y.shape, y.dtype, x.shape

    def atleast_1d_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "atleast_1d", shape, dtype).reshape(x_shape, copy=True),)

    return y, atleast_1d_vjp


def atleast_2d(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """With two axes at least; new ones come first.

    Value     y = x, a vector as one row; a view of x, or x itself
    Pullback  dx = u in the shape of x
    Shapes    x: (), y, u: (1, 1); x: (n), y, u: (1, n); else x, y, u: (n, m, ...)
    Keeps     nothing

    >>> value, vjp = atleast_2d(np.array([1.0, 2.0]))
    >>> value, vjp(np.array([[3.0, 4.0]]))
    (array([[1., 2.]]), (array([3., 4.]),))
    """
    x = as_primal(x, "atleast_2d", "x", analytic=True)
    y = np.atleast_2d(x)
    shape, dtype, x_shape = y.shape, y.dtype, x.shape

    def atleast_2d_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "atleast_2d", shape, dtype).reshape(x_shape, copy=True),)

    return y, atleast_2d_vjp


def atleast_3d(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """With three axes at least: a vector runs along the second, a matrix along the first two.

    Value     y = x in three axes; a view of x, or x itself
    Pullback  dx = u in the shape of x
    Shapes    x: (), y, u: (1, 1, 1); x: (n), y, u: (1, n, 1); x: (n, m), y, u: (n, m, 1); else x, y, u: (n, m, k, ...)
    Keeps     nothing

    >>> value, vjp = atleast_3d(np.array([1.0, 2.0]))
    >>> value.shape, vjp(np.array([[[3.0], [4.0]]]))
    ((1, 2, 1), (array([3., 4.]),))
    """
    x = as_primal(x, "atleast_3d", "x", analytic=True)
    y = np.atleast_3d(x)
    shape, dtype, x_shape = y.shape, y.dtype, x.shape

    def atleast_3d_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "atleast_3d", shape, dtype).reshape(x_shape, copy=True),)

    return y, atleast_3d_vjp
