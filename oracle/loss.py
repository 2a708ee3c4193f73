"""Rows of purevjp/loss.py; no loss has a single function in JAX, so each is written from its definition."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.acceptance import any_of, exact, non_finite, point
from oracle.domain import LOGIT, REAL, Choose, Static, case, interval
from oracle.laws import balanced
from oracle.referee import EXP, LOG
from oracle.shape import filled_lanes, twins
from oracle.static import class_labels, lane_axis, reduction
from purevjp.aliases import Array


def squared_loss(y_pred: jax.Array, y: jax.Array, *, reduction: str) -> jax.Array:
    """Half the sum or mean of squared differences."""
    squares = 0.5 * (y_pred - y) ** 2
    return squares.sum() if reduction == "sum" else squares.mean()


def mse(y_pred: jax.Array, y: jax.Array, *, reduction: str) -> Any:
    """Squared differences, reduced."""
    return reduced((y_pred - y) ** 2, reduction)


def bce_with_logits(x: jax.Array, t: jax.Array, *, pos_weight: Any, reduction: str) -> Any:
    """−w t ln σ(x) − (1 − t) ln(1 − σ(x)), reduced."""
    positive = -jax.nn.log_sigmoid(x) * t
    positive = positive if pos_weight is None else positive * jnp.asarray(pos_weight, x.dtype)
    return reduced(positive - jax.nn.log_sigmoid(-x) * (1 - t), reduction)


def cross_entropy(
    logits: jax.Array,
    *,
    labels: Any,
    axis: int,
    reduction: str,
    weights: Any = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Any:
    """Minus the logarithm of each class, weighted by the smoothed one-hot of the label and by its class, reduced."""
    x = jnp.moveaxis(logits, axis, -1)
    classes = x.shape[-1]
    kept = jnp.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    chosen = jax.nn.one_hot(jnp.where(kept, labels, 0), classes, dtype=x.dtype)
    w = jnp.ones(classes, x.dtype) if weights is None else jnp.asarray(weights, x.dtype)
    target = ((1 - label_smoothing) * chosen + label_smoothing / classes) * w
    surprise = jax.nn.logsumexp(x[..., None, :] - x[..., None], axis=-1)
    losses = jnp.where(kept, (target * surprise).sum(-1), 0)
    if reduction != "mean":
        return reduced(losses, reduction)
    return losses.sum() / jnp.where(kept, (chosen * w).sum(-1), 0).sum()


def reduced(losses: Any, reduction: str) -> Any:
    """All losses, their sum, or their mean."""
    return {"none": lambda: losses, "sum": losses.sum, "mean": losses.mean}[reduction]()


def exact_squared_loss(y_pred: Any, y: Any, *, reduction: str) -> Any:
    """The same, of exact numbers."""
    squares = (y_pred - y) * (y_pred - y)
    return squares.sum() / (2 if reduction == "sum" else 2 * squares.size)


def exact_mse(y_pred: Any, y: Any, *, reduction: str) -> Any:
    """The same, of exact numbers."""
    return exactly_reduced((y_pred - y) * (y_pred - y), reduction, np.size(y))


def exact_bce(x: Any, t: Any, *, pos_weight: Any, reduction: str) -> Any:
    """The same, of exact numbers."""
    positive = LOG(1 + EXP(-x)) * t * (1 if pos_weight is None else np.asarray(pos_weight, float).astype(object))
    return exactly_reduced(positive + LOG(1 + EXP(x)) * (1 - t), reduction, np.size(x))


def exact_cross_entropy(
    logits: Any,
    *,
    labels: Any,
    axis: int,
    reduction: str,
    weights: Any = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Any:
    """The same, of exact numbers."""
    x = np.moveaxis(logits, axis, -1)
    classes = x.shape[-1]
    w = np.ones(classes, object) if weights is None else np.asarray(weights, float).astype(object)
    losses, total = np.zeros(np.shape(labels), object), 0
    for lane in np.ndindex(np.shape(labels)):
        label = int(np.asarray(labels)[lane])
        if label == ignore_index:
            continue
        surprise = [LOG(np.sum(EXP(x[lane] - x[(*lane, k)]))) for k in range(classes)]
        smooth = label_smoothing * sum(w[k] * surprise[k] for k in range(classes)) / classes
        losses[lane] = (1 - label_smoothing) * w[label] * surprise[label] + smooth
        total += w[label]
    return exactly_reduced(losses, reduction, total)


def exactly_reduced(losses: Any, reduction: str, n: Any) -> Any:
    """All losses, their sum, or their sum divided by n."""
    return losses if reduction == "none" else np.sum(losses) / (n if reduction == "mean" else 1)


def any_reduction(choose: Choose, _shapes: Sequence[Any], _static: Static) -> str:
    """How a loss is reduced, or not."""
    return str(choose(("sum", "mean", "none")))


def pos_weight(choose: Choose, shapes: Sequence[Any], _static: Static) -> Array | None:
    """None, or positive numbers of a shape that broadcasts to the logits."""
    shape: Any = choose([None, shapes[0], shapes[0][-1:], (), tuple(1 for _ in shapes[0])])
    return None if shape is None else positive(choose, shape)


def class_weights(choose: Choose, shapes: Sequence[Any], static: Static) -> Array | None:
    """None, or a positive number for each class."""
    return positive(choose, (shapes[0][static["axis"]],)) if choose((False, True)) else None


def positive(choose: Choose, shape: Any) -> Array:
    """Positive numbers that float16 holds."""
    numbers: Array = np.array([choose((1.0, 0.5, 2.0, 3.0, 0.25)) for _ in range(math.prod(shape))]).reshape(shape)
    return numbers


def some_labels(choose: Choose, shapes: Sequence[Any], static: Static) -> Array:
    """Labels, of which some but not all may be −100."""
    labels = class_labels(choose, shapes, static)
    if labels.size > 1 and choose((False, False, True)):
        flat = labels.reshape(-1)
        flat[: choose(range(1, labels.size))] = -100
    return labels


def ignore_index(choose: Choose, _shapes: Sequence[Any], static: Static) -> int | None:
    """−100 if there are such labels, else None, or a label that not all are."""
    labels = static["labels"]
    if -100 in labels:
        return -100
    options = [None, None, -100, *(int(k) for k in np.unique(labels) if not np.all(labels == k))]
    ignored: int | None = choose(options)
    return ignored


def smoothing(choose: Choose, _shapes: Sequence[Any], _static: Static) -> float:
    """How much of the label is spread over all classes."""
    return float(choose((0.0, 0.0, 0.125, 0.5, 1.0)))


INF, NAN = math.inf, math.nan
PLAIN = {"axis": -1, "weights": None, "ignore_index": None, "label_smoothing": 0.0}

NOTHING_COUNTED = point(
    "every label ignored", "P5", [[0.0, 1.0]], u=3.0, value=NAN,
    static={**PLAIN, "labels": np.array([-100]), "ignore_index": -100, "reduction": "mean"},
    accepts=(any_of(non_finite("nan"), exact([[0, 0]])),),
    convention=([[NAN, NAN]],), jax=([[0, 0]],), torch=([[0, 0]],),
)  # fmt: skip
NOTHING_SUMMED = point(
    "every label ignored, summed", "P5", [[0.0, 1.0]], u=3.0, value=0,
    static={**PLAIN, "labels": np.array([-100]), "ignore_index": -100, "reduction": "sum"},
    convention=([[0, 0]],), jax=([[0, 0]],), torch=([[0, 0]],),
)  # fmt: skip
MASKED = point(
    "−∞ of another class", "P3", [[-INF, 0.0]], u=3.0, value=0,
    static={**PLAIN, "labels": np.array([1]), "reduction": "sum"},
    convention=([[0, 0]],), jax=([[NAN, NAN]],), torch=([[0, 0]],),
)  # fmt: skip
CERTAIN = point(
    "x = ±∞ and a certain target", "P3", [INF, -INF], [1.0, 0.0], u=[3.0, 5.0], value=[0, 0],
    static={"pos_weight": None, "reduction": "none"},
    convention=([0, 0], [-INF, INF]), jax=([0, 0], [-INF, INF]), torch=([0, 0], [-INF, INF]),
)  # fmt: skip
TARGET = interval(0, 1, special=(0.0, 1.0, 0.5, 2.0, -1.0))

CASES = (
    case(
        pv.squared_loss, squared_loss, twins, REAL, REAL, static={"reduction": reduction}, definition=exact_squared_loss
    ),
    case(
        pv.mse,
        mse,
        twins,
        REAL,
        REAL,
        static={"reduction": any_reduction},
        definition=exact_mse,
    ),
    case(
        pv.bce_with_logits,
        bce_with_logits,
        twins,
        LOGIT,
        TARGET,
        static={"pos_weight": pos_weight, "reduction": any_reduction},
        definition=exact_bce,
        points=(CERTAIN,),
    ),
    case(
        pv.cross_entropy,
        cross_entropy,
        filled_lanes,
        LOGIT,
        static={
            "axis": lane_axis,
            "labels": some_labels,
            "weights": class_weights,
            "ignore_index": ignore_index,
            "label_smoothing": smoothing,
            "reduction": any_reduction,
        },
        definition=exact_cross_entropy,
        laws=(balanced,),
        points=(NOTHING_COUNTED, NOTHING_SUMMED, MASKED),
    ),
)
