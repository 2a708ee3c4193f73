"""The multilayer perceptron, composed of rules; its pullbacks are composed by hand of theirs."""

import itertools
from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from purevjp import layer as layers
from purevjp.activation import relu, sigmoid
from purevjp.aliases import Array, ArrayLike, Tree, TreePullback
from purevjp.elementwise import tanh
from purevjp.loss import Reduction, squared_loss
from purevjp.product import linear

__all__ = ["ACTIVATIONS", "init_mlp", "mlp", "mlp2", "mlp_loss"]

Activation: TypeAlias = Literal["relu", "sigmoid", "tanh"]
ACTIVATIONS = {"relu": relu, "sigmoid": sigmoid, "tanh": tanh}


def mlp2(
    x: ArrayLike, w1: ArrayLike, w2: ArrayLike, /, *, activation: Activation = "relu"
) -> tuple[Array, TreePullback]:
    """Perceptron of two layers.

    Value     y = W₂ σ(W₁ x)
    Pullback  dW₂ = Σ u hᵀ,  da = σ′(a) (W₂ᵀ u),  dW₁ = Σ da xᵀ,  dx = W₁ᵀ da  (a = W₁ x, h = σ(a), Σ over the batch)
    Shapes    x: (n) or (b, n), w1: (h, n), w2: (m, h), y, u: (m) or (b, m)
    Keeps     x, w1, w2 and what σ keeps

    >>> value, vjp = mlp2(np.array([1.0, 2.0]), np.array([[3.0, 4.0]]), np.array([[5.0]]))
    >>> value, vjp(np.array([1.0]))
    (array([55.]), (array([15., 20.]), array([[ 5., 10.]]), array([[11.]])))
    """
    y, inner_vjp = mlp(x, (w1, w2), activation=activation)

    def mlp2_vjp(u: ArrayLike) -> tuple[Array, Array, Array]:
        dx, (dw1, dw2) = inner_vjp(u)
        return dx, dw1, dw2

    return y, mlp2_vjp


def mlp(x: ArrayLike, weights: Sequence[Tree], /, *, activation: Activation = "relu") -> tuple[Array, TreePullback]:
    """Perceptron of any number of layers from one up.

    Value     y = Wₖ σ(... σ(W₁ x + b₁) ...) + bₖ;  no activation after the last layer
    Pullback  each layer's in reverse: dW = Σ u hᵀ, db = Σ u, dh = Wᵀ u, then through σ  (Σ over the batch)
    Shapes    x: (n) or (b, n); weights: list or tuple of layers, each w: (m, n) or a tuple (w, b) with b: (m);
              y, u: (m) or (b, m)
    Keeps     weights, the input of each layer and what σ keeps
    Errors    TypeError when weights is not a list or tuple; ValueError when it is empty, when a layer does not fit
              the one before it (named by its index), and on an unknown activation

    >>> value, vjp = mlp(np.array([1.0, 2.0]), [np.array([[3.0, 4.0]]), (np.array([[5.0]]), np.array([6.0]))])
    >>> value, vjp(np.array([1.0]))
    (array([61.]), (array([15., 20.]), [array([[ 5., 10.]]), (array([[11.]]), array([1.]))]))
    """
    if activation not in tuple(ACTIVATIONS):
        raise ValueError(f"mlp got activation {activation!r}, but should get one of {', '.join(ACTIVATIONS)}")
    sigma = ACTIVATIONS[activation]
    check_layers(np.shape(x), weights)
    y, first_vjp = dense(weights[0], x)
    hidden = []
    for layer in weights[1:]:
        h, sigma_vjp = sigma(y)
        y, dense_vjp = dense(layer, h)
        hidden.append((sigma_vjp, dense_vjp))
    as_given = list if isinstance(weights, list) else tuple

    def mlp_vjp(u: ArrayLike) -> tuple[Array, Tree]:
        dlayers = []
        for sigma_vjp, dense_vjp in reversed(hidden):
            dlayer, dh = dense_vjp(u)
            (u,) = sigma_vjp(dh)
            dlayers.append(dlayer)
        dlayer, dx = first_vjp(u)
        return dx, as_given([dlayer, *reversed(dlayers)])

    return y, mlp_vjp


