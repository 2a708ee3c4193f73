"""Singular values of matrices, and what is made of them: norms, pseudoinverses and least squares."""

import math

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1, Pullback2, Tree
from purevjp.broadcast import unbroadcast
from purevjp.contract import as_cotangent, as_primal, check_flags
from purevjp.decomposition import as_cotangents, averaged, largest_signs, negligible, reciprocal

__all__ = ["lstsq", "matrix_norm", "pinv", "svd", "svdvals"]

ORDS: tuple[int | float | str, ...] = ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)


def svdvals(a: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Singular values of a matrix.

    Value     s, descending
    Pullback  da = Σ uᵢ pᵢ qᵢᵀ,  a = p diag(s) qᵀ
    Kinks     equal singular values: their cotangents are averaged, so that da does not depend on the choice of p and q
              (JAX and torch do not average); zeros: a corner, 0.  Equal are those nearer than max(m, n) ε max s, and
              zero those below, the error they are known with
    Shapes    a: (..., m, n), s, u: (..., k)  (k = min(m, n))
    Keeps     p, s, q
    Source    Giles 2008, 3.2

    >>> value, vjp = svdvals(np.array([[3.0, 0.0], [0.0, -4.0]]))
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([4., 3.]), (array([[ 6.,  0.],
           [ 0., -5.]]),))
    """
    a = as_primal(a, "svdvals", "a")
    p, s, qh = np.linalg.svd(a, full_matrices=False)
    shape, dtype, side = s.shape, s.dtype, max(a.shape[-2:])

    def svdvals_vjp(u: ArrayLike) -> tuple[Array]:
        least = negligible(s, side)
        u = np.where(s > least, averaged(as_cotangent(u, "svdvals", shape, dtype), s, least), 0)
        return (np.matmul(p * u[..., None, :], qh),)

    return s, svdvals_vjp


def svd(a: ArrayLike, /) -> tuple[tuple[Array, Array, Array], Pullback1]:
    """Singular value decomposition of a matrix, reduced.

    Value     (p, s, qᵀ), a = p diag(s) qᵀ, pᵀp = qᵀq = 1, s descending;  of each column of p the entry of largest size
              is made positive (the first of several), which makes both unique
    Pullback  da = p (diag t + e) qᵀ + (v − p pᵀv) s⁻¹ qᵀ + p s⁻¹ (z − z q qᵀ)  of u = (v, t, z),
              eᵢⱼ = ½ (x + y)ᵢⱼ / (sⱼ − sᵢ) + ½ (x − y)ᵢⱼ / (sⱼ + sᵢ),  x = pᵀv − vᵀp,  y = qᵀzᵀ − z q
    Kinks     equal singular values: the first term of e is 0, so that da is finite (nan in JAX and torch), and right
              for functions of s, of the projectors on singular spaces and of p qᵀ; zeros: what divides by them is 0.
              Equal are those nearer than max(m, n) ε max s, and zero those below, the error they are known with.
              Two largest entries of other signs: p and q jump, da is that of the vectors they are
    Shapes    a: (..., m, n), p: (..., m, k), s: (..., k), qᵀ: (..., k, n)  (k = min(m, n)), parts of u alike
    Keeps     p, s, q
    Errors    there are no full matrices: their further columns are not unique, and have no derivative
    Source    Ionescu et al. 2015, arXiv 1509.07838; split so that equal singular values keep their second term
    Lacks     full_matrices, compute_uv, hermitian, subset_by_index

    >>> value, vjp = svd(np.array([[3.0, 0.0], [0.0, 4.0]]))
    >>> value[1], vjp((np.array([[7.0, 0.0], [0.0, 0.0]]), np.array([5.0, 6.0]), np.zeros((2, 2))))
    (array([4., 3.]), (array([[6., 4.],
           [3., 5.]]),))
    """
    a = as_primal(a, "svd", "a")
    p, s, qh = np.linalg.svd(a, full_matrices=False)
    signs = largest_signs(p)
    p, qh = p * signs[..., None, :], qh * signs[..., :, None]
    like = [(p.shape, p.dtype), (s.shape, s.dtype), (qh.shape, qh.dtype)]
    (m, k), n = p.shape[-2:], qh.shape[-1]

    def svd_vjp(u: Tree) -> tuple[Array]:
        v, t, z = as_cotangents(u, "svd", like)
        least = negligible(s, max(m, n))
        inverse = reciprocal(s, least)
        by_p, by_q = np.matmul(p.mT, v), np.matmul(qh, z.mT)
        x, y = by_p - by_p.mT, by_q - by_q.mT
        inner = (x + y) * reciprocal(s[..., None, :] - s[..., :, None], least)
        inner += (x - y) * reciprocal(s[..., None, :] + s[..., :, None], least)
        inner /= 2
        diagonal = np.arange(k)
        inner[..., diagonal, diagonal] = t
        left = np.matmul(p, inner)
        if m > k:
            left += (v - np.matmul(p, by_p)) * inverse[..., None, :]
        da = np.matmul(left, qh)
        if n > k:
            da += np.matmul(p * inverse[..., None, :], z - np.matmul(by_q.mT, qh))
        return (da,)

    return (p, s, qh), svd_vjp


def pinv(a: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Pseudoinverse of a matrix.

    Value     y = a⁺;  singular values up to max(m, n) ε max s count as 0
    Pullback  da = −yᵀ u yᵀ + (1 − a y) uᵀ y yᵀ + yᵀ y uᵀ (1 − y a)
    Domain    where the rank does not change nearby, as where it is full; elsewhere y jumps, and da is the slope along
              matrices of the same rank, as in JAX
    Shapes    a: (..., m, n), y, u: (..., n, m)
    Keeps     a, y
    Source    Golub & Pereyra 1973, The differentiation of pseudo-inverses; there is no rtol, with which y is that of a
              matrix of lower rank, and this formula wrong
    Lacks     rcond, rtol, hermitian

    >>> value, vjp = pinv(np.array([[2.0], [0.0]]))
    >>> value, vjp(np.array([[4.0, 8.0]]))
    (array([[0.5, 0. ]]), (array([[-1.],
           [ 2.]]),))
    """
    a = as_primal(a, "pinv", "a")
    p, s, qh = np.linalg.svd(a, full_matrices=False)
    inverse = reciprocal(s, negligible(s, max(a.shape[-2:])))[..., None]
    y = np.matmul(qh.mT, inverse * p.mT)
    shape, dtype = y.shape, y.dtype
    (m, n), deficient = a.shape[-2:], ~np.all(inverse > 0, axis=-2, keepdims=True)

    def pinv_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "pinv", shape, dtype)
        da = np.matmul(np.matmul(-y.mT, u), y.mT)
        if m > n or deficient.any():
            by_rows = np.matmul(np.matmul(u.mT, y), y.mT)
            da += np.where(deficient | (m > n), by_rows - np.matmul(a, np.matmul(y, by_rows)), 0)
        if n > m or deficient.any():
            by_columns = np.matmul(y.mT, np.matmul(y, u.mT))
            da += np.where(deficient | (n > m), by_columns - np.matmul(np.matmul(by_columns, y), a), 0)
        return (da,)

    return y, pinv_vjp


