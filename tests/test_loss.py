"""The losses, by examples worked out by hand."""

import math

import numpy as np
import pytest

import purevjp as pv

INF = math.inf
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
        ([0, 1], "max", ValueError, "reduction 'max', but should get 'none', 'sum' or 'mean'"),
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


OPTIONS = {
    "class weights": {"weights": [0.5, 2.0, 3.0]},
    "ignored": {"ignore_index": 2},
    "smoothing": {"label_smoothing": 0.3},
    "all of them": {"weights": [0.5, 2.0, 3.0], "ignore_index": 0, "label_smoothing": 0.3},
}


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("options", OPTIONS)
def test_cross_entropy_equals_that_of_torch(options, reduction):
    torch = pytest.importorskip("torch")
    static = OPTIONS[options]
    x, labels = np.random.default_rng(0).normal(size=(5, 3)), np.array([0, 2, 1, 2, 0])
    primal = torch.tensor(x, requires_grad=True)
    weight = torch.tensor(static["weights"], dtype=torch.float64) if "weights" in static else None
    y = torch.nn.functional.cross_entropy(
        primal, torch.tensor(labels), weight=weight, reduction=reduction,
        ignore_index=static.get("ignore_index", -100), label_smoothing=static.get("label_smoothing", 0.0),
    )  # fmt: skip
    u = np.arange(1.0, 6.0) if reduction == "none" else np.float64(2)
    (should,) = torch.autograd.grad(y, primal, torch.tensor(u))
    value, vjp = pv.cross_entropy(x, labels=labels, reduction=reduction, **static)
    for got, expected in ((value, y.detach().numpy()), (vjp(u)[0], should.numpy())):
        np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("static", [{"ignore_index": 1}, {"weights": [1.0, 0.0]}])
def test_pytorch_116349_63004_the_mean_of_nothing_is_nan_and_so_is_its_cotangent(static):
    value, vjp = pv.cross_entropy(np.zeros((2, 2)), labels=[1, 1], reduction="mean", **static)
    assert np.isnan(value)
    assert np.isnan(vjp(1.0)[0]).all()
    value, vjp = pv.cross_entropy(np.zeros((2, 2)), labels=[1, 1], **static)
    assert value == 0
    assert not vjp(1.0)[0].any()


def test_an_ignored_label_need_not_be_a_class_and_its_logits_may_be_infinite():
    x = np.array([[-INF, 0.0], [0.0, 0.0]])
    value, vjp = pv.cross_entropy(x, labels=np.array([-100, 1]), ignore_index=-100, reduction="mean")
    assert math.isclose(value, math.log(2))
    assert vjp(1.0)[0].tolist() == [[0, 0], [0.5, -0.5]]


def test_a_class_of_weight_zero_may_be_impossible():
    x = np.array([[-INF, 0.0, 0.0]])
    value, _ = pv.cross_entropy(x, labels=[1], weights=[0, 1, 1], label_smoothing=0.5)
    assert math.isclose(value, math.log(2) * (0.5 + 2 * 0.5 / 3))


def test_transformer_engine_623_a_cotangent_of_stride_zero():
    _, vjp = pv.cross_entropy(LOGITS, labels=[2, 0], reduction="none")
    np.testing.assert_array_equal(vjp(np.broadcast_to(2.0, 2))[0], vjp(np.full(2, 2.0))[0])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"weights": [1.0, 2.0]}, ValueError, r"weights of shape \(2,\), but should get \(4,\)"),
        ({"weights": [1j] * 4}, TypeError, "weights of dtype complex128, but should get real numbers"),
        ({"label_smoothing": 1.5}, ValueError, "label_smoothing 1.5, but should get 0 to 1"),
        ({"ignore_index": -100}, ValueError, "labels from -1 to 0, but should get 0 to 3"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, error, message):
    with pytest.raises(error, match=f"^cross_entropy got {message}"):
        pv.cross_entropy(np.zeros((2, 4)), labels=[-1, 0] if "ignore_index" in options else [1, 0], **options)


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("weight", [None, [0.5, 3.0, 1.0]])
def test_bce_equals_that_of_torch(weight, reduction):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    xs = rng.normal(size=(2, 3)), rng.uniform(size=(2, 3))
    primals = [torch.tensor(x, requires_grad=True) for x in xs]
    y = torch.nn.functional.binary_cross_entropy_with_logits(
        *primals, reduction=reduction, pos_weight=None if weight is None else torch.tensor(weight, dtype=torch.float64)
    )
    u = rng.normal(size=tuple(y.shape))
    should = torch.autograd.grad(y, primals, torch.tensor(u))
    value, vjp = pv.bce_with_logits(*xs, pos_weight=weight, reduction=reduction)
    for got, expected in zip((value, *vjp(np.float64(u) if reduction != "none" else u)), (y, *should), strict=True):
        np.testing.assert_allclose(got, expected.detach().numpy(), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("x", "t"), [(40.0, 1.0), (-40.0, 0.0)])
