"""Rows of purevjp/reduction.py."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, case
from oracle.shape import one, one_filled
from oracle.static import flag, reduced_axes


def gaps(x: np.ndarray[Any, Any], **_static: object) -> np.ndarray[Any, Any]:
    """The distances between elements next in size: zero at a tie."""
    return np.diff(np.sort(x, axis=None))


AXES = {"axis": reduced_axes, "keepdims": flag}

CASES = (
    case(pv.sum, jnp.sum, one, REAL, static=AXES),
    case(pv.mean, jnp.mean, one_filled, REAL, static=AXES),
    case(pv.max, jnp.max, one_filled, REAL, static=AXES, kink=gaps),
    case(pv.logsumexp, jax.nn.logsumexp, one_filled, REAL, static=AXES),
)
