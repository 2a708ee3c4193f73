"""Rows of purevjp/product.py."""

import jax
import jax.numpy as jnp

import purevjp as pv
from oracle.domain import REAL, case
from oracle.shape import dot_shapes, linear_shapes, matmul_shapes


def linear(x: jax.Array, w: jax.Array) -> jax.Array:
    """The definition, index by index."""
    return jnp.einsum("...n,mn->...m", x, w)


CASES = (
    case(pv.dot, jnp.dot, dot_shapes, REAL, REAL),
    case(pv.matmul, jnp.matmul, matmul_shapes, REAL, REAL),
    case(pv.linear, linear, linear_shapes, REAL, REAL),
)
