"""The study's training: what it computes, what it keeps, and that it never looks at the test part."""

import numpy as np
import pytest

import purevjp as pv
from purevjp.study.cell import baselines, cell, split
from purevjp.study.data import diabetes
from purevjp.study.fit import dropped, fit, flat, layers
from purevjp.tree import tree_leaves

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4))
Y = np.maximum(X[:, :1], 0) - X[:, 1:2]
OPTIONS = {"rate": 0.01, "epochs": 30, "patience": 30, "batch": 16, "seed": 0}
PARTS = (X[:80], Y[:80]), (X[80:], Y[80:])


def loss(x, y, weights):
    return 0.5 * float(np.mean((pv.mlp(x, weights)[0] - y) ** 2))


def test_it_is_adam_and_sgd_as_the_package_has_them():
    for optimizer, train in (("adam", pv.adam), ("sgd", pv.sgd)):
        rng = np.random.default_rng(3)
        initial = pv.init_mlp((4, 6, 1), rng, biases=True, dtype=np.float32)
        x, y = (a.astype(np.float32) for a in PARTS[0])
        _, history = train(initial, x, y, rate=0.01, epochs=4, batch=16, rng=rng, validation=PARTS[1])
        got = fit(*PARTS, [6], **{**OPTIONS, "epochs": 4, "seed": 3}, optimizer=optimizer)
        np.testing.assert_allclose(got["validation"], history["validation"], rtol=1e-4)
        np.testing.assert_allclose(got["train"], np.reshape(history["batch"], (4, 5)).mean(axis=1), rtol=1e-4)


def test_weights_are_those_of_the_lowest_validation_loss():
    done = fit(*PARTS, [32, 32], **{**OPTIONS, "rate": 0.03})
    best = done["best_epoch"]
    assert 0 < best < 30
    assert done["validation"][best] == min(done["validation"])
    assert loss(*PARTS[1], done["weights"]) == pytest.approx(min(done["validation"]), rel=1e-4)
    assert done["validation"][0] > 10 * done["validation"][best]
    assert all(leaf.dtype == np.float32 for leaf in tree_leaves(done["weights"]))


def test_patience_ends_a_training_that_gets_no_better():
    patient = fit(*PARTS, [32, 32], **{**OPTIONS, "rate": 0.03, "epochs": 200, "patience": 5})
    assert len(patient["train"]) == patient["best_epoch"] + 5 < 200
    full = fit(*PARTS, [32, 32], **{**OPTIONS, "rate": 0.03, "epochs": 200, "patience": 200})
    assert len(full["train"]) == 200
    assert full["validation"][: len(patient["validation"])] == patient["validation"]


@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 1e3), ("sgd", 3.0), ("adam", 1e4)])
def test_divergence_is_a_result(optimizer, rate):
    done = fit(*PARTS, [32, 32, 32], **{**OPTIONS, "rate": rate}, optimizer=optimizer)
    assert done["diverged"]
    assert len(done["train"]) < 30
    assert all(np.isfinite(v) for v in done["train"])


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_weights_that_stay_where_they_were_are_seen(optimizer):
    for rate, moved in ((1e-30, False), (1e-3, True)):
        assert fit(*PARTS, [16], **{**OPTIONS, "rate": rate, "epochs": 2}, optimizer=optimizer)["moved"] is moved


def test_decay_average_and_cosine_do_what_they_say():
    def weights(**options):
        return fit(*PARTS, [16], **OPTIONS, **options)["weights"]

    plain, decayed = weights(), weights(weight_decay=1.0)
    assert sum(np.sum(w**2) for w, _ in decayed) < 0.9 * sum(np.sum(w**2) for w, _ in plain)
    noisy, quiet, cosine = (
        np.std(np.diff(fit(*PARTS, [16], **{**OPTIONS, "rate": 0.1}, **options)["validation"][15:]))
        for options in ({}, {"average": 0.98}, {"cosine": True})
    )
    assert quiet < 0.5 * noisy
    assert cosine < 0.9 * noisy


