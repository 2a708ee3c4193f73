"""JAX's primitives in NumPy that put elements elsewhere: windows, slices and indices."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.lax import GatherScatterMode

from purevjp.aliases import Array


def pad(x: Any, fill: Any, *, padding_config: Any) -> Array:
    """x with `fill` around and between its elements, or with some cut away."""
    sides = [low + high + n + max(n - 1, 0) * inside
             for n, (low, high, inside) in zip(x.shape, padding_config, strict=True)]  # fmt: skip
    wide = [side - min(low, 0) - min(high, 0) for side, (low, high, _) in zip(sides, padding_config, strict=True)]
    y = np.full(wide, fill, x.dtype)
    y[tuple(slice(max(low, 0), max(low, 0) + max(n - 1, 0) * (inside + 1) + min(n, 1), inside + 1)
            for n, (low, _, inside) in zip(x.shape, padding_config, strict=True))] = x  # fmt: skip
    return y[tuple(slice(max(-low, 0), max(-low, 0) + n) for n, (low, _, _) in zip(sides, padding_config, strict=True))]


def windows(x: Array, sides: Sequence[int], strides: Sequence[int], dilation: Sequence[int]) -> Array:
    """A view of the windows over the last axes, in as many new last axes."""
    n = len(sides)
    reach = tuple((side - 1) * apart + 1 for side, apart in zip(sides, dilation, strict=True))
    if any(length < least for length, least in zip(x.shape[-n:], reach, strict=True)):
        places = (
            len(range(0, length - least + 1, step))
            for length, least, step in zip(x.shape[-n:], reach, strides, strict=True)
        )
        return np.empty((*x.shape[:-n], *places, *sides), x.dtype)
    view = np.lib.stride_tricks.sliding_window_view(x, reach, tuple(range(-n, 0)))
    every: tuple[Any, ...] = (..., *(slice(None, None, step) for step in (*strides, *dilation)))
    return np.asarray(view[every])


def dynamic_slice(x: Any, *starts: Any, slice_sizes: Any) -> Array:
    """A part of x, moved to lie inside."""
    return np.asarray(x)[part(x, starts, slice_sizes)]


def dynamic_update_slice(x: Any, update: Any, *starts: Any) -> Array:
    """x with a part replaced."""
    y = np.array(x)
    y[part(x, starts, np.shape(update))] = update
    return y


def part(x: Any, starts: Sequence[Any], sizes: Sequence[int]) -> tuple[slice, ...]:
    """The slices of a part that is moved to lie inside."""
    firsts = [min(max(int(i), 0), n - size) for i, n, size in zip(starts, np.shape(x), sizes, strict=True)]
    return tuple(slice(first, first + size) for first, size in zip(firsts, sizes, strict=True))


def gather(
    x: Any, indices: Any, *, dimension_numbers: Any, slice_sizes: Any, mode: Any, fill_value: Any, **_: Any
) -> Array:
    """Windows of x that start at the indices."""
    of = dimension_numbers
    batched = zip(of.operand_batching_dims, of.start_indices_batching_dims, strict=True)
    at, inside = placed(x.shape, indices, slice_sizes, of.start_index_map, dict(batched), mode)
    if fill_value is None:
        fill_value = np.nan if x.dtype.kind in "fc" else np.iinfo(x.dtype).min if x.dtype.kind == "i" else True
    dropped = {*of.collapsed_slice_dims, *of.operand_batching_dims}
    kept = [size for axis, size in enumerate(slice_sizes) if axis not in dropped]
    y = np.full((*indices.shape[:-1], *kept), fill_value, x.dtype)
    if x.size:
        y = np.where(inside, x[at], y.dtype.type(fill_value)).reshape(y.shape)
    return np.moveaxis(y, range(indices.ndim - 1, y.ndim), of.offset_dims)


def scatter(
    x: Any, indices: Any, updates: Any, *, dimension_numbers: Any, mode: Any, adds: bool = False, **_: Any
) -> Array:
    """x with windows that start at the indices replaced, or with something added to each."""
    of = dimension_numbers
    batched = dict(zip(of.operand_batching_dims, of.scatter_indices_batching_dims, strict=True))
    ndim = indices.ndim - 1
    lone = {*of.inserted_window_dims, *batched}
    sides = iter(of.update_window_dims)
    sizes = [1 if axis in lone else updates.shape[next(sides)] for axis in range(x.ndim)]
    at, inside = placed(x.shape, indices, sizes, of.scatter_dims_to_operand_dims, batched, mode)
    moved = np.moveaxis(updates, of.update_window_dims, range(ndim, updates.ndim))
    moved = moved.reshape(*moved.shape[:ndim], *sizes)
    inside = np.broadcast_to(inside, moved.shape)
    at = tuple(np.broadcast_to(i, moved.shape)[inside] for i in at)
    y = np.array(x)
    if adds:
        np.add.at(y, at, moved[inside])
    else:
        y[at] = moved[inside]
    return y


def placed(
    shape: Sequence[int], indices: Any, sizes: Sequence[int], axes: Sequence[int], batched: dict[int, int], mode: Any
) -> tuple[tuple[Array, ...], Array]:
    """For each axis, where the elements of windows lie, and which windows lie inside: batch axes, then a window's own.

    `axes` are those that the last axis of the indices is for; `batched` says which axis of them another one follows.
    """
    batch, n = indices.shape[:-1], len(shape)
    starts: list[Any] = [np.zeros(batch, np.int64) for _ in range(n)]
    for k, axis in enumerate(axes):
        starts[axis] = indices[..., k].astype(np.int64)
    for axis, of in batched.items():
        starts[axis] = np.arange(shape[axis]).reshape([-1 if i == of else 1 for i in range(len(batch))])
    inside = np.ones(batch, bool)
    at = []
    for axis, (start, side, size) in enumerate(zip(starts, shape, sizes, strict=True)):
        kept = np.clip(start, 0, side - size)
        if mode == GatherScatterMode.FILL_OR_DROP:
            inside = inside & (kept == start)
        along = np.arange(size).reshape([-1 if i == axis else 1 for i in range(n)])
        at.append(np.expand_dims(kept, tuple(range(-n, 0))) + along)
    return tuple(at), np.expand_dims(np.broadcast_to(inside, batch), tuple(range(-n, 0)))
