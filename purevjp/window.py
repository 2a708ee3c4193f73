"""Windows that slide over the last axes of an array: where they lie, and the sums over them."""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from purevjp.aliases import Array, Shape

Sides: TypeAlias = int | Sequence[int]
"""One number for all axes, or one for each."""

Padding: TypeAlias = int | str | Sequence[int] | Sequence[tuple[int, int]]
"""One number for all ends, one for each axis, a pair for each axis, "same" or "valid"."""

Pads: TypeAlias = tuple[tuple[int, int], ...]


def per_axis(option: Sides, n: int, rule: str, name: str, *, least: int = 1) -> Shape:
    """`option` as one number for each of `n` axes.

    Errors  ValueError when it is neither an integer nor `n` of them, or when one is below `least`.
    """
    sides: tuple[Any, ...] = tuple(option) if isinstance(option, list | tuple) else (option,) * n
    if len(sides) != n or not all(isinstance(side, int | np.integer) and side >= least for side in sides):
        raise ValueError(f"{rule} got {name} {option!r}, but should get an integer from {least} on, or {n} of them")
    return tuple(map(int, sides))


def extents(kernel: Shape, dilation: Shape) -> Shape:
    """How far a window reaches along each axis, from its first element to its last."""
    return tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))


def pads_of(padding: Padding, sides: Shape, reach: Shape, stride: Shape, rule: str, *, named: bool = True) -> Pads:
    """What is added before and after each axis.

    "valid" adds nothing; "same" as much as gives ⌈side / stride⌉ windows, the larger half behind, as JAX.

    Errors  ValueError on any other string (on every one unless `named`), on other counts, and below 0.
    """
    if isinstance(padding, str) and named and padding.lower() in {"same", "valid"}:
        totals = [
            max((math.ceil(side / s) - 1) * s + r - side, 0) if padding.lower() == "same" else 0
            for side, r, s in zip(sides, reach, stride, strict=True)
        ]
        return tuple((total // 2, total - total // 2) for total in totals)
    each = list(padding) if isinstance(padding, list | tuple) else [padding] * len(sides)
    pairs = [tuple(pair) if isinstance(pair, list | tuple) else (pair, pair) for pair in each]
    numbers = [number for pair in pairs for number in pair]
    fits = len(pairs) == len(sides) and all(len(pair) == 2 for pair in pairs)
    if not fits or not all(isinstance(number, int | np.integer) and number >= 0 for number in numbers):
        words = ", 'same' or 'valid'" if named else ""
        raise ValueError(
            f"{rule} got padding {padding!r}, but should get an integer from 0 on, {len(sides)} of them, "
            f"{len(sides)} pairs of them{words}"
        )
    return tuple((int(low), int(high)) for low, high in pairs)


def window_counts(sides: Shape, pads: Pads, reach: Shape, stride: Shape) -> Shape:
    """How many windows there are along each axis; 0 where the padded axis is shorter than one."""
    axes = zip(sides, pads, reach, stride, strict=True)
    return tuple(max((side + low + high - r) // s + 1, 0) for side, (low, high), r, s in axes)


def padded(x: Array, pads: Pads, fill: float = 0.0) -> Array:
    """`x` with `fill` around its last axes; `x` itself where nothing is added."""
    if not any(map(any, pads)):
        return x
    lead = x.shape[: x.ndim - len(pads)]
    sides = x.shape[len(lead) :]
    around = np.full(
        (*lead, *(low + side + high for side, (low, high) in zip(sides, pads, strict=True))), fill, x.dtype
    )
    around[inner(sides, pads)] = x
    return around


def cropped(x: Array, sides: Shape, pads: Pads) -> Array:
    """What `padded` began with: the adjoint of padding with zeros; `x` itself where nothing was added."""
    return x[inner(sides, pads)].copy() if any(map(any, pads)) else x


def inner(sides: Shape, pads: Pads) -> Any:
    """Where an array lies in the padded one."""
    return (..., *(slice(low, low + side) for side, (low, _) in zip(sides, pads, strict=True)))


def windows(x: Array, counts: Shape, kernel: Shape, stride: Shape, dilation: Shape) -> Array:
    """A view of the windows: (..., *counts, *kernel)."""
    n = len(kernel)
    lead, steps = x.shape[: x.ndim - n], x.strides[x.ndim - n :]
    hops = [step * s for step, s in zip(steps, stride, strict=True)]
    taps = [step * d for step, d in zip(steps, dilation, strict=True)]
    shape, strides = (*lead, *counts, *kernel), (*x.strides[: x.ndim - n], *hops, *taps)
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


def taps(counts: Shape, kernel: Shape, stride: Shape, dilation: Shape) -> Iterator[Any]:
    """For each place in a window, in C order, where it lies in the padded axes over all windows."""
    along = [
        [slice(t * d, t * d + (n - 1) * s + 1 if n else t * d, s) for t in range(k)]
        for n, k, s, d in zip(counts, kernel, stride, dilation, strict=True)
    ]
    return ((..., *places) for places in itertools.product(*along))
