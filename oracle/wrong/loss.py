"""Wrong pullbacks of losses and of the networks that end in them."""

from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv
from purevjp.tree import tree_map


def cross_entropy(u: Any, x: Any, **static: Any) -> Any:
    """Right."""
    rule: Any = pv.cross_entropy
    return rule(x, **static)[1](u)[0]


def parts(
    u: Any, x: Any, *, labels: Any, axis: int, weights: Any, ignore_index: Any, label_smoothing: float, reduction: str
) -> Any:
    """u p Σ q and u q, of which the cotangent is the difference, and what they are divided by."""
    kept = np.expand_dims(labels != ignore_index, axis) if ignore_index is not None else np.array(1)
    chosen = one_hot(x, labels, axis)
    w = np.ones(x.shape[axis]) if weights is None else weights
    along = w.reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    q = ((1 - label_smoothing) * chosen + label_smoothing / x.shape[axis]) * along * kept
    n = np.sum(chosen * along * kept) if reduction == "mean" else 1.0
    each = (np.expand_dims(u, axis) if reduction == "none" else u) / n
    both = probabilities(x, axis) * q.sum(axis=axis, keepdims=True) * each, q * each
    return *(part.astype(x.dtype) for part in both), n


def bce(u: Any, x: Any, t: Any, **static: Any) -> Any:
    """Right."""
    rule: Any = pv.bce_with_logits
    return rule(x, t, **static)[1](u)


def without_digits(u: Any, x: Any, t: Any, *, pos_weight: Any, reduction: str) -> Any:
    """σ(x) − t: no digit is left in the right tail."""
    y = pv.sigmoid(x)[0]
    w = x.dtype.type(1) if pos_weight is None else pos_weight.astype(x.dtype)
    dx = (y * (1 + (w - 1) * t) - w * t) * (u / u.dtype.type(n_of(reduction, x.size)))
    return dx.astype(x.dtype), bce(u, x, t, pos_weight=pos_weight, reduction=reduction)[1]


def one_hot(x: Any, labels: Any, axis: int) -> Any:
    """1 where the label is."""
    classes = np.arange(x.shape[axis]).reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    return (np.expand_dims(labels, axis) == classes).astype(x.dtype)


def probabilities(x: Any, axis: int) -> Any:
    """Softmax."""
    return pv.softmax(x, axis=axis)[0]


def n_of(reduction: str, n: int) -> int:
    """What is divided by."""
    return max(1, n) if reduction == "mean" else 1


def other(reduction: str) -> Any:
    """The other reduction."""
    return "sum" if reduction == "mean" else "mean"


