"""The perceptron and its initial weights, by examples worked out by hand."""

import math

import numpy as np
import pytest

import purevjp as pv
from purevjp.tree import tree_leaves, tree_map

RANDOM = np.random.default_rng(11)
X, Y = RANDOM.normal(size=(5, 3)), RANDOM.normal(size=(5, 2))
W1, W2, W3 = (RANDOM.normal(size=shape) for shape in ((4, 3), (6, 4), (2, 6)))
B1, B2, B3 = (RANDOM.normal(size=n) for n in (4, 6, 2))
PLAIN = [W1, W2, W3]
BIASED = [(W1, B1), (W2, B2), (W3, B3)]
for array in (X, Y, *tree_leaves(BIASED)):
    array.flags.writeable = False

activations = pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
SIGMA = {"relu": lambda a: a * (a > 0), "tanh": np.tanh, "sigmoid": lambda a: 1 / (1 + np.exp(-a))}
SLOPE = {
    "relu": lambda a: 1.0 * (a > 0),
    "tanh": lambda a: 1 - np.tanh(a) ** 2,
    "sigmoid": lambda a: 1 / (2 + np.exp(a) + np.exp(-a)),
}


def equal(got, should):
    """Assert that two trees are of one structure and of the same numbers."""
    tree_map(lambda s, g: np.testing.assert_array_equal(g, s, strict=True), should, got)


def close(got, should):
    """Assert that two trees are of one structure and nearly of the same numbers."""
    tree_map(lambda s, g: np.testing.assert_allclose(g, s, rtol=1e-12, atol=1e-14, strict=True), should, got)


def test_two_layers_by_hand():
    x, w1, w2 = np.array([1.0, 2.0]), np.array([[6.0, 8], [3, -5]]), np.array([[1.0, 8], [6, 0]])
    y, vjp = pv.mlp2(x, w1, w2)
    assert y.tolist() == [22, 132]
    equal(vjp(np.array([1.0, 3.0])), (19 * w1[0], np.array([[19.0, 38], [0, 0]]), np.array([[22.0, 0], [66, 0]])))


@activations
@pytest.mark.parametrize("x", [X, X[0]])
def test_mlp2_is_mlp_of_two_layers(x, activation):
    w2 = W3[:, :4]
    y2, vjp2 = pv.mlp2(x, W1, w2, activation=activation)
    y, vjp = pv.mlp(x, (W1, w2), activation=activation)
    u = np.arange(float(y.size)).reshape(y.shape) - 3
    dx, (dw1, dw2) = vjp(u)
    equal((y2, vjp2(u)), (y, (dx, dw1, dw2)))


@activations
def test_three_layers_by_their_formula(activation):
    sigma, slope, u = SIGMA[activation], SLOPE[activation], Y
    a1 = X @ W1.T + B1
    a2 = sigma(a1) @ W2.T + B2
    y, vjp = pv.mlp(X, BIASED, activation=activation)
    d2 = slope(a2) * (u @ W3)
    d1 = slope(a1) * (d2 @ W2)
    close(y, sigma(a2) @ W3.T + B3)
    layers = [(d1.T @ X, d1.sum(0)), (d2.T @ sigma(a1), d2.sum(0)), (u.T @ sigma(a2), u.sum(0))]
    close(vjp(u), (d1 @ W1, layers))


def test_zero_biases_change_nothing():
    y, vjp = pv.mlp(X, PLAIN)
    y_biased, vjp_biased = pv.mlp(X, [(w, np.zeros(len(w))) for w in PLAIN])
    dx, dlayers = vjp_biased(Y)
    equal((y_biased, (dx, [dw for dw, _ in dlayers])), (y, vjp(Y)))


@activations
def test_one_layer_is_linear_whatever_the_activation(activation):
    y, vjp = pv.mlp(X, [W1], activation=activation)
    u = X[:, [0, 1, 2, 0]]
    close((y, vjp(u)), (X @ W1.T, (u @ W1, [u.T @ X])))
    y, vjp = pv.mlp(X[0], ((W1, B1),), activation=activation)
    close((y, vjp(u[0])), (W1 @ X[0] + B1, (W1.T @ u[0], ((np.outer(u[0], X[0]), u[0]),))))


