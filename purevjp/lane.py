"""What is reduced: masks, axes as one last axis, sums over it that neither overflow nor cancel, and shares of a tie."""

import math
from typing import Any

import numpy as np

from purevjp.aliases import Array, ArrayLike, Axis, DType, Shape
from purevjp.mask import masked


def as_mask(where: ArrayLike | None, rule: str, shape: Shape) -> Array | None:
    """`where` as truth values of this shape, or None if everything counts.

    Errors  TypeError when it is of another dtype, ValueError when it does not broadcast to the shape.
    """
    if where is None:
        return None
    mask = np.asarray(where)
    if mask.dtype != np.bool_:
        raise TypeError(f"{rule} got where of dtype {mask.dtype}, but should get bool")
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        wanted = f"one that broadcasts to {shape}, the shape of x"
        raise ValueError(f"{rule} got where of shape {mask.shape}, but should get {wanted}") from None


def given(**options: Any) -> dict[str, Any]:
    """The options that are not None."""
    return {key: option for key, option in options.items() if option is not None}


def accumulator(dtype: DType) -> DType:
    """The dtype to add up in: float32 for float16, else the same."""
    return np.promote_types(dtype, np.float32)


def added_up(x: Array, axis: Axis, keepdims: bool, **options: Any) -> Array:
    """x.sum, halves added in float32."""
    y: Array = x.sum(axis=axis, keepdims=keepdims, dtype=accumulator(x.dtype), **options)
    return y.astype(x.dtype, copy=False)


def reduced(ndim: int, axis: Axis) -> list[int]:
    """The axes that are reduced, in order; `axis` is one that NumPy has accepted."""
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return sorted(a % (ndim or 1) for a in axes) if ndim else []


def axis_last(x: Array, axis: int) -> Array:
    """The axis as the last one, a view."""
    return x if axis in {-1, x.ndim - 1} and x.ndim else np.moveaxis(x, axis, -1)


def axis_back(x: Array, axis: int) -> Array:
    """The last axis where this one was."""
    return x if axis in {-1, x.ndim - 1} else np.moveaxis(x, -1, axis)


def to_lanes(x: Array, axis: Axis) -> Array:
    """The reduced axes as one, the last; a view if there is one."""
    axes = reduced(x.ndim, axis)
    if axes == [x.ndim - 1]:
        return x
    kept = [a for a in range(x.ndim) if a not in axes]
    n = math.prod(x.shape[a] for a in axes)
    return x.transpose(*kept, *axes).reshape(*(x.shape[a] for a in kept), n)


def from_lanes(lanes: Array, shape: Shape, axis: Axis) -> Array:
    """The inverse of `to_lanes` for an array of this shape."""
    axes = reduced(len(shape), axis)
    if axes == [len(shape) - 1]:
        return lanes
    order = [a for a in range(len(shape)) if a not in axes] + axes
    back: Array = lanes.reshape([shape[a] for a in order]).transpose(np.argsort(order))
    return back


def count(mask: Array, axis: Axis) -> Array:
    """How many are true, with axes kept."""
    n: Array = np.sum(mask, axis=axis, keepdims=True)
    return n


def shares(x: Array, y: Array, u: Array, axis: Axis, *, initial: float | None = None, mask: Array | None = None) -> Any:
    """`u`, split evenly among the elements equal to `y`, or nan where it is nan; half of it where `initial` is too.

    `y` and `u` have the reduced axes as 1.
    """
    chosen = x == y
    if np.isnan(y).any():
        chosen |= np.isnan(x) & np.isnan(y)
    if mask is not None:
        chosen = chosen & mask
    if initial is None and np.count_nonzero(chosen) == y.size:  # one of each lane, for there is no lane without
        return masked(u, chosen)
    share = u / np.maximum(count(chosen, axis), 1)
    if initial is not None:
        share = np.where(y == y.dtype.type(initial), share / 2, share)
    return masked(share.astype(u.dtype), chosen)


def length(x: Array, axis: Axis, *, n: Any = 1) -> Array:
    """√(Σ x² / n), with axes kept; scaled first where squares would leave the range."""
    limits = np.finfo(x.dtype)
    with np.errstate(over="ignore", under="ignore"):
        y = np.sqrt(np.square(x).sum(axis=axis, keepdims=True) / n)
    lost = (y < math.sqrt(limits.tiny) / float(limits.eps)) | (y > math.sqrt(limits.max) / 2)
    if not np.any(lost):
        return np.asarray(y)
    largest = np.abs(x).max(axis=axis, keepdims=True, initial=0)
    size = np.where((largest > 0) & np.isfinite(largest), largest, 1)
    with np.errstate(under="ignore"):
        scaled = size * np.sqrt(np.square(x / size).sum(axis=axis, keepdims=True) / n)
    return np.asarray(np.where(lost, scaled, y), x.dtype)


def size_of(x: Array, p: float, axis: int | None) -> Array:
    """The p-norm, with axes around."""
    if p == 2:
        return length(x, axis)
    size = np.abs(x)
    if math.isinf(p):
        return np.asarray(size.max(axis=axis, keepdims=True) if p > 0 else size.min(axis=axis, keepdims=True))
    if p == 1:
        return np.asarray(size.sum(axis=axis, keepdims=True))
    largest = size.max(axis=axis, keepdims=True, initial=0)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1)
    return np.asarray(scale * np.power(np.power(size / scale, p).sum(axis=axis, keepdims=True), 1 / p))


def products_of_others(lanes: Array) -> tuple[Array]:
    """For each element, the product of all others along the last axis: of those before it and those after it."""
    before, after = np.ones_like(lanes), np.ones_like(lanes)
    np.cumprod(lanes[..., :-1], axis=-1, out=before[..., 1:])
    np.cumprod(lanes[..., :0:-1], axis=-1, out=after[..., -2::-1])
    before *= after
    return (before,)
