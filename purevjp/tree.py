"""Trees of arrays: an array, or a tuple, list or dict of trees."""

from collections.abc import Callable
from typing import Any

from purevjp.aliases import Tree

__all__ = ["tree_leaves", "tree_map"]


def tree_map(f: Callable[..., Any], tree: Tree, *rest: Tree) -> Tree:
    """`f` of the corresponding leaves of trees of one structure, in a tree of that structure.

    Errors  ValueError when the structures differ.

    >>> tree_map(lambda a, b: a + b, [1, (2, 3)], [10, (20, 30)])
    [11, (22, 33)]
    """
    if isinstance(tree, dict):
        if any(not isinstance(other, dict) or other.keys() != tree.keys() for other in rest):
            raise ValueError(f"tree_map got trees that differ: a dict of {list(tree)} and another node in its place")
        return {key: tree_map(f, tree[key], *(other[key] for other in rest)) for key in tree}
    if isinstance(tree, tuple | list):
        as_given = list if isinstance(tree, list) else tuple
        if any(not isinstance(other, as_given) or len(other) != len(tree) for other in rest):
            raise ValueError(
                f"tree_map got trees that differ: a {as_given.__name__} of {len(tree)} and another node in its place"
            )
        return as_given(tree_map(f, *children) for children in zip(tree, *rest, strict=True))
    return f(tree, *rest)


def tree_leaves(tree: Tree) -> list[Any]:
    """The leaves of a tree, in order.

    >>> tree_leaves([1, (2, 3)])
    [1, 2, 3]
    """
    leaves: list[Any] = []
    tree_map(leaves.append, tree)
    return leaves
