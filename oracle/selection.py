"""Rows of purevjp/selection.py."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, exact, groups, non_finite, point
from oracle.domain import REAL, Choose, Static, case
from oracle.laws import conserved
from oracle.shape import broadcastable
from purevjp.aliases import Array

INF, NAN = math.inf, math.nan


def where(x: Any, y: Any, *, condition: Any) -> Any:
    """NumPy's order of arguments."""
    return jnp.where(condition, x, y)


def exact_where(x: Any, y: Any, *, condition: Any) -> Any:
    """The same, of exact numbers."""
    return np.where(condition, x, y)


def fmax(a: jax.Array, b: jax.Array) -> jax.Array:
    """The definition, by the maximum that shares ties; jnp.fmax gives them to b."""
    return jnp.where(jnp.isnan(b), a, jnp.where(jnp.isnan(a), b, jnp.maximum(a, b)))


def fmin(a: jax.Array, b: jax.Array) -> jax.Array:
    """The same of the minimum."""
    return jnp.where(jnp.isnan(b), a, jnp.where(jnp.isnan(a), b, jnp.minimum(a, b)))


def exact_clip(x: Any, low: Any, high: Any) -> Any:
    """min(max(x, low), high), of exact numbers."""
    return np.minimum(np.maximum(x, low), high)


def corners(x: Array, low: Array, high: Array) -> Array:
    """How far any two of the three are apart."""
    return np.asarray(np.minimum(np.minimum(np.abs(x - low), np.abs(x - high)), np.abs(low - high)))


def odd(x: Array) -> Array:
    """Integers made odd, so that a lower bound never equals an upper one: there, JAX's slopes are no differences."""
    return np.where(x == np.floor(x), 2 * np.floor(x / 2) + 1, x)


def even(x: Array) -> Array:
    """Integers made even."""
    return np.where(x == np.floor(x), 2 * np.floor(x / 2), x)


def truths(choose: Choose, shapes: Sequence[Any], _static: Static) -> Array:
    """Booleans that broadcast with both arrays, and may add an axis."""
    loop = np.broadcast_shapes(*shapes)
    shape = choose((loop, broadcastable(choose, loop), (2, *loop)))
    return np.array([choose((True, False)) for _ in range(math.prod(shape))], bool).reshape(shape)


