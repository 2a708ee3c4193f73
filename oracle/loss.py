"""Rows of purevjp/loss.py; no loss has a single function in JAX, so each is written from its definition."""

from typing import Any

import jax
import numpy as np

import purevjp as pv
from oracle.domain import LOGIT, REAL, case
from oracle.laws import balanced
from oracle.referee import EXP, LOG
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
    losses = jax.nn.logsumexp(logits - label_logits, axis=axis)
    return losses.sum() if reduction == "sum" else losses.mean()


def exact_squared_loss(y_pred: Any, y: Any, *, reduction: str) -> Any:
    """The same, of exact numbers."""
    squares = (y_pred - y) * (y_pred - y)
    return squares.sum() / (2 if reduction == "sum" else 2 * squares.size)


def exact_cross_entropy(logits: Any, *, labels: Any, axis: int, reduction: str) -> Any:
    """The same, of exact numbers."""
    chosen = np.take_along_axis(logits, np.expand_dims(labels, axis), axis)
    losses = LOG(EXP(logits - chosen).sum(axis=axis))
    return np.sum(losses) / (1 if reduction == "sum" else np.size(labels))


CASES = (
    case(
        pv.squared_loss, squared_loss, twins, REAL, REAL, static={"reduction": reduction}, definition=exact_squared_loss
    ),
    case(
        pv.cross_entropy,
        cross_entropy,
        filled_lanes,
        LOGIT,
        static={"axis": lane_axis, "labels": class_labels, "reduction": reduction},
        definition=exact_cross_entropy,
        laws=(balanced,),
    ),
)
