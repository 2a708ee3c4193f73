"""Recurrent layers: a cell for each step of a sequence, from a state of zeros; (..., t, n) to (..., t, k)."""

from typing import Any

import numpy as np

from purevjp.aliases import Layer, LayerPullback, Rule, Tree
from purevjp.combinator import scan
from purevjp.recurrent import gru_cell, lstm_cell, rnn_cell
from purevjp.tree import tree_map, tree_sum

__all__ = ["gru", "lstm", "rnn"]

PARAMS = 4


def rnn(*, activation: str = "tanh", reverse: bool = False) -> Layer:
    """A plain recurrent network; params: (w_ih, w_hh, b_ih, b_hh) of `rnn_cell`. `reverse` begins with the last step.

    >>> params = np.eye(1), 2 * np.eye(1), np.zeros(1), np.zeros(1)
    >>> y, vjp = rnn(activation="relu")(params, np.array([[1.0], [3.0]]))
    >>> y.tolist(), vjp(np.array([[0.0], [1.0]]))[1].tolist()
    ([[1.0], [5.0]], [[2.0], [1.0]])
    """
    return over_time(rnn_cell, 1, reverse, activation=activation)


def lstm(*, reverse: bool = False) -> Layer:
    """Long short-term memory; params: (w_ih, w_hh, b_ih, b_hh) of `lstm_cell`."""
    return over_time(lstm_cell, 2, reverse)


def gru(*, reverse: bool = False) -> Layer:
    """Gated recurrent units; params: (w_ih, w_hh, b_ih, b_hh) of `gru_cell`."""
    return over_time(gru_cell, 1, reverse)


def over_time(rule: Rule, states: int, reverse: bool, **static: Any) -> Layer:
    """A cell's rule as a layer over sequences; its first state is what it shows at each step."""

    def cell(params: Tree, pair: Tree) -> tuple[Tree, LayerPullback]:
        state, x = pair
        new, cell_vjp = rule(x, *state, *params, **static)
        is_alone = not isinstance(new, tuple)
        new = (new,) if is_alone else new

        def cell_vjp_of_pair(u: Any) -> tuple[Tree, Tree]:
            dstate, dy = u
            first = tree_sum(dstate[0], dy)
            dx, *rest = cell_vjp(first if is_alone else (first, *dstate[1:]))
            return tuple(rest[states:]), (tuple(rest[:states]), dx)

        return (new, new[0]), cell_vjp_of_pair

    scanned = scan(cell, reverse=reverse)

    def recurrent(params: Tree, x: Tree) -> tuple[Tree, LayerPullback]:
        if not isinstance(params, tuple | list) or len(params) != PARAMS:
            got = f"{len(params)} params" if isinstance(params, tuple | list) else f"a {params.__class__.__name__}"
            raise ValueError(f"{rule.__name__} over time got {got}, but should get (w_ih, w_hh, b_ih, b_hh)")
        if np.ndim(x) < 2:
            raise ValueError(f"{rule.__name__} over time got x of shape {np.shape(x)}, but should get (..., t, n)")
        k, dtype = np.shape(params[1])[-1], np.result_type(x, *params)
        zeros = (np.zeros((*np.shape(x)[:-2], k), dtype),) * states
        as_given = list if isinstance(params, list) else tuple
        (last, y), scan_vjp = scanned(params, (zeros, x))
        none = tree_map(np.zeros_like, last)

        def recurrent_vjp(u: Any) -> tuple[Tree, Tree]:
            dparams, (_, dx) = scan_vjp((none, u))
            return as_given(dparams), dx

        return y, recurrent_vjp

    return recurrent
