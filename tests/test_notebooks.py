"""The mistakes of the two notebooks that this library grew out of: each is an error, a warning or right by now."""

import itertools
import math

import numpy as np
import pytest

import purevjp as pv
from oracle.catalogue import CATALOGUE
from oracle.difference import disagreements, slope
from oracle.draw import draw_numbers, draw_structure
from purevjp.tree import tree_leaves, tree_map

RANDOM = np.random.default_rng(2)
X, Y = RANDOM.normal(size=(40, 9)), RANDOM.normal(size=(40, 1))
WEIGHTS = pv.init_mlp((9, 5, 5, 1), RANDOM)
for array in (X, Y, *WEIGHTS):
    array.flags.writeable = False

WINE, QUALITY = RANDOM.normal(size=(1, 11)), np.array([5 - 5.6232526])
"""One sample of eleven features, and its centred target."""


def arguments(*xs, u, **static):
    """Arguments as the oracle draws them."""
    return {"xs": xs, "static": static, "u": np.asarray(u)}


def mean_loss(weights, x=X, y=Y):
    return float(pv.mlp_loss(x, y, weights, reduction="mean")[0])


def gradient(weights, x=X, y=Y):
    return pv.mlp_loss(x, y, weights, reduction="mean")[1](1.0)[2]


def test_outer_product_of_a_row_and_a_column_is_refused():
    w = np.zeros((11, 1))
    accident = 0.5 * np.sum((np.dot(w, WINE) - QUALITY) ** 2)
    assert math.isclose(accident, 23.500834, rel_tol=1e-6), "this is the loss that was printed, of an (11, 11) product"
    with pytest.raises(ValueError, match=r"^mlp got weights\[0\] of shape \(11, 1\), but should get \(m, 11\)"):
        pv.mlp_loss(WINE, QUALITY[None], [w])
    with pytest.raises(ValueError, match=r"^linear got x of shape \(1, 11\) and w of shape \(11, 1\)"):
        pv.linear(WINE, w)
    with pytest.raises(ValueError, match=r"^squared_loss got y_pred of shape \(11, 11\) and y of shape \(1,\)"):
        pv.squared_loss(pv.dot(w, WINE)[0], QUALITY)
    loss, vjp = pv.mlp_loss(WINE, QUALITY[None], [w.T])
    assert math.isclose(loss, 0.194, rel_tol=2e-3), f"the loss is {loss}, but should be ½ (5 − 5.62325)²"
    np.testing.assert_allclose(vjp(1.0)[2][0], -QUALITY * WINE, rtol=1e-14)


def test_target_of_another_shape_is_refused():
    y_pred = np.array([0.5, 2.0])
    for y in (np.array([1.0]), np.array(1.0), np.array([[1.0, 1.0]])):
        with pytest.raises(ValueError, match="the shapes should be equal"):
            pv.squared_loss(y_pred, y)
    for y in (Y[:, 0], Y[:1], Y.T):
        with pytest.raises(ValueError, match="the shapes should be equal"):
            pv.mlp_loss(X, y, WEIGHTS)
        with pytest.raises(ValueError, match=r"samples|the shapes should be equal"):
            pv.sgd(WEIGHTS, X, y, rate=0.1, epochs=1, rng=RANDOM)


def test_ragged_and_object_weights_are_refused():
    ragged = np.empty(3, object)
    ragged[:] = WEIGHTS
    with pytest.raises(TypeError, match=r"^mlp got weights as ndarray, but should get a list or tuple of layers"):
        pv.mlp(X, ragged)
    with pytest.raises(TypeError, match="of dtype object, but should get a float or complex array"):
        pv.mlp(X, [WEIGHTS[0].astype(object)])
    with pytest.raises(ValueError, match="as a list of 2, but should get w or the tuple"):
        pv.mlp(X, [[[1.0] * 9, [1.0] * 8]])


def test_integers_are_refused_so_that_no_gradient_is_truncated():
    with pytest.raises(TypeError, match=r"^relu got x of dtype int64, but should get a float array"):
        pv.relu(np.array([4, 5, 6]))
    with pytest.raises(TypeError, match="of dtype int64, but should get a float or complex array"):
        pv.mlp2(np.array([1, 2]), np.array([[6, 8], [3, 5]]), np.array([[1, 8], [6, 0]]))


