"""The logistic function and what is made of it, with all digits in the left tail, element by element."""

import math

import numpy as np

from purevjp.aliases import Array
from purevjp.lane import accumulator

FLAT = 8
"""From here on gelu's slope is 1 and its value x, in all digits of float64; e⁵⁰ is in the range of float32."""


def logistic(x: Array) -> tuple[Array, ...]:
    """σ(x) = e / (1 + e),  e = eˣ, which has all digits in the left tail."""
    y = np.exp(below_saturation(x))
    y /= 1 + y
    return (y.astype(x.dtype, copy=False),)


def below_saturation(x: Array) -> Array:
    """x, no larger than where σ(x) is 1 and σ(−x) nothing beside it; halves have no room for eˣ, and are float32."""
    dtype = accumulator(x.dtype)
    least: Array = np.minimum(x, -2 * math.log(np.finfo(dtype).eps), dtype=dtype)
    return least


def silu_and_slope(x: Array) -> tuple[Array, Array]:
    """x σ(x) and its slope; in the left tail both are ±0, not 0 · ∞."""
    y = np.maximum(x, -1000)
    slope = below_saturation(y)
    share = np.exp(slope)
    rest = 1 + share
    share /= rest
    y = y * share
    slope /= rest
    slope += 1
    slope *= share
    return y.astype(x.dtype, copy=False), slope.astype(x.dtype, copy=False)


def gelu_and_slope(x: Array) -> tuple[Array, Array]:
    """x Φ(x) and its slope, Φ(x) + x φ(x)."""
    above = np.maximum(x, -64)
    near, share = np.minimum(above, 64), normal(x)
    return above * share, share + near * (np.exp(near * near / -2) / math.sqrt(2 * math.pi))


def near_gelu_and_slope(x: Array) -> tuple[Array, Array]:
    """x σ(s) and its slope, σ(s) (1 + x σ(−s) ds/dx)."""
    root = math.sqrt(8 / math.pi)
    y = np.maximum(x, -64, dtype=accumulator(x.dtype))
    near = np.minimum(y, FLAT)
    slope = near * near
    slope *= 0.044715 * root
    share = slope + root
    share *= near
    share = np.exp(share)
    rest = 1 + share
    share /= rest
    rest = 1 / rest
    y *= share
    slope *= 3
    slope += root
    slope *= near
    slope *= rest
    slope += 1
    slope *= share
    return y.astype(x.dtype, copy=False), slope.astype(x.dtype, copy=False)


def normal(x: Array) -> Array:
    """The normal distribution function, in the dtype of x."""
    from scipy.special import ndtr  # noqa: PLC0415 (SciPy is for this alone)

    phi: Array = ndtr(x).astype(x.dtype, copy=False)
    return phi
