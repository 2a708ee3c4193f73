"""Functions that take elements by index, by condition or by window."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from purevjp.accumulate import (
    added_at,
    added_by,
    added_slices,
    as_indices,
    as_integers,
    positions_along,
    takes_twice,
)
from purevjp.aliases import Array, ArrayLike, Pullback1, Shape, TreePullback
from purevjp.broadcast import unbroadcast
from purevjp.contract import as_cotangent, as_primal
from purevjp.mask import chosen, masked, parted

__all__ = ["embedding", "getitem", "select", "sliding_window_view", "take", "take_along_axis"]


def getitem(x: ArrayLike, /, *, index: Any) -> tuple[Array, Pullback1]:
    """Elements by index, of every form that NumPy knows.

    Value     y = x[index];  a view of x where NumPy gives one
    Pullback  dx = Σ u over the places that an element was taken to, 0 where it was not taken
    Shapes    x: (...), y, u: as NumPy says: arrays that slices separate put their axes first
    Keeps     index
    Errors    IndexError (NumPy's) when the index is out of range, or no index

    >>> value, vjp = getitem(np.array([1.0, 2.0, 3.0]), index=[0, 2, 0])
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([1., 3., 1.]), (array([10.,  0.,  5.]),))
    """
    x = as_primal(x, "getitem", "x", analytic=True)
    y: Array = x[index]
    shape, x_shape, dtype, twice = y.shape, x.shape, x.dtype, takes_twice(index)

    def getitem_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "getitem", shape, dtype)
        if twice:
            return (added_by(index, u, x_shape, dtype),)
        dx = np.zeros(x_shape, dtype)
        dx[index] = u
        return (dx,)

    return y, getitem_vjp


def take(
    x: ArrayLike, /, *, indices: ArrayLike, axis: int | None = None, mode: Literal["raise", "wrap", "clip"] = "raise"
) -> tuple[Array, Pullback1]:
    """Slices along an axis by index; elements of the flattened array when `axis` is None.

    Value     y[..., j, ...] = x[..., i, ...],  i = indices[j];  mode="wrap": i modulo n, mode="clip": the nearest of 0
              to n − 1, so that negative ones take the first slice
    Pullback  dx[..., i, ...] = Σ u[..., j, ...] over all j with indices[j] = i
    Shapes    x: (..., n, ...), indices: (j), y, u: (..., j, ...)  (j: any number of axes)
    Keeps     indices
    Errors    TypeError when indices are not integers, IndexError when one is out of range and mode="raise" (JAX gives
              nan); ValueError on another mode

    >>> value, vjp = take(np.array([[1.0, 2.0], [3.0, 4.0]]), indices=[1, -1], axis=0)
    >>> vjp(np.array([[5.0, 6.0], [7.0, 8.0]]))
    (array([[ 0.,  0.],
           [12., 14.]]),)
    """
    x, i = as_primal(x, "take", "x", analytic=True), as_integers(indices, "take")
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"take got mode {mode!r}, but should get 'raise', 'wrap' or 'clip'")
    y = np.take(x, i, axis=axis, mode=mode)
    shape, x_shape, dtype = y.shape, x.shape, x.dtype
    along = (x.size,) if axis is None or not x.ndim else x.shape
    at = 0 if axis is None or not x.ndim else axis % x.ndim
    i = i % max(along[at], 1) if mode != "clip" else np.clip(i, 0, max(along[at] - 1, 0))

    def take_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "take", shape, dtype)
        return (added_slices(i, u, along, at, dtype).reshape(x_shape),)

    return y, take_vjp


def take_along_axis(x: ArrayLike, /, *, indices: ArrayLike, axis: int | None = -1) -> tuple[Array, Pullback1]:
    """Elements by index in each lane along an axis; of the flattened array when `axis` is None.

    Value     y[..., j, ...] = x[..., indices[..., j, ...], ...]
    Pullback  dx = Σ u over the places that an element was taken to, 0 where it was not taken
    Shapes    x: (..., n, ...), indices: (..., j, ...), their other sides broadcast together; y, u: (..., j, ...)
    Keeps     indices
    Errors    TypeError when indices are not integers, IndexError when one is out of range; ValueError (NumPy's) when
              they have another number of axes than x
    Lacks     mode

    >>> value, vjp = take_along_axis(np.array([[1.0, 2.0], [3.0, 4.0]]), indices=[[1, 1, 0]])
    >>> value, vjp(np.array([[5.0, 6.0, 7.0], [8.0, 9.0, 10.0]]))
    (array([[2., 2., 1.],
           [4., 4., 3.]]), (array([[ 7., 11.],
           [10., 17.]]),))
    """
    x, i = as_primal(x, "take_along_axis", "x", analytic=True), as_integers(indices, "take_along_axis")
    y = np.take_along_axis(x, i, axis)
    shape, x_shape, dtype = y.shape, x.shape, x.dtype
    along = (x.size,) if axis is None else x.shape
    at = 0 if axis is None else axis % x.ndim
    i = as_indices(i, "take_along_axis", along[at])

    def take_along_axis_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "take_along_axis", shape, dtype)
        return (added_at(positions_along(i, along, at), u, x_shape, dtype),)

    return y, take_along_axis_vjp


def embedding(table: ArrayLike, /, *, indices: ArrayLike, padding_index: int | None = None) -> tuple[Array, Pullback1]:
    """Rows of a table by index.

    Value     y[j] = table[indices[j]];  0 where the index is `padding_index`, whatever the table has there
    Pullback  dtable[i] = Σ u[j] over all j with indices[j] = i;  0 for the padding
    Shapes    table: (n, ...), indices: (j), y, u: (j, ...)  (j: any number of axes)
    Keeps     indices
    Errors    TypeError when indices are not integers, IndexError when one is out of range, as is `padding_index`
    Source    torch gives the row of the padding, which starts as 0, and no cotangent to it; of a value that depends on
              that row, this would be no derivative

    >>> value, vjp = embedding(np.array([[1.0, 2.0], [3.0, 4.0]]), indices=[1, 0, 1], padding_index=0)
    >>> value, vjp(np.array([[5.0, 6.0], [7.0, 8.0], [9.0, 10.0]]))
    (array([[3., 4.],
           [0., 0.],
           [3., 4.]]), (array([[ 0.,  0.],
           [14., 16.]]),))
    """
    table = as_primal(table, "embedding", "table", analytic=True)
    if not table.ndim:
        raise ValueError("embedding got table of shape (), but should get (n, ...)")
    n, table_shape, dtype = len(table), table.shape, table.dtype
    i = as_indices(indices, "embedding", n)
    kept = None
    y = table[i]
    if padding_index is not None:
        if not -n <= padding_index < n:
            raise IndexError(f"embedding got padding_index {padding_index}, but should get {-n} to {n - 1}")
        kept = np.asarray(i != padding_index % n)
        y = masked(y, kept.reshape(i.shape + (1,) * (table.ndim - 1)))
    shape = y.shape

    def embedding_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "embedding", shape, dtype)
        at, rows = (i, u) if kept is None else (i[kept], u[kept])
        return (added_slices(at, rows, table_shape, 0, dtype),)

    return y, embedding_vjp


def select(
    choices: Sequence[ArrayLike], /, *, conditions: Sequence[ArrayLike], default: float = 0
) -> tuple[Array, TreePullback]:
    """For each element the choice of the first condition that holds.

    Value     y = choices[k],  k the first with conditions[k];  `default` where none holds
    Pullback  dchoices[k] = Σ u [k is the first to hold]  (Σ over the axes that broadcasting added)
    Shapes    choices[k], conditions[k]: (...), all broadcast together; y, u: (...)
    Keeps     the conditions
    Errors    TypeError when choices are not a list or tuple, or a condition is not of truth values; ValueError when
              there are not as many conditions, or none

    >>> value, vjp = select(
    ...     [np.array([1.0, 2.0, 3.0]), np.array(9.0)],
    ...     conditions=[[True, False, False], [True, True, False]],
    ...     default=-1.0,
    ... )
    >>> value, vjp(np.array([5.0, 6.0, 7.0]))
    (array([ 1.,  9., -1.]), ([array([5., 0., 0.]), np.float64(6.0)],))
    """
    if not isinstance(choices, list | tuple):
        raise TypeError(f"select got choices as {choices.__class__.__name__}, but should get a list or tuple of arrays")
    xs = [as_primal(x, "select", f"choices[{k}]", analytic=True) for k, x in enumerate(choices)]
    holds = [np.asarray(condition) for condition in conditions]
    for k, hold in enumerate(holds):
        if hold.dtype != np.bool_:
            raise TypeError(f"select got conditions[{k}] of dtype {hold.dtype}, but should get bool")
    if not xs or len(holds) != len(xs):
        raise ValueError(f"select got {len(holds)} conditions for {len(xs)} choices, but should get one for each")
    shape, dtype = np.broadcast_shapes(*(a.shape for a in (*xs, *holds))), np.result_type(*xs)
    y: Array = np.full(shape, default, dtype)
    for hold, x in reversed(list(zip(holds, xs, strict=True))):
        y = chosen(hold, x.astype(dtype, copy=False), y)
    parts = [(x.shape, x.dtype) for x in xs]
    as_given = list if isinstance(choices, list) else tuple

    def select_vjp(u: ArrayLike) -> tuple[Sequence[Array]]:
        rest, cotangents = as_cotangent(u, "select", shape, dtype), []
        for hold, part in zip(holds, parts, strict=True):
            taken, rest = parted(rest, hold)
            cotangents.append(unbroadcast(taken, *part))
        return (as_given(cotangents),)

    return y[()], select_vjp


def sliding_window_view(
    x: ArrayLike, /, *, window_shape: int | Shape, axis: int | Shape | None = None
) -> tuple[Array, Pullback1]:
    """All windows of a shape.

    Value     y[..., p, ..., w] = x[..., p + w, ...];  a view of x
    Pullback  dx[..., i, ...] = Σ u[..., p, ..., w] over all p + w = i
    Shapes    x: (..., n, ...), y, u: (..., n − w + 1, ..., w)  (one w for each of `axis`, for all axes by default)
    Keeps     nothing
    Errors    ValueError (NumPy's) when a window is larger than x

    >>> value, vjp = sliding_window_view(np.array([1.0, 2.0, 3.0]), window_shape=2)
    >>> value, vjp(np.array([[4.0, 5.0], [6.0, 7.0]]))
    (array([[1., 2.],
           [2., 3.]]), (array([ 4., 11.,  7.]),))
    """
    x = as_primal(x, "sliding_window_view", "x", analytic=True)
    y = np.lib.stride_tricks.sliding_window_view(x, window_shape, axis)
    shape, dtype, ndim = y.shape, x.dtype, x.ndim
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    at = [a % ndim for a in axes]

    def sliding_window_view_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "sliding_window_view", shape, dtype)
        dx = u if at else u.copy()
        for a in reversed(at):
            dx = joined(dx, a)
        return (dx,)

    return y, sliding_window_view_vjp


def joined(u: Array, axis: int) -> Array:
    """Adjoint of the windows of one axis, the last axis of `u`: as many sums as a window has places, or fewer."""
    u = np.moveaxis(u, axis, -2)
    places, width = u.shape[-2:]
    total = np.zeros((*u.shape[:-2], places + width - 1), u.dtype)
    if width <= places:
        for w in range(width):
            total[..., w : w + places] += u[..., w]
    else:
        for p in range(places):
            total[..., p : p + width] += u[..., p, :]
    return np.ascontiguousarray(np.moveaxis(total, -1, axis))
