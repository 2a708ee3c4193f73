"""Random initial params of layers. Every function takes a numpy.random.Generator first and a dtype by keyword."""

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from purevjp.aliases import Array, Tree

__all__ = [
    "init_conv", "init_dense", "init_norm", "init_recurrent", "init_residual_block", "init_self_attention",
    "init_transformer_block", "initial",
]  # fmt: skip

Scheme: TypeAlias = Literal["he", "glorot", "lecun", "orthogonal"]
Generator: TypeAlias = np.random.Generator

GATES = {"rnn": 1, "gru": 3, "lstm": 4}
FORGETS = {"lstm": 1}
"""Which gate forgets, if any."""


def initial(
    rng: Generator, shape: Sequence[int], *, scheme: Scheme = "he", gain: float = 1.0, dtype: npt.DTypeLike = np.float64
) -> Array:
    """A random matrix, or kernel of a convolution: outputs first, (m, n, ...).

    "he": w ~ N(0, 2 / n), for relu;  "lecun": N(0, 1 / n);  "glorot": U(−r, r), r = √(6 / (n + m)), for tanh;
    "orthogonal": its rows or columns orthonormal;  all times `gain`. n: the product of all sides but the first.

    Errors  TypeError when rng is no numpy.random.Generator or dtype is not float; ValueError on any other scheme.
    Source  He et al. 2015, LeCun et al. 1998, Glorot & Bengio 2010, Saxe et al. 2014

    >>> w = initial(np.random.default_rng(0), (2, 3), scheme="orthogonal")
    >>> np.allclose(w @ w.T, np.eye(2))
    True
    """
    if not isinstance(rng, Generator):
        raise TypeError(f"initial got rng as {rng.__class__.__name__}, but should get a numpy.random.Generator")
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"initial got dtype {np.dtype(dtype)}, but should get a float one")
    if not isinstance(shape, Sequence) or not shape or not math.isfinite(gain):
        raise ValueError(f"initial got shape {shape!r} and gain {gain}, but should get (m, n, ...) and a finite number")
    m, n, field = shape[0], math.prod(shape[1:]), math.prod(shape[2:])
    if scheme in {"he", "lecun"}:
        w = rng.normal(0, math.sqrt((2 if scheme == "he" else 1) / max(n, 1)), shape)
    elif scheme == "glorot":
        r = math.sqrt(6 / max(n + m * field, 1))
        w = rng.uniform(-r, r, shape)
    elif scheme == "orthogonal":
        q, r_factor = np.linalg.qr(rng.normal(size=(max(m, n), min(m, n))))
        q *= np.sign(np.diagonal(r_factor))
        w = (q if m >= n else q.T).reshape(shape)
    else:
        raise ValueError(f"initial got scheme {scheme!r}, but should get 'he', 'glorot', 'lecun' or 'orthogonal'")
    return (gain * w).astype(dtype)


def init_dense(
    rng: Generator, n: int, m: int, *, scheme: Scheme = "he", gain: float = 1.0, dtype: npt.DTypeLike = np.float64
) -> Tree:
    """(w, b) of `dense`, from n features to m; b = 0."""
    return initial(rng, (m, n), scheme=scheme, gain=gain, dtype=dtype), np.zeros(m, dtype)


