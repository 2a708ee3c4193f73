"""Products of vectors along an axis, and of chains of matrices."""

import operator
from collections.abc import Sequence
from typing import Any, SupportsIndex

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1, Pullback2, TreePullback
from purevjp.broadcast import cast, unbroadcast
from purevjp.contract import as_cotangent, as_primal
from purevjp.product import as_matrix

__all__ = ["cross", "matrix_power", "multi_dot", "quadratic_form", "vdot", "vecdot"]


def vdot(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Inner product of all elements; those of `a` are conjugated.

    Value     y = Σ ā b, in C order
    Pullback  da = conj(u b),  db = u ā
    Shapes    a: (...), b: (...), of as many elements; y, u: ()
    Keeps     a, b
    Errors    ValueError when the numbers of elements differ
    Source    a cotangent pairs with a change v as Re Σ u v, as in JAX; the change of y is Σ v̄ b

    >>> value, vjp = vdot(np.array([1.0, 2.0]), np.array([3j, 4.0]))
    >>> value, vjp(1j)
    (np.complex128(8+3j), (array([-3.,  0.]), array([0.+1.j, 0.+2.j])))
    """
    a, b = as_primal(a, "vdot", "a", analytic=True), as_primal(b, "vdot", "b", analytic=True)
    if a.size != b.size:
        raise ValueError(f"vdot got a of shape {a.shape} and b of shape {b.shape}, but should get as many elements")
    y: Any = np.vdot(a, b)
    shape, dtype = y.shape, y.dtype

    def vdot_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "vdot", shape, dtype)
        da, db = np.conj(u * b), u * np.conj(a)
        return cast(da.reshape(a.shape), a.dtype), cast(db.reshape(b.shape), b.dtype)

    return y, vdot_vjp


def vecdot(a: ArrayLike, b: ArrayLike, /, *, axis: int = -1) -> tuple[Array, Pullback2]:
    """Inner products of vectors along an axis; those of `a` are conjugated, the other axes broadcast.

    Value     y = Σ ā b over `axis` of either
    Pullback  da = Σ conj(u b),  db = Σ u ā  (Σ over the axes that broadcasting added)
    Shapes    a: (..., n), b: (..., n), y, u: (...)  (n: `axis`, of a and of b)
    Keeps     a, b
    Errors    ValueError (NumPy's) when the sides n differ
    Source    see `vdot`

    >>> value, vjp = vecdot(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0]))
    >>> value, vjp(np.array([1.0, 10.0]))
    (array([17., 39.]), (array([[ 5.,  6.],
           [50., 60.]]), array([31., 42.])))
    """
    a, b = as_primal(a, "vecdot", "a", analytic=True), as_primal(b, "vecdot", "b", analytic=True)
    left, right = np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1)
    y = np.vecdot(left, right)
    shape, dtype = y.shape, y.dtype

    def vecdot_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "vecdot", shape, dtype)[..., None]
        da, db = (
            unbroadcast(np.conj(u * right), left.shape, a.dtype),
            unbroadcast(u * left.conj(), right.shape, b.dtype),
        )
        return np.moveaxis(da, -1, axis), np.moveaxis(db, -1, axis)

    return y, vecdot_vjp


def cross(a: ArrayLike, b: ArrayLike, /, *, axis: int = -1) -> tuple[Array, Pullback2]:
    """Cross product of vectors of 3 along an axis; the other axes broadcast.

    Value     y = a × b
    Pullback  da = Σ b × u,  db = Σ u × a  (Σ over the axes that broadcasting added)
    Shapes    a: (..., 3), b: (..., 3), y, u: (..., 3)  (3: `axis`, of each)
    Keeps     a, b, component by component
    Errors    ValueError when a side is not 3; NumPy calls the product of 2-vectors deprecated
    Source    u · (a × b) is the volume that u, a and b span: it stays under rotations of the three
    Lacks     axisa, axisb, axisc: axis is all three

    >>> value, vjp = cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    >>> value, vjp(np.array([1.0, 2.0, 3.0]))
    (array([0., 0., 1.]), (array([ 3.,  0., -1.]), array([ 0.,  3., -2.])))
    """
    a, b = as_primal(a, "cross", "a", analytic=True), as_primal(b, "cross", "b", analytic=True)
    left, right = components(a, axis), components(b, axis)
    y = np.moveaxis(crossed(left, right), -1, axis)
    shape, dtype = y.shape, y.dtype

    def cross_vjp(u: ArrayLike) -> tuple[Array, Array]:
        parts = components(as_cotangent(u, "cross", shape, dtype), axis)
        da = unbroadcast(crossed(right, parts), (*left.shape[1:], 3), left.dtype)
        db = unbroadcast(crossed(parts, left), (*right.shape[1:], 3), right.dtype)
        return np.moveaxis(da, -1, axis), np.moveaxis(db, -1, axis)

    return y, cross_vjp


def components(a: Array, axis: int) -> Array:
    """Vectors of 3 along `axis` as three arrays, each in a piece.

    Errors  ValueError when a side is not 3.
    """
    if not a.ndim or a.shape[axis] != 3:
        raise ValueError(f"cross got an array of shape {a.shape}, but should get vectors of 3 along axis {axis}")
    return np.ascontiguousarray(np.moveaxis(a, axis, 0))


def crossed(a: Array, b: Array) -> Array:
    """a × b of vectors along the first axis, along the last."""
    y = np.empty((*np.broadcast_shapes(a.shape[1:], b.shape[1:]), 3), np.result_type(a, b))
    for i in range(3):
        np.subtract(a[i - 2] * b[i - 1], a[i - 1] * b[i - 2], out=y[..., i])
    return y


def multi_dot(arrays: Sequence[ArrayLike], /) -> tuple[Array, TreePullback]:
    """Product of a chain of matrices, in the order that costs least; its ends may be vectors.

    Value     y = x₀ x₁ x₂ ...
    Pullback  dxᵢ = (x₀ ... xᵢ₋₁)ᵀ u (xᵢ₊₁ ...)ᵀ, in the same order
    Shapes    x₀: (n, m) or (m), xᵢ: (m, k), last: (k, c) or (k); y, u: (n, c), without n or c for a vector
    Keeps     the arrays, and the products of parts of the chain
    Errors    TypeError when arrays is not a list or tuple; ValueError on fewer than two, and when they do not fit

    >>> value, vjp = multi_dot([np.array([1.0, 2.0]), np.array([[3.0], [4.0]]), np.array([5.0])])
    >>> value, vjp(10.0)
    (np.float64(55.0), ([array([150., 200.]), array([[ 50.],
           [100.]]), array([110.])],))
    """
    if not isinstance(arrays, list | tuple):
        raise TypeError(
            f"multi_dot got arrays as {arrays.__class__.__name__}, but should get a list or tuple of arrays"
        )
    xs = [as_primal(x, "multi_dot", f"arrays[{i}]", analytic=True) for i, x in enumerate(arrays)]
    last = len(xs) - 1
    if last < 1:
        raise ValueError(f"multi_dot got {len(xs)} arrays, but should get two or more")
    for i, x in enumerate(xs):
        if x.ndim != 2 and not (x.ndim == 1 and i in {0, last}):
            raise ValueError(
                f"multi_dot got arrays[{i}] of shape {x.shape}, but should get a matrix, or a vector at an end"
            )
    shape = (*xs[0].shape[:-1], *xs[last].shape[1:])
    column = xs[last][:, None] if xs[last].ndim == 1 else xs[last]
    matrices = [np.atleast_2d(xs[0]), *xs[1:last], column]
    products = {(i, i): x for i, x in enumerate(matrices)}
    splits = cheapest([*(x.shape[0] for x in matrices), matrices[last].shape[1]])
    for (i, j), k in splits.items():
        products[i, j] = products[i, k] @ products[k + 1, j]
    y = products.pop((0, last)).reshape(shape)[()]
    dtype, matrix_shape = y.dtype, (matrices[0].shape[0], matrices[last].shape[1])
    as_given = list if isinstance(arrays, list) else tuple

    def multi_dot_vjp(u: ArrayLike) -> tuple[Sequence[Array]]:
        parts = {(0, last): as_cotangent(u, "multi_dot", shape, dtype).reshape(matrix_shape)}
        for (i, j), k in reversed(splits.items()):
            part = parts.pop((i, j))
            parts[i, k] = part @ products[k + 1, j].T
            parts[k + 1, j] = products[i, k].T @ part
        return (as_given(cast(parts[i, i].reshape(x.shape), x.dtype) for i, x in enumerate(xs)),)

    return y, multi_dot_vjp


def cheapest(sides: Sequence[int]) -> dict[tuple[int, int], int]:
    """Where to split each part of a chain of matrices that is needed, from the inside out.

    Matrix i has sides i and i + 1; the part from matrix i to j is that from i to k times that from k + 1 to j.
    """
    n = len(sides) - 1
    costs = {(i, i): 0 for i in range(n)}
    best = {}
    for i, j in [(j - length, j) for length in range(1, n) for j in range(length, n)]:
        by_split = {k: costs[i, k] + costs[k + 1, j] + sides[i] * sides[k + 1] * sides[j + 1] for k in range(i, j)}
        best[i, j] = min(by_split, key=by_split.__getitem__)
        costs[i, j] = by_split[best[i, j]]
    needed, wanted = {}, [(0, n - 1)]
    while wanted:
        i, j = wanted.pop()
        if i < j:
            k = needed[i, j] = best[i, j]
            wanted += [(i, k), (k + 1, j)]
    return dict(reversed(needed.items()))


def matrix_power(a: ArrayLike, /, *, n: int) -> tuple[Array, Pullback1]:
    """Integer power of square matrices; a negative one is that of the inverse.

    Value     y = aⁿ;  1 for n = 0
    Pullback  da = Σₖ (aᵏ)ᵀ u (aⁿ⁻¹⁻ᵏ)ᵀ, k from 0 to n − 1;  for n < 0, with b = a⁻¹: −bᵀ (that of b⁻ⁿ) bᵀ;  0 for n = 0
    Domain    for n < 0, a has an inverse
    Shapes    a, y, u: (..., m, m)
    Keeps     a, or its inverse, and its powers: some 2 log₂ n of them
    Errors    TypeError when n is not an integer; ValueError when a is not square, or (NumPy's) has no inverse for n < 0
    Source    the sum is the derivative of x ↦ xⁿ at aᵀ along u: squaring and multiplying both costs 2 products a step

    >>> value, vjp = matrix_power(np.array([[1.0, 1.0], [0.0, 1.0]]), n=3)
    >>> value, vjp(np.array([[1.0, 0.0], [0.0, 0.0]]))
    (array([[1., 3.],
           [0., 1.]]), (array([[3., 0.],
           [3., 0.]]),))
    """
    a = as_primal(a, "matrix_power", "a", analytic=True)
    if a.ndim < 2 or a.shape[-2] != a.shape[-1]:
        raise ValueError(f"matrix_power got a of shape {a.shape}, but should get (..., m, m)")
    if not isinstance(n, SupportsIndex):
        raise TypeError(f"matrix_power got n as {n.__class__.__name__}, but should get an integer")
    n = operator.index(n)
    shape, dtype = a.shape, a.dtype
    base = np.linalg.inv(a) if n < 0 else a
    y = np.array(base) if n else np.broadcast_to(np.eye(shape[-1], dtype=dtype), shape).copy()
    steps = []
    for bit in format(abs(n), "b")[1:]:
        for squares in (True, False)[: 1 + int(bit)]:
            steps.append((y, squares))
            y = y @ (y if squares else base)

    def matrix_power_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "matrix_power", shape, dtype)
        if n == 0:
            return (np.zeros(shape, dtype),)
        da = np.array(u)
        for power, squares in steps:
            left = power.mT
            da = left @ da + da @ left if squares else left @ u + da @ base.mT
        return (-(base.mT @ da @ base.mT) if n < 0 else da,)

    return y, matrix_power_vjp


def quadratic_form(x: ArrayLike, a: ArrayLike, /) -> tuple[Array, Pullback2]:
    """A matrix between a vector and itself; leading axes broadcast, nothing is conjugated.

    Value     y = xᵀ a x
    Pullback  dx = Σ u (a x + aᵀ x),  da = Σ u x xᵀ  (Σ over the axes that broadcasting added)
    Shapes    x: (..., n), a: (..., n, n), y, u: (...)
    Keeps     x, a, a x
    Errors    ValueError when x is 0-d, a not square or the sides n differ

    >>> value, vjp = quadratic_form(np.array([1.0, 2.0]), np.array([[3.0, 4.0], [0.0, 5.0]]))
    >>> value, vjp(10.0)
    (np.float64(31.0), (array([140., 240.]), array([[10., 20.],
           [20., 40.]])))
    """
    x, a = as_primal(x, "quadratic_form", "x", analytic=True), as_primal(a, "quadratic_form", "a", analytic=True)
    if x.ndim == 0 or a.shape[-2:] != 2 * x.shape[-1:]:
        raise ValueError(
            f"quadratic_form got x of shape {x.shape} and a of shape {a.shape}, but should get (..., n) and (..., n, n)"
        )
    image = mapped(a, x)
    y = np.matmul(x[..., None, :], image[..., None])[..., 0, 0][()]
    shape, dtype = y.shape, y.dtype

    def quadratic_form_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "quadratic_form", shape, dtype)[..., None]
        dx, scaled = u * (image + mapped(a.mT, x)), u * x
        da = as_matrix(scaled).T @ as_matrix(x) if x.ndim > 1 and a.ndim == 2 else scaled[..., None] * x[..., None, :]
        return unbroadcast(dx, x.shape, x.dtype), unbroadcast(da, a.shape, a.dtype)

    return y, quadratic_form_vjp


def mapped(a: Array, x: Array) -> Array:
    """a x, of a matrix or a batch of them, and a vector or a batch of those."""
    image: Array = np.matmul(x, a.T) if a.ndim == 2 else np.matmul(a, x[..., None])[..., 0]
    return image
