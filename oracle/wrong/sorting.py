"""Wrong pullbacks of purevjp/sorting.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

from oracle.wrong.indexing import added


def order(x: Any, axis: Any, *, descending: bool = False, kind: Any = "stable") -> Any:
    """Where each element of the sorted array lies, along an axis of the array, or in the flat one."""
    at = np.argsort(x, axis=axis, kind=kind)
    return np.flip(at, -1 if axis is None else axis) if descending else at


def by_order(u: Any, x: Any, axis: Any, at: Any) -> Any:
    """u at these indices along an axis, 0 elsewhere."""
    places = np.take_along_axis(np.arange(x.size).reshape(x.shape), at, axis)
    return added(u, x, places)


def gathered(u: Any, x: Any, axis: Any, at: Any) -> Any:
    """u in the order, where its inverse should be."""
    return (np.take_along_axis(u, at, -1 if axis is None else axis).reshape(x.shape),)


def split(u: Any, x: Any, axis: Any, *, descending: bool = False) -> Any:
    """u of a tie, split evenly."""
    rows, lanes = (u[None], x.reshape(1, -1)) if axis is None else (np.moveaxis(u, axis, -1), np.moveaxis(x, axis, -1))
    y = np.sort(lanes, axis=-1)
    y = y[..., ::-1] if descending else y
    same = lanes[..., :, None] == y[..., None, :]
    dx = ((same * rows[..., None, :]).sum(-1) / np.maximum(same.sum(-1), 1)).astype(u.dtype)
    return (dx.reshape(x.shape) if axis is None else np.moveaxis(dx, -1, axis),)


def along_last(u: Any, x: Any, axis: Any, *, descending: bool = False) -> Any:
    """Scattered along the last axis, whichever was sorted."""
    at = order(x, axis, descending=descending)
    if axis is None or not x.size:
        return by_order(u, x, axis, at)
    return by_order(u, x, -1, at % x.shape[-1])


def of_top(x: Any, k: int, axis: int) -> Any:
    """Indices of the k largest."""
    return np.take(np.flip(np.argsort(x, axis=axis), axis), range(k), axis)


def located(x: Any, xp: Any) -> Any:
    """The interval of each x, its part of it, and whether it is inside."""
    j = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(len(xp) - 2, 0))
    k = np.minimum(j + 1, len(xp) - 1)
    width = np.where(k > j, xp[k] - xp[j], 1)
    return j, k, width, np.clip((x - xp[j]) / width, 0, 1), (x >= xp[0]) & (x <= xp[-1])


def interpolated(u: Any, x: Any, fp: Any, xp: Any, inside: Any, counted: Any, *, part: Any = None) -> Any:
    """Cotangents by slopes where `inside`, and by parts where `counted`."""
    j, k, width, t, _ = located(x, xp)
    t = t if part is None else part
    dx = np.where(inside, u * (fp[k] - fp[j]) / width, 0)
    dfp = np.zeros(fp.shape)
    np.add.at(dfp, j, np.where(counted, u * (1 - t), 0))
    np.add.at(dfp, k, np.where(counted, u * t, 0))
    return np.asarray(dx, x.dtype), dfp.astype(fp.dtype)


def counted(x: Any, xp: Any, left: Any, right: Any) -> Any:
    """Where the value depends on fp."""
    return ~(((x < xp[0]) & (left is not None)) | ((x > xp[-1]) & (right is not None)))


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "sort": {
        "the order for its inverse": lambda u, x, *, axis, descending: gathered(
            u, x, axis, order(x, axis, descending=descending)
        ),
        "descending ignored": lambda u, x, *, axis, descending: by_order(u, x, axis, order(x, axis)),
        "burn #3555: scattered along the last axis": lambda u, x, *, axis, descending: along_last(
            u, x, axis, descending=descending
        ),
        "not sorted": lambda u, x, *, axis, descending: (u.reshape(x.shape).copy(),),
        "tinygrad: u of a tie split evenly": lambda u, x, *, axis, descending: split(u, x, axis, descending=descending),
    },
    "partition": {
        "the order for its inverse": lambda u, x, *, kth, axis: gathered(u, x, axis, order(x, axis)),
        "in descending order": lambda u, x, *, kth, axis: by_order(u, x, axis, order(x, axis, descending=True)),
        "burn #3555: scattered along the last axis": lambda u, x, *, kth, axis: along_last(u, x, axis),
    },
    "top_k": {
        "the smallest": lambda u, x, *, k, axis: by_order(u, x, axis, of_top(-x, k, axis)),
        "in ascending order": lambda u, x, *, k, axis: by_order(u, x, axis, np.flip(of_top(x, k, axis), axis)),
        "the largest alone": lambda u, x, *, k, axis: by_order(
            np.where(np.cumsum(np.ones_like(u), axis) == 1, u, 0), x, axis, of_top(x, k, axis)
        ),
    },
    "interp": {
        "a slope outside": lambda u, x, fp, *, xp, left, right: interpolated(
            u, x, fp, xp, np.ones(x.shape, bool), counted(x, xp, left, right)
        ),
        "left and right depend on fp": lambda u, x, fp, *, xp, left, right: interpolated(
            u, x, fp, xp, located(x, xp)[4], np.ones(x.shape, bool)
        ),
        "outside nothing depends on fp": lambda u, x, fp, *, xp, left, right: interpolated(
            u, x, fp, xp, located(x, xp)[4], located(x, xp)[4]
        ),
        "FlagGems #5218: terms beyond a window of each knot": lambda u, x, fp, *, xp, left, right: interpolated(
            u,
            x,
            fp,
            xp,
            located(x, xp)[4],
            counted(x, xp, left, right) & (np.arange(x.size).reshape(x.shape) < 2 * fp.size - 1),
        ),
        "the nearest knot gets all": lambda u, x, fp, *, xp, left, right: interpolated(
            u, x, fp, xp, located(x, xp)[4], counted(x, xp, left, right), part=np.round(located(x, xp)[3])
        ),
        "not divided by the width": lambda u, x, fp, *, xp, left, right: (
            interpolated(u * located(x, xp)[2], x, fp, xp, located(x, xp)[4], counted(x, xp, left, right))[0],
            interpolated(u, x, fp, xp, located(x, xp)[4], counted(x, xp, left, right))[1],
        ),
    },
}
