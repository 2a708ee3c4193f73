"""Products of more axes than two."""

import math
import operator
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback2, Shape, TreePullback
from purevjp.broadcast import cast, unbroadcast
from purevjp.contract import as_cotangent, as_primal
from purevjp.lane import accumulator

__all__ = ["einsum", "inner", "kron", "outer", "tensordot"]

FEW = 2**14
"""So many products are sooner added up than put in order."""

Labels: TypeAlias = list[Hashable]
"""The letters of the axes of an array; numbers −1, −2, ... for those of an ellipsis, from the right."""

Pairs: TypeAlias = int | tuple[int | Sequence[int], int | Sequence[int]]
"""So many last axes with as many first ones, or axes of the one array and of the other, pair by pair."""


def einsum(arrays: Sequence[ArrayLike], /, *, subscripts: str) -> tuple[Array, TreePullback]:
    """Einstein's sum of products: what is not named in the output is summed.

    Value     y = Σ Π xᵢ, each indexed by its letters; without "->" what occurs once is the output, in the order of the
              alphabet; "..." are axes that broadcast; a view of x where NumPy gives one
    Pullback  dxᵢ = Σ u Π xⱼ (j ≠ i) over all that xᵢ lacks; repeated along what xᵢ alone has, 0 off a diagonal
    Shapes    xᵢ, y, u: as `subscripts` say
    Keeps     the arrays; if there is one alone, nothing
    Errors    TypeError when arrays is not a list or tuple, or subscripts not a string; ValueError (NumPy's) when they
              do not fit
    Source    np.einsum finds the order of the products and leaves them to BLAS, forth and back; few are added up
    Lacks     optimize

    >>> value, vjp = einsum((np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])), subscripts="ii,i->i")
    >>> value, vjp(np.array([1.0, 10.0]))
    (array([ 5., 24.]), ((array([[ 5.,  0.],
           [ 0., 60.]]), array([ 1., 40.])),))
    """
    if not isinstance(arrays, list | tuple):
        raise TypeError(f"einsum got arrays as {arrays.__class__.__name__}, but should get a list or tuple of arrays")
    if not isinstance(subscripts, str):
        raise TypeError(f"einsum got subscripts as {subscripts.__class__.__name__}, but should get a string")
    xs = [as_primal(x, "einsum", f"arrays[{i}]", analytic=True) for i, x in enumerate(arrays)]
    y = np.einsum(subscripts, *xs, optimize=True)
    shape, dtype, as_given = y.shape, y.dtype, list if isinstance(arrays, list) else tuple
    inputs, output = labels_of(subscripts, [x.ndim for x in xs])
    sides = sides_of(inputs, xs)
    primals = [(x.shape, x.dtype, labels) for x, labels in zip(xs, inputs, strict=True)]
    factors = [diagonal(x, labels, sides) for x, labels in zip(xs, inputs, strict=True)] if len(xs) > 1 else []

    def einsum_vjp(u: ArrayLike) -> tuple[Sequence[Array]]:
        cotangent = as_cotangent(u, "einsum", shape, dtype), output
        cotangents = []
        for i, (x_shape, x_dtype, labels) in enumerate(primals):
            own = list(dict.fromkeys(stretched(x_shape, labels, sides)))
            terms = [cotangent, *factors[:i], *factors[i + 1 :]]
            shared = [label for label in own if any(label in others for _, others in terms)]
            dx = sum_of_products(terms, shared)
            if len(terms) == 1 or shared != labels:
                whole = dx.reshape([sides[label] if label in shared else 1 for label in own])
                dx = off_diagonal(whole, own, x_shape, labels, sides)
            cotangents.append(cast(dx, x_dtype))
        return (as_given(cotangents),)

    return y, einsum_vjp


def labels_of(subscripts: str, ndims: Sequence[int]) -> tuple[list[Labels], Labels]:
    """The labels of the axes of each array, and of those of the value."""
    terms, arrow, wanted = subscripts.replace(" ", "").partition("->")
    hidden = [n - len(term.replace(".", "")) for term, n in zip(terms.split(","), ndims, strict=True)]
    widest = max(hidden)

    def labels(term: str, n: int) -> Labels:
        before, _, after = term.partition("...")
        return [*before, *range(-n, 0), *after]

    inputs = [labels(term, n) for term, n in zip(terms.split(","), hidden, strict=True)]
    if not arrow:
        once = sorted(letter for letter in set(terms) - set(",.") if terms.count(letter) == 1)
        wanted = "..." + "".join(once)
    return inputs, labels(wanted, widest if "..." in wanted else 0)


