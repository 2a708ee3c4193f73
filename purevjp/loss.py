"""Losses: a scalar that says how far off a prediction is."""

import math
from typing import Any, Literal, TypeAlias

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1, Pullback2, Shape
from purevjp.blocks import by_element
from purevjp.broadcast import broadcasts
from purevjp.contract import as_cotangent, as_primal
from purevjp.lane import accumulator, axis_back, axis_last
from purevjp.mask import chosen, masked

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
    value = squares(r, 0.5 / n)
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
    value = r * r if reduction == "none" else squares(r, 1 / n)
    shape, dtype, y_pred_dtype, y_dtype = value.shape, value.dtype, y_pred.dtype, y.dtype

    def mse_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "mse", shape, dtype)
        dy_pred = r * (2 * u) if reduction == "none" else r * (float(u) * 2 / n)
        return dy_pred.astype(y_pred_dtype, copy=False), (-dy_pred).astype(y_dtype, copy=False)

    return value, mse_vjp


def squares(r: Array, factor: float) -> Array:
    """Σ r² times a factor, halves added in float32."""
    wide = r.astype(accumulator(r.dtype), copy=False)
    y: Array = (np.vdot(wide, wide) * factor).astype(r.dtype, copy=False)
    return y


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
    Keeps     logits, targets, pos_weight
    Errors    ValueError when the shapes differ (nothing else is broadcast), on another reduction, on the mean of no
              elements
    Source    σ from e = exp(−|x|): both tails have all their digits, and so has a confident mistake

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
    x, t, t_dtype = x.astype(dtype, copy=False), t.astype(dtype, copy=False), t.dtype
    w = () if pos_weight is None else (real_weights(pos_weight, rule, "pos_weight").astype(dtype),)
    if w and not broadcasts(w[0].shape, x.shape):
        raise ValueError(f"{rule} got pos_weight of shape {w[0].shape}, but should get one that fits {x.shape}")
    (losses,) = by_element(binary_losses, x, t, *w)
    value = losses if reduction == "none" else dtype.type(losses.sum(dtype=np.float64) / n)
    shape = np.shape(value)

    def bce_with_logits_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, rule, shape, dtype)
        each = u if reduction == "none" else float(u) / n
        dx, dt = by_element(binary_slopes, x, t, *w)
        return (dx * each).astype(x_dtype, copy=False), (dt * each).astype(t_dtype, copy=False)

    return value, bce_with_logits_vjp


def binary_losses(x: Array, t: Array, w: Array | float = 1.0) -> tuple[Array, ...]:
    """w t s(−x) + (1 − t) s(x),  s(x) = max(x, 0) + ln(1 + e)."""
    positive, negative = w * t, 1 - t
    slope = chosen(x > 0, negative, -positive)
    with np.errstate(invalid="ignore"):
        losses = masked(x * slope, slope != 0)  # 0 · ∞ is 0
    return (losses + np.log1p(np.exp(-np.abs(x))) * (positive + negative),)