def test_trees_are_kept():
    for weights in (PLAIN, tuple(PLAIN), BIASED, tuple(BIASED), [W1, (W2, B2), W3]):
        _, vjp = pv.mlp(X, weights)
        tree_map(lambda w, dw: np.testing.assert_equal(dw.shape, w.shape), weights, vjp(Y)[1])
        _, vjp = pv.mlp_loss(X, Y, weights)
        tree_map(lambda w, dw: np.testing.assert_equal(dw.shape, w.shape), weights, vjp(1.0)[2])


@pytest.mark.parametrize("weights", [PLAIN, BIASED])
def test_sample_is_a_batch_of_one(weights):
    y, vjp = pv.mlp(X[0], weights)
    y_batch, vjp_batch = pv.mlp(X[:1], weights)
    dx, dlayers = vjp(Y[0])
    close((y_batch, vjp_batch(Y[:1])), (y[None], (dx[None], dlayers)))


@pytest.mark.parametrize("weights", [PLAIN, BIASED])
def test_batch_sums_the_weight_gradients_of_its_samples(weights):
    y, vjp = pv.mlp(X, weights)
    samples = [pv.mlp(x, weights) for x in X]
    cotangents = [sample_vjp(u) for (_, sample_vjp), u in zip(samples, Y, strict=True)]
    dlayers = tree_map(lambda *parts: sum(parts), *(dlayers for _, dlayers in cotangents))
    close((y, vjp(Y)), (np.stack([value for value, _ in samples]), (np.stack([dx for dx, _ in cotangents]), dlayers)))


def test_batch_of_nothing():
    y, vjp = pv.mlp(X[:0], BIASED)
    assert y.shape == (0, 2)
    equal(vjp(y), (X[:0], tree_map(np.zeros_like, BIASED)))


@activations
@pytest.mark.parametrize(("reduction", "n"), [("sum", 1), ("mean", 10)])
def test_loss_is_the_loss_of_the_prediction(reduction, n, activation):
    y_pred, mlp_vjp = pv.mlp(X, BIASED, activation=activation)
    value, vjp = pv.mlp_loss(X, Y, BIASED, activation=activation, reduction=reduction)
    r = y_pred - Y
    dx, dlayers = mlp_vjp(3 * r / n)
    close((value, vjp(3.0)), (np.float64((r**2).sum() / 2 / n), (dx, -3 * r / n, dlayers)))


def test_pullback_can_be_called_again():
    _, vjp = pv.mlp(X, BIASED)
    first = vjp(Y)
    vjp(2 * Y)
    equal(vjp(Y), first)


@pytest.mark.parametrize(
    ("x", "weights", "error", "message"),
    [
        (X, np.array([W1[:3], W1[:3]]), TypeError, "weights as ndarray, but should get a list or tuple of layers"),
        (X, {"w": W1}, TypeError, "weights as dict, but should"),
        (X, None, TypeError, "weights as NoneType, but should"),
        (X, [], ValueError, "no weights, but should get at least one layer"),
        (X, (), ValueError, "no weights, but should get at least one layer"),
        (X[0, 0], [W1], ValueError, r"x of shape \(\), but should get one sample \(n,\) or a batch \(b, n\)"),
        (X[None], [W1], ValueError, r"x of shape \(1, 5, 3\), but should"),
        (X, [W2], ValueError, r"weights\[0\] of shape \(6, 4\), but should get \(m, 3\)"),
        (X, [W1, W3], ValueError, r"weights\[1\] of shape \(2, 6\), but should get \(m, 4\)"),
        (X, [W1, W2, W3.T], ValueError, r"weights\[2\] of shape \(6, 2\), but should get \(m, 6\)"),
        (X, [W1, B1], ValueError, r"weights\[1\] of shape \(4,\), but should get \(m, 4\)"),
        (X, [W1, (W2,)], ValueError, r"weights\[1\] as a tuple of 1, but should get w or the tuple \(w, b\)"),
        (X, [(W1, B1, B1)], ValueError, r"weights\[0\] as a tuple of 3, but should"),
        (X, [(W1, B1), (W2, B1)], ValueError, r"bias of weights\[1\] of shape \(4,\), but should get \(6,\)"),
        (X, [(W1, B1[:, None])], ValueError, r"bias of weights\[0\] of shape \(4, 1\), but should get \(4,\)"),
        (X, [(W1, np.array(1.0))], ValueError, r"bias of weights\[0\] of shape \(\), but should get \(4,\)"),
    ],
)
def test_layers_that_do_not_fit_are_named(x, weights, error, message):
    with pytest.raises(error, match=f"^mlp got .*{message}"):
        pv.mlp(x, weights)
    with pytest.raises(error, match=f"^mlp got .*{message}"):
        pv.mlp_loss(x, Y, weights)


