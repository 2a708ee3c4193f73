"""Triangular matrices: one triangle of a matrix, and substitution."""

import numpy as np

from purevjp.aliases import Array

BLOCK = 32
"""Triangles up to this side are left to LAPACK, which solves larger ones at a fourth of the speed of a product."""


def triangle(a: Array, *, lower: bool, without_diagonal: bool) -> Array:
    """One triangle of a matrix, zero elsewhere."""
    return np.tril(a, -1 if without_diagonal else 0) if lower else np.triu(a, 1 if without_diagonal else 0)


def substituted(t: Array, b: Array, *, lower: bool) -> Array:
    """t⁻¹ b by substitution, half by half: what the first half adds to the second is a product.

    A triangle is its own LU factor: an upper one needs no elimination, a lower one is upper from its other end.
    """
    n = t.shape[-1]
    if n <= BLOCK:
        return np.linalg.solve(t[..., ::-1, ::-1], b[..., ::-1, :])[..., ::-1, :] if lower else np.linalg.solve(t, b)
    halves = slice(n // 2), slice(n // 2, n)
    first, second = halves if lower else halves[::-1]
    known = substituted(t[..., first, first], b[..., first, :], lower=lower)
    rest = b[..., second, :] - np.matmul(t[..., second, first], known)
    found = substituted(t[..., second, second], rest, lower=lower)
    return np.concatenate([known, found] if lower else [found, known], axis=-2)
