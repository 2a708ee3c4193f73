"""Functions that choose between elements: where, clip, fmax and their kin."""

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback2, Pullback3
from purevjp.broadcast import unbroadcast
from purevjp.contract import as_cotangent, as_primal
from purevjp.mask import chosen, masked, shared

__all__ = ["clip", "fmax", "fmin", "minimum", "where"]


def where(x: ArrayLike, y: ArrayLike, /, *, condition: ArrayLike) -> tuple[Array, Pullback2]:
    """Elements of x where a condition holds, of y elsewhere.

    Value     z = x where `condition`, else y
    Pullback  dx = Σ u where `condition`, else 0;  dy = Σ 0 where `condition`, else u  (Σ over what broadcasting added)
    Shapes    x, y, `condition`: (...), broadcast together; z, u: (...)
    Keeps     condition
    Errors    TypeError when `condition` is not of booleans
    Source    0 is put in, not multiplied: what is not chosen gets a true zero, even of an infinite u. If x itself came
              from a function with an infinite slope there, that function's pullback makes nan of 0 · ∞, so
              choose its argument by a `where` as well
    Lacks     size

    >>> value, vjp = where(np.array([1.0, 2.0]), np.array(9.0), condition=np.array([True, False]))
    >>> value, vjp(np.array([3.0, 4.0]))
    (array([1., 9.]), (array([3., 0.]), np.float64(4.0)))
    """
    x, y = as_primal(x, "where", "x", analytic=True), as_primal(y, "where", "y", analytic=True)
    holds = np.asarray(condition)
    if holds.dtype != np.bool_:
        raise TypeError(f"where got condition of dtype {holds.dtype}, but should get bool")
    z = chosen(holds, x, y) if x.dtype == y.dtype else np.where(holds, x, y)
    shape, dtype = z.shape, z.dtype
    x_shape, x_dtype, y_shape, y_dtype = x.shape, x.dtype, y.shape, y.dtype

    def where_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "where", shape, dtype)
        dx, dy = masked(u, holds), masked(u, ~holds)
        return unbroadcast(dx, x_shape, x_dtype), unbroadcast(dy, y_shape, y_dtype)

    return z, where_vjp


def minimum(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Smaller of two, element by element.

    Value     y = min(a, b), nan where either is nan
    Pullback  da = Σ u [a < b],  db = Σ u [b < a]  (Σ over the axes that broadcasting added)
    Kinks     a = b: ½ u to each, as JAX and torch; nan: 0 to both, as JAX
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     a, b

    >>> value, vjp = minimum(np.array([1.0, 2.0, 3.0]), np.array(2.0))
    >>> vjp(np.array([1.0, 2.0, 4.0]))
    (array([1., 1., 0.]), np.float64(5.0))
    """
    a, b = as_primal(a, "minimum", "a"), as_primal(b, "minimum", "b")
    y = np.minimum(a, b)
    shape, dtype = y.shape, y.dtype

    def minimum_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "minimum", shape, dtype)
        da, db = shared(u, a < b, b < a, a == b)
        return unbroadcast(da, a.shape, a.dtype), unbroadcast(db, b.shape, b.dtype)

    return y, minimum_vjp


def fmax(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Larger of two, or the one that is a number.

    Value     y = max(a, b); where one is nan, the other
    Pullback  da = Σ u [a > b or b is nan],  db = Σ u [b > a or only a is nan]  (Σ over what broadcasting added)
    Kinks     a = b: ½ u to each, as maximum (JAX: all to b; torch: all to a);
              both nan: u to a, whose nan is returned, as JAX and torch
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     a, b

    >>> value, vjp = fmax(np.array([1.0, np.nan, 3.0]), np.array(2.0))
    >>> value, vjp(np.array([1.0, 2.0, 4.0]))
    (array([2., 2., 3.]), (array([0., 0., 4.]), np.float64(3.0)))
    """
    a, b = as_primal(a, "fmax", "a"), as_primal(b, "fmax", "b")
    y = np.fmax(a, b)
    shape, dtype = y.shape, y.dtype

    def fmax_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "fmax", shape, dtype)
        return extreme_cotangents(u, a, b, a > b, b > a)

    return y, fmax_vjp


