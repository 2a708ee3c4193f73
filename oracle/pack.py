"""Rules of complex arrays, or of several results, as rules of real arrays with one result, which is what is judged.

A complex array is packed as a real one with a last axis of 2. A complex cotangent u pairs with a change v of the value
as Re Σ u v, as in JAX: if its real and its imaginary part have the cotangents p and q, it is p − iq. JAX, differences
and laws see real functions alone, so they judge this convention, too. Several results are packed as one vector; for a
complex step it is a complex one.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np

from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

Rule: TypeAlias = Callable[..., tuple[Any, Callable[..., tuple[Any, ...]]]]


def packed_rule(rule: Rule, is_complex: Sequence[bool]) -> Rule:
    """A rule whose arrays are packed where `is_complex`, and whose results are, whatever they are."""

    @functools.wraps(rule)
    def packed(*xs: Array, **static: Any) -> tuple[Array, Callable[[Array], tuple[Array, ...]]]:
        value, vjp = rule(*[joined(x) if c else x for x, c in zip(xs, is_complex, strict=True)], **static)
        stepped = any(
            np.iscomplexobj(leaf) for x, c in zip(xs, is_complex, strict=True) if not c for leaf in tree_leaves(x)
        )
        packed_value = pack(value, whole=stepped)

        def packed_vjp(u: Array) -> tuple[Array, ...]:
            if np.shape(u) != packed_value.shape or u.dtype != packed_value.dtype:
                message = f"u is {u.dtype}{np.shape(u)}, but should be {packed_value.dtype}{packed_value.shape}"
                raise ValueError(message)
            cotangents = vjp(conjugated(unpacked(u, value)))
            return tuple(apart(conjugated(dx)) if c else dx for dx, c in zip(cotangents, is_complex, strict=True))

        return packed_value, packed_vjp

    return packed


def packed_counterpart(counterpart: Callable[..., Any], is_complex: Sequence[bool]) -> Callable[..., Any]:
    """The same of a function in JAX."""

    @functools.wraps(counterpart)
    def packed(*xs: Any, **static: Any) -> Any:
        arrays = [x[..., 0] + 1j * x[..., 1] if c else x for x, c in zip(xs, is_complex, strict=True)]
        value = counterpart(*arrays, **static)
        parts = [
            jnp.stack([leaf.real, leaf.imag], -1) if jnp.iscomplexobj(leaf) else leaf for leaf in tree_leaves(value)
        ]
        return jnp.concatenate([jnp.ravel(part) for part in parts]) if isinstance(value, tuple | list) else parts[0]

    return packed


def joined(x: Array) -> Array:
    """The complex array that was packed."""
    if x.dtype.kind != "f":
        return x
    z: Array = np.empty(x.shape[:-1], np.result_type(x.dtype, np.complex64))
    z.real, z.imag = x[..., 0], x[..., 1]
    return z


def apart(z: Array) -> Array:
    """A complex array, packed."""
    return np.stack([z.real, z.imag], -1) if np.iscomplexobj(z) else z


def pack(value: Tree, *, whole: bool = False) -> Array:
    """A value as one real array; as a complex one, if it is to stay whole."""
    parts = [np.asarray(leaf) if whole else apart(np.asarray(leaf)) for leaf in tree_leaves(value)]
    return np.concatenate([part.ravel() for part in parts]) if isinstance(value, tuple | list) else parts[0]


def unpacked(packed: Array, value: Tree) -> Tree:
    """What was packed, with the tree, the shapes and the kind of `value`."""
    if not isinstance(value, tuple | list):
        return joined(packed) if np.iscomplexobj(value) else packed
    sizes = [np.size(leaf) * (2 if np.iscomplexobj(leaf) else 1) for leaf in tree_leaves(value)]
    parts = iter(np.split(packed, np.cumsum(sizes)[:-1]))

    def part(leaf: Array) -> Array:
        if np.iscomplexobj(leaf):
            return joined(next(parts).reshape(*np.shape(leaf), 2))
        return next(parts).reshape(np.shape(leaf))

    return tree_map(part, value)


def conjugated(tree: Tree) -> Tree:
    """Complex arrays conjugated, real ones as they are: from real cotangents to a complex one, and back."""
    return tree_map(lambda z: np.conj(z) if np.iscomplexobj(z) else z, tree)
