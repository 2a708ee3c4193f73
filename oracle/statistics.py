"""Rows of purevjp/statistics.py."""

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import mpmath
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, ball, exact, non_finite, point
from oracle.domain import REAL, Choose, Static, case, interval
from oracle.reduction import filled, filling_mask
from oracle.referee import digits_of
from oracle.shape import FILLED_SIDES, filled_shape, one, one_filled
from oracle.static import flag, lane_axes, reduced_axes
from purevjp.aliases import Array, Axis, Shape

INF, NAN = math.inf, math.nan
SQRT = digits_of(mpmath.sqrt)
WEIGHT = interval(1 / 16, 4, offset=100.0, wide=2.0**10, special=(1.0, 2.0, 0.5))
SAMPLES = interval(-3, 3, offset=100.0, wide=2.0**10, special=(0.0, 1.0, -1.0, 2.0, 1e-6, 1e12))
AXES = {"axis": reduced_axes, "keepdims": flag}


def terms_of(x: Any, axis: Axis, keepdims: bool, where: Any) -> Any:
    """How many elements count."""
    return np.sum(np.broadcast_to(True if where is None else where, x.shape), axis=axis, keepdims=keepdims)


def var_of(x: Any, *, axis: Axis, ddof: float, keepdims: bool, where: Any) -> Any:
    """The variance, of exact numbers."""
    mean = np.sum(filled(x, where, 0), axis=axis, keepdims=True) / terms_of(x, axis, True, where)
    squares = filled((x - mean) ** 2, where, 0)
    return np.sum(squares, axis=axis, keepdims=keepdims) / (terms_of(x, axis, keepdims, where) - ddof)


def std_of(x: Any, **static: Any) -> Any:
    """Its root."""
    return SQRT(var_of(x, **static))


def std(x: Any, **static: Any) -> Any:
    """The root of the variance in JAX, with the slope 0 at 0."""
    y = jnp.var(x, **static)
    return jnp.where(y == 0, 0, jnp.sqrt(jnp.where(y == 0, 1, y)))


def spread(x: Array, *, axis: Axis, ddof: float, keepdims: bool, where: Any) -> Array:  # noqa: ARG001 (the row's keywords)
    """Zero where all elements of a lane are equal."""
    return np.asarray(np.std(x, axis=axis, keepdims=True, where=True if where is None else where))


def average_of(x: Any, w: Any, *, axis: Axis, keepdims: bool) -> Any:
    """Σ w x / Σ w, of exact numbers."""
    if w.shape != x.shape:
        along = axis[0] if isinstance(axis, tuple) else axis
        w = np.expand_dims(w, [a for a in range(x.ndim) if along is None or a != along % x.ndim])
    w = np.broadcast_to(w, x.shape)
    return np.sum(w * x, axis=axis, keepdims=keepdims) / np.sum(w, axis=axis, keepdims=keepdims)


def average(x: Any, w: Any, *, axis: Axis, keepdims: bool) -> Any:
    """The weighted mean in JAX, which knows weights of one axis beside an integer only."""
    if isinstance(axis, tuple) and w.shape != x.shape:
        (axis,) = axis
    return jnp.average(x, axis, w, keepdims=keepdims)


def is_number(x: Any) -> Any:
    """Where an exact number is not nan."""
    return ~np.isnan(np.asarray(x, float))


def nanmean_of(x: Any, *, axis: Axis, keepdims: bool) -> Any:
    """Σ x / n, of exact numbers that are not nan."""
    present = is_number(x)
    return np.sum(np.where(present, x, 0), axis=axis, keepdims=keepdims) / terms_of(x, axis, keepdims, present)


def nansum_of(x: Any, *, axis: Axis, keepdims: bool) -> Any:
    """Σ x, of exact numbers that are not nan."""
    return np.sum(np.where(is_number(x), x, 0), axis=axis, keepdims=keepdims)


def cov_of(x: Any, *, rowvar: bool, bias: bool, ddof: int | None) -> Any:
    """Covariances, of exact numbers."""
    samples = np.atleast_2d(x.T if not rowvar and x.ndim == 2 else x)
    n = samples.shape[1]
    centred = samples - np.sum(samples, axis=1, keepdims=True) / n
    y = np.sum(centred[:, None] * centred[None], axis=2) / (n - (1 - bias if ddof is None else ddof))
    return y[0, 0] if y.shape == (1, 1) else y


def one_or_square(choose: Choose) -> tuple[Shape]:
    """One array with at least one element, often a square matrix."""
    side = choose((2, 3))
    return (choose((*one_filled(choose), (side, side))),)


def several(choose: Choose) -> tuple[Shape]:
    """One array with several elements along every axis, of which there is one at least."""
    return (tuple(choose((2, 3, 5)) for _ in range(choose((1, 2, 3)))),)


def freedom(choose: Choose, shapes: Sequence[Any], static: Static) -> float:
    """Fewer than there are elements in a lane."""
    n = np.sum(np.ones(shapes[0]), axis=static["axis"]).max(initial=0)
    return float(choose([ddof for ddof in (1, 0, 2, 0.5) if ddof < n] or [0]))