def test_networks_of_any_depth_have_gradients():
    for depth in range(1, 8):
        widths = (9, *range(3, 2 + depth), 1)
        weights = pv.init_mlp(widths, np.random.default_rng(depth))
        assert [w.shape for w in weights] == [(m, n) for n, m in itertools.pairwise(widths)]
        smooth = arguments(X[:3], weights, u=np.array([[1.0], [-2.0], [3.0]]), activation="tanh")
        assert disagreements(pv.mlp, smooth) == []
        assert all(np.any(dw) for dw in pv.mlp(X[:3], weights, activation="tanh")[1](smooth["u"])[1])


def test_gradients_come_in_the_order_and_orientation_of_their_weights():
    x, w1, w2, w3 = np.array([1.0, 2.0]), np.array([[3.0, 4.0]]), np.array([[5.0], [6.0]]), np.array([[7.0, 8.0]])
    dx, dweights = pv.mlp(x, [w1, w2, w3])[1](np.array([1.0]))
    assert dx.tolist() == [83 * 3, 83 * 4]
    assert [dw.tolist() for dw in dweights] == [[[83, 166]], [[77], [88]], [[55, 66]]]


def test_wrong_number_of_arguments_is_an_error():
    with pytest.raises(TypeError, match="positional argument"):
        pv.mlp_loss(np.ones(2), np.ones(1), [np.ones((1, 2))], 9)


def test_first_layer_alone_is_a_network():
    y, vjp = pv.mlp(X, WEIGHTS[:1])
    np.testing.assert_array_equal(y, X @ WEIGHTS[0].T)
    weights, history = pv.sgd([np.zeros((1, 9))], X, Y, rate=0.05, epochs=5, rng=np.random.default_rng(0))
    assert vjp(y)[1][0].shape == (5, 9)
    assert len(weights) == 1
    assert history["train"][-1] < history["train"][0]


def test_zero_initial_weights_are_warned_about():
    zeros = tree_map(np.zeros_like, WEIGHTS)
    assert not any(np.any(dw) for dw in gradient(zeros)), "zeros give exactly zero gradients"
    with pytest.warns(UserWarning, match=r"is constant|changed no weight"):
        pv.sgd(zeros, X, Y, rate=0.1, epochs=1, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="constant weights are refused"):
        pv.init_mlp((9, 5, 1), RANDOM, scheme="zeros")


def test_history_is_of_numbers_not_of_the_loss_function():
    _, history = pv.sgd(WEIGHTS, X, Y, rate=0.01, epochs=1, rng=np.random.default_rng(0))
    assert all(loss.__class__ is float for losses in history.values() for loss in losses)


DEAD = (np.array([-1.0, 2.0]), np.array([[1.0, -3.0], [2.0, -0.5]]), np.array([[0.5, 0.6], [0.7, 0.8]]))


def transposed(x, w1, w2, /, *, activation):
    """A wrong rule: mlp2 with the gradients of the weights transposed and doubled."""
    value, vjp = pv.mlp2(x, w1, w2, activation=activation)

    def transposed_vjp(u):
        dx, dw1, dw2 = vjp(u)
        return -dx, 2 * dw1.T, 2 * dw2.T

    return value, transposed_vjp


def test_check_at_a_dead_relu_passes_whatever_the_gradient_is():
    u = np.array([1.0, -2.0])
    assert not any(np.any(dx) for dx in pv.mlp2(*DEAD)[1](u)), "every unit is off"
    assert disagreements(transposed, arguments(*DEAD, u=u, activation="relu")) == [], "so the wrong rule passes there"
    alive = (-DEAD[0], *DEAD[1:])
    assert all(np.any(dx) for dx in pv.mlp2(*alive)[1](u)), "every unit is on"
    assert disagreements(transposed, arguments(*alive, u=u, activation="relu")), "and the wrong rule fails here"
    assert disagreements(pv.mlp2, arguments(*alive, u=u, activation="relu")) == []


