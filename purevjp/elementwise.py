"""Functions of one array, element by element."""

import math

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1
from purevjp.blocks import by_element
from purevjp.contract import as_cotangent, as_primal

__all__ = [
    "abs", "cbrt", "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "reciprocal", "rsqrt", "sqrt", "square",
    "tanh",
]  # fmt: skip


def abs(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Absolute value.

    Value     y = |x|
    Pullback  dx = u sign x
    Kinks     x = 0 or −0: 0, as torch (JAX: u)
    Shapes    x, y, u: (...)
    Keeps     x

    >>> value, vjp = abs(np.array([-2.0, 0.0, 3.0]))
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([2., 0., 3.]), (array([-4.,  0.,  6.]),))
    """
    x = as_primal(x, "abs", "x")

    def abs_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "abs", x.shape, x.dtype) * np.sign(x),)

    return np.abs(x), abs_vjp


def exp(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Exponential.

    Value     y = eˣ
    Pullback  dx = u y
    Shapes    x, y, u: (...)
    Keeps     y

    >>> value, vjp = exp(np.array([0.0, 0.0]))
    >>> vjp(np.array([2.0, 3.0]))
    (array([2., 3.]),)
    """
    y = np.exp(as_primal(x, "exp", "x", analytic=True))

    def exp_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "exp", y.shape, y.dtype) * y,)

    return y, exp_vjp


def log(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Natural logarithm.

    Value     y = ln x
    Pullback  dx = u / x
    Domain    x > 0
    Shapes    x, y, u: (...)
    Keeps     x

    >>> value, vjp = log(np.array([1.0, 4.0]))
    >>> vjp(np.array([2.0, 2.0]))
    (array([2. , 0.5]),)
    """
    x = as_primal(x, "log", "x", analytic=True)

    def log_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "log", x.shape, x.dtype) / x,)

    return np.log(x), log_vjp


def square(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Square.

    Value     y = x²
    Pullback  dx = 2 u x
    Shapes    x, y, u: (...)
    Keeps     x

    >>> value, vjp = square(np.array([3.0, -1.0]))
    >>> vjp(np.array([1.0, 2.0]))
    (array([ 6., -4.]),)
    """
    x = as_primal(x, "square", "x", analytic=True)

    def square_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "square", x.shape, x.dtype) * x * 2,)

    return x * x, square_vjp


def tanh(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Hyperbolic tangent.

    Value     y = tanh x
    Pullback  dx = 4 u e / (1 + e)²,  e = exp(−2|x|)
    Shapes    x, y, u: (...)
    Keeps     x
    Source    sech² x = 4 e / (1 + e)²; 1 − y² is the same, but has no correct digit left once |x| > 19 (9 in float32)

    >>> value, vjp = tanh(np.array([0.0, 20.0]))
    >>> vjp(np.array([1.0, 1.0]))
    (array([1.0000000e+00, 1.6993417e-17]),)
    """
    x = as_primal(x, "tanh", "x")

    def pulled(u: Array, x: Array) -> tuple[Array, ...]:
        e = np.exp(-2 * np.abs(x))
        return (u * (4 * e / np.square(1 + e)),)

    def tanh_vjp(u: ArrayLike) -> tuple[Array]:
        return (by_element(pulled, as_cotangent(u, "tanh", x.shape, x.dtype), x)[0],)

    return np.tanh(x), tanh_vjp


def sqrt(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Square root.

    Value     y = √x
    Pullback  dx = u / 2y
    Domain    x > 0
    Kinks     x = 0: ±∞, and nan where u = 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     y

    >>> value, vjp = sqrt(np.array([4.0, 9.0]))
    >>> value, vjp(np.array([1.0, 12.0]))
    (array([2., 3.]), (array([0.25, 2.  ]),))
    """
    y = np.sqrt(as_primal(x, "sqrt", "x", analytic=True))

    def sqrt_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "sqrt", y.shape, y.dtype) / (2 * y),)

    return y, sqrt_vjp


