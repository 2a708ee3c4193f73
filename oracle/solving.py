"""Rows of purevjp/solving.py."""

import functools
import itertools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, non_finite, point
from oracle.domain import Choose, Static, case, interval
from oracle.draw import Arguments
from oracle.laws import adds_up
from oracle.matrices import conditioned, equations, exact_det, exact_solve, square, triangular
from oracle.referee import LOG
from oracle.static import flag
from purevjp.aliases import Array

NUMBERS = interval(-3, 3)
ANY = interval(-3, 3, special=(0.0, 1.0, -1.0, 2.0))
"""Singular matrices among them."""
CONDITIONED = interval(-3, 3, structure=conditioned)
TRIANGULAR = interval(-3, 3, structure=triangular)


def det(a: jax.Array) -> jax.Array:
    """JAX's, but for matrices without elements, for which its derivative raises IndexError."""
    return jnp.linalg.det(a) if a.shape[-1] else jnp.ones(a.shape[:-2], a.dtype)


def leibniz(a: jax.Array) -> jax.Array:
    """The sum over permutations: its error scale is finite where a is singular, too."""
    n = a.shape[-1]
    y = jnp.zeros(a.shape[:-2], a.dtype)
    for p in itertools.permutations(range(n)):
        sign = (-1) ** sum(p[i] > p[j] for i, j in itertools.combinations(range(n), 2))
        y = y + functools.reduce(jnp.multiply, [a[..., i, p[i]] for i in range(n)], jnp.full_like(y, sign))
    return y


def slogdet(a: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Both results, as a tuple."""
    sign, y = jnp.linalg.slogdet(a)
    return sign, y


def triangular_solve(a: jax.Array, b: jax.Array, *, lower: bool, trans: int | str, unit_diagonal: bool) -> jax.Array:
    """XLA's solver, with batches that broadcast."""
    columns = b[:, None] if b.ndim == 1 else b
    batch = jnp.broadcast_shapes(a.shape[:-2], columns.shape[:-2])
    a, columns = (jnp.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, columns))
    x = jax.lax.linalg.triangular_solve(
        a, columns, left_side=True, lower=lower, transpose_a=trans in {1, "T"}, unit_diagonal=unit_diagonal
    )
    return x[..., 0] if b.ndim == 1 else x


def exactly_solved(a: Any, b: Any) -> Any:
    """a⁻¹ b, of exact numbers."""
    return exact_solve(a, b[:, None])[..., 0] if b.ndim == 1 else exact_solve(a, b)


def exactly_substituted(a: Any, b: Any, *, lower: bool, trans: int | str, unit_diagonal: bool) -> Any:
    """t⁻¹ b or t⁻ᵀ b, of exact numbers."""
    n = a.shape[-1]
    order = np.subtract.outer(np.arange(n), np.arange(n)) * (1 if lower else -1)
    t = np.where(order >= 0, a, 0 * a)
    t = np.where((order == 0) & unit_diagonal, 0 * a + 1, t)
    return exactly_solved(t.mT if trans in {1, "T"} else t, b)


def exact_inv(a: Any) -> Any:
    """a⁻¹, of exact numbers."""
    return exact_solve(a, 0 * a + np.eye(a.shape[-1], dtype=int))


def exact_slogdet(a: Any) -> Any:
    """Sign and logarithm of |det a|, packed."""
    y = exact_det(a).ravel()
    return np.concatenate([np.sign(y), LOG(np.abs(y))])


def transposition(choose: Choose, _shapes: Sequence[Any], _static: Static) -> int | str:
    """Every spelling."""
    trans: int | str = choose((0, 1, "N", "T"))
    return trans


def solved(arguments: Arguments, cotangents: Sequence[Array]) -> list[str]:
    """x does not change when both a and b grow alike: ⟨da, a⟩ + ⟨db, b⟩ = 0, of whole matrices."""
    a, b = arguments["xs"]
    da, db = cotangents
    return adds_up(float(np.sum(da * a, dtype=np.float64)), -float(np.sum(db * b, dtype=np.float64)),
                   [da * a, db * b], "what ⟨db, b⟩ takes away")  # fmt: skip


def homogeneous(arguments: Arguments, cotangents: Sequence[Array]) -> list[str]:
    """det(t a) = tⁿ det(a): ⟨da, a⟩ = n u y."""
    (a,), u = arguments["xs"], arguments["u"]
    terms = cotangents[0] * a
    return adds_up(float(np.sum(terms, dtype=np.float64)), float(np.sum(a.shape[-1] * u * pv.det(a)[0])),
                   [8 * terms], "n u det a")  # fmt: skip


POLE = point(
    "a singular", "P4", [[1.0, 0.0], [0.0, 0.0]], u=[2.0, 3.0], value=[0, -np.inf],
    accepts=(any_of(non_finite("nan"), non_finite([["nan", "nan"], ["nan", "+inf"]])),),
    convention=(np.full((2, 2), np.nan),), torch=([[np.nan, np.nan], [np.nan, np.inf]],),
)  # fmt: skip

CASES = (
    case(
        pv.solve, jnp.linalg.solve, equations, CONDITIONED, NUMBERS,
        definition=exactly_solved, analytic=True, laws=(solved,),
    ),
    case(
        pv.triangular_solve, triangular_solve, equations, TRIANGULAR, NUMBERS,
        static={"lower": flag, "trans": transposition, "unit_diagonal": flag},
        definition=exactly_substituted, analytic=True,
    ),
    case(pv.inv, jnp.linalg.inv, square, CONDITIONED, definition=exact_inv, analytic=True),
    case(
        pv.det, det, square, ANY, budget=leibniz,
        definition=exact_det, analytic=True, laws=(homogeneous,),
    ),
    case(pv.slogdet, slogdet, square, CONDITIONED, definition=exact_slogdet, packs=True, points=(POLE,)),
)  # fmt: skip