def networks(rule: Any) -> dict[str, Callable[..., Any]]:
    """What a network with a list of layers can get wrong: its activation, its last layer's input, its biases."""

    def another_activation(u: Any, *xs: Any, activation: str, **static: Any) -> Any:
        return rule(*xs, activation={"relu": "tanh", "tanh": "sigmoid", "sigmoid": "relu"}[activation], **static)[1](u)

    def no_biases(u: Any, *xs: Any, **static: Any) -> Any:
        *others, layers = rule(*xs, **static)[1](u)
        return (*others, [(w[0], np.zeros_like(w[1])) if isinstance(w, tuple) else w * 2 for w in layers])

    def layers_reversed(u: Any, *xs: Any, **static: Any) -> Any:
        *others, layers = rule(*xs, **static)[1](u)
        halves = tree_map(lambda dx: dx / 2, layers[:1])
        return (*others, [*halves, *layers[1:]])

    return {
        "another activation's slope": another_activation,
        "biases forgotten": no_biases,
        "half of the first layer": layers_reversed,
    }


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "squared_loss": {
        "no ½": lambda u, p, y, *, reduction: tuple(2 * dx for dx in pv.squared_loss(p, y, reduction=reduction)[1](u)),
        "dy = dy_pred": lambda u, p, y, *, reduction: 2 * (pv.squared_loss(p, y, reduction=reduction)[1](u)[0].copy(),),
        "reduction ignored": lambda u, p, y, *, reduction: pv.squared_loss(p, y, reduction="sum")[1](u),
        "the other reduction": lambda u, p, y, *, reduction: pv.squared_loss(p, y, reduction=other(reduction))[1](u),
        "n of the first axis": lambda u, p, y, *, reduction: tuple(
            dx / dx.dtype.type(n_of(reduction, len(p) if p.ndim else 1))
            for dx in pv.squared_loss(p, y, reduction="sum")[1](u)
        ),
        "HIPS/autograd #401: sign flipped": lambda u, p, y, *, reduction: pv.squared_loss(y, p, reduction=reduction)[1](
            u
        ),
    },
    "mse": {
        "no 2": lambda u, p, y, *, reduction: tuple(dx / 2 for dx in pv.mse(p, y, reduction=reduction)[1](u)),
        "dy = dy_pred": lambda u, p, y, *, reduction: 2 * (pv.mse(p, y, reduction=reduction)[1](u)[0].copy(),),
        "missing 1/n": lambda u, p, y, *, reduction: pv.mse(p, y, reduction=reduction)[1](
            u * u.dtype.type(n_of(reduction, p.size))
        ),
        "u added up": lambda u, p, y, *, reduction: pv.mse(p, y, reduction=reduction)[1](np.full_like(u, u.sum())),
        "HIPS/autograd #401: sign flipped": lambda u, p, y, *, reduction: pv.mse(y, p, reduction=reduction)[1](u),
    },
    "bce_with_logits": {
        "targets without a gradient": lambda u, x, t, **static: (bce(u, x, t, **static)[0], np.zeros_like(t)),
        "pos_weight ignored": lambda u, x, t, *, pos_weight, reduction: bce(
            u, x, t, pos_weight=None, reduction=reduction
        ),
        "pos_weight of negative targets, too": lambda u, x, t, *, pos_weight, reduction: tuple(
            dx * dx.dtype.type(1 if pos_weight is None else np.mean(pos_weight))
            for dx in bce(u, x, t, pos_weight=None, reduction=reduction)
        ),
        "missing 1/n": lambda u, x, t, **static: bce(
            u * u.dtype.type(n_of(static["reduction"], x.size)), x, t, **static
        ),
        "σ(x) − t": without_digits,
    },
    "cross_entropy": {
        "no one-hot": lambda u, x, **static: (parts(u, x, **static)[0],),
        "no softmax": lambda u, x, **static: (-parts(u, x, **static)[1],),
        "missing 1/n": lambda u, x, **static: (cross_entropy(u, x, **static) * x.dtype.type(parts(u, x, **static)[2]),),
        "n of all labels, without their weights": lambda u, x, **static: (
            cross_entropy(u, x, **static)
            * x.dtype.type(parts(u, x, **static)[2] / n_of(static["reduction"], static["labels"].size)),
        ),
        "labels off by one": lambda u, x, *, labels, **static: (
            cross_entropy(
                u,
                x,
                labels=np.where(labels == static["ignore_index"], labels, (labels + 1) % x.shape[static["axis"]]),
                **{**static, "ignore_index": -100 if static["ignore_index"] == -100 else None},
            ),
        ),
        "Liger-Kernel PR #1298: u ignored": lambda u, x, **static: (cross_entropy(np.ones_like(u), x, **static),),
        "class weights ignored": lambda u, x, **static: (cross_entropy(u, x, **{**static, "weights": None}),),
        "label smoothing ignored": lambda u, x, **static: (cross_entropy(u, x, **{**static, "label_smoothing": 0.0}),),
        "ignored labels counted": lambda u, x, *, labels, **static: (
            cross_entropy(u, x, labels=np.maximum(labels, 0), **{**static, "ignore_index": None}),
        ),
        "Liger-Kernel PR #1329: p − 1 of a rounded p": lambda u, x, **static: (
            parts(u, x, **static)[0].astype(np.float16).astype(x.dtype) - parts(u, x, **static)[1],
        ),
    },
    "mlp": networks(pv.mlp),
    "mlp_loss": networks(pv.mlp_loss),
}
