"""Rows of purevjp/indexing.py, with the shapes and indices they take."""

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, Choose, Static, case
from oracle.laws import conserved
from oracle.shape import FILLED_SIDES, SIDES, broadcastable, filled_lanes, lanes, one, shape
from purevjp.aliases import Array, Shape

INDEX_SHAPES = ((3,), (2,), (4,), (2, 2), (1,), (), (3, 1), (0,))
"""Shapes of integer indices, most of them longer than the sides they index, so that elements are named twice."""


def integers(choose: Choose, of: Shape, side: int, low: int | None = None, high: int | None = None) -> Array:
    """Indices of a side, from either end; none, if it has no elements."""
    if not side:
        of = (*of[:-1], 0)
    options = range(-side if low is None else low, side if high is None else high)
    return np.array([choose(options) for _ in range(math.prod(of))], np.int64).reshape(of)


def a_slice(choose: Choose, side: int) -> slice:
    """A slice, most often with a step of its own."""
    part: slice = choose((
        slice(None), slice(None, None, -1), slice(1, None), slice(None, None, 2), slice(side, None, -2),
        slice(-2, None), slice(None, -1), slice(0, 0),
    ))  # fmt: skip
    return part


def basic(choose: Choose, of: Shape) -> list[Any]:
    """Integers and slices for the first axes."""
    return [
        choose(range(-side, side)) if side and choose((False, True)) else a_slice(choose, side)
        for side in of[: choose((len(of), max(len(of) - 1, 0)))]
    ]


def gathered(choose: Choose, of: Shape) -> list[Any]:
    """Integer arrays that broadcast, at least one, between slices and integers."""
    parts = basic(choose, of) or [slice(None)]
    size = choose(INDEX_SHAPES[:5]) if all(of) else (0,)
    arrays = [choose(range(len(parts))) for _ in range(choose((1, 2, 2)))]
    for axis in arrays:
        parts[axis] = integers(choose, choose((size, size, size[-1:], (1,) * len(size))) if all(of) else (0,), of[axis])
    return parts


def masked(choose: Choose, of: Shape) -> list[Any]:
    """A mask over one axis or more, among slices."""
    first = choose(range(len(of)))
    sides = of[first : first + choose((1, 2))]
    mask = np.array([choose((True, False)) for _ in range(math.prod(sides))], bool).reshape(sides)
    return [*(a_slice(choose, side) for side in of[:first]), mask]


def any_index(choose: Choose, shapes: Sequence[Any], _static: Static) -> Any:
    """An index of any kind, as NumPy knows them."""
    of = shapes[0]
    kinds = (basic, gathered, gathered, masked) if of else (basic,)
    parts = choose(kinds)(choose, of)
    extra = choose((None, "axis", "ellipsis", "last"))
    if extra == "axis":
        parts.insert(choose(range(len(parts) + 1)), None)
    if extra == "ellipsis":
        parts.append(Ellipsis)
    if extra == "last" and not any(isinstance(part, np.ndarray) for part in parts):
        parts = [Ellipsis, *(basic(choose, of[-1:]) if of else [])]
    return parts[0] if len(parts) == 1 and not isinstance(parts[0], np.ndarray) else tuple(parts)


