"""Triangular matrices: one triangle of a matrix, and substitution."""

import numpy as np

from purevjp.aliases import Array

ROWS = 128
"""So many rows of a triangle are copied at a time."""

BLOCK = 32
"""Triangles up to this side are left to LAPACK, which solves larger ones at a fourth of the speed of a product."""


def lower_triangle(x: Array, k: int = 0) -> Array:
    """np.tril: elements where column ≤ row + k, 0 elsewhere."""
    if x.shape[-2] <= ROWS:
        return np.tril(x, k)
    y = np.zeros(x.shape, x.dtype)
    fill_lower(y, x, k)
    return y


def upper_triangle(x: Array, k: int = 0) -> Array:
    """np.triu: elements where column ≥ row + k, 0 elsewhere; the lower triangle from the other end."""
    (n, m) = x.shape[-2:]
    if n <= ROWS:
        return np.triu(x, k)
    y = np.zeros(x.shape, x.dtype)
    fill_lower(y[..., ::-1, ::-1], x[..., ::-1, ::-1], m - n - k)
    return y


def fill_lower(y: Array, x: Array, k: int) -> None:
    """The lower triangle of `x` put into zeros: of some rows at a time, most columns are copied whole."""
    n, m = x.shape[-2:]
    for start in range(0, n, ROWS):
        stop = min(start + ROWS, n)
        whole, end = (min(max(column, 0), m) for column in (start + k + 1, stop + k))
        rows, edge = slice(start, stop), slice(whole, end)
        y[..., rows, :whole] = x[..., rows, :whole]
        y[..., rows, edge] = np.tril(x[..., rows, edge], start + k - whole)


def triangle(a: Array, *, lower: bool, without_diagonal: bool) -> Array:
    """One triangle of a matrix, zero elsewhere."""
    return lower_triangle(a, -int(without_diagonal)) if lower else upper_triangle(a, int(without_diagonal))


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
