"""Functions that round, and others with steps."""

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1
from purevjp.contract import as_cotangent, as_primal
from purevjp.mask import masked

__all__ = ["ceil", "floor", "nan_to_num", "rint", "sign"]


def sign(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Sign.

    Value     y = −1, 0 or 1; nan for nan
    Pullback  dx = 0
    Kinks     x = 0: 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     nothing

    >>> value, vjp = sign(np.array([-2.0, 0.0, 3.0]))
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([-1.,  0.,  1.]), (array([0., 0., 0.]),))
    """
    y = np.sign(as_primal(x, "sign", "x"))
    shape, dtype = y.shape, y.dtype

    def sign_vjp(u: ArrayLike) -> tuple[Array]:
        as_cotangent(u, "sign", shape, dtype)
        return (np.zeros(shape, dtype),)

    return y, sign_vjp


def floor(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Largest integer that is not above.

    Value     y = ⌊x⌋
    Pullback  dx = 0
    Kinks     x an integer: 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     nothing

    >>> value, vjp = floor(np.array([-1.5, 2.0, 2.75]))
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([-2.,  2.,  2.]), (array([0., 0., 0.]),))
    """
    y = np.floor(as_primal(x, "floor", "x"))
    shape, dtype = y.shape, y.dtype

    def floor_vjp(u: ArrayLike) -> tuple[Array]:
        as_cotangent(u, "floor", shape, dtype)
        return (np.zeros(shape, dtype),)

    return y, floor_vjp


def ceil(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Smallest integer that is not below.

    Value     y = ⌈x⌉
    Pullback  dx = 0
    Kinks     x an integer: 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     nothing

    >>> value, vjp = ceil(np.array([-1.5, 2.0, 2.25]))
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([-1.,  2.,  3.]), (array([0., 0., 0.]),))
    """
    y = np.ceil(as_primal(x, "ceil", "x"))
    shape, dtype = y.shape, y.dtype

    def ceil_vjp(u: ArrayLike) -> tuple[Array]:
        as_cotangent(u, "ceil", shape, dtype)
        return (np.zeros(shape, dtype),)

    return y, ceil_vjp


def rint(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """Nearest integer, the even one of two.

    Value     y is the integer nearest to x
    Pullback  dx = 0
    Kinks     x half an odd integer: 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     nothing

    >>> value, vjp = rint(np.array([-1.25, 0.5, 1.5]))
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([-1.,  0.,  2.]), (array([0., 0., 0.]),))
    """
    y = np.rint(as_primal(x, "rint", "x"))
    shape, dtype = y.shape, y.dtype

    def rint_vjp(u: ArrayLike) -> tuple[Array]:
        as_cotangent(u, "rint", shape, dtype)
        return (np.zeros(shape, dtype),)

    return y, rint_vjp


def nan_to_num(
    x: ArrayLike, /, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> tuple[Array, Pullback1]:
    """Numbers in place of nan and infinities.

    Value     y = x where it is finite, else `nan`, `posinf` or `neginf`; None is the largest number, or minus that
    Pullback  dx = u where x is finite, else 0
    Kinks     x = ±∞ or nan: 0, as JAX and torch
    Shapes    x, y, u: (...)
    Keeps     where x is finite
    Source    NumPy's `copy` is left out: rules never write into their arguments

    >>> value, vjp = nan_to_num(np.array([np.nan, 2.0, np.inf]), posinf=9.0)
    >>> value, vjp(np.array([4.0, 5.0, 6.0]))
    (array([0., 2., 9.]), (array([0., 5., 0.]),))
    """
    x = as_primal(x, "nan_to_num", "x")
    finite, dtype = np.isfinite(x), x.dtype
    y: Array = x.copy()[()] if finite.all() else np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)

    def nan_to_num_vjp(u: ArrayLike) -> tuple[Array]:
        return (masked(as_cotangent(u, "nan_to_num", finite.shape, dtype), finite),)

    return y, nan_to_num_vjp
