"""Rows of purevjp/singular.py."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.decomposition import near, orthonormal, signs
from oracle.domain import Choose, Static, case, interval
from oracle.draw import Arguments
from oracle.matrices import exact_pinv, filled_rectangular, rectangular, rectangular_equations, separated
from oracle.static import flag
from purevjp.aliases import Array

NUMBERS = interval(-3, 3)
SEPARATED = interval(-3, 3, structure=separated)


def svd(a: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """JAX's, with singular vectors of the stated sign."""
    p, s, qh = jnp.linalg.svd(a, full_matrices=False)
    return p * signs(p)[..., None, :], s, qh * signs(p)[..., :, None]


def lstsq(a: jax.Array, b: jax.Array) -> jax.Array:
    """a⁺ b by the normal equations, of full rank."""
    columns = b[:, None] if b.ndim == 1 else b
    m, n = a.shape[-2:]
    x = jnp.linalg.solve(a.mT @ a, a.mT @ columns) if m >= n else a.mT @ jnp.linalg.solve(a @ a.mT, columns)
    solution: jax.Array = x[..., 0] if b.ndim == 1 else x
    return solution


def by_pseudoinverse(a: jax.Array, b: jax.Array) -> jax.Array:
    """The same, for the error scale of the singular value decomposition."""
    columns = b[:, None] if b.ndim == 1 else b
    x = jnp.linalg.pinv(a) @ columns
    return x[..., 0] if b.ndim == 1 else x


def exact_lstsq(a: Any, b: Any) -> Any:
    """a⁺ b, of exact numbers."""
    columns = b[:, None] if b.ndim == 1 else b
    x = np.matmul(exact_pinv(a), columns)
    return x[..., 0] if b.ndim == 1 else x


def order(choose: Choose, _shapes: Sequence[Any], _static: Static) -> float | str:
    """Every norm."""
    one: float | str = choose(("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf))
    return one


def decomposes(arguments: Arguments, _cotangents: Sequence[Array]) -> list[str]:
    """a = p diag(s) qᵀ, pᵀp = qᵀq = 1, s descending and not negative."""
    (a,) = arguments["xs"]
    p, s, qh = pv.svd(a)[0]
    ordered = [] if np.all(np.diff(s) <= 0) and np.all(s >= 0) else ["the singular values should descend to 0 or above"]
    product = near(np.matmul(p * s[..., None, :], qh), a, a, "p diag(s) qᵀ should be a")
    return ordered + orthonormal(p) + orthonormal(qh.mT) + product


def inverts(arguments: Arguments, _cotangents: Sequence[Array]) -> list[str]:
    """The four equations of Penrose: a y a = a, y a y = y, a y and y a symmetric."""
    (a,) = arguments["xs"]
    y = pv.pinv(a)[0]
    left, right = np.matmul(a, y), np.matmul(y, a)
    found = near(np.matmul(left, a), a, a, "a y a should be a") + near(np.matmul(right, y), y, y, "y a y should be y")
    return (
        found + near(left, left.mT, a, "a y should be symmetric") + near(right, right.mT, a, "y a should be symmetric")
    )


CASES = (
    case(pv.svdvals, jnp.linalg.svdvals, rectangular, SEPARATED),
    case(pv.svd, svd, rectangular, SEPARATED, packs=True, laws=(decomposes,)),
    case(pv.pinv, jnp.linalg.pinv, rectangular, SEPARATED, definition=exact_pinv, laws=(inverts,)),
    case(pv.lstsq, lstsq, rectangular_equations, SEPARATED, NUMBERS, definition=exact_lstsq, budget=by_pseudoinverse),
    case(
        pv.matrix_norm, jnp.linalg.matrix_norm, filled_rectangular, SEPARATED,
        static={"ord": order, "keepdims": flag},
    ),
)  # fmt: skip
