"""Matrices with a structure, for the rows of linear algebra: drawn ones, their shapes, and exact ones.

Spectra are separated, no two entries compete for the largest of an eigenvector, and no two columns for the largest sum,
so that nothing is near a kink: a matrix is one of a few fixed ones, well separated, and a small part of what was drawn.
"""

import functools
import itertools
from collections.abc import Callable

import mpmath
import numpy as np

from oracle.domain import Choose
from oracle.referee import digits_of
from oracle.shape import broadcastable
from purevjp.aliases import Array, Shape

SIDES = (2, 3, 1, 4, 2, 3, 0)
BATCH = (2, 1, 3, 2, 0)
"""Sides of a batch, never long: factorisations of some hundred matrices stall in XLA on two cores (jax 0.10.2)."""

CANDIDATES, CHOSEN = 4000, 3
SMALL = 1 / 128
"""A part this small of numbers up to 3 moves singular values by a tenth at most, of gaps of a half."""

SQRT = digits_of(mpmath.sqrt)


def batch(choose: Choose) -> Shape:
    """Up to two sides."""
    return tuple(choose(BATCH) for _ in range(choose((1, 2, 0, 2))))


def square(choose: Choose) -> tuple[Shape]:
    """Square matrices."""
    n = choose(SIDES)
    return ((*batch(choose), n, n),)


def rectangular(choose: Choose) -> tuple[Shape]:
    """Matrices of any sides."""
    return ((*batch(choose), choose(SIDES), choose(SIDES)),)


def filled_rectangular(choose: Choose) -> tuple[Shape]:
    """Matrices with elements."""
    return ((*batch(choose), choose(SIDES[:-1]), choose(SIDES[:-1])),)


def equations(choose: Choose) -> tuple[Shape, Shape]:
    """Square matrices, and a vector or matrices whose batches broadcast with theirs."""
    return right_sides(choose, choose(SIDES), None)


def rectangular_equations(choose: Choose) -> tuple[Shape, Shape]:
    """The same of any matrices."""
    return right_sides(choose, choose(SIDES), choose(SIDES))


def right_sides(choose: Choose, m: int, n: int | None) -> tuple[Shape, Shape]:
    """Matrices and right sides for them."""
    loop = batch(choose)
    a = (*broadcastable(choose, loop), m, m if n is None else n)
    b = (m,) if choose((False, True)) else (*broadcastable(choose, loop), m, choose((2, 1, 3, 0)))
    return a, b


def singular_margin(a: Array) -> Array:
    """How far matrices are from what has no derivative: equal singular values or none, and entries that compete."""
    p, s, _ = np.linalg.svd(a, full_matrices=False)
    sums = [np.abs(a).sum(axis=axis) for axis in (-1, -2)]
    gaps = [s[..., -1:], -np.diff(s), 3 * lead(p), 4 * np.abs(a).reshape(len(a), -1)]
    gaps += [np.diff(np.sort(total)) for total in sums]
    return np.asarray(np.concatenate(gaps, axis=-1).min(axis=-1))


def symmetric_margin(a: Array) -> Array:
    """The same of the eigenvalues and eigenvectors of ½(a + aᵀ)."""
    w, v = np.linalg.eigh((a + a.mT) / 2)
    return np.asarray(np.concatenate([np.diff(w), np.abs(w), 3 * lead(v)], axis=-1).min(axis=-1))


def lead(v: Array) -> Array:
    """How far the largest entry of each column is ahead of the next, in size; 1 of a single one."""
    if v.shape[-2] < 2:
        return np.ones((*v.shape[:-2], v.shape[-1]))
    sizes = np.sort(np.abs(v), axis=-2)
    return np.asarray(sizes[..., -1, :] - sizes[..., -2, :])


@functools.cache
def separated_ones(m: int, n: int, margin: Callable[[Array], Array]) -> Array:
    """The few of many random matrices with the largest margins."""
    candidates: Array = np.random.default_rng([m, n]).uniform(-3, 3, (CANDIDATES, m, n))
    return candidates[np.argsort(-margin(candidates))[:CHOSEN]]


