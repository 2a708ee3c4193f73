"""Losses: a scalar that says how far off a prediction is."""

from typing import Literal, TypeAlias

import numpy as np

from purevjp.activation import log_softmax
from purevjp.aliases import Array, ArrayLike, Pullback1, Pullback2
from purevjp.contract import as_cotangent, as_primal

__all__ = ["cross_entropy", "squared_loss"]

Reduction: TypeAlias = Literal["sum", "mean"]


def squared_loss(y_pred: ArrayLike, y: ArrayLike, /, *, reduction: Reduction = "sum") -> tuple[Array, Pullback2]:
    """Half the squared distance.

    Value     ½ Σ r²,  r = y_pred − y;  divided by the number of elements with reduction="mean"
    Pullback  dy_pred = u r,  dy = −u r;  divided likewise
    Shapes    y_pred, y: (...), equal; value, u: ()
    Keeps     r
    Errors    ValueError when the shapes differ (nothing is broadcast), on another reduction, on the mean of no elements

    >>> value, vjp = squared_loss(np.array([1.0, 4.0]), np.array([0.0, 2.0]))
    >>> value, vjp(1.0)
    (np.float64(2.5), (array([1., 2.]), array([-1., -2.])))
    """
    y_pred, y = as_primal(y_pred, "squared_loss", "y_pred"), as_primal(y, "squared_loss", "y")
    if y_pred.shape != y.shape:
        raise ValueError(
            f"squared_loss got y_pred of shape {y_pred.shape} and y of shape {y.shape}, but the shapes should be equal"
        )
    n = divisor(reduction, y.size, "squared_loss")
    r = y_pred - y
    value = np.vdot(r, r) * (0.5 / n)
    dtype, y_pred_dtype, y_dtype = value.dtype, y_pred.dtype, y.dtype

    def squared_loss_vjp(u: ArrayLike) -> tuple[Array, Array]:
        dy_pred = r * (float(as_cotangent(u, "squared_loss", (), dtype)) / n)
        return dy_pred.astype(y_pred_dtype, copy=False), (-dy_pred).astype(y_dtype, copy=False)

    return value, squared_loss_vjp


def cross_entropy(
    logits: ArrayLike, /, *, labels: ArrayLike, axis: int = -1, reduction: Reduction = "sum"
) -> tuple[Array, Pullback1]:
    """Negative log-likelihood of the labels under softmax of the logits.

    Value     −Σ log_softmax(logits)[label];  divided by the number of labels with reduction="mean"
    Pullback  dlogits = u (softmax(logits) − onehot(labels));  divided likewise
    Shapes    logits: (..., c), or c at `axis`; labels: (...), integers from 0 to c − 1; value, u: ()
    Keeps     log_softmax(logits), labels
    Errors    TypeError when labels are not integers; ValueError when their shape is not that of the logits without
              `axis`, when one is out of range, on another reduction, and on the mean of no labels

    >>> value, vjp = cross_entropy(np.array([[0.0, 0.0], [0.0, 0.0]]), labels=np.array([0, 1]), reduction="mean")
    >>> vjp(1.0)
    (array([[-0.25,  0.25],
           [ 0.25, -0.25]]),)
    """
    logits, labels = as_primal(logits, "cross_entropy", "logits"), np.asarray(labels)
    log_p, log_softmax_vjp = log_softmax(logits, axis=axis)
    if not log_p.ndim:
        raise ValueError("cross_entropy got logits of shape (), but should get (..., c)")
    shape = list(log_p.shape)
    classes = shape.pop(axis)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy got labels of dtype {labels.dtype}, but should get integers")
    if list(labels.shape) != shape:
        raise ValueError(f"cross_entropy got labels of shape {labels.shape}, but should get {tuple(shape)}")
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(
            f"cross_entropy got labels from {labels.min()} to {labels.max()}, but should get 0 to {classes - 1}"
        )
    n = divisor(reduction, labels.size, "cross_entropy")
    index = np.expand_dims(labels, axis)
    total = np.take_along_axis(log_p, index, axis).sum(dtype=np.float64)
    value = log_p.dtype.type(0 - total / n)

    def cross_entropy_vjp(u: ArrayLike) -> tuple[Array]:
        dlog_p = np.zeros_like(log_p)
        np.put_along_axis(dlog_p, index, -float(as_cotangent(u, "cross_entropy", (), log_p.dtype)) / n, axis)
        return log_softmax_vjp(dlog_p)

    return value, cross_entropy_vjp


def divisor(reduction: str, n: int, rule: str) -> int:
    """What a sum over `n` elements is divided by: 1 or `n`."""
    if reduction not in ("sum", "mean"):
        raise ValueError(f"{rule} got reduction {reduction!r}, but should get 'sum' or 'mean'")
    if reduction == "mean" and n == 0:
        raise ValueError(f"{rule} got no elements, but reduction 'mean' needs at least one")
    return n if reduction == "mean" else 1
