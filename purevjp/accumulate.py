"""Integer indices, and the adjoint of taking elements by them: those taken twice get both cotangents."""

import math
from typing import Any

import numpy as np

from purevjp.aliases import Array, ArrayLike, DType, Shape

WIDE, PASS = 32, 4000
"""From so many elements on a slice is added whole; one pass over slices costs as much as so many elements."""


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


def added_by(index: Any, u: Array, shape: Shape, dtype: DType) -> Array:
    """Zeros of this shape, to which the elements of `u` are added where an index of any form says."""
    rows = rows_of(index, shape)
    if rows is None:
        return added_at(positions_of(index, shape), u, shape, dtype)
    return added_slices(rows, u, shape, 0, dtype)


def rows_of(index: Any, shape: Shape) -> Array | None:
    """The rows that an index of one array of integers takes, from 0 on; None of an index of any other form."""
    i = np.asarray(index) if takes_rows(index, shape) else None
    return None if i is None else np.where(i < 0, i + shape[0], i)


def takes_rows(index: Any, shape: Shape) -> bool:
    """Whether an index is one array of integers, and so takes rows, of some elements each."""
    if not isinstance(index, list | np.ndarray) or not all(shape[1:]):
        return False
    i = np.asarray(index)
    return bool(shape and i.ndim and i.dtype.kind in "iu")


def places_of(index: Any, shape: Shape) -> tuple[Array, Shape, int]:
    """Which parts of an array an index takes: rows, or single elements in C order; the shape of all that it takes, and
    how many elements each part has.
    """
    if takes_rows(index, shape):
        rows = np.asarray(index)
        return rows.ravel(), (*rows.shape, *shape[1:]), math.prod(shape[1:])
    positions = positions_of(index, shape)
    return positions.ravel(), positions.shape, 1


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


def added_slices(indices: Array, u: Array, shape: Shape, axis: int, dtype: DType) -> Array:
    """Zeros of this shape, to whose slices along an axis the slices of `u` are added; no index is negative.

    Wide slices are added whole: first those that are the first with their index, then the second, and so on.
    """
    outer, side, inner = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
    i = indices.ravel()
    order, first, times = in_turns(i) if inner >= WIDE and u.size >= PASS else (i, i, i)
    passes = int(times.max(initial=0)) if inner >= WIDE and u.size >= PASS else u.size
    if passes * PASS > u.size:
        starts = np.arange(outer)[:, None, None] * (side * inner)
        return added_at(starts + i[:, None] * inner + np.arange(inner), u, shape, dtype)
    slices = u.reshape(outer, i.size, inner)
    total: Array = np.zeros((outer, side, inner), np.float32 if dtype == np.float16 else dtype)
    for turn in range(passes):
        at = order[first[times > turn] + turn]
        total[:, i[at]] = total[:, i[at]] + slices[:, at] if turn else slices[:, at]
    return total.reshape(shape).astype(dtype, copy=False)


def in_turns(i: Array) -> tuple[Array, Array, Array]:
    """The order that sorts indices, where each begins in it, and how often it is there."""
    order = np.argsort(i, kind="stable")
    begins = np.ones(i.size, bool)
    np.not_equal(i[order[1:]], i[order[:-1]], out=begins[1:])
    first = np.flatnonzero(begins)
    return order, first, np.diff(first, append=i.size)


def added_at(positions: Array, u: Array, shape: Shape, dtype: DType) -> Array:
    """Zeros of this shape, to which the elements of `u` are added at these positions, in C order.

    For one flat index `np.add.at` has a loop of its own, as fast as `np.bincount`, in every dtype. float16 is added up
    in float32: of ones it counts no further than 2048.
    """
    total: Array = np.zeros(math.prod(shape), np.float32 if dtype == np.float16 else dtype)
    np.add.at(total, positions.ravel(), u.ravel())
    return total.reshape(shape).astype(dtype, copy=False)
