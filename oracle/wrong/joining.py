"""Wrong pullbacks of purevjp/joining.py; those of several results get u packed as one vector."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import purevjp as pv
from oracle.joining import parts
from purevjp.tree import tree_leaves, tree_map


def as_given(xs: Any, dxs: Sequence[Any]) -> Any:
    """A tree like `xs` of these cotangents."""
    found = iter(dxs)
    return (tree_map(lambda x: np.array(next(found), x.dtype).reshape(x.shape), xs),)


def in_a_row(u: Any, xs: Any, **_static: Any) -> Any:
    """As if each array had been flattened: u cut as it lies."""
    ends = np.cumsum([x.size for x in tree_leaves(xs)])[:-1]
    return as_given(xs, np.split(u.ravel(), ends))


def reversed_parts(rule: Any, u: Any, xs: Any, **static: Any) -> Any:
    """Each array gets what another of the same size became."""
    dxs = tree_leaves(rule(xs, **static)[1](u))
    wrong = [next((dy for dy in dxs[::-1] if dy.shape == dx.shape), dx) for dx in dxs]
    return as_given(xs, wrong)


def shifted(rule: Any, u: Any, xs: Any, axis: int, **static: Any) -> Any:
    """Every part begins one too early."""
    return rule(xs, **static)[1](np.roll(u, 1, axis=axis))


def corner(u: Any, xs: Any) -> Any:
    """Every array gets what is in the first corner."""

    def part(x: Any) -> Any:
        index = tuple(slice(0, n) for n in (1,) * (u.ndim - x.ndim) + x.shape)
        return np.array(u[index].reshape(x.shape), x.dtype)

    return (tree_map(part, xs),)


def rejoined(u: Any, x: Any, cut: Any, axis: int, *, how: Callable[..., Any], order: int = 1) -> Any:
    """The parts of u put in their places, in some way."""
    dx = np.zeros_like(x)
    places = parts(dx, cut, axis)
    us = np.split(u, np.cumsum([place.size for place in places])[:-1])
    for place, du in zip(places, us[::order], strict=True):
        place[...] = how(place, np.resize(du, place.shape) if du.size else 0)
    return (dx,)


def grids(u: Any, xs: Any, *, sparse: bool, indexing: str, how: Callable[..., Any]) -> Any:
    """The cotangent of each grid, its axis moved to the front, reduced over the others."""
    n = len(xs)
    order = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    dxs, start = [], 0
    for k, x in enumerate(xs):
        sides = [xs[i].size if i == k or not sparse else 1 for i in order]
        size = int(np.prod(sides))
        du = np.moveaxis(u[start : start + size].reshape(sides), order.index(k), 0).reshape(x.size, -1 if size else 0)
        dxs.append(how(du) if size else np.zeros_like(x))
        start += size
    return as_given(xs, dxs)


def flattened(du: Any) -> Any:
    """The sum of each so many numbers, in the order they have."""
    return du.T.reshape(du.shape).sum(axis=1)


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "stack": {
        "parts in reverse": lambda u, arrays, *, axis: reversed_parts(pv.stack, u, arrays, axis=axis),
        "always the first axis": in_a_row,
        "u transposed": lambda u, arrays, *, axis: in_a_row(u.T, arrays),
    },
    "vstack": {
        "parts in reverse": lambda u, arrays: reversed_parts(pv.vstack, u, arrays),
        "burn PR #4069: the offsets are shifted": lambda u, arrays: shifted(pv.vstack, u, arrays, 0),
        "joined along the last axis": lambda u, arrays: in_a_row(u.T, arrays),
    },
    "hstack": {
        "parts in reverse": lambda u, arrays: reversed_parts(pv.hstack, u, arrays),
        "burn PR #4069: the offsets are shifted": lambda u, arrays: shifted(pv.hstack, u, arrays, min(1, u.ndim - 1)),
        "joined along the first axis": in_a_row,
    },
    "dstack": {
        "parts in reverse": lambda u, arrays: reversed_parts(pv.dstack, u, arrays),
        "burn PR #4069: the offsets are shifted": lambda u, arrays: shifted(pv.dstack, u, arrays, 2),
        "joined along the first axis": in_a_row,
    },
    "block": {
        "parts in reverse": lambda u, arrays: reversed_parts(pv.block, u, arrays),
        "no offsets": corner,
        "one after another": in_a_row,
        "burn PR #4069: the offsets are shifted": lambda u, arrays: (
            shifted(pv.block, u, arrays, -1) if u.ndim else (np.zeros_like(arrays),)
        ),
    },
    "split": {
        "parts in reverse": lambda u, x, *, axis, indices_or_sections: rejoined(
            u, x, indices_or_sections, axis, how=np.add, order=-1
        ),
        "= for +=": lambda u, x, *, axis, indices_or_sections: rejoined(
            u, x, indices_or_sections, axis, how=lambda _, du: du
        ),
        "one after another": lambda u, x, *, axis, indices_or_sections: (np.resize(u, x.shape),),
        "the first part only": lambda u, x, *, axis, indices_or_sections: rejoined(
            np.where(np.arange(u.size) < parts(x, indices_or_sections, axis)[0].size, u, 0),
            x, indices_or_sections, axis, how=np.add,
        ),
    },
    "meshgrid": {
        "not summed": lambda u, arrays, **static: grids(u, arrays, **static, how=lambda du: du[:, 0]),
        "mean": lambda u, arrays, **static: grids(u, arrays, **static, how=lambda du: du.mean(axis=1)),
        "summed over the other axis": lambda u, arrays, **static: grids(u, arrays, **static, how=flattened),
    },
}  # fmt: skip
