"""Training: its steps against their formulas, its history against losses computed afresh."""

import functools
import itertools
import math

import numpy as np
import pytest

import purevjp as pv
from purevjp.tree import tree_leaves, tree_map

RANDOM = np.random.default_rng(3)
N = 17
X = RANDOM.normal(size=(N, 3))
Y = X @ RANDOM.normal(size=(3, 2)) + 0.3 * RANDOM.normal(size=(N, 2))
X_NEW, Y_NEW = RANDOM.normal(size=(4, 3)), RANDOM.normal(size=(4, 2))
W = RANDOM.normal(size=(2, 3))
WEIGHTS = pv.init_mlp((3, 5, 2), RANDOM, biases=True)
for array in (X, Y, X_NEW, Y_NEW, W, *tree_leaves(WEIGHTS)):
    array.flags.writeable = False

optimizers = pytest.mark.parametrize("optimizer", [pv.sgd, pv.adam])


def rng(seed=0):
    return np.random.default_rng(seed)


def mean_loss(x, y, weights):
    return float(pv.mlp_loss(x, y, weights, reduction="mean")[0])


def equal(got, should):
    """Assert that two trees are of one structure and of the same numbers, to the last bit."""
    tree_map(lambda s, g: np.testing.assert_array_equal(g, s, strict=True), should, got)


def close(got, should, rtol=1e-12):
    """Assert that two trees are of one structure and nearly of the same numbers."""
    tree_map(lambda s, g: np.testing.assert_allclose(g, s, rtol=rtol, strict=True), should, got)


def test_sgd_step_by_hand():
    params, gradients = (
        {"w": np.array([1.0, 2.0]), "b": (np.array(3.0),)},
        {"w": np.array([4.0, -8.0]), "b": (np.array(2.0),)},
    )
    new, velocity = pv.sgd_step(params, gradients, None, rate=0.25)
    equal((new, velocity), ({"w": np.array([0.0, 4.0]), "b": (np.array(2.5),)}, gradients))
    new, velocity = pv.sgd_step(params, gradients, gradients, rate=0.25, momentum=0.5)
    equal(velocity, {"w": np.array([6.0, -12.0]), "b": (np.array(3.0),)})
    equal(new, {"w": np.array([-0.5, 5.0]), "b": (np.array(2.25),)})
    with pytest.raises(ValueError, match=r"^tree_map got trees that differ"):
        pv.sgd_step(params, {"w": gradients["w"]}, None, rate=0.25)


def test_adam_step_by_its_formula():
    rate, beta1, beta2, epsilon = 0.01, 0.8, 0.95, 1e-3
    p, m, v = W, np.zeros((2, 3)), np.zeros((2, 3))
    params, state = {"w": W}, None
    for t in range(1, 8):
        g = np.sin(t * W)
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        p = p - rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
        params, state = pv.adam_step(params, {"w": g}, state, rate=rate, beta1=beta1, beta2=beta2, epsilon=epsilon)
        close((params, state[1:]), ({"w": p}, ({"w": m}, {"w": v})))
        assert state[0] == t, f"the state counts {state[0]} steps, but should count {t}"


def test_adam_has_the_constants_of_its_paper_by_default():
    state, gradient = (3, np.array([0.5]), np.array([2.0])), np.array([-1.0])
    step = functools.partial(pv.adam_step, np.array([1.0]), gradient, state, rate=0.1)
    equal(step(), step(beta1=0.9, beta2=0.999, epsilon=1e-8))


def test_first_adam_step_is_as_long_as_the_rate_whatever_the_gradient():
    for size in (1e-4, 1.0, 1e8):
        new, _ = pv.adam_step(np.zeros(2), size * np.array([3.0, -2.0]), None, rate=0.1)
        np.testing.assert_allclose(new, [-0.1, 0.1], rtol=1e-3)


