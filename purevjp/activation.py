"""Activations of neural networks."""

import math

import numpy as np

from purevjp.aliases import Array, ArrayLike, Axis, Pullback1
from purevjp.contract import as_cotangent, as_primal

__all__ = ["dropout", "log_softmax", "relu", "sigmoid", "softmax"]


def relu(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Rectified linear unit.

    Value     y = max(x, 0)
    Pullback  dx = u [x > 0]
    Kinks     x = 0: 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     y

    >>> value, vjp = relu(np.array([-1.0, 0.0, 2.0]))
    >>> vjp(np.array([3.0, 4.0, 5.0]))
    (array([0., 0., 5.]),)
    """
    x = as_primal(x, "relu", "x")
    y = np.maximum(x, np.zeros(x.shape, x.dtype))  # twice as fast as with a scalar

    def relu_vjp(u: ArrayLike) -> tuple[Array]:
        return (np.where(y > 0, as_cotangent(u, "relu", y.shape, y.dtype), 0),)

    return y, relu_vjp


def sigmoid(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Logistic function.

    Value     y = 1 / (1 + e⁻ˣ)
    Pullback  dx = u e / (1 + e)²,  e = exp(−|x|)
    Shapes    x, y, u: (...)
    Keeps     e
    Source    y (1 − y) is the same, but has no correct digit left once x > 37 (17 in float32)

    >>> value, vjp = sigmoid(np.array([0.0, 40.0]))
    >>> vjp(np.array([4.0, 1.0]))
    (array([1.00000000e+00, 4.24835426e-18]),)
    """
    x = as_primal(x, "sigmoid", "x")
    e = np.exp(-np.abs(x))
    y = np.where(x < 0, e, 1) / (1 + e)

    def sigmoid_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "sigmoid", e.shape, e.dtype) * (e / np.square(1 + e)),)

    return y, sigmoid_vjp


def softmax(x: ArrayLike, /, *, axis: Axis = -1) -> tuple[Array, Pullback1]:
    """Exponentials that sum to one over `axis`.

    Value     y = eˣ / Σ eˣ
    Pullback  dx = y (u − Σ u y)
    Kinks     a lane of −∞ only: nan, as JAX and torch
    Shapes    x, y, u: (..., n)  (n: the axes named by `axis`; None for all)
    Keeps     y

    >>> value, vjp = softmax(np.array([0.0, 0.0]))
    >>> vjp(np.array([1.0, 3.0]))
    (array([-0.5,  0.5]),)
    """
    x = as_primal(x, "softmax", "x", analytic=True)
    e = np.exp(x - x.max(axis=axis, keepdims=True, initial=-math.inf))
    y = e / e.sum(axis=axis, keepdims=True)

    def softmax_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "softmax", y.shape, y.dtype)
        return (y * (u - (u * y).sum(axis=axis, keepdims=True)),)

    return y, softmax_vjp


def log_softmax(x: ArrayLike, /, *, axis: Axis = -1) -> tuple[Array, Pullback1]:
    """Logarithm of softmax.

    Value     y = x − ln Σ eˣ
    Pullback  dx = u − e^y Σ u
    Kinks     a lane of −∞ only: nan, as JAX and torch
    Shapes    x, y, u: (..., n)  (n: the axes named by `axis`; None for all)
    Keeps     y

    >>> value, vjp = log_softmax(np.array([0.0, 0.0]))
    >>> vjp(np.array([1.0, 3.0]))
    (array([-1.,  1.]),)
    """
    x = as_primal(x, "log_softmax", "x", analytic=True)
    shifted = x - x.max(axis=axis, keepdims=True, initial=-math.inf)
    with np.errstate(divide="ignore"):  # ln 0, over no elements
        y = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))

    def log_softmax_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "log_softmax", y.shape, y.dtype)
        return (u - np.exp(y) * u.sum(axis=axis, keepdims=True),)

    return y, log_softmax_vjp


def dropout(x: ArrayLike, /, *, mask: ArrayLike, rate: float) -> tuple[Array, Pullback1]:
    """Elements kept where the mask says so, and scaled such that the mean over masks of a rate is x.

    Value     y = x / (1 − rate) where mask, 0 elsewhere, whatever x has there;  0 everywhere when the rate is 1
    Pullback  dx = u / (1 − rate) where mask, 0 elsewhere;  0 everywhere when the rate is 1
    Shapes    x, y, u: (...), mask: truth values, broadcasts to (...)
    Keeps     mask
    Errors    TypeError when the mask is not of truth values; ValueError when it does not broadcast to the shape of x,
              or the rate is not from 0 to 1
    Source    the mask is drawn by the caller, True with probability 1 − rate: rules draw no random numbers

    >>> value, vjp = dropout(np.array([1.0, 2.0, 3.0]), mask=[True, False, True], rate=0.5)
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([2., 0., 6.]), (array([ 8.,  0., 12.]),))
    """
    x, kept = as_primal(x, "dropout", "x", analytic=True), np.asarray(mask)
    if kept.dtype != np.bool_:
        raise TypeError(f"dropout got mask of dtype {kept.dtype}, but should get bool")
    fits = kept.ndim <= x.ndim and all(n in (1, m) for n, m in zip(kept.shape[::-1], x.shape[::-1], strict=False))
    if not fits:
        raise ValueError(f"dropout got mask of shape {kept.shape}, but should get one that broadcasts to {x.shape}")
    if not 0 <= rate <= 1:
        raise ValueError(f"dropout got rate {rate}, but should get 0 to 1")
    shape, dtype = x.shape, x.dtype
    share = float(1 - rate)

    def dropped(a: Array) -> Array:
        if not share:
            return np.zeros(shape, dtype)
        scaled = np.where(kept, a, 0)
        scaled /= share
        return scaled

    def dropout_vjp(u: ArrayLike) -> tuple[Array]:
        return (dropped(as_cotangent(u, "dropout", shape, dtype)),)

    return dropped(x), dropout_vjp
