"""Networks as data: `("chain", ("dense",), ("residual", ("relu",)))`, and the layers that they mean.

A node is a tuple: a combinator and its nodes, or the name of a layer or rule, and perhaps a dict of its options; of
`chain` and `parallel` the dict may hold the nodes by name. `concat` and `sum` are short for `concat_branches` and
`sum_branches`; `embedding` is the layer, `dropout` the rule with its mask.
"""

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

import purevjp
from purevjp import layer, recurrence
from purevjp.aliases import Layer, Rule
from purevjp.combinator import (
    chain,
    concat_branches,
    lift,
    map_batch,
    parallel,
    remat,
    residual,
    sum_branches,
    then,
    tied,
)

__all__ = ["code_of", "layer_of"]

Node: TypeAlias = tuple[Any, ...]

COMBINATORS: dict[str, Callable[..., Layer]] = {
    "chain": chain, "concat": concat_branches, "concat_branches": concat_branches, "map_batch": map_batch,
    "parallel": parallel, "remat": remat, "residual": residual, "sum": sum_branches, "sum_branches": sum_branches,
    "tied": tied,
}  # fmt: skip
CALLED = {"concat": "concat_branches", "sum": "sum_branches"}
BY_NAME = {"chain", "parallel"}
LAYERS: dict[str, Layer] = {
    "biased_conv": layer.biased_conv, "dense": layer.dense, "embedding": layer.embedding,
    "first_dense": layer.first_dense,
}  # fmt: skip
MAKERS: dict[str, Callable[..., Layer]] = {
    "conv_block": layer.conv_block, "residual_block": layer.residual_block,
    "gru": recurrence.gru, "lstm": recurrence.lstm, "rnn": recurrence.rnn, "self_attention": layer.self_attention,
    "transformer_block": layer.transformer_block,
}  # fmt: skip


def layer_of(node: Node) -> Layer:
    """The layer that a diagram means.

    Errors  ValueError on a name that is none of them.

    >>> import numpy as np
    >>> layer_of(("chain", ("linear",), ("residual", ("relu",))))((np.array([[3.0]]), ()), np.array([2.0]))[0]
    array([12.])
    """
    name, nodes, options = parts_of(node)
    if name in BY_NAME:
        return COMBINATORS[name](*map(layer_of, nodes), **{key: layer_of(of) for key, of in options.items()})
    if name in COMBINATORS:
        return COMBINATORS[name](*map(layer_of, nodes), **options)
    if name in LAYERS:
        return functools.partial(LAYERS[name], **options) if options else LAYERS[name]
    if name in MAKERS:
        return MAKERS[name](**options)
    if name == "flatten":
        return then(chain(), layer.flatten)
    return lift(rule_of(name), **options)


def rule_of(name: str) -> Rule:
    """The rule of this name.

    Errors  ValueError when there is none.
    """
    rule: Any = getattr(purevjp, name, None)
    if "Pullback" not in (rule.__doc__ or ""):
        raise ValueError(f"a diagram has {name!r}, but should have combinators, layers and rules")
    found: Rule = rule
    return found


def code_of(node: Node) -> str:
    """The diagram as Python, with the names that purevjp's modules have.

    >>> code_of(("chain", ("dense",), ("residual", ("softmax", {"axis": 1}))))
    'chain(dense, residual(lift(pv.softmax, axis=1)))'
    """
    name, nodes, options = parts_of(node)
    shown = code_of if name in BY_NAME else repr
    keywords = [f"{key}={shown(option)}" for key, option in options.items()]
    if name in COMBINATORS:
        return f"{CALLED.get(name, name)}({', '.join([*map(code_of, nodes), *keywords])})"
    if name in LAYERS:
        return f"functools.partial({', '.join([name, *keywords])})" if keywords else name
    if name in MAKERS:
        return f"{name}({', '.join(keywords)})"
    if name == "flatten":
        return "then(chain(), flatten)"
    return f"lift({', '.join([f'pv.{rule_of(name).__name__}', *keywords])})"


def parts_of(node: Node) -> tuple[str, list[Node], dict[str, Any]]:
    """The name of a node, the nodes below it, and its options."""
    name, *rest = node
    options = rest.pop() if rest and isinstance(rest[-1], dict) else {}
    return name, rest, options
