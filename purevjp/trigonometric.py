"""Circular and hyperbolic functions, and their inverses."""

import math

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1
from purevjp.blocks import by_element
from purevjp.contract import as_cotangent, as_primal

__all__ = [
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "cos", "cosh", "sin", "sinc", "sinh", "tan",
]  # fmt: skip

SERIES = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(9, 0, -1)]
"""The coefficients of (sin t / t)′ in odd powers of t, the last first; enough for |t| < 1."""


def sin(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Sine.

    Value     y = sin x
    Pullback  dx = u cos x
    Shapes    x, y, u: (...)
    Keeps     x

    >>> value, vjp = sin(np.array([0.0, 1.0]))
    >>> value, vjp(np.array([2.0, 3.0]))
    (array([0.        , 0.84147098]), (array([2.        , 1.62090692]),))
    """
    x = as_primal(x, "sin", "x", analytic=True)

    def sin_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "sin", x.shape, x.dtype) * np.cos(x),)

    return np.sin(x), sin_vjp


def cos(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Cosine.

    Value     y = cos x
    Pullback  dx = −u sin x
    Shapes    x, y, u: (...)
    Keeps     x

    >>> value, vjp = cos(np.array([0.0, 1.0]))
    >>> value, vjp(np.array([2.0, 3.0]))
    (array([1.        , 0.54030231]), (array([-0.        , -2.52441295]),))
    """
    x = as_primal(x, "cos", "x", analytic=True)

    def cos_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "cos", x.shape, x.dtype) * -np.sin(x),)

    return np.cos(x), cos_vjp


def tan(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Tangent.

    Value     y = tan x
    Pullback  dx = u (1 + y²)
    Shapes    x, y, u: (...)
    Keeps     y
    Source    of real x; of a complex one, 1 + y² has no digits left far from the real axis

    >>> value, vjp = tan(np.array([0.0, 1.0]))
    >>> value, vjp(np.array([2.0, 3.0]))
    (array([0.        , 1.55740772]), (array([ 2.        , 10.27655646]),))
    """
    y = np.tan(as_primal(x, "tan", "x"))

    def tan_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "tan", y.shape, y.dtype) * (1 + y * y),)

    return y, tan_vjp


def arcsin(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Inverse sine.

    Value     y = arcsin x, from −π/2 to π/2
    Pullback  dx = u / √(1 − x²)
    Domain    −1 < x < 1
    Kinks     x = ±1: ±∞, and nan where u = 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     x
    Source    √((1 − x)(1 + x)), for 1 − x² has fewer digits near ±1

    >>> value, vjp = arcsin(np.array([0.0, 0.6]))
    >>> value, vjp(np.array([2.0, 4.0]))
    (array([0.        , 0.64350111]), (array([2., 5.]),))
    """
    x = as_primal(x, "arcsin", "x")

    def arcsin_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "arcsin", x.shape, x.dtype) / np.sqrt((1 - x) * (1 + x)),)

    return np.arcsin(x), arcsin_vjp


def arccos(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Inverse cosine.

    Value     y = arccos x, from 0 to π
    Pullback  dx = −u / √(1 − x²)
    Domain    −1 < x < 1
    Kinks     x = ±1: ∓∞, and nan where u = 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     x
    Source    √((1 − x)(1 + x)), for 1 − x² has fewer digits near ±1

    >>> value, vjp = arccos(np.array([0.0, 0.6]))
    >>> value, vjp(np.array([2.0, 4.0]))
    (array([1.57079633, 0.92729522]), (array([-2., -5.]),))
    """
    x = as_primal(x, "arccos", "x")

    def arccos_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "arccos", x.shape, x.dtype) / -np.sqrt((1 - x) * (1 + x)),)

    return np.arccos(x), arccos_vjp


def arctan(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Inverse tangent.

    Value     y = arctan x, from −π/2 to π/2
    Pullback  dx = u / (1 + x²)
    Shapes    x, y, u: (...)
    Keeps     x
    Source    u / x / x where x² leaves the range

    >>> value, vjp = arctan(np.array([0.0, 1.0]))
    >>> value, vjp(np.array([2.0, 3.0]))
    (array([0.        , 0.78539816]), (array([2. , 1.5]),))
    """
    x = as_primal(x, "arctan", "x")

    def pulled(u: Array, x: Array) -> tuple[Array, ...]:
        with np.errstate(all="ignore"):
            square = 1 + x * x
            far = np.isinf(square)
            return (np.where(far, u / x / x, u / square) if far.any() else u / square,)

    def arctan_vjp(u: ArrayLike) -> tuple[Array]:
        (dx,) = by_element(pulled, as_cotangent(u, "arctan", x.shape, x.dtype), x)
        return (dx,)

    return np.arctan(x), arctan_vjp


def sinh(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Hyperbolic sine.

    Value     y = sinh x
    Pullback  dx = u cosh x
    Shapes    x, y, u: (...)
    Keeps     x

    >>> value, vjp = sinh(np.array([0.0, 1.0]))
    >>> value, vjp(np.array([2.0, 3.0]))
    (array([0.        , 1.17520119]), (array([2.       , 4.6292419]),))
    """
    x = as_primal(x, "sinh", "x", analytic=True)

    def sinh_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "sinh", x.shape, x.dtype) * np.cosh(x),)

    return np.sinh(x), sinh_vjp


def cosh(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Hyperbolic cosine.

    Value     y = cosh x
    Pullback  dx = u sinh x
    Shapes    x, y, u: (...)
    Keeps     x

    >>> value, vjp = cosh(np.array([0.0, 1.0]))
    >>> value, vjp(np.array([2.0, 3.0]))
    (array([1.        , 1.54308063]), (array([0.        , 3.52560358]),))
    """
    x = as_primal(x, "cosh", "x", analytic=True)

    def cosh_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "cosh", x.shape, x.dtype) * np.sinh(x),)

    return np.cosh(x), cosh_vjp