@pytest.mark.parametrize("name", ["mlp2", "mlp", "mlp_loss"])
def test_oracle_seldom_draws_a_dead_network(name):
    case, rng = CATALOGUE[name], np.random.default_rng(0)
    alive = []
    while len(alive) < 40:
        shapes, static = draw_structure(case, lambda options: options[int(rng.integers(len(options)))])
        if static["activation"] != "relu" or not all(np.prod(s) for s in shapes if isinstance(s, tuple)):
            continue
        drawn = draw_numbers(case, shapes, static, rng)
        cotangents = case["rule"](*drawn["xs"], **static)[1](drawn["u"])
        alive.append(all(np.any(dx) for dx in tree_leaves(cotangents)))
    assert sum(alive) >= 30, f"only {sum(alive)} of 40 drawn networks have a unit that is on in each layer"


def one_sided(value, x, step):
    """The slopes that the notebook compared with: (f(x + ε) − f(x)) / ε for each element."""
    steps = step * np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([(value(x + e) - value(x)) / step for e in steps]).reshape(x.shape)


def test_step_of_1e_10_rejects_right_gradients_that_the_oracle_accepts():
    rejected = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x, y = rng.uniform(-10, 10, size=2), rng.integers(2, size=2).astype(float)
        w1, w2 = rng.uniform(size=(2, 2)) + 0.1, rng.uniform(size=(2, 2)) + 0.1
        x = np.abs(x)  # every unit is on: the check is not vacuous
        dw1, dw2 = pv.mlp_loss(x, y, (w1, w2))[1](1.0)[2]
        numeric = one_sided(lambda w, x=x, y=y, w2=w2: pv.mlp_loss(x, y, (w, w2))[0], w1, 1e-10)
        rejected.append(not np.all(np.abs(numeric - dw1) < 1e-5))
        found = disagreements(pv.mlp_loss, arguments(x, y, (w1, w2), u=1.0, activation="relu", reduction="sum"))
        assert found == [], f"the oracle should accept the gradient of seed {seed}, but says {found}"
        assert np.any(dw2)
    assert sum(rejected) >= 20, f"ε = 1e-10 rejects {sum(rejected)} of 40 right gradients, but should at least half"


SPOILT = {
    "scaled": lambda d: d * 1.001,
    "shifted": lambda d: d + 1e-6,
    "zeros": np.zeros_like,
    "nan": lambda d: d * math.nan,
}


@pytest.mark.parametrize("spoil", SPOILT)
def test_comparison_is_of_each_number_not_of_a_truth_value(spoil):
    def wrong(x, weights, /, **static):
        value, vjp = pv.mlp(x, weights, **static)

        def wrong_vjp(u):
            dx, dweights = vjp(u)
            return dx, [*dweights[:-1], SPOILT[spoil](dweights[-1])]

        return value, wrong_vjp

    point = arguments(X[:2], WEIGHTS, u=np.array([[1.0], [-2.0]]), activation="tanh")
    assert disagreements(pv.mlp, point) == []
    found = disagreements(wrong, point)
    assert len(found) >= WEIGHTS[-1].size, f"each of 5 wrong numbers should be found, but found is {found}"


def test_step_is_the_rate_times_the_gradient_of_the_mean_loss_divided_by_n_once():
    (w1, w2, w3), _ = pv.sgd(WEIGHTS, X, Y, rate=0.25, epochs=1, rng=np.random.default_rng(0), batch=len(X))
    for got, w, dw in zip((w1, w2, w3), WEIGHTS, gradient(WEIGHTS), strict=True):
        np.testing.assert_allclose(got, w - 0.25 * dw, rtol=1e-12, atol=1e-15)
    y_pred, _ = pv.mlp(X, WEIGHTS)
    assert math.isclose(mean_loss(WEIGHTS), 0.5 * np.mean((y_pred - Y) ** 2), rel_tol=1e-13)


def test_loss_is_divided_by_samples_not_by_features():
    for features in (1, 3, 9):
        loss, vjp = pv.mlp_loss(X[:4, :features], Y[:4], [np.zeros((1, features))], reduction="mean")
        assert math.isclose(loss, np.sum(Y[:4] ** 2) / 8, rel_tol=1e-14), f"with {features} features the loss is {loss}"
        np.testing.assert_allclose(vjp(1.0)[1], Y[:4] / 4, rtol=1e-14)


def test_gradient_of_a_minibatch_is_the_mean_of_its_samples_in_every_layer():
    samples = [gradient(WEIGHTS, X[i : i + 1], Y[i : i + 1]) for i in range(8)]
    for l, dw in enumerate(gradient(WEIGHTS, X[:8], Y[:8])):  # noqa: E741 (l is the layer)
        np.testing.assert_allclose(dw, np.mean([sample[l] for sample in samples], axis=0), rtol=1e-11, atol=1e-15)


