"""Depth × width × seed on one data set: its cells, their table, and what the table supports."""

import hashlib
import itertools
import math
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from purevjp.aliases import Array
from purevjp.study.cell import baselines, cell, form
from purevjp.study.data import DATASETS
from purevjp.study.dispatch import Task, Work, finished
from purevjp.study.fit import STEPS
from purevjp.study.journal import Form, checked, key, opened, recorded

__all__ = ["DEFAULTS", "Options", "completed", "cost", "study", "tasks"]

Options = TypedDict(
    "Options",
    {
        "dataset": str,
        "depths": list[int],
        "widths": list[int],
        "seeds": int,
        "rates": list[float],
        "epochs": int,
        "patience": int,
        "batch": int,
        "optimizer": str,
    },
)

DEFAULTS: Options = {
    "dataset": "diabetes",
    "depths": [1, 2, 3],
    "widths": [8, 32, 128],
    "seeds": 5,
    "rates": [0.001, 0.003, 0.01, 0.03],
    "epochs": 200,
    "patience": 10,
    "batch": 32,
    "optimizer": "adam",
}

DEEPEST = 1000
"""Hidden layers at most."""

OVERHEAD = 4e4
"""What a step costs beside its arithmetic, in multiplications."""


def study(options: Options, file: Path, /, **running: Any) -> dict[str, Any]:
    """Train the cells that the file does not have yet; `running` is for `completed`.

    Value   the options, "rows" of the data set, "target" and "unit", "baselines" per seed, and the "cells": each its
            "depth", "width" and "seed", and what `cell` says of it
    Errors  ValueError on options that make no sense; those of the loaders, of `opened` and of `finished`
    """
    check(options)
    entry = DATASETS[options["dataset"]]
    features, target, _ = entry["load"]()
    wanted = tasks(options, features, target, deduplicate=entry["deduplicate"])
    results = completed(cell, wanted, file, cost=cost, form=form, **running)
    return {
        **options,
        "target": entry["target"],
        "unit": entry["unit"],
        "rows": len(target),
        "deduplicated": entry["deduplicate"],
        "baselines": [
            baselines(features, target, seed, deduplicate=entry["deduplicate"]) for seed in range(options["seeds"])
        ],
        "cells": [
            {**{name: spec[name] for name in ("depth", "width", "seed")}, **result}
            for (spec, _), result in zip(wanted, results, strict=True)
        ],
    }


def check(options: Options) -> None:
    """Raise an error that names the option that makes no sense."""
    for name, least in (("depths", 1), ("widths", 1)):
        values: list[int] = options[name]  # type: ignore[literal-required]
        if not values or min(values) < least or len(set(values)) < len(values):
            raise ValueError(f"{name} are {listed(values)}, but should be different numbers from {least} up")
    if max(options["depths"]) > DEEPEST:
        raise ValueError(f"depths go up to {max(options['depths'])}, but should be {DEEPEST} at most")
    rates = options["rates"]
    if not rates or not all(math.isfinite(rate) and rate > 0 for rate in rates) or len(set(rates)) < len(rates):
        raise ValueError(f"rates are {listed(rates)}, but should be different positive numbers")
    for name in ("seeds", "epochs", "patience", "batch"):
        if options[name] < 1:  # type: ignore[literal-required]
            raise ValueError(f"{name} is {options[name]}, but should be 1 or more")  # type: ignore[literal-required]
    if options["optimizer"] not in STEPS:
        raise ValueError(f"optimizer is {options['optimizer']!r}, but should be one of {', '.join(STEPS)}")


def listed(values: Sequence[float]) -> str:
    """Numbers in a line.

    >>> listed([1, 0.5])
    '1, 0.5'
    """
    return ", ".join(f"{value:g}" for value in values)


def tasks(options: Options, features: Array, target: Array, *, deduplicate: bool) -> list[Task]:
    """The cells of a grid; each says all that its result depends on, the data too."""
    shared = {name: options[name] for name in ("rates", "epochs", "patience", "batch", "optimizer")}
    shared |= {"task": "cell", "data": fingerprint(features, target), "deduplicate": deduplicate}
    grid = itertools.product(options["depths"], options["widths"], range(options["seeds"]))
    return [({**shared, "depth": d, "width": w, "seed": s}, (features, target)) for d, w, s in grid]


def fingerprint(*arrays: Array) -> str:
    """Sixteen digits that other numbers would change."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array, "<f8").tobytes())
    return digest.hexdigest()[:16]


def cost(spec: dict[str, Any]) -> float:
    """How long a cell takes beside others."""
    width, depth, batch = int(spec["width"]), int(spec["depth"]), int(spec["batch"])
    return len(spec["rates"]) * (OVERHEAD * (depth + 1) + 3 * batch * width * (10 + (depth - 1) * width))


def completed(
    work: Work,
    wanted: Sequence[Task],
    file: Path,
    /,
    *,
    cost: Callable[[dict[str, Any]], float],
    form: Form,
    jobs: int = 1,
    scheduler: str | None = None,
    on_start: Callable[[list[float], int], None] | None = None,
    on_result: Callable[[float], None] | None = None,
) -> list[Any]:
    """The results of all tasks, in their order; those that the file has are not computed again, new ones go to it.

    `form` says what a result has to have: the file is read, and may be damaged.
    `on_start` is told what each task that is left costs, and how many there are in all;
    `on_result` what the one that arrived did cost.
    """
    with opened(file) as (results, stream):
        for spec, _ in wanted:
            if key(spec) in results:
                checked(results[key(spec)], spec, form, file)
        left = sorted((t for t in wanted if key(t[0]) not in results), key=lambda t: cost(t[0]), reverse=True)
        if on_start:
            on_start([cost(spec) for spec, _ in left], len(wanted))
        with closing(finished(work, left, jobs=jobs, scheduler=scheduler)) as arrivals:
            for spec, result in arrivals:
                recorded(stream, spec, result)
                results[key(spec)] = result
                if on_result:
                    on_result(cost(spec))
        return [results[key(spec)] for spec, _ in wanted]
