"""Training: what it refuses, where it stops, and what it warns of."""

import math
import re

import numpy as np
import pytest

import purevjp as pv
from purevjp import schedule

RANDOM = np.random.default_rng(3)
N = 17
X, Y, W = RANDOM.normal(size=(N, 3)), RANDOM.normal(size=(N, 2)), RANDOM.normal(size=(2, 3))
WEIGHTS = pv.init_mlp((3, 5, 2), RANDOM, biases=True)
for array in (X, Y, W):
    array.flags.writeable = False

optimizers = pytest.mark.parametrize("optimizer", [pv.sgd, pv.adam])


def rng(seed=0):
    return np.random.default_rng(seed)


@optimizers
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0.0}, "rate 0.0, but should get a positive number"),
        ({"rate": -0.1}, "rate -0.1, but should"),
        ({"rate": math.inf}, "rate inf, but should"),
        ({"rate": math.nan}, "rate nan, but should"),
        ({"epochs": -1}, "-1 epochs and batch 4, but should get epochs ≥ 0 and batch ≥ 1"),
        ({"epochs": 1.5}, "epochs 1.5, but should get a whole number"),
        ({"batch": 1.5}, "batch 1.5, but should get a whole number"),
        ({"batch": "4"}, "batch '4', but should get a whole number"),
        ({"batch": 0}, "2 epochs and batch 0, but should"),
        ({"decay": -0.1}, "decay -0.1, but should get a number from 0 up"),
        ({"decay": math.nan}, "decay nan, but should"),
        ({"x": X[1:]}, "16 samples and 17 targets, but should get as many, at least one"),
        ({"x": X[:0], "y": Y[:0]}, "0 samples and 0 targets, but should"),
    ],
)
def test_options_that_make_no_sense_are_refused(optimizer, options, message):
    options = {"x": X, "y": Y, "rate": 0.1, "epochs": 2, "batch": 4, "rng": rng()} | options
    with pytest.raises(ValueError, match=f"^training got {re.escape(message)}"):
        optimizer([W], options.pop("x"), options.pop("y"), **options)


@optimizers
def test_rate_can_be_a_schedule(optimizer):
    def trained(rate, **options):
        return optimizer(WEIGHTS, X, Y, rate=rate, epochs=3, batch=4, rng=rng(), **options)[1]

    for options in ({}, {"decay": 0.5}):
        assert trained(schedule.constant(0.01), **options) == trained(0.01, **options)
    asked = []
    falling = schedule.linear(0.01, 0.0, 20)
    assert trained(lambda step: asked.append(step) or falling(step)) != trained(0.01)
    assert list(dict.fromkeys(asked)) == list(range(15)), "five batches an epoch"


@optimizers
@pytest.mark.parametrize("wrong", [-0.1, math.nan, math.inf])
def test_schedule_that_makes_no_sense_is_refused(optimizer, wrong):
    message = f"^the rate is {wrong} at step 7, but should be a finite number from 0 on$"
    with pytest.raises(ValueError, match=message):
        optimizer(WEIGHTS, X, Y, rate=lambda step: wrong if step == 7 else 0.01, epochs=3, batch=4, rng=rng())


@pytest.mark.parametrize("momentum", [-0.1, 1.0, 1.5, math.nan])
def test_momentum_that_makes_no_sense_is_refused(momentum):
    with pytest.raises(ValueError, match=f"^sgd got momentum {momentum}, but should get 0 ≤ momentum < 1"):
        pv.sgd([W], X, Y, rate=0.1, epochs=1, rng=rng(), momentum=momentum)


@optimizers
def test_loss_that_is_not_finite_names_step_rate_and_batch(optimizer):
    y = Y.copy()
    last = rng(2).permutation(N)[-1]
    y[last] = 1e200
    with pytest.raises(
        FloatingPointError, match=r"^the loss is inf at step 0, rate 0\.1, batch all of train: look at the data"
    ):
        optimizer(WEIGHTS, X, y, rate=0.1, epochs=1, rng=rng(2), batch=4)
    with pytest.raises(FloatingPointError, match=r"^the loss is inf at step 0, rate 0\.1, batch all of validation"):
        optimizer(WEIGHTS, X, Y, rate=0.1, epochs=1, rng=rng(2), validation=(X, y))
    with pytest.raises(
        FloatingPointError, match=r"the loss is (inf|nan) at step 1, rate 1e\+200, batch 1 of epoch 0 \(4 samples\)"
    ):
        optimizer(WEIGHTS, X, Y, rate=1e200, epochs=1, rng=rng(2), batch=4)


def test_divergence_is_an_error_in_the_epoch_and_batch_where_it_happens():
    calls = iter(range(100))

    def loss(x, y, params, *, reduction):
        value, vjp = pv.mlp_loss(x, y, params, reduction=reduction)
        return (value if next(calls) < 10 else value * math.nan), vjp

    # 1 call before, 5 + 1 of epoch 0, then batches 0, 1, 2 of epoch 1: the fourth is the eleventh call, step 8
    message = r"^the loss is nan at step 8, rate 0\.05, batch 3 of epoch 1 \(4 samples\)\W+try a smaller rate"
    with pytest.raises(FloatingPointError, match=message):
        pv.sgd(WEIGHTS, X, Y, rate=0.1, epochs=3, rng=rng(), batch=4, decay=1.0, loss=loss)


@optimizers
def test_rate_that_moves_nothing_warns(optimizer):
    message = r"^epoch \d changed no weight in the last place: rate 1e-100 is too small"
    with pytest.warns(UserWarning, match=message) as caught:
        _, history = optimizer(WEIGHTS, X, Y, rate=1e-100, epochs=2, rng=rng(), batch=4)
    assert [str(w.message).split()[1] for w in caught] == ["0", "1"]
    assert {w.filename for w in caught} == {__file__}, "the warning should point at the caller"
    assert history["train"] == history["train"][:1] * 3


@optimizers
@pytest.mark.parametrize(
    ("weights", "constant"),
    [
        ([np.zeros((4, 3)), np.zeros((2, 4))], [0, 1]),
        ([np.ones((4, 3)), W[:, [0, 1, 2, 0]]], [0]),
        ([(np.full((4, 3), 0.5), np.zeros(4)), (W[:, [0, 1, 2, 0]], np.zeros(2))], [0]),
        ([W[[0, 1, 0, 1]], np.ones((2, 4))], [1]),
    ],
)
def test_constant_weights_warn(optimizer, weights, constant):
    with pytest.warns(
        UserWarning, match=r"^the initial weight matrix \d is constant: .* draw it with init_mlp"
    ) as caught:
        optimizer(weights, X, Y, rate=1e-3, epochs=0, rng=rng())
    assert [int(str(w.message).split()[4]) for w in caught] == constant
    assert {w.filename for w in caught} == {__file__}, "the warning should point at the caller"


@optimizers
@pytest.mark.parametrize("weights", [[np.zeros((2, 3))], [np.ones((2, 3))], [(np.zeros((2, 3)), np.zeros(2))], WEIGHTS])
def test_other_weights_do_not_warn(optimizer, weights):
    optimizer(weights, X, Y, rate=1e-3, epochs=1, rng=rng())
