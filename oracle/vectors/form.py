"""The trees of arrays as JSON: "array", "complex", ["list", …], ["tuple", …]."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracle.vectors.vector import as_pairs, from_pairs, named_leaves
from purevjp.aliases import Array, Tree

MOST_DEEP = 8
TREES: Mapping[str, Any] = {"list": list, "tuple": tuple}


def form_of(tree: Tree) -> Any:
    """The form of a tree."""
    if isinstance(tree, list | tuple):
        return ["list" if isinstance(tree, list) else "tuple", *map(form_of, tree)]
    return "complex" if np.iscomplexobj(tree) else "array"


def flattened(name: str, tree: Tree) -> dict[str, Array]:
    """The leaves of a tree by name, complex ones in pairs."""
    return {leaf: as_pairs(np.asarray(x)) for leaf, x in named_leaves(name, tree)}


def restored(form: Any, name: str, arrays: Mapping[str, Array], what: str, depth: int = 0) -> Tree:
    """The tree of a form, its leaves looked up by name.

    Errors  ValueError when one is missing, or the form is none.
    """
    if form == "array" and name in arrays:
        return arrays[name]
    if isinstance(form, list) and form and form[0] in ("list", "tuple") and depth < MOST_DEEP:
        return TREES[form[0]](restored(of, f"{name}.{i}", arrays, what, depth + 1) for i, of in enumerate(form[1:]))
    if form not in {"array", "complex"} if isinstance(form, str) else True:
        raise ValueError(f"{what} has a form that should be array, complex, or a list of them: {str(form)[:80]}")
    if name not in arrays:
        raise ValueError(f"{what} has no array {name[-80:]!r}")
    try:
        return from_pairs(arrays[name]) if form == "complex" else arrays[name]
    except ValueError as error:
        raise ValueError(f"{what} has {name[-80:]!r} that is not complex: {error}") from None