def test_bce_of_a_confident_truth_has_all_its_digits(x, t, dtype):
    value, vjp = pv.bce_with_logits(dtype(x), dtype(t))
    sign = 1 - 2 * t
    np.testing.assert_allclose([value, sign * vjp(1.0)[0]], math.exp(-40), rtol=4 * np.finfo(dtype).eps)
    assert vjp(1.0)[1] == -x


def test_bce_of_a_certain_truth_is_0_though_the_logit_is_infinite():
    value, vjp = pv.bce_with_logits(np.array([INF, -INF]), np.array([1.0, 0.0]), reduction="none")
    assert value.tolist() == [0, 0]
    assert vjp(np.ones(2))[0].tolist() == [0, 0]


def test_mse_is_twice_the_squared_loss():
    y_pred, y = np.array([[1.0, 4.0]]), np.array([[0.0, 2.0]])
    assert pv.mse(y_pred, y)[0] == 2.5
    assert pv.mse(y_pred, y, reduction="sum")[0] == 5
    value, vjp = pv.mse(y_pred, y, reduction="none")
    assert value.tolist() == [[1, 4]]
    assert [dx.tolist() for dx in vjp(np.array([[10.0, 1.0]]))] == [[[20, 4]], [[-20, -4]]]


@pytest.mark.parametrize("rule", [pv.mse, pv.bce_with_logits])
def test_elementwise_losses_refuse_what_does_not_fit(rule):
    with pytest.raises(ValueError, match=rf"^{rule.__name__} got .* of shape \(3, 1\) and .* of shape \(3,\), but the"):
        rule(np.ones((3, 1)), np.ones(3))
    with pytest.raises(
        ValueError, match=rf"^{rule.__name__} got reduction 'max', but should get 'none', 'sum' or 'mean'"
    ):
        rule(np.ones(3), np.ones(3), reduction="max")
    with pytest.raises(ValueError, match=rf"^{rule.__name__} got no elements"):
        rule(np.ones(0), np.ones(0), reduction="mean")
    assert rule(np.ones(0), np.ones(0), reduction="sum")[0] == 0


@pytest.mark.parametrize(
    ("weight", "error"), [(np.ones(2), ValueError), (np.ones((1, 1)), ValueError), ("a", TypeError)]
)
def test_pos_weight_that_does_not_fit_is_refused(weight, error):
    with pytest.raises(error, match=r"^bce_with_logits got pos_weight of (shape|dtype) .*, but should get"):
        pv.bce_with_logits(np.ones(3), np.ones(3), pos_weight=weight)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_confident_label_has_all_its_digits(dtype):
    behind = {np.float16: 9, np.float32: 30, np.float64: 200}[dtype]
    logits = np.array([[3.0, 3.0 - behind, 2.0 - behind]], dtype)
    value, vjp = pv.cross_entropy(logits, labels=np.array([0]))
    others = math.exp(-behind) * (1 + math.exp(-1))
    few, least = 8 * np.finfo(dtype).eps, np.finfo(dtype).smallest_subnormal
    np.testing.assert_allclose(value, others, rtol=few, atol=least)
    should = [-others, math.exp(-behind), math.exp(-behind - 1)]
    np.testing.assert_allclose(vjp(1.0)[0][0], should, rtol=few, atol=least)
