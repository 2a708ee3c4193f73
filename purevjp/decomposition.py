"""Factorisations of matrices: Cholesky's, QR, and eigenvectors of symmetric ones."""

from collections.abc import Sequence

import numpy as np

from purevjp.aliases import Array, ArrayLike, DType, Pullback1, Shape, Tree
from purevjp.contract import as_cotangent, as_primal, check_flags
from purevjp.triangle import lower_triangle, substituted, upper_triangle

__all__ = ["cholesky", "eigh", "eigvalsh", "qr"]


def cholesky(a: ArrayLike, /, *, upper: bool = False) -> tuple[Array, Pullback1]:
    """Cholesky factor of a symmetric positive definite matrix.

    Value     l, lower triangular with a positive diagonal, l lᵀ = ½(a + aᵀ);  lᵀ with `upper`
    Pullback  da = ½(s + sᵀ),  s = l⁻ᵀ φ(lᵀ u) l⁻¹,  φ the lower triangle with half the diagonal;  the triangle of u
              where the factor is 0 does not count.  a is symmetrised, so da is symmetric, as in JAX and torch
    Shapes    a, l, u: (..., n, n)
    Keeps     l
    Errors    LinAlgError (NumPy's) where ½(a + aᵀ) is not positive definite
    Source    Murray 2016, Differentiation of the Cholesky decomposition, arXiv 1602.07527
    Lacks     symmetrize_input

    >>> value, vjp = cholesky(np.array([[4.0, 2.0], [2.0, 5.0]]))
    >>> value, vjp(np.array([[4.0, 0.0], [8.0, 12.0]]))
    (array([[2., 0.],
           [1., 2.]]), (array([[0.75, 0.5 ],
           [0.5 , 3.  ]]),))
    """
    check_flags("cholesky", upper=upper)
    factor = np.linalg.cholesky(half_sum(as_square(as_primal(a, "cholesky", "a"), "cholesky")))
    shape, dtype = factor.shape, factor.dtype

    def cholesky_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "cholesky", shape, dtype)
        halves = lower_triangle(np.matmul(factor.mT, u.mT if upper else u))
        diagonal = np.arange(shape[-1])
        halves[..., diagonal, diagonal] /= 2
        right = substituted(factor.mT, halves, lower=False)
        s = substituted(factor.mT, right.mT, lower=False)
        return (half_sum(s),)

    return factor.mT if upper else factor, cholesky_vjp


def qr(a: ArrayLike, /) -> tuple[tuple[Array, Array], Pullback1]:
    """Orthogonal and triangular factor of a matrix, reduced.

    Value     (q, r), a = q r, qᵀq = 1, r upper triangular;  its diagonal is made non-negative, so both are unique
    Pullback  da = (v + q s) r⁻ᵀ  of u = (v, w),  s the symmetric matrix with the lower triangle of r wᵀ − vᵀ q.
              Where a is wide, a = [b c] and r = [r' r''] with square r': dc = q w'', v gets c w''ᵀ, and db is as above
    Domain    the first k columns of a are independent
    Shapes    a: (..., m, n), q: (..., m, k), r: (..., k, n)  (k = min(m, n)), parts of u alike
    Keeps     q, r, and a where it is wide
    Errors    LinAlgError (NumPy's) in the pullback, where the diagonal of r has a zero.  There are no other modes
    Source    Walter & Lehmann 2010, Algorithmic differentiation of linear algebra functions, arXiv 1009.6112
    Lacks     mode: it is "reduced"

    >>> value, vjp = qr(np.array([[-2.0, 1.0], [0.0, 4.0]]))
    >>> value
    (array([[-1.,  0.],
           [ 0.,  1.]]), array([[ 2., -1.],
           [ 0.,  4.]]))
    >>> vjp((np.zeros((2, 2)), np.array([[1.0, 2.0], [0.0, 3.0]])))
    (array([[-1. , -2. ],
           [ 5.5,  3. ]]),)
    """
    a = as_primal(a, "qr", "a")
    q, r = np.linalg.qr(a)
    signs = np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1, 1).astype(a.dtype)
    q, r = q * signs[..., None, :], upper_triangle(r * signs[..., None])
    k = q.shape[-1]
    rest = a[..., k:]
    like = [(q.shape, q.dtype), (r.shape, r.dtype)]

    def qr_vjp(u: Tree) -> tuple[Array]:
        v, w = as_cotangents(u, "qr", like)
        if rest.shape[-1]:
            v = v + np.matmul(rest, w[..., k:].mT)
        lower = lower_triangle(np.matmul(r[..., :k], w[..., :k].mT) - np.matmul(v.mT, q))
        s = lower + lower_triangle(lower, -1).mT
        da = substituted(r[..., :k], (v + np.matmul(q, s)).mT, lower=False).mT
        return (np.concatenate([da, np.matmul(q, w[..., k:])], axis=-1) if rest.shape[-1] else da,)

    return (q, r), qr_vjp


