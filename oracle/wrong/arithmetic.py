"""Wrong pullbacks of two arrays that broadcast, and of functions element by element."""

from collections.abc import Callable
from typing import Any

import numpy as np

from purevjp.broadcast import unbroadcast


def pair(da: Any, db: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """Cotangents reduced to the shapes of their primals."""
    return unbroadcast(np.asarray(da), a.shape, a.dtype, copy=True), unbroadcast(
        np.asarray(db), b.shape, b.dtype, copy=True
    )


def last_axis_only(da: Any, x: Any) -> Any:
    """Added axes summed, stretched ones averaged by taking their first entry."""
    da = da.sum(axis=tuple(range(da.ndim - x.ndim)))
    index = tuple(slice(0, 1) if n == 1 else slice(None) for n in x.shape)
    return np.array(da[index], x.dtype)


def stretched_only(da: Any, x: Any) -> Any:
    """Stretched axes summed, the first entry of added ones taken."""
    da = da[(0,) * (da.ndim - x.ndim)] if all(da.shape[: da.ndim - x.ndim]) else da.sum(tuple(range(da.ndim - x.ndim)))
    axes = tuple(i for i, n in enumerate(x.shape) if n == 1)
    return np.asarray(da.sum(axis=axes, keepdims=True), x.dtype).reshape(x.shape)


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "add": {
        "apache/tvm PR #2465: stretched axes are not summed": lambda u, a, b: (
            last_axis_only(u, a),
            last_axis_only(u, b),
        ),
        "pytorch #13669: added axes are not summed": lambda u, a, b: (stretched_only(u, a), stretched_only(u, b)),
    },
    "subtract": {
        "micrograd_c #1: + for −": lambda u, a, b: pair(u, u, a, b),
        "the sign is on the other side": lambda u, a, b: pair(-u, u, a, b),
    },
    "multiply": {
        "each its own factor": lambda u, a, b: pair(u * a, u * b, a, b),
        "tt-metal #40008: stretched axes are not summed": lambda u, a, b: (
            last_axis_only(u * b, a),
            last_axis_only(u * a, b),
        ),
    },
    "divide": {
        "no minus": lambda u, a, b: pair(u / b, u * a / b**2, a, b),
        "1/b for 1/b²": lambda u, a, b: pair(u / b, -u * a / b, a, b),
        "mlx PR #2453: vjp = jvp": lambda u, a, b: (
            2 * (unbroadcast(u / b, a.shape, a.dtype),) if a.shape == b.shape else pair(u / b, u / b, a, b)
        ),
        "da divided by b twice": lambda u, a, b: pair(u / b**2, -u * a / b**2, a, b),
    },
    "maximum": {
        "autograd #138, #141: both tied entries get all": lambda u, a, b: pair(u * (a >= b), u * (b >= a), a, b),
        "a tie goes to a": lambda u, a, b: pair(u * (a >= b), u * (b > a), a, b),
        "nothing at a tie": lambda u, a, b: pair(u * (a > b), u * (b > a), a, b),
        "minimum": lambda u, a, b: pair(u * (a < b) + u / 2 * (a == b), u * (b < a) + u / 2 * (a == b), a, b),
        "candle PR #534: the mask of b subtracted": lambda u, a, b: pair(u * (a > b), -u * (b > a), a, b),
    },
    "exp": {
        "x for y": lambda u, x: (u * x,),
        "derivative of 2ˣ": lambda u, x: (u * np.exp(x) * x.dtype.type(0.6931),),
    },
    "log": {
        "y for x": lambda u, x: (u / np.log(x + x.dtype.type(2)),),
        "log₁₀": lambda u, x: (u / (x * x.dtype.type(2.302585)),),
    },
    "square": {"no 2": lambda u, x: (u * x,), "x² for x": lambda u, x: (2 * u * x * x,)},
    "tanh": {
        "x for y": lambda u, x: (u * (1 - x * x),),
        "1 − y for 1 − y²": lambda u, x: (u * (1 - np.tanh(x)),),
        "1 + y²": lambda u, x: (u * (1 + np.square(np.tanh(x))),),
        "jax #40315: nothing left in the tails": lambda u, x: (
            u * np.where(np.abs(x) > 8, 0, 1 - np.square(np.tanh(x))),
        ),
    },
    "negative": {"no minus": lambda u, _x: (+u,)},
}
