"""Pooling: numbers by hand, PyTorch's values and gradients, ties, nan and the padding."""

import math

import numpy as np
import pytest

import purevjp as pv

INF, NAN = math.inf, math.nan


def integers(*shape):
    """Small integers, all different in the first hundred or so."""
    return (np.arange(np.prod(shape)) * 37 % 101 - 50.0).reshape(shape)


MAXIMA = {
    "NNlib #205, Flux #1197: window 3, stride 2, padding 1": ((2, 1, 7, 6), {"window": 3, "stride": 2, "padding": 1}),
    "burn PR #4466: dilation of each axis": ((1, 2, 7, 6), {"window": 2, "stride": 1, "dilation": (3, 2)}),
    "pytorch PR #36820: three axes, result not square": ((1, 2, 3, 5, 4), {"window": (1, 2, 3), "stride": (2, 1, 1)}),
    "window smaller than stride": ((1, 1, 8), {"window": 2, "stride": 3}),
    "stride is the window": ((2, 2, 7), {"window": 3}),
    "no sample": ((0, 2, 7), {"window": 3}),
}
MEANS = {
    "padding counted": ((1, 2, 5, 6), {"window": (2, 3), "stride": (1, 2), "padding": 1}),
    "padding not counted": ((1, 2, 5, 6), {"window": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
    "three axes": ((1, 1, 3, 2, 4), {"window": (2, 1, 3), "stride": (1, 1, 2), "padding": (1, 0, 1)}),
    "stride is the window": ((2, 1, 7), {"window": 2}),
}


def assert_as_torch(rule, name, shape, *, window, **options):
    torch = pytest.importorskip("torch")
    x = integers(*shape)
    primal = torch.tensor(x, requires_grad=True)
    y = getattr(torch.nn.functional, f"{name}{x.ndim - 2}d")(primal, window, **options)
    u = integers(*y.shape)
    (should,) = torch.autograd.grad(y, primal, torch.tensor(u))
    value, vjp = rule(x, window=window, **options)
    for got, expected in ((value, y.detach().numpy()), (vjp(u)[0], should.numpy())):
        np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("bug", MAXIMA)
def test_max_pool_equals_that_of_torch(bug):
    shape, options = MAXIMA[bug]
    assert_as_torch(pv.max_pool, "max_pool", shape, **options)


@pytest.mark.parametrize("bug", MEANS)
def test_avg_pool_equals_that_of_torch(bug):
    shape, options = MEANS[bug]
    assert_as_torch(pv.avg_pool, "avg_pool", shape, **options)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    ("x", "padding", "value", "dx"),
    [
        pytest.param([2, 2, 2], 0, [2, 2], [1, 10, 0], id="CrypTen PR #90: a tie"),
        ([0.0, -0.0, 0.0], 0, [0, 0], [1, 10, 0]),
        ([NAN, 1, NAN], 0, [NAN, NAN], [1, 0, 10]),
        ([NAN, NAN, 5], 0, [NAN, NAN], [1, 10, 0]),
        ([-INF, -INF], 1, [-INF] * 3, [11, 100]),
        ([NAN, 1], 1, [NAN, NAN, 1], [11, 100]),
        ([-5, -6], 1, [-5, -5, -6], [11, 100]),
        ([INF, INF], ((1, 0),), [INF, INF], [11, 0]),
    ],
)
def test_each_window_has_one_place_that_gets_all(x, padding, value, dx, dtype):
    got, vjp = pv.max_pool(np.array([[x]], dtype), window=2, stride=1, padding=padding)
    np.testing.assert_array_equal(got, np.array([[value]], dtype))
    u = np.array([[[1, 10, 100][: len(value)]]], dtype)
    np.testing.assert_array_equal(vjp(u)[0], np.array([[dx]], dtype), strict=True)


def test_ties_in_two_dimensions_go_to_the_first_in_c_order():
    _, vjp = pv.max_pool(np.zeros((1, 1, 2, 2)), window=2)
    assert vjp(np.array([[[[3.0]]]]))[0].tolist() == [[[[3, 0], [0, 0]]]]
    _, vjp = pv.max_pool(np.array([[[[0.0, 1.0], [1.0, 0.0]]]]), window=2)
    assert vjp(np.array([[[[3.0]]]]))[0].tolist() == [[[[0, 3], [0, 0]]]]


def test_an_infinite_or_missing_cotangent_stays_in_its_place():
    _, vjp = pv.max_pool(np.array([[[1.0, 2.0, 0.0, 3.0]]]), window=2)
    assert vjp(np.array([[[INF, 1.0]]]))[0].tolist() == [[[0, INF, 0, 1]]]


def test_windows_of_padding_alone_are_the_limits_of_nothing():
    value, vjp = pv.max_pool(np.ones((1, 1, 2)), window=2, padding=1, dilation=3)
    assert value.tolist() == [[[-INF]]]
    assert vjp(np.full((1, 1, 1), 3.0))[0].tolist() == [[[0, 0]]]
    value, vjp = pv.avg_pool(np.ones((1, 1, 1)), window=1, padding=1, count_include_pad=False)
    np.testing.assert_array_equal(value, [[[NAN, 1, NAN]]])
    assert vjp(np.full((1, 1, 3), 3.0))[0].tolist() == [[[3]]]


def test_a_window_larger_than_the_image_has_no_place():
    for rule in (pv.max_pool, pv.avg_pool):
        value, vjp = rule(np.ones((1, 1, 2)), window=3)
        assert value.shape == (1, 1, 0)
        assert vjp(value)[0].tolist() == [[[0, 0]]]


def test_float16_means_are_added_up_in_float32():
    value, _ = pv.avg_pool(np.full((1, 1, 60), 2000, np.float16), window=60)
    assert value.tolist() == [[[2000]]]


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((2, 3), {"window": 2}, r"x of shape \(2, 3\), but should get \(b, c, \*sides\)"),
        ((1, 1, 3), {"window": 0}, "window 0, but should get an integer from 1 on, or 1 of them"),
        ((1, 1, 3), {"window": (2, 2)}, r"window \(2, 2\), but should"),
        ((1, 1, 3), {"window": 2, "stride": 1.5}, "stride 1.5, but should"),
        ((1, 1, 3), {"window": 2, "padding": "full"}, "padding 'full', but should"),
    ],
)
def test_what_does_not_fit_is_refused(shape, options, message):
    for rule in (pv.max_pool, pv.avg_pool):
        with pytest.raises(ValueError, match=f"^{rule.__name__} got {message}"):
            rule(np.ones(shape), **options)
