"""Pooling over windows."""

import math

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1, Shape
from purevjp.contract import as_cotangent, as_primal, check_flags
from purevjp.mask import parted
from purevjp.window import Padding, Sides, cropped, extents, padded, pads_of, per_axis, taps, window_counts

__all__ = ["avg_pool", "max_pool"]


def max_pool(
    x: ArrayLike, /, *, window: Sides, stride: Sides | None = None, padding: Padding = 0, dilation: Sides = 1
) -> tuple[Array, Pullback1]:
    """Largest element of each window.

    Value     y[b, c, i] = max over k of x[b, c, s i + d k − p], nan where any is nan;  x is −∞ outside
    Pullback  dx[b, c, j] = Σ u[b, c, i] where j is the first place of the largest element of window i
    Kinks     tie: u goes to the first in the window, in C order, as JAX and torch; nan: to the first nan, where torch
              has the last and JAX a neighbour; never to the padding, as torch (JAX loses it where all are −∞)
    Shapes    x: (b, c, *sides), y, u: (b, c, *counts),  counts = ⌊(side + padding − d (k − 1) − 1) / s⌋ + 1
    Keeps     y, x with its padding
    Errors    ValueError when x has no axis to pool, or an option of one number per axis does not fit
    Source    options as in `conv`; stride is the window by default, as torch

    >>> value, vjp = max_pool(np.array([[[1.0, 3.0, 2.0, 0.0]]]), window=2, stride=1)
    >>> value, vjp(np.array([[[1.0, 2.0, 4.0]]]))
    (array([[[3., 3., 2.]]]), (array([[[0., 3., 4., 0.]]]),))
    """
    x = as_primal(x, "max_pool", "x")
    sides, kernel, steps = pooled(x, window, stride, "max_pool")
    spacing = per_axis(dilation, len(sides), "max_pool", "dilation")
    reach = extents(kernel, spacing)
    pads = pads_of(padding, sides, reach, steps, "max_pool")
    counts = window_counts(sides, pads, reach, steps)
    around = padded(x, pads, -math.inf)
    places = list(taps(counts, kernel, steps, spacing))
    y = around[places[0]].copy()
    for where in places[1:]:
        np.maximum(y, around[where], out=y)

    def max_pool_vjp(u: ArrayLike) -> tuple[Array]:
        left = as_cotangent(u, "max_pool", y.shape, y.dtype)
        total = np.zeros(around.shape, y.dtype)
        inside = padded(np.ones(sides, bool), pads, fill=False)
        has_nan = bool(np.isnan(y).any())
        for where in places:
            largest = around[where] == y
            if has_nan:
                largest |= np.isnan(around[where]) & np.isnan(y)
            if inside.shape != sides:
                largest &= inside[where]
            taken, left = parted(left, largest)
            total[where] += taken
        return (cropped(total, sides, pads),)

    return y, max_pool_vjp


def avg_pool(
    x: ArrayLike,
    /,
    *,
    window: Sides,
    stride: Sides | None = None,
    padding: Padding = 0,
    count_include_pad: bool = True,
) -> tuple[Array, Pullback1]:
    """Mean of each window.

    Value     y[b, c, i] = Σ x[b, c, s i + k − p] / n over k;  x is 0 outside;  n: the size of the window, or with
              count_include_pad=False how much of it is inside: nan where nothing is
    Pullback  dx[b, c, j] = Σ u[b, c, i] / n over the windows i that j is in
    Shapes    x: (b, c, *sides), y, u: (b, c, *counts),  counts = ⌊(side + padding − k) / s⌋ + 1
    Keeps     n, one number per window and not per sample
    Errors    ValueError when x has no axis to pool, or an option of one number per axis does not fit
    Source    options as in `conv`; stride is the window by default, as torch

    >>> value, vjp = avg_pool(np.array([[[1.0, 3.0, 5.0]]]), window=2, stride=1)
    >>> value, vjp(np.array([[[2.0, 4.0]]]))
    (array([[[2., 4.]]]), (array([[[1., 3., 2.]]]),))
    """
    check_flags("avg_pool", count_include_pad=count_include_pad)
    x = as_primal(x, "avg_pool", "x", analytic=True)
    sides, kernel, steps = pooled(x, window, stride, "avg_pool")
    pads = pads_of(padding, sides, kernel, steps, "avg_pool")
    counts = window_counts(sides, pads, kernel, steps)
    around = padded(x, pads)
    places = list(taps(counts, kernel, steps, (1,) * len(sides)))
    shape, dtype, full = (*x.shape[:2], *counts), x.dtype, around.shape
    wide = np.promote_types(dtype, np.float32)  # what float16 is added up in
    n = np.full(counts, math.prod(kernel), np.float32)
    if not count_include_pad:
        n = total_of(padded(np.ones(sides, np.float32), pads), places, np.zeros(counts, np.float32))
    n = n.astype(np.finfo(wide).dtype)
    y = total_of(around, places, np.zeros(shape, wide))
    with np.errstate(divide="ignore", invalid="ignore"):  # a window of padding alone
        y = np.divide(y, n, out=y).astype(dtype, copy=False)

    def avg_pool_vjp(u: ArrayLike) -> tuple[Array]:
        with np.errstate(divide="ignore", invalid="ignore"):
            share = as_cotangent(u, "avg_pool", shape, dtype) / n
        total = np.zeros(full, wide)
        for where in places:
            total[where] += share
        return (cropped(total, sides, pads).astype(dtype, copy=False),)

    return y, avg_pool_vjp


def pooled(x: Array, window: Sides, stride: Sides | None, rule: str) -> tuple[Shape, Shape, Shape]:
    """The sides, the window and the strides of the axes that are pooled: all but the first two."""
    if x.ndim < 3:
        raise ValueError(f"{rule} got x of shape {x.shape}, but should get (b, c, *sides)")
    n = x.ndim - 2
    kernel = per_axis(window, n, rule, "window")
    return x.shape[2:], kernel, kernel if stride is None else per_axis(stride, n, rule, "stride")


def total_of(x: Array, places: list[tuple[slice, ...]], total: Array) -> Array:
    """The sum over each window, added to `total`."""
    for where in places:
        total += x[where]
    return total
