"""Wrong pullbacks of purevjp/tiling.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv

OTHER: dict[str, Any] = {"symmetric": "reflect", "reflect": "symmetric"}


def core(u: Any, x: Any, pad_width: Any) -> Any:
    """The part of u that x itself became."""
    pairs = [(0, 0)] * x.ndim
    if isinstance(pad_width, dict):
        for axis, width in pad_width.items():
            pairs[axis] = tuple(np.broadcast_to(width, 2).tolist())
    else:
        pairs = np.broadcast_to(pad_width, (x.ndim, 2)).tolist()
    return u[tuple(slice(before, before + n) for (before, _), n in zip(pairs, x.shape, strict=True))].copy()


def first_of_each(u: Any, x: Any, static: Any) -> Any:
    """Of all that an element became, the first alone."""
    places, _ = pv.repeat(np.arange(x.size).reshape(x.shape).astype(float), **static)
    _, at = np.unique(places, return_index=True)
    dx = np.zeros(x.size, x.dtype)
    found = places.ravel()[at].astype(int)
    dx[found] = u.ravel()[at]
    return dx.reshape(x.shape)


def strewn(u: Any, x: Any) -> Any:
    """As many numbers of u as x has, as they lie."""
    return np.resize(u, x.shape) if u.size else np.zeros_like(x)


def repeated(u: Any, x: Any, reps: Any, *, how: Callable[..., Any]) -> Any:
    """The copies of a tile along one axis after the other, reduced in some way."""
    copies = np.atleast_1d(reps).tolist()
    copies = [1] * (u.ndim - len(copies)) + copies
    sides = [1] * (u.ndim - x.ndim) + list(x.shape)
    for axis, (r, n) in enumerate(zip(copies, sides, strict=True)):
        apart = u.reshape(*u.shape[:axis], r, n, *u.shape[axis + 1 :])
        u = how(apart, axis) if r else np.zeros((*u.shape[:axis], n, *u.shape[axis + 1 :]), u.dtype)
    return u.reshape(x.shape).copy()


def interleaved(u: Any, x: Any, reps: Any) -> Any:
    """As if each element had been repeated, not the whole."""
    copies = np.atleast_1d(reps).tolist()
    copies = [1] * (u.ndim - len(copies)) + copies
    sides = [1] * (u.ndim - x.ndim) + list(x.shape)
    apart = u.reshape([side for pair in zip(sides, copies, strict=True) for side in pair])
    return apart.sum(axis=tuple(range(1, 2 * u.ndim, 2))).reshape(x.shape)


def rolled(u: Any, shift: Any, axis: Any) -> Any:
    """u, rolled."""
    return np.roll(u, shift, axis)


def turned(u: Any, x: Any, k: int, axes: Any) -> Any:
    """u turned by k, reshaped where that gives another shape."""
    return np.array(np.rot90(u, k, axes).reshape(x.shape))


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "pad": {
        "the padding gets nothing": lambda u, x, *, pad_width, mode, constant_values: (core(u, x, pad_width),),
        "reflect for symmetric, and back": lambda u, x, *, pad_width, mode, constant_values: pv.pad(
            x, pad_width=pad_width, mode=OTHER.get(mode, "edge")
        )[1](u),
        "wrap for every mode": lambda u, x, *, pad_width, mode, constant_values: (
            pv.pad(x, pad_width=pad_width, mode="wrap")[1](u) if x.size else (np.zeros_like(x),)
        ),
        "the mean of what was repeated": lambda u, x, *, pad_width, mode, constant_values: (
            core(u, x, pad_width)
            if mode == "constant"
            else pv.pad(x, pad_width=pad_width, mode=mode)[1](u)[0]
            / np.maximum(pv.pad(x, pad_width=pad_width, mode=mode)[1](np.ones_like(u))[0], 1),
        ),
        "from the beginning of u": lambda u, x, *, pad_width, mode, constant_values: (
            u[tuple(slice(0, n) for n in x.shape)].copy(),
        ),
    },
    "tile": {
        "the first copy": lambda u, x, *, reps: (repeated(u, x, reps, how=lambda a, axis: a.take(0, axis)),),
        "mean of the copies": lambda u, x, *, reps: (repeated(u, x, reps, how=lambda a, axis: a.mean(axis)),),
        "as repeat": lambda u, x, *, reps: (interleaved(u, x, reps),),
    },
    "repeat": {
        "= for +=": lambda u, x, **static: (first_of_each(u, x, static),),
        "as tile": lambda u, x, *, axis, repeats: (
            u.reshape(-1, x.size).sum(axis=0).reshape(x.shape)
            if x.size and u.size % x.size == 0
            else strewn(u, x),
        ),
        "divided by the counts": lambda u, x, *, axis, repeats: (
            pv.repeat(x, axis=axis, repeats=repeats)[1](u)[0] / max(1, round(u.size / max(1, x.size))),
        ),
    },
    "roll": {
        "rolled on": lambda u, x, *, axis, shift: (rolled(u, shift, axis),),
        "not rolled": lambda u, x, *, axis, shift: (np.array(u),),
        "as if in one axis": lambda u, x, *, axis, shift: (rolled(u, np.negative(np.sum(shift)), None),),
        "the first shift alone": lambda u, x, *, axis, shift: (
            rolled(u, -np.ravel(shift)[0], None if axis is None else np.ravel(axis)[0])
            if np.size(shift) and axis != () else np.array(u),
        ),
    },
    "flip": {
        "not flipped": lambda u, x, *, axis: (np.array(u),),
        "all axes": lambda u, x, *, axis: (np.flip(u).copy(),),
        "the last axis": lambda u, x, *, axis: (np.array(u[..., ::-1] if u.ndim else u),),
    },
    "rot90": {
        "turned on": lambda u, x, *, k, axes: (turned(u, x, k, axes),),
        "always one quarter": lambda u, x, *, k, axes: (turned(u, x, -1, axes),),
        "in the plane of the first two axes": lambda u, x, *, k, axes: (turned(u, x, -k, (0, 1)),),
        "transposed without turning": lambda u, x, *, k, axes: (np.array(u.swapaxes(*axes).reshape(x.shape)),),
    },
}  # fmt: skip
