"""Wrong pullbacks of purevjp/calculus.py."""

from collections.abc import Callable
from typing import Any

import numpy as np


def along(function: Callable[..., Any], u: Any, axis: Any) -> Any:
    """`function(u)` of lanes in the last axis, put back."""
    return np.moveaxis(function(np.moveaxis(u, axis, -1)), -1, axis).copy()


def differences(u: Any, x: Any, n: int, axis: int, sign: int) -> Any:
    """Σ of u at either end of each pair, with a sign."""
    if not u.size:
        return np.zeros_like(x)
    for _ in range(n):
        u = along(lambda v: np.pad(v, [(0, 0)] * (v.ndim - 1) + [(1, 0)]) + sign * padded(v), u, axis)
    return u


def padded(v: Any) -> Any:
    """A zero after the last."""
    return np.pad(v, [(0, 0)] * (v.ndim - 1) + [(0, 1)])


def slopes(u: Any, h: float, axis: Any, which: str) -> Any:
    """The pullback of gradient, with something wrong."""

    def wrong(v: Any) -> Any:
        dx = np.zeros_like(v)
        inner = v[..., 1:-1] / v.dtype.type(h if which == "h for 2h" else 2 * h)
        dx[..., 2:] += inner
        dx[..., :-2] -= inner
        if which != "ends left out":
            for i, slope in enumerate((-1 / h, 1 / h)):
                dx[..., i] += slope * v[..., 0]
                dx[..., -1 - i] -= slope * v[..., -1] * (1 if which != "sign of the last end" else -1)
        return dx

    return along(wrong, u, -1 if axis is None else axis)


def integrated(u: Any, x: Any, axis: int, ends: float) -> Any:
    """u at every sample, `ends` of it at the two ends."""
    weights = np.ones(x.shape[axis], x.dtype)
    weights[:1] = weights[-1:] = ends if len(weights) > 1 else 0
    return np.moveaxis(np.multiply.outer(u, weights), -1, axis).astype(x.dtype)


def convolved(u: Any, a: Any, v: Any, mode: str, which: str) -> tuple[Any, Any]:
    """The pullback of convolve, with something wrong."""
    less = min(a.size, v.size) - 1
    start = {"full": 0, "same": less // 2, "valid": less}[mode]
    if which == "middle too late":
        start = {"full": 0, "same": (less + 1) // 2, "valid": less}[mode]
    if which == "starts at 0":
        start = 0
    full = np.zeros(a.size + v.size - 1, u.dtype)
    full[start : start + u.size] = u
    turn = -1 if which != "not turned round" else 1
    da, dv = np.convolve(full, v[::turn], "valid"), np.convolve(full, a[::turn], "valid")
    return (da, dv) if which != "longer first" or a.size >= v.size else (np.resize(dv, a.shape), np.resize(da, v.shape))


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "diff": {
        "both signs +": lambda u, x, *, n, axis: (differences(u, x, n, axis, 1),),
        "once": lambda u, x, *, n, axis: (
            differences(u, x, 1, axis, -1) if n == 1 else np.resize(differences(u, x, 1, axis, -1), x.shape),
        ),
    },
    "gradient": {
        "h for 2h": lambda u, x, *, spacing, axis, **_: (slopes(u, spacing, axis, "h for 2h"),),
        "ends left out": lambda u, x, *, spacing, axis, **_: (slopes(u, spacing, axis, "ends left out"),),
        "sign of the last end": lambda u, x, *, spacing, axis, **_: (slopes(u, spacing, axis, "sign of the last end"),),
        "edge_order 1": lambda u, x, *, spacing, axis, **_: (slopes(u, spacing, axis, "order 1"),),
        "spacing ignored": lambda u, x, *, axis, **_: (slopes(u, 1.0, axis, "order 1"),),
    },
    "trapezoid": {
        "u in full at the ends": lambda u, x, *, dx, axis: (integrated(u * u.dtype.type(dx), x, axis, 1.0),),
        "nothing at the ends": lambda u, x, *, dx, axis: (integrated(u * u.dtype.type(dx), x, axis, 0.0),),
        "dx ignored": lambda u, x, *, axis, **_: (integrated(u, x, axis, 0.5),),
    },
    "convolve": {
        "not turned round": lambda u, a, v, *, mode: convolved(u, a, v, mode, "not turned round"),
        "middle too late": lambda u, a, v, *, mode: convolved(u, a, v, mode, "middle too late"),
        "starts at 0": lambda u, a, v, *, mode: convolved(u, a, v, mode, "starts at 0"),
        "longer first": lambda u, a, v, *, mode: convolved(u, a, v, mode, "longer first"),
    },
}
