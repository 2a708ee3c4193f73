"""Rows of purevjp/sorting.py, with the shapes and options they take."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, exact, groups, interval, non_finite, point
from oracle.domain import REAL, Choose, Static, case
from oracle.laws import conserved
from oracle.shape import FILLED_SIDES, shape
from oracle.static import flag, lane_axis
from purevjp.aliases import Array, Shape

INF, NAN = math.inf, math.nan

DISTINCT = 6
"""So many integers are drawn that differ, at most."""

LANES = (
    (3,), (5,), (4,), (3, 2), (2, 3), (2, 4), (3, 3), (5, 2), (1, 3), (2, 3, 2), (3, 1, 2), (1,), (2,), (2, 5),
)  # fmt: skip


def some_lanes(choose: Choose) -> tuple[Shape]:
    """Lanes of three elements or more, most often: an order of two is its own inverse."""
    return (choose(LANES),)


def any_lanes(choose: Choose) -> tuple[Shape]:
    """The same, or none, or of no elements."""
    return (choose((*LANES, *LANES, (0,), (2, 0), (0, 3))),)


def sorted_axis(choose: Choose, shapes: Sequence[Any], static: Static) -> int | None:
    """One axis, from either end; None where there are few elements."""
    few = math.prod(shapes[0]) <= DISTINCT
    return None if few and choose((False, True)) else lane_axis(choose, shapes, static)


def length(shapes: Sequence[Any], axis: int | None) -> int:
    """How many elements are in order."""
    return math.prod(shapes[0]) if axis is None else int(shapes[0][axis])


def places(choose: Choose, shapes: Sequence[Any], static: Static) -> int | tuple[int, ...]:
    """One place, from either end, or several."""
    n = length(shapes, static["axis"])
    one, other = (int(choose(range(-n, n))) for _ in range(2))
    kth: int | tuple[int, ...] = choose((one, one, (one, other)))
    return kth


def how_many(choose: Choose, shapes: Sequence[Any], static: Static) -> int:
    """From none to all."""
    n = length(shapes, static["axis"])
    return int(choose((min(n, 2), *range(1, n + 1), 0)))


def gaps(x: Array, *, axis: int | None, descending: bool = False) -> Array:  # noqa: ARG001 (the row's keywords)
    """How far neighbours in order are apart: zero at a tie."""
    return np.diff(np.sort(x, axis=axis), axis=-1 if axis is None else axis)


def partition(x: Any, *, kth: Any, axis: int | None) -> Any:  # noqa: ARG001 (right for every kth)
    """The sorted array, which is partitioned at every k; JAX's own has another order."""
    return jnp.sort(x, axis=axis)


def partition_gaps(x: Array, *, kth: Any, axis: int | None) -> Array:  # noqa: ARG001 (the row's keywords)
    """The same for `partition`."""
    return gaps(x, axis=axis)


def exact_sort(x: Any, *, axis: int | None, descending: bool) -> Any:
    """NumPy's, of exact numbers."""
    y = np.sort(x, axis=axis)
    return np.flip(y, -1 if axis is None else axis) if descending else y


def exact_partition(x: Any, *, kth: Any, axis: int | None) -> Any:  # noqa: ARG001 (right for every kth)
    """The same for `partition`."""
    return np.sort(x, axis=axis)


def top_k(x: Any, *, k: int, axis: int) -> Any:
    """JAX's values."""
    return jnp.moveaxis(jax.lax.top_k(jnp.moveaxis(x, axis, -1), k)[0], -1, axis)


def exact_top_k(x: Any, *, k: int, axis: int) -> Any:
    """The first in descending order, of exact numbers."""
    return np.take(np.flip(np.sort(x, axis=axis), axis), range(k), axis)


def lead(x: Array, *, k: int, axis: int) -> Array:
    """How far the k + 1 largest are apart from each other: zero at a tie."""
    y = np.flip(np.sort(x, axis=axis), axis)
    return np.diff(np.take(y, range(min(k + 1, x.shape[axis]) if k else 0), axis), axis=axis)


