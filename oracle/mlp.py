"""Rows of purevjp/mlp.py: networks of random depth and width; in JAX, written from the formula for one sample."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import BOUNDED, UNIT, Choose, Static, case
from purevjp.aliases import Array, Shape, Tree

SIGMAS = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}


def mlp(x: Any, weights: Tree, *, activation: str) -> Any:
    """y = W_k σ(… σ(W_1 x + b_1) …) + b_k, for one sample; for a batch, for each."""
    if x.ndim == 2:
        return jax.vmap(lambda sample: mlp(sample, weights, activation=activation))(x)
    *hidden, last = [layer if isinstance(layer, tuple) else (layer, 0.0) for layer in weights]
    for w, b in hidden:
        x = SIGMAS[activation](w @ x + b)
    w, b = last
    return w @ x + b


def mlp2(x: Any, w1: Any, w2: Any, *, activation: str) -> Any:
    """y = W₂ σ(W₁ x)."""
    return mlp(x, [w1, w2], activation=activation)


def mlp_loss(x: Any, y: Any, weights: Tree, *, activation: str, reduction: str) -> Any:
    """½ Σ (mlp(x) − y)², or ½ the mean."""
    squares = jnp.square(mlp(x, weights, activation=activation) - y)
    return 0.5 * (squares.sum() if reduction == "sum" else squares.mean())


def network(choose: Choose, depths: range = range(1, 7)) -> tuple[Shape, list[Any], Shape]:
    """Shapes of input, layers and output: widths 1 to 9, with and without biases, one sample or a batch of 0 to 5."""
    depth = choose(depths)
    widths = [choose(range(1, 10)) for _ in range(depth + 1)]
    samples = choose(((), (1,), (2,), (0,), (5,)))
    biases = choose((False, True))
    layers = [((m, n), (m,)) if biases else (m, n) for n, m in itertools.pairwise(widths)]
    return (*samples, widths[0]), layers, (*samples, widths[-1])


def mlp_shapes(choose: Choose) -> tuple[Any, ...]:
    """Of x and the layers."""
    x, layers, _ = network(choose)
    return x, layers


def mlp2_shapes(choose: Choose) -> tuple[Any, ...]:
    """Of x and two matrices."""
    x, layers, _ = network(choose, range(2, 3))
    w1, w2 = ((layer if isinstance(layer[0], int) else layer[0]) for layer in layers)
    return x, w1, w2


def mlp_loss_shapes(choose: Choose) -> tuple[Any, ...]:
    """Of x, y and the layers."""
    x, layers, y = network(choose)
    return x, y, layers


def activation(choose: Choose, _shapes: Any, _static: Static) -> str:
    """The name of an activation."""
    return str(choose(("relu", "tanh", "sigmoid")))


def mean_of_some(choose: Choose, shapes: Any, _static: Static) -> str:
    """A reduction; no mean of no samples."""
    return str(choose(("sum", "mean") if 0 not in shapes[1] else ("sum",)))


def mlp_kink(x: Array, weights: Tree, *, activation: str) -> Array:
    """What goes into each relu; 1 where it is 0 whatever the weights are, behind units that are all off."""
    kinks = [np.ones(1)]
    for i, layer in enumerate(weights[:-1] if activation == "relu" else ()):
        w, b = layer if isinstance(layer, tuple) else (layer, None)
        a = x @ w.T + (0 if b is None else b)
        off = np.all(x == 0, axis=-1, keepdims=True) & (b is None and i > 0)
        kinks.append(np.where(off, 1, a).ravel())
        x = np.maximum(a, 0)
    return np.concatenate(kinks)


def mlp2_kink(x: Array, w1: Array, w2: Array, *, activation: str) -> Array:
    """The same."""
    return mlp_kink(x, [w1, w2], activation=activation)


def mlp_loss_kink(x: Array, _y: Array, weights: Tree, *, activation: str, reduction: str) -> Array:  # noqa: ARG001 (called with the row's keywords)
    """The same."""
    return mlp_kink(x, weights, activation=activation)


CASES = (
    case(pv.mlp2, mlp2, mlp2_shapes, BOUNDED, UNIT, UNIT, static={"activation": activation}, kink=mlp2_kink),
    case(pv.mlp, mlp, mlp_shapes, BOUNDED, UNIT, static={"activation": activation}, kink=mlp_kink),
    case(
        pv.mlp_loss,
        mlp_loss,
        mlp_loss_shapes,
        BOUNDED,
        BOUNDED,
        UNIT,
        static={"activation": activation, "reduction": mean_of_some},
        kink=mlp_loss_kink,
    ),
)
