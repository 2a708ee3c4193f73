"""California housing by the protocol of Gorishniy et al. 2021: test RMSE beside their perceptron's.

64 % training, 16 % validation, 20 % test, one split for all seeds; a seed draws initial weights, batches and the
units left out. Inputs are each feature twice, as a normal quantile and standardised with clipping, both fitted on the
training part. The rate has the lowest mean validation RMSE over seeds; the epoch, the lowest of its training.

Source  Gorishniy, Rubachev, Khrulkov & Babenko 2021, arXiv 2106.11959, Table 2
"""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.preprocessing import QuantileTransformer

from purevjp.aliases import Array
from purevjp.study.cell import ERRORS, judged, split
from purevjp.study.data import DATASETS
from purevjp.study.dispatch import Task
from purevjp.study.figures import TRAIN, VALIDATION
from purevjp.study.fit import fit
from purevjp.study.grid import completed, fingerprint
from purevjp.study.output import save as save_all
from purevjp.study.page import Page

__all__ = ["PUBLISHED", "save", "study", "train"]

PUBLISHED = (0.4985, 0.0030)
"""Test RMSE of their perceptron in 100 000 $, mean and standard deviation over seeds."""

SPLIT = 0
QUANTILES = 1000
RATES = (0.001, 0.002, 0.004)
SHARED: dict[str, Any] = {
    "hidden": [256, 256, 256],
    "epochs": 50,
    "patience": 50,
    "batch": 64,
    "weight_decay": 0.3,
    "dropout": 0.15,
    "average": 0.99,
    "cosine": True,
}
PARTS = ("train", "validation", "test")


def study(seeds: int, file: Path, /, **running: Any) -> dict[str, Any]:
    """Train every seed at every rate, those that the file has excepted; `running` is for `completed`.

    Value  the "runs", the "rate" that validates best (None when every rate diverged with some seed), and the options
    """
    wanted = tasks(seeds)
    found = completed(train, wanted, file, cost=lambda _: 1.0, form=form, **running)
    runs = [{"rate": s["rate"], "seed": s["seed"], **result} for (s, _), result in zip(wanted, found, strict=True)]
    mean = {
        rate: statistics.fmean(run["validation"]["rmse"] for run in runs if run["rate"] == rate)
        for rate in RATES
        if not any(run["diverged"] for run in runs if run["rate"] == rate)
    }
    rate = min(mean, key=mean.__getitem__) if mean else None
    return {"protocol": "california", "seeds": seeds, "options": SHARED, "rate": rate, "runs": runs}


def tasks(seeds: int) -> list[Task]:
    """Every seed at every rate; each says all that its result depends on, the data too."""
    features, target, _ = DATASETS["california"]["load"]()
    data = fingerprint(features, target)
    return [
        ({"task": "california", "data": data, **SHARED, "rate": rate, "seed": seed}, (features, target))
        for rate in RATES
        for seed in range(seeds)
    ]


def train(spec: dict[str, Any], features: Array, target: Array) -> dict[str, Any]:
    """One seed at one rate: the errors of the kept epoch in 100 000 $, and the losses of all."""
    parts = prepared(features, target)
    options = {name: spec[name] for name in ("rate", "seed", *SHARED) if name != "hidden"}
    done = fit(parts["train"], parts["validation"], spec["hidden"], **options)
    result: dict[str, Any] = {"diverged": done["diverged"], "best_epoch": done["best_epoch"]}
    result["curves"] = {name: [float(f"{v:.5g}") for v in done[name]] for name in ("train", "validation")}
    if not done["diverged"]:
        result |= {part: judged(done["weights"], parts, part) for part in PARTS}
    return result


def form(result: dict[str, Any]) -> dict[str, Any]:
    """What the result of a training has, as `journal.unlike` takes it."""
    curves = {"train": [float], "validation": [float]}
    of = {"diverged": bool, "best_epoch": int, "curves": curves}
    return of if result.get("diverged") is True else of | dict.fromkeys(PARTS, ERRORS)


