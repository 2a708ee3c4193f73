"""Reductions with masks and initial values, extremes, products, norms and traces, with numbers fixed by hand."""

import math

import numpy as np
import pytest

import purevjp as pv

INF, NAN = math.inf, math.nan
FLOATS = (np.float16, np.float32, np.float64)


def pulled(rule, x, u, **static):
    """Value and cotangent of a rule of one array, as lists."""
    value, vjp = rule(np.asarray(x, float), **static)
    (dx,) = vjp(np.asarray(u, float))
    return np.asarray(value).tolist(), dx.tolist()


ROWS = [[1.0, 2.0, 4.0], [3.0, -1.0, 5.0]]
MASK = [[True, False, True], [False, True, False]]


@pytest.mark.parametrize(
    ("rule", "static", "value", "dx"),
    [
        (pv.sum, {"initial": 10}, [15, 9], [[6, 0, 6], [0, 7, 0]]),
        (pv.sum, {}, [5, -1], [[6, 0, 6], [0, 7, 0]]),
        (pv.mean, {}, [2.5, -1], [[3, 0, 3], [0, 7, 0]]),
        (pv.max, {"initial": 0.0}, [4, 0], [[0, 0, 6], [0, 0, 0]]),
        (pv.min, {"initial": 2.0}, [1, -1], [[6, 0, 0], [0, 7, 0]]),
        (pv.prod, {"initial": 2}, [8, -2], [[48, 0, 12], [0, 14, 0]]),
    ],
)
def test_a_mask_leaves_out_values_and_cotangents(rule, static, value, dx):
    static = {**static, "axis": 1, "where": np.array(MASK)}
    assert pulled(rule, ROWS, [6.0, 7.0], **static) == (value, dx)
    flipped = {**static, "axis": 0, "where": np.array(MASK).T}
    assert pulled(rule, np.transpose(ROWS), [6.0, 7.0], **flipped) == (value, np.transpose(dx).tolist())


@pytest.mark.parametrize("rule", [pv.sum, pv.prod])
def test_a_lane_without_elements_gives_the_initial_value_and_no_cotangent(rule):
    none = np.zeros((2, 1), bool)
    empty = 0 if rule is pv.sum else 1
    assert pulled(rule, ROWS, [6.0, 7.0], axis=1, where=none) == ([empty] * 2, [[0] * 3] * 2)
    assert pulled(rule, ROWS, [6.0, 7.0], axis=1, where=none, initial=3.0) == ([3] * 2, [[0] * 3] * 2)


def test_mean_of_no_elements_is_nan_with_a_warning_and_its_cotangent_0():
    with pytest.warns(RuntimeWarning) as caught:
        value, dx = pulled(pv.mean, ROWS, [6.0, 7.0], axis=1, where=np.array([[False], [True]]))
    assert "Mean of empty slice" in {str(w.message) for w in caught}
    assert np.isnan(value[0])
    assert dx == [[0, 0, 0], [7 / 3] * 3]


@pytest.mark.parametrize(("rule", "initial"), [(pv.max, 5.0), (pv.min, -1.0)])
def test_an_initial_value_takes_half_of_a_tie_and_all_beyond(rule, initial):
    x = np.array([5.0, -1.0, 5.0, -1.0])
    at = (x == initial).astype(float)
    assert pulled(rule, x, 8.0, initial=initial) == (initial, (2 * at).tolist())
    beyond = 2 * initial
    assert pulled(rule, x, 8.0, initial=beyond) == (beyond, [0] * 4)
    assert pulled(rule, [], 8.0, initial=initial) == (initial, [])


@pytest.mark.parametrize("dtype", FLOATS)
def test_min_shares_a_tie_evenly_and_gives_nan_what_max_gives_it(dtype):
    x = np.array([[1, 3, 1], [-INF, 2, -INF], [NAN, 0, NAN]], dtype)
    y, vjp = pv.min(x, axis=1)
    assert np.array_equal(y, np.array([1, -INF, NAN], dtype), equal_nan=True)
    (dx,) = vjp(np.full(3, 6, dtype))
    assert dx.tolist() == [[3, 0, 3], [3, 0, 3], [3, 0, 3]]
    assert dx.dtype == dtype


def test_max_with_a_mask_asks_for_an_initial_value():
    for rule in (pv.max, pv.min):
        with pytest.raises(ValueError, match="initial"):
            rule(np.ones(2), where=np.array([True, False]))
        with pytest.raises(ValueError, match="zero-size array"):
            rule(np.ones(0))


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "prod", "var", "std"])
def test_masks_of_another_dtype_or_shape_are_refused(name):
    rule = getattr(pv, name)
    with pytest.raises(TypeError, match=rf"^{name} got where of dtype int64, but should get bool$"):
        rule(np.ones((2, 3)), where=np.ones(3, np.int64))
    with pytest.raises(ValueError, match=rf"^{name} got where of shape \(2,\), but should get one that broadcasts"):
        rule(np.ones((2, 3)), where=np.ones(2, bool))


@pytest.mark.parametrize(
    ("x", "dx"),
    [
        pytest.param([0.0, 2.0, 3.0], [6, 0, 0], id="tinygrad PR #17404: one zero"),
        pytest.param([0.0, 0.0, 3.0], [0, 0, 0], id="tinygrad PR #17404: two zeros"),
        ([2.0, -3.0, 4.0, 0.0], [0, 0, 0, -24]),
        ([5.0], [1]),
        ([0.0], [1]),
        ([], []),
    ],
)
def test_prod_with_zeros(x, dx):
    assert pulled(pv.prod, x, 1.0) == (math.prod(x), dx)