def taken_axis(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | None:
    """One axis of the first argument, from either end, or None."""
    ndim = len(shapes[0])
    axis: int | None = choose([None, *range(ndim), *range(-ndim, 0)])
    return axis


def take_mode(choose: Choose, _shapes: Sequence[Any], _static: Static) -> str:
    """What is done with indices out of range."""
    return str(choose(("raise", "wrap", "clip")))


def taken(choose: Choose, shapes: Sequence[Any], static: Static) -> Array:
    """Indices along an axis, out of range where the mode allows it."""
    side = math.prod(shapes[0]) if static["axis"] is None else shapes[0][static["axis"]]
    if not side:
        return np.zeros((0,), np.int64)  # of (2, 0), JAX gives a value of another shape
    of = choose(INDEX_SHAPES)
    return integers(choose, of, side, *((-2 * side - 1, 2 * side + 2) if static["mode"] != "raise" else ()))


def take(x: Any, *, indices: Any, axis: int | None, mode: str) -> Any:
    """JAX's; where NumPy raises, its mode matters only in that negative indices count from the end."""
    return jnp.take(x, indices, axis=axis, mode="fill" if mode == "raise" else mode)


def along(choose: Choose, shapes: Sequence[Any], static: Static) -> Array:
    """Indices for `take_along_axis`: the shape of the array but for one side; others may be 1."""
    (of,), axis = shapes[:1], static["axis"]
    if axis is None:
        return integers(choose, (choose((3, 5, 1, 0)),), math.prod(of))
    sides = [choose((side, side, 1)) if side != 1 else choose((1, 1, 3)) for side in of]
    sides[axis] = choose((3, 2, 4, 1)) if of[axis] else 0
    return integers(choose, tuple(sides), of[axis]) if math.prod(sides) else np.zeros(sides, np.int64)


def rows(choose: Choose, shapes: Sequence[Any], _static: Static) -> Array:
    """Indices of the first axis."""
    side = shapes[0][0]
    return integers(choose, choose(INDEX_SHAPES), side) if side else np.zeros((0,), np.int64)


def padding(choose: Choose, shapes: Sequence[Any], static: Static) -> int | None:
    """None, or a row, most often one that is indexed, from either end."""
    side = shapes[0][0]
    used = static["indices"].ravel().tolist()
    row: int | None = choose([None, *(used or range(-side, side))])
    return row


def embedding(table: Any, *, indices: Any, padding_index: int | None) -> Any:
    """Products with one-hot rows; the padding's is zero."""
    n = table.shape[0]
    hot = (indices[..., None] % max(n, 1) == jnp.arange(n)).astype(table.dtype)
    if padding_index is not None:
        hot = hot.at[..., padding_index].set(0)
    return jnp.tensordot(hot, table, 1)


def exact_embedding(table: Any, *, indices: Any, padding_index: int | None) -> Any:
    """The rows, of exact numbers."""
    table = table.copy()
    if padding_index is not None:
        table[padding_index] = 0
    return table[indices]


def choices(choose: Choose) -> tuple[list[Shape]]:
    """One to three arrays that broadcast together."""
    whole = choose((shape(choose), shape(choose), (3, 3), (2, 3, 3)))
    return ([broadcastable(choose, whole) for _ in range(choose((2, 3, 1)))],)


def truths(choose: Choose, shapes: Sequence[Any], _static: Static) -> list[Array]:
    """A condition for each choice, of a shape that broadcasts with theirs, which may add an axis."""
    whole = np.broadcast_shapes(*shapes[0])
    found = []
    for _ in shapes[0]:
        of = choose((whole, whole, broadcastable(choose, whole), (2, *whole)))
        found.append(np.array([choose((True, False)) for _ in range(math.prod(of))], bool).reshape(of))
    return found


def number(choose: Choose, _shapes: Sequence[Any], _static: Static) -> float:
    """A number where no condition holds."""
    return float(choose((0, 2, -3)))


def select(choices: Any, *, conditions: Any, default: float) -> Any:
    """Nested conditions, the last first."""
    of = np.broadcast_shapes(*(np.shape(a) for a in (*choices, *conditions)))
    y = jnp.full(of, default, jnp.result_type(*choices))
    for choice, condition in reversed(list(zip(choices, conditions, strict=True))):
        y = jnp.where(condition, choice, y)
    return y


def exact_select(choices: Any, *, conditions: Any, default: float) -> Any:
    """The first that holds, element by element."""
    *arrays, _ = np.broadcast_arrays(*choices, *conditions, np.zeros(np.broadcast_shapes(*map(np.shape, conditions))))
    values, holds = arrays[: len(choices)], arrays[len(choices) :]
    y = np.full(np.shape(values[0]), int(default), object)
    for index in np.ndindex(y.shape):
        y[index] = next((v[index] for v, hold in zip(values, holds, strict=True) if hold[index]), int(default))
    return y


def windowed_axes(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | Shape | None:
    """One axis from either end, several, one twice, or all."""
    ndim = len(shapes[0])
    several = [tuple(choose(range(-ndim, ndim)) for _ in range(2))] if ndim > 1 else []
    axes: int | Shape | None = choose([None, *range(-ndim, ndim), *several, *several])
    return axes


def window(choose: Choose, shapes: Sequence[Any], static: Static) -> int | Shape:
    """A side for each axis that is windowed; of an axis windowed twice, both fit."""
    of, axis = list(shapes[0]), static["axis"]
    axes = range(len(of)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    sides = []
    for a in axes:
        sides.append(choose(range(1, of[a] + 1)) if of[a] else 0)
        of[a] -= sides[-1] - 1 if sides[-1] else -1
    return sides[0] if len(sides) == 1 and choose((True, False)) else tuple(sides)


def sliding_window_view(x: Any, *, window_shape: int | Shape, axis: int | Shape | None) -> Any:
    """Elements at the sum of a place and a place in the window, one axis after the other."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    sides = window_shape if isinstance(window_shape, tuple) else (window_shape,)
    ndim = x.ndim
    for a, side in zip(axes, sides, strict=True):
        at = a % ndim
        places = np.arange(x.shape[at] - side + 1)[:, None] + np.arange(side)
        x = jnp.moveaxis(jnp.take(x, places, axis=at), at + 1, -1)
    return x


def windows(x: Any, *, window_shape: int | Shape, axis: int | Shape | None) -> Any:
    """NumPy's, of exact numbers."""
    return np.lib.stride_tricks.sliding_window_view(x, window_shape, axis).copy()


def getitem(x: Any, *, index: Any) -> Any:
    """JAX's own."""
    return x[index]


def table(choose: Choose) -> tuple[Shape]:
    """Rows of any shape."""
    return ((choose(FILLED_SIDES), *(choose(SIDES) for _ in range(choose((1, 0, 2))))),)


CASES = (
    case(
        pv.getitem, getitem, one, REAL, static={"index": any_index},
        definition=getitem, exact=True, analytic=True, laws=(conserved,),
    ),
    case(
        pv.take, take, one, REAL, static={"axis": taken_axis, "mode": take_mode, "indices": taken},
        definition=np.take, exact=True, analytic=True, laws=(conserved,),
    ),
    case(
        pv.take_along_axis, jnp.take_along_axis, lanes, REAL, static={"axis": taken_axis, "indices": along},
        definition=np.take_along_axis, exact=True, analytic=True, laws=(conserved,),
    ),
    case(
        pv.embedding, embedding, table, REAL, static={"indices": rows, "padding_index": padding},
        definition=exact_embedding, exact=True, analytic=True,
    ),
    case(
        pv.select, select, choices, REAL, static={"conditions": truths, "default": number},
        definition=exact_select, exact=True, analytic=True,
    ),
    case(
        pv.sliding_window_view, sliding_window_view, filled_lanes, REAL,
        static={"axis": windowed_axes, "window_shape": window},
        definition=windows, exact=True, analytic=True, laws=(conserved,),
    ),
)  # fmt: skip