def prepared(features: Array, target: Array) -> dict[str, Any]:
    """The parts, each with its features twice: as normal quantiles, and standardised and clipped."""
    clipped = split(features, target, SPLIT, deduplicate=False)
    raw = {part: clipped[part][0] for part in PARTS}
    quantiles = QuantileTransformer(
        n_quantiles=min(QUANTILES, len(raw["train"])), output_distribution="normal", subsample=None, random_state=SPLIT
    ).fit(raw["train"])
    return {
        **clipped,
        **{part: (np.hstack([quantiles.transform(raw[part]), raw[part]]), clipped[part][1]) for part in PARTS},
    }


def save(document: dict[str, Any], folder: Path, how: str) -> Page:
    """Write the page, the figure and all behind them into a folder."""
    text = sentences(document)
    curves = drawn(document)
    curves.savefig(folder / "learning-curves.png", dpi=150)
    columns = ("rate", "seed", "epoch kept", *(f"{part} RMSE" for part in PARTS), "test R²")
    page: Page = {
        "title": "California housing as in Gorishniy et al. 2021",
        "text": text,
        "tables": [
            {
                "title": "Every training, errors in 100 000 $",
                "columns": columns,
                "rows": [table_row(run) for run in document["runs"]],
            }
        ],
        "figures": [("Learning curves at the chosen rate", curves)],
        "how": how,
    }
    save_all(folder, page, {**document, "findings": text}, csv_rows(document))
    return page


def sentences(document: dict[str, Any]) -> list[str]:
    """What the runs support."""
    units = " × ".join(map(str, SHARED["hidden"]))
    opening = (
        f"Perceptrons of {units} relu units with AdamW, {document['seeds']} seeds, one split into 64 % training, 16 % "
        "validation and 20 % test (random_state 0, not the rows of the published split); each feature as a normal "
        "quantile and standardised with clipping; rate and epoch chosen on the validation part."
    )
    text = [opening]
    gone = [run for run in document["runs"] if run["diverged"]]
    if gone:
        text.append("Diverged: " + ", ".join(f"rate {run['rate']:g} seed {run['seed']}" for run in gone) + ".")
    if document["rate"] is None:
        return [*text, "Every rate diverged with some seed: there is no result."]
    chosen = [run["test"] for run in document["runs"] if run["rate"] == document["rate"]]
    rmse, r2 = ([run[error] for run in chosen] for error in ("rmse", "r2"))
    spread = f" ± {statistics.stdev(rmse):.4f}" if len(rmse) > 1 else ""
    text.append(
        f"At rate {document['rate']:g}: test RMSE {statistics.fmean(rmse):.4f}{spread}, R² {statistics.fmean(r2):.3f} "
        f"(mean ± standard deviation over seeds). The published perceptron: RMSE {PUBLISHED[0]} ± {PUBLISHED[1]:.4f}."
    )
    return text


def drawn(document: dict[str, Any]) -> Figure:
    """Losses by epoch at the chosen rate, a line per seed."""
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    for run in document["runs"]:
        if run["rate"] == document["rate"]:
            axes.plot(range(1, len(run["curves"]["train"]) + 1), run["curves"]["train"], color=TRAIN, linewidth=0.8)
            axes.plot(run["curves"]["validation"], color=VALIDATION, linewidth=0.8)
    axes.plot([], [], color=TRAIN, label="training, with units left out")
    axes.plot([], [], color=VALIDATION, label="validation, averaged weights")
    axes.set(xlabel="epoch", ylabel="loss ½ r², target standardised", yscale="log", ylim=(None, 0.3))
    axes.legend(frameon=False)
    return figure


def csv_rows(document: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """A row per training; what a diverged one does not have is empty."""
    return [
        {name: run[name] for name in ("rate", "seed", "diverged", "best_epoch")}
        | {f"{part}_{error}": run.get(part, {}).get(error) for part in PARTS for error in ("r2", "rmse", "mad")}
        for run in document["runs"]
    ]


def table_row(run: dict[str, Any]) -> tuple[Any, ...]:
    """A training, as the page shows it."""
    if run["diverged"]:
        return f"{run['rate']:g}", run["seed"], "diverged", *[""] * (len(PARTS) + 1)
    rmse = (f"{run[part]['rmse']:.4f}" for part in PARTS)
    return f"{run['rate']:g}", run["seed"], run["best_epoch"], *rmse, f"{run['test']['r2']:.3f}"
