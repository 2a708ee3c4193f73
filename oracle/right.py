"""Other right algebra for pullbacks: as it is written elsewhere, and right within the conventional error scale."""

from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv
from purevjp.broadcast import kept_shape, unbroadcast


def probabilities(x: Any, axis: Any) -> Any:
    """Softmax."""
    return pv.softmax(x, axis=axis)[0]


def jacobian_product(u: Any, x: Any, *, axis: Any) -> tuple[Any]:
    """Softmax by Σⱼ uⱼ yⱼ (δᵢⱼ − yᵢ), the sum over the whole Jacobian."""
    y = probabilities(x, axis)
    return (u * y * (1 - y) - y * ((u * y).sum(axis=axis, keepdims=True) - u * y),)


def one_hot(x: Any, labels: Any, axis: int) -> Any:
    """1 where the label is."""
    classes = np.arange(x.shape[axis]).reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    return (np.expand_dims(labels, axis) == classes).astype(x.dtype)


def by_softmax(u: Any, x: Any, *, axis: Any, keepdims: bool) -> tuple[Any]:  # noqa: ARG001 (the row's keywords)
    """u · softmax; exp(x − y), as torch has it, carries the roundoff of y and is flagged where y is large."""
    return (u.reshape(kept_shape(x.shape, axis)) * (probabilities(x, axis) if axis != () else np.ones_like(x)),)


def cross_entropy(u: Any, x: Any, **static: Any) -> tuple[Any]:
    """p Σ q − q, where q is the one-hot, smoothed and weighted."""
    axis, labels, s, w = (static[key] for key in ("axis", "labels", "label_smoothing", "weights"))
    kept = np.expand_dims(labels != static["ignore_index"], axis) if static["ignore_index"] is not None else 1
    along = np.moveaxis(np.broadcast_to(1.0 if w is None else w, np.moveaxis(x, axis, -1).shape), -1, axis)
    q = ((1 - s) * one_hot(x, labels, axis) + s / x.shape[axis]) * along * kept
    n = np.sum(one_hot(x, labels, axis) * along * kept) if static["reduction"] == "mean" else 1.0
    each = (np.expand_dims(u, axis) if static["reduction"] == "none" else u) / n
    return (((probabilities(x, axis) * q.sum(axis=axis, keepdims=True) - q) * each).astype(x.dtype),)


RIGHT: dict[str, dict[str, Callable[..., Any]]] = {
    "tanh": {"1 − y²": lambda u, x: (u * (1 - np.square(np.tanh(x))),)},
    "sigmoid": {"y (1 − y)": lambda u, x: (u * pv.sigmoid(x)[0] * (1 - pv.sigmoid(x)[0]),)},
    "softmax": {"the whole Jacobian": jacobian_product},
    "log_softmax": {
        "by softmax": lambda u, x, *, axis: (u - probabilities(x, axis) * u.sum(axis=axis, keepdims=True),),
    },
    "logsumexp": {"u · softmax": by_softmax},
    "cross_entropy": {"p − one-hot": cross_entropy},
    "divide": {
        "−u a / b²": lambda u, a, b: (
            unbroadcast(u / b, a.shape, a.dtype),
            unbroadcast(-u * a / (b * b), b.shape, b.dtype),
        ),
        "u (1/b)": lambda u, a, b: (
            unbroadcast(u * (1 / b), a.shape, a.dtype),
            unbroadcast(-u * (a * (1 / b)) * (1 / b), b.shape, b.dtype),
        ),
    },
    "mean": {
        "u · (1/n)": lambda u, x, *, axis, keepdims, where: (
            np.where(True if where is None else where, u.reshape(kept_shape(x.shape, axis)), 0).astype(x.dtype)
            * (1 / np.sum(np.broadcast_to(True if where is None else where, x.shape), axis=axis, keepdims=True)).astype(
                x.dtype
            ),
        ),
    },
    "square": {"u x + u x": lambda u, x: (u * x + u * x,)},
    "linear": {
        "tensordot": lambda u, x, w: (
            np.asarray(np.tensordot(u, w, 1)),
            np.asarray(np.tensordot(u, x, (range(u.ndim - 1), range(u.ndim - 1)))),
        ),
    },
}  # fmt: skip