def test_batches_visit_each_index_once():
    for n, batch in itertools.product((1, 5, 12), (1, 2, 5, 12, 100)):
        parts = [index.tolist() for index in pv.batches(n, batch, rng())]
        assert sorted(itertools.chain(*parts)) == list(range(n)), f"one epoch visits {parts}"
        sizes = [batch] * (n // batch) + ([n % batch] if n % batch else [])
        assert [len(part) for part in parts] == sizes, (
            f"batches of {batch} of {n} are {parts}, but should be of {sizes}"
        )
    assert list(pv.batches(0, 3, rng())) == []
    one, other = (np.concatenate(list(pv.batches(50, 7, rng(seed)))) for seed in (0, 1))
    assert not np.array_equal(one, other), "another seed should shuffle in another way"
    assert not np.array_equal(one, np.arange(50)), "indices should be shuffled"


@pytest.mark.parametrize("momentum", [0.0, 0.75])
@pytest.mark.parametrize("decay", [0.0, 0.5])
@pytest.mark.parametrize("batch", [1, 4, N, 100])
def test_sgd_is_the_loop_one_would_write(batch, decay, momentum):
    w, v, order, losses = W.copy(), np.zeros((2, 3)), rng(7), []
    for epoch in range(3):
        shuffled = order.permutation(N)
        for start in range(0, N, batch):
            x, y = X[shuffled[start : start + batch]], Y[shuffled[start : start + batch]]
            r = x @ w.T - y
            losses.append(0.5 * (r**2).mean())
            v = momentum * v + r.T @ x / r.size
            w = w - 0.1 / (1 + decay * epoch) * v
    (got,), history = pv.sgd([W], X, Y, rate=0.1, epochs=3, rng=rng(7), batch=batch, momentum=momentum, decay=decay)
    close(got, w, rtol=1e-11)
    np.testing.assert_allclose(history["batch"], losses, rtol=1e-11)


@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_adam_is_the_loop_one_would_write(decay):
    params, state, order = WEIGHTS, None, rng(7)
    for epoch in range(2):
        shuffled = order.permutation(N)
        for start in range(0, N, 5):
            index = shuffled[start : start + 5]
            gradients = pv.mlp_loss(X[index], Y[index], params, reduction="mean")[1](1.0)[2]
            params, state = pv.adam_step(params, gradients, state, rate=0.01 / (1 + decay * epoch))
    got, _ = pv.adam(WEIGHTS, X, Y, rate=0.01, epochs=2, rng=rng(7), batch=5, decay=decay)
    equal(got, params)


def test_batch_is_one_sample_for_sgd_and_32_for_adam_by_default():
    x, y = np.tile(X, (4, 1)), np.tile(Y, (4, 1))
    for optimizer, steps in ((pv.sgd, 4 * N), (pv.adam, 3)):
        history = optimizer([W], x, y, rate=1e-3, epochs=1, rng=rng())[1]
        assert len(history["batch"]) == steps, f"{len(history['batch'])} steps, but should be {steps}"


@optimizers
def test_history_is_what_it_says(optimizer):
    seen = []

    def on_epoch(params, history):
        seen.append((params, tree_map(np.array, params), {key: len(losses) for key, losses in history.items()}))

    options = {"rate": 0.02, "epochs": 4, "batch": 5, "validation": (X_NEW, Y_NEW), "on_epoch": on_epoch}
    params, history = optimizer(WEIGHTS, X, Y, rng=rng(1), **options)
    assert {key: len(losses) for key, losses in history.items()} == {"batch": 4 * 4, "train": 5, "validation": 5}
    assert all(loss.__class__ is float for losses in history.values() for loss in losses)
    assert [lengths for _, _, lengths in seen] == [
        {"batch": 4 * e, "train": e + 1, "validation": e + 1} for e in range(1, 5)
    ]
    stages = [WEIGHTS, *(params for params, _, _ in seen)]
    assert history["train"] == [mean_loss(X, Y, stage) for stage in stages]
    assert history["validation"] == [mean_loss(X_NEW, Y_NEW, stage) for stage in stages]
    equal(params, seen[-1][0])
    for later, then, _ in seen:
        equal(later, then)
    first = rng(1).permutation(N)[:5]
    assert history["batch"][0] == mean_loss(X[first], Y[first], WEIGHTS), (
        "the loss of a batch should be that before its step"
    )


@optimizers
def test_history_without_validation_or_epochs(optimizer):
    params, history = optimizer(WEIGHTS, X, Y, rate=0.02, epochs=0, rng=rng())
    assert history == {"batch": [], "train": [mean_loss(X, Y, WEIGHTS)], "validation": []}
    equal(params, WEIGHTS)
    shared = [np.shares_memory(p, w) for p, w in zip(tree_leaves(params), tree_leaves(WEIGHTS), strict=True)]
    assert not any(shared), "the trained weights should not share memory with the initial ones"


def test_loss_sees_each_batch_and_the_last_is_smaller():
    sizes = []

    def loss(x, y, params, *, reduction):
        sizes.append((len(x), len(y), reduction))
        return pv.mlp_loss(x, y, params, activation="tanh", reduction=reduction)

    pv.sgd(WEIGHTS, X, Y, rate=0.1, epochs=2, rng=rng(), batch=7, loss=loss)
    epoch = [7, 7, 3, N]
    assert sizes == [(n, n, "mean") for n in [N, *epoch, *epoch]]


def test_any_rule_of_that_form_can_be_learnt():
    def loss(x, y, params, *, reduction):
        y_pred, linear_vjp = pv.linear(x, params["w"])
        value, loss_vjp = pv.cross_entropy(y_pred, labels=y, reduction=reduction)

        def loss_vjp_(u):
            dx, dw = linear_vjp(loss_vjp(u)[0])
            return dx, {"w": dw}

        return value, loss_vjp_

    labels = (X[:, 0] > 0).astype(int)
    params, history = pv.adam({"w": 0 * W}, X, labels, rate=0.1, epochs=60, rng=rng(), loss=loss)
    assert math.isclose(history["train"][0], math.log(2), rel_tol=1e-14)
    assert history["train"][-1] < 0.1
    assert np.array_equal(np.argmax(X @ params["w"].T, axis=1), labels)


@optimizers
def test_same_seed_gives_the_same_bits(optimizer):
    options = {"rate": 0.02, "epochs": 3, "batch": 4, "validation": (X_NEW, Y_NEW)}
    first, again, other = (optimizer(WEIGHTS, X, Y, rng=rng(seed), **options) for seed in (5, 5, 6))
    equal(again[0], first[0])
    assert again[1] == first[1]
    assert other[1]["batch"] != first[1]["batch"], "another seed should give other batches"


@optimizers
def test_nothing_that_is_passed_changes(optimizer):
    inputs = (WEIGHTS, X, Y, X_NEW, Y_NEW)
    assert not any(leaf.flags.writeable for leaf in tree_leaves(inputs))
    before = tree_map(np.array, inputs)
    optimizer(WEIGHTS, X, Y, rate=0.02, epochs=2, rng=rng(), validation=(X_NEW, Y_NEW), batch=4)
    writeable = tree_map(np.array, inputs)
    weights, x, y, x_new, y_new = writeable
    optimizer(weights, x, y, rate=0.02, epochs=2, rng=rng(), validation=(x_new, y_new), batch=4)
    equal(inputs, before)
    equal(writeable, before)


@optimizers
def test_float32_stays_float32(optimizer):
    weights, x, y = tree_map(lambda a: a.astype(np.float32), (WEIGHTS, X, Y))
    params, history = optimizer(weights, x, y, rate=0.02, epochs=2, rng=rng(), batch=4)
    assert {leaf.dtype.name for leaf in tree_leaves(params)} == {"float32"}
    assert history["train"][-1] < history["train"][0]
    assert all(loss.__class__ is float for losses in history.values() for loss in losses)


@pytest.mark.parametrize(
    ("train", "rtol"),
    [
        (functools.partial(pv.sgd, rate=0.5, momentum=0.5, epochs=100, batch=N), 1e-9),
        (functools.partial(pv.adam, rate=0.1, epochs=400, decay=0.01, batch=N), 1e-6),
        (functools.partial(pv.sgd, rate=0.1, epochs=400, decay=0.3), 0.02),
    ],
)
def test_linear_regression_converges_to_least_squares(train, rtol):
    (w,), history = train([W], X, Y, rng=rng())
    solution, residual, *_ = np.linalg.lstsq(X, Y)
    np.testing.assert_allclose(w.T, solution, rtol=rtol, atol=rtol)
    assert math.isclose(history["train"][-1], residual.sum() / 2 / Y.size, rel_tol=rtol)


def test_perceptron_learns_what_no_line_fits():
    x = np.array([[0.0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([[0.0], [1], [1], [0]])
    loss = functools.partial(pv.mlp_loss, activation="tanh")
    weights = pv.init_mlp((3, 8, 1), rng(), scheme="glorot", biases=True)
    params, history = pv.adam(weights, x, y, rate=0.05, epochs=200, rng=rng(), loss=loss)
    np.testing.assert_allclose(pv.mlp(x, params, activation="tanh")[0], y, atol=0.05)
    assert history["train"][-1] < 1e-3
