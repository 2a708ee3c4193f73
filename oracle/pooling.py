"""Rows of purevjp/pooling.py; JAX pools by a primitive whose error has no scale, so both gather the windows."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, exact, groups, non_finite, point
from oracle.convolution import KERNELS, SIDES, each_axis, pairs, reach_of, spellings
from oracle.domain import REAL, Case, Choose, Static, case
from oracle.static import flag
from purevjp.aliases import Array, Shape

INF, NAN = math.inf, math.nan


def pool_shapes(choose: Choose) -> tuple[Shape]:
    """Images or signals; sometimes no sample."""
    n = choose((1, 2, 1, 2, 3))
    return ((choose((1, 1, 2, 1, 2, 0)), choose((1, 2)), *(choose(SIDES[n]) for _ in range(n))),)


def window(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | tuple[int, ...]:
    """One number for all axes, or one each."""
    sides = shapes[0][2:]
    each = tuple(min(choose(KERNELS[len(sides)]), side) for side in sides)
    return min(each) if choose((False, False, True)) else each


def strides(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | tuple[int, ...] | None:
    """One number for all axes, one each, or none."""
    each = tuple(choose((1, 2, 3)) for _ in shapes[0][2:])
    stride: int | tuple[int, ...] | None = choose((each, each[0], None, each))
    return stride


def spacing(choose: Choose, shapes: Sequence[Any], static: Static) -> int | tuple[int, ...]:
    """A dilation that leaves room for a window."""
    sides = shapes[0][2:]
    each = tuple(
        choose([d for d in (1, 2, 3) if (k - 1) * d < side])
        for side, k in zip(sides, each_axis(static["window"], len(sides)), strict=True)
    )
    return min(each) if choose((False, False, True)) else each


def covered(side: int, pad: tuple[int, int], k: int, s: int, d: int) -> bool:
    """Whether each window has an element that is not padding."""
    starts = range(-pad[0], side + pad[1] - (k - 1) * d, s)
    return all(any(0 <= start + t * d < side for t in range(k)) for start in starts)


def padding(choose: Choose, shapes: Sequence[Any], static: Static) -> Any:
    """A padding that no window consists of."""
    sides = shapes[0][2:]
    n = len(sides)
    kernel, dilation = each_axis(static["window"], n), each_axis(static.get("dilation", 1), n)
    steps = each_axis(static["stride"] or kernel, n)
    reach = reach_of(kernel, dilation)
    options = [*spellings(choose, n), *spellings(choose, n), "same", "valid", "SAME"]
    return choose([
        option
        for option in options
        if all(map(covered, sides, pairs(option, sides, reach, steps), kernel, steps, dilation))
    ])  # fmt: skip


def gathered(x: Any, fill: Any, window: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """(b, c, *counts, taps): the windows of x, by their indices; `x` is in JAX or of exact numbers."""
    sides = x.shape[2:]
    n = len(sides)
    kernel, spaces = each_axis(window, n), each_axis(dilation, n)
    steps, reach = each_axis(stride or kernel, n), reach_of(kernel, spaces)
    pads = pairs(padding, sides, reach, steps)
    pad = np.pad if isinstance(x, np.ndarray) else jnp.pad
    around: Any = pad(x, [(0, 0), (0, 0), *pads], constant_values=fill)
    for axis, (k, s, d, r) in enumerate(zip(kernel, steps, spaces, reach, strict=True)):
        starts = np.arange(0, around.shape[2 + axis] - r + 1, s)
        around = around[(slice(None),) * (2 + axis) + (starts[:, None] + d * np.arange(k),)]
        around = jnp.moveaxis(around, 3 + axis, -1) if pad is jnp.pad else np.moveaxis(around, 3 + axis, -1)
    return around.reshape(*around.shape[: 2 + n], math.prod(kernel))


def max_pool(x: jax.Array, *, window: Any, stride: Any, padding: Any, dilation: Any) -> jax.Array:
    """The first of the largest in each window."""
    of = gathered(x, -jnp.inf, window, stride, padding, dilation)
    return jnp.take_along_axis(of, jnp.argmax(of, -1, keepdims=True), -1)[..., 0]


def avg_pool(x: jax.Array, *, window: Any, stride: Any, padding: Any, count_include_pad: bool) -> Any:
    """The mean of each window."""
    of = gathered(x, 0.0, window, stride, padding, 1)
    if count_include_pad:
        return of.mean(-1)
    return of.sum(-1) / gathered(jnp.ones(x.shape, x.dtype), 0.0, window, stride, padding, 1).sum(-1)


def exact_max_pool(x: Any, *, window: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """The same, of exact numbers."""
    of = gathered(x, -(10**40), window, stride, padding, dilation)
    return of.max(-1)


def exact_avg_pool(x: Any, *, window: Any, stride: Any, padding: Any, count_include_pad: bool) -> Any:
    """The same, of exact numbers."""
    of = gathered(x, 0, window, stride, padding, 1)
    inside = gathered(np.ones(x.shape, int), int(count_include_pad), window, stride, padding, 1)
    return of.sum(-1) / inside.sum(-1).astype(object)


def lead(x: Array, *, window: Any, stride: Any, padding: Any, dilation: Any) -> Array:
    """How far the largest element of each window is ahead of the next: zero at a tie."""
    of: Array = np.sort(gathered(x, -1e300, window, stride, padding, dilation))
    return np.ravel(of[..., -1] - of[..., -2]) if of.shape[-1] > 1 else np.ones(1)


OF_TWO = {"window": 2, "stride": 1, "padding": 0, "dilation": 1}

TIE = point(
    "ties", "P2", [[[2.0, 2.0, 2.0]]], u=[[[3.0, 5.0]]], value=[[[2, 2]]], static=OF_TWO,
    accepts=(any_of(exact([[[3, 5, 0]]]), exact([[[0, 3, 5]]]), exact([[[0, 8, 0]]]), exact([[[1.5, 4, 2.5]]])),),
    convention=([[[3, 5, 0]]],), jax=([[[3, 5, 0]]],), torch=([[[3, 5, 0]]],),
)  # fmt: skip
NAN_IN_WINDOW = point(
    "nan", "P6", [[[NAN, 1.0, NAN, NAN]]], u=[[[3.0, 5.0, 7.0]]], value=[[[NAN, NAN, NAN]]], static=OF_TWO,
    accepts=(any_of(exact([[[3, 0, 12, 0]]]), exact([[[3, 0, 5, 7]]]), exact([[[0] * 4]]), non_finite("nan")),),
    convention=([[[3, 0, 12, 0]]],), torch=([[[3, 0, 5, 7]]],),
    jax=([[[3, 0, 12, 0]]],), **{"jax.lax.reduce_window": ([[[0, 3, 5, 7]]],)},
)  # fmt: skip
ALL_MASKED = point(
    "−∞ as large as the padding", "P2", [[[-INF, -INF]]], u=[[[3.0, 5.0, 7.0]]], value=[[[-INF] * 3]],
    static={**OF_TWO, "padding": 1},
    accepts=(groups(([[[1, 1]]],), {1: 15.0}),),
    convention=([[[8, 7]]],), torch=([[[8, 7]]],), jax=([[[5, 7]]],), **{"jax.lax.reduce_window": ([[[5, 7]]],)},
)  # fmt: skip

CASES: tuple[Case, ...] = (
    case(
        pv.max_pool,
        max_pool,
        pool_shapes,
        REAL,
        static={"window": window, "stride": strides, "dilation": spacing, "padding": padding},
        kink=lead,
        definition=exact_max_pool,
        exact=True,
        points=(TIE, NAN_IN_WINDOW, ALL_MASKED),
    ),
    case(
        pv.avg_pool,
        avg_pool,
        pool_shapes,
        REAL,
        static={"window": window, "stride": strides, "padding": padding, "count_include_pad": flag},
        definition=exact_avg_pool,
        analytic=True,
    ),
)
