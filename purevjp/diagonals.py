"""Diagonals, triangles and arrays made of numbers."""

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1, Pullback2, Shape
from purevjp.broadcast import unbroadcast
from purevjp.contract import as_cotangent, as_primal, check_flags
from purevjp.triangle import lower_triangle, upper_triangle

__all__ = ["diag", "diagonal", "full", "linspace", "tril", "triu"]


def tril(x: ArrayLike, /, *, k: int = 0) -> tuple[Array, Pullback1]:
    """Lower triangle of matrices.

    Value     y[i, j] = x[i, j] where j ≤ i + k, 0 elsewhere, whatever x has there
    Pullback  dx = tril(u)
    Shapes    x, y, u: (..., n, m)
    Keeps     nothing
    Errors    ValueError when x is no matrix (NumPy makes a matrix of a vector, JAX refuses it)

    >>> value, vjp = tril(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> value, vjp(np.array([[5.0, 6.0], [7.0, 8.0]]))
    (array([[1., 0.],
           [3., 4.]]), (array([[5., 0.],
           [7., 8.]]),))
    """
    x = as_primal(x, "tril", "x", analytic=True)
    if x.ndim < 2:
        raise ValueError(f"tril got x of shape {x.shape}, but should get (..., n, m)")
    shape, dtype = x.shape, x.dtype

    def tril_vjp(u: ArrayLike) -> tuple[Array]:
        return (lower_triangle(as_cotangent(u, "tril", shape, dtype), k),)

    return lower_triangle(x, k), tril_vjp


def triu(x: ArrayLike, /, *, k: int = 0) -> tuple[Array, Pullback1]:
    """Upper triangle of matrices.

    Value     y[i, j] = x[i, j] where j ≥ i + k, 0 elsewhere, whatever x has there
    Pullback  dx = triu(u)
    Shapes    x, y, u: (..., n, m)
    Keeps     nothing
    Errors    ValueError when x is no matrix (NumPy makes a matrix of a vector, JAX refuses it)

    >>> value, vjp = triu(np.array([[1.0, 2.0], [3.0, 4.0]]), k=1)
    >>> value, vjp(np.array([[5.0, 6.0], [7.0, 8.0]]))
    (array([[0., 2.],
           [0., 0.]]), (array([[0., 6.],
           [0., 0.]]),))
    """
    x = as_primal(x, "triu", "x", analytic=True)
    if x.ndim < 2:
        raise ValueError(f"triu got x of shape {x.shape}, but should get (..., n, m)")
    shape, dtype = x.shape, x.dtype

    def triu_vjp(u: ArrayLike) -> tuple[Array]:
        return (upper_triangle(as_cotangent(u, "triu", shape, dtype), k),)

    return upper_triangle(x, k), triu_vjp


def diagonal(x: ArrayLike, /, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> tuple[Array, Pullback1]:
    """Diagonals of matrices whose rows lie along `axis1` and columns along `axis2`.

    Value     y[..., i] = x[..., i, ..., i + offset, ...], from x[−offset, 0] on where the offset is negative; a view
    Pullback  dx = u on the diagonals, 0 elsewhere
    Shapes    x: (..., n, m), y, u: (..., length of the diagonal)  (n, m: at axis1 and axis2; 0 for diagonals outside)
    Keeps     nothing
    Errors    ValueError (NumPy's) when x has fewer than two axes, or the two are one

    >>> value, vjp = diagonal(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), offset=1)
    >>> value, vjp(np.array([7.0, 8.0]))
    (array([2., 6.]), (array([[0., 7., 0.],
           [0., 0., 8.]]),))
    """
    x = as_primal(x, "diagonal", "x", analytic=True)
    y = x.diagonal(offset, axis1, axis2)
    shape, dtype, x_shape = y.shape, x.dtype, x.shape

    def diagonal_vjp(u: ArrayLike) -> tuple[Array]:
        dx = np.zeros(x_shape, dtype)
        on_diagonal(dx, offset, axis1, axis2)[...] = as_cotangent(u, "diagonal", shape, dtype)
        return (dx,)

    return y, diagonal_vjp


def diag(x: ArrayLike, /, *, k: int = 0) -> tuple[Array, Pullback1]:
    """A matrix with a vector on its diagonal, or the diagonal of a matrix.

    Value     y[i, i + k] = x[i], 0 elsewhere;  of a matrix y[i] = x[i, i + k], a view
    Pullback  dx[i] = u[i, i + k];  of a matrix dx[i, i + k] = u[i], 0 elsewhere
    Shapes    x: (n), y, u: (n + |k|, n + |k|);  x: (n, m), y, u: (length of the diagonal)
    Keeps     nothing
    Errors    ValueError when x is neither

    >>> value, vjp = diag(np.array([1.0, 2.0]))
    >>> value, vjp(np.array([[3.0, 4.0], [5.0, 6.0]]))
    (array([[1., 0.],
           [0., 2.]]), (array([3., 6.]),))
    """
    x = as_primal(x, "diag", "x", analytic=True)
    if x.ndim not in (1, 2):
        raise ValueError(f"diag got x of shape {x.shape}, but should get (n,) or (n, m)")
    y = np.diag(x, k)
    shape, dtype, x_shape = y.shape, x.dtype, x.shape

    def diag_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "diag", shape, dtype)
        if len(x_shape) == 1:
            return (u.diagonal(k).copy(),)
        dx = np.zeros(x_shape, dtype)
        on_diagonal(dx, k)[...] = u
        return (dx,)

    return y, diag_vjp


