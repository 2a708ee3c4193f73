"""Rows of purevjp/recurrent.py; JAX has no cells, so each is written from its definition."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.acceptance import interval as between
from oracle.acceptance import point
from oracle.domain import Case, Choose, Static, case, interval
from oracle.referee import EXP, TANH
from purevjp.aliases import Array, Shape

STATE = interval(-2, 2, wide=4.0, special=(0.0, 1.0, -1.0, 2.0, 4.0, -4.0))


def cell_shapes(parts: int, states: int) -> Callable[[Choose], tuple[Shape, ...]]:
    """Shapes of a cell with so many gates and states: one sample, a batch, more axes, or no sample."""

    def shapes(choose: Choose) -> tuple[Shape, ...]:
        lead: Shape = choose(((), (2,), (1,), (3,), (2, 2), (0,)))
        n, k = choose((2, 1, 3)), choose((2, 1, 3))
        rows = parts * k
        return (*lead, n), *((*lead, k),) * states, (rows, n), (rows, k), (rows,), (rows,)

    return shapes


def activation(choose: Choose, _shapes: Sequence[Any], _static: Static) -> str:
    """The function of a plain cell."""
    return str(choose(("tanh", "relu")))


def sigma(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), accurate on either side."""
    e = jnp.exp(jnp.where(x < 0, x, -x))
    return jnp.where(x < 0, e, 1) / (1 + e)


@jax.custom_jvp
def tanh(x: Any) -> Any:
    """JAX's, but for its slope, 4e / (1 + e)², which keeps its digits in the tails."""
    return jnp.tanh(x)


@tanh.defjvp
def tanh_jvp(xs: Any, tangents: Any) -> Any:
    """Its slope."""
    e = jnp.exp(-2 * jnp.abs(xs[0]))
    return tanh(xs[0]), tangents[0] * (4 * e / (1 + e) ** 2)


def in_parts(a: Any, parts: int) -> list[Any]:
    """The gates, one after the other."""
    k = a.shape[-1] // parts
    return [a[..., i * k : (i + 1) * k] for i in range(parts)]


def rnn_cell(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, *, activation: str) -> Any:
    """f(w_ih x + b_ih + w_hh h + b_hh)."""
    a = jnp.einsum("...n,kn->...k", x, w_ih) + b_ih + (jnp.einsum("...n,kn->...k", h, w_hh) + b_hh)
    return tanh(a) if activation == "tanh" else jax.nn.relu(a)


def lstm_cell(x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    """The new h and c."""
    a = jnp.einsum("...n,kn->...k", x, w_ih) + b_ih + (jnp.einsum("...n,kn->...k", h, w_hh) + b_hh)
    i, f, g, o = in_parts(a, 4)
    c = sigma(f) * c + sigma(i) * tanh(g)
    return sigma(o) * tanh(c), c


def gru_cell(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    """The new h."""
    a_r, a_z, a_n = in_parts(jnp.einsum("...n,kn->...k", x, w_ih) + b_ih, 3)
    b_r, b_z, b_n = in_parts(jnp.einsum("...n,kn->...k", h, w_hh) + b_hh, 3)
    n = tanh(a_n + sigma(a_r + b_r) * b_n)
    return sigma(-(a_z + b_z)) * n + sigma(a_z + b_z) * h


def exact_sigma(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), of exact numbers."""
    return 1 / (1 + EXP(-x))


def product(w: Any, x: Any, b: Any) -> Any:
    """W x + b, of exact numbers."""
    return (x[..., None, :] * w).sum(-1) + b


def exact_rnn_cell(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, *, activation: str) -> Any:
    """The same, of exact numbers."""
    a = product(w_ih, x, b_ih) + product(w_hh, h, b_hh)
    return TANH(a) if activation == "tanh" else np.maximum(a, 0)


def exact_lstm_cell(x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    """The new h and c of exact numbers, one after the other."""
    i, f, g, o = in_parts(product(w_ih, x, b_ih) + product(w_hh, h, b_hh), 4)
    c = exact_sigma(f) * c + exact_sigma(i) * TANH(g)
    return np.concatenate([np.ravel(exact_sigma(o) * TANH(c)), np.ravel(c)])


def exact_gru_cell(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    """The same, of exact numbers."""
    (a_r, a_z, a_n), (b_r, b_z, b_n) = in_parts(product(w_ih, x, b_ih), 3), in_parts(product(w_hh, h, b_hh), 3)
    z = exact_sigma(a_z + b_z)
    return (1 - z) * TANH(a_n + exact_sigma(a_r + b_r) * b_n) + z * h


def corner(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, *, activation: str) -> Array:
    """What relu is applied to."""
    return np.ravel(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh) if activation == "relu" else np.ones(1)


CORNER = point(
    "relu of 0", "P1", [2.0], [1.0], [[1.0]], [[-2.0]], [0.0], [0.0], u=[3.0], value=[0], static={"activation": "relu"},
    accepts=(
        between(0, 1), between(-2, 0), between(0, 2), between(0, 1), between(0, 1), between(0, 1),
    ),
    convention=([0], [0], [[0]], [[0]], [0], [0]), torch=([0], [0], [[0]], [[0]], [0], [0]),
    jax=([0], [0], [[0]], [[0]], [0], [0]),
)  # fmt: skip

CASES: tuple[Case, ...] = (
    case(
        pv.rnn_cell,
        rnn_cell,
        cell_shapes(1, 1),
        *(STATE,) * 6,
        static={"activation": activation},
        kink=corner,
        definition=exact_rnn_cell,
        points=(CORNER,),
    ),
    case(pv.lstm_cell, lstm_cell, cell_shapes(4, 2), *(STATE,) * 7, definition=exact_lstm_cell, packs=True),
    case(pv.gru_cell, gru_cell, cell_shapes(3, 1), *(STATE,) * 6, definition=exact_gru_cell),
)
