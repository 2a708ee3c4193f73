"""Determinants, inverses and solutions of linear equations."""

import math
from typing import Any

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1, Pullback2, Tree
from purevjp.broadcast import unbroadcast
from purevjp.contract import as_cotangent, as_primal, check_flags
from purevjp.decomposition import as_cotangents, as_square
from purevjp.triangle import substituted, triangle

__all__ = ["det", "inv", "slogdet", "solve", "triangular_solve"]


def solve(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Solution of linear equations.

    Value     x = a⁻¹ b;  b is a vector only if it has one axis, as in NumPy 2
    Pullback  db = Σ a⁻ᵀ u,  da = −Σ (a⁻ᵀ u) xᵀ  (Σ over the axes that broadcasting added)
    Shapes    a: (..., n, n), b: (n) or (..., n, k), batches broadcast together; x, u: (..., n) or (..., n, k)
    Keeps     a, x
    Errors    LinAlgError (NumPy's) where a is singular
    Source    Giles 2008, Collected matrix derivative results, 2.3.1

    >>> value, vjp = solve(np.array([[2.0, 1.0], [0.0, 4.0]]), np.array([4.0, 8.0]))
    >>> value, vjp(np.array([2.0, 3.0]))
    (array([1., 2.]), (array([[-1. , -2. ],
           [-0.5, -1. ]]), array([1. , 0.5])))
    """
    a, b = as_primal(a, "solve", "a", analytic=True), as_primal(b, "solve", "b", analytic=True)
    x = np.linalg.solve(a, b)
    shape, dtype, b_shape, b_dtype = x.shape, x.dtype, b.shape, b.dtype
    is_vector = b.ndim == 1

    def solve_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "solve", shape, dtype)
        columns, solutions = (u[..., None], x[..., None]) if is_vector else (u, x)
        db = np.linalg.solve(a.mT, columns)
        da = np.matmul(-db, solutions.mT)
        return unbroadcast(da, a.shape, a.dtype), unbroadcast(db[..., 0] if is_vector else db, b_shape, b_dtype)

    return x, solve_vjp


def triangular_solve(
    a: ArrayLike, b: ArrayLike, /, *, lower: bool = False, trans: int | str = 0, unit_diagonal: bool = False
) -> tuple[Array, Pullback2]:
    """Solution of triangular linear equations.

    Value     x = t⁻¹ b, or t⁻ᵀ b where `trans` is 1 or "T";  t is one triangle of a, the other is not read, nor is the
              diagonal with `unit_diagonal`: it counts as ones;  b is a vector only if it has one axis
    Pullback  db = Σ t⁻ᵀ u,  da = −Σ (t⁻ᵀ u) xᵀ within the triangle and 0 outside  (Σ over the axes that broadcasting
              added; t and a transposed with `trans`)
    Shapes    a: (..., n, n), b: (n) or (..., n, k), batches broadcast together; x, u: (..., n) or (..., n, k)
    Keeps     t, x
    Errors    LinAlgError (NumPy's) where the diagonal has a zero; ValueError where `trans` is another: the conjugate
              transpose, "C", is not analytic
    Source    Giles 2008, 2.3.1; substitution half by half, which is as exact as row by row

    >>> value, vjp = triangular_solve(np.array([[2.0, 1.0], [7.0, 4.0]]), np.array([4.0, 8.0]))
    >>> value, vjp(np.array([2.0, 3.0]))
    (array([1., 2.]), (array([[-1., -2.],
           [ 0., -1.]]), array([1. , 0.5])))
    """
    check_flags("triangular_solve", lower=lower, unit_diagonal=unit_diagonal)
    a = as_primal(a, "triangular_solve", "a", analytic=True)
    b = as_primal(b, "triangular_solve", "b", analytic=True)
    if trans not in {0, 1, "N", "T"}:
        raise ValueError(f'triangular_solve got trans={trans!r}, but should get 0, 1, "N" or "T"')
    transposed = trans in {1, "T"}
    is_vector = b.ndim == 1
    if b.shape[-1 if is_vector else -2 :][:1] != as_square(a, "triangular_solve").shape[-1:]:
        raise ValueError(
            f"triangular_solve got a of shape {a.shape} and b of shape {b.shape}, but should get (..., n, n) and "
            "(n,) or (..., n, k)"
        )
    t = triangle(a, lower=lower, without_diagonal=unit_diagonal)
    if unit_diagonal:
        t = t + np.eye(t.shape[-1], dtype=t.dtype)
    t = t.mT if transposed else t
    x = substituted(t, b[:, None] if is_vector else b, lower=lower != transposed)
    y = x[..., 0] if is_vector else x
    shape, dtype = y.shape, y.dtype
    a_shape, a_dtype, b_shape, b_dtype = a.shape, a.dtype, b.shape, b.dtype

    def triangular_solve_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "triangular_solve", shape, dtype)
        db = substituted(t.mT, u[..., None] if is_vector else u, lower=lower == transposed)
        da = np.matmul(x, -db.mT) if transposed else np.matmul(-db, x.mT)
        da = triangle(unbroadcast(da, a_shape, a_dtype), lower=lower, without_diagonal=unit_diagonal)
        return da, unbroadcast(db[..., 0] if is_vector else db, b_shape, b_dtype)

    return y, triangular_solve_vjp


def inv(a: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Inverse of a matrix.

    Value     y = a⁻¹
    Pullback  da = −yᵀ u yᵀ
    Shapes    a, y, u: (..., n, n)
    Keeps     y
    Errors    LinAlgError (NumPy's) where a is singular
    Source    Giles 2008, 2.2.3

    >>> value, vjp = inv(np.array([[2.0, 0.0], [0.0, 4.0]]))
    >>> value, vjp(np.array([[1.0, 2.0], [3.0, 4.0]]))
    (array([[0.5 , 0.  ],
           [0.  , 0.25]]), (array([[-0.25 , -0.25 ],
           [-0.375, -0.25 ]]),))
    """
    y = np.linalg.inv(as_primal(a, "inv", "a", analytic=True))
    shape, dtype = y.shape, y.dtype

    def inv_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "inv", shape, dtype)
        return (np.matmul(np.matmul(-y.mT, u), y.mT),)

    return y, inv_vjp


def det(a: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Determinant.

    Value     y = det a;  1 of a matrix without elements
    Pullback  da = u c,  c the cofactors of a: det(a) a⁻ᵀ, right where a is singular, too
    Shapes    a: (..., n, n), y, u: (...)
    Keeps     c up to n = 3, else a and y
    Source    the cofactors by their definition up to n = 3, else by the inverse, or where that is ill-conditioned from
              the singular value decomposition (Stewart 1998, On the adjugate matrix); torch gives 0 where a is singular

    >>> value, vjp = det(np.array([[1.0, 2.0], [2.0, 4.0]]))
    >>> value, vjp(3.0)
    (np.float64(0.0), (array([[12., -6.],
           [-6.,  3.]]),))
    """
    a = as_square(as_primal(a, "det", "a", analytic=True), "det")
    n = a.shape[-1]
    residual = cofactors(a) if n < 4 else a
    y = (a[..., 0, :] * residual[..., 0, :]).sum(axis=-1) if 0 < n < 4 else np.linalg.det(a)
    shape, dtype = y.shape, y.dtype

    def det_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "det", shape, dtype)
        return (u[..., None, None] * (residual if n < 4 else inverse_cofactors(a, y)),)

    return y, det_vjp


def cofactors(a: Array) -> Array:
    """The derivative of the determinant by each element, of matrices up to 3 × 3."""
    n = a.shape[-1]
    if n < 2:
        return np.ones_like(a)
    if n == 2:
        swapped = a[..., ::-1, ::-1].copy()
        swapped[..., [0, 1], [1, 0]] *= -1
        return swapped
    rows = a[..., 0, :], a[..., 1, :], a[..., 2, :]
    return np.stack([np.linalg.cross(rows[i - 2], rows[i - 1]) for i in range(3)], axis=-2)


def inverse_cofactors(a: Array, y: Any) -> Array:
    """The same of larger ones with determinant y: y a⁻ᵀ, unless they are ill-conditioned.

    Frobenius norms over √n: of one singular value far below the others, this is the condition number.
    """
    y, n = np.asarray(y)[..., None, None], a.shape[-1]
    inverse = np.linalg.inv(np.where(y == 0, np.eye(n, dtype=a.dtype), a))
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.linalg.matrix_norm(a, keepdims=True) * np.linalg.matrix_norm(inverse, keepdims=True)
    well = (y != 0) & (norms / math.sqrt(n) < float(np.finfo(a.dtype).eps) ** -0.25)
    c: Array = y * inverse.mT
    if well.all():
        return c
    finite = np.isfinite(a).all(axis=(-2, -1), keepdims=True)
    return np.where(well, c, np.where(finite, spectral_cofactors(np.where(finite, a, 0)), math.nan))


def spectral_cofactors(a: Array) -> Array:
    """The same from a = p s qᵀ, however near to singular: det(p) det(q) p s' qᵀ, s' products of all s but one."""
    p, s, qh = np.linalg.svd(a)
    power = np.rint(np.log2(np.where(s > 0, s, 1))).astype(int)
    near_one = np.ldexp(s, -power)  # their products do not leave the range before all are multiplied
    others = np.where(np.eye(a.shape[-1], dtype=bool), 1, near_one[..., None, :]).prod(axis=-1)
    others = np.ldexp(others, power.sum(axis=-1, keepdims=True) - power)
    orientation = np.linalg.det(p) * np.linalg.det(qh)
    c: Array = np.matmul((orientation[..., None] * others)[..., None, :] * p.conj(), qh.conj())
    return c


def slogdet(a: ArrayLike, /) -> tuple[tuple[Array, Array], Pullback1]:
    """Sign and logarithm of the absolute value of the determinant.

    Value     (sign det a, ln |det a|);  (0, −∞) where a is singular, (1, 0) without elements
    Pullback  da = v a⁻ᵀ  of u = (t, v): the sign has no slope, and t is not used
    Kinks     a singular: nan for the whole matrix, as no sign of the infinite slope is right
    Shapes    a: (..., n, n), both results and parts of u: (...)
    Keeps     a, the logarithm
    Source    Giles 2008, 2.2.4
    Lacks     method

    >>> value, vjp = slogdet(np.array([[-2.0, 1.0], [0.0, 4.0]]))
    >>> float(value[0]), round(float(value[1]), 4), vjp((0.0, 8.0))
    (-1.0, 2.0794, (array([[-4.,  0.],
           [ 1.,  2.]]),))
    """
    a = as_primal(a, "slogdet", "a")
    sign, y = np.linalg.slogdet(a)
    like = [(y.shape, y.dtype)] * 2

    def slogdet_vjp(u: Tree) -> tuple[Array]:
        _, v = as_cotangents(u, "slogdet", like)
        singular = np.isneginf(y)[..., None, None]
        inverse = np.linalg.inv(np.where(singular, np.eye(a.shape[-1], dtype=a.dtype), a)).mT
        return (v[..., None, None] * np.where(singular, np.nan, inverse),)

    return (sign, y), slogdet_vjp
