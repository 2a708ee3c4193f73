"""Cells of recurrent networks: one step in time, in PyTorch's conventions."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from purevjp.activation import relu, sigmoid
from purevjp.aliases import Array, ArrayLike, DType, Pullback1, TreePullback
from purevjp.broadcast import cast
from purevjp.contract import as_cotangent, as_primal
from purevjp.elementwise import tanh
from purevjp.lane import accumulator

__all__ = ["gru_cell", "lstm_cell", "rnn_cell"]

ACTIVATIONS: dict[str, Callable[[ArrayLike], tuple[Array, Pullback1]]] = {"tanh": tanh, "relu": relu}


def rnn_cell(
    x: ArrayLike,
    h: ArrayLike,
    w_ih: ArrayLike,
    w_hh: ArrayLike,
    b_ih: ArrayLike,
    b_hh: ArrayLike,
    /,
    *,
    activation: Literal["tanh", "relu"] = "tanh",
) -> tuple[Array, TreePullback]:
    """One step of a plain recurrent network.

    Value     y = f(a),  a = w_ih x + b_ih + w_hh h + b_hh
    Pullback  da = u f′(a),  dx = w_ihᵀ da,  dh = w_hhᵀ da,  dw_ih = da xᵀ,  dw_hh = da hᵀ,  db_ih = db_hh = da, summed
              over the samples
    Kinks     activation="relu": a = 0: 0, as JAX and torch
    Shapes    x: (..., n), h, y, u: (..., k), w_ih: (k, n), w_hh: (k, k), b_ih, b_hh: (k)
    Keeps     x, h, w_ih, w_hh, what f keeps
    Errors    ValueError when the shapes do not fit (nothing is broadcast), or on another activation

    >>> one, zero = np.eye(1), np.zeros(1)
    >>> value, vjp = rnn_cell(np.array([3.0]), np.array([2.0]), 2 * one, -one, zero, zero, activation="relu")
    >>> value, [dx.tolist() for dx in vjp(np.array([5.0]))]
    (array([4.]), [[10.0], [-5.0], [[15.0]], [[10.0]], [5.0], [5.0]])
    """
    (x, h, *parameters), dtype = primals("rnn_cell", 1, x=x, h=h, w_ih=w_ih, w_hh=w_hh, b_ih=b_ih, b_hh=b_hh)
    if activation not in ACTIVATIONS:
        raise ValueError(f"rnn_cell got activation {activation!r}, but should get 'tanh' or 'relu'")
    a, h_part, gates_vjp = gates(x, h, parameters, dtype)
    y, f_vjp = ACTIVATIONS[activation](a + h_part)
    shape = y.shape

    def rnn_cell_vjp(u: ArrayLike) -> tuple[Array, ...]:
        (da,) = f_vjp(as_cotangent(u, "rnn_cell", shape, dtype))
        return gates_vjp(da, da)

    return y, rnn_cell_vjp


def lstm_cell(
    x: ArrayLike,
    h: ArrayLike,
    c: ArrayLike,
    w_ih: ArrayLike,
    w_hh: ArrayLike,
    b_ih: ArrayLike,
    b_hh: ArrayLike,
    /,
) -> tuple[tuple[Array, Array], Callable[[Any], tuple[Array, ...]]]:
    """One step of a network with long short-term memory.

    Value     (h′, c′): c′ = σ(f) c + σ(i) tanh(g),  h′ = σ(o) tanh(c′),  (i, f, g, o) = w_ih x + b_ih + w_hh h + b_hh
    Pullback  of u = (uₕ, u_c): e = u_c + uₕ σ(o) tanh′(c′),  dc = e σ(f),  di = e tanh(g) σ′(i),  df = e c σ′(f),
              dg = e σ(i) tanh′(g),  do = uₕ tanh(c′) σ′(o), and through the matrices as in `rnn_cell`
    Shapes    x: (..., n), h, c, h′, c′, uₕ, u_c: (..., k), w_ih: (4 k, n), w_hh: (4 k, k), b_ih, b_hh: (4 k), the gates
              in the order i, f, g, o, as torch
    Keeps     x, h, c, w_ih, w_hh, the gates and tanh(c′), each with what its function keeps
    Errors    ValueError when the shapes do not fit (nothing is broadcast); TypeError when u is no pair

    >>> zeros = [np.zeros(shape) for shape in ((4, 1), (4, 1), (4,), (4,))]
    >>> (h, c), vjp = lstm_cell(np.array([1.0]), np.array([1.0]), np.array([8.0]), *zeros)
    >>> c, vjp((np.array([0.0]), np.array([2.0])))[2]
    (array([4.]), array([1.]))
    """
    (x, h, c, *parameters), dtype = primals("lstm_cell", 4, x=x, h=h, c=c, w_ih=w_ih, w_hh=w_hh, b_ih=b_ih, b_hh=b_hh)
    a, h_part, gates_vjp = gates(x, h, parameters, dtype)
    i, f, g, o = np.split(a + h_part, 4, axis=-1)
    (i, i_vjp), (f, f_vjp), (g, g_vjp), (o, o_vjp) = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
    c_new = f * c + i * g
    t, t_vjp = tanh(c_new)
    h_new = o * t
    shape = h_new.shape

    def lstm_cell_vjp(u: Any) -> tuple[Array, ...]:
        if not isinstance(u, tuple | list) or len(u) != 2:
            raise TypeError(f"lstm_cell_vjp got u as {u.__class__.__name__}, but should get a pair, of h and of c")
        u_h, u_c = (as_cotangent(part, "lstm_cell", shape, dtype) for part in u)
        dc_new = t_vjp(u_h * o)[0] + u_c
        parts = i_vjp(dc_new * g), f_vjp(dc_new * c), g_vjp(dc_new * i), o_vjp(u_h * t)
        da = np.concatenate([part for (part,) in parts], axis=-1)
        dx, dh, *dparameters = gates_vjp(da, da)
        return dx, dh, cast(dc_new * f, c.dtype), *dparameters

    return (h_new, c_new), lstm_cell_vjp


def gru_cell(
    x: ArrayLike,
    h: ArrayLike,
    w_ih: ArrayLike,
    w_hh: ArrayLike,
    b_ih: ArrayLike,
    b_hh: ArrayLike,
    /,
) -> tuple[Array, TreePullback]:
    """One step of a network of gated recurrent units, reset after the product with w_hh, as torch.

    Value     y = (1 − z) n + z h,  n = tanh(aₙ + r bₙ),  r = σ(aᵣ + bᵣ),  z = σ(a_z + b_z),
              (aᵣ, a_z, aₙ) = w_ih x + b_ih,  (bᵣ, b_z, bₙ) = w_hh h + b_hh
    Pullback  e = u (1 − z) tanh′,  dr = e bₙ σ′,  dz = u (h − n) σ′,  da = (dr, dz, e),  db = (dr, dz, e r),
              dx = w_ihᵀ da,  dh = w_hhᵀ db + u z,  dw_ih = da xᵀ,  dw_hh = db hᵀ,  db_ih = da,  db_hh = db, summed over
              the samples
    Shapes    x: (..., n), h, y, u: (..., k), w_ih: (3 k, n), w_hh: (3 k, k), b_ih, b_hh: (3 k), the gates in the order
              r, z, n, as torch
    Keeps     x, h, w_ih, w_hh, bₙ, r, z, 1 − z, n, each with what its function keeps
    Errors    ValueError when the shapes do not fit (nothing is broadcast)
    Source    1 − z as σ(−a_z − b_z), which has all its digits where z is near 1

    >>> zeros = [np.zeros(shape) for shape in ((3, 1), (3, 1), (3,), (3,))]
    >>> value, vjp = gru_cell(np.array([1.0]), np.array([4.0]), *zeros)
    >>> value, vjp(np.array([3.0]))[1]
    (array([2.]), array([1.5]))
    """
    (x, h, *parameters), dtype = primals("gru_cell", 3, x=x, h=h, w_ih=w_ih, w_hh=w_hh, b_ih=b_ih, b_hh=b_hh)
    a, b, gates_vjp = gates(x, h, parameters, dtype)
    (a_r, a_z, a_n), (b_r, b_z, b_n) = np.split(a, 3, axis=-1), np.split(b, 3, axis=-1)
    (r, r_vjp), (z, z_vjp), (rest, _) = sigmoid(a_r + b_r), sigmoid(a_z + b_z), sigmoid(-a_z - b_z)
    n, n_vjp = tanh(a_n + r * b_n)
    y = rest * n + z * h
    shape = y.shape

    def gru_cell_vjp(u: ArrayLike) -> tuple[Array, ...]:
        u = as_cotangent(u, "gru_cell", shape, dtype)
        (dn,) = n_vjp(u * rest)
        (dr,), (dz,) = r_vjp(dn * b_n), z_vjp(u * (h - n))
        da, db = (np.concatenate([dr, dz, last], axis=-1) for last in (dn, dn * r))
        dx, dh, *dparameters = gates_vjp(da, db)
        return dx, cast(dh + u * z, h.dtype), *dparameters

    return y, gru_cell_vjp


def gates(
    x: Array, h: Array, parameters: Sequence[Array], dtype: DType
) -> tuple[Array, Array, Callable[[Array, Array], tuple[Array, ...]]]:
    """w_ih x + b_ih and w_hh h + b_hh in this dtype, and the cotangents of all six arrays from theirs."""
    w_ih, w_hh, b_ih, b_hh = parameters
    b_ih_dtype, b_hh_dtype = b_ih.dtype, b_hh.dtype
    samples, rows, wide = math.prod(x.shape[:-1]), w_ih.shape[0], accumulator(dtype)

    def gates_vjp(da: Array, db: Array) -> tuple[Array, ...]:
        da_rows, db_rows = da.reshape(samples, rows), db.reshape(samples, rows)
        return (
            cast(da @ w_ih, x.dtype),
            cast(db @ w_hh, h.dtype),
            cast(da_rows.T @ x.reshape(samples, x.shape[-1]), w_ih.dtype),
            cast(db_rows.T @ h.reshape(samples, h.shape[-1]), w_hh.dtype),
            cast(da_rows.sum(axis=0, dtype=wide), b_ih_dtype),
            cast(db_rows.sum(axis=0, dtype=wide), b_hh_dtype),
        )

    return cast(x @ w_ih.T + b_ih, dtype), cast(h @ w_hh.T + b_hh, dtype), gates_vjp


def primals(rule: str, parts: int, **arrays: ArrayLike) -> tuple[list[Array], DType]:
    """The states and parameters of a cell with so many gates, their shapes checked, and the dtype of its results."""
    xs = {name: as_primal(array, rule, name) for name, array in arrays.items()}
    for name in ("x", "h"):
        if not xs[name].ndim:
            raise ValueError(f"{rule} got {name} of shape (), but should get (..., n)")
    (*lead, n), k = xs["x"].shape, xs["h"].shape[-1]
    state, rows = (*lead, k), parts * k
    shapes = {"h": state, "c": state, "w_ih": (rows, n), "w_hh": (rows, k), "b_ih": (rows,), "b_hh": (rows,)}
    for name, array in xs.items():
        if array.shape != shapes.get(name, array.shape):
            raise ValueError(f"{rule} got {name} of shape {array.shape}, but should get {shapes[name]}")
    return list(xs.values()), np.result_type(*xs.values())
