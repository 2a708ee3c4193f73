"""Wrong pullbacks of purevjp/attention.py."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv

attention: Any = pv.scaled_dot_product_attention
rotary: Any = pv.rotary_embedding


def right(u: Any, q: Any, k: Any, v: Any, **static: Any) -> Any:
    """Right."""
    return attention(q, k, v, **static)[1](u)


def weights(q: Any, k: Any, **static: Any) -> Any:
    """p, of all heads."""
    s = k.shape[-2]
    ones = np.broadcast_to(np.eye(s, dtype=q.dtype), (*k.shape[:-1], s))
    return attention(q, k, ones, **static)[0]


def per_head(x: Any, q: Any) -> Any:
    """Keys or values for each head."""
    return np.repeat(x, q.shape[-3] // x.shape[-3], axis=-3)


def over_groups(dx: Any, x: Any) -> Any:
    """The sum over heads that share a key."""
    g = x.shape[-3]
    return dx.reshape(*dx.shape[:-3], g, dx.shape[-3] // g, *dx.shape[-2:]).sum(-3)


def no_correction(u: Any, q: Any, k: Any, v: Any, **static: Any) -> Any:
    """ds = p (u vᵀ), as if weights did not add up to 1."""
    factor = q.dtype.type(1 / math.sqrt(q.shape[-1]) if static["scale"] is None else static["scale"])
    ds = weights(q, k, **static) * (u @ per_head(v, q).swapaxes(-1, -2)) * factor
    dv = right(u, q, k, v, **static)[2]
    return ds @ per_head(k, q), over_groups(ds.swapaxes(-1, -2) @ q, k), dv


def unscaled(u: Any, q: Any, k: Any, v: Any, *, scale: Any, **static: Any) -> Any:
    """Without the scale of q and k."""
    factor = q.dtype.type(1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    dq, dk, dv = right(u, q, k, v, scale=scale, **static)
    return dq / factor, dk / factor, dv


def first_of_group(u: Any, q: Any, k: Any, v: Any, **static: Any) -> Any:
    """Keys and values with the cotangents of the first head of each group alone."""
    shared = q.shape[-3] // k.shape[-3]
    first = np.where(np.arange(q.shape[-3]) % shared == 0, 1, 0).astype(u.dtype)[:, None, None]
    return right(u, q, k, v, **static)[0], *right(u * first, q, k, v, **static)[1:]


def heads_interleaved(u: Any, q: Any, k: Any, v: Any, **static: Any) -> Any:
    """Head i shares the key of i mod g."""
    dq, _, _ = right(u, q, k, v, **static)
    g = k.shape[-3]
    order = np.argsort(np.arange(q.shape[-3]) % g, kind="stable")
    mask = static["mask"]
    if mask is not None and mask.ndim > 2 and mask.shape[-3] > 1:
        static = {**static, "mask": np.take(mask, order, axis=-3)}
    return dq, *right(np.take(u, order, -3), np.take(q, order, -3), k, v, **static)[1:]


def uniform(u: Any, q: Any, k: Any, v: Any, **static: Any) -> Any:
    """Uniform weights for queries that keep no key."""
    dq, dk, dv = right(u, q, k, v, **static)
    p = weights(q, k, **static)
    lost = np.where(p.sum(-1, keepdims=True) == 0, np.ones_like(p) / p.dtype.type(max(1, p.shape[-1])), 0)
    return dq, dk, dv + over_groups(lost.swapaxes(-1, -2) @ u, v)


def nan_where_lost(u: Any, q: Any, k: Any, v: Any, **static: Any) -> Any:
    """nan for queries that keep no key, as of 0 / 0."""
    dq, dk, dv = right(u, q, k, v, **static)
    lost = weights(q, k, **static).sum(-1, keepdims=True) == 0
    return np.where(lost, np.nan, dq).astype(dq.dtype), dk, dv


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "scaled_dot_product_attention": {
        "triton #4541: causal ignored": lambda u, q, k, v, *, causal, **static: right(
            u, q, k, v, causal=False, **static
        ),
        "triton #4541: always causal": lambda u, q, k, v, *, causal, **static: right(u, q, k, v, causal=True, **static),
        "pytorch #41508, brevitas #1591: nan where no key is kept": nan_where_lost,
        "mask ignored": lambda u, q, k, v, *, mask, **static: right(u, q, k, v, mask=None, **static),
        "weights as if they did not add up to 1": no_correction,
        "scale forgotten": unscaled,
        "the first head of a group alone": first_of_group,
        "heads of a group not in a row": heads_interleaved,
        "uniform weights where no key is kept": uniform,
        "flash-attention #355: u read in the order of memory": lambda u, q, k, v, **static: right(
            u.ravel(order="K").reshape(u.shape), q, k, v, **static
        ),
    },
    "rotary_embedding": {
        "turned by θ": lambda u, x, **static: (rotary(u, **static)[0],),
        "the other layout": lambda u, x, *, interleaved, **static: rotary(x, interleaved=not interleaved, **static)[1](
            u
        ),
        "u as it is": lambda u, x, **static: (u.copy(),),
        "positions from 0 on": lambda u, x, *, positions, **static: rotary(x, positions=None, **static)[1](u),
        "cos alone": lambda u, x, **static: ((rotary(x, **static)[1](u)[0] + rotary(u, **static)[0]) / 2,),
    },
}