def sides_of(inputs: Sequence[Labels], xs: Sequence[Array]) -> dict[Hashable, int]:
    """The side of each label: that of any array in which it is not 1."""
    sides: dict[Hashable, int] = {}
    for labels, x in zip(inputs, xs, strict=True):
        for label, side in zip(labels, x.shape, strict=True):
            if sides.get(label, 1) == 1:
                sides[label] = side
    return sides


def stretched(shape: Shape, labels: Labels, sides: Mapping[Hashable, int]) -> Labels:
    """The labels without those of axes of side 1 that broadcasting stretches."""
    return [label for label, side in zip(labels, shape, strict=True) if side == sides[label]]


def diagonal(x: Array, labels: Labels, sides: Mapping[Hashable, int]) -> tuple[Array, Labels]:
    """A view of `x` with each of its labels once, without stretched axes; and its labels."""
    kept = stretched(x.shape, labels, sides)
    own = list(dict.fromkeys(kept))
    view = x.reshape([sides[label] for label in kept])
    return (view, own) if own == kept else (sum_of_products([(view, kept)], own), own)


def off_diagonal(whole: Array, own: Labels, shape: Shape, labels: Labels, sides: Mapping[Hashable, int]) -> Array:
    """Adjoint of `diagonal`: an array of `shape` with `whole` on its diagonal, in memory of its own."""
    kept = stretched(shape, labels, sides)
    kept_shape = [sides[label] for label in kept]
    if own == kept:
        return np.array(np.broadcast_to(whole, kept_shape)).reshape(shape)
    dx = np.zeros(kept_shape, whole.dtype)
    sum_of_products([(dx, kept)], own)[...] = whole
    return dx.reshape(shape)


def sum_of_products(terms: Sequence[tuple[Array, Labels]], output: Labels) -> Array:
    """np.einsum of arrays with labels, halves added in float32; a view where there is one array and nothing to sum."""
    numbers = {label: i for i, label in enumerate(dict.fromkeys(label for _, labels in terms for label in labels))}
    dtype = np.result_type(*(x for x, _ in terms))
    wide = accumulator(dtype) if numbers.keys() - set(output) else dtype
    pairs = [part for x, labels in terms for part in (x.astype(wide, copy=False), [numbers[label] for label in labels])]
    arguments: list[Any] = [*pairs, [numbers[label] for label in output]]
    many = math.prod(x.size for x, _ in terms) > FEW
    total: Array = np.einsum(*arguments, optimize=many and len(terms) > 1)
    return total.astype(dtype, copy=False)


def tensordot(a: ArrayLike, b: ArrayLike, /, *, axes: Pairs = 2) -> tuple[Array, Pullback2]:
    """Sum of products over pairs of axes.

    Value     y = Σ a b over `axes`: the last so many of a with the first of b, or (axes of a, axes of b), pair by pair
    Pullback  da = Σ u b over the other axes of b,  db = Σ a u over the other axes of a
    Shapes    a, b: (...), y, u: (other axes of a, other axes of b)
    Keeps     a, b
    Errors    ValueError (NumPy's) when the sides of a pair differ

    >>> value, vjp = tensordot(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]), axes=(1, 1))
    >>> value, vjp(np.array([[10.0]]))
    (array([[11.]]), (array([[30., 40.]]), array([[10., 20.]])))
    """
    a, b = as_primal(a, "tensordot", "a", analytic=True), as_primal(b, "tensordot", "b", analytic=True)
    y = np.tensordot(a, b, axes)
    shape, dtype = y.shape, y.dtype
    summed_a, summed_b = paired(axes, a.ndim, b.ndim)
    free_a = [i for i in range(a.ndim) if i not in summed_a]
    free_b = [i for i in range(b.ndim) if i not in summed_b]

    def tensordot_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "tensordot", shape, dtype)
        k = len(free_a)
        da = np.tensordot(u, b, (range(k, u.ndim), free_b))  # then its axes are free_a and the partners of sorted b's
        db = np.tensordot(a, u, (free_a, range(k)))
        of_a = np.argsort([*free_a, *(summed_a[i] for i in np.argsort(summed_b))])
        of_b = np.argsort([*(summed_b[i] for i in np.argsort(summed_a)), *free_b])
        return cast(da.transpose(of_a), a.dtype), cast(db.transpose(of_b), b.dtype)

    return y, tensordot_vjp


