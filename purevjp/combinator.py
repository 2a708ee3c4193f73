"""Networks out of rules: functions from layers to layers.

A layer is `layer(params, x) -> (y, vjp)` with `vjp(u) -> (dparams, dx)`. `params`, `x` and `y` are trees of arrays, and
a cotangent has the tree of what it belongs to; integers have none, which is the empty tree `()`. What is used several
times gets the sum of its cotangents.

    chain(then(dense, relu), residual(then(dense, relu)), dense)     a network; its params are a tuple of three
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from purevjp.aliases import Array, ArrayLike, Layer, LayerPullback, Rule, Tree
from purevjp.parts import added, as_cotangents, by_key, outline, structure_of
from purevjp.repetition import map_batch, scan
from purevjp.structural import concatenate
from purevjp.tree import tree_map, tree_sum

__all__ = [
    "chain", "concat_branches", "lift", "map_batch", "objective", "parallel", "remat", "residual", "scan",
    "sum_branches", "then", "tied",
]  # fmt: skip


def lift(rule: Rule, /, **static: Any) -> Layer:
    """A rule as a layer: x is its first array, `params` the others, in a tuple or list; or the only other, alone.

    >>> from purevjp.activation import relu
    >>> from purevjp.product import linear
    >>> y, vjp = lift(linear)(np.array([[3.0, 4.0]]), np.array([1.0, 2.0]))
    >>> y, vjp(np.array([10.0]))
    (array([11.]), (array([[10., 20.]]), array([30., 40.])))
    >>> lift(relu)((), np.array([-1.0, 2.0]))[0]
    array([0., 2.])
    """

    def lifted(params: Tree, x: Tree) -> tuple[Tree, LayerPullback]:
        alone = isinstance(params, np.ndarray | np.generic)
        if not alone and not isinstance(params, tuple | list):
            raise TypeError(
                f"{named(rule)} got params as a {params.__class__.__name__}, but should get a tuple or list"
            )
        y, rule_vjp = rule(x, *((params,) if alone else params), **static)
        as_given = list if isinstance(params, list) else tuple

        def lifted_vjp(u: Any) -> tuple[Tree, Tree]:
            dx, *dparams = rule_vjp(u)
            return dparams[0] if alone else as_given(dparams), dx

        return y, lifted_vjp

    return lifted


def then(layer: Layer, /, *rules: Rule) -> Layer:
    """A layer, and after it rules of one array; the params are those of the layer.

    >>> from purevjp.activation import relu
    >>> from purevjp.product import linear
    >>> then(lift(linear), relu)(np.array([[1.0], [-1.0]]), np.array([5.0]))[0]
    array([5., 0.])
    """

    def followed(params: Tree, x: Tree) -> tuple[Tree, LayerPullback]:
        y, layer_vjp = layer(params, x)
        pullbacks = []
        for rule in rules:
            y, rule_vjp = rule(y)
            pullbacks.append(rule_vjp)

        def then_vjp(u: Any) -> tuple[Tree, Tree]:
            for rule_vjp in reversed(pullbacks):
                (u,) = rule_vjp(u)
            return layer_vjp(u)

        return y, then_vjp

    return followed


def chain(*layers: Layer, **named_layers: Layer) -> Layer:
    """Layers one after the other, each with its own params: a tuple or list of them, or a dict if the layers are named.

    Without layers it is the identity.

    >>> from purevjp.activation import relu
    >>> from purevjp.product import linear
    >>> network = chain(hidden=then(lift(linear), relu), out=lift(linear))
    >>> y, vjp = network({"hidden": np.array([[2.0]]), "out": np.array([[3.0]])}, np.array([1.0]))
    >>> y, vjp(np.array([1.0]))
    (array([6.]), ({'hidden': array([[3.]]), 'out': array([[2.]])}, array([6.])))
    """
    parts = by_key("chain", layers, named_layers)

    def chained(params: Tree, x: Tree) -> tuple[Tree, LayerPullback]:
        rebuilt = structure_of("chain", params, parts)
        pullbacks = []
        for key, layer in parts.items():
            x, layer_vjp = layer(params[key], x)
            pullbacks.append((key, layer_vjp))
        like = None if pullbacks else outline(x)

        def chain_vjp(u: Any) -> tuple[Tree, Tree]:
            if not pullbacks:
                return rebuilt({}), tree_map(np.array, as_cotangents(like, "chain", u))
            dparams = {}
            for i, (key, layer_vjp) in reversed(list(enumerate(pullbacks))):
                dparams[key], u = layer_vjp(u)
                if i and isinstance(u, tuple) and not u:
                    raise ValueError(f"chain got no cotangent from its layer {key!r}, which should come first")
            return rebuilt(dparams), u

        return x, chain_vjp

    return chained


def parallel(*layers: Layer, **named_layers: Layer) -> Layer:
    """One x to all layers; the value is the tuple of theirs, or a dict if they are named. dx is the sum of theirs.

    >>> from purevjp.arithmetic import negative
    >>> from purevjp.elementwise import square
    >>> y, vjp = parallel(lift(negative), lift(square))(((), ()), np.array([3.0]))
    >>> y, vjp((np.array([1.0]), np.array([10.0])))
    ((array([-3.]), array([9.])), (((), ()), array([59.])))
    """
    parts = by_key("parallel", layers, named_layers)
    if not parts:
        raise ValueError("parallel got no layers, but should get at least one")

    def fanned_out(params: Tree, x: Tree) -> tuple[Tree, LayerPullback]:
        rebuilt = structure_of("parallel", params, parts)
        ys, pullbacks = {}, {}
        for key, layer in parts.items():
            ys[key], pullbacks[key] = layer(params[key], x)

        def parallel_vjp(u: Any) -> tuple[Tree, Tree]:
            structure_of("parallel_vjp", u, parts, "u")
            dparams, dxs = {}, []
            for key, layer_vjp in pullbacks.items():
                dparams[key], dx = layer_vjp(u[key])
                dxs.append(dx)
            return rebuilt(dparams), tree_sum(*dxs)

        return ys if named_layers else tuple(ys.values()), parallel_vjp

    return fanned_out


def concat_branches(*layers: Layer, axis: int = -1) -> Layer:
    """One x to all layers; their values are joined along `axis`.

    >>> from purevjp.arithmetic import negative
    >>> from purevjp.elementwise import square
    >>> y, vjp = concat_branches(lift(negative), lift(square))(((), ()), np.array([3.0]))
    >>> y, vjp(np.array([1.0, 10.0]))
    (array([-3.,  9.]), (((), ()), array([59.])))
    """

    def concatenated(ys: tuple[ArrayLike, ...]) -> Any:
        return concatenate(ys, axis=axis)

    return then(parallel(*layers), concatenated)


def sum_branches(*layers: Layer) -> Layer:
    """One x to all layers; their values, of one shape, are added up.

    >>> from purevjp.arithmetic import negative
    >>> from purevjp.elementwise import square
    >>> sum_branches(lift(negative), lift(square))(((), ()), np.array([3.0]))[0]
    array([6.])
    """

    def summed(ys: tuple[Array, ...]) -> Any:
        def summed_vjp(u: Any) -> tuple[Tree]:
            return ((u,) * len(ys),)

        return added("sum_branches", *ys), summed_vjp

    return then(parallel(*layers), summed)


def residual(layer: Layer, shortcut: Layer | None = None) -> Layer:
    """y = x + layer(x), with the params of the layer; or shortcut(x) + layer(x), with those of the pair.

    >>> from purevjp.elementwise import square
    >>> y, vjp = residual(lift(square))((), np.array([3.0]))
    >>> y, vjp(np.array([1.0]))
    (array([12.]), ((), array([7.])))
    """
    if shortcut is not None:
        return sum_branches(layer, shortcut)

    def with_shortcut(params: Tree, x: Tree) -> tuple[Tree, LayerPullback]:
        y, layer_vjp = layer(params, x)

        def residual_vjp(u: Any) -> tuple[Tree, Tree]:
            dparams, dx = layer_vjp(u)
            return dparams, tree_sum(u, dx)

        return added("residual", x, y), residual_vjp

    return with_shortcut


def tied(layer: Layer, same: Mapping[Any, Any]) -> Layer:
    """A layer some of whose params are others of them: `same` says which is which, by position or by name.

    The params of the tied layer are those of the layer without the keys of `same`.

    >>> from purevjp.product import linear
    >>> twice = tied(chain(lift(linear), lift(linear)), {1: 0})
    >>> y, vjp = twice((np.array([[3.0]]),), np.array([1.0]))
    >>> y, vjp(np.array([1.0]))
    (array([9.]), ((array([[6.]]),), array([9.])))
    """
    if not isinstance(same, Mapping):
        raise TypeError(f"tied got same as a {same.__class__.__name__}, but should get a dict")
    if bad := [source for source in same.values() if source in same]:
        raise ValueError(f"tied got {same!r}, but {bad[0]!r} should be one that stays, not a tied one")

    def with_ties(params: Tree, x: Tree) -> tuple[Tree, LayerPullback]:
        if isinstance(params, dict):
            own: list[Any] = list(params)
        elif isinstance(params, tuple | list):
            own = [i for i in range(len(params) + len(same)) if i not in same]
        else:
            raise TypeError(f"tied got params as a {params.__class__.__name__}, but should get a tuple, list or dict")
        if missing := [source for source in same.values() if source not in own]:
            raise ValueError(f"tied got params of {own}, but should get {missing[0]!r} among them")
        if len(own) != len(params) or any(key in same for key in own):
            raise ValueError(f"tied got params of {own}, but {list(same)} should come from others of them")
        kept = dict(zip(own, params.values() if isinstance(params, dict) else params, strict=True))
        whole = {**kept, **{key: kept[source] for key, source in same.items()}}
        as_given = list if isinstance(params, list) else tuple
        is_dict = isinstance(params, dict)
        y, layer_vjp = layer(whole if is_dict else as_given(whole[i] for i in range(len(whole))), x)

        def tied_vjp(u: Any) -> tuple[Tree, Tree]:
            dwhole, dx = layer_vjp(u)
            dparams = {
                key: tree_sum(dwhole[key], *(dwhole[other] for other, source in same.items() if source == key))
                for key in own
            }
            return dparams if is_dict else as_given(dparams.values()), dx

        return y, tied_vjp

    return with_ties


def remat(layer: Layer) -> Layer:
    """The layer, whose pullback keeps only params and x and runs the layer again: more time for less memory.

    >>> from purevjp.elementwise import square
    >>> y, vjp = remat(lift(square))((), np.array([3.0]))
    >>> vjp(np.array([1.0]))
    ((), array([6.]))
    """

    def rematerialised(params: Tree, x: Tree) -> tuple[Tree, LayerPullback]:
        y, _ = layer(params, x)

        def remat_vjp(u: Any) -> tuple[Tree, Tree]:
            return layer(params, x)[1](u)

        return y, remat_vjp

    return rematerialised


def objective(layer: Layer, loss: Rule) -> Callable[..., tuple[Array, LayerPullback]]:
    """A loss of the layer's value: `(params, x, **static) -> (value, vjp)`, the keywords being those of the loss.

    >>> from purevjp.loss import cross_entropy
    >>> from purevjp.product import linear
    >>> value, vjp = objective(lift(linear), cross_entropy)(np.zeros((2, 1)), np.array([[1.0]]), labels=[1])
    >>> float(value), vjp(1.0)[0].tolist()
    (0.6931471805599453, [[0.5], [-0.5]])
    """

    def with_loss(params: Tree, x: Tree, **static: Any) -> tuple[Array, LayerPullback]:
        y, layer_vjp = layer(params, x)
        value, loss_vjp = loss(y, **static)

        def objective_vjp(u: Any) -> tuple[Tree, Tree]:
            return layer_vjp(loss_vjp(u)[0])

        return value, objective_vjp

    return with_loss


def named(rule: Rule) -> str:
    """What a rule is called."""
    return str(getattr(rule, "__name__", rule))
