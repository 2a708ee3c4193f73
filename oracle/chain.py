"""Rows of purevjp/chain.py."""

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, Choose, Domain, Static, case, interval
from oracle.matrices import batch
from oracle.shape import SIDES, broadcastable, shape
from oracle.tensor import MODERATE
from purevjp.aliases import Array, Shape

COMPLEX: Domain = {**REAL, "is_complex": True}


def flat_twins(choose: Choose) -> tuple[Shape, Shape]:
    """Two arrays of as many elements, often of other shapes."""
    a = shape(choose)
    return a, choose([a, a, (int(np.prod(a, dtype=int)),), a[::-1], (1, *a)])


def vector_shapes(n: int | None) -> Callable[[Choose], tuple[Shape, Shape]]:
    """Two arrays of vectors of side `n`, or of any, along an axis; the others broadcast."""

    def shapes(choose: Choose) -> tuple[Shape, Shape]:
        side, loop = n or choose(SIDES), shape(choose)[:2]
        left, right = broadcastable(choose, loop), broadcastable(choose, loop)
        pair: tuple[Shape, Shape] = choose([
            ((*left, side), (*right, side)), ((*left, side), (*right, side)), ((side, *loop), (side, *loop)),
            ((side, *loop[:1]), (side,)), ((*loop[:1], side, *loop[1:]), (*loop[:1], side, *loop[1:])),
        ])  # fmt: skip
        return pair

    return shapes


def axis_of(product: Callable[..., Any]) -> Callable[[Choose, Sequence[Any], Static], int]:
    """Any axis, from either end, along which a product takes the two arrays."""

    def axis(choose: Choose, shapes: Sequence[Any], _static: Static) -> int:
        ndim = max(map(len, shapes))
        return int(choose([axis for axis in range(-ndim, ndim) if is_taken(product, shapes, axis)]))

    return axis


def is_taken(product: Callable[..., Any], shapes: Sequence[Any], axis: int) -> bool:
    """Whether a product takes arrays of these shapes along an axis."""
    try:
        product(*map(np.zeros, shapes), axis=axis)
    except (ValueError, IndexError):
        return False
    return True


def chain_shapes(choose: Choose) -> tuple[list[Shape]]:
    """Two to five matrices that fit; either end may be a vector."""
    n = choose((3, 2, 4, 5))
    sides = [choose(SIDES) for _ in range(n + 1)]
    shapes: list[Shape] = list(itertools.pairwise(sides))
    if choose((False, True)):
        shapes[0] = shapes[0][1:]
    if choose((False, True)):
        shapes[-1] = shapes[-1][:-1]
    return (shapes,)


def square_shapes(choose: Choose) -> tuple[Shape]:
    """A square matrix, or a batch of them."""
    m = choose((2, 3, 1, 4))
    return ((*batch(choose)[: choose((0, 1, 2))], m, m),)


def exponent(choose: Choose, _shapes: Sequence[Any], _static: Static) -> int:
    """Of either sign, or 0."""
    return int(choose((2, 3, -1, 1, 0, -2, 5, 4, 6, -3)))


def form_shapes(choose: Choose) -> tuple[Shape, Shape]:
    """A vector and a square matrix, or batches of either that broadcast."""
    n, loop = choose(SIDES), shape(choose)[:2]
    x, a = choose(
        [((), ()), (loop, ()), ((), loop), (loop, loop), (broadcastable(choose, loop), broadcastable(choose, loop))]
    )
    return (*x, n), (*a, n, n)


def exact_vdot(a: Any, b: Any) -> Any:
    """Σ ā b of all elements; complex numbers as pairs."""
    return exact_vecdot(a.reshape(-1, 2), b.reshape(-1, 2), axis=-1)


def exact_vecdot(a: Any, b: Any, *, axis: int) -> Any:
    """Σ ā b along an axis; complex numbers as pairs."""
    (p, q), (r, s) = ([np.moveaxis(x[..., part], axis, -1) for part in (0, 1)] for x in (a, b))
    return np.stack([(p * r + q * s).sum(-1), (p * s - q * r).sum(-1)], -1)


def exact_cross(a: Any, b: Any, *, axis: int) -> Any:
    """The definition, component by component."""
    (p, q, r), (s, t, v) = (np.moveaxis(x, axis, 0) for x in (a, b))
    return np.moveaxis(np.array([q * v - r * t, r * s - p * v, p * t - q * s], object), 0, axis)


def exact_multi_dot(arrays: Sequence[Any]) -> Any:
    """One after the other."""
    return functools.reduce(np.dot, arrays)


def dominant(x: Array) -> Array:
    """Matrices with a large diagonal: far from singular."""
    return x + 5 * np.eye(x.shape[-1])


def exact_power(a: Any, *, n: int) -> Any:
    """Product of n factors, of the inverse for n < 0."""
    one = np.zeros(a.shape, object) + np.eye(a.shape[-1], dtype=int)
    factor = exact_inverse(a, one) if n < 0 else a
    return functools.reduce(np.matmul, [factor] * abs(n), one)


def exact_inverse(a: Any, one: Any) -> Any:
    """Gauss and Jordan, without pivots: the diagonal is large."""
    rows = np.concatenate([a, one], -1)
    for k in range(a.shape[-1]):
        rows[..., k, :] = rows[..., k, :] / rows[..., k, k, None]
        for i in range(a.shape[-1]):
            if i != k:
                rows[..., i, :] = rows[..., i, :] - rows[..., i, k, None] * rows[..., k, :]
    return rows[..., a.shape[-1] :]


def quadratic_form(x: jax.Array, a: jax.Array) -> jax.Array:
    """The definition, index by index."""
    return jnp.einsum("...i,...ij,...j->...", x, a, x)


def exact_form(x: Any, a: Any) -> Any:
    """The same of exact numbers."""
    return np.einsum("...i,...ij,...j->...", x, a, x)


CASES = (
    case(pv.vdot, jnp.vdot, flat_twins, COMPLEX, COMPLEX, definition=exact_vdot),
    case(
        pv.vecdot, jnp.vecdot, vector_shapes(None), COMPLEX, COMPLEX,
        static={"axis": axis_of(np.vecdot)}, definition=exact_vecdot,
    ),
    case(
        pv.cross, jnp.linalg.cross, vector_shapes(3), REAL, REAL,
        static={"axis": axis_of(np.linalg.cross)}, definition=exact_cross, exact=True, analytic=True,
    ),
    case(
        pv.multi_dot, jnp.linalg.multi_dot, chain_shapes, MODERATE,
        definition=exact_multi_dot, exact=True, analytic=True,
    ),
    case(
        pv.matrix_power, jnp.linalg.matrix_power, square_shapes, interval(-1, 1, structure=dominant),
        static={"n": exponent}, definition=exact_power, analytic=True,
    ),
    case(
        pv.quadratic_form, quadratic_form, form_shapes, MODERATE, MODERATE,
        definition=exact_form, exact=True, analytic=True,
    ),
)  # fmt: skip
