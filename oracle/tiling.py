"""Rows of purevjp/tiling.py."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, Choose, Static, case
from oracle.shape import FILLED_SIDES, SIDES, often_square, one
from purevjp.aliases import Array, Shape

MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def padded(choose: Choose) -> tuple[Shape]:
    """One array of up to three axes; small ones, as widths are larger than sides."""
    return (tuple(choose((2, 1, 3, 4, 0)) for _ in range(choose((1, 2, 0, 3)))),)


def widths(choose: Choose, shapes: Sequence[Any], _static: Static) -> Any:
    """Widths up to two times the side and one more, in each spelling."""
    sides = shapes[0]
    pairs = [(choose(range(2 * n + 2)), choose(range(2 * n + 2))) for n in sides]
    n, m = choose((1, 0, 2, 5)), choose((2, 0, 3, 5))
    some = {axis - len(sides) * choose((0, 1)): choose((before, (before, m))) for axis, (before, _) in enumerate(pairs)}
    spellings = [n, (n,), (n, m), ((n, m),), tuple(pairs), pairs, tuple((before,) for before, _ in pairs), some]
    some_without_first = dict(list(some.items())[1:])
    return choose([*spellings, some_without_first] if sides else spellings[:4])


def mode(choose: Choose, shapes: Sequence[Any], _static: Static) -> str:
    """Any, or constants where there is nothing to repeat."""
    return str(choose(MODES)) if math.prod(shapes[0]) else "constant"


def constant_values(choose: Choose, shapes: Sequence[Any], static: Static) -> Any:
    """None but 0 in other modes; one number, two, or two for each axis."""
    pairs = tuple((axis + 1, -axis) for axis in range(len(shapes[0])))
    return choose((0, 2.5, (1, 2), pairs or 1)) if static["mode"] == "constant" else 0


def tiles(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | tuple[int, ...]:
    """Copies along each axis, along fewer of the last, or along more in front."""
    ndim = len(shapes[0]) + choose((0, 1, -1, 2))
    reps = tuple(choose((2, 1, 3, 0, 2)) for _ in range(max(0, ndim)))
    spelt: int | tuple[int, ...] = choose((reps, choose((2, 3, 1, 0))))
    return spelt


def one_axis(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | None:
    """One axis, from either end, or None."""
    ndim = len(shapes[0])
    axis: int | None = choose((None, *range(-ndim, ndim)))
    return axis


def counts(choose: Choose, shapes: Sequence[Any], static: Static) -> int | list[int] | tuple[int, ...]:
    """One count, or one for each element along the axis, zeros among them."""
    axis = static["axis"]
    n = math.prod(shapes[0]) if axis is None else shapes[0][axis]
    each = [choose((2, 1, 0, 3)) for _ in range(n)]
    spelt: int | list[int] | tuple[int, ...] = choose((each, tuple(each), [2], choose((2, 3, 0, 1)), each, [0] * n))
    return spelt


def rolled_axes(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | tuple[int, ...] | None:
    """None, one axis, or several, one of them twice perhaps; or no axis, but not of a number, which NumPy refuses."""
    ndim = len(shapes[0])
    several = [(), *itertools.product(range(-1, ndim), repeat=2)] if ndim else []
    axis: int | tuple[int, ...] | None = choose([None, *range(-ndim, ndim), *several])
    return axis


def shift(choose: Choose, _shapes: Sequence[Any], static: Static) -> int | list[int] | tuple[int, ...]:
    """One number for all axes, or one for each; several of one axis are added up."""
    axis = static["axis"]
    numbers = [choose((1, 2, -1, 0, -5, 7)) for _ in range(len(axis) if isinstance(axis, tuple) else choose((1, 2)))]
    spelt: int | list[int] | tuple[int, ...] = choose((choose((1, -2, 4, 0)), numbers, tuple(numbers)))
    return spelt


def flipped_axes(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | tuple[int, ...] | None:
    """All axes, one, several or none."""
    ndim = len(shapes[0])
    some = [axes for n in range(ndim + 1) for axes in itertools.combinations(range(-1, ndim - 1), n)]
    axis: int | tuple[int, ...] | None = choose([None, *range(-ndim, ndim), *some])
    return axis


def planes(choose: Choose) -> tuple[Shape]:
    """One array of two or three axes."""
    return (tuple(choose(SIDES if i else FILLED_SIDES) for i in range(choose((2, 3)))),)


def quarters(choose: Choose, _shapes: Sequence[Any], _static: Static) -> int:
    """Quarters of a turn, in either direction and more than one turn."""
    return int(choose((1, 2, 3, 0, -1, -6, 5)))


def plane(choose: Choose, shapes: Sequence[Any], _static: Static) -> tuple[int, int]:
    """Two axes that differ, from either end."""
    ndim = len(shapes[0])
    a, b = choose(list(itertools.permutations(range(ndim), 2)))
    return a - ndim * choose((0, 1)), b - ndim * choose((0, 1))


def pad_by_jax(x: Any, *, pad_width: Any, mode: str, constant_values: Any) -> Any:
    """JAX's, which wants two widths for each axis if there is one for each, and constants where they are alone."""
    if isinstance(pad_width, Mapping):
        found = {axis % x.ndim: width for axis, width in pad_width.items()}
        each = [found.get(axis, 0) for axis in range(x.ndim)]
        pad_width = [(width, width) if isinstance(width, int) else width for width in each] or 0
    elif np.shape(pad_width)[1:] == (1,):
        pad_width = [(width, width) for (width,) in pad_width]
    return jnp.pad(x, pad_width, mode, **({"constant_values": constant_values} if mode == "constant" else {}))


