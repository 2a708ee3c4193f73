"""Rows of purevjp/product.py."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, case
from oracle.shape import dot_shapes, linear_shapes, matmul_shapes


def linear(x: jax.Array, w: jax.Array) -> jax.Array:
    """The definition, index by index."""
    return jnp.einsum("...n,mn->...m", x, w)


def exact_linear(x: Any, w: Any) -> Any:
    """x wᵀ, of exact numbers."""
    return np.dot(x, w.T)


CASES = (
    case(pv.dot, jnp.dot, dot_shapes, REAL, REAL, definition=np.dot, exact=True, analytic=True),
    case(pv.matmul, jnp.matmul, matmul_shapes, REAL, REAL, definition=np.matmul, exact=True, analytic=True),
    case(pv.linear, linear, linear_shapes, REAL, REAL, definition=exact_linear, exact=True, analytic=True),
)