def eigvalsh(a: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Eigenvalues of a symmetric matrix.

    Value     w, ascending, of ½(a + aᵀ)
    Pullback  da = Σ uᵢ vᵢ vᵢᵀ,  vᵢ the eigenvectors;  a is symmetrised, so da is symmetric
    Kinks     equal eigenvalues: their cotangents are averaged, so that da does not depend on the choice of eigenvectors
              (JAX and torch do not average); equal are those nearer than n ε max |w|, the error they are known with
    Shapes    a: (..., n, n), w, u: (..., n)
    Keeps     w, v
    Source    Giles 2008, 3.1
    Lacks     UPLO, symmetrize_input

    >>> value, vjp = eigvalsh(np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]]))
    >>> value, vjp(np.array([5.0, 6.0, 8.0]))
    (array([1., 2., 2.]), (array([[5., 0., 0.],
           [0., 7., 0.],
           [0., 0., 7.]]),))
    """
    w, v = np.linalg.eigh(half_sum(as_square(as_primal(a, "eigvalsh", "a"), "eigvalsh")))
    shape, dtype = w.shape, w.dtype

    def eigvalsh_vjp(u: ArrayLike) -> tuple[Array]:
        u = averaged(as_cotangent(u, "eigvalsh", shape, dtype), w, negligible(w, shape[-1]))
        return (half_sum(np.matmul(v * u[..., None, :], v.mT)),)

    return w, eigvalsh_vjp


def eigh(a: ArrayLike, /) -> tuple[tuple[Array, Array], Pullback1]:
    """Eigenvalues and eigenvectors of a symmetric matrix.

    Value     (w, v), ½(a + aᵀ) v = v w, w ascending, vᵀv = 1;  of each column of v the entry of largest size is made
              positive (the first of several), which makes v unique
    Pullback  da = ½(s + sᵀ),  s = v (diag t + f ∘ vᵀ z) vᵀ  of u = (t, z),  fᵢⱼ = 1 / (wⱼ − wᵢ), 0 on the diagonal;
              a is symmetrised, so da is symmetric
    Kinks     equal eigenvalues: fᵢⱼ is 0, so that da is finite (nan in JAX and torch), and right for functions of w and
              of the projectors on eigenspaces; equal are those nearer than n ε max |w|, the error they are known with.
              Two largest entries of other signs: v jumps, da is that of the vector it is
    Shapes    a, v: (..., n, n), w: (..., n), parts of u alike
    Keeps     w, v
    Source    Giles 2008, 3.1
    Lacks     UPLO, symmetrize_input

    >>> value, vjp = eigh(np.array([[1.0, 0.0], [0.0, 3.0]]))
    >>> value
    (array([1., 3.]), array([[1., 0.],
           [0., 1.]]))
    >>> vjp((np.array([5.0, 6.0]), np.array([[0.0, 4.0], [0.0, 0.0]])))
    (array([[5., 1.],
           [1., 6.]]),)
    """
    w, v = np.linalg.eigh(half_sum(as_square(as_primal(a, "eigh", "a"), "eigh")))
    v = v * largest_signs(v)[..., None, :]
    like = [(w.shape, w.dtype), (v.shape, v.dtype)]

    def eigh_vjp(u: Tree) -> tuple[Array]:
        t, z = as_cotangents(u, "eigh", like)
        n = w.shape[-1]
        f = reciprocal(w[..., None, :] - w[..., :, None], negligible(w, n))
        inner = f * np.matmul(v.mT, z)
        diagonal = np.arange(n)
        inner[..., diagonal, diagonal] = t
        return (half_sum(np.matmul(np.matmul(v, inner), v.mT)),)

    return (w, v), eigh_vjp


def as_cotangents(u: Tree, rule: str, like: Sequence[tuple[Shape, DType]]) -> list[Array]:
    """A cotangent for each result of a rule, of the shape and dtype of that result.

    Errors  TypeError when `u` is not a tuple or list, ValueError when it is of another length.
    """
    if not isinstance(u, tuple | list):
        message = f"{rule}_vjp got u as {u.__class__.__name__}, but should get a tuple of {len(like)}, one per result"
        raise TypeError(message)
    if len(u) != len(like):
        message = f"{rule}_vjp got a u of {len(u)}, but should get a tuple of {len(like)}, one per result"
        raise ValueError(message)
    return [as_cotangent(part, rule, shape, dtype) for part, (shape, dtype) in zip(u, like, strict=True)]


def as_square(a: Array, rule: str) -> Array:
    """`a`.

    Errors  ValueError when the matrices are not square.
    """
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError(f"{rule} got a of shape {a.shape}, but should get square matrices, (..., n, n)")
    return a


def half_sum(a: Array) -> Array:
    """½(a + aᵀ)."""
    total = a + a.mT
    total /= 2
    return total


def largest_signs(v: Array) -> Array:
    """The sign of the entry of largest size in each column of a matrix."""
    if not v.shape[-2]:
        return np.ones_like(v, shape=(*v.shape[:-2], v.shape[-1]))
    at = np.argmax(np.abs(v), axis=-2, keepdims=True)
    signs: Array = np.copysign(np.ones_like(v, shape=()), np.take_along_axis(v, at, axis=-2)[..., 0, :])
    return signs


def negligible(w: Array, n: int) -> Array:
    """n ε max |w|: eigenvalues and singular values are not known any better."""
    largest: Array = np.abs(w).max(axis=-1, initial=0)[..., None]
    return largest * (n * float(np.finfo(w.dtype).eps))


def reciprocal(gap: Array, least: Array) -> Array:
    """1 / gap; 0 where the gap is not larger than the least one."""
    large = np.abs(gap) > (least[..., None] if least.ndim < gap.ndim else least)
    return np.divide(1, gap, out=np.zeros_like(gap), where=large)


def averaged(u: Array, w: Array, least: Array) -> Array:
    """The mean of u over entries of w that are equal."""
    equal = np.abs(w[..., None, :] - w[..., :, None]) <= least[..., None]
    total: Array = np.matmul(equal, u[..., None])[..., 0]
    total /= equal.sum(axis=-1)
    return total