def arcsinh(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Inverse hyperbolic sine.

    Value     y = arsinh x
    Pullback  dx = u / √(1 + x²)
    Shapes    x, y, u: (...)
    Keeps     x
    Source    u / |x| where x² leaves the range

    >>> value, vjp = arcsinh(np.array([0.0, 0.75]))
    >>> value, vjp(np.array([2.0, 5.0]))
    (array([0.        , 0.69314718]), (array([2., 4.]),))
    """
    x = as_primal(x, "arcsinh", "x")

    def pulled(u: Array, x: Array) -> tuple[Array, ...]:
        with np.errstate(all="ignore"):
            r = np.sqrt(1 + x * x)
            far = np.isinf(r)
            return (u / (np.where(far, np.abs(x), r) if far.any() else r),)

    def arcsinh_vjp(u: ArrayLike) -> tuple[Array]:
        (dx,) = by_element(pulled, as_cotangent(u, "arcsinh", x.shape, x.dtype), x)
        return (dx,)

    return np.arcsinh(x), arcsinh_vjp


def arccosh(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Inverse hyperbolic cosine.

    Value     y = arcosh x ≥ 0
    Pullback  dx = u / √(x² − 1)
    Domain    x > 1
    Kinks     x = 1: ±∞, and nan where u = 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     x
    Source    √(x − 1) √(x + 1): x² may leave the range, and x² − 1 has fewer digits near 1

    >>> value, vjp = arccosh(np.array([1.25, 2.0]))
    >>> value, vjp(np.array([3.0, 2.0]))
    (array([0.69314718, 1.3169579 ]), (array([4.        , 1.15470054]),))
    """
    x = as_primal(x, "arccosh", "x")

    def arccosh_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "arccosh", x.shape, x.dtype) / (np.sqrt(x - 1) * np.sqrt(x + 1)),)

    return np.arccosh(x), arccosh_vjp


def arctanh(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Inverse hyperbolic tangent.

    Value     y = artanh x
    Pullback  dx = u / (1 − x²)
    Domain    −1 < x < 1
    Kinks     x = ±1: ±∞, and nan where u = 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     x
    Source    (1 − x)(1 + x), for 1 − x² has fewer digits near ±1

    >>> value, vjp = arctanh(np.array([0.0, 0.5]))
    >>> value, vjp(np.array([2.0, 3.0]))
    (array([0.        , 0.54930614]), (array([2., 4.]),))
    """
    x = as_primal(x, "arctanh", "x")

    def arctanh_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "arctanh", x.shape, x.dtype) / ((1 - x) * (1 + x)),)

    return np.arctanh(x), arctanh_vjp


def sinc(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Cardinal sine, normalised.

    Value     y = sin(πx) / πx,  1 for x = 0
    Pullback  dx = u (cos(πx) − y) / x,  0 for x = 0
    Shapes    x, y, u: (...)
    Keeps     x, y
    Source    near 0 the difference has no digits left, and is summed as π Σ (−1)ᵏ 2k (πx)²ᵏ⁻¹ / (2k + 1)!

    >>> value, vjp = sinc(np.array([0.0, 0.5, 1.0]))
    >>> vjp(np.array([2.0, 3.0, 4.0]))
    (array([-0.        , -3.81971863, -4.        ]),)
    """
    x = as_primal(x, "sinc", "x")
    t = math.pi * np.where(x == 0, 1, x)
    y = np.where(x == 0, 1, np.sin(t) / t)[()]

    def sinc_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "sinc", x.shape, x.dtype)
        near = np.abs(x) < 0.3125
        t = math.pi * np.where(near, x, 0)
        slope = np.zeros_like(t)
        for c in SERIES:
            slope = slope * (t * t) + c
        far = (np.cos(math.pi * x) - y) / np.where(near, 1, x)
        return (u * np.where(near, slope * t * math.pi, far),)

    return y, sinc_vjp
