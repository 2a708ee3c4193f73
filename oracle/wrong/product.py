"""Wrong pullbacks of products."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv


def fit(dx: Any, x: Any) -> Any:
    """An array of the shape of x, from whatever a wrong formula gives."""
    return np.resize(np.asarray(dx, x.dtype), x.shape) if np.size(dx) else np.zeros_like(x)


def right(rule: Any, u: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """The right cotangents."""
    cotangents: tuple[Any, Any] = rule(a, b)[1](u)
    return cotangents


def swap_last(dx: Any) -> Any:
    """The last two axes swapped in memory, the shape kept: a transpose left out."""
    return dx.swapaxes(-1, -2).reshape(dx.shape).copy() if dx.ndim > 1 else -dx


def rows(x: Any) -> Any:
    """A batch as the rows of a matrix."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def of_first_sample(u: Any, x: Any, w: Any) -> Any:
    """The cotangent of w by the first sample alone."""
    return np.outer(rows(u)[0], rows(x)[0]).astype(w.dtype) if len(rows(x)) else np.zeros_like(w)


def transposes(rule: Any) -> dict[str, Callable[..., Any]]:
    """What every product can get wrong."""
    return {
        "da without its transpose": lambda u, a, b: (swap_last(right(rule, u, a, b)[0]), right(rule, u, a, b)[1]),
        "db without its transpose": lambda u, a, b: (right(rule, u, a, b)[0], swap_last(right(rule, u, a, b)[1])),
        "torch/nn #345: u read in the order of memory": lambda u, a, b: right(
            rule, u.ravel(order="K").reshape(u.shape), a, b
        ),
        "pytorch #30303: a read in the order of memory": lambda u, a, b: right(
            rule, u, a.ravel(order="K").reshape(a.shape), b
        ),
        "no db": lambda u, a, b: (right(rule, u, a, b)[0], np.zeros_like(b)),
        "a for b": lambda u, a, b: (right(rule, u, a, fit(a, b))[0], right(rule, u, a, b)[1]),
    }


def broadcast_taken(u: Any, a: Any, b: Any) -> Any:
    """The first matrix of a batch where the sum over it should be."""
    if u.ndim <= 2 or not (a.ndim == 2 or b.ndim == 2) or 0 in u.shape:
        return tuple(2 * dx for dx in right(pv.matmul, u, a, b)) if a.ndim != b.ndim else right(pv.matmul, u, a, b)
    masked = np.zeros_like(u)
    masked[(0,) * (u.ndim - 2)] = u[(0,) * (u.ndim - 2)]
    return right(pv.matmul, masked, a, b)


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "dot": transposes(pv.dot),
    "matmul": {**transposes(pv.matmul), "burn #181: the first of a batch for its sum": broadcast_taken},
    "linear": {
        **transposes(pv.linear),
        "the first sample for the sum over the batch": lambda u, x, w: (
            right(pv.linear, u, x, w)[0],
            of_first_sample(u, x, w),
        ),
        "mean over the batch": lambda u, x, w: (
            right(pv.linear, u, x, w)[0],
            right(pv.linear, u, x, w)[1] / w.dtype.type(max(1, len(rows(x)))),
        ),
    },
}
