"""The losses, by examples worked out by hand."""

import math

import numpy as np
import pytest

import purevjp as pv

LOGITS = np.log(np.array([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]]))
LOGITS.flags.writeable = False
P = np.array([[1, 2, 5], [3, 3, 2]]) / 8


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64])
def test_cross_entropy_by_hand(dtype):
    value, vjp = pv.cross_entropy(LOGITS, labels=np.array([2, 0], dtype))
    assert math.isclose(value, -math.log(5 / 8 * 3 / 8), rel_tol=1e-15)
    np.testing.assert_allclose(vjp(2.0)[0], 2 * (P - [[0, 0, 1], [1, 0, 0]]), rtol=1e-14)
    mean, mean_vjp = pv.cross_entropy(LOGITS, labels=np.array([2, 0], dtype), reduction="mean")
    assert math.isclose(mean, value / 2, rel_tol=1e-15)
    np.testing.assert_allclose(mean_vjp(2.0)[0], vjp(1.0)[0], rtol=1e-15)


@pytest.mark.parametrize("axis", [0, -2])
def test_classes_lie_along_axis(axis):
    labels = [2, 0]
    value, vjp = pv.cross_entropy(LOGITS.T, labels=labels, axis=axis)
    assert math.isclose(value, pv.cross_entropy(LOGITS, labels=labels)[0], rel_tol=1e-15)
    np.testing.assert_allclose(vjp(1.0)[0].T, pv.cross_entropy(LOGITS, labels=labels)[1](1.0)[0], rtol=1e-14)


def test_cross_entropy_of_one_lane_takes_one_label():
    value, vjp = pv.cross_entropy(LOGITS[0], labels=1)
    assert math.isclose(value, math.log(4), rel_tol=1e-15)
    np.testing.assert_allclose(vjp(1.0)[0], P[0] - [0, 1, 0], rtol=1e-14)


@pytest.mark.parametrize("shape", [(4,), (1, 4), (2, 2), ()])
def test_squared_loss_is_half_the_squares_divided_by_the_elements(shape):
    y_pred, y = np.full(shape, 5.0), np.full(shape, 2.0)
    n = y.size
    for reduction, divisor in (("sum", 1), ("mean", n)):
        value, vjp = pv.squared_loss(y_pred, y, reduction=reduction)
        assert value == 4.5 * n / divisor, f"the {reduction} is {value}, but should be {4.5 * n / divisor}"
        dy_pred, dy = vjp(2.0)
        np.testing.assert_array_equal(dy_pred, np.full(shape, 6 / divisor))
        np.testing.assert_array_equal(dy, np.full(shape, -6 / divisor))


@pytest.mark.parametrize("shapes", [((3, 1), (3,)), ((3,), (1,)), ((3, 3), (3,)), ((3,), ()), ((2, 3), (3, 2))])
def test_squared_loss_broadcasts_nothing(shapes):
    message = r"^squared_loss got y_pred of shape \(.*\) and y of shape \(.*\), but the shapes should be equal"
    with pytest.raises(ValueError, match=message):
        pv.squared_loss(np.ones(shapes[0]), np.ones(shapes[1]))
    with pytest.raises(ValueError, match=message):
        pv.squared_loss(np.ones(shapes[1]), np.ones(shapes[0]))


@pytest.mark.parametrize(
    ("labels", "reduction", "error", "message"),
    [
        ([0.0, 1.0], "sum", TypeError, "labels of dtype float64, but should get integers"),
        ([True, False], "sum", TypeError, "labels of dtype bool, but should get integers"),
        ([0, 1, 2], "sum", ValueError, r"labels of shape \(3,\), but should get \(2,\)"),
        ([[0], [1]], "sum", ValueError, r"labels of shape \(2, 1\), but should get \(2,\)"),
        ([0, 4], "sum", ValueError, "labels from 0 to 4, but should get 0 to 3"),
        ([-1, 0], "sum", ValueError, "labels from -1 to 0, but should get 0 to 3"),
        ([0, 1], "max", ValueError, "reduction 'max', but should get 'sum' or 'mean'"),
    ],
)
def test_labels_that_make_no_sense_are_refused(labels, reduction, error, message):
    with pytest.raises(error, match=f"^cross_entropy got {message}"):
        pv.cross_entropy(np.zeros((2, 4)), labels=labels, reduction=reduction)
    with pytest.raises(ValueError, match=r"^cross_entropy got no elements"):
        pv.cross_entropy(np.zeros((0, 4)), labels=np.zeros(0, int), reduction="mean")


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_means_over_more_elements_than_float16_counts_are_finite(dtype):
    ones, n = np.ones(100_000, dtype), 100_000
    value, vjp = pv.squared_loss(ones, 0 * ones + dtype(0.5), reduction="mean")
    assert value.dtype == dtype
    for got in (vjp(1.0)[0] * 2, pv.mean(ones)[1](1.0)[0]):
        assert got.dtype == dtype
        np.testing.assert_allclose(got, 1 / n, rtol=2e-3)
    (dlogits,) = pv.cross_entropy(np.zeros((n, 2), dtype), labels=np.zeros(n, int), reduction="mean")[1](1.0)
    np.testing.assert_allclose(dlogits[:, 1], 0.5 / n, rtol=2e-2)


def test_loss_of_no_samples_is_plus_zero():
    value, _ = pv.cross_entropy(np.ones((0, 3)), labels=np.zeros(0, int))
    assert value == 0
    assert not np.signbit(value)