def init_conv(
    rng: Generator,
    c: int,
    o: int,
    kernel: Sequence[int],
    *,
    groups: int = 1,
    scheme: Scheme = "he",
    dtype: npt.DTypeLike = np.float64,
) -> Tree:
    """(w, b) of `biased_conv`, from c channels to o; b = 0.

    Errors  ValueError when groups do not divide the channels.
    """
    if c % groups or o % groups:
        raise ValueError(f"init_conv got {c} and {o} channels in {groups} groups, but should get multiples of them")
    return initial(rng, (o, c // groups, *kernel), scheme=scheme, dtype=dtype), np.zeros(o, dtype)


def init_residual_block(
    rng: Generator, c: int, o: int, *, project: bool = False, dtype: npt.DTypeLike = np.float64
) -> Tree:
    """Params of `residual_block` from c channels to o; with `project`, those of its shortcut too.

    Errors  ValueError when the channels differ and nothing projects them.
    """
    if c != o and not project:
        raise ValueError(f"init_residual_block got {c} and {o} channels, but should get project=True for others than c")
    branch = {
        "norm1": init_norm(c, dtype=dtype),
        "conv1": initial(rng, (o, c, 3, 3), dtype=dtype),
        "norm2": init_norm(o, dtype=dtype),
        "conv2": initial(rng, (o, o, 3, 3), dtype=dtype),
    }
    return (branch, initial(rng, (o, c, 1, 1), scheme="lecun", dtype=dtype)) if project else branch


def init_norm(n: int, *, dtype: npt.DTypeLike = np.float64) -> Tree:
    """(gain, bias) of `layer_norm` or `batch_norm`: 1 and 0."""
    return np.ones(n, dtype), np.zeros(n, dtype)


def init_recurrent(
    rng: Generator, n: int, k: int, *, kind: Literal["rnn", "gru", "lstm"], dtype: npt.DTypeLike = np.float64
) -> Tree:
    """(w_ih, w_hh, b_ih, b_hh) of `rnn`, `gru` or `lstm`, from n features to k.

    Each gate's part of w_hh is orthogonal; the bias of the gate that forgets is 1, the others 0. Source: Jozefowicz
    et al. 2015.

    >>> [w.shape for w in init_recurrent(np.random.default_rng(0), 2, 3, kind="lstm")]
    [(12, 2), (12, 3), (12,), (12,)]
    """
    if kind not in GATES:
        raise ValueError(f"init_recurrent got kind {kind!r}, but should get 'rnn', 'gru' or 'lstm'")
    gates = GATES[kind]
    w_ih = [initial(rng, (k, n), scheme="glorot", dtype=dtype) for _ in range(gates)]
    w_hh = [initial(rng, (k, k), scheme="orthogonal", dtype=dtype) for _ in range(gates)]
    b_ih = np.zeros((gates, k), dtype)
    if kind in FORGETS:
        b_ih[FORGETS[kind]] = 1
    return np.concatenate(w_ih), np.concatenate(w_hh), b_ih.ravel(), np.zeros(gates * k, dtype)


def init_self_attention(
    rng: Generator,
    n: int,
    *,
    heads: int,
    groups: int | None = None,
    gain: float = 1.0,
    dtype: npt.DTypeLike = np.float64,
) -> Tree:
    """{"qkv", "out"} of `self_attention` for n features, `gain` of the second.

    Errors  ValueError when heads do not divide the features.
    """
    if heads < 1 or n % heads:
        raise ValueError(f"init_self_attention got {heads} heads of {n} features, but should get some that divide them")
    if groups is not None and (groups < 1 or heads % groups):
        raise ValueError(
            f"init_self_attention got {heads} heads in {groups} groups, but should get some that divide them"
        )
    rows = n // heads * (heads + 2 * (heads if groups is None else groups))
    return {
        "qkv": initial(rng, (rows, n), scheme="lecun", dtype=dtype),
        "out": initial(rng, (n, n), scheme="lecun", gain=gain, dtype=dtype),
    }


def init_transformer_block(
    rng: Generator,
    n: int,
    *,
    heads: int,
    groups: int | None = None,
    hidden: int | None = None,
    gain: float = 1.0,
    dtype: npt.DTypeLike = np.float64,
) -> Tree:
    """Params of `transformer_block` for n features and 4 n hidden ones; `gain` of what ends a branch."""
    hidden = 4 * n if hidden is None else hidden
    return {
        "attention": {
            "norm": init_norm(n, dtype=dtype),
            "mix": init_self_attention(rng, n, heads=heads, groups=groups, gain=gain, dtype=dtype),
        },
        "perceptron": {
            "norm": init_norm(n, dtype=dtype),
            "up": init_dense(rng, n, hidden, scheme="lecun", dtype=dtype),
            "down": init_dense(rng, hidden, n, scheme="lecun", gain=gain, dtype=dtype),
        },
    }
