"""Running sums, products and extremes, differences, slopes, integrals and convolutions, with numbers fixed by hand."""

import math

import numpy as np
import pytest

import purevjp as pv

INF, NAN = math.inf, math.nan
RNG = np.random.default_rng(0)
RUNNING = [pv.cumsum, pv.cumprod, pv.cummax, pv.cummin, pv.logcumsumexp]


def pulled(rule, *xs, u, **static):
    """Value and cotangents of a rule, as lists."""
    value, vjp = rule(*[np.asarray(x, float) for x in xs], **static)
    return np.asarray(value).tolist(), *[dx.tolist() for dx in vjp(np.asarray(u, float))]


@pytest.mark.parametrize("rule", RUNNING)
def test_no_axis_means_all_elements_in_c_order(rule):
    x, u = RNG.normal(size=(2, 3)), RNG.normal(size=6)
    for laid in (x, np.asfortranarray(x)):
        value, vjp = rule(laid)
        flat, flat_vjp = rule(x.ravel(), axis=0)
        assert value.tolist() == flat.tolist()
        assert vjp(u)[0].tolist() == flat_vjp(u)[0].reshape(2, 3).tolist()
    value, vjp = rule(np.array(2.0))
    assert (value.tolist(), vjp(np.array([3.0]))[0].tolist()) == ([2], 3)


@pytest.mark.parametrize("rule", RUNNING)
@pytest.mark.parametrize(("shape", "axis"), [((2, 0), 1), ((2, 0), 0), ((0,), None), ((0, 3), -1)])
def test_pytorch_31515_31782_of_nothing(rule, shape, axis):
    value, vjp = rule(np.ones(shape), axis=axis)
    assert value.shape == shape
    assert vjp(np.ones(shape))[0].shape == shape


@pytest.mark.parametrize(
    ("x", "u", "dx"),
    [
        pytest.param([0.0], [1.0], [1], id="tensorflow #3862"),
        pytest.param([2.0, 0.0, 3.0, 4.0], [1.0] * 4, [1, 32, 0, 0], id="burn #3864, PR #5141"),
        pytest.param([1.0, 0.0], [2.0, 0.0], [2, 0], id="pytensor PR #1956, #1911, Theano #5197"),
        ([0.0, 0.0, 3.0], [2.0, 5.0, 7.0], [2, 0, 0]),
        ([2.0, 3.0, 5.0], [1.0, 10.0, 100.0], [1531, 1020, 600]),
    ],
)
def test_cumprod_by_hand(x, u, dx):
    assert pulled(pv.cumprod, x, u=u) == (np.cumprod(x).tolist(), dx)
    assert (
        pulled(pv.cumprod, np.array(x)[:, None], u=np.array(u)[:, None], axis=-2)[1] == np.array(dx)[:, None].tolist()
    )


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 9, 31, 64, 100])
def test_passes_of_twice_the_reach_reach_every_place(n):
    x, u = RNG.integers(-2, 3, n).astype(float), RNG.integers(-3, 4, n).astype(float)
    x = np.where(np.cumsum(np.abs(x) == 2) > 20, np.sign(x), x)
    products = [[np.prod(np.delete(x[: t + 1], i)) if i <= t else 0 for i in range(n)] for t in range(n)]
    assert pulled(pv.cumprod, x, u=u)[1] == (u @ np.array(products)).tolist()
    largest = [np.where(np.arange(n) <= t, x == x[: t + 1].max(), False) for t in range(n)]
    shares = [of / of.sum() for of in largest]
    np.testing.assert_allclose(pv.cummax(x)[1](u)[0], u @ np.array(shares), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    ("x", "dx"),
    [
        ([1.0, 1.0, 0.0], [2, 1, 0]),  # as JAX
        ([1.0, 1.0, 1.0], [1 + 1 / 2 + 1 / 3, 1 / 2 + 1 / 3, 1 / 3]),  # JAX: 7/4, 3/4, 1/2
        ([1.0, 0.0, 1.0], [2.5, 0, 0.5]),
        ([1.0, 2.0, 1.0], [1, 2, 0]),
        ([1.0, NAN, 3.0], [1, 2, 0]),
        ([NAN, 1.0, NAN], [2.5, 0, 0.5]),
        ([-INF, -INF, 1.0], [1.5, 0.5, 1]),
    ],
)
def test_running_extremes_share_each_place_as_max_does(x, dx):
    value, vjp = pv.cummax(np.array(x))
    assert np.array_equal(value, np.maximum.accumulate(x), equal_nan=True)
    np.testing.assert_allclose(vjp(np.ones(3))[0], dx, rtol=1e-15)
    value, vjp = pv.cummin(-np.array(x))
    assert np.array_equal(value, -np.maximum.accumulate(x), equal_nan=True)
    np.testing.assert_allclose(vjp(np.ones(3))[0], dx, rtol=1e-15)


def test_more_ties_than_float16_can_count():
    x = np.ones(70000, np.float16)
    u = np.zeros(70000, np.float16)
    u[-1] = 1
    (dx,) = pv.cummax(x)[1](u)
    assert np.array_equal(dx, np.full(70000, np.float16(1 / 70000)))


