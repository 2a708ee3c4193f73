"""Activations of neural networks."""

import math

import numpy as np

from purevjp.aliases import Array, ArrayLike, Axis, Pullback1
from purevjp.blocks import by_element
from purevjp.contract import as_cotangent, as_primal, check_flags
from purevjp.lane import accumulator
from purevjp.logistic import gelu_and_slope, logistic, near_gelu_and_slope, silu_and_slope
from purevjp.mask import masked

__all__ = [
    "dropout", "gelu", "leaky_relu", "log_softmax", "relu", "sigmoid", "silu", "softmax", "softplus",
]  # fmt: skip


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
    y = np.maximum(x, 0)

    def relu_vjp(u: ArrayLike) -> tuple[Array]:
        return (masked(as_cotangent(u, "relu", y.shape, y.dtype), y > 0),)

    return y, relu_vjp


def sigmoid(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Logistic function.

    Value     y = 1 / (1 + e⁻ˣ)
    Pullback  dx = u e / (1 + e)²,  e = exp(−|x|)
    Shapes    x, y, u: (...)
    Keeps     x
    Source    y (1 − y) is the same, but has no correct digit left once x > 37 (17 in float32)

    >>> value, vjp = sigmoid(np.array([0.0, 40.0]))
    >>> vjp(np.array([4.0, 1.0]))
    (array([1.00000000e+00, 4.24835426e-18]),)
    """
    x = as_primal(x, "sigmoid", "x")
    (y,) = by_element(logistic, x)

    def pulled(u: Array, x: Array) -> tuple[Array, ...]:
        e = np.exp(-np.abs(x))
        return (u * (e / np.square(1 + e)),)

    def sigmoid_vjp(u: ArrayLike) -> tuple[Array]:
        (dx,) = by_element(pulled, as_cotangent(u, "sigmoid", x.shape, x.dtype), x)
        return (dx,)

    return y, sigmoid_vjp


def softmax(x: ArrayLike, /, *, axis: Axis = -1) -> tuple[Array, Pullback1]:
    """Exponentials that sum to one over `axis`.

    Value     y = eˣ / Σ eˣ
    Pullback  dx = y (u − Σ u y)
    Kinks     a lane of −∞ only: nan, as JAX and torch
    Shapes    x, y, u: (..., n)  (n: the axes named by `axis`; None for all)
    Keeps     y
    Lacks     where: −∞ is what does not count

    >>> value, vjp = softmax(np.array([0.0, 0.0]))
    >>> vjp(np.array([1.0, 3.0]))
    (array([-0.5,  0.5]),)
    """
    x = as_primal(x, "softmax", "x", analytic=True)
    e = np.exp(x - x.max(axis=axis, keepdims=True, initial=-math.inf))
    wide = accumulator(x.dtype)
    y = (e / e.sum(axis=axis, keepdims=True, dtype=wide)).astype(x.dtype, copy=False)

    def softmax_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "softmax", y.shape, y.dtype)
        dx = y * (u - np.multiply(u, y, dtype=wide).sum(axis=axis, keepdims=True))
        return (dx.astype(y.dtype, copy=False),)

    return y, softmax_vjp


def log_softmax(x: ArrayLike, /, *, axis: Axis = -1) -> tuple[Array, Pullback1]:
    """Logarithm of softmax.

    Value     y = x − ln Σ eˣ
    Pullback  dx = u − e^y Σ u
    Kinks     a lane of −∞ only: nan, as JAX and torch
    Shapes    x, y, u: (..., n)  (n: the axes named by `axis`; None for all)
    Keeps     y, in float32 of halves, whose Σ u may leave the range (jax #40409)
    Lacks     where: −∞ is what does not count

    >>> value, vjp = log_softmax(np.array([0.0, 0.0]))
    >>> vjp(np.array([1.0, 3.0]))
    (array([-1.,  1.]),)
    """
    x = as_primal(x, "log_softmax", "x", analytic=True)
    wide = accumulator(x.dtype)
    shifted = x - x.max(axis=axis, keepdims=True, initial=-math.inf)
    with np.errstate(divide="ignore"):  # ln 0, over no elements
        y = shifted - np.log(np.exp(shifted, dtype=wide).sum(axis=axis, keepdims=True))
    shape, dtype = y.shape, x.dtype

    def log_softmax_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "log_softmax", shape, dtype)
        dx = u - np.exp(y) * u.sum(axis=axis, keepdims=True, dtype=wide)
        return (dx.astype(dtype, copy=False),)

    return y.astype(dtype, copy=False), log_softmax_vjp


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
        scaled = masked(a, kept)
        scaled /= share
        return scaled

    def dropout_vjp(u: ArrayLike) -> tuple[Array]:
        return (dropped(as_cotangent(u, "dropout", shape, dtype)),)

    return dropped(x), dropout_vjp


def leaky_relu(x: ArrayLike, /, *, negative_slope: float = 0.01) -> tuple[Array, Pullback1]:
    """Rectified linear unit that lets a part of the negative through.

    Value     y = x for x > 0, else s x,  s = `negative_slope`
    Pullback  dx = u for x > 0, else s u
    Kinks     x = 0: s u, as torch, and as relu where s = 0 (JAX: u); nan: s u, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     x

    >>> value, vjp = leaky_relu(np.array([-1.0, 0.0, 2.0]), negative_slope=0.5)
    >>> value, vjp(np.array([3.0, 4.0, 5.0]))
    (array([-0.5,  0. ,  2. ]), (array([1.5, 2. , 5. ]),))
    """
    x = as_primal(x, "leaky_relu", "x")

    def slope() -> Array:
        if 0 <= negative_slope <= 1:
            return np.maximum(x > 0, negative_slope, dtype=x.dtype)  # sooner than a branch
        return np.where(x > 0, 1, negative_slope).astype(x.dtype)

    def leaky_relu_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "leaky_relu", x.shape, x.dtype) * slope(),)

    return x * slope(), leaky_relu_vjp


def silu(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Sigmoid linear unit, also called swish.

    Value     y = x σ(x),  σ(x) = 1 / (1 + e⁻ˣ)
    Pullback  dx = u σ(x) (1 + x σ(−x))
    Kinks     ±∞: u and 0, the limits (JAX and torch: nan)
    Shapes    x, y, u: (...)
    Keeps     dy/dx
    Source    y / x for σ(x) would be nan at 0, and 1 − σ(x) for σ(−x) has no digits left for large x

    >>> value, vjp = silu(np.array([0.0, 40.0, -np.inf]))
    >>> value, vjp(np.array([4.0, 3.0, 2.0]))
    (array([ 0., 40., -0.]), (array([ 2.,  3., -0.]),))
    """
    x = as_primal(x, "silu", "x")
    y, slope = by_element(silu_and_slope, x)
    shape, dtype = x.shape, x.dtype

    def silu_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "silu", shape, dtype) * slope,)

    return y, silu_vjp


