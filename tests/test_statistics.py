"""Variances, weighted means, sums that ignore nan, covariances, medians and quantiles, with numbers fixed by hand."""

import math

import numpy as np
import pytest

import purevjp as pv

INF, NAN = math.inf, math.nan
FLOATS = (np.float16, np.float32, np.float64)
RNG = np.random.default_rng(0)


def pulled(rule, *xs, u, **static):
    """Value and cotangents of a rule, as lists."""
    value, vjp = rule(*[np.asarray(x, float) for x in xs], **static)
    return np.asarray(value).tolist(), *[dx.tolist() for dx in vjp(np.asarray(u, float))]


def test_var_divides_by_n_less_ddof():
    assert pulled(pv.var, [[1.0, 3.0], [2.0, 6.0]], u=[5.0, 6.0], axis=1) == ([1, 4], [[-5, 5], [-12, 12]])
    assert pulled(pv.var, [[1.0, 3.0], [2.0, 6.0]], u=[5.0, 6.0], axis=1, ddof=1) == ([2, 8], [[-10, 10], [-24, 24]])
    assert pulled(pv.var, [1.0, 3.0, 99.0], u=5.0, where=[True, True, False]) == (1, [-5, 5, 0])
    assert pulled(pv.var, 2.0, u=5.0) == (0, 0)


def test_std_divides_by_n_less_ddof_times_itself():
    assert pulled(pv.std, [[1.0, 3.0], [2.0, 6.0]], u=[6.0, 8.0], axis=1) == ([1, 2], [[-3, 3], [-4, 4]])
    assert pulled(pv.std, [1.0, 3.0, 99.0], u=[6.0], where=[True, True, False], keepdims=True) == ([1], [-3, 3, 0])
    assert pulled(pv.std, [1.0, -2.0, 1.0], u=1.0, ddof=1)[0] == pytest.approx(math.sqrt(3), rel=1e-15)


@pytest.mark.parametrize("dtype", FLOATS)
def test_pytorch_4320_jax_11716_std_of_equal_numbers_has_no_slope(dtype):
    value, vjp = pv.std(np.full((2, 3), 0.5, dtype), axis=1, ddof=1)
    assert value.tolist() == [0, 0]
    (dx,) = vjp(np.array([1, 2], dtype))
    assert (dx.dtype, dx.tolist()) == (np.dtype(dtype), [[0] * 3] * 2)


def test_tensorflow_56830_std_of_one_number_has_no_slope_either():
    assert pulled(pv.std, 7.0, u=3.0) == (0, 0)
    assert pulled(pv.std, [7.0], u=3.0) == (0, [0])


@pytest.mark.parametrize("rule", [pv.var, pv.std])
def test_without_freedom_value_and_cotangent_are_nan_with_a_warning(rule):
    with pytest.warns(RuntimeWarning):
        value, dx = pulled(rule, [7.0], u=3.0, ddof=1)
    assert np.isnan([value, *dx]).all()


@pytest.mark.parametrize("rule", [pv.var, pv.std])
def test_a_lane_that_is_all_masked_is_nan_and_gets_no_cotangent(rule):
    with pytest.warns(RuntimeWarning):
        value, dx = pulled(rule, [[1.0, 3.0], [1.0, 3.0]], u=[2.0, 2.0], axis=1, where=[[True], [False]])
    assert value[0] == 1
    assert np.isnan(value[1])
    assert dx == ([[-2, 2], [0, 0]] if rule is pv.var else [[-1, 1], [0, 0]])


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_std_of_numbers_whose_squares_leave_the_range(size):
    value, vjp = pv.std(np.array([size, -size], np.float32))
    np.testing.assert_allclose(value, size, rtol=8 * np.finfo(np.float32).eps)
    np.testing.assert_allclose(vjp(1.0)[0], [0.5, -0.5], rtol=8 * np.finfo(np.float32).eps)


