"""Where a rule has no derivative, and where an axis has no elements."""

import inspect
import math
from pathlib import Path

import numpy as np
import pytest

import purevjp as pv
from oracle.catalogue import CATALOGUE

INF, NAN = math.inf, math.nan
FLOATS = (np.float16, np.float32, np.float64)
ELSEWHERE = {
    "batch_norm": "test_normalization.py", "layer_norm": "test_normalization.py", "rms_norm": "test_normalization.py",
    "cov": "test_statistics.py", "var": "test_statistics.py",
}  # fmt: skip
"""Rules whose kinks are no points of their rows, and the files that show them."""

SHOWN = {"relu", "softmax", "log_softmax", "maximum", "max", "logsumexp"}


def cotangents(rule, *xs, u, **static):
    """The cotangents of `rule` at `xs`, as lists."""
    return [dx.tolist() for dx in rule(*xs, **static)[1](u)]


def equal(got, should):
    """Assert equal numbers, nan equal to nan, −0 different from 0."""
    np.testing.assert_array_equal(got, should, strict=True)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(should))


def test_every_documented_kink_is_shown_here():
    documented = {name for name, case in CATALOGUE.items() if "\nKinks " in inspect.getdoc(case["rule"])}
    listed = {name for name, case in CATALOGUE.items() if case["points"]}
    assert documented - listed == ELSEWHERE.keys(), "kinks that are documented and neither listed nor shown"
    for name, file in ELSEWHERE.items():
        assert f"pv.{name}" in (Path(__file__).parent / file).read_text("utf-8"), f"{file} should show {name}"
    assert documented >= SHOWN


@pytest.mark.parametrize("dtype", FLOATS)
def test_relu_at_zero_and_nan(dtype):
    x = np.array([0.0, -0.0, NAN, INF, -INF, np.finfo(dtype).smallest_subnormal], dtype)
    y, vjp = pv.relu(x)
    assert np.array_equal(y[:2], [0, 0])
    assert np.isnan(y[2]), f"relu(nan) is {y[2]}, but should be nan"
    assert y[3:].tolist() == [INF, 0, x[5]]
    equal(vjp(np.full(6, 3, dtype))[0], np.array([0, 0, 0, 3, 0, 3], dtype))


@pytest.mark.parametrize("dtype", FLOATS)
def test_maximum_shares_a_tie_and_gives_nan_nothing(dtype):
    a = np.array([2, 0.0, INF, NAN, 1, NAN, 3, 1], dtype)
    b = np.array([2, -0.0, INF, 1, NAN, NAN, 1, 3], dtype)
    y, vjp = pv.maximum(a, b)
    assert np.isnan(y[3:6]).all(), f"maximum is {y[3:6]} where one is nan, but should be nan"
    da, db = vjp(np.full(8, 3, dtype))
    equal(da, np.array([1.5, 1.5, 1.5, 0, 0, 0, 3, 0], dtype))
    equal(db, np.array([1.5, 1.5, 1.5, 0, 0, 0, 0, 3], dtype))


def test_maximum_shares_a_tie_before_the_sum_over_broadcast_axes():
    assert cotangents(pv.maximum, np.array([1.0, 2.0, 3.0]), np.array(2.0), u=np.ones(3)) == [[0, 0.5, 1], 1.5]
    assert cotangents(pv.maximum, np.array(2.0), np.array(2.0), u=4.0) == [2, 2]


@pytest.mark.parametrize("dtype", FLOATS)
def test_max_shares_a_tie_evenly(dtype):
    x = np.array([[3, 1, 3], [0.0, -0.0, -1], [-INF, -INF, -INF], [INF, INF, 2]], dtype)
    y, vjp = pv.max(x, axis=1)
    assert y.tolist() == [3, 0, -INF, INF]
    share = np.array([[3, 0, 3], [3, 3, 0], [2, 2, 2], [3, 3, 0]], dtype)
    equal(vjp(np.full(4, 6, dtype))[0], share)


