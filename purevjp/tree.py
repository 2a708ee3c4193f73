"""Trees of arrays: an array, or a tuple, list or dict of trees."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from purevjp.aliases import Array, Tree

__all__ = ["tree_leaves", "tree_map", "tree_sum"]


def tree_map(f: Callable[..., Any], tree: Tree, *rest: Tree) -> Tree:
    """`f` of the corresponding leaves of trees of one structure, in a tree of that structure.

    Errors  ValueError when the structures differ.

    >>> tree_map(lambda a, b: a + b, [1, (2, 3)], [10, (20, 30)])
    [11, (22, 33)]
    """
    if isinstance(tree, list | tuple):
        for other in rest:
            if other.__class__ is not tree.__class__ or len(other) != len(tree):
                raise ValueError(f"tree_map got trees that differ: {described(tree)} against {described(other)}")
        children = [tree_map(f, *nodes) for nodes in zip(tree, *rest, strict=True)]
        return children if isinstance(tree, list) else tuple(children)
    if isinstance(tree, dict):
        for other in rest:
            if not isinstance(other, dict) or other.keys() != tree.keys():
                raise ValueError(f"tree_map got trees that differ: {described(tree)} against {described(other)}")
        return {key: tree_map(f, tree[key], *(other[key] for other in rest)) for key in tree}
    for other in rest:
        if isinstance(other, list | tuple | dict):
            message = f"tree_map got trees that differ: {described(tree)} against {described(other)}"
            raise ValueError(message)  # noqa: TRY004 (the structure is wrong, as above)
    return f(tree, *rest)


def described(tree: Tree) -> str:
    """A node of a tree in a few words."""
    if isinstance(tree, dict):
        return f"a dict of {list(tree)}"
    return f"a {tree.__class__.__name__} of {len(tree)}" if isinstance(tree, list | tuple) else "an array"


def tree_leaves(tree: Tree) -> list[Any]:
    """The leaves of a tree, in order.

    >>> tree_leaves([1, (2, 3)])
    [1, 2, 3]
    """
    if isinstance(tree, list | tuple):
        return [leaf for part in tree for leaf in tree_leaves(part)]
    if isinstance(tree, dict):
        return [leaf for part in tree.values() for leaf in tree_leaves(part)]
    return [tree]


def tree_sum(tree: Tree, *rest: Tree) -> Tree:
    """The sum of trees of one structure: the adjoint of using one tree several times.

    Errors  ValueError when structures or shapes differ: nothing is broadcast.

    >>> tree_sum([np.array([1.0]), (np.array([2.0, 3.0]),)], [np.array([10.0]), (np.array([20.0, 30.0]),)])
    [array([11.]), (array([22., 33.]),)]
    """
    return functools.reduce(functools.partial(tree_map, added), rest, tree)


def added(a: Array, b: Array) -> Array:
    """a + b, of equal shapes."""
    if np.shape(a) != np.shape(b):
        raise ValueError(f"tree_sum got arrays of shapes {np.shape(a)} and {np.shape(b)}, but should get equal ones")
    return np.add(a, b)
