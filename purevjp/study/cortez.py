"""Table 2 of Cortez et al. 2009, the linear model and the neural net, by its protocol and beside its figures.

20 times 5-fold cross-validation on all rows; inputs and target standardised by the training folds; a network with one
hidden layer of H logistic units, trained by 100 iterations of BFGS on the gradients of `mlp_loss`; H, 0 (the linear
model) to 11, is the one with the lowest error on a third of the training folds, then all of them are trained on.

Source  Cortez, Cerdeira, Almeida, Matos & Reis 2009, Decision Support Systems 47, 547-553
"""

import math
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.stats import t as student
from sklearn.model_selection import KFold, train_test_split

from purevjp.aliases import Array
from purevjp.mlp import init_mlp, mlp, mlp_loss
from purevjp.study.data import DATASETS
from purevjp.study.dispatch import Task
from purevjp.study.fit import flat, layers
from purevjp.study.grid import completed, fingerprint
from purevjp.study.output import save as save_all
from purevjp.study.page import Page
from purevjp.tree import tree_leaves

__all__ = ["PUBLISHED", "fold", "save", "study"]

FOLDS = 5
HIDDEN = 12
"""H is below this."""
ITERATIONS = 100
INNER_SHARE = 1 / 3
TOLERANCES = (0.25, 0.5, 1.0)
GRADES = 11

COUNTS = {"rows": int, "deviation": float, "hits": [int], "confusion": [[int]]}
FORM = {"hidden": int, "linear": COUNTS, "network": COUNTS}
"""What the result of a fold has."""

MEASURES = ("MAD", "T 0.25", "T 0.5", "T 1", "kappa")
PUBLISHED = {
    ("red-wine", "linear"): (0.50, 31.2, 59.1, 88.6, 32.2),
    ("red-wine", "network"): (0.51, 31.1, 59.1, 88.8, 32.5),
    ("white-wine", "linear"): (0.59, 25.6, 51.7, 84.3, 20.9),
    ("white-wine", "network"): (0.58, 26.5, 52.6, 84.7, 23.5),
}
"""The paper's figures, in the order of MEASURES: mean absolute deviation, accuracies within T, kappa of rounding."""


def study(runs: int, file: Path, /, **running: Any) -> dict[str, Any]:
    """Run the protocol `runs` times on both wines, folds that the file has excepted; `running` is for `completed`.

    Value  "results": per wine and model the measures of each run, the published ones, and the H of each fold
    """
    wanted = tasks(runs)
    found = completed(fold, wanted, file, cost=cost, form=lambda _: FORM, **running)
    folds = [{**spec, **result} for (spec, _), result in zip(wanted, found, strict=True)]
    return {
        "protocol": "cortez",
        "runs": runs,
        "results": [result_of(folds, *pair, runs) for pair in PUBLISHED],
        "folds": folds,
    }


def tasks(runs: int) -> list[Task]:
    """Every fold of every run on both wines."""
    wanted = []
    for wine in ("red-wine", "white-wine"):
        features, target, _ = DATASETS[wine]["load"]()
        shared = {"task": "cortez", "wine": wine, "data": fingerprint(features, target)}
        wanted += [({**shared, "run": run, "fold": k}, (features, target)) for run in range(runs) for k in range(FOLDS)]
    return wanted


def cost(spec: dict[str, Any]) -> float:
    """How long a fold takes beside others."""
    return 3.0 if spec["wine"] == "white-wine" else 1.0


def fold(spec: dict[str, Any], features: Array, target: Array) -> dict[str, Any]:
    """One fold of one run: how far both models are off on it, and the H that was found."""
    train, test = list(KFold(FOLDS, shuffle=True, random_state=spec["run"]).split(features))[spec["fold"]]
    rng = np.random.default_rng([spec["run"], spec["fold"]])
    inner, held_out = train_test_split(train, test_size=INNER_SHARE, random_state=spec["run"])
    error = {}
    for hidden in range(HIDDEN):
        predict = trained(features[inner], target[inner], hidden, rng)
        error[hidden] = float(np.mean(np.square(predict(features[held_out]) - target[held_out])))
    chosen = min(error, key=error.__getitem__)
    return {
        "hidden": chosen,
        "linear": counts(trained(features[train], target[train], 0, rng)(features[test]), target[test]),
        "network": counts(trained(features[train], target[train], chosen, rng)(features[test]), target[test]),
    }


def trained(x: Array, y: Array, hidden: int, rng: "np.random.Generator") -> Callable[[Array], Array]:
    """The predictor that a model becomes on these rows; least squares without hidden units."""
    mean, scale, y_mean, y_scale = x.mean(axis=0), x.std(axis=0), y.mean(), y.std()
    z, target = (x - mean) / scale, ((y - y_mean) / y_scale)[:, None]
    if hidden == 0:
        ones = np.ones((len(z), 1))
        solution = np.linalg.lstsq(np.hstack([z, ones]), target)[0]
        weights = [(solution[:-1].T, solution[-1])]
    else:
        initial = init_mlp((x.shape[1], hidden, 1), rng, scheme="glorot", biases=True)
        shapes = [leaf.shape for leaf in tree_leaves(initial)]

        def loss(params: Array) -> tuple[float, Array]:
            value, vjp = mlp_loss(z, target, layers(params, shapes), activation="sigmoid", reduction="mean")
            return float(value), flat(vjp(1.0)[-1])

        found = minimize(loss, flat(initial), jac=True, method="BFGS", options={"maxiter": ITERATIONS})
        weights = layers(found.x, shapes)
    return lambda new: y_scale * mlp((new - mean) / scale, weights, activation="sigmoid")[0][:, 0] + y_mean


