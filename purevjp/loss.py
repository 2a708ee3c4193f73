"""Losses: a scalar that says how far off a prediction is."""

from typing import Any, Literal, TypeAlias

import numpy as np

from purevjp.activation import log_softmax
from purevjp.aliases import Array, ArrayLike, Pullback1, Pullback2
from purevjp.broadcast import broadcasts
from purevjp.contract import as_cotangent, as_primal
from purevjp.mask import chosen

__all__ = ["bce_with_logits", "cross_entropy", "mse", "squared_loss"]

Reduction: TypeAlias = Literal["sum", "mean"]
AnyReduction: TypeAlias = Literal["none", "sum", "mean"]


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


def mse(y_pred: ArrayLike, y: ArrayLike, /, *, reduction: AnyReduction = "mean") -> tuple[Array, Pullback2]:
    """Squared distance, without the ½ of `squared_loss`.

    Value     r², r = y_pred − y, with reduction="none";  its sum;  or its sum divided by the number of elements
    Pullback  dy_pred = 2 u r,  dy = −2 u r;  divided likewise
    Shapes    y_pred, y: (...), equal; value, u: (), or (...) with reduction="none"
    Keeps     r
    Errors    ValueError when the shapes differ (nothing is broadcast), on another reduction, on the mean of no elements

    >>> value, vjp = mse(np.array([1.0, 4.0]), np.array([0.0, 2.0]))
    >>> value, vjp(1.0)
    (np.float64(2.5), (array([1., 2.]), array([-1., -2.])))
    """
    y_pred, y = as_primal(y_pred, "mse", "y_pred"), as_primal(y, "mse", "y")
    if y_pred.shape != y.shape:
        raise ValueError(
            f"mse got y_pred of shape {y_pred.shape} and y of shape {y.shape}, but the shapes should be equal"
        )
    n = divisor(reduction, y.size, "mse", none=True)
    r = y_pred - y
    value = r * r if reduction == "none" else np.vdot(r, r) * (1 / n)
    shape, dtype, y_pred_dtype, y_dtype = value.shape, value.dtype, y_pred.dtype, y.dtype

    def mse_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "mse", shape, dtype)
        dy_pred = r * (2 * u) if reduction == "none" else r * (float(u) * 2 / n)
        return dy_pred.astype(y_pred_dtype, copy=False), (-dy_pred).astype(y_dtype, copy=False)

    return value, mse_vjp


def bce_with_logits(
    logits: ArrayLike,
    targets: ArrayLike,
    /,
    *,
    pos_weight: ArrayLike | None = None,
    reduction: AnyReduction = "sum",
) -> tuple[Array, Pullback2]:
    """Binary cross-entropy of targets, from 0 to 1, under the sigmoid of logits.

    Value     w t s(−x) + (1 − t) s(x), s(x) = ln(1 + eˣ), w = pos_weight, 1 by default, with reduction="none";  its
              sum;  or its sum divided by the number of elements;  0 where t or 1 − t is, even if s is infinite
    Pullback  dlogits = u ((1 − t) σ(x) − w t σ(−x)),  dtargets = u (w s(−x) − s(x)), −u x without w;  divided likewise
    Shapes    logits, targets: (...), equal; pos_weight broadcasts to them; value, u: (), or (...) with reduction="none"
    Keeps     logits, targets, pos_weight, e = exp(−|logits|)
    Errors    ValueError when the shapes differ (nothing else is broadcast), on another reduction, on the mean of no
              elements
    Source    σ from e, as in `sigmoid`: both tails have all their digits, and so has a confident mistake

    >>> value, vjp = bce_with_logits(np.array([0.0, 2.0]), np.array([1.0, 0.5]), reduction="none")
    >>> vjp(np.array([2.0, 1.0]))
    (array([-1.        ,  0.38079708]), array([-0., -2.]))
    """
    rule = "bce_with_logits"
    x, t = as_primal(logits, rule, "logits"), as_primal(targets, rule, "targets")
    if x.shape != t.shape:
        raise ValueError(
            f"{rule} got logits of shape {x.shape} and targets of shape {t.shape}, but the shapes should be equal"
        )
    n = divisor(reduction, x.size, rule, none=True)
    dtype, x_dtype = np.result_type(x, t), x.dtype
    x = x.astype(dtype, copy=False)
    w = None if pos_weight is None else real_weights(pos_weight, rule, "pos_weight").astype(dtype)
    if w is not None and not broadcasts(w.shape, x.shape):
        raise ValueError(f"{rule} got pos_weight of shape {w.shape}, but should get one that fits {x.shape}")
    e = np.exp(-np.abs(x))
    losses = strong(softplus(-x, e), t if w is None else w * t) + strong(softplus(x, e), 1 - t)
    value = losses if reduction == "none" else dtype.type(losses.sum(dtype=np.float64) / n)
    shape = np.shape(value)

    def bce_with_logits_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, rule, shape, dtype)
        each: Any = u if reduction == "none" else float(u) / n
        larger, smaller = 1 / (1 + e), e / (1 + e)
        positive, negative = chosen(x < 0, larger, smaller) * t, chosen(x < 0, smaller, larger) * (1 - t)
        if w is None:
            dt = -x * each
        else:
            positive *= w
            dt = (w * softplus(-x, e) - softplus(x, e)) * each
        return ((negative - positive) * each).astype(x_dtype, copy=False), dt.astype(t.dtype, copy=False)

    return value, bce_with_logits_vjp