def inquiries(choose: Choose) -> tuple[Shape, Shape]:
    """Where to interpolate, and values at knots."""
    return shape(choose), (choose((*FILLED_SIDES, 4, 3)),)


def knots(choose: Choose, shapes: Sequence[Any], _static: Static) -> Array:
    """Increasing multiples of ½ around 0, of uneven distances."""
    start = choose((-3, -2, -1, -4))
    distances = [choose((1, 2, 3)) for _ in range(shapes[1][0] - 1)]
    return np.array([start, *distances], np.float64).cumsum() / 2


def beyond(choose: Choose, _shapes: Sequence[Any], _static: Static) -> float | None:
    """A number outside, or none."""
    number: float | None = choose((None, None, 2.5, -1.0))
    return number


def interpolated(x: Any, fp: Any, *, xp: Any, left: float | None, right: float | None) -> Any:
    """JAX's, its arguments in another order."""
    return jnp.interp(x, jnp.asarray(xp, fp.dtype), fp, left=left, right=right)


def exact_interp(x: Any, fp: Any, *, xp: Any, left: float | None, right: float | None) -> Any:
    """Element by element, of exact numbers."""
    y = np.empty(np.shape(x), object)
    at = [float(knot) for knot in xp]
    for index in np.ndindex(y.shape):
        here = x[index]
        j = sum(knot <= here for knot in at) - 1
        if here < at[0]:
            y[index] = fp[0] if left is None else left
        elif here > at[-1]:
            y[index] = fp[-1] if right is None else right
        elif j == len(at) - 1:
            y[index] = fp[-1]
        else:
            y[index] = fp[j] + (fp[j + 1] - fp[j]) * (here - at[j]) / (at[j + 1] - at[j])
    return y


def from_knots(x: Array, _fp: Array, *, xp: Array, left: float | None, right: float | None) -> Array:  # noqa: ARG001
    """How far each x is from the next knot."""
    distances: Array = np.abs(x[..., None] - xp).min(axis=-1)
    return distances


ASCENDING = {"axis": -1, "descending": False}
TIES = point(
    "ties", "P2", [2.0, 1.0, 2.0, 1.0, 2.0], u=[1.0, 2.0, 3.0, 4.0, 5.0], value=[1, 1, 2, 2, 2], static=ASCENDING,
    accepts=(groups(([1, 2, 1, 2, 1],), {1: 12.0, 2: 3.0}),), convention=([3, 1, 4, 2, 5],),
    jax=([3, 1, 4, 2, 5],), torch=([3, 1, 4, 2, 5],),
)  # fmt: skip
TIES_DESCENDING = point(
    "ties, descending", "P2", [2.0, 1.0, 2.0, 1.0, 2.0], u=[1.0, 2.0, 3.0, 4.0, 5.0], value=[2, 2, 2, 1, 1],
    static={"axis": -1, "descending": True}, accepts=(groups(([1, 2, 1, 2, 1],), {1: 6.0, 2: 9.0}),),
    convention=([3, 5, 2, 4, 1],), jax=([3, 5, 2, 4, 1],), torch=([1, 4, 2, 5, 3],),
)  # fmt: skip
ZEROS = point(
    "0 and −0", "P2", [0.0, -0.0, 0.0], u=[1.0, 2.0, 4.0], value=[0, 0, 0], static=ASCENDING,
    accepts=(groups(([1, 1, 1],), {1: 7.0}),), convention=([1, 2, 4],), jax=([1, 2, 4],), torch=([1, 2, 4],),
)  # fmt: skip
NAN_LAST = point(
    "nan", "P6", [NAN, 1.0, NAN], u=[1.0, 2.0, 4.0], value=[1, NAN, NAN], static=ASCENDING,
    accepts=(any_of(exact([2, 1, 4]), exact([4, 1, 2])),), convention=([2, 1, 4],),
    jax=([2, 1, 4],), torch=([2, 1, 4],),
)  # fmt: skip
PARTITION_TIES = point(
    "ties", "P2", [3.0, 1.0, 2.0, 1.0, 2.0], u=[1.0, 2.0, 3.0, 4.0, 5.0], value=[1, 1, 2, 2, 3],
    static={"kth": 2, "axis": -1}, accepts=(groups(([3, 1, 2, 1, 2],), {1: 3.0, 2: 7.0, 3: 5.0}),),
    convention=([5, 1, 3, 2, 4],), jax=([5, 1, 3, 2, 4],),
)  # fmt: skip
TOP_TIES = point(
    "ties, one of them left out", "P2", [2.0, 3.0, 2.0, 1.0, 2.0], u=[1.0, 2.0, 4.0], value=[3, 2, 2],
    static={"k": 3, "axis": -1}, accepts=(groups(([2, 1, 2, 0, 2],), {1: 1.0, 2: 6.0}),),
    convention=([2, 1, 4, 0, 0],), jax=([2, 1, 4, 0, 0],),
)  # fmt: skip
NAN_FIRST = point(
    "nan", "P6", [1.0, NAN, 3.0, NAN], u=[1.0, 2.0, 4.0], value=[NAN, NAN, 3], static={"k": 3, "axis": -1},
    accepts=(any_of(exact([0, 1, 4, 2]), exact([0, 2, 4, 1])),), convention=([0, 1, 4, 2],), jax=([0, 1, 4, 2],),
)  # fmt: skip

