"""Rows of purevjp/attention.py; JAX's own attention computes in float32, so each is written from its definition."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np

import purevjp as pv
from oracle.acceptance import point
from oracle.domain import REAL, Case, Choose, Static, case, interval
from oracle.referee import EXP, digits_of
from oracle.static import flag
from purevjp.aliases import Array, Shape

FEW = (2, 1, 3, 2, 3)
SCORED = interval(-2, 2, offset=4.0, wide=8.0, special=(0.0, 1.0, -1.0, 2.0, -8.0, 16.0))


def attention_shapes(choose: Choose) -> tuple[Shape, Shape, Shape]:
    """Queries and keys of several lengths, heads that share keys, and batches; sometimes no query or no key."""
    lead = choose(((), (2,), (), (1, 2)))
    g, shared = choose((1, 2)), choose((1, 2, 3))
    t, s = choose((*FEW, 4, 0)), choose((*FEW, 4, 0))
    d, e = choose((1, 2, 3)), choose((1, 2, 3))
    return (*lead, g * shared, t, d), (*lead, g, s, d), (*lead, g, s, e)


def mask(choose: Choose, shapes: Sequence[Any], _static: Static) -> Array | None:
    """None, or truth values of a shape that broadcasts to that of the scores; some rows keep nothing."""
    *lead, h, t, _ = shapes[0]
    s = shapes[1][-2]
    shape: Any = choose([None, None, (t, s), (1, s), (h, t, s), (h, 1, s), (t, 1), (*lead, h, t, s), (*lead, 1, t, s)])
    if shape is None:
        return None
    return np.array([choose((True, True, False)) for _ in range(math.prod(shape))], bool).reshape(shape)


def scale(choose: Choose, _shapes: Sequence[Any], _static: Static) -> float | None:
    """None, or a number."""
    factor: float | None = choose((None, 0.5, None, -1.0))
    return factor


def kept_of(q: Any, k: Any, mask: Any, causal: bool, where: Any) -> Any:
    """The keys that each query keeps."""
    t, s = q.shape[-2], k.shape[-2]
    kept = where.ones((*q.shape[:-1], s), bool)
    if mask is not None:
        kept = kept & mask
    return kept & (np.arange(t)[:, None] >= np.arange(s)) if causal else kept


def attention(
    q: jax.Array, k: jax.Array, v: jax.Array, *, mask: jax.Array | None, causal: bool, scale: float | None
) -> jax.Array:
    """Keys and values repeated for each head; softmax over the keys that are kept."""
    k, v = (jnp.repeat(x, q.shape[-3] // x.shape[-3], axis=-3) for x in (k, v))
    scores = jnp.einsum("...td,...sd->...ts", q, k) * (q.shape[-1] ** -0.5 if scale is None else scale)
    kept = kept_of(q, k, mask, causal, jnp)
    largest = jax.lax.stop_gradient(jnp.max(jnp.where(kept, scores, -jnp.inf), -1, keepdims=True, initial=-jnp.inf))
    shifted = jnp.where(kept, scores - jnp.where(jnp.isinf(largest), 0, largest), 0)
    e = jnp.where(kept, jnp.exp(shifted), 0)
    total = e.sum(-1, keepdims=True)
    return jnp.einsum("...ts,...se->...te", e / jnp.where(total == 0, 1, total), v)


def exact_attention(q: Any, k: Any, v: Any, *, mask: Any, causal: bool, scale: float | None) -> Any:
    """The same, of exact numbers."""
    k, v = (np.repeat(x, q.shape[-3] // x.shape[-3], axis=-3) for x in (k, v))
    factor = 1 / mpmath.sqrt(q.shape[-1]) if scale is None else scale
    scores = (q[..., :, None, :] * k[..., None, :, :]).sum(-1) * factor
    e = np.where(kept_of(q, k, mask, causal, np), EXP(scores), 0)
    total = e.sum(-1, keepdims=True)
    p = e / np.where(total == 0, 1, total)
    return (p[..., None] * v[..., None, :, :]).sum(-2)


def rotary_shapes(choose: Choose) -> tuple[Shape]:
    """Sequences of an even number of features, in batches of any shape."""
    return ((*choose(((), (2,), (1, 3))), choose((2, 3, 1, 4, 0)), choose((2, 4, 2, 6))),)


def positions(choose: Choose, shapes: Sequence[Any], _static: Static) -> Array | None:
    """None, or integers or fractions of a shape that broadcasts to all but the last axis."""
    *lead, t, _ = shapes[0]
    shape: Any = choose([None, (t,), (t,), (1,), (), (*lead, t), (*(1 for _ in lead), t)])
    if shape is None:
        return None
    numbers = [choose((0, 1, 2, 3, 7, -2)) for _ in range(math.prod(shape))]
    at: Array = np.array(numbers, choose((np.int64, np.float64))).reshape(shape)
    return at


def base(choose: Choose, _shapes: Sequence[Any], _static: Static) -> float:
    """How slowly the slowest pair turns."""
    return float(choose((10000.0, 100.0, 2.0)))


def paired(x: Any, interleaved: bool) -> Any:
    """(..., d / 2, 2): the features in pairs."""
    m = x.shape[-1] // 2
    return x.reshape(*x.shape[:-1], m, 2) if interleaved else x.reshape(*x.shape[:-1], 2, m).swapaxes(-1, -2)


def unpaired(y: Any, interleaved: bool) -> Any:
    """The features of pairs where they were."""
    return (y if interleaved else y.swapaxes(-1, -2)).reshape(*y.shape[:-2], y.shape[-2] * 2)


def rotary(x: jax.Array, *, positions: Any, base: float, interleaved: bool) -> Any:
    """Each pair times a rotation of the plane."""
    *_, t, d = x.shape
    at = jnp.arange(t) if positions is None else positions
    angle = at[..., None] * np.array([base ** (-2 * m / d) for m in range(d // 2)])
    turn = jnp.stack([jnp.cos(angle), -jnp.sin(angle), jnp.sin(angle), jnp.cos(angle)], -1)
    turn = jnp.broadcast_to(turn.astype(x.dtype), (*x.shape[:-1], d // 2, 4)).reshape(*x.shape[:-1], d // 2, 2, 2)
    return unpaired(jnp.einsum("...ij,...j->...i", turn, paired(x, interleaved)), interleaved)


def exact_rotary(x: Any, *, positions: Any, base: float, interleaved: bool) -> Any:
    """Each pair times e^iθ, of exact numbers."""
    *_, t, d = x.shape
    at = np.arange(t) if positions is None else positions
    speeds = np.array([mpmath.mpf(base) ** (mpmath.mpf(-2 * m) / d) for m in range(d // 2)], object)
    angle = np.broadcast_to(np.asarray(at, float)[..., None].astype(object) * speeds, (*x.shape[:-1], d // 2))
    cos, sin = digits_of(mpmath.cos)(angle), digits_of(mpmath.sin)(angle)
    pair = paired(x, interleaved)
    a, b = pair[..., 0], pair[..., 1]
    return unpaired(np.stack([a * cos - b * sin, a * sin + b * cos], -1), interleaved)


ALL_MASKED = point(
    "a query that keeps no key", "P5", [[[1.0], [2.0]]], [[[1.0], [2.0]]], [[[3.0], [5.0]]],
    u=[[[7.0], [11.0]]], value=[[[0], [3]]],
    static={"mask": np.array([[False, False], [True, False]]), "causal": False, "scale": None},
    convention=([[[0], [0]]], [[[0], [0]]], [[[11], [0]]]),
    jax=([[[0], [0]]], [[[0], [0]]], [[[11], [0]]]),
    torch=([[[0], [0]]], [[[0], [0]]], [[[11], [0]]]),
)  # fmt: skip

CASES: tuple[Case, ...] = (
    case(
        pv.scaled_dot_product_attention,
        attention,
        attention_shapes,
        SCORED,
        SCORED,
        SCORED,
        static={"mask": mask, "causal": flag, "scale": scale},
        definition=exact_attention,
        points=(ALL_MASKED,),
    ),
    case(
        pv.rotary_embedding,
        rotary,
        rotary_shapes,
        REAL,
        static={"positions": positions, "base": base, "interleaved": flag},
        definition=exact_rotary,
        analytic=True,
    ),
)