UNCHOSEN = point(
    "an infinity that is not chosen, and an infinite u", "P3", [INF, 1.0], [2.0, NAN], u=[3.0, INF], value=[2, 1],
    static={"condition": np.array([False, True])},
    convention=([0, INF], [3, 0]), jax=([0, INF], [3, 0]), torch=([0, INF], [3, 0]),
)  # fmt: skip
TIE = point(
    "a = b", "P2", [2.0, 0.0, 1.0], [2.0, -0.0, 3.0], u=[4.0, -6.0, 5.0], value=[2, 0, 1],
    accepts=2 * (groups(([1, 2, 3], [1, 2, 0]), {1: 4.0, 2: -6.0, 3: 5.0}),),
    convention=([2, -3, 5], [2, -3, 0]), jax=([2, -3, 5], [2, -3, 0]), torch=([2, -3, 5], [2, -3, 0]),
)  # fmt: skip
NAN_IN_MINIMUM = point(
    "a or b is nan", "P6", [NAN, 1.0], [1.0, NAN], u=[3.0, 5.0], value=[NAN, NAN],
    accepts=2 * (any_of(exact([0, 0]), exact([3, 0]), exact([0, 5]), exact([3, 5]), exact([NAN, NAN])),),
    convention=([0, 0], [0, 0]), jax=([0, 0], [0, 0]), torch=([3, 5], [3, 5]),
)  # fmt: skip
TIE_OF_FMAX = point(
    "a = b", "P2", [2.0, 0.0, 1.0], [2.0, -0.0, 3.0], u=[4.0, -6.0, 5.0], value=[2, 0, 3],
    accepts=2 * (groups(([1, 2, 0], [1, 2, 3]), {1: 4.0, 2: -6.0, 3: 5.0}),),
    convention=([2, -3, 0], [2, -3, 5]), jax=([2, -3, 0], [2, -3, 5]), torch=([4, -6, 0], [0, 0, 5]),
)  # fmt: skip
TIE_OF_FMIN = point(
    "a = b", "P2", [2.0, 0.0, 1.0], [2.0, -0.0, 3.0], u=[4.0, -6.0, 5.0], value=[2, 0, 1],
    accepts=2 * (groups(([1, 2, 3], [1, 2, 0]), {1: 4.0, 2: -6.0, 3: 5.0}),),
    convention=([2, -3, 5], [2, -3, 0]), jax=([2, -3, 5], [2, -3, 0]), torch=([4, -6, 5], [0, 0, 0]),
)  # fmt: skip
ONE_NAN = point(
    "a or b is nan", "P6", [NAN, 1.0], [1.0, NAN], u=[3.0, 5.0], value=[1, 1],
    convention=([0, 5], [3, 0]), jax=([0, 5], [3, 0]), torch=([0, 5], [3, 0]),
)  # fmt: skip
BOTH_NAN = point(
    "a and b are nan", "P6", [NAN], [NAN], u=[4.0], value=[NAN],
    accepts=2 * (any_of(groups(([1], [1]), {1: 4.0}), exact([0]), non_finite("nan")),),
    convention=([4], [0]), jax=([4], [0]), torch=([4], [0]),
)  # fmt: skip
AT_A_BOUND = point(
    "x at a bound", "P2", [0.0, 1.0, 0.5], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0], u=[4.0, -6.0, 5.0], value=[0, 1, 0.5],
    accepts=3 * (groups(([1, 2, 3], [1, 0, 0], [0, 2, 0]), {1: 4.0, 2: -6.0, 3: 5.0}),),
    convention=([2, -3, 5], [2, 0, 0], [0, -3, 0]), jax=([2, -3, 5], [2, 0, 0], [0, -3, 0]),
    torch=([4, -6, 5], [0, 0, 0], [0, 0, 0]),
)  # fmt: skip
BOUNDS_THAT_MEET = point(
    "min = max", "P2", [1.0, 0.0, 2.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], u=[4.0, -6.0, 8.0], value=[1, 1, 1],
    accepts=3 * (groups(([1, 0, 0], [1, 2, 0], [1, 2, 3]), {1: 4.0, 2: -6.0, 3: 8.0}),),
    convention=([1, 0, 0], [1, -3, 0], [2, -3, 8]), jax=([1, 0, 0], [1, -3, 0], [2, -3, 8]),
)  # fmt: skip
BOUNDS_THAT_CROSS = point(
    "min > max", "P2", [0.0, 1.0, 2.0, 3.0], [2.0, 2.0, 2.0, 2.0], [1.0, 1.0, 1.0, 1.0], u=[1.0, 2.0, 3.0, 4.0],
    value=[1, 1, 1, 1], convention=([0] * 4, [0] * 4, [1, 2, 3, 4]), jax=([0] * 4, [0] * 4, [1, 2, 3, 4]),
)  # fmt: skip
NAN_IN_CLIP = point(
    "x is nan", "P6", [NAN], [0.0], [1.0], u=[3.0], value=[NAN],
    accepts=3 * (any_of(exact([0]), exact([3]), exact([NAN])),),
    convention=([0], [0], [0]), jax=([0], [0], [0]), torch=([0], [0], [0]),
)  # fmt: skip

CASES = (
    case(
        pv.where, where, "(),()->()", REAL, REAL, static={"condition": truths},
        definition=exact_where, exact=True, analytic=True, laws=(conserved,), points=(UNCHOSEN,),
    ),
    case(
        pv.minimum, jnp.minimum, "(n),(n)->(n)", REAL, REAL,
        kink=np.subtract, definition=np.minimum, exact=True, laws=(conserved,), points=(TIE, NAN_IN_MINIMUM),
    ),
    case(
        pv.fmax, fmax, "(),()->()", REAL, REAL,
        kink=np.subtract, definition=np.maximum, exact=True, laws=(conserved,),
        points=(TIE_OF_FMAX, ONE_NAN, BOTH_NAN),
    ),
    case(
        pv.fmin, fmin, "(),()->()", REAL, REAL,
        kink=np.subtract, definition=np.minimum, exact=True, laws=(conserved,),
        points=(TIE_OF_FMIN, ONE_NAN, BOTH_NAN),
    ),
    case(
        pv.clip, jnp.clip, "(),(),()->()", REAL, {**REAL, "structure": odd}, {**REAL, "structure": even},
        kink=corners, definition=exact_clip, relative=True, laws=(conserved,),
        points=(AT_A_BOUND, BOUNDS_THAT_MEET, BOUNDS_THAT_CROSS, NAN_IN_CLIP),
    ),
)  # fmt: skip
