"""Functions that put elements where an index says, in a copy."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from purevjp.accumulate import added_by, added_slices, as_indices, as_integers, places_of, positions_along
from purevjp.aliases import Array, ArrayLike, Pullback2, Shape
from purevjp.broadcast import cast, unbroadcast
from purevjp.contract import as_cotangent, as_primal

__all__ = ["index_add", "index_set", "put_along_axis", "scatter_add"]


def scatter_add(x: ArrayLike, updates: ArrayLike, /, *, indices: ArrayLike) -> tuple[Array, Pullback2]:
    """Slices added along the first axis, by index; to one that is named twice, both.

    Value     y[i] = x[i] + Σ updates[j] over all j with indices[j] = i
    Pullback  dx = u,  dupdates[j] = u[indices[j]], summed over the axes that broadcasting added
    Shapes    x, y, u: (n, ...), indices: (j), updates: broadcasts to (j, ...)  (j: any number of axes)
    Keeps     indices
    Errors    TypeError when indices are not integers, IndexError when one is out of range; ValueError when updates do
              not broadcast

    >>> value, vjp = scatter_add(np.array([1.0, 2.0]), np.array([10.0, 20.0, 30.0]), indices=[1, 0, 1])
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([21., 42.]), (array([5., 6.]), array([6., 5., 6.])))
    """
    x = as_primal(x, "scatter_add", "x", analytic=True)
    updates = as_primal(updates, "scatter_add", "updates", analytic=True)
    if not x.ndim:
        raise ValueError("scatter_add got x of shape (), but should get (n, ...)")
    i = as_indices(indices, "scatter_add", len(x))
    added = spread(updates, (*i.shape, *x.shape[1:]), "scatter_add")
    shape, dtype = x.shape, np.result_type(x, updates)
    y = added_slices(i, added, shape, 0, dtype)
    y += x
    x_dtype, updates_shape, updates_dtype = x.dtype, updates.shape, updates.dtype

    def scatter_add_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "scatter_add", shape, dtype)
        return cast(u, x_dtype, copy=True), unbroadcast(u[i], updates_shape, updates_dtype, copy=not i.ndim)

    return y, scatter_add_vjp


def index_add(x: ArrayLike, updates: ArrayLike, /, *, index: Any) -> tuple[Array, Pullback2]:
    """Elements added where an index says; to one that is named twice, both (NumPy's x[index] += adds the last alone).

    Value     y = x, updates added to y[index]
    Pullback  dx = u,  dupdates = u[index], summed over the axes that broadcasting added
    Shapes    x, y, u: (...), updates: broadcasts to the shape of x[index]
    Keeps     index
    Errors    IndexError (NumPy's) when the index is out of range, or no index; ValueError when updates do not broadcast

    >>> value, vjp = index_add(np.array([1.0, 2.0]), np.array([10.0, 20.0]), index=[1, 1])
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([ 1., 32.]), (array([5., 6.]), array([6., 6.])))
    """
    x = as_primal(x, "index_add", "x", analytic=True)
    updates = as_primal(updates, "index_add", "updates", analytic=True)
    added = spread(updates, x[index].shape, "index_add")
    shape, dtype = x.shape, np.result_type(x, updates)
    y = added_by(index, added, shape, dtype)
    y += x
    x_dtype, updates_shape, updates_dtype = x.dtype, updates.shape, updates.dtype

    def index_add_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "index_add", shape, dtype)
        return cast(u, x_dtype, copy=True), unbroadcast(u[index], updates_shape, updates_dtype, copy=True)

    return y[()], index_add_vjp


def index_set(x: ArrayLike, updates: ArrayLike, /, *, index: Any) -> tuple[Array, Pullback2]:
    """Elements put where an index says; where it names one twice, the last update in C order stays.

    Value     y = x, but y[index] = updates
    Pullback  dx = u, but 0 where updates were put;  dupdates = u[index], but 0 for updates that others replaced;
              summed over the axes that broadcasting added
    Shapes    x, y, u: (...), updates: broadcasts to the shape of x[index]
    Keeps     index, or the positions of x[index]
    Errors    IndexError (NumPy's) when the index is out of range, or no index; ValueError when updates do not broadcast

    >>> value, vjp = index_set(np.array([1.0, 2.0]), np.array([10.0, 20.0]), index=[1, 1])
    >>> value, vjp(np.array([5.0, 6.0]))
    (array([ 1., 20.]), (array([5., 0.]), array([0., 6.])))
    """
    x = as_primal(x, "index_set", "x", analytic=True)
    updates = as_primal(updates, "index_set", "updates", analytic=True)
    places, put_shape, width = places_of(index, x.shape)
    shape, dtype = x.shape, np.result_type(x, updates)
    y = put(x, spread(updates, put_shape, "index_set"), places, width, dtype)
    x_dtype, updates_shape, updates_dtype = x.dtype, updates.shape, updates.dtype

    def index_set_vjp(u: ArrayLike) -> tuple[Array, Array]:
        dx, dput = taken_apart(as_cotangent(u, "index_set", shape, dtype), places, width)
        return cast(dx, x_dtype), unbroadcast(dput.reshape(put_shape), updates_shape, updates_dtype)

    return y, index_set_vjp


def put_along_axis(
    x: ArrayLike, values: ArrayLike, /, *, indices: ArrayLike, axis: int | None
) -> tuple[Array, Pullback2]:
    """Elements put by index in each lane along an axis, or in the flattened array when `axis` is None.

    Value     y = x, but y[..., indices[..., j, ...], ...] = values[..., j, ...];  of several, the last j stays
    Pullback  dx = u, but 0 where values were put;  dvalues = what `take_along_axis` takes of u, but 0 for values that
              others replaced; summed over the axes that broadcasting added
    Shapes    x, y, u: (..., n, ...), indices: (..., j, ...), the other sides those of x or 1; values: broadcasts to
              (..., j, ...)
    Keeps     the positions of the elements
    Errors    TypeError when indices are not integers, IndexError when one is out of range; ValueError when they have
              another number of axes than x (NumPy's), or values do not broadcast
    Lacks     mode, inplace

    >>> value, vjp = put_along_axis(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[9.0]]), indices=[[1], [0]], axis=1)
    >>> value, vjp(np.array([[5.0, 6.0], [7.0, 8.0]]))
    (array([[1., 9.],
           [9., 4.]]), (array([[5., 0.],
           [0., 8.]]), array([[13.]])))
    """
    x = as_primal(x, "put_along_axis", "x", analytic=True)
    values = as_primal(values, "put_along_axis", "values", analytic=True)
    i = as_integers(indices, "put_along_axis")
    along = (x.size,) if axis is None else x.shape
    at = 0 if axis is None else normalize_axis_index(axis, x.ndim)
    if i.ndim != len(along):
        raise ValueError(f"put_along_axis got indices of {i.ndim} axes, but should get {len(along)}, as x has")
    positions = positions_along(as_indices(i, "put_along_axis", along[at]), along, at)
    shape, dtype = x.shape, np.result_type(x, values)
    y = put(x, spread(values, positions.shape, "put_along_axis", "values"), positions.ravel(), 1, dtype)
    x_dtype, values_shape, values_dtype = x.dtype, values.shape, values.dtype

    def put_along_axis_vjp(u: ArrayLike) -> tuple[Array, Array]:
        dx, dput = taken_apart(as_cotangent(u, "put_along_axis", shape, dtype), positions.ravel(), 1)
        return cast(dx, x_dtype), unbroadcast(dput.reshape(positions.shape), values_shape, values_dtype)

    return y, put_along_axis_vjp


def spread(updates: Array, shape: Shape, rule: str, name: str = "updates") -> Array:
    """Updates broadcast to the shape of what they replace.

    Errors  ValueError when they do not broadcast to it.
    """
    try:
        return np.broadcast_to(updates, shape)
    except ValueError:
        raise ValueError(
            f"{rule} got {name} of shape {updates.shape}, but should get one that broadcasts to {shape}"
        ) from None


def put(x: Array, updates: Array, places: Array, width: int, dtype: Any) -> Array:
    """A copy of `x` with updates at these places of so many elements, one after the other."""
    y = np.array(x, dtype, order="C")
    y.reshape(-1, width)[places] = updates.reshape(-1, width)
    return y


def taken_apart(u: Array, places: Array, width: int) -> tuple[Array, Array]:
    """`u` but for these places, and what it has there, each part for the last that names it."""
    dx = np.array(u, order="C")
    parts, order = dx.reshape(-1, width), np.arange(places.size)
    last = np.empty(len(parts), np.intp)
    last[places] = order
    taken = parts[places]
    taken[last[places] != order] = 0
    parts[places] = 0
    return dx, taken
