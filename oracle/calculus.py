"""Rows of purevjp/calculus.py."""

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, Choose, Static, case
from oracle.shape import filled_lanes, lanes, shape
from oracle.static import lane_axis
from purevjp.aliases import Shape


def slopes(x: Any, *, spacing: float, axis: int | None, edge_order: int) -> Any:
    """Slopes in JAX; those at the ends of order 2 from the parabola through three elements."""
    along = -1 if axis is None else axis
    inner: Any = jnp.gradient(x, spacing, axis=along)
    if edge_order == 1:
        return inner
    z, y = jnp.moveaxis(x, along, -1), jnp.moveaxis(inner, along, -1)
    first, last = (
        (2 * z[..., 1] - 1.5 * z[..., 0] - 0.5 * z[..., 2]),
        (1.5 * z[..., -1] - 2 * z[..., -2] + 0.5 * z[..., -3]),
    )
    ends = [end[..., None] / spacing for end in (first, last)]
    return jnp.moveaxis(jnp.concatenate([ends[0], y[..., 1:-1], ends[1]], axis=-1), -1, along)


def slopes_of(x: Any, *, spacing: float, axis: int | None, edge_order: int) -> Any:
    """Slopes, of exact numbers."""
    z = np.moveaxis(x, -1 if axis is None else axis, -1)
    y = np.empty(z.shape, object)
    y[..., 1:-1] = (z[..., 2:] - z[..., :-2]) / 2
    for end, one, two, sign in ((0, 1, 2, 1), (-1, -2, -3, -1)):
        y[..., end] = (z[..., one] - z[..., end]) * sign
        if edge_order == 2:
            y[..., end] = (4 * z[..., one] - 3 * z[..., end] - z[..., two]) * sign / 2
    return np.moveaxis(y / spacing, -1, -1 if axis is None else axis)


def integral_of(x: Any, *, dx: float, axis: int) -> Any:
    """The sum of trapezoids, of exact numbers."""
    z = np.moveaxis(x, axis, -1)
    return np.sum(z[..., 1:] + z[..., :-1], axis=-1) * dx / 2


def convolved(a: Any, v: Any, *, mode: str) -> Any:
    """Σ aᵢ vₖ₋ᵢ, of exact numbers."""
    rows = [np.concatenate([np.zeros(j, int), a * v[j], np.zeros(len(v) - 1 - j, int)]) for j in range(len(v))]
    full, less = np.sum(rows, axis=0), min(len(a), len(v)) - 1
    begin = {"full": 0, "same": math.ceil(less / 2) if less % 2 == 0 else less // 2, "valid": less}[mode]
    length = {"full": len(full), "same": max(len(a), len(v)), "valid": len(full) - 2 * less}[mode]
    return full[begin : begin + length]


def times(choose: Choose, _shapes: Sequence[Any], _static: Static) -> int:
    """How often."""
    return int(choose((1, 2, 3, 0)))


def step(choose: Choose, _shapes: Sequence[Any], _static: Static) -> float:
    """The distance of samples."""
    return float(choose((1.0, 0.5, 0.3, -2.0)))


def sampled(choose: Choose) -> tuple[Shape]:
    """One array with two elements or more along every axis."""
    return (tuple(max(side, 2) for side in (*shape(choose)[:2], choose((3, 2, 5)))),)


def sampled_axis(choose: Choose, shapes: Sequence[Any], static: Static) -> int | None:
    """One axis from either end, or None where there is one only."""
    return None if len(shapes[0]) == 1 and choose((False, True)) else lane_axis(choose, shapes, static)


def order_at_ends(choose: Choose, shapes: Sequence[Any], static: Static) -> int:
    """The order that there are elements for."""
    n = shapes[0][-1 if static["axis"] is None else static["axis"]]
    return int(choose((1, 2))) if n > 2 else 1


def sequences(choose: Choose) -> tuple[Shape, Shape]:
    """Two sequences, either the longer; the largest two have a middle that is not in the middle."""
    return (choose((5, 2, 3, 1, 6)),), (choose((2, 3, 9, 1, 4)),)


def part(choose: Choose, _shapes: Sequence[Any], _static: Static) -> str:
    """Which part of a convolution."""
    return str(choose(("full", "same", "valid", "same")))


CASES = (
    case(
        pv.diff, jnp.diff, lanes, REAL, static={"axis": lane_axis, "n": times},
        definition=np.diff, exact=True, analytic=True,
    ),
    case(
        pv.gradient, slopes, sampled, REAL,
        static={"axis": sampled_axis, "edge_order": order_at_ends, "spacing": step},
        definition=slopes_of, analytic=True,
    ),
    case(
        pv.trapezoid, jnp.trapezoid, filled_lanes, REAL, static={"axis": lane_axis, "dx": step},
        definition=integral_of, analytic=True,
    ),
    case(
        pv.convolve, jnp.convolve, sequences, REAL, REAL, static={"mode": part},
        definition=convolved, exact=True, analytic=True,
    ),
)  # fmt: skip
