"""Normalisations against torch, and at constant lanes, single elements and empty batches."""

import numpy as np
import pytest

import purevjp as pv

FLOATS = (np.float16, np.float32, np.float64)
RNG = np.random.default_rng(0)
IMAGES = RNG.normal(3, 2, (2, 3, 4, 5))
U = RNG.normal(size=IMAGES.shape)


def torch_vjp(function, *xs):
    """Value and cotangents of U by torch."""
    torch = pytest.importorskip("torch")
    leaves = [torch.tensor(x, requires_grad=True) for x in xs]
    y = function(torch, *leaves)
    return y.detach().numpy(), [dx.numpy() for dx in torch.autograd.grad(y, leaves, torch.tensor(U))]


def agree(got, should):
    """Equal but for roundings: all numbers are of size 1 to 30, and sums have up to 40 terms."""
    value, cotangents = got
    np.testing.assert_allclose(value, should[0], rtol=1e-12, atol=1e-13)
    for ours, theirs in zip(cotangents, should[1], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-13)


def of(rule, *xs, **static):
    """Value and cotangents of U."""
    value, vjp = rule(*xs, **static)
    return value, vjp(U)


@pytest.mark.parametrize("axis", [-1, (2, 3), (3, 2), (-1, 1, 2), None])
def test_layer_norm_and_rms_norm_are_those_of_torch(axis):
    sides = {-1: (5,), None: IMAGES.shape}.get(axis, (4, 5) if axis in {(2, 3), (3, 2)} else (3, 4, 5))
    gain, bias = RNG.normal(size=(2, *sides))
    agree(
        of(pv.layer_norm, IMAGES, gain, bias, axis=axis, epsilon=1e-3),
        torch_vjp(lambda t, x, g, b: t.nn.functional.layer_norm(x, sides, g, b, eps=1e-3), IMAGES, gain, bias),
    )
    agree(
        of(pv.rms_norm, IMAGES, gain, axis=axis, epsilon=1e-3),
        torch_vjp(lambda t, x, g: t.nn.functional.rms_norm(x, sides, g, eps=1e-3), IMAGES, gain),
    )


def test_batch_norm_is_that_of_torch():
    gain, bias = RNG.normal(size=(2, 3))
    agree(
        of(pv.batch_norm, IMAGES, gain, bias),
        torch_vjp(
            lambda t, x, g, b: t.nn.functional.batch_norm(x, None, None, g, b, training=True), IMAGES, gain, bias
        ),
    )


def test_pytorch_xla_913_batch_norm_of_inference_is_affine():
    gain, bias, mean = RNG.normal(size=(3, 3))
    variance = RNG.uniform(0.5, 2, 3)

    def theirs(t, x, g, b):
        return t.nn.functional.batch_norm(x, t.tensor(mean), t.tensor(variance), g, b, training=False)

    got = of(pv.batch_norm_inference, IMAGES, gain, bias, mean=mean, variance=variance)
    agree(got, torch_vjp(theirs, IMAGES, gain, bias))
    slope = gain / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(got[1][0], U * slope[:, None, None], rtol=1e-14)


@pytest.mark.parametrize("axis", [0, 1, 3, -1, -4])
def test_batch_norm_has_its_channels_anywhere(axis):
    gain, bias = RNG.normal(size=(2, 3))
    value, (dx, dgain, dbias) = of(pv.batch_norm, IMAGES, gain, bias)
    moved = np.ascontiguousarray(np.moveaxis(IMAGES, 1, axis))
    y, vjp = pv.batch_norm(moved, gain, bias, axis=axis)
    got = vjp(np.moveaxis(U, 1, axis))
    np.testing.assert_allclose(y, np.moveaxis(value, 1, axis), rtol=1e-13)
    for ours, should in zip(got, (np.moveaxis(dx, 1, axis), dgain, dbias), strict=True):
        np.testing.assert_allclose(ours, should, rtol=1e-12, atol=1e-14)


