"""Convolutions over images and signals."""

import math
from collections.abc import Iterator

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback2, Shape
from purevjp.broadcast import cast
from purevjp.contract import as_cotangent, as_primal
from purevjp.window import (
    Padding,
    Sides,
    cropped,
    extents,
    padded,
    pads_of,
    per_axis,
    taps,
    window_counts,
    windows,
)

__all__ = ["conv", "conv_transpose"]

CACHED = 2**18
"""So many elements of windows are made at a time."""


def conv(
    x: ArrayLike,
    w: ArrayLike,
    /,
    *,
    stride: Sides = 1,
    padding: Padding = 0,
    dilation: Sides = 1,
    groups: int = 1,
) -> tuple[Array, Pullback2]:
    """Convolution as networks have it (the kernel is not flipped), over any number of axes.

    Value     y[b, o, i] = Σ x[b, c, s i + d k − p] w[o, c, k] over c of the group of o, and over k;  x is 0 outside
    Pullback  dx[b, c, j] = Σ u[b, o, i] w[o, c, k] where s i + d k − p = j,
              dw[o, c, k] = Σ u[b, o, i] x[b, c, s i + d k − p]
    Shapes    x: (b, c, *sides), w: (o, c / groups, *kernel), y, u: (b, o, *counts),
              counts = ⌊(side + padding − d (k − 1) − 1) / s⌋ + 1, or 0 where that is negative, as JAX
    Keeps     w, x with its padding
    Errors    ValueError when shapes, groups or an option of one number per axis do not fit
    Source    stride, dilation: one number, or one per axis; padding: those, a pair (before, after) per axis, "valid",
              or "same", ⌈side / s⌉ windows with the larger half of the padding behind, as JAX; one matrix product
              per group of kernels and windows, and for dx one whose rows are added back tap by tap

    >>> value, vjp = conv(np.array([[[1.0, 2.0, 3.0]]]), np.array([[[1.0, 10.0]]]))
    >>> value, vjp(np.array([[[1.0, 2.0]]]))
    (array([[[21., 32.]]]), (array([[[ 1., 12., 20.]]]), array([[[5., 8.]]])))
    """
    x, w = as_primal(x, "conv", "x", analytic=True), as_primal(w, "conv", "w", analytic=True)
    if w.ndim != x.ndim or x.ndim < 3 or groups < 1 or w.shape[1] * groups != x.shape[1] or w.shape[0] % groups:
        raise ValueError(
            f"conv got x of shape {x.shape} and w of shape {w.shape} in {groups} groups, "
            "but should get (b, c, *sides) and (o, c / groups, *kernel)"
        )
    sides, kernel, n = x.shape[2:], w.shape[2:], x.ndim - 2
    per_axis(kernel, n, "conv", "a kernel of sides")
    steps, spacing = per_axis(stride, n, "conv", "stride"), per_axis(dilation, n, "conv", "dilation")
    reach = extents(kernel, spacing)
    pads = pads_of(padding, sides, reach, steps, "conv")
    counts = window_counts(sides, pads, reach, steps)
    around = padded(x, pads)
    y = correlated(around, w, counts, steps, spacing, groups)
    shape, dtype, x_dtype, full = y.shape, y.dtype, x.dtype, around.shape

    def conv_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "conv", shape, dtype)
        dx = cropped(scattered(u, w, full, steps, spacing, groups), sides, pads)
        return cast(dx, x_dtype), cast(contracted(around, u, w.shape, steps, spacing, groups), w.dtype)

    return y, conv_vjp