def paired(axes: Pairs, ndim_a: int, ndim_b: int) -> tuple[list[int], list[int]]:
    """The axes of two arrays to contract, counted from 0; as NumPy has accepted them."""
    if not isinstance(axes, Sequence):
        n = operator.index(axes)
        return list(range(ndim_a - n, ndim_a)), list(range(n))
    of_a, of_b = ([of] if isinstance(of, int) else list(of) for of in axes)
    return [i % ndim_a for i in of_a], [i % ndim_b for i in of_b]


def inner(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Sum of products over the last axes; nothing is conjugated.

    Value     y = Σₘ aₙₘ bₖₘ
    Pullback  da = Σₖ u b,  db = Σₙ u a
    Shapes    a: (n, ..., m), b: (k, ..., m); y, u: (n, ..., k, ...); a 0-d argument multiplies
    Keeps     a, b
    Errors    ValueError (NumPy's) when the last sides differ

    >>> value, vjp = inner(np.array([1.0, 2.0]), np.array([[3.0, 4.0], [5.0, 6.0]]))
    >>> value, vjp(np.array([1.0, 10.0]))
    (array([11., 17.]), (array([53., 64.]), array([[ 1.,  2.],
           [10., 20.]])))
    """
    a, b = as_primal(a, "inner", "a", analytic=True), as_primal(b, "inner", "b", analytic=True)
    y = np.inner(a, b)
    shape, dtype = y.shape, y.dtype

    def inner_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "inner", shape, dtype)
        if a.ndim == 0 or b.ndim == 0:
            return unbroadcast(u * b, a.shape, a.dtype), unbroadcast(u * a, b.shape, b.dtype)
        k = a.ndim - 1
        da = np.tensordot(u, b, (range(k, u.ndim), range(b.ndim - 1)))
        db = np.tensordot(u, a, (range(k), range(k)))
        return cast(da, a.dtype), cast(db, b.dtype)

    return y, inner_vjp


def outer(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Products of each element with each; arrays of more axes are flattened.

    Value     yₙₘ = aₙ bₘ
    Pullback  da = u b,  db = uᵀ a
    Shapes    a: (...) of n elements, b: (...) of m; y, u: (n, m)
    Keeps     a, b

    >>> value, vjp = outer(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    >>> value, vjp(np.array([[1.0, 0.0], [0.0, 10.0]]))
    (array([[3., 4.],
           [6., 8.]]), (array([ 3., 40.]), array([ 1., 20.])))
    """
    a, b = as_primal(a, "outer", "a", analytic=True), as_primal(b, "outer", "b", analytic=True)
    y = np.outer(a, b)
    shape, dtype = y.shape, y.dtype

    def outer_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "outer", shape, dtype)
        da, db = np.dot(u, b.ravel()), np.dot(a.ravel(), u)
        return cast(da.reshape(a.shape), a.dtype), cast(db.reshape(b.shape), b.dtype)

    return y, outer_vjp


def kron(a: ArrayLike, b: ArrayLike, /) -> tuple[Array, Pullback2]:
    """Kronecker product: `b` in place of each element of `a`, times that element.

    Value     y[i k + j] = a[i] b[j], in each axis, k the side of b; the array of fewer axes gets leading ones
    Pullback  da = Σⱼ u b,  db = Σᵢ u a
    Shapes    a: (n, ...), b: (k, ...), y, u: (n k, ...)
    Keeps     a, b

    >>> value, vjp = kron(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    >>> value, vjp(np.array([1.0, 0.0, 0.0, 10.0]))
    (array([3., 4., 6., 8.]), (array([ 3., 40.]), array([ 1., 20.])))
    """
    a, b = as_primal(a, "kron", "a", analytic=True), as_primal(b, "kron", "b", analytic=True)
    y = np.kron(a, b)
    shape, dtype, ndim = y.shape, y.dtype, y.ndim
    sides_a, sides_b = (1,) * (ndim - a.ndim) + a.shape, (1,) * (ndim - b.ndim) + b.shape
    apart = [side for pair in zip(sides_a, sides_b, strict=True) for side in pair]

    def kron_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "kron", shape, dtype).reshape(apart)
        matrix = u.transpose(*range(0, 2 * ndim, 2), *range(1, 2 * ndim, 2)).reshape(a.size, b.size)
        da, db = np.dot(matrix, b.ravel()), np.dot(a.ravel(), matrix)
        return cast(da.reshape(a.shape), a.dtype), cast(db.reshape(b.shape), b.dtype)

    return y, kron_vjp