def test_shifts_and_scales_of_a_lane_change_nothing():
    """dx is orthogonal to 1, and to h but for ε."""
    gain, bias = RNG.normal(size=(2, 5))
    _, (dx, _, _) = of(pv.layer_norm, IMAGES, gain, bias, epsilon=0.0)
    np.testing.assert_allclose(dx.sum(-1), 0, atol=1e-14 * np.abs(dx).sum())
    np.testing.assert_allclose((dx * IMAGES).sum(-1), 0, atol=1e-14 * np.abs(dx * IMAGES).sum())
    _, (dx, _) = of(pv.rms_norm, IMAGES, gain, epsilon=0.0)
    np.testing.assert_allclose((dx * IMAGES).sum(-1), 0, atol=1e-14 * np.abs(dx * IMAGES).sum())


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_constant_lane_has_the_slopes_of_its_epsilon(dtype):
    x, gain = np.array([[7, 7]], dtype), np.array([2, 2], dtype)
    y, vjp = pv.layer_norm(x, gain, np.array([5, 6], dtype), epsilon=0.25)
    assert y.tolist() == [[5, 6]]
    dx, dgain, dbias = vjp(np.array([[3, 1]], dtype))
    assert (dx.tolist(), dgain.tolist(), dbias.tolist()) == ([[4, -4]], [0, 0], [3, 1])
    y, vjp = pv.rms_norm(np.zeros((1, 2), dtype), gain, epsilon=0.25)
    dx, dgain = vjp(np.array([[3, 1]], dtype))
    assert (y.tolist(), dx.tolist(), dgain.tolist()) == ([[0, 0]], [[12, 4]], [0, 0])
    assert {part.dtype for part in (y, dx, dgain)} == {np.dtype(dtype)}


def test_a_batch_of_one_is_its_bias():
    y, vjp = pv.batch_norm(np.array([[7.0, -3.0]]), np.array([2.0, 3.0]), np.array([5.0, 6.0]))
    dx, dgain, dbias = vjp(np.array([[4.0, 5.0]]))
    assert (y.tolist(), dx.tolist(), dgain.tolist(), dbias.tolist()) == ([[5, 6]], [[0, 0]], [0, 0], [4, 5])
    y, vjp = pv.layer_norm(np.array(7.0), np.array(2.0), np.array(5.0), axis=None)
    assert (float(y), [float(dx) for dx in vjp(4.0)]) == (5, [0, 0, 4])


def test_llm_c_dd8c9f5_gain_and_bias_add_up_over_all_rows():
    x, u = np.array([[1.0, 3.0], [5.0, 1.0]]), np.array([[1.0, 10.0], [100.0, 1000.0]])
    _, dgain, dbias = pv.layer_norm(x, np.ones(2), np.zeros(2), epsilon=0.0)[1](u)
    assert (dgain.tolist(), dbias.tolist()) == ([99, -990], [101, 1010])


def test_statistics_are_taken_in_the_dtype_of_x():
    x, ones = np.ones((2, 3), np.float32), np.ones(3, np.float32)
    y, vjp = pv.batch_norm_inference(x, ones, ones, mean=np.zeros(3), variance=[1, 2, 3])
    assert [part.dtype for part in (y, *vjp(x))] == [np.float32] * 4


@pytest.mark.parametrize(
    ("rule", "xs", "static", "message"),
    [
        (pv.layer_norm, [(2, 3), (2,), (3,)], {}, r"layer_norm got gain of shape \(2,\), but should get \(3,\)"),
        (pv.layer_norm, [(2, 3), (3,), ()], {}, r"layer_norm got bias of shape \(\), but should get \(3,\)"),
        (pv.layer_norm, [(2, 3), (3, 2), (3, 2)], {"axis": (1, 0)}, r"shape \(3, 2\), but should get \(2, 3\)"),
        (pv.rms_norm, [(2, 3), (1, 3)], {}, r"rms_norm got gain of shape \(1, 3\), but should get \(3,\)"),
        (pv.batch_norm, [(2, 3), (2,), (2,)], {}, r"batch_norm got gain of shape \(2,\), but should get \(3,\)"),
        (
            pv.batch_norm_inference, [(2, 3), (3,), (3,)], {"mean": 0.0, "variance": np.ones(3)},
            r"batch_norm_inference got mean of shape \(\), but should get \(3,\)",
        ),
        (pv.layer_norm, [(2, 3), (3,), (3,)], {"axis": 2}, "axis 2 is out of bounds"),
        (pv.rms_norm, [(2, 3), (3,)], {"axis": (1, -1)}, "repeated axis"),
        (pv.batch_norm, [(2,), (2,), (2,)], {}, "axis 1 is out of bounds"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(rule, xs, static, message):
    with pytest.raises(ValueError, match=message):
        rule(*map(np.ones, xs), **static)


@pytest.mark.parametrize("rule", [pv.layer_norm, pv.rms_norm, pv.batch_norm])
def test_no_rows_give_zeros_to_the_parameters(rule):
    x, parameters = np.ones((2, 0, 3)), [np.ones(3)] * (1 if rule is pv.rms_norm else 2)
    if rule is pv.batch_norm:
        x, parameters = np.ones((2, 0)), [np.ones(0)] * 2
    y, vjp = rule(x, *parameters)
    dx, *rest = vjp(np.ones(y.shape))
    assert y.shape == dx.shape == x.shape
    assert [part.tolist() for part in rest] == [[0] * len(p) for p in parameters]
