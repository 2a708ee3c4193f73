"""One layer many times with one tree of params: step by step, or sample by sample."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from purevjp.aliases import Layer, LayerPullback, Tree
from purevjp.parts import as_cotangents, outline
from purevjp.tree import tree_leaves, tree_map, tree_sum

__all__ = ["map_batch", "scan"]


def scan(cell: Layer, *, axis: int = -2, reverse: bool = False) -> Layer:
    """A cell step by step along an axis, with one tree of params: `(state, xs) -> (last state, ys)`.

    The cell is a layer `(params, (state, x)) -> ((state, y), vjp)`. `reverse` begins with the last step.

    >>> from purevjp.arithmetic import add
    >>> def adds(params, pair):
    ...     total, add_vjp = add(*pair)
    ...     return (total, total), lambda u: ((), add_vjp(u[0] + u[1]))
    >>> (last, ys), vjp = scan(adds, axis=0)((), (np.zeros(1), np.array([[1.0], [2.0]])))
    >>> last, ys.tolist(), vjp((np.array([10.0]), np.array([[1.0], [2.0]])))[1][1].tolist()
    (array([3.]), [[1.0], [3.0]], [[13.0], [12.0]])
    """

    def scanned(params: Tree, x: Tree) -> tuple[Tree, LayerPullback]:
        state, xs = x
        steps = slices(xs, axis, "scan")
        order = range(len(steps))[:: -1 if reverse else 1]
        ys: list[Tree] = [None] * len(steps)
        pullbacks: list[Any] = [None] * len(steps)
        for t in order:
            (state, ys[t]), pullbacks[t] = cell(params, (state, steps[t]))

        y = state, stacked(ys, axis)
        like = outline(y)

        def scan_vjp(u: Any) -> tuple[Tree, Tree]:
            dstate, uys = as_cotangents(like, "scan", u)
            dys = slices(uys, axis, "scan_vjp", len(steps))
            dparams, dxs = None, [None] * len(steps)
            for t in reversed(order):
                dcell, (dstate, dxs[t]) = pullbacks[t]((dstate, dys[t]))
                dparams = dcell if dparams is None else tree_sum(dparams, dcell)
            return dparams, (dstate, stacked(dxs, axis))

        return y, scan_vjp

    return scanned


def map_batch(layer: Layer, *, axis: int = 0) -> Layer:
    """The layer for each sample along `axis`, with one tree of params.

    >>> from purevjp.combinator import lift
    >>> from purevjp.product import linear
    >>> y, vjp = map_batch(lift(linear))(np.array([[2.0]]), np.array([[1.0], [3.0]]))
    >>> y.tolist(), vjp(np.array([[1.0], [10.0]]))[0]
    ([[2.0], [6.0]], array([[31.]]))
    """

    def mapped(params: Tree, xs: Tree) -> tuple[Tree, LayerPullback]:
        ys, pullbacks = zip(*(layer(params, x) for x in slices(xs, axis, "map_batch")), strict=True)

        y = stacked(ys, axis)
        like = outline(y)

        def map_batch_vjp(u: Any) -> tuple[Tree, Tree]:
            us = slices(as_cotangents(like, "map_batch", u), axis, "map_batch_vjp", len(pullbacks))
            pairs = zip(pullbacks, us, strict=True)
            dparams, dxs = zip(*(layer_vjp(each) for layer_vjp, each in pairs), strict=True)
            return tree_sum(*dparams), stacked(dxs, axis)

        return y, map_batch_vjp

    return mapped


def slices(tree: Tree, axis: int, combinator: str, length: int | None = None) -> list[Tree]:
    """The slices of all arrays of a tree along an axis; so many of a tree that has no arrays.

    Errors  ValueError when there is none, or when they are not as many in each.
    """
    leaves = [np.shape(leaf) for leaf in tree_leaves(tree)]
    if not leaves and length is not None:
        return [tree] * length
    if short := [shape for shape in leaves if not -len(shape) <= axis < len(shape)]:
        raise ValueError(f"{combinator} got an array of shape {short[0]}, which has no axis {axis}")
    lengths = {shape[axis] for shape in leaves}
    if len(lengths) > 1:
        raise ValueError(
            f"{combinator} got arrays of sides {sorted(lengths)} along axis {axis}, but should get equal ones"
        )
    if lengths in (set(), {0}):
        raise ValueError(f"{combinator} got nothing along axis {axis}, but should get one step or sample at least")
    (length,) = lengths
    first = tree_map(lambda leaf: np.moveaxis(leaf, axis, 0), tree)
    return [tree_map(lambda leaf, i=i: leaf[i], first) for i in range(length)]


def stacked(trees: Iterable[Tree], axis: int) -> Tree:
    """Trees of arrays as one, their arrays along a new axis."""
    return tree_map(lambda *leaves: np.stack(leaves, axis), *trees)
