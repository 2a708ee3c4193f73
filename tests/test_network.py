"""Layers and models beside their twins in JAX: value and every cotangent, within the computed error scale."""

import functools

import numpy as np
import pytest

from oracle import network as twin
from oracle.reference import evaluated_reference
from oracle.verdict import FACTOR, compare
from purevjp import initializer, layer, model, recurrence
from purevjp.combinator import objective
from purevjp.loss import cross_entropy
from purevjp.tree import tree_map

RNG = np.random.default_rng(0)
IMAGES, SEQUENCES = RNG.normal(size=(2, 3, 7, 6)), RNG.normal(size=(2, 5, 8))


def perturbed(params):
    """Params as training makes them: no bias is 0, no gain 1."""
    return tree_map(lambda p: p + RNG.normal(size=p.shape, scale=0.1), params)


def recurrent_params(kind):
    return initializer.init_recurrent(RNG, 8, 4, kind=kind)


def block_params(groups):
    return initializer.init_transformer_block(RNG, 8, heads=4, groups=groups, hidden=12)


def attention(**options):
    return functools.partial(twin.transformer_block, heads=4, **options)


CASES = {
    "dense": (layer.dense, twin.dense, initializer.init_dense(RNG, 8, 3), SEQUENCES),
    "conv block": (
        layer.conv_block(padding="same"),
        twin.conv_block,
        {"conv": initializer.init_conv(RNG, 3, 4, (3, 3))},
        IMAGES,
    ),
    "conv block, normalised": (
        layer.conv_block(padding="same", norm=True),
        twin.conv_block,
        {"conv": initializer.init_conv(RNG, 3, 4, (3, 3)), "norm": initializer.init_norm(4)},
        IMAGES,
    ),
    "residual block": (layer.residual_block(), twin.residual_block, initializer.init_residual_block(RNG, 3, 3), IMAGES),
    "residual block, projected": (
        layer.residual_block(stride=2, project=True),
        functools.partial(twin.residual_block, stride=2),
        initializer.init_residual_block(RNG, 3, 4, project=True),
        IMAGES,
    ),
    "rnn": (recurrence.rnn(), twin.recurrent("rnn"), recurrent_params("rnn"), SEQUENCES),
    "lstm": (recurrence.lstm(), twin.recurrent("lstm"), recurrent_params("lstm"), SEQUENCES),
    "gru": (recurrence.gru(), twin.recurrent("gru"), recurrent_params("gru"), SEQUENCES),
    "transformer block": (layer.transformer_block(heads=4), attention(groups=4), block_params(4), SEQUENCES),
    "grouped queries": (layer.transformer_block(heads=4, groups=2), attention(groups=2), block_params(2), SEQUENCES),
    "neither causal nor rotary": (
        layer.transformer_block(heads=4, groups=1, causal=False, rotary=False),
        attention(groups=1, causal=False, rotary=False),
        block_params(1),
        SEQUENCES,
    ),
    "lenet": (
        model.lenet(norm=True),
        twin.lenet,
        model.init_lenet(RNG, image=(3, 7, 6), classes=4, channels=(4, 5), hidden=6, norm=True),
        IMAGES,
    ),
    "recurrent model": (
        model.recurrent_model("lstm"),
        twin.recurrent_model("lstm"),
        model.init_recurrent_model(RNG, 8, 4, 2),
        SEQUENCES,
    ),
    "autoencoder": (
        model.autoencoder(2),
        twin.autoencoder,
        model.init_autoencoder(RNG, (8, 6, 2)),
        RNG.normal(size=(5, 8)),
    ),
}


def assert_agreement(layer, counterpart, params, x, u, static=None):
    """Both cotangents, leaf by leaf, in the dtype of u."""
    params, x = tree_map(lambda leaf: leaf.astype(u.dtype), (params, x))
    y, vjp = layer(params, x)
    truth, scale = evaluated_reference(counterpart, (params, x), static or {}, u)
    triples, found = [], []
    tree_map(lambda *leaves: triples.append(leaves), (y, *vjp(u)), truth, scale)
    for i, (g, should, s) in enumerate(triples):
        assert g.dtype == u.dtype, f"leaf {i} is {g.dtype}, but should be {u.dtype}"
        found += compare(g, should, s, f"leaf {i}")[1]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_a_layer_agrees_with_its_twin(name, dtype):
    layer, counterpart, params, x = CASES[name]
    params = perturbed(params)
    u = np.random.default_rng(1).normal(size=np.shape(layer(params, x)[0])).astype(dtype)
    assert_agreement(layer, counterpart, params, x, u)


SIZES = {"blocks": 2, "heads": 4, "groups": 2}
TOKENS = RNG.integers(0, 11, (2, 6))
GPT = model.init_gpt(RNG, vocabulary=11, width=8, **SIZES)


def gpt_loss(params, *, tokens):
    return twin.cross_entropy(twin.gpt(params, tokens[:, :-1], **SIZES), tokens[:, 1:])


