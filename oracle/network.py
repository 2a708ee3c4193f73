"""The layers and models of purevjp in JAX, each written from its definition: `twin(params, x) -> y`.

They share the params' trees with purevjp, and nothing else.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from purevjp.aliases import Tree

Twin = Callable[..., Any]


def dense(params: Tree, x: Any) -> Any:
    """y = W x + b."""
    w, b = params
    return jnp.einsum("mn,...n->...m", w, x) + b


def conv(w: Any, x: Any, *, stride: int = 1, padding: Any = "VALID") -> Any:
    """A correlation of images."""
    pads = [(padding, padding)] * 2 if isinstance(padding, int) else padding
    return jax.lax.conv_general_dilated(x, w, (stride, stride), pads, dimension_numbers=("NCHW", "OIHW", "NCHW"))


def standardised(x: Any, axes: Sequence[int], epsilon: float = 1e-5) -> Any:
    """Mean 0 and variance 1."""
    mean = jnp.mean(x, axes, keepdims=True)
    return (x - mean) / jnp.sqrt(jnp.mean((x - mean) ** 2, axes, keepdims=True) + epsilon)


def layer_norm(params: Tree, x: Any) -> Any:
    """Over the last axis."""
    gain, bias = params
    return gain * standardised(x, (-1,)) + bias


def batch_norm(params: Tree, x: Any) -> Any:
    """Over all axes of images but the channels."""
    gain, bias = (p[:, None, None] for p in params)
    return gain * standardised(x, (0, 2, 3)) + bias


def max_pool(x: Any) -> Any:
    """The largest of each 2 × 2 pixels."""
    b, c, h, w = x.shape
    return x[:, :, : h // 2 * 2, : w // 2 * 2].reshape(b, c, h // 2, 2, w // 2, 2).max((3, 5))


def conv_block(params: Tree, x: Any) -> Any:
    """Convolution with as many windows as pixels, perhaps normalisation, relu, pooling."""
    w, b = params["conv"]
    y = conv(w, x, padding="SAME") + b[:, None, None]
    if "norm" in params:
        y = batch_norm(params["norm"], y)
    return max_pool(jnp.maximum(y, 0))


def lenet(params: Tree, x: Any) -> Any:
    """Two blocks, two dense layers."""
    y = conv_block(params["block2"], conv_block(params["block1"], x))
    return dense(params["out"], jax.nn.relu(dense(params["hidden"], y.reshape(len(y), -1))))


def residual_block(params: Tree, x: Any, *, stride: int = 1) -> Any:
    """x + conv(σ(norm(conv(σ(norm(x)))))), or a projection of x in its place."""
    branch, projection = params if isinstance(params, tuple) else (params, None)
    y = conv(branch["conv1"], jax.nn.relu(batch_norm(branch["norm1"], x)), stride=stride, padding=1)
    y = conv(branch["conv2"], jax.nn.relu(batch_norm(branch["norm2"], y)), padding=1)
    return y + (x if projection is None else conv(projection, x, stride=stride))


def recurrent(kind: str) -> Callable[[Tree, Any], Any]:
    """Sequences (b, t, n) to (b, t, k), by gates written out one by one."""

    def run(params: Tree, x: Any) -> Any:
        w_ih, w_hh, b_ih, b_hh = params
        k = w_hh.shape[1]
        zeros = jnp.zeros((x.shape[0], k), x.dtype)

        def gates(x: Any, h: Any) -> list[Any]:
            n = w_ih.shape[0] // k
            rows = [slice(i * k, (i + 1) * k) for i in range(n)]
            return [(x @ w_ih[r].T + b_ih[r], h @ w_hh[r].T + b_hh[r]) for r in rows]

        def rnn(h: Any, x: Any) -> Any:
            ((a, b),) = gates(x, h)
            h = jnp.tanh(a + b)
            return h, h

        def gru(h: Any, x: Any) -> Any:
            r, z, n = gates(x, h)
            keep = jax.nn.sigmoid(sum(z))
            h = keep * h + (1 - keep) * jnp.tanh(n[0] + jax.nn.sigmoid(sum(r)) * n[1])
            return h, h

        def lstm(state: Any, x: Any) -> Any:
            h, c = state
            i, f, g, o = (a + b for a, b in gates(x, h))
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        cell: Twin = {"rnn": rnn, "gru": gru, "lstm": lstm}[kind]
        _, ys = jax.lax.scan(cell, (zeros, zeros) if kind == "lstm" else zeros, jnp.swapaxes(x, 0, 1))
        return jnp.swapaxes(ys, 0, 1)

    return run


def recurrent_model(kind: str) -> Callable[[Tree, Any], Any]:
    """A dense layer of the last step."""
    memory = recurrent(kind)
    return lambda params, x: dense(params["out"], memory(params["memory"], x)[:, -1])


def rotated(x: Any) -> Any:
    """Positions in (b, t, h, d): x cos θ + (−second half, first half) sin θ."""
    t, d = x.shape[1], x.shape[3]
    angle = jnp.arange(t)[:, None] * 10000.0 ** (-jnp.arange(d // 2) * 2 / d)
    angle = jnp.concatenate([angle, angle], -1)[:, None, :]
    swapped = jnp.concatenate([-x[..., d // 2 :], x[..., : d // 2]], -1)
    return x * jnp.cos(angle) + swapped * jnp.sin(angle)


def self_attention(params: Tree, x: Any, *, heads: int, groups: int, causal: bool = True, rotary: bool = True) -> Any:
    """Queries, keys and values by products of their own; keys and values repeated for each head."""
    b, t, _ = x.shape
    d = params["qkv"].shape[0] // (heads + 2 * groups)
    cuts = [heads * d, (heads + groups) * d]
    q, k, v = ((x @ w.T).reshape(b, t, -1, d) for w in jnp.split(params["qkv"], cuts))
    if rotary:
        q, k = rotated(q), rotated(k)
    k, v = (jnp.repeat(part, heads // groups, axis=2) for part in (k, v))
    scores = jnp.einsum("bthd,bshd->bhts", q, k) / math.sqrt(d)
    if causal:
        scores = jnp.where(jnp.arange(t)[:, None] >= jnp.arange(t), scores, -jnp.inf)
    y = jnp.einsum("bhts,bshd->bthd", jax.nn.softmax(scores, axis=-1), v)
    return y.reshape(b, t, heads * d) @ params["out"].T


def transformer_block(
    params: Tree, x: Any, *, heads: int, groups: int, causal: bool = True, rotary: bool = True
) -> Any:
    """Pre-norm: attention, then a perceptron."""
    mix, perceptron = params["attention"], params["perceptron"]
    options: dict[str, Any] = {"heads": heads, "groups": groups, "causal": causal, "rotary": rotary}
    x = x + self_attention(mix["mix"], layer_norm(mix["norm"], x), **options)
    hidden = jax.nn.gelu(dense(perceptron["up"], layer_norm(perceptron["norm"], x)))
    return x + dense(perceptron["down"], hidden)


def gpt(params: Tree, tokens: Any, *, blocks: int, heads: int, groups: int) -> Any:
    """Logits of the next token; the head is the table."""
    x = params["embedding"][tokens]
    for i in range(blocks):
        x = transformer_block(params[f"block{i}"], x, heads=heads, groups=groups)
    return layer_norm(params["norm"], x) @ params["embedding"].T


def autoencoder(params: Tree, x: Any) -> Any:
    """Down to the code, and up."""
    for half in ("encoder", "decoder"):
        *hidden, last = params[half]
        for layer in hidden:
            x = jax.nn.gelu(dense(layer, x))
        x = dense(last, x)
    return x


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean over all labels."""
    flat = logits.reshape(-1, logits.shape[-1])
    return -jnp.mean(jax.nn.log_softmax(flat)[jnp.arange(len(flat)), labels.ravel()])
