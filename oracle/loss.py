"""Rows of purevjp/loss.py; no loss has a single function in JAX, so each is written from its definition."""

import jax
import jax.numpy as jnp

import purevjp as pv
from oracle.domain import REAL, SHIFTED, case
from oracle.shape import filled_lanes, twins
from oracle.static import class_labels, lane_axis, reduction


def squared_loss(y_pred: jax.Array, y: jax.Array, *, reduction: str) -> jax.Array:
    """Half the sum or mean of squared differences."""
    squares = 0.5 * (y_pred - y) ** 2
    return squares.sum() if reduction == "sum" else squares.mean()


def cross_entropy(logits: jax.Array, *, labels: jax.Array, axis: int, reduction: str) -> jax.Array:
    """The sum or mean of ln Σ exp(logits − the label's logit)."""
    chosen = jax.nn.one_hot(labels, logits.shape[axis], axis=axis, dtype=logits.dtype)
    label_logits = (logits * chosen).sum(axis=axis, keepdims=True)
    losses = jnp.log(jnp.exp(logits - label_logits).sum(axis=axis))
    return losses.sum() if reduction == "sum" else losses.mean()


CASES = (
    case(pv.squared_loss, squared_loss, twins, REAL, REAL, static={"reduction": reduction}),
    case(
        pv.cross_entropy,
        cross_entropy,
        filled_lanes,
        SHIFTED,
        static={"axis": lane_axis, "labels": class_labels, "reduction": reduction},
    ),
)