def gpt_layer(params, _x):
    loss = objective(model.gpt(**SIZES), cross_entropy)
    return loss(params, TOKENS[:, :-1], labels=TOKENS[:, 1:], reduction="mean")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_gpt_agrees_with_its_twin(dtype):
    params, u = perturbed(GPT), np.asarray(0.7, dtype)
    assert_agreement(gpt_layer, lambda params, _x, *, tokens: gpt_loss(params, tokens=tokens), params, (), u,
                     {"tokens": TOKENS})  # fmt: skip


def test_the_head_is_the_table():
    """A token that never occurs is predicted all the same: the cotangent of its row comes from the head."""
    params = perturbed(GPT)
    assert sorted(params) == ["block0", "block1", "embedding", "norm"]
    tokens = TOKENS % 10
    logits, vjp = model.gpt(**SIZES)(params, tokens)
    u = np.zeros_like(logits)
    u[..., 10] = 1
    dparams, dx = vjp(u)
    assert dx == ()
    assert np.any(dparams["embedding"][10])
    assert all(np.any(dparams["embedding"][token]) for token in tokens.ravel()), "they were looked up"


def test_causal_blocks_look_at_no_later_token():
    logits, _ = model.gpt(**SIZES)(GPT, TOKENS)
    changed = TOKENS.copy()
    changed[:, -1] = (changed[:, -1] + 1) % 11
    again, _ = model.gpt(**SIZES)(GPT, changed)
    assert np.array_equal(logits[:, :-1], again[:, :-1])
    assert not np.array_equal(logits[:, -1], again[:, -1])


def test_a_wrong_twin_is_seen():
    """Heads that share other keys, and a forgotten factor, are outside the error scale."""
    block, _, params, x = CASES["grouped queries"]
    u = np.random.default_rng(1).normal(size=x.shape).astype(np.float32)
    for wrong in (attention(groups=2, rotary=False), attention(groups=2, causal=False)):
        with pytest.raises(AssertionError, match=r"leaf \d+ is"):
            assert_agreement(block, wrong, perturbed(params), x, u)
    assert FACTOR == 8


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: layer.self_attention(heads=3, groups=2), "3 heads in 2 groups"),
        (lambda: layer.self_attention(heads=4)({"qkv": np.ones((8, 8)), "out": np.eye(8)}, SEQUENCES), "8 rows of qkv"),
        (lambda: layer.residual_block(stride=2), "project=True"),
        (lambda: model.init_gpt(RNG, vocabulary=3, width=6, blocks=1, heads=4), "width 6 for 4 heads"),
        (lambda: model.init_gpt(RNG, vocabulary=3, width=12, blocks=1, heads=4), "an even number"),
        (lambda: model.init_lenet(RNG, image=(1, 3, 8), classes=2), "4 or more"),
        (lambda: model.recurrent_model("elman"), "one of rnn, gru, lstm"),
        (lambda: model.autoencoder(0), "depth 0"),
        (lambda: model.init_autoencoder(RNG, (3,)), "at least two"),
        (lambda: initializer.initial(RNG, (2, 2), scheme="zero"), "scheme 'zero'"),
        (lambda: initializer.init_conv(RNG, 3, 4, (3,), groups=2), "in 2 groups"),
        (lambda: initializer.init_residual_block(RNG, 3, 4), "3 and 4 channels"),
        (lambda: initializer.init_recurrent(RNG, 3, 4, kind="elman"), "kind 'elman'"),
        (lambda: initializer.init_self_attention(RNG, 3, heads=2), "2 heads of 3 features"),
    ],
)
def test_bad_sizes_are_named(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()


def test_initial_weights_have_the_variance_of_their_scheme():
    for scheme, variance in (("he", 2 / 300), ("lecun", 1 / 300), ("glorot", 2 / 500), ("orthogonal", 1 / 300)):
        w = initializer.initial(np.random.default_rng(0), (200, 300), scheme=scheme)
        assert w.var() == pytest.approx(variance, rel=0.03), scheme
    with pytest.raises(TypeError, match="rng as int"):
        initializer.initial(3, (2, 2))
    with pytest.raises(TypeError, match="dtype int64"):
        initializer.initial(RNG, (2, 2), dtype=int)
    w_ih, w_hh, b_ih, _ = initializer.init_recurrent(RNG, 2, 3, kind="lstm", dtype=np.float32)
    assert {w_ih.dtype, w_hh.dtype, b_ih.dtype} == {np.dtype(np.float32)}
    assert b_ih.tolist() == [0] * 3 + [1] * 3 + [0] * 6


def test_dropout_is_the_same_for_the_same_seed():
    x = np.ones((20, 20))
    y, vjp = layer.dropout(3, rate=0.25)((), x)
    again, _ = layer.dropout(3, rate=0.25)((), x)
    other, _ = layer.dropout(4, rate=0.25)((), x)
    assert np.array_equal(y, again)
    assert not np.array_equal(y, other)
    assert np.array_equal(vjp(x)[1], y)
    assert 0.6 < np.mean(y > 0) < 0.9
