"""Rows of purevjp/reduction.py."""

import math

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, SHIFTED, case
from oracle.shape import one, one_filled
from oracle.static import flag, reduced_axes
from purevjp.aliases import Array, Axis


def lead(x: Array, *, axis: Axis, keepdims: bool) -> Array:  # noqa: ARG001 (called with the row's keywords)
    """How far the largest element of each lane is ahead of the next: zero at a tie."""
    axes = range(x.ndim) if axis is None else [a % x.ndim for a in np.atleast_1d(np.array(axis, int))]
    kept = [a for a in range(x.ndim) if a not in axes]
    lanes = x.transpose(*kept, *axes).reshape(math.prod(x.shape[a] for a in kept), -1)
    return np.diff(np.sort(lanes), axis=1)[:, -1:]


AXES = {"axis": reduced_axes, "keepdims": flag}

CASES = (
    case(pv.sum, jnp.sum, one, REAL, static=AXES),
    case(pv.mean, jnp.mean, one_filled, REAL, static=AXES),
    case(pv.max, jnp.max, one_filled, REAL, static=AXES, kink=lead),
    case(pv.logsumexp, jax.nn.logsumexp, one_filled, SHIFTED, static=AXES),
)