def near_separated(x: Array, margin: Callable[[Array], Array], part: float) -> Array:
    """One of the separated matrices, as the signs of `x` say, and a part of `x`."""
    m, n = x.shape[-2:]
    if not x.size:
        return x
    which = (x > 0).sum(axis=(-2, -1)) % CHOSEN
    return np.asarray(separated_ones(m, n, margin)[which] + part * x)


def separated(x: Array) -> Array:
    """Matrices with separated singular values, none of them small."""
    return near_separated(x, singular_margin, SMALL)


def conditioned(x: Array) -> Array:
    """Matrices that are far from singular."""
    return near_separated(x, singular_margin, 8 * SMALL)


def separated_symmetric(x: Array) -> Array:
    """Matrices whose symmetric part has separated eigenvalues; they are not symmetric themselves."""
    a = near_separated(x, symmetric_margin, SMALL)
    return np.asarray((a + a.mT) / 2 + (x - x.mT) / 8)


def positive_definite(x: Array) -> Array:
    """Matrices whose symmetric part is positive definite; they are not symmetric themselves."""
    return np.asarray(np.matmul(x, x.mT) / 4 + np.eye(x.shape[-1]) + (x - x.mT) / 8)


def triangular(x: Array) -> Array:
    """Matrices with a diagonal of 1 to 2½ in size, either triangle of which can be solved for."""
    diagonal = np.eye(x.shape[-1]) * (np.where(x < 0, -1, 1) + x / 2)
    return np.asarray(diagonal + np.where(np.eye(x.shape[-1]) == 0, x / 2, 0))


def exactly(f: Callable[..., Array]) -> Callable[..., Array]:
    """A function of single matrices of exact numbers, for batches that broadcast."""

    def of(*xs: Array) -> Array:
        loop = np.broadcast_shapes(*(x.shape[:-2] for x in xs))
        ys = [np.broadcast_to(x, (*loop, *x.shape[-2:])) for x in xs]
        results = [f(*(y[index] for y in ys)) for index in np.ndindex(loop)]
        of_none = [] if results else [f(*(np.eye(*y.shape[-2:]).astype(object) for y in ys))]
        return np.array(results, object).reshape(*loop, *np.shape([*results, *of_none][0]))

    return of


@exactly
def exact_solve(a: Array, b: Array) -> Array:
    """a⁻¹ b by elimination."""
    n = len(a)
    rows = np.concatenate([a, b], axis=1)
    for i in range(n):
        pivot = i + max(range(n - i), key=lambda j: abs(rows[i + j, i]))
        rows[[i, pivot]] = rows[[pivot, i]]
        rows[i] = rows[i] / rows[i, i]
        for j in range(n):
            if j != i:
                rows[j] = rows[j] - rows[j, i] * rows[i]
    return rows[:, n:]


@exactly
def exact_det(a: Array) -> Array:
    """The sum over permutations."""
    n = len(a)
    terms = [
        (-1) ** sum(p[i] > p[j] for i, j in itertools.combinations(range(n), 2))
        * np.prod([a[i, p[i]] for i in range(n)])
        for p in itertools.permutations(range(n))
    ]
    return np.array(sum(terms), object)


def exact_pinv(a: Array) -> Array:
    """Of full rank, by the normal equations."""
    m, n = a.shape[-2:]
    return exact_solve(np.matmul(a.mT, a), a.mT) if m >= n else exact_solve(np.matmul(a, a.mT), a).mT


@exactly
def exact_cholesky(a: Array) -> Array:
    """l, lower triangular, l lᵀ = ½(a + aᵀ), column by column."""
    s = (a + a.T) / 2
    factor = np.zeros_like(s)
    for j in range(len(s)):
        rest = s[j:, j] - factor[j:, :j] @ factor[j, :j]
        factor[j:, j] = rest / SQRT(rest[0])
    return factor


@exactly
def exact_q(a: Array) -> Array:
    """The first columns of a, made orthogonal one by one."""
    q = a[:, : min(a.shape)].copy()
    for j in range(q.shape[1]):
        for i in range(j):
            q[:, j] = q[:, j] - q[:, i] * (q[:, i] @ q[:, j])
        q[:, j] = q[:, j] / SQRT(q[:, j] @ q[:, j])
    return q
