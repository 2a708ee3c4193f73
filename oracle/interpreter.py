"""JAX's interpreter of networks as data: what `purevjp.diagram` says, run by nothing of purevjp's."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp

from oracle import network
from oracle.catalogue import CATALOGUE
from oracle.convolution import each_axis, pairs, reach_of
from purevjp.aliases import Tree

Node: TypeAlias = tuple[Any, ...]
Kinked: TypeAlias = list[tuple[str, dict[str, Any], Any]]
"""The kinked rules that were met, their options, and what they got."""


def interpret(node: Node, params: Tree, x: Any, met: Kinked) -> Any:
    """The value of a network; `met` is told of each kinked rule."""
    name, *rest = node
    options = rest.pop() if rest and isinstance(rest[-1], dict) else {}
    if name in COMBINATORS:
        return COMBINATORS[name](rest, params, x, met, **options)
    if name in LAYERS:
        return LAYERS[name](params, x, **options)
    if name in CATALOGUE and CATALOGUE[name]["kink"] is not None:
        met.append((name, options, x))
    rule: Callable[..., Any] = POOLS[name] if name in POOLS else CATALOGUE[name]["counterpart"]
    return rule(x, *(params if isinstance(params, tuple | list) else (params,)), **options)


def chain(nodes: list[Node], params: Tree, x: Any, met: Kinked) -> Any:
    """One after the other."""
    for node, own in zip(nodes, params, strict=True):
        x = interpret(node, own, x, met)
    return x


def branches(nodes: list[Node], params: Tree, x: Any, met: Kinked) -> list[Any]:
    """Side by side."""
    return [interpret(node, own, x, met) for node, own in zip(nodes, params, strict=True)]


def concat(nodes: list[Node], params: Tree, x: Any, met: Kinked, *, axis: int = -1) -> Any:
    """Joined."""
    return jnp.concatenate(branches(nodes, params, x, met), axis)


def total(nodes: list[Node], params: Tree, x: Any, met: Kinked) -> Any:
    """Added up."""
    return sum(branches(nodes, params, x, met))


def residual(nodes: list[Node], params: Tree, x: Any, met: Kinked) -> Any:
    """Beside x, or beside another branch."""
    return total(nodes, params, x, met) if len(nodes) == 2 else x + interpret(nodes[0], params, x, met)


def tied(nodes: list[Node], params: Tree, x: Any, met: Kinked, *, same: dict[int, int]) -> Any:
    """With some params twice."""
    left = iter(params)
    own = {i: next(left) for i in range(len(params) + len(same)) if i not in same}
    whole = [own[same.get(i, i)] for i in range(len(params) + len(same))]
    return interpret(nodes[0], tuple(whole), x, met)


def each_sample(nodes: list[Node], params: Tree, x: Any, met: Kinked) -> Any:
    """One by one."""
    return jnp.stack([interpret(nodes[0], params, sample, met) for sample in x])


def as_it_is(nodes: list[Node], params: Tree, x: Any, met: Kinked) -> Any:
    """Memory is no business of the value."""
    return interpret(nodes[0], params, x, met)


def recurrent(kind: str) -> Callable[..., Any]:
    """Over (t, n) or batches of it, forwards or backwards."""

    def run(params: Tree, x: Any, *, reverse: bool = False) -> Any:
        x = jnp.flip(x, -2) if reverse else x
        y = network.recurrent(kind)(tuple(params), x if x.ndim == 3 else x[None])
        y = y if x.ndim == 3 else y[0]
        return jnp.flip(y, -2) if reverse else y

    return run


def biased_conv(params: Tree, x: Any, **options: Any) -> Any:
    """A bias for each channel."""
    w, b = params
    defaults = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    y = CATALOGUE["conv"]["counterpart"](x, w, **{**defaults, **options})
    return y + b.reshape(-1, *(1,) * (x.ndim - 2))


def windows(x: Any, fill: float, window: Any, stride: Any, padding: Any, dilation: Any) -> list[Any]:
    """For each place in a window, what lies there; by strided slices."""
    sides, n = x.shape[2:], x.ndim - 2
    kernel, spaces = each_axis(window, n), each_axis(dilation, n)
    steps, reach = each_axis(stride or kernel, n), reach_of(kernel, spaces)
    around = jnp.pad(x, [(0, 0), (0, 0), *pairs(padding, sides, reach, steps)], constant_values=fill)
    counts = [(side - r) // s + 1 for side, r, s in zip(around.shape[2:], reach, steps, strict=True)]
    found = [around]
    for axis, (k, d, s, count) in enumerate(zip(kernel, spaces, steps, counts, strict=True), 2):
        found = [
            jax.lax.slice_in_dim(part, tap * d, tap * d + (count - 1) * s + 1, s, axis)
            for part in found
            for tap in range(k)
        ]
    return found


def max_pool(x: Any, *, window: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """The first of the largest."""
    first, *others = windows(x, -math.inf, window, stride, padding, dilation)
    for other in others:
        first = jnp.where(other > first, other, first)
    return first


def avg_pool(x: Any, *, window: Any, stride: Any, padding: Any, count_include_pad: bool) -> Any:
    """The mean of all, or of what is inside."""
    parts = windows(x, 0.0, window, stride, padding, 1)
    inside = sum(windows(jnp.ones_like(x), 0.0, window, stride, padding, 1))
    return sum(parts) / (len(parts) if count_include_pad else inside)


COMBINATORS: dict[str, Callable[..., Any]] = {
    "chain": chain, "concat": concat, "map_batch": each_sample, "remat": as_it_is, "residual": residual, "sum": total,
    "tied": tied,
}  # fmt: skip
LAYERS: dict[str, Callable[..., Any]] = {
    "biased_conv": biased_conv,
    "dense": network.dense,
    "flatten": lambda _params, x: x.reshape(x.shape[0], -1),
    "gru": recurrent("gru"),
    "lstm": recurrent("lstm"),
    "rnn": recurrent("rnn"),
    "self_attention": network.self_attention,
    "transformer_block": network.transformer_block,
}
POOLS: dict[str, Callable[..., Any]] = {"avg_pool": avg_pool, "max_pool": max_pool}
"""Written anew: the rows gather, which is slow to run once."""
