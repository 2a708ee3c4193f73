"""Wrong pullbacks of purevjp/indexing.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

from purevjp.tree import tree_map


def positions(x: Any) -> Any:
    """Where each element lies."""
    return np.arange(x.size).reshape(x.shape)


def overwritten(u: Any, x: Any, places: Any) -> Any:
    """`=` for `+=`: the last of those taken twice."""
    dx = np.zeros(x.size, u.dtype)
    dx[np.ravel(places)] = u.ravel()
    return (dx.reshape(x.shape),)


def buffered(u: Any, x: Any, places: Any) -> Any:
    """Ones where the last is left out: the first of those taken twice."""
    dx = np.zeros(x.size, u.dtype)
    dx[np.ravel(places)[::-1]] = u.ravel()[::-1]
    return (dx.reshape(x.shape),)


def added(u: Any, x: Any, places: Any) -> Any:
    """The right sum."""
    dx = np.zeros(x.size, u.dtype)
    np.add.at(dx, np.ravel(places), u.ravel())
    return (dx.reshape(x.shape),)


def averaged(u: Any, x: Any, places: Any) -> Any:
    """The mean of those taken twice."""
    n = np.bincount(np.ravel(places), minlength=x.size).reshape(x.shape)
    return ((added(u, x, places)[0] / np.maximum(n, 1)).astype(u.dtype),)


def misplaced(u: Any, x: Any, places: Any) -> Any:
    """u put at the front, for a gather of the cotangent: rows that were not taken are not 0."""
    return (np.resize(np.take(u.ravel(), np.ravel(places), mode="clip") if u.size else np.zeros(1), x.shape),)


def along(x: Any, indices: Any, axis: Any) -> Any:
    """Where `take_along_axis` takes from."""
    return np.take_along_axis(positions(x), indices, axis)


def windows(x: Any, window_shape: Any, axis: Any) -> Any:
    """Where the windows lie."""
    return np.lib.stride_tricks.sliding_window_view(positions(x), window_shape, axis)


def of_padding(u: Any, table: Any, indices: Any) -> Any:
    """The padding gets what other rows get."""
    return added(u, table, positions(table)[indices])


def chosen(u: Any, choices: Any, conditions: Any, *, last: bool) -> Any:
    """Each choice where its condition holds; or where it is the last to hold."""
    free = np.ones(u.shape, bool)
    parts = [None] * len(choices)
    for k in reversed(range(len(choices))):
        parts[k] = summed(np.where(conditions[k] & free, u, 0), choices[k])
        free = free & ~conditions[k] if last else free
    return (list(parts),)


def summed(dx: Any, x: Any) -> Any:
    """Summed over the axes that broadcasting added."""
    dx = dx.sum(axis=tuple(range(dx.ndim - x.ndim)))
    stretched = tuple(a for a, n in enumerate(x.shape) if n == 1 and dx.shape[a] != 1)
    return np.asarray(dx.sum(axis=stretched, keepdims=True), x.dtype).reshape(x.shape)


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "getitem": {
        "pytorch #1631: the last of those taken twice": lambda u, x, *, index: overwritten(u, x, positions(x)[index]),
        "the first of those taken twice": lambda u, x, *, index: buffered(u, x, positions(x)[index]),
        "the mean of those taken twice": lambda u, x, *, index: averaged(u, x, positions(x)[index]),
        "u in reverse": lambda u, x, *, index: added(u.ravel()[::-1], x, positions(x)[index]),
    },
    "take": {
        "Paddle PR #17662, FlagGems PR #359: the last of those taken twice": lambda u, x, *, indices, axis, mode: (
            overwritten(u, x, np.take(positions(x), indices, axis, mode=mode))
        ),
        "AiDotNet.Tensors #894: a gather of u": lambda u, x, *, indices, axis, mode: misplaced(
            u, x, np.take(positions(x), indices, axis, mode=mode)
        ),
        "mode ignored": lambda u, x, *, indices, axis, mode: added(
            u, x, np.take(positions(x), indices, axis, mode="clip" if mode == "wrap" else "wrap")
        ),
        "jax #34228: no cotangent for what was clipped": lambda u, x, *, indices, axis, mode: added(
            np.where(
                (
                    np.take(positions(x), indices, axis, mode="clip")
                    == np.take(positions(x), indices, axis, mode="wrap")
                ),
                u,
                0,
            ),
            x,
            np.take(positions(x), indices, axis, mode=mode),
        ),
    },
    "take_along_axis": {
        "pytorch #1631: the last of those taken twice": lambda u, x, *, indices, axis: overwritten(
            u, x, along(x, indices, axis)
        ),
        "burn #4063: a gather of u": lambda u, x, *, indices, axis: misplaced(u, x, along(x, indices, axis)),
        "the mean of those taken twice": lambda u, x, *, indices, axis: averaged(u, x, along(x, indices, axis)),
    },
    "embedding": {
        "the last of those taken twice": lambda u, table, *, indices, padding_index: overwritten(
            u, table, positions(table)[indices]
        ),
        "pytorch #26302: the padding ignored": lambda u, table, *, indices, padding_index: of_padding(
            u, table, indices
        ),
        "pytorch #26302: one index dropped": lambda u, table, *, indices, padding_index: tree_map(
            lambda dx: dx * (np.arange(len(dx)) != np.max(indices, initial=0)).reshape(-1, *[1] * (dx.ndim - 1)),
            of_padding(u, table, indices),
        ),
        "scaled by the frequency": lambda u, table, *, indices, padding_index: averaged(
            u, table, positions(table)[indices]
        ),
    },
    "select": {
        "each where its condition holds": lambda u, choices, *, conditions, default: chosen(
            u, choices, conditions, last=False
        ),
        "the last condition wins": lambda u, choices, *, conditions, default: chosen(u, choices, conditions, last=True),
        "u to all": lambda u, choices, *, conditions, default: ([summed(u, x) for x in choices],),
    },
    "sliding_window_view": {
        "burn PR #4069: cut off": lambda u, x, *, window_shape, axis: (np.zeros_like(x),),
        "the last of the windows": lambda u, x, *, window_shape, axis: overwritten(
            u, x, windows(x, window_shape, axis)
        ),
        "the mean of the windows": lambda u, x, *, window_shape, axis: averaged(u, x, windows(x, window_shape, axis)),
        "windows in reverse": lambda u, x, *, window_shape, axis: added(
            u[..., ::-1], x, windows(x, window_shape, axis)
        ),
    },
}
