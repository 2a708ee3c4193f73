"""Wrong pullbacks of purevjp/scattering.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

from oracle.wrong.indexing import positions, summed
from purevjp.scattering import taken_apart


def without(u: Any, places: Any) -> Any:
    """u, but 0 at these places."""
    dx = np.array(u, order="C")
    dx.reshape(-1)[np.ravel(places)] = 0
    return dx


def last(u: Any, places: Any) -> Any:
    """u at these places, each for the last that names it."""
    return taken_apart(u, np.ravel(places), 1)[1].reshape(np.shape(places))


def first(u: Any, places: Any) -> Any:
    """u at these places, each for the first that names it."""
    taken = u.ravel()[places]
    order = np.unique(np.ravel(places), return_index=True)[1]
    return np.where(np.isin(np.arange(taken.size), order).reshape(taken.shape), taken, 0)


def along(x: Any, indices: Any, axis: Any) -> Any:
    """Where `put_along_axis` puts."""
    return np.take_along_axis(positions(x), indices, axis)


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "scatter_add": {
        "burn #4063: a scatter of u": lambda u, x, updates, *, indices: (
            u.copy(),
            np.resize(u, updates.shape),
        ),
        "set for add: x gets nothing where updates are put": lambda u, x, updates, *, indices: (
            without(u, positions(x)[indices]),
            summed(u[indices], updates),
        ),
        "the first of those named twice": lambda u, x, updates, *, indices: (
            u.copy(),
            summed(first(u, positions(x)[indices]), updates),
        ),
    },
    "index_add": {
        "burn #1739: zeros on both sides": lambda u, x, updates, *, index: (
            without(u, positions(x)[index]),
            0 * updates,
        ),
        "the last of those named twice": lambda u, x, updates, *, index: (
            u.copy(),
            summed(last(u, positions(x)[index]), updates),
        ),
        "set for add": lambda u, x, updates, *, index: (
            without(u, positions(x)[index]),
            summed(np.array(u[index]), updates),
        ),
    },
    "index_set": {
        "burn #1739: x keeps its cotangent": lambda u, x, updates, *, index: (
            u.copy(),
            summed(last(u, positions(x)[index]), updates),
        ),
        "pytorch #80204: all of those named twice": lambda u, x, updates, *, index: (
            without(u, positions(x)[index]),
            summed(np.array(u[index]), updates),
        ),
        "the first of those named twice": lambda u, x, updates, *, index: (
            without(u, positions(x)[index]),
            summed(first(u, positions(x)[index]), updates),
        ),
    },
    "put_along_axis": {
        "x keeps its cotangent": lambda u, x, values, *, indices, axis: (
            u.copy(),
            summed(last(u, along(x, indices, axis)), values),
        ),
        "all of those named twice": lambda u, x, values, *, indices, axis: (
            without(u, along(x, indices, axis)),
            summed(u.ravel()[along(x, indices, axis)], values),
        ),
        "the first of those named twice": lambda u, x, values, *, indices, axis: (
            without(u, along(x, indices, axis)),
            summed(first(u, along(x, indices, axis)), values),
        ),
    },
}
