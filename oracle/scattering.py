"""Rows of purevjp/scattering.py, with the shapes and indices they take."""

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, Choose, Static, case
from oracle.indexing import along, any_index, integers, taken_axis
from oracle.shape import FILLED_SIDES, SIDES, broadcastable, filled_shape
from purevjp.aliases import Array, Shape


def slices(choose: Choose) -> tuple[Shape, Shape]:
    """An array, and slices along its first axis that may broadcast."""
    rest = tuple(choose(SIDES) for _ in range(choose((1, 0, 2))))
    lead = choose(((3,), (2,), (4,), (2, 2), (1,), (), (0,)))
    return (choose(FILLED_SIDES), *rest), (*lead, *choose((rest, rest, tuple(1 for _ in rest))))


def rows(choose: Choose, shapes: Sequence[Any], _static: Static) -> Array:
    """Indices of the first axis, as many as there are slices, or more where these broadcast."""
    x, updates = shapes
    lead = updates[: len(updates) - len(x) + 1]
    return integers(choose, tuple(choose((1, 3)) if side == 1 else side for side in lead), x[0])


def scatter_add(x: Any, updates: Any, *, indices: Any) -> Any:
    """Products with one-hot columns."""
    hot = (indices.ravel() % x.shape[0] == jnp.arange(x.shape[0])[:, None]).astype(x.dtype)
    whole = jnp.broadcast_to(updates, (*indices.shape, *x.shape[1:]))
    return x + jnp.tensordot(hot, whole.reshape(indices.size, *x.shape[1:]), 1)


def exact_scatter_add(x: Any, updates: Any, *, indices: Any) -> Any:
    """One slice after the other, of exact numbers."""
    y, whole = x.copy(), np.broadcast_to(updates, (*indices.shape, *x.shape[1:]))
    for at in np.ndindex(indices.shape):
        y[indices[at]] = y[indices[at]] + whole[at]
    return y


def written(choose: Choose) -> tuple[Shape, Shape]:
    """An array, and what may be put into it: rows, points, all but one axis, a number; it may broadcast."""
    x = (choose(FILLED_SIDES), *filled_shape(choose)[:2])
    m = choose((3, 2, 4, 1))
    updates = choose(((m, *x[1:]), (m,), (m, 2), x[:-1], (), x, (m, *x[1:-1])))
    return x, broadcastable(choose, updates) if choose((False, False, True)) else updates


def fitting(choose: Choose, shapes: Sequence[Any], _static: Static) -> Any:
    """An index of as many elements as there are to put, or of more where these broadcast; most name some twice."""
    x, updates = shapes
    options: list[Any] = [tuple(integers(choose, updates, side) for side in x)]
    if len(updates) == len(x) and updates[1:] == x[1:]:
        options += [(integers(choose, updates[:1], x[0]), *(slice(None, None, -1) for _ in x[1:])) for _ in range(2)]
    if len(updates) == len(x) - 1 and updates[1:] == x[1:-1] and len(x) > 2:
        options += [(integers(choose, updates[:1], x[0]), ..., integers(choose, updates[:1], x[-1]))]
    if updates == x[:-1]:
        options += [(..., choose(range(-x[-1], x[-1])))]
    if len(updates) == 1 and updates[0] <= math.prod(x):
        mask = np.arange(math.prod(x)) < updates[0]
        order = sorted(range(mask.size), key=lambda _: choose(range(99)))
        options += [(mask[order].reshape(x),)]
    loose = any_index(choose, shapes, {})
    if fits(updates, np.zeros(x)[loose].shape):
        options += [loose, loose]
    return choose(options)


def fits(updates: Shape, of: Shape) -> bool:
    """Whether one shape broadcasts to another."""
    pairs = zip(updates[::-1], of[::-1], strict=False)
    return len(updates) <= len(of) and all(a in {1, b} for a, b in pairs)


def index_add(x: Any, updates: Any, *, index: Any) -> Any:
    """JAX's own."""
    return x.at[index].add(updates)


