"""A network of sixteen blocks is judged in float32 as a single rule is, and one wrong LayerNorm in it is seen."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from oracle.reference import reference
from oracle.verdict import FACTOR, error_ratios

BLOCKS, WIDTH, HEADS, TOKENS = 16, 32, 4, 12


def layer_norm(x, gain, bias):
    centred = x - x.mean(-1, keepdims=True)
    return centred / jnp.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * gain + bias


@jax.custom_vjp
def wrong_layer_norm(x, gain, bias):
    return layer_norm(x, gain, bias)


def forward(x, gain, bias):
    return layer_norm(x, gain, bias), (x, gain, bias)


def without_the_mean(residual, u):
    x, gain, bias = residual
    _, vjp = jax.vjp(layer_norm, x, gain, bias)
    dx, dgain, dbias = vjp(u)
    deviation = jnp.sqrt(((x - x.mean(-1, keepdims=True)) ** 2).mean(-1, keepdims=True) + 1e-5)
    return dx + (u * gain).mean(-1, keepdims=True) / deviation, dgain, dbias


wrong_layer_norm.defvjp(forward, without_the_mean)


def attention(x, weights):
    q, k, v = (x @ w for w in weights[:3])
    heads = [part.reshape(TOKENS, HEADS, -1).transpose(1, 0, 2) for part in (q, k, v)]
    scores = heads[0] @ heads[1].transpose(0, 2, 1) / math.sqrt(WIDTH // HEADS)
    causal = jnp.where(jnp.tril(jnp.ones((TOKENS, TOKENS), bool)), scores, -jnp.inf)
    mixed = (jax.nn.softmax(causal, axis=-1) @ heads[2]).transpose(1, 0, 2).reshape(TOKENS, WIDTH)
    return mixed @ weights[3]


def block(x, parameters, norm):
    x = x + attention(norm(x, parameters["gain1"], parameters["bias1"]), parameters["attention"])
    hidden = jax.nn.gelu(norm(x, parameters["gain2"], parameters["bias2"]) @ parameters["up"])
    return x + hidden @ parameters["down"]


def loss(x, first, others, *, norm=layer_norm):
    """Block 0, then the others in a scan, and a mean."""
    x = block(x, first, norm)
    x, _ = jax.lax.scan(lambda x, parameters: (block(x, parameters, layer_norm), None), x, others)
    return (x**2).mean()


def parameters(rng, *stack):
    def normal(*shape, size=0.15):
        return rng.normal(size=(*stack, *shape), scale=size).astype(np.float32)

    return {
        "gain1": 1 + normal(WIDTH), "bias1": normal(WIDTH), "gain2": 1 + normal(WIDTH), "bias2": normal(WIDTH),
        "attention": normal(4, WIDTH, WIDTH), "up": normal(WIDTH, 2 * WIDTH), "down": normal(2 * WIDTH, WIDTH),
    }  # fmt: skip


@functools.cache
def case():
    rng = np.random.default_rng(0)
    xs = (rng.normal(size=(TOKENS, WIDTH)).astype(np.float32), parameters(rng), parameters(rng, BLOCKS - 1))
    return xs, reference(loss, xs, {}, np.float32(1))


def worst_ratio(norm):
    xs, (truth, scale) = case()
    value, vjp = jax.vjp(jax.jit(functools.partial(loss, norm=norm)), *jax.tree.map(jnp.asarray, xs))
    got = jax.tree.leaves((value, *vjp(jnp.ones_like(value))))
    assert {leaf.dtype.name for leaf in got} == {"float32"}
    triples = zip(got, jax.tree.leaves(truth), jax.tree.leaves(scale), strict=True)
    return max(float(error_ratios(np.asarray(g), np.asarray(y), np.asarray(s)).max()) for g, y, s in triples)


def test_the_right_gradient_is_within_the_scale():
    ratio = worst_ratio(layer_norm)
    assert ratio <= FACTOR, f"the worst error is {ratio:.3g} scales"
    assert ratio > 0.05, "a scale that is much too wide would see nothing"


def test_a_wrong_layer_norm_in_block_0_is_flagged():
    ratio = worst_ratio(wrong_layer_norm)
    assert ratio > FACTOR, f"the worst error is only {ratio:.3g} scales"


@pytest.mark.parametrize("share", [0.01, 0.001])
def test_so_is_one_that_is_off_by_little(share):
    @jax.custom_vjp
    def norm(x, gain, bias):
        return layer_norm(x, gain, bias)

    def backward(residual, u):
        right, wrong = jax.vjp(layer_norm, *residual)[1](u), without_the_mean(residual, u)
        return tuple((1 - share) * a + share * b for a, b in zip(right, wrong, strict=True))

    norm.defvjp(forward, backward)
    assert worst_ratio(norm) > FACTOR