def several_of_lane(choose: Choose, shapes: Sequence[Any], static: Static) -> Any:
    """A mask that leaves two elements of each lane, and more than ddof."""
    return filling_mask(choose, shapes, {**static, "least": 1})


def weighted(choose: Choose) -> tuple[Shape, Shape]:
    """An array, and weights of its shape, or for its last or first axis."""
    shape = (*filled_shape(choose)[:2], choose(FILLED_SIDES))
    return shape, choose((shape, shape[-1:], shape[:1]))


def weighted_axis(choose: Choose, shapes: Sequence[Any], static: Static) -> Axis:
    """The axis of the weights, if they have one, else any."""
    shape, weights = shapes
    if weights == shape:
        return lane_axes(choose, shapes, static)
    spellings = [a for a in range(-len(shape), len(shape)) if shape[a] == weights[0]]
    axis: Axis = choose([*spellings, *((a,) for a in spellings)])
    return axis


def samples(choose: Choose) -> tuple[Shape]:
    """One variable or several, of several samples."""
    n, k = choose((3, 2, 5)), choose((2, 1, 3))
    return (choose(((k, n), (n,), (n, k))),)


def variables_in_rows(choose: Choose, shapes: Sequence[Any], _static: Static) -> bool:
    """Whatever leaves two samples."""
    shape = shapes[0]
    return bool(choose([flag for flag in (True, False) if shape[-1 if flag or len(shape) == 1 else 0] > 1]))


def sample_freedom(choose: Choose, shapes: Sequence[Any], static: Static) -> int | None:
    """Fewer than there are samples, or what follows from `bias`."""
    shape = shapes[0]
    n = shape[-1 if static["rowvar"] or len(shape) == 1 else 0]
    ddof: int | None = choose([None, *(ddof for ddof in (0, 1, 2) if ddof < n)])
    return ddof


CONSTANT = point(
    "all are equal", "P1", [[2.0, 2.0], [1.0, 3.0]], u=[3.0, 8.0], value=[0, 1], static={"axis": 1},
    accepts=(any_of(exact([[0, 0], [-4, 4]]), exact([[NAN, NAN], [-4, 4]]), ball(math.hypot(3.0, 8.0) / 1.0)),),
    convention=([[0, 0], [-4, 4]],), jax=([[0, 0], [-4, 4]],),
    jax_numpy=([[NAN, NAN], [-4, 4]],), torch=([[0, 0], [-4, 4]],),
)  # fmt: skip
NO_FREEDOM = point(
    "n = ddof", "P5", [2.0], u=3.0, value=NAN, static={"ddof": 1},
    accepts=(any_of(exact([0]), non_finite("nan")),), convention=([NAN],), jax=([NAN],), torch=([NAN],),
)  # fmt: skip
NANS_LEFT_OUT = point(
    "nan", "P6", [[NAN, 5.0, 1.0], [NAN, NAN, 2.0]], u=[6.0, 7.0], value=[6, 2], static={"axis": 1},
    convention=([[0, 6, 6], [0, 0, 7]],), jax=([[0, 6, 6], [0, 0, 7]],), torch=([[0, 6, 6], [0, 0, 7]],),
)  # fmt: skip
NANS_NOT_COUNTED = point(
    "nan", "P6", [[NAN, 5.0, 1.0], [NAN, NAN, 2.0]], u=[6.0, 7.0], value=[3, 2], static={"axis": 1},
    convention=([[0, 3, 3], [0, 0, 7]],), jax=([[0, 3, 3], [0, 0, 7]],), torch=([[0, 3, 3], [0, 0, 7]],),
)  # fmt: skip
SUM_OF_NONE = point(
    "all are nan", "P6", [NAN, NAN], u=6.0, value=0, convention=([0, 0],), jax=([0, 0],), torch=([0, 0],)
)

CASES = (
    case(
        pv.var, jnp.var, one_filled, REAL, static={**AXES, "ddof": freedom, "where": filling_mask},
        definition=var_of,
    ),
    case(
        pv.std, std, several, REAL,
        static={"axis": lane_axes, "keepdims": flag, "ddof": freedom, "where": several_of_lane},
        kink=spread, definition=std_of, points=(CONSTANT, NO_FREEDOM),
    ),
    case(
        pv.average, average, weighted, REAL, WEIGHT, static={"axis": weighted_axis, "keepdims": flag},
        definition=average_of, analytic=True,
    ),
    case(
        pv.nansum, jnp.nansum, one, REAL, static=AXES, definition=nansum_of, exact=True, analytic=True,
        points=(NANS_LEFT_OUT, SUM_OF_NONE),
    ),
    case(
        pv.nanmean, jnp.nanmean, one_or_square, REAL, static=AXES, definition=nanmean_of, analytic=True,
        points=(NANS_NOT_COUNTED,),
    ),
    case(
        pv.cov, jnp.cov, samples, SAMPLES,
        static={"rowvar": variables_in_rows, "bias": flag, "ddof": sample_freedom}, definition=cov_of,
    ),
)  # fmt: skip