def on_diagonal(x: Array, offset: int, axis1: int = 0, axis2: int = 1) -> Array:
    """The diagonals of an array that owns its memory, to be written to."""
    view = x.diagonal(offset, axis1, axis2)
    view.flags.writeable = True
    return view


def full(fill_value: ArrayLike, /, *, shape: int | Shape) -> tuple[Array, Pullback1]:
    """An array of one number, or of an array broadcast.

    Value     y = fill_value
    Pullback  dfill_value = Σ u  (Σ over the axes that broadcasting added)
    Shapes    fill_value: broadcasts to `shape`; y, u: `shape`
    Keeps     nothing
    Errors    ValueError when the fill value does not broadcast

    >>> value, vjp = full(np.array(2.0), shape=(2, 2))
    >>> value, vjp(np.array([[1.0, 2.0], [3.0, 4.0]]))
    (array([[2., 2.],
           [2., 2.]]), (np.float64(10.0),))
    """
    fill_value = as_primal(fill_value, "full", "fill_value", analytic=True)
    fill_shape, dtype = fill_value.shape, fill_value.dtype
    y = np.empty(shape, dtype)
    if len(fill_shape) > y.ndim or any(n not in (1, m) for n, m in zip(fill_shape[::-1], y.shape[::-1], strict=False)):
        raise ValueError(f"full got fill_value of shape {fill_shape}, but should get one that broadcasts to {y.shape}")
    y[...] = fill_value
    y_shape = y.shape

    def full_vjp(u: ArrayLike) -> tuple[Array]:
        return (unbroadcast(as_cotangent(u, "full", y_shape, dtype), fill_shape, dtype, copy=True),)

    return y, full_vjp


def linspace(
    start: ArrayLike, stop: ArrayLike, /, *, num: int = 50, endpoint: bool = True, axis: int = 0
) -> tuple[Array, Pullback2]:
    """Numbers at equal distances from start to stop, along a new axis.

    Value     y = start (1 − t) + stop t,  t = i / (num − 1) for i = 0, ..., num − 1;  i / num without the endpoint
    Pullback  dstart = Σ u (1 − t),  dstop = Σ u t  (Σ also over the axes that broadcasting added)
    Shapes    start: (...), stop: (...), broadcast together; y, u: (num, ...), the new axis at `axis`
    Keeps     nothing
    Errors    ValueError when num is negative
    Source    the one number of num=1 is start, and stop gets 0, as in NumPy and JAX
    Lacks     retstep

    >>> value, vjp = linspace(np.array(0.0), np.array(1.0), num=3)
    >>> value, vjp(np.array([1.0, 2.0, 4.0]))
    (array([0. , 0.5, 1. ]), (array(2.), array(5.)))
    """
    check_flags("linspace", endpoint=endpoint)
    start = as_primal(start, "linspace", "start", analytic=True)
    stop = as_primal(stop, "linspace", "stop", analytic=True)
    if num < 0:
        raise ValueError(f"linspace got num {num}, but should get 0 or more")
    last = max(num - 1 if endpoint else num, 1)
    dtype, shape = np.result_type(start, stop), np.broadcast_shapes(start.shape, stop.shape)
    steps = np.arange(num).reshape(-1, *(1 for _ in shape))
    real = np.empty(0, dtype).real.dtype
    to_stop, to_start = (steps / last).astype(real), ((last - steps) / last).astype(real)
    y = np.moveaxis(start * to_start + stop * to_stop, 0, axis)
    y_shape = y.shape
    start_shape, start_dtype, stop_shape, stop_dtype = start.shape, start.dtype, stop.shape, stop.dtype

    def linspace_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = np.moveaxis(as_cotangent(u, "linspace", y_shape, dtype), axis, 0)
        dstart, dstop = np.tensordot(to_start.ravel(), u, 1), np.tensordot(to_stop.ravel(), u, 1)
        return unbroadcast(dstart, start_shape, start_dtype), unbroadcast(dstop, stop_shape, stop_dtype)

    return y, linspace_vjp