@pytest.mark.parametrize("activation", ["Relu", "", "gelu", None])
def test_unknown_activation_is_refused(activation):
    message = f"^mlp got activation {activation!r}, but should get one of relu, sigmoid, tanh"
    for network in (lambda a: pv.mlp(X, PLAIN, activation=a), lambda a: pv.mlp2(X, W1, W1.T, activation=a)):
        with pytest.raises(ValueError, match=message):
            network(activation)


@pytest.mark.parametrize("y", [Y[:, :1], Y[0], Y[:1], Y.T, Y[:, 0], Y[0, 0], Y[None]])
def test_target_of_another_shape_is_refused(y):
    with pytest.raises(
        ValueError, match=r"^squared_loss got y_pred of shape \(5, 2\) and y of shape .* should be equal"
    ):
        pv.mlp_loss(X, y, PLAIN)


def test_reductions_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match=r"^squared_loss got reduction 'none', but should get 'sum' or 'mean'"):
        pv.mlp_loss(X, Y, PLAIN, reduction="none")
    with pytest.raises(ValueError, match=r"^squared_loss got no elements, but reduction 'mean' needs at least one"):
        pv.mlp_loss(X[:0], Y[:0], PLAIN, reduction="mean")
    assert pv.mlp_loss(X[:0], Y[:0], PLAIN)[0] == 0


@pytest.mark.parametrize("widths", [(400, 300, 500), (20, 6000), (2000, 50)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_variance_of_initial_weights(widths, dtype):
    he = pv.init_mlp(widths, np.random.default_rng(0), dtype=dtype)
    glorot = pv.init_mlp(widths, np.random.default_rng(0), scheme="glorot", dtype=dtype)
    for n, m, w_he, w_glorot in zip(widths, widths[1:], he, glorot, strict=False):
        for w, variance in ((w_he, 2 / n), (w_glorot, 2 / (n + m))):
            assert (w.shape, w.dtype) == ((m, n), dtype)
            noise = 5 / math.sqrt(n * m)  # five standard deviations, about
            assert abs(w.mean()) <= noise * math.sqrt(variance), f"the mean is {w.mean()}, but should be about 0"
            assert abs(w.var() / variance - 1) <= 2 * noise, f"the variance is {w.var()}, but should be {variance}"
        r = math.sqrt(6 / (n + m))
        assert 0.99 * r < np.abs(w_glorot).max() <= r * (1 + 1e-7), f"uniform weights should reach ±{r}, not beyond"
        assert np.abs(w_he).max() > 3 * math.sqrt(2 / n), "normal weights should have tails"


def test_he_keeps_the_size_of_what_flows_through_relu():
    weights = pv.init_mlp((256,) * 12, np.random.default_rng(0))
    y, _ = pv.mlp(np.random.default_rng(1).normal(size=(64, 256)), weights)
    assert 0.3 < (y**2).mean() / 2 < 3, f"after 11 layers the mean square is {(y**2).mean():.3g}, but should be about 2"


def test_initial_biases_are_zero():
    weights = pv.init_mlp([3, 4, 2], np.random.default_rng(5), biases=True, dtype=np.float32)
    assert [(w.shape, b.tolist(), b.dtype.name) for w, b in weights] == [
        ((4, 3), [0] * 4, "float32"),
        ((2, 4), [0] * 2, "float32"),
    ]
    equal([w for w, _ in weights], pv.init_mlp((3, 4, 2), np.random.default_rng(5), dtype=np.float32))


@pytest.mark.parametrize("widths", [(), (3,), (3, 0, 1), (0, 1), (3, -2), (3, 0)])
def test_widths_that_make_no_network_are_refused(widths):
    with pytest.raises(ValueError, match=r"^init_mlp got widths \(.*\), but should get at least two, each from one up"):
        pv.init_mlp(widths, np.random.default_rng(0))


@pytest.mark.parametrize("scheme", ["zeros", "ones", "normal", "He", None])
def test_other_initial_weights_are_refused(scheme):
    with pytest.raises(ValueError, match=f"^init_mlp got scheme {scheme!r}, but .* constant weights are refused"):
        pv.init_mlp((3, 2), np.random.default_rng(0), scheme=scheme)
