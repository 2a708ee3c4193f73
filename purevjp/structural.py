"""Functions that move elements and change none: exact, bit for bit."""

from collections.abc import Sequence

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1, Shape, TreePullback
from purevjp.broadcast import cast
from purevjp.contract import as_cotangent, as_primal

__all__ = ["concatenate", "reshape", "transpose"]


def reshape(x: ArrayLike, /, *, shape: int | Shape) -> tuple[Array, Pullback1]:
    """The same elements, in C order, in another shape.

    Value     y = x in shape `shape`; one side may be −1; a view of x where NumPy gives one
    Pullback  dx = u in the shape of x
    Shapes    x: (...), y, u: `shape`
    Keeps     nothing

    >>> value, vjp = reshape(np.array([1.0, 2.0, 3.0, 4.0]), shape=(2, -1))
    >>> value, vjp(np.array([[5.0, 6.0], [7.0, 8.0]]))
    (array([[1., 2.],
           [3., 4.]]), (array([5., 6., 7., 8.]),))
    """
    x = as_primal(x, "reshape", "x", analytic=True)
    y = x.reshape(shape)
    y_shape, dtype, x_shape = y.shape, y.dtype, x.shape

    def reshape_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "reshape", y_shape, dtype).reshape(x_shape, copy=True),)

    return y, reshape_vjp


def transpose(x: ArrayLike, /, *, axes: Sequence[int] | None = None) -> tuple[Array, Pullback1]:
    """Axes in another order; reversed by default.

    Value     y[i_axes] = x[i]; a view of x
    Pullback  dx = u with the inverse permutation
    Shapes    x: (n, m, ...), y, u: (..., m, n) or as `axes` says
    Keeps     nothing

    >>> value, vjp = transpose(np.array([[1.0, 2.0, 3.0]]))
    >>> vjp(np.array([[4.0], [5.0], [6.0]]))
    (array([[4., 5., 6.]]),)
    """
    x = as_primal(x, "transpose", "x", analytic=True)
    y = x.transpose(axes)
    shape, dtype = y.shape, y.dtype
    inverse = None if axes is None else np.argsort([a % x.ndim for a in axes])

    def transpose_vjp(u: ArrayLike) -> tuple[Array]:
        return (as_cotangent(u, "transpose", shape, dtype).transpose(inverse).copy(),)

    return y, transpose_vjp


def concatenate(arrays: Sequence[ArrayLike], /, *, axis: int | None = 0) -> tuple[Array, TreePullback]:
    """Arrays joined along an axis that exists; flattened first when `axis` is None.

    Value     y = [x₀, x₁, ...]
    Pullback  dxᵢ = the part of u that xᵢ became
    Shapes    xᵢ: (..., nᵢ, ...), y, u: (..., Σ nᵢ, ...)
    Keeps     nothing
    Errors    TypeError when arrays is not a list or tuple; ValueError (NumPy's) when the arrays do not fit

    >>> value, vjp = concatenate((np.array([1.0]), np.array([2.0, 3.0])))
    >>> vjp(np.array([4.0, 5.0, 6.0]))
    ((array([4.]), array([5., 6.])),)
    """
    if not isinstance(arrays, list | tuple):
        raise TypeError(
            f"concatenate got arrays as {arrays.__class__.__name__}, but should get a list or tuple of arrays"
        )
    xs = [as_primal(x, "concatenate", f"arrays[{i}]", analytic=True) for i, x in enumerate(arrays)]
    y = np.concatenate(xs, axis=axis)
    shape, dtype = y.shape, y.dtype
    parts = [(x.shape, x.dtype) for x in xs]
    ends = np.cumsum([x.size if axis is None else x.shape[axis] for x in xs])[:-1]
    as_given = list if isinstance(arrays, list) else tuple

    def concatenate_vjp(u: ArrayLike) -> tuple[Sequence[Array]]:
        us = np.split(as_cotangent(u, "concatenate", shape, dtype), ends, axis=axis or 0)
        return (as_given(cast(u.reshape(s), d, copy=True) for u, (s, d) in zip(us, parts, strict=True)),)

    return y, concatenate_vjp
