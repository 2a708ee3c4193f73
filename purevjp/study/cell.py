"""One cell of the study: a depth, a width and a seed, trained at each rate, judged at the one that validates best."""

import time
from typing import Any

import numpy as np

from purevjp.aliases import Array
from purevjp.mlp import mlp
from purevjp.study.experiment import errors
from purevjp.study.fit import fit, flat, single
from purevjp.study.prepare import prepare

__all__ = ["ERRORS", "baselines", "cell", "form", "split"]

TEST_SHARE = VALIDATION_SHARE = 0.2
"""Of all rows, and of what the test part leaves."""

ERRORS = {"r2": float, "rmse": float, "mad": float}
"""The form of the errors on a part."""


def split(features: Array, target: Array, seed: int, *, deduplicate: bool) -> dict[str, Any]:
    """The parts of `prepare` that belong to a seed, without the constant column: the networks have biases."""
    parts = prepare(
        features,
        target,
        test_share=TEST_SHARE,
        validation_share=VALIDATION_SHARE,
        random_state=seed,
        deduplicate=deduplicate,
    )
    return {**parts, **{name: (parts[name][0][:, :-1], parts[name][1]) for name in ("train", "validation", "test")}}


def cell(spec: dict[str, Any], features: Array, target: Array) -> dict[str, Any]:
    """Train a cell.

    Value  "status", trained or diverged (at every rate); "rates", what became of each; of the rate with the lowest
           validation loss "rate", "best_epoch", "curves", and the errors on "train", "validation" and "test"

    The seed draws the split, the initial weights and the batches: cells of one seed share their split.
    """
    start = time.perf_counter()
    parts = split(features, target, spec["seed"], deduplicate=spec["deduplicate"])
    options = {name: spec[name] for name in ("epochs", "patience", "batch", "seed", "optimizer")}
    hidden = [spec["width"]] * spec["depth"]
    try:
        fits = {rate: fit(parts["train"], parts["validation"], hidden, rate=rate, **options) for rate in spec["rates"]}
    except MemoryError as error:
        raise MemoryError(
            f"the cell of depth {spec['depth']} and width {spec['width']} is too large: {error}"
        ) from error
    lowest = {rate: min(done["validation"]) for rate, done in fits.items() if not done["diverged"]}
    outcome: dict[str, Any] = {
        "status": "trained" if lowest else "diverged",
        "rates": [
            {
                "rate": rate,
                "diverged": done["diverged"],
                "epochs": len(done["train"]),
                "validation_loss": lowest.get(rate),
                "moved": done["moved"],
            }
            for rate, done in fits.items()
        ],
    }
    if lowest:
        rate = min(lowest, key=lowest.__getitem__)
        best = fits[rate]
        outcome |= {
            "rate": rate,
            "best_epoch": best["best_epoch"],
            "parameters": flat(best["weights"]).size,
            "curves": {name: [float(f"{v:.5g}") for v in best[name]] for name in ("train", "validation")},
            **{name: judged(best["weights"], parts, name) for name in ("train", "validation", "test")},
        }
    return {**outcome, "seconds": round(time.perf_counter() - start, 3)}


def form(result: dict[str, Any]) -> dict[str, Any]:
    """What a cell's result has, as `journal.unlike` takes it."""
    of: dict[str, Any] = {"status": ("trained", "diverged"), "rates": [{"rate": float, "diverged": bool}]}
    if result.get("status") == "diverged":
        return of
    of |= {"rate": float, "best_epoch": int, "parameters": int, "curves": {"train": [float], "validation": [float]}}
    return of | dict.fromkeys(("train", "validation", "test"), ERRORS)


def judged(weights: Any, parts: dict[str, Any], part: str) -> dict[str, float]:
    """The errors of a network on a part, in the target's unit."""
    x, _ = single(parts[part])
    _, y = parts[part]
    return errors(parts["target_scale"] * mlp(x, weights)[0].astype(np.float64), parts["target_scale"] * y)


def baselines(features: Array, target: Array, seed: int, *, deduplicate: bool) -> dict[str, dict[str, float]]:
    """The test errors, on the split of a seed, of least squares and of the training part's mean."""
    parts = split(features, target, seed, deduplicate=deduplicate)
    (x, y), (x_test, y_test), scale = parts["train"], parts["test"], parts["target_scale"]
    coefficients = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y)[0]
    predictions = {
        "least_squares": x_test @ coefficients[:-1] + coefficients[-1],
        "mean": np.zeros_like(y_test),
    }
    return {name: errors(scale * y_pred, scale * y_test) for name, y_pred in predictions.items()}
