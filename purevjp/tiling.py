"""Functions that repeat, pad, roll and turn arrays: what was repeated has its cotangents added up."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from purevjp.aliases import Array, ArrayLike, Axis, DType, Pullback1
from purevjp.contract import as_cotangent, as_primal

__all__ = ["flip", "pad", "repeat", "roll", "rot90", "tile"]

Integers: TypeAlias = int | Sequence[int] | npt.NDArray[np.integer]
Widths: TypeAlias = Integers | Sequence[Sequence[int]] | Mapping[int, int | Sequence[int]]
Mode: TypeAlias = Literal["constant", "edge", "reflect", "symmetric", "wrap"]
MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def pad(
    x: ArrayLike, /, *, pad_width: Widths, mode: Mode = "constant", constant_values: npt.ArrayLike = 0
) -> tuple[Array, Pullback1]:
    """With more elements before and after each axis: constants, the edge, or mirror images or copies, over and over.

    Value     y[p] = x[i(p)], p = −before, ..., n − 1 + after along each axis; i is p held in 0, ..., n − 1 (edge), p
              modulo n (wrap), or p mirrored at the first and last element (reflect) or beyond them (symmetric)
    Pullback  dx[i] = Σ u[p]  (Σ over all p with i(p) = i; the constants get nothing)
    Shapes    x: (n, ...), y, u: (before + n + after, ...)
    Keeps     nothing
    Errors    ValueError on NumPy's other modes, and on constant_values where there are none; NumPy's, on other widths
    Source    `pad_width` is n, (n,), (before, after), one of these for each axis, or a dict of such by axis. Left out:
              reflect_type="odd", and the modes empty, linear_ramp, maximum, mean, median and minimum

    >>> value, vjp = pad(np.array([1.0, 2.0, 3.0]), pad_width=(2, 1), mode="reflect")
    >>> value, vjp(np.array([4.0, 5.0, 6.0, 7.0, 8.0, 9.0]))
    (array([3., 2., 1., 2., 3., 2.]), (array([ 6., 21., 12.]),))
    """
    x = as_primal(x, "pad", "x", analytic=True)
    if mode not in MODES:
        raise ValueError(f"pad got mode {mode!r}, but should get one of {', '.join(map(repr, MODES))}")
    if mode != "constant" and np.any(constant_values):
        raise ValueError(f"pad got constant_values with mode {mode!r}, but should get them with 'constant' alone")
    spelt: Any = by_axis(pad_width, x.ndim) if isinstance(pad_width, Mapping) else pad_width
    options: dict[str, Any] = {"constant_values": constant_values} if mode == "constant" else {}
    y = np.pad(x, spelt, mode, **options)
    widths = np.broadcast_to(spelt, (x.ndim, 2)).tolist()
    shape, dtype, x_shape = y.shape, y.dtype, x.shape
    inner = tuple(slice(before, before + n) for (before, _), n in zip(widths, x_shape, strict=True))

    def pad_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "pad", shape, dtype)
        if mode == "constant" or u.shape == x_shape:
            return (u[inner].copy(),)
        u = u.astype(wide_of(dtype), copy=False)
        for axis, (before, after) in enumerate(widths):
            if before or after:
                u = folded(u, axis, before, x_shape[axis], mode)
        return (u.astype(dtype, copy=False),)

    return y, pad_vjp


def tile(x: ArrayLike, /, *, reps: Integers) -> tuple[Array, Pullback1]:
    """Copies of an array, side by side along each axis; along new first ones, where `reps` names more axes.

    Value     y[p] = x[p mod n]
    Pullback  dx = Σ u  (Σ over the copies)
    Shapes    x: (n, ...), y, u: (reps n, ...)
    Keeps     nothing

    >>> value, vjp = tile(np.array([1.0, 2.0]), reps=2)
    >>> value, vjp(np.array([3.0, 4.0, 5.0, 6.0]))
    (array([1., 2., 1., 2.]), (array([ 8., 10.]),))
    """
    x = as_primal(x, "tile", "x", analytic=True)
    y = np.tile(x, reps)
    shape, dtype, x_shape = y.shape, y.dtype, x.shape
    copies = np.atleast_1d(reps).tolist()
    copies, sides = [1] * (y.ndim - len(copies)) + copies, [1] * (y.ndim - x.ndim) + list(x_shape)
    apart = list(itertools.chain.from_iterable(zip(copies, sides, strict=True)))
    axes = tuple(range(0, 2 * y.ndim, 2))

    def tile_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "tile", shape, dtype).reshape(apart)
        dx = np.add.reduce(u, axis=axes, dtype=wide_of(dtype))
        return (dx.astype(dtype, copy=False).reshape(x_shape),)

    return y, tile_vjp


def repeat(x: ArrayLike, /, *, repeats: Integers, axis: int | None = None) -> tuple[Array, Pullback1]:
    """Each element again and again along `axis`: all as often, or each as often as its count; all in a row if None.

    Value     y = [x₀, x₀, ..., x₁, x₁, ...], xᵢ repeatsᵢ times
    Pullback  dxᵢ = Σ u  (Σ over the places of xᵢ; 0 if it has none)
    Shapes    x: (..., n, ...), repeats: () or (n), y, u: (..., Σ repeats, ...)
    Keeps     where each count begins
    Errors    TypeError on counts that are no integers: NumPy cuts them; ValueError (NumPy's) on another number of them
    Lacks     total_repeat_length

    >>> value, vjp = repeat(np.array([1.0, 2.0, 3.0]), repeats=[2, 0, 1])
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([1., 1., 3.]), (array([9., 0., 6.]),))
    """
    x = as_primal(x, "repeat", "x", analytic=True)
    if np.size(repeats) and np.asarray(repeats).dtype.kind not in "iu":
        raise TypeError(f"repeat got repeats of dtype {np.asarray(repeats).dtype}, but should get integers")
    y = np.repeat(x, repeats, axis)
    shape, dtype, x_shape = y.shape, y.dtype, x.shape
    along, sides = (0, (x.size,)) if axis is None or not x_shape else (axis % x.ndim, x_shape)
    before, (n, *after) = sides[:along], sides[along:]
    counts = np.ravel(repeats).astype(np.intp)
    some = np.flatnonzero(counts)
    starts = (np.cumsum(counts) - counts)[some]

    def repeat_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "repeat", shape, dtype)
        if counts.size == 1:
            u = u.reshape(*before, n, int(counts[0]), *after)
            dx = np.add.reduce(u, axis=along + 1, dtype=wide_of(dtype))
            return (dx.astype(dtype, copy=False).reshape(x_shape),)
        dx = np.zeros(sides, dtype)
        if some.size:
            dx[(slice(None),) * along + (some,)] = np.add.reduceat(u, starts, axis=along, dtype=wide_of(dtype))
        return (dx.reshape(x_shape),)

    return y, repeat_vjp


def roll(x: ArrayLike, /, *, shift: Integers, axis: Axis = None) -> tuple[Array, Pullback1]:
    """Elements moved along axes by `shift`, those at the end to the front; as if in one axis where `axis` is None.

    Value     y[p] = x[(p − shift) mod n]
    Pullback  dx[p] = u[(p + shift) mod n]
    Shapes    x, y, u: (n, ...)
    Keeps     nothing

    >>> value, vjp = roll(np.array([1.0, 2.0, 3.0]), shift=1)
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([3., 1., 2.]), (array([5., 6., 4.]),))
    """
    x = as_primal(x, "roll", "x", analytic=True)
    y = np.roll(x, shift, axis)
    shape, dtype, back = y.shape, y.dtype, -np.asarray(shift).astype(np.int64)

    def roll_vjp(u: ArrayLike) -> tuple[Array]:
        return (np.roll(as_cotangent(u, "roll", shape, dtype), back, axis),)

    return y, roll_vjp


def flip(x: ArrayLike, /, *, axis: Axis = None) -> tuple[Array, Pullback1]:
    """From the last to the first along the axes named, or along all.

    Value     y[p] = x[n − 1 − p]; a view of x
    Pullback  dx[p] = u[n − 1 − p]
    Shapes    x, y, u: (n, ...)
    Keeps     nothing

    >>> value, vjp = flip(np.array([1.0, 2.0, 3.0]))
    >>> vjp(np.array([4.0, 5.0, 6.0]))
    (array([6., 5., 4.]),)
    """
    x = as_primal(x, "flip", "x", analytic=True)
    y = np.flip(x, axis)
    shape, dtype = y.shape, y.dtype

    def flip_vjp(u: ArrayLike) -> tuple[Array]:
        return (np.flip(as_cotangent(u, "flip", shape, dtype), axis).copy(),)

    return y, flip_vjp


def rot90(x: ArrayLike, /, *, k: int = 1, axes: tuple[int, int] = (0, 1)) -> tuple[Array, Pullback1]:
    """Turned by k quarters in the plane of two axes, from the first towards the second.

    Value     y[m − 1 − j, i] = x[i, j] for k = 1; a view of x
    Pullback  dx = u, turned back by k quarters
    Shapes    x: (n, m), y, u: (m, n) for odd k; other axes stay as they are
    Keeps     nothing

    >>> value, vjp = rot90(np.array([[1.0, 2.0]]))
    >>> value, vjp(np.array([[3.0], [4.0]]))
    (array([[2.],
           [1.]]), (array([[4., 3.]]),))
    """
    x = as_primal(x, "rot90", "x", analytic=True)
    y = np.rot90(x, k, axes)
    shape, dtype = y.shape, y.dtype

    def rot90_vjp(u: ArrayLike) -> tuple[Array]:
        return (np.rot90(as_cotangent(u, "rot90", shape, dtype), -k, axes).copy(),)

    return y, rot90_vjp


def by_axis(widths: Mapping[int, int | Sequence[int]], ndim: int) -> npt.NDArray[np.integer]:
    """The widths before and after each axis, of those named alone."""
    pairs: list[npt.ArrayLike] = [(0, 0)] * ndim
    for axis, width in widths.items():
        pairs[axis] = np.broadcast_to(width, 2)
    return np.array(pairs).reshape(ndim, 2)


def wide_of(dtype: DType) -> DType:
    """The dtype that sums are taken in: float32 for float16."""
    return np.promote_types(dtype, np.float32)


def folded(u: Array, axis: int, before: int, n: int, mode: str) -> Array:
    """The adjoint of padding one axis of n elements, `before` of them in front: what was added is put back."""
    moved = np.moveaxis(u, axis, 0)
    after = len(moved) - before - n
    if mode != "edge" and n > 1 and max(before, after) > n - (mode == "reflect"):
        return np.moveaxis(added_up(moved, before, n, mode), 0, axis)
    dx = u[(slice(None),) * axis + (slice(before, before + n),)].copy()
    inner, front, back = np.moveaxis(dx, axis, 0), moved[:before], moved[before + n :]
    if mode == "edge" or n == 1:
        inner[0] += front.sum(axis=0)
        inner[-1] += back.sum(axis=0)
    elif mode == "wrap":
        inner[n - before :] += front
        inner[:after] += back
    else:
        first, last = (1, n - 1) if mode == "reflect" else (0, n)
        inner[first : first + before] += front[::-1]
        inner[last - after : last] += back[::-1]
    return dx


def added_up(u: Array, before: int, n: int, mode: str) -> Array:
    """The same along the first axis, where padding repeats: as it has a period, u is added up over all of them first.

    A period of a mirror is an array there and back.
    """
    period = {"wrap": n, "symmetric": 2 * n, "reflect": 2 * n - 2}[mode]
    turns, rest = divmod(len(u), period)
    total = u[: turns * period].reshape(turns, period, *u.shape[1:]).sum(axis=0)
    total[:rest] += u[turns * period :]
    total = np.roll(total, -before, axis=0)
    dx: Array = total[:n].copy()
    if mode != "wrap":
        first, last = (1, n - 1) if mode == "reflect" else (0, n)
        dx[first:last] += total[: n - 1 : -1]
    return dx