def mlp_loss(
    x: ArrayLike,
    y: ArrayLike,
    weights: Sequence[Tree],
    /,
    *,
    activation: Activation = "relu",
    reduction: Reduction = "sum",
) -> tuple[Array, TreePullback]:
    """Squared loss of a perceptron's prediction.

    Value     squared_loss(mlp(x, weights), y)
    Pullback  that of squared_loss, then that of mlp: (dx, dy, dweights)
    Shapes    x: (n) or (b, n), y: (m) or (b, m), weights as for mlp; value, u: ()
    Keeps     what mlp and squared_loss keep
    Errors    those of mlp and squared_loss; a y of another shape than the prediction is one, never broadcast

    >>> value, vjp = mlp_loss(np.array([1.0, 2.0]), np.array([10.0]), [np.array([[3.0, 4.0]])])
    >>> value, vjp(1.0)
    (np.float64(0.5), (array([3., 4.]), array([-1.]), [array([[1., 2.]])]))
    """
    y_pred, mlp_vjp = mlp(x, weights, activation=activation)
    value, squared_loss_vjp = squared_loss(y_pred, y, reduction=reduction)

    def mlp_loss_vjp(u: ArrayLike) -> tuple[Array, Array, Tree]:
        dy_pred, dy = squared_loss_vjp(u)
        dx, dweights = mlp_vjp(dy_pred)
        return dx, dy, dweights

    return value, mlp_loss_vjp


def init_mlp(
    widths: Sequence[int],
    rng: "np.random.Generator",
    /,
    *,
    scheme: Literal["he", "glorot"] = "he",
    biases: bool = False,
    dtype: npt.DTypeLike = np.float64,
) -> list[Tree]:
    """Random initial weights of a perceptron, for `mlp`.

    Value     "he": w ~ N(0, 2/n), for relu;  "glorot": w ~ U(−r, r), r = √(6/(n + m)), for tanh and sigmoid;  b = 0
    Shapes    widths: input, hidden ..., output; wᵢ: (widths[i+1], widths[i]), bᵢ: (widths[i+1])
    Errors    ValueError on fewer than two widths, a width below one, any other scheme: constant weights are refused;
              TypeError on a dtype that is not float and on an rng that is no numpy.random.Generator
    Source    He et al. 2015 (arXiv 1502.01852), Glorot & Bengio 2010

    >>> [w.shape for w in init_mlp((8, 64, 1), np.random.default_rng(0))]
    [(64, 8), (1, 64)]
    """
    if np.ndim(widths) != 1 or len(widths) < 2 or any(width < 1 for width in widths):
        raise ValueError(f"init_mlp got widths {widths}, but should get at least two, each from one up")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"init_mlp got rng as {rng.__class__.__name__}, but should get a numpy.random.Generator")
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"init_mlp got dtype {np.dtype(dtype)}, but should get a float one")
    if scheme not in ("he", "glorot"):
        raise ValueError(
            f"init_mlp got scheme {scheme!r}, but should get 'he' or 'glorot'; constant weights are refused: "
            "the units of a layer would all get the same gradient and stay equal, and zeros stay zero"
        )
    layers: list[Tree] = []
    for n, m in itertools.pairwise(widths):
        r = np.sqrt(6 / (n + m))
        draw = rng.normal(0, np.sqrt(2 / n), (m, n)) if scheme == "he" else rng.uniform(-r, r, (m, n))
        w = draw.astype(dtype)
        layers.append((w, np.zeros(m, dtype)) if biases else w)
    return layers


def dense(layer: Tree, x: ArrayLike) -> tuple[Array, TreePullback]:
    """One layer, w or (w, b): y = W x + b, with the pullback to (layer, x)."""
    if not isinstance(layer, tuple):
        y, linear_vjp = linear(x, layer)

        def dense_vjp(u: ArrayLike) -> tuple[Tree, Array]:
            dx, dw = linear_vjp(u)
            return dw, dx

        return y, dense_vjp

    return layers.dense(layer, x)


def check_layers(x_shape: tuple[int, ...], weights: Sequence[Tree]) -> None:
    """Raise an error that names the first layer that does not fit."""
    if not isinstance(weights, list | tuple):
        raise TypeError(f"mlp got weights as {weights.__class__.__name__}, but should get a list or tuple of layers")
    if not weights:
        raise ValueError("mlp got no weights, but should get at least one layer")
    if len(x_shape) not in {1, 2}:
        raise ValueError(f"mlp got x of shape {x_shape}, but should get one sample (n,) or a batch (b, n)")
    n = x_shape[-1]
    for i, layer in enumerate(weights):
        if isinstance(layer, list | tuple) and (isinstance(layer, list) or len(layer) != 2):
            got = f"{layer.__class__.__name__} of {len(layer)}"
            raise ValueError(f"mlp got weights[{i}] as a {got}, but should get w or the tuple (w, b)")
        w, *b = layer if isinstance(layer, tuple) else (layer,)
        shape = np.shape(w)
        if len(shape) != 2 or shape[1] != n:
            raise ValueError(f"mlp got weights[{i}] of shape {shape}, but should get (m, {n}) to fit what comes in")
        n = shape[0]
        if b and np.shape(b[0]) != (n,):
            raise ValueError(f"mlp got the bias of weights[{i}] of shape {np.shape(b[0])}, but should get ({n},)")
