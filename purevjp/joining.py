"""Functions that join arrays, or take them apart: exact, bit for bit, but for the sums of `meshgrid`."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias

import numpy as np

from purevjp.aliases import Array, ArrayLike, DType, Shape, Tree, TreePullback
from purevjp.broadcast import cast, unbroadcast
from purevjp.contract import as_cotangent, as_primal, check_flags
from purevjp.tree import tree_leaves, tree_map

__all__ = ["block", "dstack", "hstack", "meshgrid", "split", "stack", "vstack"]

Like: TypeAlias = tuple[Shape, DType]
"""Shape and dtype of an array."""


def stack(arrays: Sequence[ArrayLike], /, *, axis: int = 0) -> tuple[Array, TreePullback]:
    """Arrays of one shape joined along a new axis, which is `axis` of the result.

    Value     y[..., i, ...] = xᵢ
    Pullback  dxᵢ = u[..., i, ...]
    Shapes    xᵢ: (...), y, u: (..., n, ...)  (n arrays)
    Keeps     nothing
    Errors    TypeError when arrays is not a list or tuple; ValueError (NumPy's) when the arrays do not fit

    >>> value, vjp = stack((np.array([1.0, 2.0]), np.array([3.0, 4.0])), axis=1)
    >>> vjp(np.array([[5.0, 6.0], [7.0, 8.0]]))
    ((array([5., 7.]), array([6., 8.])),)
    """
    xs, likes = primals_of(arrays, "stack")
    y = np.stack(xs, axis=axis)
    shape, dtype, as_given = y.shape, y.dtype, list if isinstance(arrays, list) else tuple

    def stack_vjp(u: ArrayLike) -> tuple[Sequence[Array]]:
        us = np.moveaxis(as_cotangent(u, "stack", shape, dtype), axis, 0)
        return (as_given(as_they_were(us, likes)),)

    return y, stack_vjp


def vstack(arrays: Sequence[ArrayLike], /) -> tuple[Array, TreePullback]:
    """Arrays joined along the first axis; numbers and vectors are rows.

    Value     y = [x₀; x₁; ...]
    Pullback  dxᵢ = the rows of u that xᵢ became
    Shapes    xᵢ: (m) or (nᵢ, m, ...), y, u: (Σ nᵢ, m, ...)
    Keeps     nothing
    Errors    TypeError when arrays is not a list or tuple; ValueError (NumPy's) when the arrays do not fit

    >>> value, vjp = vstack([np.array([1.0, 2.0]), np.array([[3.0, 4.0]])])
    >>> vjp(np.array([[5.0, 6.0], [7.0, 8.0]]))
    ([array([5., 6.]), array([[7., 8.]])],)
    """
    xs, likes = primals_of(arrays, "vstack")
    rows = [np.atleast_2d(x) for x in xs]
    y = np.concatenate(rows)
    shape, dtype, as_given = y.shape, y.dtype, list if isinstance(arrays, list) else tuple
    ends = ends_of(rows, 0)

    def vstack_vjp(u: ArrayLike) -> tuple[Sequence[Array]]:
        us = np.split(as_cotangent(u, "vstack", shape, dtype), ends)
        return (as_given(as_they_were(us, likes)),)

    return y, vstack_vjp


def hstack(arrays: Sequence[ArrayLike], /) -> tuple[Array, TreePullback]:
    """Arrays joined along the second axis; vectors, and numbers, along their only one.

    Value     y = [x₀, x₁, ...]
    Pullback  dxᵢ = the columns of u that xᵢ became
    Shapes    xᵢ: (nᵢ), y, u: (Σ nᵢ); or xᵢ: (m, nᵢ, ...), y, u: (m, Σ nᵢ, ...)
    Keeps     nothing
    Errors    TypeError when arrays is not a list or tuple; ValueError (NumPy's) when the arrays do not fit

    >>> value, vjp = hstack([np.array([[1.0], [2.0]]), np.array([[3.0], [4.0]])])
    >>> vjp(np.array([[5.0, 6.0], [7.0, 8.0]]))
    ([array([[5.],
           [7.]]), array([[6.],
           [8.]])],)
    """
    xs, likes = primals_of(arrays, "hstack")
    columns = [np.atleast_1d(x) for x in xs]
    axis = 0 if columns and columns[0].ndim == 1 else 1
    y = np.concatenate(columns, axis=axis)
    shape, dtype, as_given = y.shape, y.dtype, list if isinstance(arrays, list) else tuple
    ends = ends_of(columns, axis)

    def hstack_vjp(u: ArrayLike) -> tuple[Sequence[Array]]:
        us = np.split(as_cotangent(u, "hstack", shape, dtype), ends, axis=axis)
        return (as_given(as_they_were(us, likes)),)

    return y, hstack_vjp


def dstack(arrays: Sequence[ArrayLike], /) -> tuple[Array, TreePullback]:
    """Arrays joined along the third axis; numbers, vectors and matrices get axes as from `atleast_3d`.

    Value     y[:, :, ...] = [x₀, x₁, ...]
    Pullback  dxᵢ = the part of u that xᵢ became
    Shapes    xᵢ: (m) with n = 1, (n, m) or (n, m, kᵢ, ...), y, u: (n, m, Σ kᵢ, ...)
    Keeps     nothing
    Errors    TypeError when arrays is not a list or tuple; ValueError (NumPy's) when the arrays do not fit

    >>> value, vjp = dstack([np.array([1.0, 2.0]), np.array([3.0, 4.0])])
    >>> vjp(np.array([[[5.0, 6.0], [7.0, 8.0]]]))
    ([array([5., 7.]), array([6., 8.])],)
    """
    xs, likes = primals_of(arrays, "dstack")
    deep = [np.atleast_3d(x) for x in xs]
    y = np.concatenate(deep, axis=2)
    shape, dtype, as_given = y.shape, y.dtype, list if isinstance(arrays, list) else tuple
    ends = ends_of(deep, 2)

    def dstack_vjp(u: ArrayLike) -> tuple[Sequence[Array]]:
        us = np.split(as_cotangent(u, "dstack", shape, dtype), ends, axis=2)
        return (as_given(as_they_were(us, likes)),)

    return y, dstack_vjp


def block(arrays: Tree, /) -> tuple[Array, TreePullback]:
    """Arrays in nested lists joined as they are nested: the innermost lists along the last axis, and so on.

    Value     y = [[x₀₀, x₀₁, ...], [x₁₀, ...], ...], each x with axes of side one in front until it has those of y
    Pullback  dxᵢⱼ = the part of u that xᵢⱼ became
    Shapes    xᵢⱼ: (nᵢ, mⱼ), y, u: (Σ nᵢ, Σ mⱼ), or as the lists are nested
    Keeps     nothing
    Errors    TypeError (NumPy's) on a tuple; ValueError (NumPy's) when the arrays do not fit, or lists differ in depth

    >>> value, vjp = block([[np.array([[1.0]]), np.array([[2.0]])], [np.array([3.0, 4.0])]])
    >>> vjp(np.array([[5.0, 6.0], [7.0, 8.0]]))
    ([[array([[5.]]), array([[6.]])], [array([7., 8.])]],)
    """
    xs = block_primals(arrays, "arrays")
    y = np.block(xs)
    shape, dtype, leaves = y.shape, y.dtype, tree_leaves(xs)
    likes = [(x.shape, x.dtype) for x in leaves]
    numbers = iter(range(len(leaves)))
    tree = tree_map(lambda _: next(numbers), xs)
    depth, first = 0, xs
    while isinstance(first, list):
        depth, first = depth + 1, first[0]
    places = places_of(xs, (0,) * y.ndim, y.ndim - depth)

    def block_vjp(u: ArrayLike) -> tuple[Tree]:
        u = as_cotangent(u, "block", shape, dtype)
        parts = list(as_they_were((u[place] for place in places), likes))
        return (tree_map(lambda i: parts[i], tree),)

    return y, block_vjp


def split(
    x: ArrayLike, /, *, indices_or_sections: int | Sequence[int], axis: int = 0
) -> tuple[list[Array], Callable[[Sequence[ArrayLike]], tuple[Array]]]:
    """An array in parts along `axis`: in so many equal ones, or cut at indices.

    Value     yᵢ = x[..., aᵢ:bᵢ, ...], a list; views of x
    Pullback  dx[..., aᵢ:bᵢ, ...] = uᵢ; added up where indices that go back make parts overlap
    Shapes    x: (..., n, ...), yᵢ, uᵢ: (..., bᵢ − aᵢ, ...); u is a list or tuple of as many
    Keeps     nothing
    Errors    ValueError (NumPy's) when so many parts are not equal

    >>> value, vjp = split(np.array([1.0, 2.0, 3.0]), indices_or_sections=[1])
    >>> value, vjp([np.array([4.0]), np.array([5.0, 6.0])])
    ([array([1.]), array([2., 3.])], (array([4., 5., 6.]),))
    """
    x = as_primal(x, "split", "x", analytic=True)
    cuts = list(np.atleast_1d(indices_or_sections)) if np.ndim(indices_or_sections) else []
    ys = np.split(x, cuts if np.ndim(indices_or_sections) else indices_or_sections, axis=axis)
    likes, shape, dtype, n = [(y.shape, y.dtype) for y in ys], x.shape, x.dtype, x.shape[axis]
    slices = [slice(a, b) for a, b in itertools.pairwise([0, *cuts, None])]
    apart = sum(y.shape[axis] for y in ys) == n  # the parts of indices that go back add up to more

    def split_vjp(u: Sequence[ArrayLike]) -> tuple[Array]:
        us = cotangents_of(u, "split", likes)
        if apart:
            return (np.concatenate(us, axis=axis),)
        dx = np.zeros(shape, dtype)
        along = np.moveaxis(dx, axis, 0)
        for part, du in zip(slices, us, strict=True):
            along[part] += np.moveaxis(du, axis, 0)
        return (dx,)

    return ys, split_vjp


def meshgrid(
    arrays: Sequence[ArrayLike], /, *, sparse: bool = False, indexing: Literal["xy", "ij"] = "xy"
) -> tuple[tuple[Array, ...], Callable[[Sequence[ArrayLike]], tuple[Sequence[Array]]]]:
    """The coordinates of a grid: one array for each axis, of the shape of the grid, or to be broadcast (`sparse`).

    Value     yₖ[i, j, ...] = xₖ[the index of axis k], a tuple; with "xy", the first two axes are swapped
    Pullback  dxₖ = Σ uₖ  (Σ over all axes but k)
    Shapes    xₖ: (nₖ), or another, which is read in a row; yₖ, uₖ: (n₀, n₁, ...), or (n₁, n₀, ...) with "xy"; u is a
              tuple or list of as many
    Keeps     nothing
    Errors    TypeError when arrays is not a list or tuple; ValueError on another indexing

    >>> value, vjp = meshgrid([np.array([1.0, 2.0]), np.array([3.0])])
    >>> value, vjp((np.array([[4.0, 5.0]]), np.array([[6.0, 7.0]])))
    ((array([[1., 2.]]), array([[3., 3.]])), ([array([4., 5.]), array([13.])],))
    """
    check_flags("meshgrid", sparse=sparse)
    xs, likes = primals_of(arrays, "meshgrid")
    if indexing not in {"xy", "ij"}:
        raise ValueError(f"meshgrid got indexing {indexing!r}, but should get 'xy' or 'ij'")
    ys = tuple(np.meshgrid(*xs, sparse=sparse, indexing=indexing))
    grids, as_given = [(y.shape, y.dtype) for y in ys], list if isinstance(arrays, list) else tuple
    axes = [1 - k if indexing == "xy" and k < 2 and len(xs) > 1 else k for k in range(len(xs))]
    lines = [tuple(x.size if a == axis else 1 for a in range(len(xs))) for x, axis in zip(xs, axes, strict=True)]

    def meshgrid_vjp(u: Sequence[ArrayLike]) -> tuple[Sequence[Array]]:
        us = cotangents_of(u, "meshgrid", grids)
        sums = (unbroadcast(du, line, du.dtype) for du, line in zip(us, lines, strict=True))
        return (as_given(as_they_were(sums, likes)),)

    return ys, meshgrid_vjp


def primals_of(arrays: Sequence[ArrayLike], rule: str) -> tuple[list[Array], list[Like]]:
    """The arrays of a list or tuple, and their shapes and dtypes.

    Errors  TypeError when it is neither.
    """
    if not isinstance(arrays, list | tuple):
        raise TypeError(f"{rule} got arrays as {arrays.__class__.__name__}, but should get a list or tuple of arrays")
    xs = [as_primal(x, rule, f"arrays[{i}]", analytic=True) for i, x in enumerate(arrays)]
    return xs, [(x.shape, x.dtype) for x in xs]


def block_primals(arrays: Tree, name: str) -> Tree:
    """The arrays of nested lists, in nested lists; tuples stay, for NumPy to refuse."""
    if isinstance(arrays, list):
        return [block_primals(part, f"{name}[{i}]") for i, part in enumerate(arrays)]
    return arrays if isinstance(arrays, tuple) else as_primal(arrays, "block", name, analytic=True)


def places_of(xs: Tree, corner: Shape, axis: int) -> list[tuple[slice, ...]]:
    """Where each array of nested lists lies in the block: the first at `corner`, those of a list side by side."""
    if not isinstance(xs, list):
        shape = (1,) * (len(corner) - xs.ndim) + xs.shape
        return [tuple(slice(start, start + n) for start, n in zip(corner, shape, strict=True))]
    places: list[tuple[slice, ...]] = []
    for part in xs:
        places += places_of(part, corner, axis + 1)
        corner = (*corner[:axis], places[-1][axis].stop, *corner[axis + 1 :])
    return places


def ends_of(xs: Sequence[Array], axis: int) -> list[int]:
    """Where each array but the last ends, when they are joined along `axis`."""
    return list(itertools.accumulate(x.shape[axis] for x in xs))[:-1]


def as_they_were(us: Iterable[Array], likes: Sequence[Like]) -> Iterable[Array]:
    """Copies of the parts of a cotangent, each in shape and dtype of its primal."""
    return (cast(u.reshape(shape), dtype, copy=True) for u, (shape, dtype) in zip(us, likes, strict=True))


def cotangents_of(us: Sequence[ArrayLike], rule: str, likes: Sequence[Like]) -> list[Array]:
    """The cotangents of several results, each of shape and dtype of its own.

    Errors  TypeError when they are not in a list or tuple, ValueError when they are more or fewer.
    """
    n = len(likes)
    if not isinstance(us, list | tuple):
        raise TypeError(f"{rule}_vjp got u as {us.__class__.__name__}, but should get a list or tuple of {n} arrays")
    if len(us) != n:
        raise ValueError(f"{rule}_vjp got u of {len(us)} arrays, but should get {n}, as many as the value has")
    return [as_cotangent(u, rule, shape, dtype) for u, (shape, dtype) in zip(us, likes, strict=True)]
