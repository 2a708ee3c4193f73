"""The contract of a result: a tuple of cotangents, in the tree, the shapes and the dtype of what they belong to."""

from typing import Any

import numpy as np

from purevjp.aliases import Array, Tree
from purevjp.tree import tree_map


def frozen(x: Array) -> Array:
    """A view that refuses to be written to."""
    view = np.asarray(x).view()
    view.setflags(write=False)
    return view


def contract(xs: tuple[Tree, ...], u: Array, value: Any, cotangents: Any) -> list[str]:
    """The value has shape and dtype of `u`, each cotangent those of its primal, in its tree."""
    if not isinstance(cotangents, tuple) or len(cotangents) != len(xs):
        return [f"the pullback should return a tuple of {len(xs)}"]
    if all(map(alike, (u, *xs), (value, *cotangents))):
        return []
    try:
        pairs = [(u, value)]
        tree_map(lambda x, dx: pairs.append((x, dx)), xs, cotangents)
    except ValueError as error:
        return [f"cotangents should have the tree of the arguments: {error}"]
    found = []
    for i, (primal, got) in enumerate(pairs):
        what = f"cotangent {i - 1}" if i else "value"
        if not isinstance(got, np.ndarray | np.generic):
            found.append(f"{what} is a {got.__class__.__name__}, but should be an array")
        elif (got.dtype, got.shape) != (primal.dtype, primal.shape):
            found.append(f"{what} is {described(got)}, but should be {described(primal)}")
    return found


def alike(x: Any, got: Any) -> bool:
    """Whether two are arrays of one shape and dtype."""
    return x.__class__ is got.__class__ is np.ndarray and x.shape == got.shape and x.dtype == got.dtype


def described(x: Any) -> str:
    """Dtype and shape, as in float64[2, 3]."""
    return f"{x.dtype}{list(x.shape)}"
