"""Wrong gradients that other projects shipped, where it takes several rules, a layout, many elements or two calls."""

import math

import mpmath
import numpy as np
import pytest

import purevjp as pv


def test_jax_17995_12033_second_derivatives_of_a_power_to_the_0():
    logarithm = math.log(4)
    at = np.array(4.0), np.array(0.0)
    for v, should in (((1.0, 0.0), (0, 1 / 4)), ((0.0, 1.0), (1 / 4, logarithm**2))):
        product, _ = pv.hvp(pv.power, at, tuple(map(np.array, v)))
        np.testing.assert_allclose(product, should, rtol=1e-14, atol=1e-15)


def test_jax_40315_second_derivative_of_a_saturated_tanh():
    (product,), _ = pv.hvp(pv.tanh, (np.array(20.0),), (np.array(1.0),))
    with mpmath.workdps(50):
        should = float(-2 * mpmath.tanh(20) * mpmath.sech(20) ** 2)
    np.testing.assert_allclose(product, should, rtol=1e-6)  # by differences


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_jax_37821_maximum_of_the_smallest_number(dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    da, db = pv.maximum(np.array([tiny, -tiny]), dtype(0))[1](np.array([3, 5], dtype))
    assert (da.tolist(), float(db)) == ([3, 0], 5)


def test_zygote_197_the_largest_inside_a_quotient():
    """Σ x / max x: 1 / m for all, and −Σ x / m² more for the largest."""
    x = np.array([1.0, 2.0, 4.0])
    largest, max_vjp = pv.max(x)
    _, divide_vjp = pv.divide(x, largest)
    dx, dlargest = divide_vjp(np.ones(3))
    assert (dx + max_vjp(dlargest)[0]).tolist() == [1 / 4, 1 / 4, 1 / 4 - 7 / 16]


def test_mlx_610_values_read_between_the_calls():
    x, ones = np.ones((3, 3)), np.ones((3, 3, 3))
    total, add_vjp = pv.add(x, ones)
    squares, square_vjp = pv.square(total)
    assert (total < 1).tolist() == np.zeros((3, 3, 3), bool).tolist()
    assert squares.sum() == 27 * 4
    assert add_vjp(square_vjp(ones)[0])[0].tolist() == np.full((3, 3), 12).tolist()


def test_autograd_401_pr_412_covariance_of_a_normal_density():
    """−½ (ln |s| + xᵀ s⁻¹ x) has the slope ½ (s⁻¹ x xᵀ s⁻¹ − s⁻¹)."""
    x, s = np.array([2.0, 4.0]), np.diag([2.0, 4.0])
    _, slogdet_vjp = pv.slogdet(s)
    scaled, solve_vjp = pv.solve(s, x)
    _, dot_vjp = pv.dot(x, scaled)
    (of_det,) = slogdet_vjp((np.array(0.0), np.array(-0.5)))
    of_form, _ = solve_vjp(dot_vjp(np.array(-0.5))[1])
    np.testing.assert_allclose(of_det + of_form, [[0.25, 0.5], [0.5, 0.375]], rtol=1e-15)


MATRIX = np.array([
    [1.93865817, 0.35509264, 0.64405863, 1.3430815, 0.92342772],
    [0.35509264, 1.30340895, 0.90821576, 0.7199631, 1.49002679],
    [0.64405863, 0.90821576, 0.50616539, 0.97171981, 0.9621489],
    [1.3430815, 0.7199631, 0.97171981, 1.27540148, 1.44715998],
    [0.92342772, 1.49002679, 0.9621489, 1.44715998, 1.75984414],
])  # fmt: skip


def test_jax_10877_sizes_of_eigenvectors():
    """Σ |v| against differences of 40 digits, along symmetric perturbations: JAX was right, the report not."""
    (_, v), vjp = pv.eigh(MATRIX)
    (da,) = vjp((np.zeros(5), np.sign(v)))
    with mpmath.workdps(40):
        h = mpmath.mpf(10) ** -12

        def sizes(i, j, step):
            a = mpmath.matrix(MATRIX.tolist())
            a[i, j] += step
            a[j, i] = a[i, j]
            return mpmath.fsum(map(abs, mpmath.eigsy(a)[1]))

        for i, j in [(0, 0), (0, 3), (2, 1), (4, 4), (3, 2)]:
            slope = float((sizes(i, j, h) - sizes(i, j, -h)) / (2 * h))
            np.testing.assert_allclose(da[i, j] + (da[j, i] if i != j else 0), slope, rtol=1e-11, atol=1e-12)
    of_jax = [-0.33112606, 0.32743236, -0.18718082, 0.643335, -0.30847853]  # in float32
    np.testing.assert_allclose(da[0], of_jax, atol=1e-5)


def test_liger_kernel_pr_1298_weights_of_a_loss_that_is_not_reduced():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    logits, linear_vjp = pv.linear(x, np.zeros((2, 2)))
    _, loss_vjp = pv.cross_entropy(logits, labels=[0, 1], reduction="none")
    _, dw = linear_vjp(loss_vjp(np.array([2.0, -4.0]))[0])
    np.testing.assert_allclose(dw, [[-7, -10], [7, 10]], rtol=1e-14)


@pytest.mark.parametrize("x", [np.zeros(70000), np.r_[2.6875, np.zeros(69999)]], ids=["equal", "one larger"])
def test_jax_40409_log_softmax_of_more_than_float16_can_count(x):
    """Σ u is 70000, and 1 − 70000 p is small."""
    x = x.astype(np.float16)
    y, vjp = pv.log_softmax(x)
    (dx,) = vjp(np.ones_like(x))
    p = np.exp(x.astype(float)) / np.exp(x.astype(float)).sum()
    np.testing.assert_allclose(y, np.log(p), rtol=2.0**-11)
    np.testing.assert_allclose(dx, 1 - 70000 * p, rtol=2.0**-10, atol=2.0**-18)  # as do these, 13 times as large


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("rule", [pv.softmax, pv.log_softmax, pv.logsumexp])
def test_jax_40409_sums_of_halves_are_those_of_float32(rule, axis):
    x = np.zeros((5000, 2), np.float16) if axis == 0 else np.zeros((2, 5000), np.float16)
    y, vjp = rule(x, axis=axis)
    u = np.arange(np.size(y)).reshape(np.shape(y)) % 3
    (dx,) = vjp(u.astype(np.float16))
    wide, wide_vjp = rule(x.astype(np.float64), axis=axis)
    (should,) = wide_vjp(u.astype(np.float64))
    assert y.dtype == dx.dtype == np.float16
    np.testing.assert_allclose(y, wide, rtol=2.0**-11)
    np.testing.assert_allclose(dx, should, rtol=2.0**-9, atol=2.0**-20)  # terms of size 1 cancel, in float32


@pytest.mark.parametrize(
    ("rule", "parameters", "static"),
    [
        (pv.rms_norm, 1, {}),
        (pv.layer_norm, 2, {}),
        (pv.batch_norm, 2, {}),
        (pv.batch_norm_inference, 2, {"mean": [0, 0], "variance": [1, 1]}),
    ],
)
def test_liger_kernel_pr_950_llm_c_6ff4ad6_f27ca4d_gain_and_bias_of_many_rows(rule, parameters, static):
    """Of twos, float16 counts no further than 4096; h is ±1, and u is h + 1."""
    x = np.tile(np.array([[-1, 1], [1, -1]], np.float16), (4096, 1))
    _, dgain, *dbias = rule(x, *[np.ones(2, np.float16)] * parameters, epsilon=0.0, **static)[1](x + np.float16(1))
    assert dgain.tolist() == [8192, 8192]
    assert [db.tolist() for db in dbias] == [[8192, 8192]] * (parameters - 1)


@pytest.mark.parametrize("rule", [pv.rnn_cell, pv.gru_cell, pv.lstm_cell])
def test_llm_c_6ff4ad6_biases_of_many_samples(rule):
    gates = {pv.rnn_cell: 1, pv.gru_cell: 3, pv.lstm_cell: 4}[rule]
    states = [np.ones((4096, 1), np.float16)] * (2 if rule is pv.lstm_cell else 1)
    shapes = [(gates, 1), (gates, 1), (gates,), (gates,)]
    of = {dtype: [np.zeros(shape, dtype) for shape in shapes] for dtype in (np.float16, np.float64)}
    got, should = (
        pulled(rule, np.ones((4096, 1), dtype), *(s.astype(dtype) for s in states), *of[dtype]) for dtype in of
    )
    for dx, wide in zip(got[-2:], should[-2:], strict=True):
        np.testing.assert_allclose(dx, wide, rtol=2.0**-9)


def pulled(rule, *xs):
    """The cotangents of ones."""
    value, vjp = rule(*xs)
    return vjp(tuple(map(np.ones_like, value)) if isinstance(value, tuple) else np.ones_like(value))


def test_mlx_pr_941_layer_norm_leaves_its_cotangent_alone():
    x, u = np.arange(12.0).reshape(3, 4) ** 2, np.arange(12.0).reshape(3, 4)
    _, vjp = pv.layer_norm(x, np.arange(4.0), np.zeros(4))
    first = vjp(u)
    second = vjp(u)
    assert u.tolist() == np.arange(12.0).reshape(3, 4).tolist()
    for a, b in zip(first, second, strict=True):
        assert a.tolist() == b.tolist()
        assert not np.shares_memory(a, u)
        assert not np.shares_memory(a, b)


@pytest.mark.parametrize(
    "shapes", [((2, 0), (0, 3)), ((0, 2), (2, 3)), ((0, 2, 3), (0, 3, 4))], ids=lambda s: f"candle PR #3756: {s}"
)
def test_products_of_nothing(shapes):
    a, b = map(np.ones, shapes)
    y, vjp = pv.matmul(a, b)
    assert not y.any()
    for dx, x in zip(vjp(np.ones(y.shape)), (a, b), strict=True):
        np.testing.assert_array_equal(dx, np.zeros(x.shape), strict=True)


def test_pytorch_30303_einsum_of_an_array_of_stride_zero():
    x, w, u = np.broadcast_to([1.0, 2.0, 3.0], (2, 3)), np.arange(12.0).reshape(3, 4), np.arange(8.0).reshape(2, 4)
    assert x.strides[0] == 0
    y, vjp = pv.einsum([x, w], subscripts="ij,jk->ik")
    (dx, dw), (should_x, should_w) = vjp(u)[0], pv.matmul(x.copy(), w)[1](u)
    assert y.tolist() == (x @ w).tolist()
    assert (dx.tolist(), dw.tolist()) == (should_x.tolist(), should_w.tolist())


def test_torch_nn_345_mean_of_a_cotangent_that_is_not_contiguous():
    u = np.arange(6.0).reshape(3, 2).T
    (dx,) = pv.mean(np.ones((2, 3, 4)), axis=2)[1](u)
    assert dx.tolist() == np.repeat(u[:, :, None] / 4, 4, 2).tolist()
