"""Wrong pullbacks and values of activations."""

from collections.abc import Callable
from typing import Any

import numpy as np


def softmax(x: Any, axis: Any) -> Any:
    """Right."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def naive(x: Any, *, axis: Any = -1) -> Any:
    """Softmax without the shift: overflows."""
    with np.errstate(all="ignore"):
        e = np.exp(x)
        return e / e.sum(axis=axis, keepdims=True)


def log_of_naive(x: Any, *, axis: Any) -> Any:
    """Its logarithm."""
    with np.errstate(divide="ignore"):
        return np.log(naive(x, axis=axis))


def logistic(x: Any) -> Any:
    """Right."""
    return 1 / (1 + np.exp(-np.maximum(x, x.dtype.type(-80))))


def bell(x: Any) -> Any:
    """The normal density."""
    return np.exp(-x * x / 2) / x.dtype.type(np.sqrt(2 * np.pi))


def normal(x: Any) -> Any:
    """The normal distribution function, nearly."""
    return x.dtype.type(0.5) * (1 + np.tanh(x.dtype.type(np.sqrt(2 / np.pi)) * (x + x.dtype.type(0.044715) * x**3)))


def corrected(u: Any, y: Any, axis: Any) -> tuple[Any]:
    """y (u − Σ u y)."""
    return (y * (u - (u * y).sum(axis=axis, keepdims=True)),)


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "relu": {
        "slope 1 at 0": lambda u, x: (u * (x >= 0),),
        "slope ½ at 0": lambda u, x: (u * (x > 0) + u / 2 * (x == 0),),
        "mask not applied": lambda u, _x: (+u,),
        "leaky": lambda u, x: (np.where(x > 0, u, u * x.dtype.type(0.01)),),
        "tt-metal PR #57374: relu6": lambda u, x: (u * ((x > 0) & (x < 6)),),
        "x for its sign": lambda u, x: (u * np.maximum(x, 0),),
    },
    "leaky_relu": {
        "slope 1 at 0": lambda u, x, *, negative_slope: (np.where(x >= 0, u, u * negative_slope),),
        "slope ½ (1 + s) at 0": lambda u, x, *, negative_slope: (
            np.where(x > 0, u, np.where(x == 0, u * (1 + negative_slope) / 2, u * negative_slope)),
        ),
        "relu": lambda u, x, *, negative_slope: (u * (x > 0),),
        "slope of the value's sign": lambda u, x, *, negative_slope: (
            np.where(np.where(x > 0, x, x * negative_slope) > 0, u, u * negative_slope),
        ),
        "always 0.01": lambda u, x, *, negative_slope: (np.where(x > 0, u, u * x.dtype.type(0.01)),),
    },
    "silu": {
        "candle PR #2083: y / x, nan at 0": lambda u, x: (
            u * (x * logistic(x) / x + x * logistic(x) * (1 - logistic(x))),
        ),
        "sigmoid alone": lambda u, x: (u * logistic(x),),
        "x σ (1 − σ) alone": lambda u, x: (u * x * logistic(x) * (1 - logistic(x)),),
        "sigmoid's own pullback": lambda u, x: (u * logistic(x) * (1 - logistic(x)),),
        "y for x σ, twice": lambda u, x: (u * logistic(x) * (1 + x * logistic(x) * (1 - logistic(x))),),
    },
    "softplus": {
        "1 − σ": lambda u, x: (u * logistic(-x),),
        "sigmoid of the value": lambda u, x: (u * logistic(np.logaddexp(x, 0)),),
        "1 − e⁻ʸ with no digits in the left tail": lambda u, x: (u * (1 - np.exp(-np.logaddexp(x, 0))),),
        "tt-metal PR #56397: 0 beyond the threshold": lambda u, x: (u * np.where(x > 20, 0, logistic(x)),),
    },
    "gelu": {
        "Φ alone": lambda u, x, *, approximate: (u * normal(x),),
        "no φ, but Φ (1 − Φ)": lambda u, x, *, approximate: (u * (normal(x) + x * normal(x) * (1 - normal(x))),),
        "x² for x in the exponent": lambda u, x, *, approximate: (u * (normal(x) + x * bell(x * x)),),
        "the other of the two": lambda u, x, *, approximate: (u * (normal(x) + x * bell(x)),),
        "σ(1.702 x), the quick one": lambda u, x, *, approximate: (
            u
            * (logistic(x * x.dtype.type(1.702)) * (1 + x * x.dtype.type(1.702) * logistic(-x * x.dtype.type(1.702)))),
        ),
    },
    "sigmoid": {
        "x for y": lambda u, x: (u * x * (1 - x),),
        "y": lambda u, x: (u * logistic(x),),
        "y (1 + y)": lambda u, x: (u * logistic(x) * (1 + logistic(x)),),
        "nothing left in the tails": lambda u, x: (u * logistic(x) * (1 - logistic(x)) * (np.abs(x) < 16),),
    },
    "softmax": {
        "no correction": lambda u, x, *, axis: (u * softmax(x, axis),),
        "y (1 − y), the diagonal": lambda u, x, *, axis: (u * softmax(x, axis) * (1 - softmax(x, axis)),),
        "correction over all axes": lambda u, x, *, axis: (softmax(x, axis) * (u - (u * softmax(x, axis)).sum()),),
        "correction without y": lambda u, x, *, axis: (softmax(x, axis) * (u - u.sum(axis=axis, keepdims=True)),),
        "mean for sum in the correction": lambda u, x, *, axis: (
            softmax(x, axis) * (u - (u * softmax(x, axis)).mean(axis=axis, keepdims=True)),
        ),
        "always the last axis": lambda u, x, *, axis: corrected(u, softmax(x, axis), -1),
        "burn PR #3555: always axis 0": lambda u, x, *, axis: corrected(u, softmax(x, axis), 0),
        "x for y": lambda u, x, *, axis: corrected(u, x, axis),
    },
    "log_softmax": {
        "no correction": lambda u, x, *, axis: (+u,),
        "y for its exponential": lambda u, x, *, axis: (
            u - np.log(softmax(x, axis) + x.dtype.type(1e-30)) * u.sum(axis=axis, keepdims=True),
        ),
        "Σ u y for y Σ u": lambda u, x, *, axis: (u - (u * softmax(x, axis)).sum(axis=axis, keepdims=True),),
        "mean for sum": lambda u, x, *, axis: (u - softmax(x, axis) * u.mean(axis=axis, keepdims=True),),
        "sum over all axes": lambda u, x, *, axis: (u - softmax(x, axis) * u.sum(),),
        "always the last axis": lambda u, x, *, axis: (u - softmax(x, axis) * u.sum(axis=-1, keepdims=True),),
    },
    "dropout": {
        "not scaled": lambda u, x, *, mask, rate: (u * mask,),
        "scaled by the rate": lambda u, x, *, mask, rate: (u * mask / u.dtype.type(rate or 1),),
        "mamba PR #1023: another mask": lambda u, x, *, mask, rate: (
            u * np.flip(mask) / u.dtype.type(1 - rate if rate < 1 else 1),
        ),
        "all of u": lambda u, x, *, mask, rate: (u / u.dtype.type(1 - rate if rate < 1 else 1),),
    },
}
WRONG_VALUES: dict[str, dict[str, Callable[..., Any]]] = {
    "softmax": {"not shifted": naive, "value over the last axis": lambda x, *, axis: softmax(x, -1)},
    "log_softmax": {"jax #40409: logarithm of a softmax that underflows": log_of_naive},
}