def test_logcumsumexp_by_hand():
    assert pulled(pv.logcumsumexp, [-INF, -INF, 1.0], u=[3.0, 5.0, 7.0]) == ([-INF, -INF, 1], [0, 0, 7])
    assert pulled(pv.logcumsumexp, [-INF, -INF], u=[3.0, 5.0]) == ([-INF, -INF], [0, 0])
    assert pulled(pv.logcumsumexp, [1.0, -INF], u=[3.0, 5.0]) == ([1, 1], [8, 0])
    value, dx = pulled(pv.logcumsumexp, [0.0, INF], u=[3.0, 5.0])
    assert value == [0, INF]
    assert dx[0] == 3
    assert np.isnan(dx[1])
    value, dx = pulled(pv.logcumsumexp, [1000.0, 1000.0], u=[3.0, 8.0])
    assert value == [1000, 1000 + math.log(2)]
    np.testing.assert_allclose(dx, [7, 4], rtol=1e-12)  # the roundoff of 1000


def test_diff_again_and_again():
    assert pulled(pv.diff, [1.0, 4.0, 9.0], u=[3.0, 5.0]) == ([3, 5], [-3, -2, 5])
    assert pulled(pv.diff, [1.0, 4.0, 9.0], u=[3.0], n=2) == ([2], [3, -6, 3])
    for n in (3, 4, 9):
        assert pulled(pv.diff, [1.0, 4.0, 9.0], u=[], n=n) == ([], [0, 0, 0])
    x = np.array([1.0, 4.0])
    value, vjp = pv.diff(x, n=0)
    assert not np.shares_memory(value, x)
    assert vjp(np.array([3.0, 5.0]))[0].tolist() == [3, 5]


def test_diff_refuses_what_numpy_refuses():
    with pytest.raises(ValueError, match="non-negative"):
        pv.diff(np.ones(2), n=-1)
    with pytest.raises(ValueError, match="at least one dimension"):
        pv.diff(np.array(1.0))


@pytest.mark.parametrize(
    ("n", "edge_order", "dx"),
    [
        (2, 1, [-3, 3]),
        (3, 1, [-2, -2, 4]),
        (3, 2, [-1, -4, 5]),
        (4, 2, [-2.5, 2.5, -7.5, 7.5]),
    ],
)
def test_gradient_at_its_ends(n, edge_order, dx):
    u = np.arange(1.0, n + 1)
    value, got = pulled(pv.gradient, np.arange(n) ** 2, u=u, edge_order=edge_order)
    assert value == np.gradient(np.arange(n) ** 2.0, edge_order=edge_order).tolist()
    assert got == dx
    half = pulled(pv.gradient, np.arange(n) ** 2, u=u, edge_order=edge_order, spacing=0.5)[1]
    assert half == [2 * d for d in dx]


def test_gradient_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match=r"^gradient got no axis for x of shape \(2, 3\), but should get one$"):
        pv.gradient(np.ones((2, 3)))
    with pytest.raises(TypeError, match=r"^gradient got spacing=\[1\.0, 2\.0\], but should get a number$"):
        pv.gradient(np.ones(2), spacing=[1.0, 2.0])
    with pytest.raises(ValueError, match=r"^gradient got 2 elements along the axis, but should get 3$"):
        pv.gradient(np.ones(2), edge_order=2)
    with pytest.raises(ValueError, match="edge_order"):
        pv.gradient(np.ones(9), edge_order=3)


def test_trapezoid_by_hand():
    assert pulled(pv.trapezoid, [1.0, 2.0, 4.0], u=3.0, dx=2.0) == (9, [3, 6, 3])
    assert pulled(pv.trapezoid, [1.0, 2.0], u=3.0) == (1.5, [1.5, 1.5])
    assert pulled(pv.trapezoid, [1.0], u=3.0) == (0, [0])
    assert pulled(pv.trapezoid, np.ones((0, 2)), u=[3.0, 1.0], axis=0) == ([0, 0], [])
    with pytest.raises(TypeError, match=r"^trapezoid got dx=\[1\.0\], but should get a number"):
        pv.trapezoid(np.ones(2), dx=[1.0])


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("sides", [(1, 1), (1, 4), (4, 1), (5, 2), (2, 5), (5, 3), (3, 5), (4, 4), (3, 4), (7, 4)])
def test_convolve_is_the_adjoint_of_what_numpy_gives(mode, sides):
    a, v = (RNG.integers(-4, 5, n).astype(float) for n in sides)
    value, vjp = pv.convolve(a, v, mode=mode)
    assert value.tolist() == np.convolve(a, v, mode).tolist()
    u = RNG.integers(-4, 5, value.shape).astype(float)
    da, dv = vjp(u)
    assert da.tolist() == [u @ np.convolve(e, v, mode) for e in np.eye(len(a))]
    assert dv.tolist() == [u @ np.convolve(a, e, mode) for e in np.eye(len(v))]


def test_convolve_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match=r"^convolve got v of shape \(2, 2\), but should get one axis$"):
        pv.convolve(np.ones(2), np.ones((2, 2)))
    with pytest.raises(ValueError, match="empty"):
        pv.convolve(np.ones(2), np.ones(0))
    with pytest.raises(ValueError, match="mode"):
        pv.convolve(np.ones(2), np.ones(2), mode="wrap")