def rsqrt(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Reciprocal of the square root.

    Value     y = 1 / √x
    Pullback  dx = −u y / 2x
    Domain    x > 0
    Kinks     x = 0: ∓∞, and nan where u = 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     x, y
    Source    −u y³ / 2 is the same, but leaves the range where it is near to it

    >>> value, vjp = rsqrt(np.array([4.0, 0.25]))
    >>> value, vjp(np.array([16.0, 1.0]))
    (array([0.5, 2. ]), (array([-1., -4.]),))
    """
    x = as_primal(x, "rsqrt", "x", analytic=True)
    y = 1 / np.sqrt(x)

    def rsqrt_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "rsqrt", x.shape, x.dtype) * y / (-2 * x),)

    return y, rsqrt_vjp


def reciprocal(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Reciprocal.

    Value     y = 1 / x
    Pullback  dx = −u y²
    Domain    x ≠ 0
    Kinks     x = 0: ∓∞, and nan where u = 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     y
    Source    −(u y) y, for y² may leave the range where u y² does not

    >>> value, vjp = reciprocal(np.array([2.0, -0.5]))
    >>> value, vjp(np.array([4.0, 3.0]))
    (array([ 0.5, -2. ]), (array([ -1., -12.]),))
    """
    y = np.reciprocal(as_primal(x, "reciprocal", "x", analytic=True))

    def reciprocal_vjp(u: ArrayLike) -> tuple[Array]:
        return (-(as_cotangent(u, "reciprocal", y.shape, y.dtype) * y * y),)

    return y, reciprocal_vjp


def cbrt(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Cube root.

    Value     y = ∛x, also of negative numbers
    Pullback  dx = u / 3y²
    Kinks     x = 0: ±∞, and nan where u = 0, as JAX
    Shapes    x, y, u: (...)
    Keeps     y
    Source    (u / 3y) / y, for y² loses digits of small numbers in float16

    >>> value, vjp = cbrt(np.array([8.0, -27.0]))
    >>> value, vjp(np.array([12.0, 54.0]))
    (array([ 2., -3.]), (array([1., 2.]),))
    """
    y = np.cbrt(as_primal(x, "cbrt", "x"))

    def cbrt_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "cbrt", y.shape, y.dtype) / (3 * y) / y,)

    return y, cbrt_vjp


def exp2(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Power of two.

    Value     y = 2ˣ
    Pullback  dx = u y ln 2
    Shapes    x, y, u: (...)
    Keeps     y

    >>> value, vjp = exp2(np.array([0.0, 3.0]))
    >>> value, vjp(np.array([1.0, 2.0]))
    (array([1., 8.]), (array([ 0.69314718, 11.09035489]),))
    """
    y = np.exp2(as_primal(x, "exp2", "x", analytic=True))

    def exp2_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "exp2", y.shape, y.dtype) * (y * math.log(2)),)

    return y, exp2_vjp


def expm1(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Exponential minus one.

    Value     y = eˣ − 1, with all digits near x = 0
    Pullback  dx = u eˣ
    Shapes    x, y, u: (...)
    Keeps     x
    Source    u (y + 1) is the same, but has no correct digit left once x < −37 (−17 in float32)

    >>> value, vjp = expm1(np.array([0.0, -40.0]))
    >>> value, vjp(np.array([2.0, 1.0]))
    (array([ 0., -1.]), (array([2.00000000e+00, 4.24835426e-18]),))
    """
    x = as_primal(x, "expm1", "x", analytic=True)

    def expm1_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "expm1", x.shape, x.dtype) * np.exp(x),)

    return np.expm1(x), expm1_vjp


def log1p(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Logarithm of one plus x.

    Value     y = ln(1 + x), with all digits near x = 0
    Pullback  dx = u / (1 + x)
    Domain    x > −1
    Kinks     x = −1: ±∞, and nan where u = 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     x

    >>> value, vjp = log1p(np.array([0.0, 3.0]))
    >>> value, vjp(np.array([2.0, 2.0]))
    (array([0.        , 1.38629436]), (array([2. , 0.5]),))
    """
    x = as_primal(x, "log1p", "x")

    def log1p_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "log1p", x.shape, x.dtype) / (1 + x),)

    return np.log1p(x), log1p_vjp


def log2(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Binary logarithm.

    Value     y = log₂ x
    Pullback  dx = u / (x ln 2)
    Domain    x > 0
    Kinks     x = 0: ±∞, and nan where u = 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     x
    Source    u (1 / ln 2) first, for x ln 2 loses digits of the smallest x

    >>> value, vjp = log2(np.array([1.0, 4.0]))
    >>> value, vjp(np.array([2.0, 4.0]))
    (array([0., 2.]), (array([2.88539008, 1.44269504]),))
    """
    x = as_primal(x, "log2", "x", analytic=True)

    def log2_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "log2", x.shape, x.dtype) * (1 / math.log(2)) / x,)

    return np.log2(x), log2_vjp


def log10(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Decimal logarithm.

    Value     y = log₁₀ x
    Pullback  dx = u / (x ln 10)
    Domain    x > 0
    Kinks     x = 0: ±∞, and nan where u = 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     x
    Source    u (1 / ln 10) first, for x ln 10 may overflow

    >>> value, vjp = log10(np.array([1.0, 100.0]))
    >>> value, vjp(np.array([1.0, 200.0]))
    (array([0., 2.]), (array([0.43429448, 0.86858896]),))
    """
    x = as_primal(x, "log10", "x", analytic=True)

    def log10_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "log10", x.shape, x.dtype) * (1 / math.log(10)) / x,)

    return np.log10(x), log10_vjp
