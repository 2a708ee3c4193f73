"""Tokens for the keywords of rules: functions of `choose`, the shapes and the keywords before it."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from oracle.domain import Choose, Static
from purevjp.aliases import Shape


def flag(choose: Choose, _shapes: Sequence[Any], _static: Static) -> bool:
    """Off or on."""
    return bool(choose((False, True)))


def lane_axis(choose: Choose, shapes: Sequence[Any], _static: Static) -> int:
    """One axis of the first argument, from either end."""
    ndim = len(shapes[0])
    return int(choose(range(-1, ndim))) if choose((False, True)) else int(choose(range(-ndim, 0)))


def lane_axes(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | tuple[int, ...] | None:
    """One axis of the first argument, several, or all."""
    ndim = len(shapes[0])
    subsets = [s for size in range(1, ndim + 1) for s in itertools.permutations(range(ndim), size)]
    spellings = [None, *range(-ndim, ndim), *subsets, *(tuple(a - ndim for a in s) for s in subsets)]
    axis: int | tuple[int, ...] | None = choose(spellings)
    return axis


def reduced_axes(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | tuple[int, ...] | None:
    """The same, or no axis at all."""
    return () if choose((False, False, False, False, True)) else lane_axes(choose, shapes, _static)


def join_axis(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | None:
    """The axis in which `joined` arrays differ, from either end, or None."""
    axis: int | None = choose((0, -len(shapes[0][0]), None))
    return axis


def new_shape(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | Shape:
    """A shape of as many elements."""
    n = math.prod(shapes[0])
    sides = [side for side in range(1, n + 1) if n % side == 0] or [0]
    side = choose(sides)
    options = [n, (n,), (side, n // (side or 1)), (1, n)]
    if n:
        options += [-1, (side, -1), (-1, 1, side)]
    spelling: int | Shape = choose(options)
    return spelling


def permutation(choose: Choose, shapes: Sequence[Any], _static: Static) -> tuple[int, ...] | None:
    """All axes in some order, from either end, or None; most often one that is not its own inverse, if there is one."""
    ndim = len(shapes[0])
    orders = list(itertools.permutations(range(ndim)))
    orders += 2 * [order for order in orders if tuple(order[i] for i in order) != tuple(range(ndim))]
    axes: tuple[int, ...] | None = choose([None, *orders, *(tuple(a - ndim for a in order) for order in orders)])
    return axes


def class_labels(choose: Choose, shapes: Sequence[Any], static: Static) -> np.ndarray[Any, Any]:
    """For each lane along `axis`, an integer below its length."""
    lanes = list(shapes[0])
    classes = lanes.pop(static["axis"])
    labels = [choose(range(classes)) for _ in range(math.prod(lanes))]
    return np.array(labels, dtype=np.int64).reshape(lanes)


def reduction(choose: Choose, _shapes: Sequence[Any], _static: Static) -> str:
    """How a loss is reduced."""
    return str(choose(("sum", "mean")))
