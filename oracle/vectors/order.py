"""Answers whose order a rule leaves free: the truth in the order that an answer has, if that order is right.

`partition` alone is such a rule: what lies before and after the k-th element may stand in any order, and the pullback
goes by the order that the value has.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from oracle.vectors.vector import Vector
from purevjp.aliases import Array, Tree


def ordered(vector: Vector, leaves: Sequence[Array]) -> Vector:
    """A vector with truth and scales in the order of an answer."""
    if vector["rule"] != "partition" or not leaves:
        return vector
    xs, static, value, coarse = vector["xs"], vector["static"], leaves[0], vector["coarse"]
    should = vector["truth"][0]
    truth, scale = (in_order_of(value, static, xs, should, of) for of in (vector["truth"], vector["scale"]))
    coarse = None if coarse is None else in_order_of(value, static, xs, should, coarse)
    accepts = None if vector["accepts"] is None else regrouped(vector["accepts"], truth[0], xs[0], vector["u"])
    return {**vector, "truth": truth, "scale": scale, "coarse": coarse, "accepts": accepts}


def regrouped(accepts: dict[str, Any], value: Array, x: Array, u: Array) -> dict[str, Any]:
    """What is accepted at a tie, where u comes in the order of a value."""
    (of,) = accepts["accepts"]
    labels = np.asarray(of["labels"][0])
    totals = {label: float(u[np.isin(value, x[labels == label])].sum()) for label in of["totals"]}
    return {**accepts, "accepts": ({**of, "totals": totals},)}


def in_order_of(
    value: Array, static: Mapping[str, Any], xs: tuple[Tree, ...], should: Array, results: tuple[Tree, ...]
) -> tuple[Tree, ...]:
    """Value and cotangent of `partition`, for a value that should be like one, in the order of another.

    They stay as they are if that one is no partition at its kth.
    """
    axis, (x,), (y, dx) = static["axis"], xs, results
    if np.shape(value) != np.shape(should):
        return results
    lanes = [as_lanes(of, axis) for of in (x, value, should, y, dx)]
    of_x, got, by_truth, of_y, of_dx = lanes
    if not is_partition(got, of_x, static["kth"]):
        return results
    theirs, ours = places(of_x, got), places(of_x, by_truth)
    moved_y, moved_dx = np.empty_like(of_y), np.empty_like(of_dx)
    np.put_along_axis(moved_y, ours, of_y, -1)
    np.put_along_axis(moved_dx, theirs, np.take_along_axis(of_dx, ours, -1), -1)
    return from_lanes(np.take_along_axis(moved_y, theirs, -1), y, axis), from_lanes(moved_dx, dx, axis)


def is_partition(got: Array, x: Array, kth: Any) -> bool:
    """Whether lanes have the elements of x, and each k-th is where sorting would put it, between smaller and larger."""
    n, should = x.shape[-1], np.sort(x, axis=-1)
    cuts = {0, n} | {k % n + i for k in (kth if isinstance(kth, tuple | list) else (kth,)) for i in (0, 1) if n}
    parts = itertools.pairwise(sorted(cuts))
    return all(np.array_equal(np.sort(got[..., a:b], axis=-1), should[..., a:b]) for a, b in parts)


def places(x: Array, y: Array) -> Array:
    """Where in x each element of y comes from; equal ones in their order."""
    ranks = np.argsort(np.argsort(y, axis=-1, kind="stable"), axis=-1)
    return np.take_along_axis(np.argsort(x, axis=-1, kind="stable"), ranks, -1)


def as_lanes(x: Any, axis: int | None) -> Array:
    """An array with the axis last; all in a row without."""
    return np.ravel(x) if axis is None else np.moveaxis(np.asarray(x), axis, -1)


def from_lanes(lanes: Array, like: Any, axis: int | None) -> Array:
    """The array of which these are the lanes."""
    return lanes.reshape(np.shape(like)) if axis is None else np.moveaxis(lanes, -1, axis)
