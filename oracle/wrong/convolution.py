"""Wrong pullbacks of purevjp/convolution.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv


def flipped(dx: Any) -> Any:
    """The kernel backwards."""
    return np.flip(dx, tuple(range(2, dx.ndim))).copy()


def without_tail(dx: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Zero for the pixels behind the last window, and for the last one that has a window."""
    dx = dx.copy()
    for axis in range(2, dx.ndim):
        s, d = (option[axis - 2] if isinstance(option, tuple) else option for option in (stride, dilation))
        if s > 1 or padding:
            np.moveaxis(dx, axis, 0)[max(1, s * (dx.shape[axis] // s - 1) + d * (w.shape[axis] - 1)) :] = 0
    return dx


def first_axis(option: Any) -> Any:
    """The option of the first axis for all axes."""
    return option[0] if isinstance(option, tuple) else option


def by(rule: Any, change: Callable[..., Any]) -> Callable[..., Any]:
    """The pullback of the rule at other arguments, where that has the same shapes, else twice the right one."""

    def pullback(u: Any, x: Any, w: Any, **static: Any) -> Any:
        try:
            other_x, other_w, others = change(x, w, static)
            return rule(other_x, other_w, **others)[1](u)
        except ValueError:
            return tuple(dx * 2 for dx in rule(x, w, **static)[1](u))

    return pullback


def swapped(x: Any, w: Any, static: Any) -> Any:
    """Stride and dilation changed over."""
    return x, w, {**static, "stride": static["dilation"], "dilation": static["stride"]}


def of_first(key: str) -> Callable[..., Any]:
    """An option of the first axis for all axes; on one axis, one more."""

    def change(x: Any, w: Any, static: Any) -> Any:
        option = static[key] if x.ndim > 3 else first_axis(static[key]) + 1
        return x, w, {**static, key: first_axis(option)}

    return change


def padded_behind(x: Any, w: Any, static: Any) -> Any:
    """What is padded in front and behind changed over; where it is the same, twice the cotangents."""
    padding = static["padding"]
    if not isinstance(padding, tuple) or all(np.size(pair) == 1 or pair[0] == pair[1] for pair in padding):
        raise ValueError("nothing to change")
    return x, w, {**static, "padding": tuple(pair[::-1] for pair in padding)}


def groups_reversed(x: Any, w: Any, static: Any) -> Any:
    """Kernels of the last group for the first."""
    return x, w[::-1], static


def in_memory_order(x: Any, w: Any, static: Any) -> Any:
    """The kernel with its last two axes read the other way round."""
    return x, w.swapaxes(-1, -2).reshape(w.shape), static


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "conv": {
        "kernel flipped": lambda u, x, w, **static: (
            pv.conv(x, flipped(w), **static)[1](u)[0],
            pv.conv(x, w, **static)[1](u)[1],
        ),
        "dw flipped": lambda u, x, w, **static: (
            pv.conv(x, w, **static)[1](u)[0],
            flipped(pv.conv(x, w, **static)[1](u)[1]),
        ),
        "candle PR #2337, iree-turbine PR #1223: stride and dilation swapped": by(pv.conv, swapped),
        "candle #1212, burn #4799: the pixels behind the last window": lambda u, x, w, **static: (
            without_tail(pv.conv(x, w, **static)[1](u)[0], w, static["stride"], static["padding"], static["dilation"]),
            pv.conv(x, w, **static)[1](u)[1],
        ),
        "mlx PR #2187: padding in front and behind changed over": by(pv.conv, padded_behind),
        "burn PR #4466: dilation of the first axis for all": by(pv.conv, of_first("dilation")),
        "pytorch #51430, burn #1877, mlx #2495: groups in the wrong order": by(pv.conv, groups_reversed),
        "candle #3735: kernel read in the order of memory": by(pv.conv, in_memory_order),
    },
    "conv_transpose": {
        "kernel flipped": by(pv.conv_transpose, lambda x, w, static: (x, flipped(w), static)),
        "dw flipped": lambda u, x, w, **static: (
            pv.conv_transpose(x, w, **static)[1](u)[0],
            flipped(pv.conv_transpose(x, w, **static)[1](u)[1]),
        ),
        "pytorch #63314: nothing where the kernel is smaller than the stride": lambda u, x, w, **static: (
            np.where(np.arange(x.shape[-1]) == 0, 1, 0).astype(x.dtype) * pv.conv_transpose(x, w, **static)[1](u)[0],
            pv.conv_transpose(x, w, **static)[1](u)[1],
        ),
        "candle PR #2337: stride and dilation swapped": by(pv.conv_transpose, swapped),
        "groups in the wrong order": by(pv.conv_transpose, groups_reversed),
    },
}
