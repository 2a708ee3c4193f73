"""Rows of purevjp/convolution.py."""

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, Case, Choose, Static, case
from purevjp.aliases import Array, Shape

SIDES = {1: (5, 3, 4, 2, 1, 7), 2: (3, 4, 2, 5, 1), 3: (2, 3, 1)}
KERNELS = {1: (2, 3, 1), 2: (2, 1, 3), 3: (1, 2)}
STEPS = (1, 2, 3)


def conv_shapes(choose: Choose) -> tuple[Shape, Shape]:
    """Images or signals, and kernels of one or several groups; sometimes no sample."""
    n, groups = choose((1, 2, 1, 2, 3)), choose((1, 1, 2, 3))
    c, o = choose((1, 1, 2)), choose((1, 1, 2))
    sides, kernel = (tuple(choose(options[n]) for _ in range(n)) for options in (SIDES, KERNELS))
    return (choose((1, 1, 2, 1, 2, 0)), groups * c, *sides), (groups * o, c, *kernel)


def transposed_shapes(choose: Choose) -> tuple[Shape, Shape]:
    """The same, with the channels of `x` and of the result changed over."""
    x, w = conv_shapes(choose)
    groups = x[1] // w[1]
    return (x[0], w[0], *x[2:]), (w[0], x[1] // groups, *w[2:])


def group_count(_choose: Choose, shapes: Sequence[Any], _static: Static) -> int:
    """As the channels say."""
    return int(shapes[0][1] // shapes[1][1])


def transposed_group_count(choose: Choose, shapes: Sequence[Any], _static: Static) -> int:
    """Some number that divides the channels."""
    return int(choose([g for g in (1, 2, 3) if shapes[0][1] % g == 0]))


def steps(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | tuple[int, ...]:
    """One number for all axes, or one each."""
    each = tuple(choose(STEPS) for _ in shapes[0][2:])
    return each[0] if choose((False, False, True)) else each


def spellings(choose: Choose, n: int) -> Iterator[Any]:
    """Paddings of `n` axes, in every spelling but words."""
    yield 0
    yield tuple(choose((0, 1, 2)) for _ in range(n))
    for _ in range(3):
        yield tuple((choose((0, 1, 2)), choose((1, 0, 2, 3))) for _ in range(n))
    yield choose((1, 2))


def padding(choose: Choose, shapes: Sequence[Any], static: Static) -> Any:
    """A padding that leaves room for a window, if there is one; seldom one that does not."""
    x, w = shapes
    options = [*spellings(choose, len(x) - 2), "same", "SAME", "valid"]
    reach = reach_of(w[2:], static["dilation"])
    fits = [
        option
        for option in options
        if all(
            side + low + high >= r
            for side, (low, high), r in zip(x[2:], pairs(option, x[2:], reach, static["stride"]), reach, strict=True)
        )
    ]
    return choose(fits if fits and choose((True,) * 7 + (False,)) else options)


def cropping(choose: Choose, shapes: Sequence[Any], static: Static) -> Any:
    """A padding that leaves something of the result of `conv_transpose`."""
    x, w = shapes
    reach, strides = reach_of(w[2:], static["dilation"]), each_axis(static["stride"], len(x) - 2)
    sides = [(i - 1) * s + r for i, s, r in zip(x[2:], strides, reach, strict=True)]
    options = [
        option
        for option in spellings(choose, len(x) - 2)
        if all(side - low - high > 0 for side, (low, high) in zip(sides, pairs(option, sides, (), 1), strict=True))
    ]
    return choose(options)


def output_padding(choose: Choose, shapes: Sequence[Any], static: Static) -> int | tuple[int, ...]:
    """Less than the stride or the dilation, along each axis."""
    n = len(shapes[0]) - 2
    limits = [max(pair) for pair in zip(*(each_axis(static[key], n) for key in ("stride", "dilation")), strict=True)]
    each = tuple(choose(range(limit)) for limit in limits)
    return choose(range(min(limits))) if choose((False, False, True)) else each


def each_axis(option: Any, n: int) -> tuple[int, ...]:
    """One number per axis."""
    return option if isinstance(option, tuple) else (option,) * n


def reach_of(kernel: Sequence[int], dilation: Any) -> list[int]:
    """The sides of a dilated kernel."""
    return [(k - 1) * d + 1 for k, d in zip(kernel, each_axis(dilation, len(kernel)), strict=True)]


def pairs(option: Any, sides: Sequence[int], reach: Sequence[int], stride: Any) -> list[tuple[int, int]]:
    """The padding before and after each axis, words as JAX has them."""
    if isinstance(option, str):
        of: list[tuple[int, int]] = jax.lax.padtype_to_pads(sides, reach, each_axis(stride, len(sides)), option.upper())
        return of
    return [pair if isinstance(pair, tuple) else (pair, pair) for pair in each_axis(option, len(sides))]


def conv(x: jax.Array, w: jax.Array, *, stride: Any, padding: Any, dilation: Any, groups: int) -> jax.Array:
    """JAX's convolution, its options spelled out."""
    n = x.ndim - 2
    pads = pairs(padding, x.shape[2:], reach_of(w.shape[2:], dilation), stride)
    return jax.lax.conv_general_dilated(
        x, w, each_axis(stride, n), pads, rhs_dilation=each_axis(dilation, n), feature_group_count=groups
    )


def conv_transpose(
    x: jax.Array, w: jax.Array, *, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: int
) -> jax.Array:
    """A convolution of x with zeros in between, and of the kernel flipped, inputs and outputs changed over."""
    n = x.ndim - 2
    o, c, *kernel = w.shape
    reach, extra = reach_of(kernel, dilation), each_axis(output_padding, n)
    flipped = jnp.flip(w, range(2, w.ndim)).reshape(groups, o // groups, c, *kernel)
    around = [
        (r - 1 - low, r - 1 - high + e)
        for r, (low, high), e in zip(reach, pairs(padding, kernel, (), 1), extra, strict=True)
    ]
    return jax.lax.conv_general_dilated(
        x,
        flipped.swapaxes(1, 2).reshape(groups * c, o // groups, *kernel),
        (1,) * n,
        around,
        lhs_dilation=each_axis(stride, n),
        rhs_dilation=each_axis(dilation, n),
        feature_group_count=groups,
    )


def exact_conv(x: Any, w: Any, *, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """Each window times each kernel, of exact numbers."""
    n = x.ndim - 2
    s, d, reach = each_axis(stride, n), each_axis(dilation, n), reach_of(w.shape[2:], dilation)
    pads = pairs(padding, x.shape[2:], reach, stride)
    around = np.pad(x, [(0, 0), (0, 0), *pads])
    c, per_group = w.shape[1], w.shape[0] // groups
    counts = [max((side - r) // step + 1, 0) for side, r, step in zip(around.shape[2:], reach, s, strict=True)]
    y = np.zeros((len(x), len(w), *counts), object)
    for b, o, *i in np.ndindex(y.shape):
        at = tuple(slice(j * step, j * step + r, e) for j, step, r, e in zip(i, s, reach, d, strict=True))
        start = o // per_group * c
        y[(b, o, *i)] = np.sum(around[(b, slice(start, start + c), *at)] * w[o])
    return y


def exact_conv_transpose(
    x: Any, w: Any, *, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: int
) -> Any:
    """Each number times each kernel, added where they fall, of exact numbers."""
    n = x.ndim - 2
    s, d = each_axis(stride, n), each_axis(dilation, n)
    o, c, *kernel = w.shape
    reach, extra = reach_of(kernel, dilation), each_axis(output_padding, n)
    full = [(i - 1) * step + r + e for i, step, r, e in zip(x.shape[2:], s, reach, extra, strict=True)]
    y = np.zeros((len(x), groups * c, *full), object)
    for b, p, *i in np.ndindex(x.shape):
        start = p // (o // groups) * c
        for q, *k in np.ndindex(c, *kernel):
            at = [j * step + t * e for j, step, t, e in zip(i, s, k, d, strict=True)]
            y[(b, start + q, *at)] += x[(b, p, *i)] * w[(p, q, *k)]
    within = [slice(low, side - high) for side, (low, high) in zip(full, pairs(padding, full, (), 1), strict=True)]
    result: Array = y[(slice(None), slice(None), *within)]
    return result


CASES: tuple[Case, ...] = (
    case(
        pv.conv,
        conv,
        conv_shapes,
        REAL,
        REAL,
        static={"stride": steps, "dilation": steps, "padding": padding, "groups": group_count},
        definition=exact_conv,
        exact=True,
        analytic=True,
    ),
    case(
        pv.conv_transpose,
        conv_transpose,
        transposed_shapes,
        REAL,
        REAL,
        static={
            "stride": steps,
            "dilation": steps,
            "padding": cropping,
            "output_padding": output_padding,
            "groups": transposed_group_count,
        },
        definition=exact_conv_transpose,
        exact=True,
        analytic=True,
    ),
)