def test_rate_of_1e_100_is_warned_about():
    with pytest.warns(UserWarning, match="changed no weight in the last place: rate 1e-100 is too small"):
        weights, _ = pv.sgd(WEIGHTS, X, Y, rate=1e-100, epochs=1, rng=np.random.default_rng(0), batch=8)
    for got, w in zip(weights, WEIGHTS, strict=True):
        np.testing.assert_array_equal(got, w)


def test_losses_of_all_samples_do_not_oscillate_with_those_of_single_samples():
    _, history = pv.sgd(WEIGHTS, X, Y, rate=1e-12, epochs=5, rng=np.random.default_rng(0))
    assert np.ptp(history["batch"]) > 0.1, "single samples differ even at nearly constant weights"
    assert np.ptp(history["train"]) < 1e-6, "the loss of all samples does not"


def test_weights_as_initialised_learn_and_unscaled_ones_are_caught():
    x, rng = np.random.default_rng(1).normal(size=(200, 9)), np.random.default_rng(4)
    y = np.maximum(x[:, :1], 0) + x[:, 1:2]
    _, history = pv.sgd(pv.init_mlp((9, 32, 32, 32, 1), rng), x, y, rate=0.02, epochs=10, rng=rng, batch=8)
    assert history["train"][-1] < 0.1 * history["train"][0], f"the losses are {history['train']}, but should fall"
    unscaled = [np.random.default_rng(5).normal(size=w.shape) for w in pv.init_mlp((9, 32, 32, 32, 1), rng)]
    with pytest.raises(
        FloatingPointError, match=r"the loss is (nan|inf) at step \d+, rate 0\.02, batch \d+ of epoch 0"
    ):
        pv.sgd(unscaled, x, y, rate=0.02, epochs=10, rng=rng, batch=8)


def test_weight_gradients_are_right_at_a_point_where_every_layer_is_on():
    point = arguments(X[:6], Y[:6], WEIGHTS, u=1.0, activation="relu", reduction="mean")
    loss, vjp = pv.mlp_loss(X[:6], Y[:6], WEIGHTS, reduction="mean")
    dweights = vjp(1.0)[2]
    assert all(np.any(dw) for dw in dweights), "the check would be vacuous at a dead point"
    assert disagreements(pv.mlp_loss, point) == []
    for k, dw in enumerate(dweights):
        direction = [np.random.default_rng(k).normal(size=w.shape) * (i == k) for i, w in enumerate(WEIGHTS)]
        got, error = slope(lambda *w: mean_loss(list(w), X[:6], Y[:6]), tuple(WEIGHTS), tuple(direction))
        should = float(np.sum(dw * direction[k]))
        assert abs(got - should) <= 16 * error, f"layer {k}: the slope is {should}, but should be {got} ± {16 * error}"
        assert error < 1e-6 * abs(should)
    assert loss > 0


def test_weights_are_not_changed_in_place():
    before = tree_map(np.array, WEIGHTS)
    weights, _ = pv.sgd(WEIGHTS, X, Y, rate=0.05, epochs=2, rng=np.random.default_rng(0))
    writeable = tree_map(np.array, WEIGHTS)
    again, _ = pv.sgd(writeable, X, Y, rate=0.05, epochs=2, rng=np.random.default_rng(0))
    for got, second, w, b in zip(weights, again, writeable, before, strict=True):
        assert np.any(got != b), "training should have moved the weights that it returns"
        np.testing.assert_array_equal(w, b)
        np.testing.assert_array_equal(second, got)


def test_relu_keeps_shapes_and_refuses_a_column_for_a_vector():
    y, vjp = pv.relu(np.array([-1.0, 2.0, 3.0]))
    assert vjp(y)[0].shape == (3,)
    with pytest.raises(ValueError, match=r"^relu_vjp got u of shape \(3, 1\), but should get \(3,\)"):
        vjp(y.reshape(-1, 1))
    with pytest.raises(ValueError, match=r"_vjp got u of shape \(1, 1\), but should get \(1,\)"):
        pv.mlp(X[0], WEIGHTS)[1](np.array([1.0]).reshape(-1, 1))