def test_average_by_hand():
    x, w = [[1.0, 5.0], [2.0, 6.0]], [3.0, 1.0]
    assert pulled(pv.average, x, w, u=[4.0, 8.0], axis=1) == ([2, 3], [[3, 1], [6, 2]], [-3, 9])
    assert pulled(pv.average, x, w, u=[4.0, 8.0], axis=(-1,)) == ([2, 3], [[3, 1], [6, 2]], [-3, 9])
    same = pulled(pv.average, x, [w, w], u=[[4.0], [8.0]], axis=1, keepdims=True)
    assert same == ([[2], [3]], [[3, 1], [6, 2]], [[-1, 3], [-2, 6]])


def test_average_keeps_a_real_cotangent_real_and_each_dtype():
    x, w = np.array([1j, 2.0]), np.array([1.0, 3.0], np.float32)
    value, vjp = pv.average(x, w)
    dx, dw = vjp(1 + 0j)
    assert (value.dtype, dx.dtype, dw.dtype) == (np.complex128, np.complex128, np.float32)


def test_average_refuses_weights_that_do_not_fit():
    for weights, axis in [((3,), None), ((2,), 1), ((3,), (0, 1)), ((1, 3), 1)]:
        with pytest.raises(ValueError, match=r"^average got weights of shape .*, but should get \(2, 3\)"):
            pv.average(np.ones((2, 3)), np.ones(weights), axis=axis)
    with pytest.raises(ZeroDivisionError):
        pv.average(np.ones(2), np.array([1.0, -1.0]))


@pytest.mark.parametrize(("rule", "value", "dx"), [(pv.nansum, [6, 2], [6, 7]), (pv.nanmean, [3, 2], [3, 7])])
def test_nan_is_left_out_and_gets_no_cotangent(rule, value, dx):
    x = [[NAN, 5.0, 1.0], [NAN, NAN, 2.0]]
    assert pulled(rule, x, u=[6.0, 7.0], axis=1) == (value, [[0, dx[0], dx[0]], [0, 0, dx[1]]])
    assert pulled(rule, [INF, NAN], u=2.0) == (INF, [2, 0])


def test_nothing_but_nan():
    assert pulled(pv.nansum, [NAN, NAN], u=2.0) == (0, [0, 0])
    with pytest.warns(RuntimeWarning):
        value, dx = pulled(pv.nanmean, [[NAN, NAN], [1.0, NAN]], u=[2.0, 3.0], axis=1)
    assert np.isnan(value[0])
    assert dx == [[0, 0], [3, 0]]


@pytest.mark.parametrize("static", [{}, {"bias": True}, {"ddof": 0}, {"ddof": 2, "bias": True}, {"rowvar": False}])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cov_is_that_of_numpy_in_its_own_dtype(static, dtype):
    x = RNG.normal(size=(3, 4)).astype(dtype)
    value, vjp = pv.cov(x, **static)
    assert (value.dtype, vjp(np.ones(value.shape, dtype))[0].dtype) == (dtype, dtype)
    np.testing.assert_allclose(value, np.cov(x, **static), rtol=1e-5 if dtype == np.float32 else 1e-13)


def test_cov_of_one_variable_is_its_variance():
    value, vjp = pv.cov(np.array([1.0, 3.0]))
    assert (value.shape, value.tolist(), vjp(5.0)[0].tolist()) == ((), 2, [-10, 10])
    assert pulled(pv.cov, [[1.0], [3.0]], u=5.0, rowvar=False) == (2, [[-10], [10]])
    for shape in [(), (1, 2, 3)]:
        with pytest.raises(ValueError, match=r"^cov got x of shape .*, but should get one or two axes$"):
            pv.cov(np.ones(shape))


def test_cov_without_freedom_is_nan_with_a_warning():
    with pytest.warns(RuntimeWarning, match="invalid value"):
        value, vjp = pv.cov(np.ones((2, 1)))
    assert np.isnan(value).all()
    del vjp


