"""Trees of arrays: an array, or a tuple, list or dict of trees."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from purevjp.aliases import Array, Tree

__all__ = ["tree_leaves", "tree_map", "tree_sum"]


NODES = (list, tuple, dict)


def tree_map(f: Callable[..., Any], tree: Tree, *rest: Tree) -> Tree:
    """`f` of the corresponding leaves of trees of one structure, in a tree of that structure.

    Errors  ValueError when the structures differ.

    >>> tree_map(lambda a, b: a + b, [1, (2, 3)], [10, (20, 30)])
    [11, (22, 33)]
    """
    for other in rest:
        if not alike(tree, other):
            raise ValueError(f"tree_map got trees that differ: {described(tree)} against {described(other)}")
    if isinstance(tree, dict):
        return {key: tree_map(f, tree[key], *(other[key] for other in rest)) for key in tree}
    if not isinstance(tree, NODES):
        return f(tree, *rest)
    children = [
        tree_map(f, *parts) if isinstance(parts[0], NODES) or rest else f(*parts)
        for parts in zip(tree, *rest, strict=True)
    ]
    return children if isinstance(tree, list) else tuple(children)


def alike(a: Tree, b: Tree) -> bool:
    """Whether two nodes have as many parts, under the same keys, or are leaves."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys()
    if isinstance(a, NODES):
        return a.__class__ is b.__class__ and len(a) == len(b)
    return not isinstance(b, NODES)


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
    if isinstance(tree, dict):
        tree = tuple(tree.values())
    elif not isinstance(tree, NODES):
        return [tree]
    leaves: list[Any] = []
    for part in tree:
        if isinstance(part, NODES):
            leaves += tree_leaves(part)
        else:
            leaves.append(part)
    return leaves


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
