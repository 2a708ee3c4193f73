"""What a study says of its cells: only what they support."""

import itertools
import math

import pytest
from scipy.stats import t as student

from purevjp.study.figures import FIGURES
from purevjp.study.summary import findings, interval, summary


def errors(r2, rmse=1.0):
    return {"r2": r2, "rmse": rmse, "mad": rmse}


def document(r2_of, *, depths=(1, 2), widths=(8, 32), seeds=4, gone=(), train=0.9):
    """A study whose cells have the test R² of `r2_of(depth, width, seed)`; `gone` lists those that diverged."""
    cells = []
    for depth, width, seed in itertools.product(depths, widths, range(seeds)):
        cell = {
            "depth": depth,
            "width": width,
            "seed": seed,
            "status": "diverged",
            "rates": [run((depth, width, seed) in gone)],
        }
        if (depth, width, seed) not in gone:
            r2 = r2_of(depth, width, seed)
            curves = {"train": [0.5, 0.4], "validation": [0.6, 0.5, 0.45]}
            cell |= {"status": "trained", "rate": 0.1, "best_epoch": 2, "parameters": 9, "curves": curves}
            cell |= {"train": errors(train), "validation": errors(r2, 1 - r2), "test": errors(r2, 1 - r2)}
        cells.append(cell)
    return {
        "dataset": "diabetes", "target": "y", "unit": "", "rows": 100, "deduplicated": False, "depths": list(depths),
        "widths": list(widths), "seeds": seeds, "rates": [0.1], "epochs": 9, "cells": cells,
        "baselines": [{"least_squares": errors(0.5 + 0.01 * seed), "mean": errors(0.0)} for seed in range(seeds)],
    }  # fmt: skip


def run(diverged):
    return {"rate": 0.1, "diverged": diverged, "epochs": 2, "validation_loss": None if diverged else 0.45}


NOISE = (0.01, -0.01, 0.02, -0.02)


def level(_depth, _width, seed):
    """No cell better than another."""
    return 0.5 + NOISE[seed]


def test_effects_are_said_only_when_they_exceed_their_spread():
    told = findings(document(lambda depth, width, seed: 0.5 + 0.1 * depth + 0.01 * NOISE[seed] * (depth * width)))
    assert told[-3] == "From 1 to 2 hidden layers: test R² +0.100 [+0.092, +0.108], higher."
    assert told[-2].startswith("From 8 to 32 units per layer: test R² +0.000 [")
    assert told[-2].endswith("], no difference shown.")
    told = findings(document(lambda depth, width, seed: 0.8 - 0.1 * depth - width / 1000 + NOISE[seed]))
    assert told[-3] == "From 1 to 2 hidden layers: test R² -0.100 [-0.100, -0.100], lower."
    assert "lowest mean validation RMSE has 1 × 8: test R² 0.692 ± 0.018" in told[2]
    assert told[3].startswith("0 of 3 other cells cannot be told from it by test R²; worse: 1 × 32, 2 × 8, 2 × 32 (")
    told = findings(document(lambda depth, _, seed: 0.6 + 0.001 * depth + NOISE[(seed + depth) % 4]))
    assert told[3].startswith("3 of 3 other cells cannot be told from it by test R² (paired")
    assert "no difference shown" in told[-3]


def test_choice_is_by_validation_not_by_test():
    study = document(level)
    for cell in study["cells"]:
        if (cell["depth"], cell["width"]) == (2, 8):
            cell["test"], cell["validation"] = errors(0.1 + NOISE[cell["seed"]]), errors(0.9, 0.01)
    told = findings(study)
    assert "has 2 × 8: test R² 0.100 ± 0.018" in told[2]
    assert "Difference -0.415 [" in told[2]
    assert told[2].endswith("], lower.")
    assert "better: 1 × 8, 1 × 32, 2 × 32" in told[3]


def test_interval_is_wider_than_that_of_independent_samples():
    differences = [0.1, 0.3, 0.2, 0.6]
    mean, low, high = interval(differences)
    deviation = math.sqrt(sum((d - 0.3) ** 2 for d in differences) / 3)
    reach = student.ppf(0.975, 3) * deviation * math.sqrt(1 / 4 + 0.2 / 0.8)
    assert (mean, low, high) == pytest.approx((0.3, 0.3 - reach, 0.3 + reach))
    assert interval(differences, 5)[1] < low
    assert interval([0.3]) == (0.3, -math.inf, math.inf)