def lstsq(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Solution of least squares, of least norm where there are several.

    Value     x = a⁺ b;  singular values up to max(m, n) ε max s count as 0;  b is a vector only if it has one axis
    Pullback  db = Σ g,  da = Σ r (a⁺g)ᵀ − g xᵀ + (a⁺ᵀx) (u − a⁺a u)ᵀ,  g = a⁺ᵀu, r = b − a x  (Σ over the axes that
              broadcasting added)
    Domain    where the rank of a does not change nearby: it is full, in columns (the last term is 0) or rows (r is 0);
              elsewhere da is the slope along matrices of the same rank
    Shapes    a: (..., m, n), b: (m) or (..., m, k), batches broadcast together; x, u: (..., n) or (..., n, k)
    Keeps     the singular value decomposition of a, x, r
    Source    Golub & Pereyra 1973; the solution alone, without residuals, rank and singular values; there is no rcond,
              with which x is that of a matrix of lower rank, and this formula wrong
    Lacks     rcond, numpy_resid

    >>> value, vjp = lstsq(np.array([[2.0], [0.0]]), np.array([4.0, 3.0]))
    >>> value, vjp(np.array([8.0]))
    (array([2.]), (array([[-8.],
           [ 6.]]), array([4., 0.])))
    """
    a, b = as_primal(a, "lstsq", "a"), as_primal(b, "lstsq", "b")
    is_vector = b.ndim == 1
    columns = b[:, None] if is_vector else b
    p, s, qh = np.linalg.svd(a, full_matrices=False)
    inverse = reciprocal(s, negligible(s, max(a.shape[-2:])))[..., None]
    x = np.matmul(qh.mT, inverse * np.matmul(p.mT, columns))
    (m, n), deficient = a.shape[-2:], ~np.all(inverse > 0, axis=-2, keepdims=True)
    has_rest, has_outside = m > n or bool(deficient.any()), n > m or bool(deficient.any())
    r = np.where(deficient | (m > n), columns - np.matmul(a, x), 0) if has_rest else np.zeros_like(columns)
    y = x[..., 0] if is_vector else x
    shape, dtype = y.shape, y.dtype
    a_shape, a_dtype, b_shape, b_dtype = a.shape, a.dtype, b.shape, b.dtype

    def lstsq_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "lstsq", shape, dtype)
        u = u[..., None] if is_vector else u
        inner = inverse * np.matmul(qh, u)
        db = np.matmul(p, inner)
        da = np.matmul(-db, x.mT)
        if has_rest:
            da += np.matmul(r, np.matmul(qh.mT, inverse * inner).mT)
        if has_outside:
            outside = u - np.matmul(qh.mT, np.where(inverse > 0, np.matmul(qh, u), 0))
            outside = np.where(deficient | (n > m), outside, 0)
            da += np.matmul(np.matmul(p, inverse * np.matmul(qh, x)), outside.mT)
        return unbroadcast(da, a_shape, a_dtype), unbroadcast(db[..., 0] if is_vector else db, b_shape, b_dtype)

    return y, lstsq_vjp


def matrix_norm(
    x: ArrayLike,
    /,
    *,
    ord: float | str = "fro",  # noqa: A002 (NumPy's name)
    keepdims: bool = False,
) -> tuple[Array, Pullback1]:
    """Norm of a matrix: the last two axes.

    Value     "fro": √Σ x²;  "nuc": Σ s;  2, −2: max s, min s;  1, −1: max, min over columns of Σ |x|;  ∞, −∞: over
              rows  (s: the singular values, x = p diag(s) qᵀ)
    Pullback  dx = u x / y;  u p qᵀ;  u p qᵀ of that singular value;  u sign(x) in that column;  in that row
    Kinks     "fro" at 0: 0 (nan in JAX, 0 in torch);  "nuc", 2 and −2: 0 to singular values that are 0;  1 and ∞:
              sign(0) is 0 (1 in JAX, 0 in torch);  several that are largest or smallest share evenly, as in JAX
    Shapes    x: (..., m, n), y, u: (...)  (the last two axes stay as 1 with keepdims)
    Keeps     x, y
    Errors    ValueError where `ord` is another, or (NumPy's) where there is no smallest of no elements

    >>> value, vjp = matrix_norm(np.array([[3.0, 0.0], [0.0, -4.0]]))
    >>> float(value), vjp(5.0)
    (5.0, (array([[ 3.,  0.],
           [ 0., -4.]]),))
    """
    check_flags("matrix_norm", keepdims=keepdims)
    x = as_primal(x, "matrix_norm", "x")
    if ord not in ORDS:
        raise ValueError(f"matrix_norm got ord={ord!r}, but should get one of {', '.join(map(repr, ORDS))}")
    y = np.linalg.matrix_norm(x, ord=ord, keepdims=keepdims)  # type: ignore[arg-type]
    kept = (*x.shape[:-2], 1, 1)

    def matrix_norm_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "matrix_norm", y.shape, y.dtype)
        dx = slope(x, y.reshape(kept), ord)
        dx *= u.reshape(kept)
        return (dx,)

    return y, matrix_norm_vjp


def slope(x: Array, y: Array, order: float | str) -> Array:
    """The derivative of a norm y by each element of x."""
    if order == "fro":
        return x / np.where(y == 0, math.inf, y)
    if order in {1, -1, math.inf, -math.inf}:
        sizes = np.abs(x).sum(axis=-2 if order in {1, -1} else -1, keepdims=True)
        chosen = sizes == y
        share: Array = np.sign(x) * chosen
        share /= chosen.sum(axis=(-2, -1), keepdims=True)
        return share
    p, s, qh = np.linalg.svd(x, full_matrices=False)
    least = negligible(s, max(x.shape[-2:]))
    weights = np.where(s > least, s.dtype.type(1), 0)
    if order != "nuc":
        chosen = np.abs(s - y[..., 0]) <= least
        weights = np.divide(weights * chosen, chosen.sum(axis=-1, keepdims=True), dtype=s.dtype)
    total: Array = np.matmul(p * weights[..., None, :], qh)
    return total
