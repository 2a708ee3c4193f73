"""One perceptron trained on one data set, and judged on the test part beside the mean and least squares."""

from collections.abc import Callable
from typing import Any

import numpy as np

from purevjp.aliases import Array, Tree
from purevjp.mlp import init_mlp, mlp
from purevjp.study.data import DATASETS
from purevjp.study.prepare import prepare
from purevjp.train import History, adam, sgd

__all__ = ["OPTIMIZERS", "errors", "run"]

OPTIMIZERS = {"sgd": sgd, "adam": adam}
RATES = {"sgd": 0.01, "adam": 0.001}


def run(
    dataset: str,
    /,
    *,
    depth: int = 2,
    width: int = 64,
    batch: int = 32,
    rate: float | None = None,
    epochs: int = 10,
    seed: int = 0,
    optimizer: str = "sgd",
    on_epoch: Callable[[Tree, History], None] | None = None,
) -> dict[str, Any]:
    """Train a perceptron of `depth` hidden layers of `width` relu units, without biases, on a prepared data set.

    Value   the options; the history of `sgd` (losses of the standardised target); per predictor (mlp, least_squares,
            mean) the test errors; "rows", the size of each part
    Units   the test errors are in the target's own unit, named by "unit"
    Errors  KeyError on an unknown data set or optimizer; those of the loaders, of `prepare` and of the optimizer

    `seed` draws initial weights (Glorot's) and batches; the split is always the same. What is tested are the weights
    after the epoch with the lowest validation loss ("best_epoch"; 0 is before the first).
    """
    entry = DATASETS[dataset]
    features, target, _ = entry["load"]()
    parts = prepare(features, target, deduplicate=entry["deduplicate"])
    (x, y), (x_test, y_test) = parts["train"], parts["test"]
    rng = np.random.default_rng(seed)
    weights = init_mlp((x.shape[1], *[width] * depth, 1), rng, scheme="glorot")
    best = [weights]

    def keep_best(weights: Tree, history: History) -> None:
        if history["validation"][-1] < min(history["validation"][:-1]):
            best[0] = weights
        if on_epoch:
            on_epoch(weights, history)

    rate = RATES[optimizer] if rate is None else rate
    _, history = OPTIMIZERS[optimizer](
        weights,
        x,
        y,
        rate=rate,
        epochs=epochs,
        batch=batch,
        rng=rng,
        validation=parts["validation"],
        on_epoch=keep_best,
    )
    predictions = {
        "mlp": mlp(x_test, best[0])[0],
        "least_squares": x_test @ np.linalg.lstsq(x, y)[0],
        "mean": np.zeros_like(y_test),
    }
    scale = parts["target_scale"]
    options = {"dataset": dataset, "depth": depth, "width": width, "batch": batch, "rate": rate, "epochs": epochs}
    return {
        **options,
        "seed": seed,
        "optimizer": optimizer,
        "target": entry["target"],
        "unit": entry["unit"],
        "rows": {part: len(parts[part][0]) for part in ("train", "validation", "test")},
        "best_epoch": int(np.argmin(history["validation"])),
        "test": {name: errors(scale * y_pred, scale * y_test) for name, y_pred in predictions.items()},
        "history": history,
    }


def errors(y_pred: Array, y: Array) -> dict[str, float]:
    """How far predictions are off.

    Value   "r2", the share of the variance of y explained; "rmse", root mean square; "mad", mean absolute deviation
    Units   those of y; r2 has none

    >>> errors(np.array([1.0, 2.0]), np.array([1.0, 3.0]))["r2"]
    0.5
    """
    residual = y_pred - y
    squares, total = float(np.mean(residual**2)), float(np.var(y))
    return {"r2": 1 - squares / total, "rmse": squares**0.5, "mad": float(np.mean(np.abs(residual)))}