def index_set(x: Any, updates: Any, *, index: Any) -> Any:
    """Each element of the last update that is put there, if one is; JAX leaves open which."""
    places = np.arange(x.size).reshape(x.shape)[index]
    whole = jnp.broadcast_to(updates, places.shape).ravel()
    last = {place: i for i, place in enumerate(places.ravel().tolist())}
    source = np.array([last.get(place, places.size + place) for place in range(x.size)], int)
    return jnp.concatenate([whole, x.ravel()])[source].reshape(x.shape)


def exact_index_add(x: Any, updates: Any, *, index: Any) -> Any:
    """One element after the other, of exact numbers."""
    y = x.flatten()
    places = np.arange(x.size).reshape(x.shape)[index]
    for place, update in zip(places.ravel(), np.broadcast_to(updates, places.shape).ravel(), strict=True):
        y[place] = y[place] + update
    return y.reshape(x.shape)


def exact_index_set(x: Any, updates: Any, *, index: Any) -> Any:
    """NumPy's own, of exact numbers."""
    y = x.copy()
    y[index] = updates
    return y


def lanes_written(choose: Choose) -> tuple[Shape, Shape]:
    """An array, and what is put into its lanes: any shape that broadcasts to that of the indices, drawn as theirs."""
    x = (*filled_shape(choose)[:2], choose(FILLED_SIDES))
    return x, choose(((1,) * len(x), (), (1,), tuple(choose((1, 3)) if side == 3 else side for side in x), x))


def lanes_along(choose: Choose, shapes: Sequence[Any], static: Static) -> Array:
    """Indices of which values have the shape, or broadcast to it."""
    x, values = shapes
    axis = static["axis"]
    if axis is None:
        return integers(choose, (values[-1] if values and values[-1] != 1 else 3,), math.prod(x))
    for _ in range(8):
        indices = along(choose, (x,), static)
        good = all(n <= m for n, m in zip(indices.shape, x, strict=True) if m == 1)
        if fits(values, np.broadcast_shapes(indices.shape, *_others(x, axis))) and good:
            return indices
    sides, from_end = list(x), axis % len(x) - len(x)
    sides[axis] = values[from_end] if -from_end <= len(values) else 2
    return integers(choose, tuple(sides), x[axis])


def _others(x: Shape, axis: int) -> list[Shape]:
    """The shape of the other axes."""
    return [tuple(1 if a == axis % len(x) else side for a, side in enumerate(x))]


def put_axis(choose: Choose, shapes: Sequence[Any], static: Static) -> int | None:
    """Any axis; None where values are of one axis at most."""
    axis = taken_axis(choose, shapes, static)
    return axis if axis is not None or len(shapes[1]) <= 1 else -1


def put_along_axis(x: Any, values: Any, *, indices: Any, axis: int | None) -> Any:
    """For each element, the last value whose index is its own, by comparison with all of them."""
    if axis is None:
        return put_along_axis(x.ravel(), values, indices=indices, axis=0).reshape(x.shape)
    at = axis % x.ndim
    of = tuple(indices.shape[a] if a == at else side for a, side in enumerate(x.shape))
    index, value = (jnp.moveaxis(jnp.broadcast_to(a, of), at, -1) for a in (indices, values))
    side = x.shape[at]
    y = jnp.moveaxis(x, at, -1)
    for j in range(of[at]):
        here = index[..., j, None] % side == jnp.arange(side)
        y = jnp.where(here, value[..., j, None], y)
    return jnp.moveaxis(y, -1, at)


def exact_put_along_axis(x: Any, values: Any, *, indices: Any, axis: int | None) -> Any:
    """NumPy's own, of exact numbers."""
    y = x.copy()
    np.put_along_axis(y, indices, values, axis)
    return y


CASES = (
    case(
        pv.scatter_add, scatter_add, slices, REAL, REAL, static={"indices": rows},
        definition=exact_scatter_add, exact=True, analytic=True,
    ),
    case(
        pv.index_add, index_add, written, REAL, REAL, static={"index": fitting},
        definition=exact_index_add, exact=True, analytic=True,
    ),
    case(
        pv.index_set, index_set, written, REAL, REAL, static={"index": fitting},
        definition=exact_index_set, exact=True, analytic=True,
    ),
    case(
        pv.put_along_axis, put_along_axis, lanes_written, REAL, REAL,
        static={"axis": put_axis, "indices": lanes_along},
        definition=exact_put_along_axis, exact=True, analytic=True,
    ),
)  # fmt: skip
