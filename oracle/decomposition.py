"""Rows of purevjp/decomposition.py."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, exact, point
from oracle.domain import case, interval
from oracle.draw import Arguments
from oracle.matrices import (
    exact_cholesky,
    exact_q,
    positive_definite,
    rectangular,
    separated,
    separated_symmetric,
    square,
)
from oracle.static import flag
from purevjp.aliases import Array

SYMMETRIC = interval(-3, 3, structure=separated_symmetric)
POSITIVE_DEFINITE = interval(-3, 3, structure=positive_definite)
SEPARATED = interval(-3, 3, structure=separated)


def signs(v: jax.Array) -> jax.Array:
    """The sign of the entry of largest size in each column."""
    if not v.shape[-2]:
        return jnp.ones((*v.shape[:-2], v.shape[-1]), v.dtype)
    at = jnp.argmax(jnp.abs(v), axis=-2, keepdims=True)
    return jnp.sign(jnp.take_along_axis(v, at, axis=-2)[..., 0, :])


def eigh(a: jax.Array) -> tuple[jax.Array, jax.Array]:
    """JAX's, with eigenvectors of the stated sign."""
    w, v = jnp.linalg.eigh(a)
    return w, v * signs(v)[..., None, :]


def qr(a: jax.Array) -> tuple[jax.Array, jax.Array]:
    """JAX's, with a diagonal of the stated sign."""
    q, r = jnp.linalg.qr(a)
    s = jnp.sign(jnp.diagonal(r, axis1=-2, axis2=-1))
    return q * s[..., None, :], r * s[..., :, None]


def exactly_factored(a: Any, *, upper: bool) -> Any:
    """Cholesky's factor, of exact numbers."""
    factor = exact_cholesky(a)
    return factor.mT if upper else factor


def exact_qr(a: Any) -> Any:
    """Both factors, packed."""
    q = exact_q(a)
    return np.concatenate([q.ravel(), np.triu(np.matmul(q.mT, a)).ravel()])


def near(got: Array, should: Array, size: Array, what: str) -> list[str]:
    """Whether an equation holds but for roundoffs of matrices of this size."""
    limit = 64 * float(np.finfo(size.dtype).eps) * (1 + float(np.abs(size).max(initial=0)))
    return [] if np.all(np.abs(got - should) <= limit) else [f"{what}, but they are {np.abs(got - should).max()} apart"]


def orthonormal(q: Array) -> list[str]:
    """qᵀq = 1."""
    return near(np.matmul(q.mT, q), np.eye(q.shape[-1]), q, "the columns should be orthonormal")


def symmetric_cotangent(_arguments: Arguments, cotangents: Sequence[Array]) -> list[str]:
    """The antisymmetric part of a changes nothing, so da is symmetric, to the last bit."""
    (da,) = cotangents
    return [] if np.array_equal(da, da.mT) else ["the cotangent should be symmetric"]


def factors(arguments: Arguments, _cotangents: Sequence[Array]) -> list[str]:
    """l lᵀ = ½(a + aᵀ), l triangular."""
    (a,), upper = arguments["xs"], arguments["static"]["upper"]
    y = pv.cholesky(a, upper=upper)[0]
    factor = y.mT if upper else y
    triangular = [] if np.array_equal(factor, np.tril(factor)) else ["the factor should be triangular"]
    return triangular + near(np.matmul(factor, factor.mT), (a + a.mT) / 2, a, "l lᵀ should be ½(a + aᵀ)")


def diagonalises(arguments: Arguments, _cotangents: Sequence[Array]) -> list[str]:
    """½(a + aᵀ) v = v w, vᵀv = 1, w ascending."""
    (a,) = arguments["xs"]
    w, v = pv.eigh(a)[0]
    ordered = [] if np.all(np.diff(w) >= 0) else ["the eigenvalues should ascend"]
    return ordered + orthonormal(v) + near(np.matmul((a + a.mT) / 2, v), v * w[..., None, :], a, "a v should be v w")


def triangularises(arguments: Arguments, _cotangents: Sequence[Array]) -> list[str]:
    """a = q r, qᵀq = 1, r upper triangular with a diagonal that is not negative."""
    (a,) = arguments["xs"]
    q, r = pv.qr(a)[0]
    triangular = [] if np.array_equal(r, np.triu(r)) else ["r should be triangular"]
    positive = [] if np.all(np.diagonal(r, axis1=-2, axis2=-1) >= 0) else ["the diagonal of r should not be negative"]
    return triangular + positive + orthonormal(q) + near(np.matmul(q, r), a, a, "q r should be a")


A = np.diag([1.0, 1.0, 2.0])
EQUAL = point(
    "equal eigenvalues", "P2", A, u=[4.0, 6.0, 7.0], value=[1, 1, 2],
    accepts=(any_of(*(exact(np.diag(dw)) for dw in ([5, 5, 7], [4, 6, 7], [6, 4, 7]))),),
    convention=(np.diag([5, 5, 7]),), jax=(np.diag([4, 6, 7]),), torch=(np.diag([4, 6, 7]),),
)  # fmt: skip
GAUGE_INVARIANT = point(
    "equal eigenvalues, the sum of squares of v w vᵀ", "P2", A, u=[2.0, 2, 4, 4, 0, 0, 0, 4, 0, 0, 0, 16],
    value=[1, 1, 2, 1, 0, 0, 0, 1, 0, 0, 0, 1], convention=(2 * A,),
    jax=(np.full((3, 3), np.nan),), torch=(np.full((3, 3), np.nan),),
)  # fmt: skip

CASES = (
    case(
        pv.cholesky, jnp.linalg.cholesky, square, POSITIVE_DEFINITE, static={"upper": flag},
        definition=exactly_factored, laws=(symmetric_cotangent, factors),
    ),
    case(pv.qr, qr, rectangular, SEPARATED, definition=exact_qr, packs=True, laws=(triangularises,)),
    case(pv.eigvalsh, jnp.linalg.eigvalsh, square, SYMMETRIC, laws=(symmetric_cotangent,), points=(EQUAL,)),
    case(pv.eigh, eigh, square, SYMMETRIC, packs=True, laws=(symmetric_cotangent, diagonalises),
    points=(GAUGE_INVARIANT,)),
)  # fmt: skip