def fmin(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Smaller of two, or the one that is a number.

    Value     y = min(a, b); where one is nan, the other
    Pullback  da = Σ u [a < b or b is nan],  db = Σ u [b < a or only a is nan]  (Σ over what broadcasting added)
    Kinks     a = b: ½ u to each, as minimum (JAX: all to b; torch: all to a);
              both nan: u to a, whose nan is returned, as JAX and torch
    Shapes    a: (...), b: (...), broadcast together; y, u: (...)
    Keeps     a, b

    >>> value, vjp = fmin(np.array([1.0, np.nan, 3.0]), np.array(2.0))
    >>> value, vjp(np.array([1.0, 2.0, 4.0]))
    (array([1., 2., 2.]), (array([1., 0., 0.]), np.float64(6.0)))
    """
    a, b = as_primal(a, "fmin", "a"), as_primal(b, "fmin", "b")
    y = np.fmin(a, b)
    shape, dtype = y.shape, y.dtype

    def fmin_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "fmin", shape, dtype)
        return extreme_cotangents(u, a, b, a < b, b < a)

    return y, fmin_vjp


def extreme_cotangents(u: Array, a: Array, b: Array, a_wins: Array, b_wins: Array) -> tuple[Array, Array]:
    """u to the winner, ½ to each at a tie; a nan loses, that of b first."""
    a_wins = a_wins | np.isnan(b)
    da, db = shared(u, a_wins, b_wins | (np.isnan(a) & ~a_wins), a == b)
    return unbroadcast(da, a.shape, a.dtype), unbroadcast(db, b.shape, b.dtype)


def clip(x: ArrayLike, min: ArrayLike, max: ArrayLike, /) -> tuple[Array, Pullback3]:  # noqa: A002 (NumPy's names)
    """Values moved to the nearer of two bounds, all three differentiated.

    Value     y = min(max(x, `min`), `max`): `max` where the bounds cross; nan where any is nan
    Pullback  dx = Σ u [min < x < max],  dmin = Σ u [x < min < max],  dmax = Σ u [max < x or max < min]
              (Σ over what broadcasting added)
    Kinks     x at a bound: ½ u to each, as JAX: x and the bound are a tie, and half is the mean of the two slopes
              (torch: u to x alone); x = min = max: ¼, ¼, ½, as JAX; min = max > x: 0, ½, ½; nan: 0, as JAX
    Shapes    x, `min`, `max`: (...), broadcast together; y, u: (...)
    Keeps     x, min, max
    Errors    TypeError when a bound is None: give −∞ or ∞ of x's dtype instead
    Lacks     a_min, a_max: they are min and max

    >>> value, vjp = clip(np.array([-1.0, 0.5, 3.0, 1.0]), np.array(0.0), np.array(1.0))
    >>> value, vjp(np.array([2.0, 3.0, 4.0, 6.0]))
    (array([0. , 0.5, 1. , 1. ]), (array([0., 3., 0., 3.]), np.float64(2.0), np.float64(7.0)))
    """
    x, low, high = as_primal(x, "clip", "x"), as_primal(min, "clip", "min"), as_primal(max, "clip", "max")
    y = np.minimum(np.maximum(x, low), high)
    shape, dtype = y.shape, y.dtype

    def clip_vjp(u: ArrayLike) -> tuple[Array, Array, Array]:
        u = as_cotangent(u, "clip", shape, dtype)
        raised = np.maximum(x, low)
        passed, dhigh = shared(u, raised < high, high < raised, raised == high)
        dx, dlow = shared(passed, x > low, low > x, x == low)
        return (
            unbroadcast(dx, x.shape, x.dtype),
            unbroadcast(dlow, low.shape, low.dtype),
            unbroadcast(dhigh, high.shape, high.dtype),
        )

    return y, clip_vjp