def test_diverged_cells_are_in_no_mean_and_named():
    study = document(level, gone={(2, 32, 1), (2, 32, 3), (2, 8, 0)})
    rows = {(row["depth"], row["width"]): row for row in summary(study)}
    assert (rows[2, 32]["trained"], rows[2, 32]["diverged"]) == (2, 2)
    assert rows[2, 32]["test_r2"] == pytest.approx(0.5 + (0.01 + 0.02) / 2)
    assert rows[2, 8]["test_r2_sd"] == pytest.approx(math.sqrt(sum((x + 0.01 / 3) ** 2 for x in NOISE[1:]) / 2))
    told = findings(study)
    assert told[1] == (
        "Diverged at every rate: 2 × 8 (1 of 4 seeds), 2 × 32 (2 of 4 seeds); they are left out below. "
        "Trainings that diverged: 3 of 16 at rate 0.1."
    )
    assert not any("hidden layers:" in line for line in told), "no width has both depths with all seeds"


def test_cells_at_the_limits_of_rates_and_epochs_are_counted():
    study = document(level, gone={(1, 8, 0)}) | {"rates": [0.01, 0.1, 1.0]}
    assert not any(line.startswith("Limits") for line in findings(study))
    for cell, rate, epoch in zip(study["cells"][1:5], (0.01, 1.0, 1.0, 0.1), (2, 9, 2, 2), strict=True):
        cell |= {"rate": rate, "best_epoch": epoch}
    took = (
        "1 of 15 took the last epoch they could; 1 of 15 took the lowest rate they could; 2 of 15 took the highest rate"
    )
    assert findings(study)[2] == f"Limits: {took} they could."


@pytest.mark.parametrize(
    ("small", "large", "said"),
    [
        (0.5, 0.5, "exceeds test R² by 0.400 ± 0.018 at 1 × 8 and by 0.400 ± 0.018 at 2 × 32: a difference of"),
        (1.0, 1.3, "is below test R² by 0.100 ± 0.018 at 1 × 8 and by 0.400 ± 0.018 at 2 × 32: a difference of -0.300"),
        (1.0, 0.5, "is below test R² by 0.100 ± 0.018 at 1 × 8 and exceeds it by 0.400 ± 0.018 at 2 × 32"),
        (0.5, 1.0, "exceeds test R² by 0.400 ± 0.018 at 1 × 8 and is below it by 0.100 ± 0.018 at 2 × 32"),
    ],
)
def test_gap_of_training_and_test_has_its_direction(small, large, said):
    told = findings(document(lambda depth, width, seed: (large if depth * width == 64 else small) + NOISE[seed]))
    assert told[-1].startswith(f"Training R² {said}")


def test_trainings_that_moved_nothing_are_counted():
    study = document(level)
    assert not any("moved" in line for line in findings(study)), "a study of before does not say"
    for cell in study["cells"][:3]:
        cell["rates"][0]["moved"] = False
    said = "Trainings that moved no weight: 3 of 16 at rate 0.1; a rate is too small, or gradients are zero."
    assert findings(study)[2] == said


def test_one_seed_compares_nothing():
    told = findings(document(lambda depth, width, _: 0.1 * depth + width / 100, seeds=1))
    assert told[-1] == "One seed has no spread: nothing can be said about differences between cells."
    assert not any("higher" in line or "lower." in line or "±" in line for line in told)


@pytest.mark.parametrize("gone", [set(), {(2, 32, 1)}, set(itertools.product((1, 2), (8, 32), range(4)))])
@pytest.mark.parametrize("name", FIGURES)
def test_figures_show_what_was_trained(name, gone):
    draw, _ = FIGURES[name]
    figure = draw(document(level, gone=gone))
    texts = [text.get_text() for axes in figure.axes for text in (*axes.texts, axes.title)]
    panels = [axes for axes in figure.axes if axes.lines]
    if name == "heat-map":
        assert sum("0.500\n± 0.018" in text for text in texts) == (0 if len(gone) > 1 else 4 - len(gone))
        assert sum("diverged" in text for text in texts) == min(4, len(gone))
    if name == "learning-curves":
        drawn = sum(line.get_marker() == "o" and len(line.get_xdata()) == 1 for axes in panels for line in axes.lines)
        assert drawn == 16 - len(gone)
    if name == "over-fitting":
        means = [line for line in panels[0].lines if line.get_markersize() == 8]
        assert len(means) == (0 if len(gone) > 1 else 4)
