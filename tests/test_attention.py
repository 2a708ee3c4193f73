"""Attention and rotary embedding: PyTorch's values and gradients, masks, and bugs that others shipped."""

import math

import numpy as np
import pytest

import purevjp as pv

RNG = np.random.default_rng(0)
CAUSAL_2_3 = [[True, False, False], [True, True, False]]


def drawn(h=2, g=2, t=3, s=4, d=3, e=2, lead=(2,)):
    """Queries, keys and values."""
    return [RNG.normal(size=(*lead, *shape)) for shape in ((h, t, d), (g, s, d), (g, s, e))]


def assert_close(got, should):
    for a, b in zip(got, should, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


OPTIONS = {
    "triton #4541, #5660, #4174, #7216: not causal": ({}, {"causal": False}),
    "causal": ({}, {"causal": True}),
    "flash-attention c65b510: more keys than queries, causal": ({"t": 2, "s": 5}, {"causal": True}),
    "fewer keys than queries, causal": ({"t": 5, "s": 2}, {"causal": True}),
    "grouped queries": ({"h": 6, "g": 2}, {"causal": True}),
    "one key head": ({"h": 3, "g": 1}, {}),
    "mask and scale": ({}, {"mask": RNG.random((2, 3, 4)) < 0.7, "scale": 0.3}),
    "pytorch #41508, brevitas #1591: a query that keeps no key": ({}, {"mask": np.arange(3)[:, None] != np.zeros(4)}),
    "flash-attention b46c587, #2421: no query": ({"t": 0}, {}),
    "flash-attention a4f148b: 129 keys": ({"h": 1, "g": 1, "s": 129, "lead": ()}, {"causal": True}),
}


@pytest.mark.parametrize("bug", OPTIONS)
def test_attention_equals_that_of_torch(bug):
    torch = pytest.importorskip("torch")
    shapes, options = OPTIONS[bug]
    xs = drawn(**shapes)
    primals = [torch.tensor(x, requires_grad=True) for x in xs]
    mask = None if "mask" not in options else torch.tensor(options["mask"])
    y = torch.nn.functional.scaled_dot_product_attention(
        *primals,
        attn_mask=mask,
        is_causal=options.get("causal", False),
        scale=options.get("scale"),
        enable_gqa=True,
    )
    u = RNG.normal(size=tuple(y.shape))
    should = torch.autograd.grad(y, primals, torch.tensor(u))
    value, vjp = pv.scaled_dot_product_attention(*xs, **options)
    assert_close((value, *vjp(u)), [part.detach().numpy() for part in (y, *should)])


def test_causal_starts_at_the_top_left():
    xs = drawn(t=2, s=3)
    causal, vjp = pv.scaled_dot_product_attention(*xs, causal=True)
    masked, masked_vjp = pv.scaled_dot_product_attention(*xs, mask=CAUSAL_2_3)
    u = RNG.normal(size=causal.shape)
    for got, should in zip((causal, *vjp(u)), (masked, *masked_vjp(u)), strict=True):
        np.testing.assert_array_equal(got, should)
    both, _ = pv.scaled_dot_product_attention(*xs, mask=[[False, True, True]], causal=True)
    assert not both[..., 0, :].any()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_query_that_keeps_no_key_has_and_gives_nothing(dtype):
    q, k, v = (np.ones((1, 2, 1), dtype) for _ in range(3))
    value, vjp = pv.scaled_dot_product_attention(q, k, 3 * v, mask=np.array([[False, False], [True, True]]))
    assert value.tolist() == [[[0], [3]]]
    dq, dk, dv = vjp(np.array([[[7], [2]]], dtype))
    assert (dq.tolist(), dk.tolist(), dv.tolist()) == ([[[0], [0]]], [[[0], [0]]], [[[1], [1]]])


def test_no_key_at_all_is_a_query_that_keeps_none():
    value, vjp = pv.scaled_dot_product_attention(*drawn(s=0))
    assert not value.any()
    assert [dx.any() for dx in vjp(value)] == [False, False, False]


def test_scores_that_would_overflow_are_shifted():
    q, k = np.full((1, 1, 1), 1000.0), np.array([[[1.0], [2.0]]])
    value, _ = pv.scaled_dot_product_attention(q, k, k)
    assert value.tolist() == [[[2]]]


def test_transformer_engine_3216_one_sharp_head_beside_flat_ones():
    """Each head alone gives what it gives in a batch, however different in size they are."""
    q, k, v = drawn(h=3, g=3)
    q[:, 1] *= 50
    u = RNG.normal(size=(2, 3, 3, 2))
    whole = pv.scaled_dot_product_attention(q, k, v)[1](u)
    for head in range(3):
        part = np.s_[:, head : head + 1]
        assert_close([dx[part] for dx in whole], pv.scaled_dot_product_attention(q[part], k[part], v[part])[1](u[part]))


def test_flash_attention_355_9ee0ff1_layout_of_the_cotangent():
    xs = drawn(h=4, g=2)
    _, vjp = pv.scaled_dot_product_attention(*(x.swapaxes(-2, -3).copy().swapaxes(-2, -3) for x in xs), causal=True)
    u = RNG.normal(size=(2, 3, 4, 2)).swapaxes(1, 2)
    assert_close(vjp(u), pv.scaled_dot_product_attention(*xs, causal=True)[1](u.copy()))


@pytest.mark.parametrize(
    ("shapes", "mask", "error", "message"),
    [
        ([(3, 4), (3, 4), (3, 4)], None, ValueError, r"q of shape \(3, 4\), k"),
        ([(3, 2, 4), (2, 2, 4), (2, 2, 4)], None, ValueError, r"q of shape \(3, 2, 4\), k"),
        ([(2, 2, 4), (2, 2, 3), (2, 2, 3)], None, ValueError, "q of shape"),
        ([(2, 2, 4), (2, 2, 4), (2, 3, 4)], None, ValueError, "q of shape"),
        ([(5, 2, 2, 4), (1, 2, 2, 4), (1, 2, 2, 4)], None, ValueError, "q of shape"),
        ([(2, 2, 4), (0, 2, 4), (0, 2, 4)], None, ValueError, "q of shape"),
        ([(1, 2, 4)] * 3, np.ones((2, 2)), TypeError, "mask of dtype float64, but should get truth values"),
        ([(1, 2, 4)] * 3, np.ones((2, 1, 2, 2), bool), ValueError, r"mask of shape \(2, 1, 2, 2\), but should"),
        ([(1, 1, 4)] * 3, np.ones((2, 1), bool), ValueError, r"mask of shape \(2, 1\), but should"),
    ],
)
def test_what_does_not_fit_is_refused(shapes, mask, error, message):
    with pytest.raises(error, match=f"^scaled_dot_product_attention got {message}"):
        pv.scaled_dot_product_attention(*map(np.ones, shapes), mask=mask)


@pytest.mark.parametrize(("interleaved", "partner"), [(False, 2), (True, 1)])
def test_rotary_turns_pairs_by_their_angle(interleaved, partner):
    x = np.array([[1.0, 0.0, 0.0, 0.0]])
    y, vjp = pv.rotary_embedding(x, positions=[2], interleaved=interleaved)
    should = np.zeros((1, 4))
    should[0, 0], should[0, partner] = math.cos(2), math.sin(2)
    np.testing.assert_allclose(y, should, rtol=1e-15)
    should[0, partner] *= -1
    np.testing.assert_allclose(vjp(x)[0], should, rtol=1e-15)


def test_rotary_equals_the_complex_product_of_torch():
    torch = pytest.importorskip("torch")
    x = RNG.normal(size=(2, 3, 5, 8))
    angle = np.arange(5)[:, None] * 10000.0 ** (-np.arange(4) / 4)
    pairs = torch.view_as_complex(torch.tensor(x.reshape(2, 3, 5, 4, 2)))
    should = torch.view_as_real(pairs * torch.exp(1j * torch.tensor(angle))).flatten(-2).numpy()
    np.testing.assert_allclose(pv.rotary_embedding(x, interleaved=True)[0], should, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rotary_pullback_is_the_inverse_and_far_positions_keep_their_angle(dtype):
    x = np.array([[1.0, 0.0]], dtype)
    y, vjp = pv.rotary_embedding(x, positions=np.array([1_000_000]))
    np.testing.assert_allclose(y, [[math.cos(1e6), math.sin(1e6)]], rtol=4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(vjp(y)[0], x, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize(
    ("shape", "positions", "error", "message"),
    [
        ((2, 3), None, ValueError, r"x of shape \(2, 3\), but should get \(..., t, d\) with an even d"),
        ((2,), None, ValueError, r"x of shape \(2,\), but should"),
        ((2, 4), [0, 1, 2], ValueError, r"positions of shape \(3,\), but should"),
        ((1, 4), [0, 1], ValueError, r"positions of shape \(2,\), but should"),
        ((2, 4), [True, False], TypeError, "positions of dtype bool, but should get real numbers"),
    ],
)
def test_rotary_refuses_what_does_not_fit(shape, positions, error, message):
    with pytest.raises(error, match=f"^rotary_embedding got {message}"):
        pv.rotary_embedding(np.ones(shape), positions=positions)