@pytest.mark.parametrize(
    ("x", "value", "dx"),
    [
        ([1.0, 7.0, 2.0], 2, [0, 0, 6]),
        ([1.0, 7.0, 2.0, 4.0], 3, [0, 0, 3, 3]),
        ([2.0, 2.0, 2.0], 2, [2, 2, 2]),
        ([1.0, 2.0, 2.0, 3.0], 2, [0, 3, 3, 0]),
        ([1.0, 1.0, 2.0, 2.0], 1.5, [1.5, 1.5, 1.5, 1.5]),
        ([0.0, -0.0, 5.0], 0, [3, 3, 0]),
        ([INF, INF, 1.0], INF, [3, 3, 0]),
        ([4.0], 4, [6]),
        ([1.0, 3.0], 2, [3, 3]),
    ],
)
def test_median_by_hand(x, value, dx):
    assert pulled(pv.median, x, u=6.0) == (value, dx)
    assert pulled(pv.quantile, x, u=6.0, q=0.5) == (value, dx)
    assert pulled(pv.quantile, x, u=[6.0], q=np.array([0.5])) == ([value], dx)
    got = pulled(pv.median, np.reshape(x, (1, -1, 1)), u=[[[6.0]]], axis=(1, -1), keepdims=True)
    assert got == ([[[value]]], np.reshape(dx, (1, -1, 1)).tolist())


@pytest.mark.parametrize("rule", [pv.median, lambda x: pv.quantile(x, q=0.25)])
def test_nan_gets_what_max_gives_it(rule):
    value, vjp = rule(np.array([1.0, NAN, 3.0, NAN]))
    assert np.isnan(value)
    assert vjp(6.0)[0].tolist() == [0, 3, 0, 3]


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "midpoint", "nearest"])
@pytest.mark.parametrize("axis", [None, 0, (1, 2), (-1, 0, 1)])
def test_quantiles_are_those_of_numpy(method, axis):
    x = RNG.permutation(24.0 * np.arange(24)).reshape(2, 3, 4)
    for q in (0.0, 0.1, 0.3, 0.5, 1.0, np.array([0.25, 0.9]), np.zeros(0)):
        for keepdims in (False, True):
            value, vjp = pv.quantile(x, q=q, axis=axis, method=method, keepdims=keepdims)
            should = np.quantile(x, q, axis=axis, method=method, keepdims=keepdims)
            np.testing.assert_allclose(value, should, rtol=1e-14, atol=1e-12)
            assert vjp(np.ones(np.shape(value)))[0].shape == x.shape


def test_the_outermost_quantiles_are_min_and_max():
    x = np.array([[3.0, 1.0, 3.0], [2.0, 2.0, 2.0]])
    u = np.array([6.0, 9.0])
    for q, rule in ((0.0, pv.min), (1.0, pv.max)):
        (value, vjp), (extreme, extreme_vjp) = pv.quantile(x, q=q, axis=1), rule(x, axis=1)
        assert value.tolist() == extreme.tolist()
        assert vjp(u)[0].tolist() == extreme_vjp(u)[0].tolist()


def test_quantile_counts_a_repeated_q_twice():
    assert pulled(pv.quantile, [1.0, 5.0, 2.0], u=[4.0, 1.0, 2.0], q=[0.5, 1.0, 0.5]) == ([2, 5, 2], [0, 1, 6])


@pytest.mark.parametrize("q", [-0.1, 1.1, NAN, 1j, [[0.5]], [0.5, 2.0], True])
def test_quantile_refuses_what_is_no_fraction(q):
    with pytest.raises(
        ValueError, match=r"^quantile got q=.*, but should get a number from 0 to 1, or one axis of them$"
    ):
        pv.quantile(np.ones(3), q=q)


def test_other_methods_and_no_elements_are_refused():
    with pytest.raises(ValueError, match=r"^quantile got method='weibull', but should get one of linear, lower"):
        pv.quantile(np.ones(3), q=0.5, method="weibull")
    with pytest.raises(ValueError, match=r"^quantile got no elements, but should"):
        pv.quantile(np.ones((2, 0)), q=0.5, axis=1)
    with pytest.raises(ValueError, match=r"^median got no elements over axis=1 of shape \(2, 0\), but should"):
        pv.median(np.ones((2, 0)), axis=1)
    assert pulled(pv.median, np.ones((0, 3)), u=[], axis=1) == ([], [])


def test_ptp_at_ties():
    assert pulled(pv.ptp, [3.0, 1.0, 3.0], u=4.0) == (2, [2, -4, 2])
    assert pulled(pv.ptp, [3.0, 3.0], u=4.0) == (0, [0, 0])
    assert pulled(pv.ptp, 3.0, u=4.0) == (0, 0)