def test_max_gives_u_to_what_is_nan():
    x = np.array([[NAN, 5.0, NAN], [1.0, NAN, 2.0], [1.0, 2.0, 2.0]])
    y, vjp = pv.max(x, axis=1)
    assert np.isnan(y).tolist() == [True, True, False]
    equal(vjp(np.array([6.0, 6.0, 6.0]))[0], np.array([[3.0, 0, 3], [0, 6, 0], [0, 3, 3]]))


def test_tinygrad_12296_max_of_more_ties_than_float16_can_count():
    x = np.ones(70000, np.float16)
    (dx,) = pv.max(x)[1](1.0)
    assert dx.dtype == np.float16
    share = np.float16(1 / 70000)
    assert share > 0
    assert np.array_equal(dx, np.full(70000, share)), f"each share is {dx[0]}, but should be {share}"


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, (0, 2), (-1, 0), (2, -3)])
def test_max_shares_ties_over_several_axes(axis, keepdims):
    x = np.zeros((2, 3, 2))
    x[0, :, 0] = x[1, :, 1] = [5, 5, 7]
    y, vjp = pv.max(x, axis=axis, keepdims=keepdims)
    u = np.full(y.shape, 4.0)
    should = np.zeros((2, 3, 2))
    should[0, :, 0] = should[1, :, 1] = [0, 0, 2] if axis is None else [2, 2, 2]
    equal(vjp(u)[0], should)