def test_prod_over_several_axes_takes_all_their_elements_for_one_lane():
    x = np.arange(1.0, 9.0).reshape(2, 2, 2)
    value, dx = pulled(pv.prod, x, [1.0, -1.0], axis=(2, 0))
    assert value == [1 * 2 * 5 * 6, 3 * 4 * 7 * 8]
    assert dx == (np.array([[60.0], [-672.0]]) / x).tolist()


def test_prod_loses_nothing_where_the_product_underflows():
    value, dx = pulled(pv.prod, [1e-200, 1e-200, 1e150], 1.0)
    assert value == pytest.approx(1e-250, rel=1e-14)
    assert dx == pytest.approx([1e-50, 1e-50, 0.0], rel=1e-14)


@pytest.mark.parametrize("order", [None, 1, 2, INF, -INF, 3, 1.5, 1 + 2**-20])
@pytest.mark.parametrize("dtype", FLOATS)
def test_pytorch_2421_autograd_151_norm_of_zeros_has_no_slope(order, dtype):
    value, vjp = pv.norm(np.zeros(3, dtype), ord=order)
    assert value == 0
    assert vjp(5.0)[0].tolist() == [0, 0, 0]
    assert vjp(5.0)[0].dtype == dtype


@pytest.mark.parametrize(
    ("order", "value", "dx"),
    [
        (None, 5, [6, -8, 0]),
        (2, 5, [6, -8, 0]),
        (1, 7, [10, -10, 0]),
        (INF, 4, [0, -10, 0]),
        (-INF, 0, [0, 0, 0]),
    ],
)
def test_norm_by_hand(order, value, dx):
    assert pulled(pv.norm, [3.0, -4.0, 0.0], 10.0, ord=order) == (value, dx)
    got = pulled(pv.norm, [[3.0], [-4.0], [0.0]], [[10.0]], ord=order, axis=-2, keepdims=True)
    assert got == ([[value]], np.array(dx)[:, None].tolist())


def test_norm_shares_ties_of_size():
    assert pulled(pv.norm, [2.0, -2.0, 1.0], 4.0, ord=INF) == (2, [2, -2, 0])
    assert pulled(pv.norm, [2.0, -1.0, 1.0], 4.0, ord=-INF) == (1, [0, -2, 2])


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e-30), (np.float32, 1e30), (np.float64, 1e-200)])
@pytest.mark.parametrize("order", [2, 3, 7])
def test_norm_of_numbers_whose_powers_leave_the_range(dtype, size, order):
    value, vjp = pv.norm(np.array([size, -size], dtype), ord=order)
    roundings = 16 * np.finfo(dtype).eps
    np.testing.assert_allclose(value, size * 2 ** (1 / order), rtol=roundings)
    np.testing.assert_allclose(vjp(1.0)[0], np.array([1, -1]) * 2 ** (1 / order - 1), rtol=roundings)


@pytest.mark.parametrize("order", [None, 2, 1, INF, -INF, 3, 1.5])
def test_norm_equals_those_of_numpy_and_torch(order):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=(3, 4))
    u = np.array([1.0, -2.0, 0.5])
    value, vjp = pv.norm(x, ord=order, axis=1)
    np.testing.assert_allclose(value, np.linalg.norm(x, ord=order, axis=1), rtol=1e-14)
    at = torch.tensor(x, requires_grad=True)
    torch.linalg.vector_norm(at, ord=2 if order is None else order, dim=1).backward(torch.tensor(u))
    np.testing.assert_allclose(vjp(u)[0], at.grad.numpy(), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("order", [0, -1, NAN, "fro", "nuc", 0.5, -2.0])
def test_norms_that_are_none_are_refused(order):
    with pytest.raises(ValueError, match=r"^norm got ord=.*, but should get a number from 1 to ∞, or −∞$"):
        pv.norm(np.ones(3), ord=order)


def test_matrix_norms_are_refused_and_their_default_is_a_vector_norm():
    with pytest.raises(ValueError, match=r"^norm got ord=2 and no axis for x of shape \(2, 3\)"):
        pv.norm(np.ones((2, 3)), ord=2)
    with pytest.raises(TypeError, match=r"^norm got axis=\(0, 1\), but should get an integer or None"):
        pv.norm(np.ones((2, 3)), axis=(0, 1))
    assert pulled(pv.norm, [[3.0, 0.0], [0.0, 4.0]], 5.0) == (5, [[3, 0], [0, 4]])
    assert pulled(pv.norm, -3.0, 5.0) == (3, -5)


@pytest.mark.parametrize(
    ("offset", "value", "dx"),
    [
        (0, 4, [[7, 0, 0], [0, 7, 0]]),
        (1, 6, [[0, 7, 0], [0, 0, 7]]),
        (2, 2, [[0, 0, 7], [0, 0, 0]]),
        (-1, 3, [[0, 0, 0], [7, 0, 0]]),
        (3, 0, [[0, 0, 0], [0, 0, 0]]),
        (-9, 0, [[0, 0, 0], [0, 0, 0]]),
    ],
)
def test_trace_of_each_diagonal(offset, value, dx):
    x = [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert pulled(pv.trace, x, 7.0, offset=offset) == (value, dx)
    assert pulled(pv.trace, np.transpose(x), 7.0, offset=offset, axis1=1, axis2=-2) == (
        value,
        np.transpose(dx).tolist(),
    )


def test_trace_refuses_what_numpy_refuses():
    with pytest.raises(ValueError, match="axis1 and axis2 cannot be the same"):
        pv.trace(np.ones((2, 2)), axis1=0, axis2=-2)
    with pytest.raises(ValueError, match="at least two dimensions"):
        pv.trace(np.ones(2))
