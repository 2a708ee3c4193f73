"""Training on real data reaches the figures that the notebooks wanted."""

import os

import numpy as np
import pytest

from purevjp.study.data import DATASETS
from purevjp.study.experiment import errors, run
from purevjp.study.prepare import prepare

REAL = pytest.mark.skipif("PUREVJP_DATA_DIR" not in os.environ, reason="PUREVJP_DATA_DIR names no folder with the data")
SEEDS = pytest.mark.parametrize("seed", [0, 1, 2])


@REAL
@SEEDS
def test_california_in_minibatches(seed):
    r2 = run("california", depth=2, width=64, batch=32, rate=0.1, epochs=10, seed=seed)["test"]["mlp"]["r2"]
    assert r2 >= 0.75


@REAL
@SEEDS
def test_california_one_sample_at_a_time(seed):
    r2 = run("california", depth=2, width=64, batch=1, rate=0.01, epochs=1, seed=seed)["test"]["mlp"]["r2"]
    assert r2 >= 0.68


@REAL
@SEEDS
def test_red_wine(seed):
    report = run("red-wine", batch=32, rate=0.01, epochs=50, seed=seed)
    assert report["test"]["mlp"]["r2"] >= 0.25
    assert report["rows"]["test"] == 320


@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 0.01), ("adam", 0.001)])
def test_diabetes_comes_near_least_squares(optimizer, rate):
    report = run("diabetes", depth=1, width=16, epochs=20, optimizer=optimizer)
    test = report["test"]
    assert report["rate"] == rate
    assert test["mlp"]["r2"] > test["least_squares"]["r2"] - 0.08 > 0.2
    assert abs(test["mean"]["r2"]) < 0.02


def test_a_run_repeats_bit_for_bit_and_a_seed_changes_it():
    first, again, other = (run("diabetes", width=8, epochs=2, seed=seed)["history"] for seed in (3, 3, 4))
    assert first == again
    assert first["train"] != other["train"]


def test_what_is_tested_is_the_epoch_of_the_lowest_validation_loss():
    seen = []
    report = run("diabetes", width=64, rate=0.05, epochs=30, on_epoch=lambda weights, _: seen.append(weights))
    best = report["best_epoch"]
    assert 0 < best < 30, "with this rate it overfits before the end"
    assert report["history"]["validation"][best] == min(report["history"]["validation"])
    features, target, _ = DATASETS["diabetes"]["load"]()
    x, y = prepare(features, target)["test"]
    hidden = x
    for w in seen[best - 1][:-1]:
        hidden = np.maximum(hidden @ w.T, 0)
    residual = hidden @ seen[best - 1][-1].T - y
    assert report["test"]["mlp"]["r2"] == pytest.approx(1 - np.mean(residual**2) / np.var(y), rel=1e-9)


def test_errors_are_those_of_their_definition():
    got = errors(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 5.0]))
    assert got == pytest.approx({"r2": 1 - 2 / 8, "rmse": (2 / 3) ** 0.5, "mad": 2 / 3})
