"""Attention and the embedding of positions."""

import math

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1, TreePullback
from purevjp.broadcast import broadcasts, cast
from purevjp.contract import as_cotangent, as_primal, check_flags
from purevjp.lane import accumulator

__all__ = ["rotary_embedding", "scaled_dot_product_attention"]


def scaled_dot_product_attention(
    q: ArrayLike,
    k: ArrayLike,
    v: ArrayLike,
    /,
    *,
    mask: ArrayLike | None = None,
    causal: bool = False,
    scale: float | None = None,
) -> tuple[Array, TreePullback]:
    """Attention of queries to keys and values, head by head.

    Value     y = p v,  p = softmax(scale q kᵀ) over the keys that are kept;  scale is 1/√d by default
    Pullback  dv = pᵀ u,  dq = scale ds k,  dk = scale dsᵀ q,  ds = p (u vᵀ − u yᵀ);  dk and dv are summed over the
              heads that share a key
    Kinks     a query that keeps no key: y = 0, and 0 to all, as torch (JAX has uniform weights)
    Shapes    q: (..., h, t, d), k: (..., g, s, d), v: (..., g, s, e), y, u: (..., h, t, e);  g divides h, and
              h / g heads in a row share the key (grouped queries)
    Keeps     scale q, k, v, p, y
    Errors    ValueError when the shapes do not fit; TypeError when mask is not of truth values
    Source    mask: True keeps, as torch and JAX; it broadcasts to (..., h, t, s). causal: query i keeps keys up to i,
              from the top left also where t ≠ s, as torch and JAX. Both may be given: a key is kept if both keep it

    >>> q, k, v = np.zeros((1, 2, 1)), np.zeros((1, 2, 1)), np.array([[[1.0], [3.0]]])
    >>> value, vjp = scaled_dot_product_attention(q, k, v, causal=True)
    >>> value.tolist(), vjp(np.array([[[1.0], [10.0]]]))[2].tolist()
    ([[[1.0], [2.0]]], [[[6.0], [5.0]]])
    """
    check_flags("scaled_dot_product_attention", causal=causal)
    rule = "scaled_dot_product_attention"
    q, k, v = as_primal(q, rule, "q"), as_primal(k, rule, "k"), as_primal(v, rule, "v")
    fits = min(q.ndim, k.ndim, v.ndim) > 2 and q.shape[:-3] == k.shape[:-3] and k.shape[:-1] == v.shape[:-1]
    if not fits or q.shape[-1] != k.shape[-1] or k.shape[-3] < 1 or q.shape[-3] % k.shape[-3]:
        raise ValueError(
            f"{rule} got q of shape {q.shape}, k of shape {k.shape} and v of shape {v.shape}, "
            "but should get (..., h, t, d), (..., g, s, d) and (..., g, s, e), where g divides h"
        )
    *lead, h, t, d = q.shape
    g, s, e = *k.shape[-3:-1], v.shape[-1]
    factor = 1 / math.sqrt(max(d, 1)) if scale is None else float(scale)
    rows = q.reshape(*lead, g, h // g * t, d)  # heads that share a key are so many more queries
    rows = np.multiply(rows, factor, dtype=np.result_type(q, k))
    p = np.matmul(k, rows.swapaxes(-1, -2), order="C")  # pᵀ: sums down columns take whole rows at once
    by_head = p.reshape(*lead, g, s, h // g, t)
    if mask is not None:
        kept = np.asarray(mask)
        if kept.dtype != np.bool_:
            raise TypeError(f"{rule} got mask of dtype {kept.dtype}, but should get truth values, True where kept")
        if not broadcasts(kept.shape, (*lead, h, t, s)):
            raise ValueError(f"{rule} got mask of shape {kept.shape}, but should get one that fits {(*lead, h, t, s)}")
        kept = np.broadcast_to(kept, (*lead, h, t, s)).reshape(*lead, g, h // g, t, s)
        np.copyto(by_head, -math.inf, where=~np.moveaxis(kept, -1, -3))
    if causal:
        np.copyto(by_head, -math.inf, where=np.tri(s, t, -1, dtype=bool)[:, None])
    largest = p.max(axis=-2, keepdims=True, initial=-math.inf)
    p -= np.where(np.isneginf(largest), 0, largest)
    np.exp(p, out=p)
    total = np.matmul(np.ones((1, s), p.dtype), p, dtype=accumulator(p.dtype))
    p /= np.where(total == 0, 1, total)
    y = (p.swapaxes(-1, -2) @ v).reshape(*lead, h, t, e)
    shape, dtype, q_dtype = y.shape, y.dtype, q.dtype

    def scaled_dot_product_attention_vjp(u: ArrayLike) -> tuple[Array, Array, Array]:
        du = as_cotangent(u, rule, shape, dtype).reshape(*lead, g, h // g * t, e)
        dv = p @ du
        ds = v @ du.swapaxes(-1, -2)
        ds -= np.einsum("...i,...i->...", du, y.reshape(du.shape))[..., None, :]
        ds *= p
        dq = ds.swapaxes(-1, -2) @ k
        dq *= factor
        return cast(dq.reshape(*lead, h, t, d), q_dtype), cast(ds @ rows, k.dtype), cast(dv, v.dtype)

    return y, scaled_dot_product_attention_vjp


def rotary_embedding(
    x: ArrayLike, /, *, positions: ArrayLike | None = None, base: float = 10000.0, interleaved: bool = False
) -> tuple[Array, Pullback1]:
    """Pairs of features turned by angles that grow with the position.

    Value     (yᵢ, yⱼ) = (xᵢ cos θ − xⱼ sin θ, xᵢ sin θ + xⱼ cos θ),  θ = position · base^(−2 m / d) for the pair m:
              (i, j) = (m, m + d/2), or (2 m, 2 m + 1) if interleaved
    Pullback  dx = u turned by −θ
    Shapes    x, y, u: (..., t, d) with an even d; positions broadcast to (..., t), 0 to t − 1 by default
    Keeps     cos θ, sin θ
    Errors    ValueError when d is odd or positions do not fit; TypeError when they are not real numbers
    Source    θ in float64, so that far positions keep their angle; halves as Llama, interleaved as RoFormer

    >>> value, vjp = rotary_embedding(np.array([[1.0, 2.0]]), positions=[0.0])
    >>> value, vjp(np.array([[3.0, 4.0]]))
    (array([[1., 2.]]), (array([[3., 4.]]),))
    """
    check_flags("rotary_embedding", interleaved=interleaved)
    rule = "rotary_embedding"
    x = as_primal(x, rule, "x", analytic=True)
    if x.ndim < 2 or x.shape[-1] % 2:
        raise ValueError(f"{rule} got x of shape {x.shape}, but should get (..., t, d) with an even d")
    t, d = x.shape[-2:]
    at = np.arange(t) if positions is None else np.asarray(positions)
    if at.dtype.kind not in "iuf":
        raise TypeError(f"{rule} got positions of dtype {at.dtype}, but should get real numbers")
    if not broadcasts(at.shape, x.shape[:-1]):
        raise ValueError(f"{rule} got positions of shape {at.shape}, but should get one that fits {x.shape[:-1]}")
    angle = at[..., None] * np.power(float(base), np.arange(0, d, 2) / -max(d, 1))
    real = np.finfo(x.dtype).dtype
    cos, sin = np.cos(angle).astype(real), np.sin(angle).astype(real)
    shape, dtype = x.shape, x.dtype
    first, second = (slice(0, None, 2), slice(1, None, 2)) if interleaved else (slice(d // 2), slice(d // 2, None))

    cosines, sines = (np.empty((*angle.shape[:-1], d), real) for _ in range(2))
    cosines[..., first] = cosines[..., second] = cos
    sines[..., first], sines[..., second] = -sin, sin

    def turned(x: Array, sines: Array) -> Array:
        x = np.ascontiguousarray(x)  # whole rows at once are three times as fast as halves of them
        y, across = x * cosines, np.empty(shape, dtype)
        across[..., first], across[..., second] = x[..., second], x[..., first]
        across *= sines
        y += across
        return y

    def rotary_embedding_vjp(u: ArrayLike) -> tuple[Array]:
        return (turned(as_cotangent(u, rule, shape, dtype), -sines),)

    return turned(x, sines), rotary_embedding_vjp
