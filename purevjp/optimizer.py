"""Optimisers as pure functions: `(params, gradients, state) -> (params, state)`; the first state is None.

`rate` is a number, or a schedule: a function of the number of steps done, from 0 on (see `schedule.py`). A state is a
tree that can be saved; it begins with the number of steps done.
"""

import math
from typing import Any, TypeAlias

import numpy as np

from purevjp.aliases import Tree
from purevjp.train import Rate, adam_step, fitting, rate_at, sgd_step
from purevjp.tree import tree_leaves, tree_map

__all__ = ["adam", "adamw", "clip", "clip_by_global_norm", "global_norm", "momentum", "nesterov", "rmsprop", "sgd"]

State: TypeAlias = tuple[Any, ...] | None


def sgd(params: Tree, gradients: Tree, state: State = None, *, rate: Rate) -> tuple[Tree, State]:
    """Stochastic gradient descent: p ← p − rate g. State: (steps,).

    >>> sgd(np.array([1.0]), np.array([2.0]), rate=0.1)
    (array([0.8]), (1,))
    """
    t = steps_of(state, 1, "sgd")
    params, _ = sgd_step(params, gradients, None, rate=rate_at(rate, t))
    return params, (t + 1,)


def momentum(params: Tree, gradients: Tree, state: State = None, *, rate: Rate, decay: float = 0.9) -> Any:
    """Heavy ball: v ← decay v + g, p ← p − rate v. State: (steps, v). Source: Polyak 1964.

    >>> momentum(np.array([1.0]), np.array([2.0]), (1, np.array([10.0])), rate=0.1, decay=0.5)
    (array([0.3]), (2, array([7.])))
    """
    t = steps_of(state, 2, "momentum")
    params, v = sgd_step(params, gradients, state[1] if state else None, rate=rate_at(rate, t), momentum=decay)
    return params, (t + 1, v)


def nesterov(params: Tree, gradients: Tree, state: State = None, *, rate: Rate, decay: float = 0.9) -> Any:
    """Nesterov's momentum: v ← decay v + g, p ← p − rate (g + decay v). State: (steps, v).

    Source: Sutskever et al. 2013, in the form with gradients at the point itself.

    >>> nesterov(np.array([1.0]), np.array([2.0]), (1, np.array([10.0])), rate=0.1, decay=0.5)
    (array([0.45]), (2, array([7.])))
    """
    t = steps_of(state, 2, "nesterov")
    v = tree_map(lambda v, g: decay * v + fitting(v, g, "nesterov"), state[1], gradients) if state else gradients
    v = v if state else tree_map(np.array, v)
    ahead = tree_map(lambda g, v: g + decay * v, gradients, v)
    return sgd_step(params, ahead, None, rate=rate_at(rate, t))[0], (t + 1, v)


def rmsprop(
    params: Tree, gradients: Tree, state: State = None, *, rate: Rate, decay: float = 0.9, epsilon: float = 1e-8
) -> Any:
    """RMSProp: v ← decay v + (1 − decay) g², p ← p − rate g / (√v + ε). State: (steps, v). Source: Hinton 2012.

    >>> params, _ = rmsprop(np.array([1.0]), np.array([2.0]), rate=0.1, decay=0.75, epsilon=0.0)
    >>> params
    array([0.8])
    """
    t = steps_of(state, 2, "rmsprop")
    step = rate_at(rate, t)
    v = state[1] if state else tree_map(np.zeros_like, params)
    v = tree_map(lambda v, g: decay * v + (1 - decay) * fitting(v, g, "rmsprop") * g, v, gradients)
    return tree_map(lambda p, g, v: p - step * g / (np.sqrt(v) + epsilon), params, gradients, v), (t + 1, v)


def adam(
    params: Tree,
    gradients: Tree,
    state: State = None,
    *,
    rate: Rate,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> Any:
    """Adam, as `adam_step`. State: (steps, m, v).

    >>> adam(np.array([1.0]), np.array([2.0]), rate=0.1)[0]
    array([0.9])
    """
    for name, beta in (("beta1", beta1), ("beta2", beta2)):
        if not 0 <= beta < 1:
            raise ValueError(f"adam got {name} {beta}, but should get a number from 0 on and below 1")
    if not epsilon >= 0:
        raise ValueError(f"adam got epsilon {epsilon}, but should get a number from 0 on")
    step: Any = state
    size = rate_at(rate, steps_of(state, 3, "adam"))
    return adam_step(params, gradients, step, rate=size, beta1=beta1, beta2=beta2, epsilon=epsilon)


def adamw(
    params: Tree,
    gradients: Tree,
    state: State = None,
    *,
    rate: Rate,
    decay: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    decays: Tree = None,
) -> Any:
    """Adam with weights that decay apart from the gradient: p ← p − rate (m̂ / (√v̂ + ε) + decay p).

    `decays` is a tree of truth values that says which do, all by default. State: (steps, m, v). Source: Loshchilov &
    Hutter 2019 (arXiv 1711.05101).

    >>> adamw(np.array([1.0]), np.array([2.0]), rate=0.1, decay=0.5)[0]
    array([0.85])
    """
    share = rate_at(rate, steps_of(state, 3, "adamw")) * decay
    new, state = adam(params, gradients, state, rate=rate, beta1=beta1, beta2=beta2, epsilon=epsilon)
    if decays is None:
        return tree_map(lambda p, old: p - share * old, new, params), state
    return tree_map(lambda p, old, decay: p - share * old if decay else p, new, params, decays), state


def global_norm(tree: Tree) -> float:
    """√Σ g² over all arrays of a tree, added up in float64.

    >>> global_norm([np.array([3.0]), np.array(4.0)])
    5.0
    """
    return math.sqrt(sum(float(np.sum(np.square(leaf, dtype=np.float64))) for leaf in tree_leaves(tree)))


def clip_by_global_norm(gradients: Tree, limit: float) -> Tree:
    """Gradients scaled down together so that their norm is `limit` at most.

    >>> clip_by_global_norm([np.array([3.0]), np.array([4.0])], 1.0)
    [array([0.6]), array([0.8])]
    """
    factor = limit / max(global_norm(gradients), positive(limit, "clip_by_global_norm"))
    return tree_map(lambda g: g * factor, gradients) if factor < 1 else gradients


def clip(gradients: Tree, limit: float) -> Tree:
    """Gradients, each element between −limit and limit.

    >>> clip([np.array([-3.0, 0.5])], 1.0)
    [array([-1. ,  0.5])]
    """
    positive(limit, "clip")
    return tree_map(lambda g: np.clip(g, -limit, limit), gradients)


def positive(limit: float, what: str) -> float:
    """A limit, if it is one."""
    if not limit > 0:
        raise ValueError(f"{what} got limit {limit}, but should get a positive number")
    return limit


def steps_of(state: State, parts: int, optimizer: str) -> int:
    """How many steps were done.

    Errors  ValueError when the state is that of another optimiser.
    """
    if state is not None and len(state) != parts:
        raise ValueError(f"{optimizer} got a state of {len(state)} parts, but should get its own, of {parts}, or None")
    return int(state[0]) if state else 0
