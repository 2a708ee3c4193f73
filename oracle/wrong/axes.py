"""Wrong pullbacks of functions that add, drop and move axes."""

from collections.abc import Callable
from typing import Any

import numpy as np


def fitted(dx: Any, x: Any) -> Any:
    """A copy, reshaped to the shape of x where it has another."""
    return np.array(dx.reshape(x.shape))


def backwards(u: Any, x: Any) -> Any:
    """u from its end."""
    return u.ravel()[::-1].reshape(x.shape).copy()


def by_memory(u: Any, x: Any) -> Any:
    """u read in the order of memory."""
    return u.ravel(order="K").reshape(x.shape).copy()


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "squeeze": {
        "all single axes are dropped from dx too": lambda u, x, *, axis: (x.squeeze() * 0 + u.squeeze(),),
        "u transposed": lambda u, x, *, axis: (fitted(u.T, x),),
        "torch/nn #345: u read in the order of memory": lambda u, x, *, axis: (by_memory(u, x),),
    },
    "expand_dims": {
        "always the first axis": lambda u, x, *, axis: (np.array(u[0] if u.ndim == x.ndim + 1 else u[0, 0]),),
        "the new axes are kept": lambda u, x, *, axis: (np.array(u),),
        "torch/nn #345: u read in the order of memory": lambda u, x, *, axis: (by_memory(u, x),),
    },
    "swapaxes": {
        "not swapped back": lambda u, x, *, axis1, axis2: (fitted(u, x),),
        "the last two axes": lambda u, x, *, axis1, axis2: (fitted(u.swapaxes(-1, -2) if u.ndim > 1 else u, x),),
        "all axes reversed": lambda u, x, *, axis1, axis2: (fitted(u.T, x),),
    },
    "moveaxis": {
        "moved again, not back": lambda u, x, *, source, destination: (fitted(np.moveaxis(u, source, destination), x),),
        "swapped": lambda u, x, *, source, destination: (
            fitted(u.swapaxes(np.ravel(source)[0], np.ravel(destination)[0]), x),
        ),
        "reshaped": lambda u, x, *, source, destination: (fitted(u, x),),
    },
    "atleast_1d": {
        "the new axis is kept": lambda u, x: (np.array(u),),
        "backwards": lambda u, x: (backwards(u, x),),
        "torch/nn #345: u read in the order of memory": lambda u, x: (by_memory(u, x),),
    },
    "atleast_2d": {
        "the new axes are kept": lambda u, x: (np.array(u),),
        "a vector was one column": lambda u, x: (fitted(u[:, :1].ravel().repeat(u.size)[: u.size], x),),
        "torch/nn #345: u read in the order of memory": lambda u, x: (by_memory(u, x),),
    },
    "atleast_3d": {
        "the new axes are kept": lambda u, x: (np.array(u),),
        "torch/nn #345: u read in the order of memory": lambda u, x: (by_memory(u, x),),
        "a vector ran along the last axis": lambda u, x: (
            fitted(u, x) if x.ndim > 1 else np.full(x.shape, u.ravel()[:1].sum(), x.dtype),
        ),
    },
}