def binary_slopes(x: Array, t: Array, w: Array | None = None) -> tuple[Array, Array]:
    """The slopes of these losses in x, from σ(|x|) = 1 / (1 + e) and σ(−|x|) = e σ(|x|), and in t."""
    positive, negative = t if w is None else w * t, 1 - t
    e = np.exp(-np.abs(x))
    dx = chosen(x > 0, negative - e * positive, e * negative - positive)
    dx = dx / (1 + e)
    if w is None:
        return dx, -x
    log = np.log1p(e)
    return dx, w * (np.maximum(-x, 0) + log) - (np.maximum(x, 0) + log)


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
    Keeps     e = exp(logits − max), labels, weights
    Errors    TypeError when labels are not integers, or weights not real; ValueError when their shape does not fit,
              when a label is out of range, on another reduction, and on the mean of no labels
    Source    1 − p[l] is Σ e / Σ e, over the other classes and over all, and log p[l] is − ln(1 + Σ e) of the others
              where l is the largest: a confident label has all its digits

    >>> value, vjp = cross_entropy(np.array([[0.0, 0.0], [0.0, 0.0]]), labels=np.array([0, 1]), reduction="mean")
    >>> vjp(1.0)
    (array([[-0.25,  0.25],
           [ 0.25, -0.25]]),)
    """
    rule = "cross_entropy"
    logits = as_primal(logits, rule, "logits")
    if not logits.ndim:
        raise ValueError("cross_entropy got logits of shape (), but should get (..., c)")
    moved, dtype = axis_last(logits, axis), logits.dtype
    shape_of_labels, classes = moved.shape[:-1], moved.shape[-1]
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy got label_smoothing {label_smoothing!r}, but should get 0 to 1")
    named, counted = named_classes(labels, shape_of_labels, classes, ignore_index)
    w = None if weights is None else real_weights(weights, rule, "weights").astype(np.float64)
    if w is not None and w.shape != (classes,):
        raise ValueError(f"cross_entropy got weights of shape {w.shape}, but should get ({classes},)")
    n: Any = divisor(reduction, named.size, rule, none=True)
    share = counted * (1.0 if w is None else w[named])
    n = share.sum() if reduction == "mean" else n
    share *= 1 - label_smoothing
    spread = None
    if label_smoothing:
        spread = np.outer(counted, (np.ones(classes) if w is None else w) * (label_smoothing / max(classes, 1)))

    rows, at = moved.reshape(named.size, classes), (np.arange(named.size), named)
    largest = rows.max(axis=1, keepdims=True, initial=-math.inf)
    e = np.subtract(rows, largest, dtype=accumulator(dtype))
    behind = e[at]
    np.exp(e, out=e)
    own, e[at] = e[at], 0
    others = e.sum(axis=1)
    total, e[at] = others + own, -others
    with np.errstate(divide="ignore", invalid="ignore"):  # ln 0 of no classes, the mean of nothing
        losses = strong(np.where(behind == 0, np.log1p(others), np.log(total)) - behind, share)
        if spread is not None:
            log_p = np.subtract(rows, largest, dtype=e.dtype) - np.log(total)[:, None]
            losses -= strong(log_p, spread).sum(axis=1)
        value = (losses.reshape(shape_of_labels) if reduction == "none" else losses.sum()) / n
    value = np.asarray(value, dtype)[()]
    shape = value.shape

    def cross_entropy_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "cross_entropy", shape, dtype).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            each = (u.ravel() if reduction == "none" else u) / n
            certain = each * share / total
        dx = e * certain[:, None].astype(e.dtype)
        if spread is not None:
            evenly = each * spread.sum(axis=1) / total
            dx += e * evenly[:, None]
            dx[at] = own * evenly - others * certain
            dx -= (each * spread.T).T
        return (axis_back(dx.astype(dtype, copy=False).reshape(moved.shape), axis),)

    return value, cross_entropy_vjp


def named_classes(labels: ArrayLike, shape: Shape, classes: int, ignore_index: int | None) -> tuple[Array, Array]:
    """The labels in one row, 0 for those that are ignored, and which are not."""
    array = np.asarray(labels)
    if array.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy got labels of dtype {array.dtype}, but should get integers")
    if array.shape != shape:
        raise ValueError(f"cross_entropy got labels of shape {array.shape}, but should get {shape}")
    named, counted = array.ravel(), np.ones(array.size, bool)
    if ignore_index is not None:
        counted = named != ignore_index
        named = np.where(counted, named, 0)
    if ((named < 0) | (named >= classes)).any():
        raise ValueError(
            f"cross_entropy got labels from {named.min()} to {named.max()}, but should get 0 to {classes - 1}"
        )
    return named, counted


def strong(x: Array, w: Array) -> Array:
    """w x, and 0 where w is, even if x is infinite: of one shape, in the dtype of w."""
    return np.multiply(x, w, out=np.zeros(w.shape, w.dtype), where=w != 0)


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
