"""Wrong pullbacks of losses and of the networks that end in them."""

from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv
from purevjp.tree import tree_map


def cross_entropy(u: Any, x: Any, *, labels: Any, axis: int, reduction: Any) -> Any:
    """Right."""
    return pv.cross_entropy(x, labels=labels, axis=axis, reduction=reduction)[1](u)[0]


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
    "cross_entropy": {
        "no one-hot": lambda u, x, *, labels, axis, reduction: (
            u * probabilities(x, axis) / n_of(reduction, labels.size),
        ),
        "no softmax": lambda u, x, *, labels, axis, reduction: (
            -u * one_hot(x, labels, axis) / n_of(reduction, labels.size),
        ),
        "missing 1/n": lambda u, x, *, labels, axis, reduction: (
            cross_entropy(u, x, labels=labels, axis=axis, reduction="sum"),
        ),
        "n of all logits": lambda u, x, *, labels, axis, reduction: (
            cross_entropy(u, x, labels=labels, axis=axis, reduction="sum") / n_of(reduction, x.size),
        ),
        "labels off by one": lambda u, x, *, labels, axis, reduction: (
            cross_entropy(u, x, labels=(labels + 1) % x.shape[axis], axis=axis, reduction=reduction),
        ),
        "u ignored": lambda u, x, *, labels, axis, reduction: (
            cross_entropy(np.ones_like(u), x, labels=labels, axis=axis, reduction=reduction),
        ),
        "Liger-Kernel PR #1329: p − 1 of a rounded p": lambda u, x, *, labels, axis, reduction: (
            u
            * (probabilities(x, axis).astype(np.float16).astype(x.dtype) - one_hot(x, labels, axis))
            / n_of(reduction, labels.size),
        ),
    },
    "mlp": networks(pv.mlp),
    "mlp_loss": networks(pv.mlp_loss),
}
