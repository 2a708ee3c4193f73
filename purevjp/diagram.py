"""Networks as data: `("chain", ("dense",), ("residual", ("relu",)))`, and the layers that they mean.

A node is a tuple: a combinator and its nodes, or the name of a layer or rule, and perhaps a dict of its options.
"""

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

import purevjp
from purevjp import layer, recurrence
from purevjp.aliases import Layer
from purevjp.combinator import (
    chain,
    concat_branches,
    lift,
    map_batch,
    remat,
    residual,
    sum_branches,
    then,
    tied,
)

__all__ = ["code_of", "layer_of"]

Node: TypeAlias = tuple[Any, ...]

COMBINATORS: dict[str, Callable[..., Layer]] = {
    "chain": chain, "concat": concat_branches, "map_batch": map_batch, "remat": remat, "residual": residual,
    "sum": sum_branches, "tied": tied,
}  # fmt: skip
CALLED = {"concat": "concat_branches", "sum": "sum_branches"}
LAYERS: dict[str, Layer] = {"biased_conv": layer.biased_conv, "dense": layer.dense}
MAKERS: dict[str, Callable[..., Layer]] = {
    "gru": recurrence.gru, "lstm": recurrence.lstm, "rnn": recurrence.rnn, "self_attention": layer.self_attention,
    "transformer_block": layer.transformer_block,
}  # fmt: skip


def layer_of(node: Node) -> Layer:
    """The layer that a diagram means.

    Errors  ValueError on a name that is no combinator, layer or rule.

    >>> import numpy as np
    >>> layer_of(("chain", ("linear",), ("residual", ("relu",))))((np.array([[3.0]]), ()), np.array([2.0]))[0]
    array([12.])
    """
    name, nodes, options = parts_of(node)
    if name in COMBINATORS:
        return COMBINATORS[name](*map(layer_of, nodes), **options)
    if name in LAYERS:
        return functools.partial(LAYERS[name], **options) if options else LAYERS[name]
    if name in MAKERS:
        return MAKERS[name](**options)
    if name == "flatten":
        return then(chain(), layer.flatten)
    rule = getattr(purevjp, name, None)
    if rule is None:
        raise ValueError(f"layer_of got {name!r}, but should get a combinator, a layer or a rule")
    return lift(rule, **options)


def code_of(node: Node) -> str:
    """The diagram as Python, with the names that purevjp's modules have.

    >>> code_of(("chain", ("dense",), ("residual", ("softmax", {"axis": 1}))))
    'chain(dense, residual(lift(pv.softmax, axis=1)))'
    """
    name, nodes, options = parts_of(node)
    keywords = [f"{key}={option!r}" for key, option in options.items()]
    if name in COMBINATORS:
        return f"{CALLED.get(name, name)}({', '.join([*map(code_of, nodes), *keywords])})"
    if name in LAYERS:
        return f"functools.partial({', '.join([name, *keywords])})" if keywords else name
    if name in MAKERS:
        return f"{name}({', '.join(keywords)})"
    return "then(chain(), flatten)" if name == "flatten" else f"lift({', '.join([f'pv.{name}', *keywords])})"


def parts_of(node: Node) -> tuple[str, list[Node], dict[str, Any]]:
    """The name of a node, the nodes below it, and its options."""
    name, *rest = node
    options = rest.pop() if rest and isinstance(rest[-1], dict) else {}
    return name, rest, options