def test_gradient_with_units_left_out_is_that_of_differences():
    weights = pv.init_mlp((4, 5, 6, 1), np.random.default_rng(1), biases=True)
    value, vjp = dropped(X[:7], Y[:7], weights, 0.4, np.random.default_rng(5))
    (gradient,) = vjp(1.0)
    shapes = [leaf.shape for leaf in tree_leaves(weights)]
    params, direction = flat(weights), np.random.default_rng(2).normal(size=flat(weights).shape)
    ahead, behind = (
        dropped(X[:7], Y[:7], layers(params + step * direction, shapes), 0.4, np.random.default_rng(5))[0]
        for step in (1e-6, -1e-6)
    )
    assert flat(gradient) @ direction == pytest.approx((ahead - behind) / 2e-6, rel=1e-6)
    assert value != pv.mlp_loss(X[:7], Y[:7], weights, reduction="mean")[0]
    same, all_vjp = dropped(X[:7], Y[:7], weights, 0.0, np.random.default_rng(5))
    should, should_vjp = pv.mlp_loss(X[:7], Y[:7], weights, reduction="mean")
    assert same == should
    np.testing.assert_allclose(flat(all_vjp(1.0)[0]), flat(should_vjp(1.0)[2]), rtol=1e-12)


SPEC = {
    "depth": 1, "width": 8, "seed": 2, "rates": [1e-5, 0.01, 0.03], "epochs": 15, "patience": 15, "batch": 32,
    "optimizer": "adam", "deduplicate": False,
}  # fmt: skip


def test_rate_is_the_one_with_the_lowest_validation_loss():
    features, target, _ = diabetes()
    done = cell(SPEC, features, target)
    losses = {run["rate"]: run["validation_loss"] for run in done["rates"]}
    assert done["rate"] == min(losses, key=losses.get) != 1e-5
    assert done["validation"]["r2"] > 0.3
    assert done["parameters"] == 10 * 8 + 8 + 8 + 1
    scale = split(features, target, 2, deduplicate=False)["target_scale"]
    assert done["validation"]["rmse"] == pytest.approx(scale * (2 * losses[done["rate"]]) ** 0.5, rel=1e-4)


def test_test_part_changes_nothing_but_its_own_errors():
    features, target, _ = diabetes()
    rows = np.arange(len(target), dtype=float)
    parts = split(np.column_stack([features, rows]), target, 2, deduplicate=False)
    _, position = parts["test"][0][:, -1], parts["feature_mean"][-1]
    tested = np.rint(parts["test"][0][:, -1] * parts["feature_scale"][-1] + position).astype(int)
    assert len(set(tested)) == len(tested) == 89
    other = target.copy()
    other[tested] = other[tested[::-1]] * 3
    first, second = cell(SPEC, features, target), cell(SPEC, features, other)
    assert first["test"] != second["test"]
    for name in ("rate", "rates", "best_epoch", "curves", "train", "validation"):
        assert first[name] == second[name]


def test_seeds_of_a_cell_differ_in_split_and_weights():
    features, target, _ = diabetes()
    (x, _), (other, _) = (split(features, target, seed, deduplicate=False)["train"] for seed in (0, 1))
    assert x.shape == other.shape == (282, 10)
    assert not np.array_equal(x, other)
    assert cell(SPEC, features, target)["curves"] != cell({**SPEC, "seed": 3}, features, target)["curves"]


def test_baselines_are_those_of_scikit_learn():
    from sklearn.linear_model import LinearRegression  # noqa: PLC0415

    features, target, _ = diabetes()
    parts = split(features, target, 4, deduplicate=False)
    model = LinearRegression().fit(*parts["train"])
    got = baselines(features, target, 4, deduplicate=False)
    assert got["least_squares"]["r2"] == pytest.approx(model.score(*parts["test"]))
    assert abs(got["mean"]["r2"]) < 0.05
