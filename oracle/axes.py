"""Rows of purevjp/axes.py."""

import itertools
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, Choose, Static, case
from oracle.shape import lanes, one
from oracle.static import lane_axis
from purevjp.aliases import Shape


def with_ones(choose: Choose) -> tuple[Shape]:
    """One array, often with sides of 1."""
    return (tuple(choose((1, 2, 1, 3, 1, 0)) for _ in range(choose((2, 1, 0, 3)))),)


def single_axes(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | tuple[int, ...] | None:
    """Axes of side 1: all, one, several or none, from either end."""
    ndim = len(shapes[0])
    single = [axis for axis, side in enumerate(shapes[0]) if side == 1]
    spelt = [order for n in range(len(single) + 1) for order in itertools.permutations(single, n)]
    axis: int | tuple[int, ...] | None = choose(
        [None, *single, *(a - ndim for a in single), *spelt, *(tuple(a - ndim for a in order) for order in spelt)]
    )
    return axis


def new_axes(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | tuple[int, ...]:
    """Where one or two axes are to be, from either end of the result; or none."""
    ndim = len(shapes[0])
    pairs = list(itertools.permutations(range(ndim + 2), 2))
    mixed = [(a, b - ndim - 2) for a, b in pairs]
    axis: int | tuple[int, ...] = choose([*range(-ndim - 1, ndim + 1), (), (ndim,), *pairs, *mixed])
    return axis


def moved(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | list[int] | tuple[int, ...]:
    """One axis or several, in some order, from either end."""
    ndim = len(shapes[0])
    orders = [order for n in (2, 3, 1) for order in itertools.permutations(range(ndim), n)]
    axes: int | list[int] | tuple[int, ...] = choose(
        [*range(-ndim, ndim), *orders, *map(list, orders), *(tuple(a - ndim for a in order) for order in orders)]
    )
    return axes


def moved_to(choose: Choose, shapes: Sequence[Any], static: Static) -> int | tuple[int, ...]:
    """As many axes as `source` has."""
    ndim, source = len(shapes[0]), static["source"]
    if isinstance(source, int):
        return int(choose(range(-ndim, ndim)))
    orders = list(itertools.permutations(range(ndim), len(source)))
    axes: tuple[int, ...] = choose([*orders, *(tuple(a - ndim for a in order) for order in orders)])
    return axes


CASES = (
    case(
        pv.squeeze, jnp.squeeze, with_ones, REAL,
        static={"axis": single_axes}, definition=np.squeeze, exact=True, analytic=True,
    ),
    case(
        pv.expand_dims, jnp.expand_dims, one, REAL,
        static={"axis": new_axes}, definition=np.expand_dims, exact=True, analytic=True,
    ),
    case(
        pv.swapaxes, jnp.swapaxes, lanes, REAL,
        static={"axis1": lane_axis, "axis2": lane_axis}, definition=np.swapaxes, exact=True, analytic=True,
    ),
    case(
        pv.moveaxis, jnp.moveaxis, lanes, REAL,
        static={"source": moved, "destination": moved_to}, definition=np.moveaxis, exact=True, analytic=True,
    ),
    case(pv.atleast_1d, jnp.atleast_1d, one, REAL, definition=np.atleast_1d, exact=True, analytic=True),
    case(pv.atleast_2d, jnp.atleast_2d, one, REAL, definition=np.atleast_2d, exact=True, analytic=True),
    case(pv.atleast_3d, jnp.atleast_3d, one, REAL, definition=np.atleast_3d, exact=True, analytic=True),
)  # fmt: skip
