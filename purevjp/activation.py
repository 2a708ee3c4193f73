"""Activations of neural networks."""

import math

import numpy as np

from purevjp.aliases import Array, ArrayLike, Axis, Pullback1
from purevjp.contract import as_cotangent, as_primal

__all__ = ["log_softmax", "relu", "sigmoid", "softmax"]


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
