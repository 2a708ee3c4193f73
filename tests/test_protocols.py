"""The published protocols: what a fold and a training compute, and the tables with the published figures."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, cohen_kappa_score
from sklearn.model_selection import KFold

from oracle import cli
from purevjp.study import california, cortez
from purevjp.study.data import HOUSING_COLUMNS, WINE_COLUMNS, california_housing, red_wine

REAL = pytest.mark.skipif("PUREVJP_DATA_DIR" not in os.environ, reason="PUREVJP_DATA_DIR names no folder with the data")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 11))
GRADES = np.clip(np.rint(6 + X[:, 0] + 1.5 * np.abs(X[:, 1])), 3, 9)


@pytest.fixture
def own_files(tmp_path, monkeypatch):
    """A folder with small tables in place of the real ones."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("winequality-red.csv", "winequality-white.csv"):
        rows = np.column_stack([X[:60], GRADES[:60]])
        lines = [";".join(WINE_COLUMNS), *(";".join(map(str, row)) for row in rows.tolist())]
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    value = 1e5 * (2 + X[:, 0] + np.abs(X[:, 1]))
    table = np.column_stack([np.abs(X[:, : len(HOUSING_COLUMNS) - 1]) + 1, value])
    (folder / "cal_housing.data").write_text("\n".join(",".join(map(str, row)) for row in table.tolist()), "utf-8")
    monkeypatch.setenv("PUREVJP_DATA_DIR", str(folder))


def test_page_of_the_study_has_the_published_figures_and_our_options():
    page = (Path(__file__).parents[1] / "docs" / "study.md").read_text("utf-8")
    for (wine, model), figures in cortez.PUBLISHED.items():
        mad, *rest = figures
        assert f"| {wine[:-5]}, {model}: paper | {mad:.2f} | {' | '.join(map(str, rest))} |" in page
    assert f"| published perceptron | {california.PUBLISHED[0]} ± {california.PUBLISHED[1]:.4f} |" in page
    own = california.SHARED
    assert own["hidden"] == [256] * 3
    for said in (
        f"dropout {own['dropout']}",
        f"decay {own['weight_decay']}",
        f"{own['batch']}, {own['epochs']} epochs",
    ):
        assert said in page
    assert "rates {}, {} and {}".format(*california.RATES) in page


def test_linear_model_and_measures_are_those_of_scikit_learn():
    predicted, folds = np.empty(200), []
    for k, (train, test) in enumerate(KFold(5, shuffle=True, random_state=3).split(X)):
        predicted[test] = LinearRegression().fit(X[train], GRADES[train]).predict(X[test])
        rng = np.random.default_rng(k)
        folds.append(cortez.counts(cortez.trained(X[train], GRADES[train], 0, rng)(X[test]), GRADES[test]))
    mad, *hits, kappa = cortez.measures(folds)
    assert mad == pytest.approx(np.mean(np.abs(predicted - GRADES)))
    assert hits == pytest.approx([100 * np.mean(np.abs(predicted - GRADES) <= t) for t in (0.25, 0.5, 1)])
    assert hits[1] == pytest.approx(100 * accuracy_score(GRADES, np.rint(predicted)))
    assert kappa == pytest.approx(100 * cohen_kappa_score(GRADES, np.rint(predicted)))


def test_network_learns_what_the_linear_model_cannot_and_its_size_is_searched(monkeypatch):
    monkeypatch.setattr(cortez, "HIDDEN", 6)
    x, spec = RNG.normal(size=(500, 3)), {"run": 0, "fold": 1, "wine": "red-wine"}
    grades = np.clip(np.rint(6 + x[:, 0] + 1.5 * np.abs(x[:, 1])), 3, 9)
    done = cortez.fold(spec, x, grades)
    assert done["hidden"] > 0
    assert done["network"]["deviation"] < 0.7 * done["linear"]["deviation"]
    assert done["network"]["rows"] == 100
    assert done == cortez.fold(spec, x, grades)
    assert cortez.fold(spec, x, 6 + x[:, 0] + 0.3 * RNG.normal(size=500))["hidden"] == 0


def test_fold_is_predicted_without_its_own_grades(monkeypatch):
    monkeypatch.setattr(cortez, "HIDDEN", 4)
    other = GRADES.copy()
    _, test = list(KFold(5, shuffle=True, random_state=0).split(X))[2]
    other[test] = 3
    spec = {"run": 0, "fold": 2, "wine": "red-wine"}
    first, second = (cortez.fold(spec, X, grades) for grades in (GRADES, other))
    assert first["hidden"] == second["hidden"]
    for model in ("linear", "network"):
        columns = [np.sum(done[model]["confusion"], axis=0).tolist() for done in (first, second)]
        assert columns[0] == columns[1], "the same predictions, rounded"


