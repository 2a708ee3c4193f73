"""Integer indices, and the adjoint of taking elements by them: those taken twice get both cotangents."""

import math
from typing import Any

import numpy as np

from purevjp.aliases import Array, ArrayLike, DType, Shape


def as_indices(indices: ArrayLike, rule: str, side: int) -> Array:
    """Integers from −`side` to `side` − 1 as their equals from 0 on.

    Errors  TypeError when they are not integers, IndexError when one is out of range.
    """
    i = as_integers(indices, rule)
    if i.size and not -side <= i.min() <= i.max() < side:
        raise IndexError(f"{rule} got indices from {i.min()} to {i.max()}, but should get {-side} to {side - 1}")
    return np.where(i < 0, i + side, i)


def as_integers(indices: ArrayLike, rule: str) -> Array:
    """Indices as an array of integers.

    Errors  TypeError when they are of another dtype.
    """
    i = np.asarray(indices)
    if i.dtype.kind not in "iu":
        raise TypeError(f"{rule} got indices of dtype {i.dtype}, but should get integers")
    return i.astype(np.intp, copy=False)


def takes_twice(index: Any) -> bool:
    """Whether an index, of any form that NumPy knows, may name an element twice: it has an array of integers."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [np.asarray(part) for part in parts if isinstance(part, list | tuple | np.ndarray)]
    return any(array.ndim > 0 and array.dtype.kind in "iu" for array in arrays)


def positions_of(index: Any, shape: Shape) -> Array:
    """Where the elements that an index selects lie, in C order."""
    positions: Array = np.arange(math.prod(shape)).reshape(shape)[index]
    return positions


def positions_along(indices: Array, shape: Shape, axis: int) -> Array:
    """Where the elements lie that `take_along_axis` takes, in C order; the indices are not negative."""
    strides = [math.prod(shape[a + 1 :]) for a in range(len(shape))]
    positions = indices * strides[axis]
    for a, n in enumerate(shape):
        if a != axis:
            steps = np.arange(n) * strides[a]
            positions = positions + steps.reshape([-1 if i == a else 1 for i in range(len(shape))])
    return positions


def positions_of_slices(indices: Array, shape: Shape, axis: int) -> Array:
    """Where the elements of the slices lie that `take` takes along an axis, in C order; no index is negative."""
    inner, side = math.prod(shape[axis + 1 :]), shape[axis]
    outer = np.arange(math.prod(shape[:axis])) * (side * inner)
    positions: Array = outer[:, None, None] + indices.reshape(-1, 1) * inner + np.arange(inner)
    return positions


def added_at(positions: Array, u: Array, shape: Shape, dtype: DType) -> Array:
    """Zeros of this shape, to which the elements of `u` are added at these positions, in C order.

    For one flat index `np.add.at` has a loop of its own, as fast as `np.bincount`, in every dtype. float16 is added up
    in float32: of ones it counts no further than 2048.
    """
    total: Array = np.zeros(math.prod(shape), np.float32 if dtype == np.float16 else dtype)
    np.add.at(total, positions.ravel(), u.ravel())
    return total.reshape(shape).astype(dtype, copy=False)
