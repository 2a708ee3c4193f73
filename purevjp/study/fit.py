"""A perceptron trained on one split: parameters in one flat float32 vector, early stopping, divergence as a result."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

import numpy as np

from purevjp.activation import dropout as dropout_rule
from purevjp.activation import relu
from purevjp.aliases import Array, Tree
from purevjp.loss import squared_loss
from purevjp.mlp import dense, init_mlp, mlp, mlp_loss
from purevjp.train import adam_step, batches, sgd_step
from purevjp.tree import tree_leaves

__all__ = ["Fit", "fit", "flat", "layers"]

STEPS: dict[str, Callable[..., tuple[Any, Any]]] = {"adam": adam_step, "sgd": sgd_step}

DIVERGED = 500.0
"""A loss beyond this, a thousand times that of predicting the mean, is divergence, as is one that is not finite."""

Fit = TypedDict(
    "Fit",
    {
        "weights": Tree,
        "train": list[float],
        "validation": list[float],
        "best_epoch": int,
        "diverged": bool,
        "moved": bool,
    },
)
"""`train`: the mean loss of each epoch's batches; `validation`: before the first epoch and after each; `moved`: whether
any entry of a weight matrix is another in the end."""


def fit(
    train: tuple[Array, Array],
    validation: tuple[Array, Array],
    hidden: Sequence[int],
    /,
    *,
    rate: float,
    epochs: int,
    patience: int,
    batch: int,
    seed: int,
    optimizer: str = "adam",
    weight_decay: float = 0.0,
    dropout: float = 0.0,
    average: float = 0.0,
    cosine: bool = False,
) -> Fit:
    """Train a relu perceptron with biases; the weights of the epoch with the lowest validation loss are kept.

    Options  `patience`: epochs without a lower validation loss that end the training; `weight_decay`: decoupled, on
             matrices; `dropout`: the share of hidden units that a step leaves out; `average`: judged and kept are
             moving averages of the weights with this decay; `cosine`: the rate falls to 0 over all `epochs`
    Units    losses are ½ mean r² of the target as given
    """
    (x, y), (x_validation, y_validation) = single(train), single(validation)
    rng = np.random.default_rng(seed)
    initial = init_mlp((x.shape[1], *hidden, y.shape[1]), rng, biases=True, dtype=np.float32)
    shapes = [leaf.shape for leaf in tree_leaves(initial)]
    params, state = flat(initial), None
    matrices = flat([np.full(s, len(s) == 2) for s in shapes])
    decayed = np.float32(weight_decay) * matrices
    kept, averaged, number = params, params, 0
    steps = epochs * math.ceil(len(x) / batch)
    result: Fit = {"weights": initial, "train": [], "validation": [], "best_epoch": 0, "diverged": False, "moved": True}
    with np.errstate(over="ignore", invalid="ignore"):
        result["validation"].append(loss(x_validation, y_validation, params, shapes))
        for epoch in range(1, epochs + 1):
            total = 0.0
            for index in batches(len(x), batch, rng):
                value, gradient = value_and_gradient(x[index], y[index], layers(params, shapes), dropout, rng)
                if not value < DIVERGED:
                    return {**result, "diverged": True}
                total += value * len(index)
                now = rate * (0.5 + 0.5 * math.cos(math.pi * number / steps)) if cosine else rate
                after, state = STEPS[optimizer](params, gradient, state, rate=now)
                params = after - now * decayed * params if weight_decay else after
                number += 1
                if average:
                    averaged = averaged + (1 - min(average, number / (10 + number))) * (params - averaged)
            judged = averaged if average else params
            result["train"].append(total / len(x))
            result["validation"].append(loss(x_validation, y_validation, judged, shapes))
            if not result["validation"][-1] < DIVERGED:
                return {**result, "diverged": True}
            if result["validation"][-1] < result["validation"][result["best_epoch"]]:
                result["best_epoch"], kept = epoch, judged
            elif epoch - result["best_epoch"] >= patience:
                break
    result["moved"] = bool(np.any((params != flat(initial)) & matrices))  # biases of zero move at any rate
    return {**result, "weights": layers(kept, shapes)}


def value_and_gradient(
    x: Array, y: Array, weights: Tree, dropout: float, rng: "np.random.Generator"
) -> tuple[float, Array]:
    """The mean loss of a batch, and its gradient as a flat vector."""
    value, vjp = mlp_loss(x, y, weights, reduction="mean") if not dropout else dropped(x, y, weights, dropout, rng)
    return float(value), flat(vjp(1.0)[-1])


def dropped(
    x: Array, y: Array, weights: Tree, rate: float, rng: "np.random.Generator"
) -> tuple[Array, Callable[..., tuple[Tree]]]:
    """`mlp_loss` with hidden units left out at random, and its pullback to the weights."""
    h, first_vjp = dense(weights[0], x)
    hidden = []
    for layer in weights[1:]:
        h, relu_vjp = relu(h)
        h, dropout_vjp = dropout_rule(h, mask=rng.random(h.shape, dtype=np.float32) >= rate, rate=rate)
        h, dense_vjp = dense(layer, h)
        hidden.append((relu_vjp, dropout_vjp, dense_vjp))
    value, loss_vjp = squared_loss(h, y, reduction="mean")

    def dropped_vjp(u: float) -> tuple[Tree]:
        dh, _ = loss_vjp(u)
        dlayers = []
        for relu_vjp, dropout_vjp, dense_vjp in reversed(hidden):
            dlayer, dh = dense_vjp(dh)
            (dh,) = dropout_vjp(dh)
            (dh,) = relu_vjp(dh)
            dlayers.append(dlayer)
        dlayers.append(first_vjp(dh)[0])
        return (dlayers[::-1],)

    return value, dropped_vjp


def loss(x: Array, y: Array, params: Array, shapes: list[tuple[int, ...]]) -> float:
    """The mean loss over all samples, ½ mean r²."""
    residual = mlp(x, layers(params, shapes))[0] - y
    return 0.5 * float(np.mean(np.square(residual), dtype=np.float64))


def flat(tree: Tree) -> Array:
    """The leaves of a tree in one vector.

    >>> flat([np.array([[1.0, 2.0]]), (np.array([3.0]),)])
    array([1., 2., 3.])
    """
    return np.concatenate([leaf.ravel() for leaf in tree_leaves(tree)])


def layers(params: Array, shapes: list[tuple[int, ...]]) -> Tree:
    """The layers of a perceptron as views of a flat vector: `flat` the other way round.

    >>> layers(np.arange(3.0), [(1, 2), (1,)])
    [(array([[0., 1.]]), array([2.]))]
    """
    leaves, start = [], 0
    for shape in shapes:
        size = math.prod(shape)
        leaves.append(params[start : start + size].reshape(shape))
        start += size
    return list(zip(leaves[::2], leaves[1::2], strict=True))


def single(pair: tuple[Array, Array]) -> tuple[Array, Array]:
    """Both arrays in float32, rows next to each other in memory."""
    x, y = pair
    return np.ascontiguousarray(x, np.float32), np.ascontiguousarray(y, np.float32)