@pytest.mark.usefixtures("own_files")
def test_cortez_prints_the_papers_figures_beside_ours(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(cortez, "HIDDEN", 2)
    monkeypatch.setattr(cortez, "ITERATIONS", 10)
    assert cli.run(("study", "--protocol", "cortez", "--seeds", "2", "--jobs", "1", "--out", str(tmp_path))) == 0
    out = capsys.readouterr().out
    document = json.loads((tmp_path / "study.json").read_text("utf-8"))
    assert len(document["folds"]) == 2 * 2 * 5
    lines = [line.split("  ") for line in out.splitlines() if line.startswith(("red-wine", "white-wine"))]
    rows = {cells[0].strip(): [c.strip() for c in cells[1:] if c.strip()] for cells in lines if len(cells) > 2}
    assert rows["red-wine, network: paper"] == ["0.51", "31.1", "59.1", "88.8", "32.5"]
    assert rows["white-wine, linear: paper"] == ["0.59", "25.6", "51.7", "84.3", "20.9"]
    ours = next(r for r in document["results"] if (r["wine"], r["model"]) == ("red-wine", "linear"))
    mean = sum(run["MAD"] for run in ours["runs"]) / 2
    assert rows["red-wine, linear: ours"][0].startswith(f"{mean:.3f} ± ")
    assert f"red-wine, linear: MAD {mean:.3f}, the paper's 0.50" in out
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "red-wine, network: paper" in page
    kept = (tmp_path / "finished.jsonl").read_bytes()
    assert cli.run(("study", "--protocol", "cortez", "--seeds", "1", "--jobs", "1", "--out", str(tmp_path))) == 0
    assert (tmp_path / "finished.jsonl").read_bytes() == kept


@pytest.mark.usefixtures("own_files")
def test_california_prints_the_published_figure_beside_ours(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(california.SHARED, "hidden", [8])
    monkeypatch.setitem(california.SHARED, "epochs", 3)
    assert cli.run(("study", "--protocol", "california", "--seeds", "2", "--jobs", "1", "--out", str(tmp_path))) == 0
    out = capsys.readouterr().out
    document = json.loads((tmp_path / "study.json").read_text("utf-8"))
    rmse = [run["test"]["rmse"] for run in document["runs"] if run["rate"] == document["rate"]]
    assert f"test RMSE {np.mean(rmse):.4f} ± {np.std(rmse, ddof=1):.4f}" in out
    assert "The published perceptron: RMSE 0.4985 ± 0.0030." in out
    assert (tmp_path / "learning-curves.png").exists()
    monkeypatch.setattr(california, "RATES", (1e6,))
    assert cli.run(("study", "--protocol", "california", "--seeds", "1", "--jobs", "1", "--out", str(tmp_path))) == 0
    out = capsys.readouterr().out
    assert "Diverged: rate 1e+06 seed 0." in out
    assert "there is no result" in out


@pytest.mark.usefixtures("own_files")
def test_california_chooses_its_rate_by_validation_and_not_one_that_diverged(tmp_path, monkeypatch):
    def result(spec, *_):
        better = {0.001: 3.0, 0.002: 1.0, 0.004: 2.0}[spec["rate"]]
        parts = {"train": better, "validation": better, "test": -better}
        gone = spec["rate"] == 0.002 and spec["seed"] == 1
        done = {"diverged": gone, "best_epoch": 0, "curves": {"train": [], "validation": []}}
        return done if gone else {**done, **{part: {"rmse": v, "r2": 0.0, "mad": v} for part, v in parts.items()}}

    monkeypatch.setattr(california, "train", result)
    assert california.study(1, tmp_path / "one.jsonl")["rate"] == 0.002
    assert california.study(2, tmp_path / "two.jsonl")["rate"] == 0.004


def test_california_fits_its_inputs_on_the_training_part_alone():
    features = np.abs(RNG.normal(size=(500, 8)))
    target = features[:, 0]
    parts = california.prepared(features, target)
    assert [len(parts[part][0]) for part in california.PARTS] == [320, 80, 100]
    train = parts["train"][0]
    assert train.shape == (320, 16)
    np.testing.assert_allclose(train[:, 8:].mean(axis=0), 0, atol=0.05)
    rank = np.argsort(np.argsort(train[:, 3]))
    np.testing.assert_array_equal(rank, np.argsort(np.argsort(train[:, 11])), "both are monotone in the feature")
    outlier = features.copy()
    outlier[
        np.argmax(
            np.any(
                np.isclose(features[:, :1], parts["test"][1][0] * parts["target_scale"] + parts["target_mean"]), axis=1
            )
        )
    ] *= 1e3
    np.testing.assert_array_equal(california.prepared(outlier, target)["train"][0], train)


@REAL
def test_red_wine_reaches_the_papers_figures_in_one_run():
    features, target, _ = red_wine()
    folds = [cortez.fold({"run": 0, "fold": k}, features, target) for k in range(5)]
    linear, network = (cortez.measures([fold[model] for fold in folds]) for model in ("linear", "network"))
    assert abs(linear[0] - 0.50) <= 0.01
    assert max(abs(a - b) for a, b in zip(linear[1:4], (31.2, 59.1, 88.6), strict=True)) <= 1
    assert network[0] <= 0.51


@REAL
def test_california_comes_near_with_a_small_network_in_few_epochs():
    features, target, _ = california_housing()
    spec = {**california.SHARED, "hidden": [64, 64], "epochs": 8, "rate": 0.004, "seed": 0}
    done = california.train(spec, features, target)
    assert done["test"]["rmse"] < 0.56
    assert done["test"]["r2"] > 0.76