def softplus(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Smooth rectified linear unit.

    Value     y = ln(1 + eˣ) = max(x, 0) + ln(1 + e), e = exp(−|x|)
    Pullback  dx = u σ(x) = u (1 − e⁻ʸ)
    Shapes    x, y, u: (...)
    Keeps     y
    Source    1 − e⁻ʸ by expm1, which has all digits in the left tail, too; torch's beta and threshold are left out

    >>> value, vjp = softplus(np.array([0.0, -40.0, 1000.0]))
    >>> vjp(np.array([4.0, 1.0, 3.0]))
    (array([2.00000000e+00, 4.24835426e-18, 3.00000000e+00]),)
    """
    x = as_primal(x, "softplus", "x")
    y = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def softplus_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "softplus", y.shape, y.dtype) * -np.expm1(-y),)

    return y, softplus_vjp


def gelu(x: ArrayLike, /, *, approximate: bool = True) -> tuple[Array, Pullback1]:
    """Gaussian error linear unit.

    Value     y = x Φ(x),  Φ the normal distribution; if `approximate`, x σ(s),  s = √(8/π) (x + 0.044715 x³)
    Pullback  dx = u (Φ(x) + x φ(x)),  φ(x) = exp(−x² / 2) / √(2π);  if `approximate`, u σ(s) (1 + x σ(−s) ds/dx)
    Kinks     ±∞: u and 0, the limits (JAX and torch: nan)
    Shapes    x, y, u: (...)
    Keeps     dy/dx
    Errors    ModuleNotFoundError where SciPy is missing and `approximate` is False: Φ is its `ndtr`
    Source    σ(s) is ½ (1 + tanh(s / 2)), but keeps its digits in the left tail; `approximate` is JAX's default, not
              torch's; beyond ±64 the slope is 1 or 0, and arguments are clipped there, for x³ may leave the range

    >>> value, vjp = gelu(np.array([0.0, 10.0]))
    >>> value, vjp(np.array([4.0, 3.0]))
    (array([ 0., 10.]), (array([2., 3.]),))
    >>> value, vjp = gelu(np.array([1.0]), approximate=False)
    >>> vjp(np.array([1.0]))
    (array([1.08331547]),)
    """
    check_flags("gelu", approximate=approximate)
    x = as_primal(x, "gelu", "x")
    y, slope = by_element(near_gelu_and_slope if approximate else gelu_and_slope, x)
    shape, dtype = x.shape, x.dtype

    def gelu_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "gelu", shape, dtype) * slope,)

    return y, gelu_vjp
