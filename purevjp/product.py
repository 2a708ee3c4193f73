"""Products of matrices and vectors."""

import math

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback2
from purevjp.broadcast import cast, unbroadcast
from purevjp.contract import as_cotangent, as_primal

__all__ = ["dot", "linear", "matmul"]


def dot(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """NumPy's dot: last axis of `a` with the last but one of `b` (its only one, if `b` is a vector).

    Value     y = Σₘ aₙₘ bₘₖ;  for a matrix and a vector, y = W x
    Pullback  da = u bᵀ,  db = aᵀ u;  for a matrix and a vector, dW = u xᵀ, dx = Wᵀ u
    Shapes    a: (..., n, m), b: (..., m, k) or (m); y, u: (..., n, ..., k); a 0-d argument multiplies
    Keeps     a, b
    Errors    ValueError (NumPy's) when the sides to contract differ

    >>> value, vjp = dot(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0]))
    >>> value, vjp(np.array([1.0, 10.0]))
    (array([17., 39.]), (array([[ 5.,  6.],
           [50., 60.]]), array([31., 42.])))
    """
    a, b = as_primal(a, "dot", "a", analytic=True), as_primal(b, "dot", "b", analytic=True)
    y = np.dot(a, b)
    shape, dtype = y.shape, y.dtype

    def dot_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "dot", shape, dtype)
        if a.ndim == 0 or b.ndim == 0:
            da, db = unbroadcast(u * b, a.shape, a.dtype), unbroadcast(u * a, b.shape, b.dtype)
        elif a.ndim == b.ndim == 2:
            da, db = u @ b.T, a.T @ u
        else:
            free_a, contracted_b = a.ndim - 1, b.ndim - 2 if b.ndim > 1 else 0
            free_b = [i for i in range(b.ndim) if i != contracted_b]
            da = np.tensordot(u, b, (range(free_a, u.ndim), free_b))
            db = np.moveaxis(np.tensordot(a, u, (range(free_a), range(free_a))), 0, contracted_b)
        return cast(da, a.dtype), cast(db, b.dtype)

    return y, dot_vjp


def matmul(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Matrix product, NumPy's `@`: leading axes broadcast, a vector is a row on the left and a column on the right.

    Value     y = a b
    Pullback  da = Σ u bᵀ,  db = Σ aᵀ u  (Σ over the batch axes that broadcasting added)
    Shapes    a: (..., n, m) or (m), b: (..., m, k) or (m); y, u: (..., n, k), without n or k for a vector
    Keeps     a, b
    Errors    ValueError (NumPy's) when the sides to contract differ or an argument is 0-d

    >>> value, vjp = matmul(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    >>> value, vjp(np.array([[10.0]]))
    (array([[11.]]), (array([[30., 40.]]), array([[10.],
           [20.]])))
    """
    a, b = as_primal(a, "matmul", "a", analytic=True), as_primal(b, "matmul", "b", analytic=True)
    y = np.matmul(a, b)
    shape, dtype = y.shape, y.dtype
    rows = a[None, :] if a.ndim == 1 else a
    columns = b[:, None] if b.ndim == 1 else b
    batch = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    matrix_shape = (*batch, rows.shape[-2], columns.shape[-1])

    def matmul_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "matmul", shape, dtype).reshape(matrix_shape)
        da = unbroadcast(u @ columns.mT, rows.shape, a.dtype)
        per_matrix = as_matrix(rows).T @ as_matrix(u) if columns.ndim == 2 else rows.mT @ u
        return da.reshape(a.shape), unbroadcast(per_matrix, columns.shape, b.dtype).reshape(b.shape)

    return y, matmul_vjp


def linear(x: ArrayLike, w: ArrayLike, /) -> tuple[Array, Pullback2]:
    """The linear map of a network's layer: `dot(w, x)` for one sample, the same for each sample of a batch.

    Value     y = x wᵀ
    Pullback  dx = u w,  dw = Σ u xᵀ  (Σ over the batch)
    Shapes    x: (..., n), w: (m, n), y, u: (..., m)
    Keeps     x, w
    Errors    ValueError when w is not a matrix or the sides n differ

    >>> value, vjp = linear(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]))
    >>> value, vjp(np.array([[10.0]]))
    (array([[11.]]), (array([[30., 40.]]), array([[10., 20.]])))
    """
    x, w = as_primal(x, "linear", "x", analytic=True), as_primal(w, "linear", "w", analytic=True)
    if w.ndim != 2 or x.ndim == 0 or x.shape[-1] != w.shape[1]:
        raise ValueError(
            f"linear got x of shape {x.shape} and w of shape {w.shape}, but should get (..., n) and (m, n)"
        )
    rows = as_matrix(x)
    y = np.dot(rows, w.T)
    if x.ndim != 2:
        y = y.reshape(*x.shape[:-1], w.shape[0])
    shape, dtype, x_shape, x_dtype = y.shape, y.dtype, x.shape, x.dtype

    def linear_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_matrix(as_cotangent(u, "linear", shape, dtype))
        dx, dw = np.dot(u, w), np.dot(u.T, rows)
        return cast(dx.reshape(x_shape), x_dtype), cast(dw, w.dtype)

    return y, linear_vjp


def as_matrix(x: Array) -> Array:
    """The vectors along the last axis of `x`, as the rows of a matrix."""
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
