"""Formulas of several steps, in blocks that stay in the cache from one step to the next."""

from collections.abc import Callable

import numpy as np

from purevjp.aliases import Array

BLOCK = 1 << 18
"""Bytes of each array in a block: a few fit the second cache, and the calls cost little beside the work."""


def by_element(f: Callable[..., tuple[Array, ...]], *xs: Array) -> tuple[Array, ...]:
    """`f(*xs)`, for an `f` that acts element by element on arrays of one shape and dtype, which its results have."""
    x = xs[0]
    if x.nbytes <= BLOCK or not all(a.shape == x.shape and a.dtype == x.dtype and a.flags.c_contiguous for a in xs):
        return f(*xs)
    return tuple(y.reshape(x.shape) for y in by_row(f, *(a.reshape(-1) for a in xs)))


def by_row(f: Callable[..., tuple[Array, ...]], *xs: Array) -> tuple[Array, ...]:
    """`f(*xs)`, for an `f` that makes of each row of its arguments, along the first axis, a row of each result."""
    x = xs[0]
    if x.nbytes <= BLOCK:
        return f(*xs)
    ys: list[Array] = []
    rows = max(len(x) * BLOCK // x.nbytes, 1)
    for start in range(0, len(x), rows):
        block = slice(start, start + rows)
        parts = f(*(a[block] for a in xs))
        ys = ys or [np.empty((len(x), *part.shape[1:]), part.dtype) for part in parts]
        for y, part in zip(ys, parts, strict=True):
            y[block] = part
    return tuple(ys)
