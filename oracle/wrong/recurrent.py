"""Wrong pullbacks of purevjp/recurrent.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv


def lstm(u: Any, *xs: Any) -> Any:
    """Right, of a pair of cotangents in one array."""
    shape = xs[1].shape
    return pv.lstm_cell(*xs)[1](tuple(half.reshape(shape) for half in np.split(u, 2)))


def halves(u: Any, of_h: float, of_c: float) -> Any:
    """The cotangents of h and of c times a number each."""
    factors = np.repeat(np.array([of_h, of_c], u.dtype), u.size // 2)
    return u * factors


def gates_in_order(dparameters: Any, order: list[int]) -> Any:
    """Cotangents of parameters with their gates in another order."""
    return tuple(np.concatenate([np.split(dw, len(order))[i] for i in order]) for dw in dparameters)


def no_forgetting(u: Any, *xs: Any) -> Any:
    """dc without the gate f: as if f were 1."""
    ones = np.full(xs[-1].shape[0] // 4, 100, xs[-1].dtype)
    b = xs[-1].copy()
    b[len(ones) : 2 * len(ones)] = ones
    dx, dh, _, *rest = lstm(u, *xs)
    return dx, dh, lstm(u, *xs[:-1], b)[2], *rest


def gru(u: Any, *xs: Any) -> Any:
    """Right."""
    return pv.gru_cell(*xs)[1](u)


def reset_before(u: Any, *xs: Any) -> Any:
    """Cotangents of b_hh and w_hh as if r did not multiply bₙ."""
    *others, _, db_ih, _ = gru(u, *xs)
    da = (
        np.stack([gru(row, x, h, *xs[2:])[4] for row, x, h in rows(u, *xs[:2])])
        if u.size
        else np.zeros((0, 1), u.dtype)
    )
    h = xs[1].reshape(-1, xs[1].shape[-1])
    return *others, (da.T @ h if u.size else np.zeros_like(xs[3])), db_ih, db_ih.copy()


def rows(*arrays: Any) -> Any:
    """Sample by sample."""
    return zip(*(x.reshape(-1, x.shape[-1]) for x in arrays), strict=True)


def no_carry(u: Any, *xs: Any) -> Any:
    """dh through the gates alone, without u z."""
    dx, dh, *rest = gru(u, *xs)
    k = xs[1].shape[-1]
    a = (xs[0] @ xs[2].T + xs[4] + xs[1] @ xs[3].T + xs[5])[..., k : 2 * k]
    return dx, dh - u * pv.sigmoid(a)[0], *rest


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "rnn_cell": {
        "the other activation's slope": lambda u, *xs, activation: pv.rnn_cell(
            *xs, activation="relu" if activation == "tanh" else "tanh"
        )[1](u),
        "one bias": lambda u, *xs, activation: (
            *pv.rnn_cell(*xs, activation=activation)[1](u)[:-1],
            np.zeros_like(xs[-1]),
        ),
        "w_hh not transposed": lambda u, x, h, w_ih, w_hh, *biases, activation: tuple(
            dx
            if i != 1
            else pv.rnn_cell(
                x, h @ w_hh.T, w_ih, np.eye(*w_hh.shape, dtype=w_hh.dtype), *biases, activation=activation
            )[1](u)[1]
            @ w_hh.T
            for i, dx in enumerate(pv.rnn_cell(x, h, w_ih, w_hh, *biases, activation=activation)[1](u))
        ),
        "the mean over samples": lambda u, *xs, activation: tuple(
            dx if i < 2 else dx / dx.dtype.type(max(1, u.size // max(1, u.shape[-1])))
            for i, dx in enumerate(pv.rnn_cell(*xs, activation=activation)[1](u))
        ),
    },
    "lstm_cell": {
        "cotangent of c forgotten": lambda u, *xs: lstm(halves(u, 1, 0), *xs),
        "cotangent of h forgotten": lambda u, *xs: lstm(halves(u, 0, 1), *xs),
        "gates in the order of ONNX, i, o, f, g": lambda u, *xs: (
            *lstm(u, *xs)[:3],
            *gates_in_order(lstm(u, *xs)[3:], [0, 3, 1, 2]),
        ),
        "c not forgotten": no_forgetting,
        "one bias": lambda u, *xs: (*lstm(u, *xs)[:-1], np.zeros_like(xs[-1])),
    },
    "gru_cell": {
        "r does not multiply bₙ": reset_before,
        "no way past the gates": no_carry,
        "gates in the order z, r, n": lambda u, *xs: (*gru(u, *xs)[:2], *gates_in_order(gru(u, *xs)[2:], [1, 0, 2])),
        "one bias": lambda u, *xs: (*gru(u, *xs)[:-1], np.zeros_like(xs[-1])),
    },
}