@pytest.mark.parametrize("dtype", FLOATS)
def test_jax_6811_pytorch_31829_logsumexp_of_minus_infinity_only(dtype):
    x = np.array([[-INF, -INF], [-INF, 1], [2, 2]], dtype)
    y, vjp = pv.logsumexp(x, axis=1)
    assert y[:2].tolist() == [-INF, 1]
    np.testing.assert_allclose(y[2], 2 + math.log(2), rtol=2 * np.finfo(dtype).eps)
    (dx,) = vjp(np.full(3, 2, dtype))
    equal(dx[:2], np.array([[0, 0], [0, 2]], dtype))
    np.testing.assert_allclose(dx[2], 1, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("axis", [None, 0, (0, 1), -1])
def test_logsumexp_of_minus_infinity_only_over_any_axes(axis):
    y, vjp = pv.logsumexp(np.full((2, 3), -INF), axis=axis)
    equal(y, np.full(y.shape, -INF))
    equal(vjp(np.full(y.shape, 5.0))[0], np.zeros((2, 3)))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("rule", [pv.softmax, pv.log_softmax])
def test_softmax_of_minus_infinity_only_is_nan_with_a_warning_by_numpy(rule, dtype):
    x = np.array([[-INF, -INF], [1, 1]], dtype)
    with pytest.warns(RuntimeWarning, match="invalid value encountered in subtract") as caught:
        y, vjp = rule(x)
    assert len(caught) == 1, f"there should be one warning, but there are {[str(w.message) for w in caught]}"
    (dx,) = vjp(np.array([[1, 2], [1, 2]], dtype))
    assert np.isnan(y[0]).all(), f"the value of −∞ only is {y[0]}, but should be nan"
    assert np.isnan(dx[0]).all(), f"the cotangent of −∞ only is {dx[0]}, but should be nan"
    assert np.isfinite(y[1]).all(), f"the value of the other lane is {y[1]}, but should be finite"
    assert np.isfinite(dx[1]).all(), f"the cotangent of the other lane is {dx[1]}, but should be finite"


def test_minus_infinity_beside_a_number_has_no_share():
    x = np.array([-INF, 0.0])
    equal(pv.softmax(x)[0], np.array([0.0, 1.0]))
    equal(pv.log_softmax(x)[0], np.array([-INF, 0.0]))
    assert cotangents(pv.softmax, x, u=np.array([3.0, 5.0])) == [[0, 0]]
    assert cotangents(pv.log_softmax, x, u=np.array([3.0, 5.0])) == [[3, -3]]


@pytest.mark.parametrize("rule", [pv.add, pv.subtract, pv.multiply, pv.divide, pv.maximum])
@pytest.mark.parametrize("shapes", [((1,), (0,)), ((0,), (1,)), ((1, 3), (0, 1)), ((), (2, 0)), ((2, 0), (1, 1))])
def test_side_one_against_side_zero_gets_the_empty_sum(rule, shapes):
    a, b = map(np.ones, shapes)
    y, vjp = rule(a, b)
    assert y.shape == np.broadcast_shapes(*shapes)
    assert y.size == 0
    da, db = vjp(np.ones(y.shape))
    np.testing.assert_array_equal(da, np.zeros(a.shape), strict=True)
    np.testing.assert_array_equal(db, np.zeros(b.shape), strict=True)


@pytest.mark.parametrize(
    ("rule", "a", "b", "shape"),
    [
        (pv.dot, (2, 0), (0, 3), (2, 3)),
        (pv.dot, (2, 0), (0,), (2,)),
        (pv.dot, (0,), (0,), ()),
        (pv.dot, (2, 4, 0), (5, 0, 3), (2, 4, 5, 3)),
        (pv.matmul, (2, 0), (0, 3), (2, 3)),
        (pv.matmul, (5, 2, 0), (1, 0, 3), (5, 2, 3)),
        (pv.matmul, (0,), (0,), ()),
        (pv.linear, (4, 0), (3, 0), (4, 3)),
        (pv.linear, (0,), (3, 0), (3,)),
    ],
)
def test_contraction_of_no_elements_is_zero(rule, a, b, shape):
    y, vjp = rule(np.ones(a), np.ones(b))
    np.testing.assert_array_equal(y, np.zeros(shape))
    assert np.shape(y) == shape, f"the value has shape {np.shape(y)}, but should have {shape}"
    assert [dx.shape for dx in vjp(np.ones(shape))] == [a, b]


@pytest.mark.parametrize(
    ("rule", "a", "b", "zero"),
    [
        (pv.dot, (0, 2), (2, 3), 1),
        (pv.dot, (2, 3), (3, 0), 0),
        (pv.matmul, (0, 2, 3), (3, 4), 1),
        (pv.matmul, (2, 3), (0, 3, 4), 0),
        (pv.linear, (0, 2), (3, 2), 1),
        (pv.linear, (4, 2), (0, 2), 0),
    ],
)
def test_product_with_no_rows_gives_the_other_side_zeros(rule, a, b, zero):
    y, vjp = rule(np.ones(a), np.ones(b))
    cotangent = vjp(np.ones(y.shape))[zero]
    np.testing.assert_array_equal(cotangent, np.zeros((a, b)[zero]), strict=True)


@pytest.mark.parametrize("rule", [pv.sum, pv.logsumexp, pv.mean, pv.max])
@pytest.mark.parametrize("keepdims", [False, True])
def test_empty_axes_and_no_axes(rule, keepdims):
    for shape, axis, reduced in [((0, 3), 1, (0,)), ((0, 3), -1, (0,)), ((2, 0), 0, (0,)), ((2, 0), (), (2, 0))]:
        y, vjp = rule(np.ones(shape), axis=axis, keepdims=keepdims)
        full = tuple(1 if axis != () and i == axis % 2 else n for i, n in enumerate(shape))
        assert y.shape == (full if keepdims else reduced), f"{shape} over {axis} has shape {y.shape}"
        assert vjp(np.ones(y.shape))[0].shape == shape
    x, u = np.array([[1.0, -2.0]]), np.array([[3.0, 5.0]])
    y, vjp = rule(x, axis=(), keepdims=keepdims)
    equal(y, x)
    equal(vjp(u)[0], u)


@pytest.mark.parametrize(
    ("rule", "shape"), [(pv.softmax, (0, 3)), (pv.log_softmax, (0, 3)), (pv.softmax, (2, 0)), (pv.softmax, (0,))]
)
def test_softmax_of_nothing_is_nothing(rule, shape):
    y, vjp = rule(np.ones(shape))
    assert y.shape == vjp(np.ones(shape))[0].shape == shape


def test_reduction_over_no_elements():
    for rule, value in [(pv.sum, 0.0), (pv.logsumexp, -INF)]:
        y, vjp = rule(np.ones((2, 0)), axis=1)
        equal(y, np.full(2, value))
        assert vjp(np.ones(2))[0].shape == (2, 0)
    with pytest.warns(RuntimeWarning) as caught:
        y, vjp = pv.mean(np.ones((2, 0)), axis=1)
    assert "Mean of empty slice" in {str(w.message) for w in caught}
    assert np.isnan(y).all()
    assert vjp(np.ones(2))[0].shape == (2, 0)
    with pytest.raises(ValueError, match="zero-size array"):
        pv.max(np.ones((2, 0)), axis=1)


@pytest.mark.parametrize("rule", [pv.sum, pv.mean, pv.max, pv.logsumexp])
@pytest.mark.parametrize("axis", [None, ()])
def test_reduction_of_a_number_is_the_identity(rule, axis):
    y, vjp = rule(np.array(2.0), axis=axis)
    assert (np.shape(y), float(y)) == ((), 2)
    assert [np.shape(dx) for dx in vjp(3.0)] == [()]
    assert float(vjp(3.0)[0]) == 3


@pytest.mark.parametrize("rule", [pv.sum, pv.mean, pv.max, pv.logsumexp, pv.softmax, pv.log_softmax])
@pytest.mark.parametrize(("axis", "same"), [(-1, 2), (-3, 0), ((-1, -3), (0, 2)), ((2, 0), (0, 2)), (None, (0, 1, 2))])
def test_axis_counts_from_either_end_in_any_order(rule, axis, same):
    x = np.arange(24.0).reshape(2, 3, 4) % 7
    y, vjp = rule(x, axis=axis)
    y_same, vjp_same = rule(x, axis=same)
    u = np.arange(float(np.size(y))).reshape(np.shape(y)) + 1
    equal(y, y_same)
    equal(vjp(u)[0], vjp_same(u)[0])


def test_structural_rules_at_the_edges():
    (parts,) = pv.concatenate([np.ones((0, 2)), np.ones((1, 2))])[1](np.array([[3.0, 4.0]]))
    assert [p.tolist() for p in parts] == [[], [[3, 4]]]
    (parts,) = pv.concatenate((np.array(1.0), np.ones((2, 1))), axis=None)[1](np.array([3.0, 4.0, 5.0]))
    assert [p.tolist() for p in parts] == [3, [[4], [5]]]
    (parts,) = pv.concatenate((np.ones((2, 1)), np.ones((2, 2))), axis=-1)[1](np.arange(6.0).reshape(2, 3))
    assert [p.tolist() for p in parts] == [[[0], [3]], [[1, 2], [4, 5]]]
    assert cotangents(pv.reshape, np.array(2.0), shape=(1, 1), u=np.array([[3.0]])) == [3]
    assert cotangents(pv.reshape, np.ones((0, 3)), shape=(-1, 2), u=np.ones((0, 2))) == [[]]
    assert cotangents(pv.transpose, np.array(2.0), axes=(), u=3.0) == [3]
    u = np.arange(24.0).reshape(4, 2, 3)
    assert cotangents(pv.transpose, np.ones((2, 3, 4)), axes=(-1, 0, -2), u=u) == [u.transpose(1, 2, 0).tolist()]
    assert cotangents(pv.transpose, np.ones((2, 3, 4)), axes=(2, 0, 1), u=u) == [u.transpose(1, 2, 0).tolist()]
