"""The layers of a combinator, by position or by name, and the trees that have one part for each."""

from collections.abc import Callable, Mapping
from typing import Any

from purevjp.aliases import Layer, Tree


def by_key(combinator: str, layers: tuple[Layer, ...], named_layers: Mapping[str, Layer]) -> dict[Any, Layer]:
    """The layers by position, or by name."""
    if layers and named_layers:
        raise ValueError(f"{combinator} got layers with and without names, but should get either")
    return dict(named_layers) if named_layers else dict(enumerate(layers))


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


def sized(tree: Tree) -> bool:
    """Whether a tree is a tuple or list."""
    return isinstance(tree, tuple | list)