def conv_transpose(
    x: ArrayLike,
    w: ArrayLike,
    /,
    *,
    stride: Sides = 1,
    padding: Padding = 0,
    output_padding: Sides = 0,
    dilation: Sides = 1,
    groups: int = 1,
) -> tuple[Array, Pullback2]:
    """The adjoint of `conv`: what its pullback gives for x, as a function of u and w; PyTorch's conv_transpose.

    Value     y[b, c, j] = Σ x[b, o, i] w[o, c, k] where s i + d k − p = j,  over o of the group of c
    Pullback  dx = conv(u, w),  dw[o, c, k] = Σ x[b, o, i] u[b, c, s i + d k − p]
    Shapes    x: (b, o, *counts), w: (o, c / groups, *kernel), y, u: (b, c, *sides),
              sides = s (count − 1) + d (k − 1) + 1 + output_padding − padding
    Keeps     x, w
    Errors    ValueError when shapes, groups or an option of one number per axis do not fit, when a side would be
              negative, and when output_padding is neither below the stride nor below the dilation, as torch
    Source    options as in `conv`, without "same" and "valid"; output_padding is added behind, and says which of the
              sides that `conv` maps to `counts` is meant

    >>> value, vjp = conv_transpose(np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]]))
    >>> value, vjp(np.array([[[1.0, 2.0, 3.0]]]))
    (array([[[ 1., 12., 20.]]]), (array([[[21., 32.]]]), array([[[5., 8.]]])))
    """
    rule = "conv_transpose"
    x, w = as_primal(x, rule, "x", analytic=True), as_primal(w, rule, "w", analytic=True)
    if w.ndim != x.ndim or x.ndim < 3 or groups < 1 or w.shape[0] != x.shape[1] or w.shape[0] % groups:
        raise ValueError(
            f"{rule} got x of shape {x.shape} and w of shape {w.shape} in {groups} groups, "
            "but should get (b, o, *counts) and (o, c / groups, *kernel)"
        )
    counts, kernel, n = x.shape[2:], w.shape[2:], x.ndim - 2
    per_axis(kernel, n, rule, "a kernel of sides")
    steps, spacing = per_axis(stride, n, rule, "stride"), per_axis(dilation, n, rule, "dilation")
    extra = per_axis(output_padding, n, rule, "output_padding", least=0)
    if any(e >= max(s, d) for e, s, d in zip(extra, steps, spacing, strict=True)):
        raise ValueError(f"{rule} got output_padding {output_padding!r}, but should get less than stride or dilation")
    reach = extents(kernel, spacing)
    pads = pads_of(padding, counts, reach, steps, rule, named=False)
    full = tuple((i - 1) * s + r + e for i, s, r, e in zip(counts, steps, reach, extra, strict=True))
    sides = tuple(side - low - high for side, (low, high) in zip(full, pads, strict=True))
    if min(sides) < 0:
        raise ValueError(
            f"{rule} got padding {padding!r} for a result of sides {full}, but should get no more than those"
        )
    y = cropped(scattered(x, w, (x.shape[0], w.shape[1] * groups, *full), steps, spacing, groups), sides, pads)
    shape, dtype = y.shape, y.dtype

    def conv_transpose_vjp(u: ArrayLike) -> tuple[Array, Array]:
        around = padded(as_cotangent(u, rule, shape, dtype), pads)
        dx = correlated(around, w, counts, steps, spacing, groups)
        return cast(dx, x.dtype), cast(contracted(around, x, w.shape, steps, spacing, groups), w.dtype)

    return y, conv_transpose_vjp


def correlated(x: Array, w: Array, counts: Shape, stride: Shape, dilation: Shape, groups: int) -> Array:
    """(b, o, *counts): each window of the padded x times the kernels of its group."""
    rows, n = rows_of(w, groups), math.prod(counts)
    y = np.empty((len(x), groups, w.shape[0] // groups, n), np.result_type(x, w))
    for some in runs(len(x), x.shape[1] * math.prod(w.shape[2:]) * n):
        np.matmul(rows, columns(x[some], counts, w.shape[2:], stride, dilation, groups), out=y[some])
    return y.reshape(len(x), w.shape[0], *counts)


def scattered(u: Array, w: Array, full: Shape, stride: Shape, dilation: Shape, groups: int) -> Array:
    """(b, c, *full): the adjoint of `correlated` in x; windows that overlap add up."""
    (b, c, *sides), kernel, counts = full, w.shape[2:], u.shape[2:]
    columns_of_w, n = rows_of(w, groups).swapaxes(1, 2), math.prod(counts)
    total = np.zeros((b, groups, c // groups, *sides), np.result_type(u, w))
    places = list(taps(counts, kernel, stride, dilation))
    for some in runs(b, c * len(places) * n):
        parts = np.matmul(columns_of_w, by_group(u[some], groups))
        parts = parts.reshape(len(parts), groups, c // groups, len(places), *counts)
        into = total[some]
        for tap, where in enumerate(places):
            into[where] += parts[:, :, :, tap]
    return total.reshape(full)


def contracted(x: Array, u: Array, shape: Shape, stride: Shape, dilation: Shape, groups: int) -> Array:
    """(o, c / groups, *kernel): the adjoint of `correlated` in w."""
    taken = math.prod(shape[1:])
    total = np.zeros((groups, taken, shape[0] // groups), np.result_type(x, u))
    for some in runs(len(x), groups * taken * math.prod(u.shape[2:])):
        lanes = columns(x[some], u.shape[2:], shape[2:], stride, dilation, groups)
        total += np.matmul(lanes, by_group(u[some], groups).swapaxes(2, 3)).sum(axis=0)
    return total.swapaxes(1, 2).reshape(shape)


def runs(b: int, size: int) -> Iterator[slice]:
    """Samples in runs whose windows, `size` elements for each sample, stay in the cache."""
    step = max(CACHED // max(size, 1), 1)
    return (slice(start, start + step) for start in range(0, b, step))


def columns(x: Array, counts: Shape, kernel: Shape, stride: Shape, dilation: Shape, groups: int) -> Array:
    """(samples, groups, channels and taps, windows): the windows as matrices, one per sample and group."""
    (b, c), n = x.shape[:2], len(kernel)
    view = windows(x, counts, kernel, stride, dilation)
    order = (0, 1, *range(2 + n, 2 + 2 * n), *range(2, 2 + n))
    taken = c // groups * math.prod(kernel)
    return view.transpose(order).reshape(b, groups, taken, math.prod(counts))


def by_group(u: Array, groups: int) -> Array:
    """(samples, groups, channels, windows)."""
    b, o, *counts = u.shape
    return u.reshape(b, groups, o // groups, math.prod(counts))


def rows_of(w: Array, groups: int) -> Array:
    """(groups, kernels, channels and taps)."""
    return w.reshape(groups, w.shape[0] // groups, math.prod(w.shape[1:]))
