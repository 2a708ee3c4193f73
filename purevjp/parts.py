"""The layers of a combinator, by position or by name, and the trees that belong to them."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from purevjp.aliases import Array, Layer, Tree
from purevjp.contract import as_cotangent
from purevjp.tree import tree_map, tree_sum


def by_key(combinator: str, layers: tuple[Layer, ...], named_layers: Mapping[str, Layer]) -> dict[Any, Layer]:
    """The layers by position, or by name.

    Errors  ValueError when some have names and some not; TypeError when one is no layer.
    """
    if layers and named_layers:
        raise ValueError(f"{combinator} got layers with and without names, but should get either")
    for layer in (*layers, *named_layers.values()):
        check_layer(combinator, layer)
    return dict(named_layers) if named_layers else dict(enumerate(layers))


def check_layer(combinator: str, layer: Any) -> None:
    """That something is called with params and x.

    Errors  TypeError when it is not; it says so of a rule, which `lift` makes a layer of.
    """
    if not callable(layer):
        raise TypeError(f"{combinator} got a {layer.__class__.__name__}, but should get layers")
    try:
        kinds = [parameter.kind for parameter in inspect.signature(layer).parameters.values()]
    except ValueError:
        return
    if kinds.count(inspect.Parameter.POSITIONAL_ONLY) not in {0, 2}:
        name = getattr(layer, "__name__", layer)
        raise TypeError(f"{combinator} got {name}, which is a rule, but should get a layer: lift({name})")


def structure_of(
    combinator: str, tree: Tree, parts: Mapping[Any, Layer], what: str = "params"
) -> Callable[[dict[Any, Tree]], Tree]:
    """What makes a tree like this one out of one part for each layer.

    Errors  TypeError or ValueError when it has not one part for each layer.
    """
    keys: list[Any] = list(tree) if isinstance(tree, dict) else list(range(len(tree) if sized(tree) else 0))
    is_named = any(isinstance(key, str) for key in parts)
    if not (isinstance(tree, dict) if is_named else sized(tree)):
        kind = "dict" if is_named else "tuple or list"
        raise TypeError(f"{combinator} got {what} as a {tree.__class__.__name__}, but should get a {kind}")
    if set(keys) != set(parts):
        got, wanted = (f"{of if is_named else len(of)}" for of in (keys, list(parts)))
        raise ValueError(f"{combinator} got {what} of {got}, but should get {wanted}, one for each layer")
    if is_named:
        return lambda of: {key: of[key] for key in keys}
    as_given = list if isinstance(tree, list) else tuple
    return lambda of: as_given(of[key] for key in keys)


def as_cotangents(like: Tree, combinator: str, u: Tree) -> Tree:
    """`u` as the cotangent of a value, of which `outline` says what it is like.

    Errors  those of `as_cotangent`, and ValueError where the trees differ.
    """
    return tree_map(lambda of, part: as_cotangent(part, combinator, of.shape, of.dtype), like, u)


def outline(y: Tree) -> Tree:
    """What a cotangent of y is like: arrays of no memory; `()` for integers, which have none."""
    return tree_map(lambda leaf: bare(np.asarray(leaf)), y)


def bare(leaf: Array) -> Tree:
    """One element as an array of this shape, or `()`."""
    return np.broadcast_to(np.zeros((), leaf.dtype), leaf.shape) if leaf.dtype.kind in "fc" else ()


def added(combinator: str, *trees: Tree) -> Tree:
    """The sum of the values of a combinator's branches.

    Errors  ValueError when they differ.
    """
    try:
        return tree_sum(*trees)
    except ValueError as error:
        raise ValueError(f"{combinator} got branches whose values differ: {error}") from None


def sized(tree: Tree) -> bool:
    """Whether a tree is a tuple or list."""
    return isinstance(tree, tuple | list)
