"""Rows of purevjp/reduction.py."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, ball, exact, groups, interval, non_finite, point
from oracle.domain import BOUNDED, LOGIT, REAL, Choose, Static, case
from oracle.draw import Arguments
from oracle.laws import conserved
from oracle.referee import EXP, LOG
from oracle.shape import SIDES, broadcastable, one, one_filled, shape
from oracle.static import flag, reduced_axes
from purevjp.aliases import Array, Axis
from purevjp.broadcast import kept_shape
from purevjp.lane import to_lanes


def lead(
    x: Array,
    *,
    axis: Axis,
    keepdims: bool,  # noqa: ARG001 (called with the row's keywords)
    initial: Any = None,
    where: Any = None,
) -> Array:
    """How far the largest element of each lane is ahead of the next: zero at a tie."""
    lanes = to_lanes(x if where is None else np.where(where, x, -math.inf), axis)
    if initial is not None:
        lanes = np.concatenate([lanes, np.full((*lanes.shape[:-1], 1), initial)], axis=-1)
    if lanes.shape[-1] < 2:
        return np.ones(kept_shape(x.shape, axis))
    ordered = np.sort(lanes, axis=-1)
    return np.asarray(ordered[..., -1] - ordered[..., -2]).reshape(kept_shape(x.shape, axis))


def lag(x: Array, **static: Any) -> Array:
    """The same of the smallest."""
    return lead(-x, **{**static, "initial": None if static.get("initial") is None else -static["initial"]})


def filled(x: Any, where: Any, fill: Any) -> Any:
    """x where it counts, `fill` elsewhere."""
    return x if where is None else np.where(where, x, fill)


def sum_of(x: Any, *, axis: Axis, keepdims: bool, initial: Any, where: Any) -> Any:
    """Σ x, of exact numbers."""
    return np.sum(filled(x, where, 0), axis=axis, keepdims=keepdims) + (initial or 0)


def mean_of(x: Any, *, axis: Axis, keepdims: bool, where: Any) -> Any:
    """Σ x / n, of exact numbers."""
    n = np.sum(np.broadcast_to(True if where is None else where, x.shape), axis=axis, keepdims=keepdims)
    return np.sum(filled(x, where, 0), axis=axis, keepdims=keepdims) / n


def max_of(x: Any, *, axis: Axis, keepdims: bool, initial: Any, where: Any) -> Any:
    """The largest, of exact numbers."""
    y = np.max(filled(x, where, initial), axis=axis, keepdims=keepdims)
    return y if initial is None else np.maximum(y, initial)


def min_of(x: Any, *, initial: Any, **static: Any) -> Any:
    """The smallest, of exact numbers."""
    return -max_of(-x, initial=None if initial is None else -initial, **static)


def prod_of(x: Any, *, axis: Axis, keepdims: bool, initial: Any, where: Any) -> Any:
    """Π x, of exact numbers."""
    return np.prod(filled(x, where, 1), axis=axis, keepdims=keepdims) * (1 if initial is None else initial)


def logsumexp(x: Any, *, axis: Axis, keepdims: bool) -> Any:
    """ln Σ eˣ, of exact numbers."""
    return LOG(EXP(x).sum(axis=axis, keepdims=keepdims))


def trace_of(x: Any, *, offset: int, axis1: int, axis2: int) -> Any:
    """Σ of a diagonal, of exact numbers: a list of lanes."""
    return np.sum(np.moveaxis(x, (axis1, axis2), (0, 1)) * diagonal_of(x, offset, axis1, axis2), axis=(0, 1))


def diagonal_of(x: Any, offset: int, axis1: int, axis2: int) -> Any:
    """1 on the diagonal, 0 elsewhere, for every other axis."""
    on = np.eye(x.shape[axis1], x.shape[axis2], offset, dtype=int)
    return on.reshape(*on.shape, *(1 for _ in range(x.ndim - 2)))


def handed_on(arguments: Arguments, cotangents: Sequence[Array]) -> list[str]:
    """Extremes hand on the incoming cotangent, all of it where nothing else is in the running."""
    return conserved(arguments, cotangents) if arguments["static"]["initial"] is None else []


def positive(size: Any) -> Any:
    """√ of what is not negative, with the slope 0 at 0."""
    zero = size == 0
    return jnp.where(zero, 0, jnp.sqrt(jnp.where(zero, 1, size)))


def norm(x: Any, *, ord: float | None = None, axis: int | None = None, keepdims: bool = False) -> Any:  # noqa: A002 (NumPy's name)
    """The p-norm in JAX, with the slope 0 wherever |x| or √ has none, unlike jax.numpy.linalg.norm."""
    size = jnp.where(x == 0, 0, jnp.abs(x))
    if ord in {None, 2}:
        return positive(jnp.sum(size * size, axis=axis, keepdims=keepdims))
    if ord == 1:
        return jnp.sum(size, axis=axis, keepdims=keepdims)
    if math.isinf(ord):
        return (jnp.max if ord > 0 else jnp.min)(size, axis=axis, keepdims=keepdims)
    powers = jnp.sum(jnp.where(x == 0, 0, jnp.where(x == 0, 1, size) ** ord), axis=axis, keepdims=keepdims)
    return jnp.where(powers == 0, 0, jnp.where(powers == 0, 1, powers) ** (1 / ord))


def norm_of(x: Any, *, ord: float | None, axis: int | None, keepdims: bool) -> Any:  # noqa: A002 (NumPy's name)
    """The p-norm, of exact numbers."""
    size = np.abs(x)
    if ord is not None and math.isinf(ord):
        return np.asarray((np.max if ord > 0 else np.min)(size, axis=axis, keepdims=keepdims))
    p = 2 if ord is None else ord
    return np.array(np.sum(size**p, axis=axis, keepdims=keepdims)) ** (1 / mpmath.mpf(p))


def roughness(x: Array, *, ord: float | None, axis: int | None, keepdims: bool) -> Array:  # noqa: A002, ARG001
    """Zero where a p-norm is not smooth."""
    size = np.abs(x)
    if ord in {None, 2}:
        return np.asarray(np.linalg.norm(x, axis=axis, keepdims=True)) if x.ndim else size
    if math.isinf(ord or 0):
        ahead = (lead if (ord or 0) > 0 else lag)(size, axis=axis, keepdims=True)
        return np.asarray(np.minimum(ahead, (np.max if (ord or 0) > 0 else np.min)(size, axis=axis, keepdims=True)))
    return size


def mask(choose: Choose, shapes: Sequence[Any], _static: Static) -> Any:
    """None, or truth values that broadcast to the first argument."""
    if choose((True, True, False)):
        return None
    shape = broadcastable(choose, shapes[0])
    return np.array([choose((True, False, True)) for _ in range(math.prod(shape))], bool).reshape(shape)


def filling_mask(choose: Choose, shapes: Sequence[Any], static: Static) -> Any:
    """The same, with at least one element of each lane, and more than `ddof`."""
    where = mask(choose, shapes, static)
    if where is None:
        return None
    counts = np.sum(np.broadcast_to(where, shapes[0]), axis=static["axis"])
    return where if np.all(counts > max(static.get("ddof", 0), static.get("least", 0))) else None


def initial_integer(choose: Choose, _shapes: Sequence[Any], _static: Static) -> float | None:
    """A number to begin with, or none."""
    initial: float | None = choose((None, 2.0, None, 0.0, -1.0))
    return initial


def initial_of_masked(choose: Choose, shapes: Sequence[Any], static: Static) -> float | None:
    """The same, and a number where there is a mask."""
    return initial_integer(choose, shapes, static) if static["where"] is None else float(choose((2, 0, -1, -9)))


def norm_axis(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | None:
    """One axis from either end, or None."""
    ndim = len(shapes[0])
    axis: int | None = choose((None, *range(-ndim, ndim)))
    return axis


def norm_order(choose: Choose, shapes: Sequence[Any], static: Static) -> float | None:
    """Which norm; with no axis named, of several axes there is one only."""
    order: float | None = choose((None, 2, 1, INF, -INF, 3, 1.5))
    return None if static["axis"] is None and len(shapes[0]) != 1 else order


def matrices(choose: Choose) -> tuple[Any]:
    """One array with at least two axes."""
    return ((*shape(choose)[:2], choose(SIDES), choose(SIDES)),)


def axis_pair(choose: Choose, shapes: Sequence[Any], _static: Static) -> int:
    """One axis from either end."""
    ndim = len(shapes[0])
    return int(choose(range(-ndim, ndim)))


def other_axis(choose: Choose, shapes: Sequence[Any], static: Static) -> int:
    """Another one."""
    ndim = len(shapes[0])
    return int(choose([a for a in range(-ndim, ndim) if (a - static["axis1"]) % ndim]))


def diagonal_offset(choose: Choose, _shapes: Sequence[Any], _static: Static) -> int:
    """Which diagonal, perhaps one that is outside."""
    return int(choose((0, 1, -1, 2, -2, 4, -5)))


INF, NAN = math.inf, math.nan
AXES = {"axis": reduced_axes, "keepdims": flag}
ROWS = {"axis": 1, "keepdims": False}

TIE = point(
    "ties", "P2", [[3.0, 1.0, 3.0], [0.0, -0.0, -1.0], [5.0, 5.0, 5.0]], u=[4.0, -6.0, 9.0],
    value=[3, 0, 5], static=ROWS,
    accepts=(groups(([[1, 0, 1], [2, 2, 0], [3, 3, 3]],), {1: 4.0, 2: -6.0, 3: 9.0}),),
    convention=([[2, 0, 2], [-3, -3, 0], [3, 3, 3]],), jax=([[2, 0, 2], [-3, -3, 0], [3, 3, 3]],),
)  # fmt: skip
INFINITE_TIE = point(
    "ties of infinities", "P2", [[-INF, -INF], [INF, INF]], u=[4.0, 6.0], value=[-INF, INF], static=ROWS,
    accepts=(groups(([[1, 1], [2, 2]],), {1: 4.0, 2: 6.0}),), convention=([[2, 2], [3, 3]],), jax=([[2, 2], [3, 3]],),
)  # fmt: skip
NAN_IN_MAX = point(
    "nan", "P6", [[NAN, 5.0, NAN]], u=[6.0], value=[NAN], static=ROWS,
    accepts=(any_of(exact([[3, 0, 3]]), exact([[6, 0, 0]]), exact([[0, 0, 6]]), exact([[0] * 3]), non_finite("nan")),),
    convention=([[3, 0, 3]],), jax=([[NAN, NAN, NAN]],), torch=([[3, 0, 3]],),
)  # fmt: skip
ALL_MASKED = point(
    "a lane of −∞ only", "P5", [[-INF, -INF]], u=[3.0], value=[-INF], static=ROWS,
    accepts=(any_of(interval(0, 1), non_finite("nan")),),
    convention=([[0, 0]],), jax=([[NAN, NAN]],), torch=([[NAN, NAN]],),
)  # fmt: skip
MASKED = point(
    "−∞ beside a number", "P3", [[-INF, 1.0]], u=[3.0], value=[1], static=ROWS,
    convention=([[0, 3]],), jax=([[0, 3]],), torch=([[0, 3]],),
)  # fmt: skip

SMALLEST_TIE = point(
    "ties", "P2", [[3.0, 1.0, 1.0], [0.0, -0.0, 1.0], [5.0, 5.0, 5.0]], u=[4.0, -6.0, 9.0],
    value=[1, 0, 5], static=ROWS,
    accepts=(groups(([[0, 1, 1], [2, 2, 0], [3, 3, 3]],), {1: 4.0, 2: -6.0, 3: 9.0}),),
    convention=([[0, 2, 2], [-3, -3, 0], [3, 3, 3]],), jax=([[0, 2, 2], [-3, -3, 0], [3, 3, 3]],),
    torch=([[0, 2, 2], [-3, -3, 0], [3, 3, 3]],),
)  # fmt: skip
TIE_WITH_INITIAL = point(
    "a tie with `initial`", "P2", [2.0, 2.0, 1.0], u=4.0, value=2, static={"initial": 2.0},
    accepts=(any_of(interval(0, [0.5, 0.5, 0]), *(exact(dx) for dx in ([4, 0, 0], [0, 4, 0]))),),
    convention=([1, 1, 0],), jax=([1, 1, 0],),
)  # fmt: skip
ALL_FALSE = point(
    "`where` is false in all of a lane", "P5", [2.0, 3.0], u=4.0, value=7,
    static={"initial": 7.0, "where": np.array([False, False])}, convention=([0, 0],), jax=([0, 0],),
)  # fmt: skip
ONE_ZERO = point(
    "one zero, and two", "P3", [[0.0, 2.0, 3.0], [0.0, 0.0, 3.0]], u=[5.0, 7.0], value=[0, 0], static={"axis": 1},
    convention=([[30, 0, 0], [0, 0, 0]],), jax=([[30, 0, 0], [0, 0, 0]],), torch=([[30, 0, 0], [0, 0, 0]],),
)  # fmt: skip


def no_vector(order: float | None, jax_gives: float) -> Any:
    """The point x = 0 of a norm."""
    slope = 1.0 if order in {None, 2} else 2.0
    return point(
        "x = 0 everywhere", "P1", [0.0, -0.0], u=3.0, value=0, static={"ord": order},
        accepts=(any_of(ball(3.0 * slope), non_finite("nan")),), convention=([0, 0],),
        jax=([0, 0],), jax_numpy=([jax_gives, jax_gives],), torch=([0, 0],),
    )  # fmt: skip


EQUAL_SIZES = point(
    "ties of |x|", "P2", [2.0, -2.0, 0.0], u=3.0, value=2, static={"ord": INF},
    accepts=(interval([0, -1, 0], [1, 0, 0]), ), convention=([1.5, -1.5, 0],),
    jax=([1.5, -1.5, 0],), torch=([1.5, -1.5, 0],),
)  # fmt: skip
ZERO_AMONG_OTHERS = point(
    "an element 0 of a 1-norm", "P1", [2.0, -2.0, 0.0], u=3.0, value=4, static={"ord": 1},
    accepts=(interval([1, -1, -1], [1, -1, 1]),), convention=([3, -3, 0],), jax=([3, -3, 0],),
    jax_numpy=([3, -3, 3],), torch=([3, -3, 0],),
)  # fmt: skip

CASES = (
    case(
        pv.sum, jnp.sum, one, REAL, static={**AXES, "initial": initial_integer, "where": mask},
        definition=sum_of, exact=True, analytic=True,
    ),
    case(
        pv.mean, jnp.mean, one_filled, REAL, static={**AXES, "where": filling_mask},
        definition=mean_of, analytic=True, laws=(conserved,),
    ),
    case(
        pv.max, jnp.max, one_filled, REAL, static={**AXES, "where": mask, "initial": initial_of_masked},
        kink=lead, definition=max_of, exact=True, laws=(handed_on,),
        points=(TIE, INFINITE_TIE, NAN_IN_MAX, TIE_WITH_INITIAL, ALL_FALSE),
    ),
    case(
        pv.min, jnp.min, one_filled, REAL, static={**AXES, "where": mask, "initial": initial_of_masked},
        kink=lag, definition=min_of, exact=True, laws=(handed_on,), points=(SMALLEST_TIE, ALL_FALSE),
    ),
    case(
        pv.prod, jnp.prod, one, BOUNDED, static={**AXES, "initial": initial_integer, "where": mask},
        definition=prod_of, analytic=True, points=(ONE_ZERO,),
    ),
    case(
        pv.logsumexp, jax.nn.logsumexp, one_filled, LOGIT, static=AXES,
        definition=logsumexp, analytic=True, laws=(conserved,), points=(MASKED, ALL_MASKED),
    ),
    case(
        pv.norm, norm, one_filled, REAL, static={"axis": norm_axis, "ord": norm_order, "keepdims": flag},
        kink=roughness, definition=norm_of,
        points=(
            no_vector(None, NAN), no_vector(1, 3), no_vector(INF, 0.75), no_vector(3, NAN),
            EQUAL_SIZES, ZERO_AMONG_OTHERS,
        ),
    ),
    case(
        pv.trace, jnp.trace, matrices, REAL,
        static={"axis1": axis_pair, "axis2": other_axis, "offset": diagonal_offset},
        definition=trace_of, exact=True, analytic=True,
    ),
)  # fmt: skip
