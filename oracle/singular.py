"""Rows of purevjp/singular.py."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.acceptance import Acceptance, Point, any_of, ball, exact, point
from oracle.acceptance import interval as intervals
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


EQUAL = point(
    "equal singular values", "P2", np.eye(2), u=[4.0, 6.0], value=[1, 1],
    accepts=(any_of(*(exact(np.diag(ds)) for ds in ([5, 5], [4, 6], [6, 4]))),),
    convention=(5 * np.eye(2),), jax=(np.diag([4, 6]),), torch=(np.diag([4, 6]),),
)  # fmt: skip
GAUGE_INVARIANT = point(
    "equal singular values, the sum of squares of p s qᵀ", "P2", 2 * np.eye(2), u=[8.0, 0, 0, 8, 4, 4, 8, 0, 0, 8],
    value=[1, 0, 0, 1, 2, 2, 1, 0, 0, 1], convention=(4 * np.eye(2),),
    jax=(np.full((2, 2), np.nan),), torch=(np.full((2, 2), np.nan),),
)  # fmt: skip


def at_norm(at: str, policy: str, x: Any, order: float | str, value: float, accepts: Acceptance, *given: Any) -> Point:
    """A kink of a norm with u = 3: what purevjp, JAX and torch give."""
    dx, by_jax, by_torch = ((np.asarray(g),) for g in given)
    return point(at, policy, x, u=3.0, value=value, static={"ord": order, "keepdims": False},
                 accepts=(accepts,), convention=dx, jax=by_jax, torch=by_torch)  # fmt: skip


NAN, NOTHING, ONE, FIRST = np.full((2, 2), np.nan), np.zeros((2, 2)), np.eye(2), np.diag([1.0, 0.0])
LAST = ONE - FIRST
ZERO = point(
    "a singular value of 0", "P1", 2 * FIRST, u=[4.0, 6.0], value=[2, 0], accepts=(intervals(FIRST - LAST, ONE),),
    convention=(4 * FIRST,), jax=(np.diag([4, 6]),), torch=(np.diag([4, 6]),),
)  # fmt: skip
NORMS = (
    at_norm("0, Frobenius", "P1", NOTHING, "fro", 0, ball(3), NOTHING, NAN, NOTHING),
    at_norm("a singular value of 0, nuclear", "P1", 2 * FIRST, "nuc", 2, intervals(FIRST - LAST, ONE),
            3 * FIRST, 3 * ONE, 3 * ONE),
    at_norm("equal singular values, ord 2", "P2", ONE, 2, 1, any_of(*map(exact, (1.5 * ONE, 3 * FIRST, 3 * LAST))),
            1.5 * ONE, 1.5 * ONE, 3 * FIRST),
    at_norm("0, ord 2", "P1", NOTHING, 2, 0, ball(3), NOTHING, 0.75 * ONE, 1.5 * FIRST),
    at_norm("singular, ord −2", "P1", FIRST, -2, 0, intervals(-LAST, LAST), NOTHING, 3 * LAST, 3 * LAST),
    at_norm("equal columns, and zeros, ord 1", "P2", ONE, 1, 1, any_of(exact(1.5 * ONE), exact(np.full((2, 2), 1.5))),
            1.5 * ONE, np.full((2, 2), 1.5), 1.5 * ONE),
)  # fmt: skip

CASES = (
    case(pv.svdvals, jnp.linalg.svdvals, rectangular, SEPARATED, points=(EQUAL, ZERO)),
    case(pv.svd, svd, rectangular, SEPARATED, packs=True, laws=(decomposes,), points=(GAUGE_INVARIANT,)),
    case(pv.pinv, jnp.linalg.pinv, rectangular, SEPARATED, definition=exact_pinv, laws=(inverts,)),
    case(pv.lstsq, lstsq, rectangular_equations, SEPARATED, NUMBERS, definition=exact_lstsq, budget=by_pseudoinverse),
    case(
        pv.matrix_norm, jnp.linalg.matrix_norm, filled_rectangular, SEPARATED,
        static={"ord": order, "keepdims": flag}, points=NORMS,
    ),
)  # fmt: skip