def pad_by_index(x: Array, *, pad_width: Any, mode: str, constant_values: Any) -> Array:
    """Each element by its index, along one axis after the other."""
    if mode == "constant":
        return np.pad(x, pad_width, constant_values=constant_values)
    if isinstance(pad_width, Mapping):
        pairs = np.zeros((x.ndim, 2), int)
        for axis, width in pad_width.items():
            pairs[axis] = width
    else:
        pairs = np.broadcast_to(pad_width, (x.ndim, 2))
    for axis, (before, after) in enumerate(pairs):
        n = x.shape[axis]
        x = np.take(x, [source(p, n, mode) for p in range(-before, n + after)], axis=axis)
    return x


def source(p: int, n: int, mode: str) -> int:
    """Which of n elements is at position p: walk from the first to p, and turn as the mode says."""
    i, direction = 0, 1 if p > 0 else -1
    for _ in range(abs(p)):
        i += direction
        if 0 <= i < n:
            continue
        if mode == "wrap":
            i -= direction * n
        elif mode == "edge" or n == 1:
            i -= direction
        elif mode == "symmetric":
            i, direction = i - direction, -direction
        else:
            i, direction = i - 2 * direction, -direction
    return i


def repeat_by_jax(x: Any, *, axis: int | None, repeats: Any) -> Any:
    """JAX's, which takes an array of counts."""
    return jnp.repeat(x, np.array(repeats, int), axis)


def roll_by_jax(x: Any, *, axis: Any, shift: Any) -> Any:
    """JAX's, one shift after another."""
    flat = jnp.ravel(x) if axis is None else x
    shifts, axes = np.broadcast_arrays(np.array(shift, int), np.array(0 if axis is None else axis, int))
    for by, along in zip(shifts.ravel().tolist(), axes.ravel().tolist(), strict=True):
        flat = jnp.roll(flat, by, along)
    return flat.reshape(x.shape)


CASES = (
    case(
        pv.pad, pad_by_jax, padded, REAL,
        static={"pad_width": widths, "mode": mode, "constant_values": constant_values},
        definition=pad_by_index, exact=True, analytic=True,
    ),
    case(pv.tile, jnp.tile, often_square, REAL, static={"reps": tiles}, definition=np.tile, exact=True, analytic=True),
    case(
        pv.repeat, repeat_by_jax, one, REAL,
        static={"axis": one_axis, "repeats": counts}, definition=np.repeat, exact=True, analytic=True,
    ),
    case(
        pv.roll, roll_by_jax, one, REAL,
        static={"axis": rolled_axes, "shift": shift}, definition=np.roll, exact=True, analytic=True,
    ),
    case(pv.flip, jnp.flip, one, REAL, static={"axis": flipped_axes}, definition=np.flip, exact=True, analytic=True),
    case(
        pv.rot90, jnp.rot90, planes, REAL,
        static={"k": quarters, "axes": plane}, definition=np.rot90, exact=True, analytic=True,
    ),
)  # fmt: skip