KNOTS = {"xp": np.array([0.0, 1.0, 3.0]), "left": None, "right": None}
AT_KNOTS = point(
    "x = a knot", "P1", [0.0, 1.0, 3.0], [1.0, 2.0, 7.0], u=[1.0, 2.0, -4.0], value=[1, 2, 7], static=KNOTS,
    accepts=(interval([0, 1, 0], [1, 2.5, 2.5]), exact([1, 2, -4])),
    convention=([1, 5, -10], [1, 2, -4]), jax=([1, 5, -10], [1, 2, -4]),
)  # fmt: skip
AT_INFINITY = point(
    "x = ±∞", "P3", [-INF, INF], [1.0, 2.0, 7.0], u=[2.0, 3.0], value=[1, 7], static=KNOTS,
    convention=([0, 0], [2, 0, 3]), jax=([0, 0], [NAN, NAN, NAN]),
)  # fmt: skip
AT_NAN = point(
    "x = nan", "P6", [NAN], [1.0, 2.0, 7.0], u=[2.0], value=[NAN], static=KNOTS,
    accepts=(any_of(exact([5]), exact([0]), non_finite("nan")), any_of(exact([0, NAN, NAN]), non_finite("nan"))),
    convention=([5], [0, NAN, NAN]), jax=([5], [0, NAN, NAN]),
)  # fmt: skip

CASES = (
    case(
        pv.sort, jnp.sort, any_lanes, REAL, static={"axis": sorted_axis, "descending": flag},
        kink=gaps, definition=exact_sort, exact=True, laws=(conserved,),
        points=(TIES, TIES_DESCENDING, ZEROS, NAN_LAST),
    ),
    case(
        pv.partition, partition, some_lanes, REAL, static={"axis": sorted_axis, "kth": places},
        kink=partition_gaps, definition=exact_partition, exact=True, laws=(conserved,), points=(PARTITION_TIES,),
    ),
    case(
        pv.top_k, top_k, some_lanes, REAL, static={"axis": lane_axis, "k": how_many},
        kink=lead, definition=exact_top_k, exact=True, laws=(conserved,), points=(TOP_TIES, NAN_FIRST),
    ),
    case(
        pv.interp, interpolated, inquiries, REAL, REAL, static={"xp": knots, "left": beyond, "right": beyond},
        kink=from_knots, definition=exact_interp, points=(AT_KNOTS, AT_INFINITY, AT_NAN),
    ),
)  # fmt: skip
