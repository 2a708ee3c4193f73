"""Arithmetic of two arrays that broadcast together, and negation."""

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1, Pullback2
from purevjp.broadcast import unbroadcast
from purevjp.contract import as_cotangent, as_primal
from purevjp.mask import shared

__all__ = ["add", "divide", "maximum", "multiply", "negative", "subtract"]


def negative(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Negation.

    Value     y = −x
    Pullback  dx = −u
    Shapes    x, y, u: (...)
    Keeps     nothing

    >>> value, vjp = negative(np.array([1.0, -2.0]))
    >>> value, vjp(np.array([3.0, 4.0]))
    (array([-1.,  2.]), (array([-3., -4.]),))
    """
    x = as_primal(x, "negative", "x", analytic=True)
    shape, dtype = x.shape, x.dtype

    def negative_vjp(u: ArrayLike) -> tuple[Array]:
        return (-as_cotangent(u, "negative", shape, dtype),)

    return -x, negative_vjp


def add(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Sum of two arrays.

    Value     y = a + b
    Pullback  da = Σ u,  db = Σ u  (Σ over the axes that broadcasting added)
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     nothing

    >>> value, vjp = add(np.array([1.0, 2.0]), np.array([10.0]))
    >>> vjp(np.array([3.0, 4.0]))
    (array([3., 4.]), array([7.]))
    """
    a, b = as_primal(a, "add", "a", analytic=True), as_primal(b, "add", "b", analytic=True)
    y = a + b
    shape, dtype = y.shape, y.dtype
    a_shape, a_dtype, b_shape, b_dtype = a.shape, a.dtype, b.shape, b.dtype

    def add_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "add", shape, dtype)
        return unbroadcast(u, a_shape, a_dtype, copy=True), unbroadcast(u, b_shape, b_dtype, copy=True)

    return y, add_vjp


def subtract(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Difference of two arrays.

    Value     y = a − b
    Pullback  da = Σ u,  db = −Σ u  (Σ over the axes that broadcasting added)
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     nothing

    >>> value, vjp = subtract(np.array([1.0, 2.0]), np.array([10.0]))
    >>> vjp(np.array([3.0, 4.0]))
    (array([3., 4.]), array([-7.]))
    """
    a, b = as_primal(a, "subtract", "a", analytic=True), as_primal(b, "subtract", "b", analytic=True)
    y = a - b
    shape, dtype = y.shape, y.dtype
    a_shape, a_dtype, b_shape, b_dtype = a.shape, a.dtype, b.shape, b.dtype

    def subtract_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "subtract", shape, dtype)
        return unbroadcast(u, a_shape, a_dtype, copy=True), unbroadcast(-u, b_shape, b_dtype)

    return y, subtract_vjp


def multiply(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Product, element by element.

    Value     y = a b
    Pullback  da = Σ u b,  db = Σ u a  (Σ over the axes that broadcasting added)
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     a, b

    >>> value, vjp = multiply(np.array([2.0, 3.0]), np.array([5.0]))
    >>> vjp(np.array([1.0, 10.0]))
    (array([ 5., 50.]), array([32.]))
    """
    a, b = as_primal(a, "multiply", "a", analytic=True), as_primal(b, "multiply", "b", analytic=True)
    y = a * b
    shape, dtype = y.shape, y.dtype

    def multiply_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "multiply", shape, dtype)
        return unbroadcast(u * b, a.shape, a.dtype), unbroadcast(u * a, b.shape, b.dtype)

    return y, multiply_vjp


def divide(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Quotient.

    Value     y = a / b
    Pullback  da = Σ u / b,  db = −Σ (u / b) y  (Σ over the axes that broadcasting added)
    Domain    b ≠ 0
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     b, y

    >>> value, vjp = divide(np.array([6.0]), np.array([2.0]))
    >>> vjp(np.array([1.0]))
    (array([0.5]), array([-1.5]))
    """
    a, b = as_primal(a, "divide", "a", analytic=True), as_primal(b, "divide", "b", analytic=True)
    y = a / b
    shape, dtype = y.shape, y.dtype
    a_shape, a_dtype = a.shape, a.dtype

    def divide_vjp(u: ArrayLike) -> tuple[Array, Array]:
        da = as_cotangent(u, "divide", shape, dtype) / b
        return unbroadcast(da, a_shape, a_dtype), unbroadcast(-da * y, b.shape, b.dtype)

    return y, divide_vjp


def maximum(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Larger of two, element by element.

    Value     y = max(a, b), nan where either is nan
    Pullback  da = Σ u [a > b],  db = Σ u [b > a]  (Σ over the axes that broadcasting added)
    Kinks     a = b: ½ u to each, as JAX and torch; nan: 0 to both, as JAX
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     a, b

    >>> value, vjp = maximum(np.array([1.0, 2.0, 3.0]), np.array(2.0))
    >>> vjp(np.array([1.0, 2.0, 4.0]))
    (array([0., 1., 4.]), np.float64(2.0))
    """
    a, b = as_primal(a, "maximum", "a"), as_primal(b, "maximum", "b")
    y = np.maximum(a, b)
    shape, dtype = y.shape, y.dtype

    def maximum_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "maximum", shape, dtype)
        da, db = shared(u, a > b, b > a, a == b)
        return unbroadcast(da, a.shape, a.dtype), unbroadcast(db, b.shape, b.dtype)

    return y, maximum_vjp
