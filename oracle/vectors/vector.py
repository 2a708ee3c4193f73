"""A vector: arguments of one rule, what comes out of it, and how far from that a result may be."""

from collections.abc import Iterator
from typing import Any, TypedDict

import numpy as np

from purevjp.aliases import Array, Tree

Vector = TypedDict(
    "Vector",
    {
        "id": str,
        "rule": str,
        "dtype": str,
        "static": dict[str, Any],
        "xs": tuple[Tree, ...],
        "u": Tree,
        "truth": tuple[Tree, ...],
        "scale": tuple[Tree, ...],
        "coarse": tuple[Tree, ...] | None,
        "exact": bool,
        "accepts": dict[str, Any] | None,
        "witnesses": tuple[str, ...],
        "note": str,
    },
)
"""Arrays are as the rule takes and gives them: complex where it has complex ones, trees where it has trees.

`id` is rule/sweep/number/dtype. `truth` and `scale` are `(value, *cotangents)` in float64; the scale of a complex
number is complex, one part for each. bfloat16 is in NumPy's float32, with numbers that bfloat16 has. `coarse` is the
scale of sums in the dtype itself, for halves: what it alone explains is imprecise. `exact` asks for equality. `accepts`
is for points without a derivative: the sets that cotangents may come from, purevjp's own choice (the truth), and that
of others. `witnesses` are the independent routes that gave the truth.
"""

REAL = {"float64": "float64", "float32": "float32", "float16": "float16", "bfloat16": "float32"}
"""The dtypes of vectors, and of the arrays that hold them."""


def named_leaves(name: str, tree: Tree) -> Iterator[tuple[str, Any]]:
    """The leaves of a tree with their names: x1 for an array, x1.0 and x1.1 for a list or tuple of two.

    >>> list(named_leaves("x0", [1, (2, 3)]))
    [('x0.0', 1), ('x0.1.0', 2), ('x0.1.1', 3)]
    """
    if isinstance(tree, list | tuple):
        for i, part in enumerate(tree):
            yield from named_leaves(f"{name}.{i}", part)
    else:
        yield name, tree


def of_results(value: Tree, cotangents: tuple[Tree, ...]) -> Iterator[tuple[str, Any]]:
    """The leaves of value and cotangents: value, dx0, dx1.0."""
    yield from named_leaves("value", value)
    for i, dx in enumerate(cotangents):
        yield from named_leaves(f"dx{i}", dx)


def as_pairs(z: Array) -> Array:
    """A complex array as a real one with a last axis of 2; a real one as it is."""
    return np.stack([z.real, z.imag], -1) if z.dtype.kind == "c" else z


def from_pairs(x: Array) -> Array:
    """The complex array of which these are the parts.

    Errors  ValueError when the last axis has not 2 sides.
    """
    if x.ndim == 0 or x.shape[-1] != 2:
        raise ValueError(f"complex numbers should have a last axis of 2, but the shape is {list(x.shape)}")
    z: Array = np.empty(x.shape[:-1], np.result_type(x.dtype, np.complex64))
    z.real, z.imag = x[..., 0], x[..., 1]
    return z