def cross_entropy(
    logits: ArrayLike,
    /,
    *,
    labels: ArrayLike,
    axis: int = -1,
    weights: ArrayLike | None = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    reduction: AnyReduction = "sum",
) -> tuple[Array, Pullback1]:
    """Negative log-likelihood of the labels under softmax of the logits.

    Value     −w[l] log p[l] for the label l of each lane, p = softmax(logits), w = weights, 1 by default, and 0 for a
              label that is ignore_index;  with label_smoothing s, 1 − s of that and −s/c Σ w[k] log p[k] over all
              classes k;  their sum, or their sum divided by Σ w[l] with reduction="mean"
    Pullback  dlogits = u (p Σ q − q), q[k] = w[k] ((1 − s) [k = l] + s/c), or 0 for an ignored lane;  divided likewise
    Kinks     every label ignored, or of weight 0: the mean is nan, as torch, and so is the cotangent (0 in torch)
    Shapes    logits: (..., c), or c at `axis`; labels: (...), integers from 0 to c − 1, or ignore_index; weights: (c);
              value, u: (), or (...) with reduction="none"
    Keeps     log_softmax(logits), labels, weights
    Errors    TypeError when labels are not integers, or weights not real; ValueError when their shape does not fit,
              when a label is out of range, on another reduction, and on the mean of no labels

    >>> value, vjp = cross_entropy(np.array([[0.0, 0.0], [0.0, 0.0]]), labels=np.array([0, 1]), reduction="mean")
    >>> vjp(1.0)
    (array([[-0.25,  0.25],
           [ 0.25, -0.25]]),)
    """
    rule = "cross_entropy"
    logits, labels = as_primal(logits, rule, "logits"), np.asarray(labels)
    log_p, log_softmax_vjp = log_softmax(logits, axis=axis)
    if not log_p.ndim:
        raise ValueError("cross_entropy got logits of shape (), but should get (..., c)")
    lanes = list(log_p.shape)
    classes = lanes.pop(axis)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy got labels of dtype {labels.dtype}, but should get integers")
    if list(labels.shape) != lanes:
        raise ValueError(f"cross_entropy got labels of shape {labels.shape}, but should get {tuple(lanes)}")
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy got label_smoothing {label_smoothing!r}, but should get 0 to 1")
    counted = np.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    named = np.where(counted, labels, 0)
    if labels.size and not 0 <= named.min() <= named.max() < classes:
        raise ValueError(
            f"cross_entropy got labels from {named.min()} to {named.max()}, but should get 0 to {classes - 1}"
        )
    w = np.ones(classes) if weights is None else real_weights(weights, rule, "weights").astype(np.float64)
    if w.shape != (classes,):
        raise ValueError(f"cross_entropy got weights of shape {w.shape}, but should get ({classes},)")
    share = np.expand_dims(w[named] * counted, axis)
    n: Any = divisor(reduction, labels.size, rule, none=True)
    n = share.sum() if reduction == "mean" else n
    index, certain = np.expand_dims(named, axis), 1 - label_smoothing
    losses = strong(np.take_along_axis(log_p, index, axis), certain * share)
    along = w.reshape([-1 if i == axis % log_p.ndim else 1 for i in range(log_p.ndim)])
    spread = None
    if label_smoothing:
        spread = (along * (label_smoothing / max(classes, 1)) * np.expand_dims(counted, axis)).astype(log_p.dtype)
        losses += strong(log_p, spread).sum(axis=axis, keepdims=True, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):  # the mean of nothing is nan
        value = 0 - (losses.squeeze(axis) if reduction == "none" else losses.sum()) / n
    value = value.astype(log_p.dtype)[()]
    shape, dtype = value.shape, log_p.dtype

    def cross_entropy_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "cross_entropy", shape, dtype).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            each = (np.expand_dims(u, axis) if reduction == "none" else u) / n
            at_label = certain * each * share
            dlog_p = np.zeros_like(log_p) if spread is None else (-each * spread).astype(dtype)
        np.put_along_axis(dlog_p, index, np.take_along_axis(dlog_p, index, axis) - at_label, axis)
        return log_softmax_vjp(dlog_p)

    return value, cross_entropy_vjp


def softplus(x: Array, e: Array) -> Array:
    """ln(1 + eˣ), of e = exp(−|x|)."""
    return np.maximum(x, 0) + np.log1p(e)


def strong(x: Array, w: Array) -> Array:
    """w x, and 0 where w is, even if x is infinite."""
    zeros = np.zeros(np.broadcast_shapes(x.shape, w.shape), np.result_type(x, w))
    return np.multiply(x, w, out=zeros, where=w != 0)


def real_weights(weights: ArrayLike, rule: str, name: str) -> Array:
    """Weights, which are not differentiated, as an array of real numbers."""
    array = np.asarray(weights)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{rule} got {name} of dtype {array.dtype}, but should get real numbers")
    return array


def divisor(reduction: str, n: int, rule: str, *, none: bool = False) -> int:
    """What a sum over `n` elements is divided by: 1 or `n`."""
    if reduction not in ("sum", "mean", *(["none"] if none else [])):
        words = "'none', 'sum' or 'mean'" if none else "'sum' or 'mean'"
        raise ValueError(f"{rule} got reduction {reduction!r}, but should get {words}")
    if reduction == "mean" and n == 0:
        raise ValueError(f"{rule} got no elements, but reduction 'mean' needs at least one")
    return n if reduction == "mean" else 1