def counts(predicted: Array, target: Array) -> dict[str, Any]:
    """What the measures are made of: deviations, hits within each tolerance, and grades against rounded predictions."""
    deviation = np.abs(predicted - target)
    rounded = np.clip(np.rint(predicted), 0, GRADES - 1).astype(int)
    confusion = np.zeros((GRADES, GRADES), int)
    np.add.at(confusion, (target.astype(int), rounded), 1)
    return {
        "rows": len(target),
        "deviation": float(deviation.sum()),
        "hits": [int(np.sum(deviation <= tolerance)) for tolerance in TOLERANCES],
        "confusion": confusion.tolist(),
    }


def measures(parts: Sequence[dict[str, Any]]) -> list[float]:
    """The measures of a run, from the counts of its folds.

    >>> measures([{"rows": 2, "deviation": 1.0, "hits": [0, 1, 2], "confusion": [[1, 0], [1, 0]]}])
    [0.5, 0.0, 50.0, 100.0, 0.0]
    """
    rows = sum(part["rows"] for part in parts)
    confusion = sum(np.array(part["confusion"]) for part in parts) / rows
    chance = float(confusion.sum(axis=0) @ confusion.sum(axis=1))
    hits = [100 * sum(part["hits"][i] for part in parts) / rows for i in range(len(TOLERANCES))]
    kappa = 100 * (float(np.trace(confusion)) - chance) / (1 - chance)
    return [sum(part["deviation"] for part in parts) / rows, *hits, kappa]


def result_of(folds: Sequence[dict[str, Any]], wine: str, model: str, runs: int) -> dict[str, Any]:
    """A model's measures on a wine, run by run, beside the published ones."""
    own = [f for f in folds if f["wine"] == wine]
    return {
        "wine": wine,
        "model": model,
        "published": dict(zip(MEASURES, PUBLISHED[wine, model], strict=True)),
        "runs": [
            dict(zip(MEASURES, measures([f[model] for f in own if f["run"] == run]), strict=True))
            for run in range(runs)
        ],
        "hidden": [f["hidden"] for f in own] if model == "network" else None,
    }


def save(document: dict[str, Any], folder: Path, how: str) -> Page:
    """Write the page, the paper's figures beside ours, and all behind it into a folder."""
    text = [opening(document["runs"]), *(sentence(result) for result in document["results"])]
    page: Page = {
        "title": "Wine quality as in Cortez et al. 2009, Table 2",
        "text": text,
        "tables": [
            {
                "title": "The paper's figures and ours, mean ± half the 95 % interval over runs",
                "columns": ("", *MEASURES),
                "rows": [row for result in document["results"] for row in table_rows(result)],
            }
        ],
        "figures": [],
        "how": how,
    }
    runs = [
        {"wine": result["wine"], "model": result["model"], "run": number, **run}
        for result in document["results"]
        for number, run in enumerate(result["runs"])
    ]
    save_all(folder, page, {**document, "findings": text}, runs)
    return page


def opening(runs: int) -> str:
    """What was done."""
    return (
        f"{runs} runs of 5-fold cross-validation on all rows, standardised by the training folds. The neural net has "
        "one hidden layer of H logistic units; H, 0 to 11, is chosen on a third of the training folds; the training is "
        f"{ITERATIONS} iterations of BFGS. MAD: mean absolute deviation; T: per cent of predictions within T of the "
        "grade; kappa: of rounded predictions, in per cent."
    )


def sentence(result: dict[str, Any]) -> str:
    """How far our figures are from the paper's."""
    ours, paper = means(result), result["published"]
    accuracies = [ours[name] - paper[name] for name in MEASURES[1:4]]
    text = (
        f"{result['wine']}, {result['model']}: MAD {ours['MAD']:.3f}, the paper's {paper['MAD']:.2f}; "
        f"accuracies differ by {min(accuracies):+.1f} to {max(accuracies):+.1f} points"
    )
    return text + (f"; H is {statistics.fmean(result['hidden']):.1f} on average." if result["hidden"] else ".")


def means(result: dict[str, Any]) -> dict[str, float]:
    """The mean of each measure over runs."""
    return {name: statistics.fmean(run[name] for run in result["runs"]) for name in MEASURES}


def table_rows(result: dict[str, Any]) -> list[tuple[str, ...]]:
    """A model on a wine: a row of the paper's figures, and one of ours."""
    name = f"{result['wine']}, {result['model']}"
    paper = (f"{result['published'][m]:.{2 if m == 'MAD' else 1}f}" for m in MEASURES)
    ours = (with_interval([run[m] for run in result["runs"]], 3 if m == "MAD" else 1) for m in MEASURES)
    return [(f"{name}: paper", *paper), (f"{name}: ours", *ours)]


def with_interval(values: Sequence[float], places: int) -> str:
    """Mean ± half the 95 % interval over runs, as the paper gives it."""
    mean = f"{statistics.fmean(values):.{places}f}"
    if len(values) < 2:
        return mean
    reach = statistics.stdev(values) / math.sqrt(len(values)) * float(student.ppf(0.975, len(values) - 1))
    return f"{mean} ± {reach:.{places}f}"
