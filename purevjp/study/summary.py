"""What the cells of a study say together: means and spreads over seeds, and only what they support."""

import itertools
import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from scipy.stats import t as student

from purevjp.study.cell import TEST_SHARE

__all__ = ["findings", "interval", "summary"]

Cells = dict[tuple[int, int], dict[int, dict[str, Any]]]
"""By depth and width, then by seed, those that were trained."""

PARTS = ("train", "validation", "test")
CONFIDENCE = 0.95


def summary(document: dict[str, Any]) -> list[dict[str, Any]]:
    """A row per depth and width: how many seeds were trained and diverged, and for each part mean and spread of R²
    and RMSE; the spread is the standard deviation over seeds, None for fewer than two.
    """
    rows = []
    for (depth, width), by_seed in trained(document).items():
        row = {"depth": depth, "width": width, "trained": len(by_seed), "diverged": document["seeds"] - len(by_seed)}
        for part, error in itertools.product(PARTS, ("r2", "rmse")):
            values = [cell[part][error] for cell in by_seed.values()]
            row[f"{part}_{error}"] = statistics.fmean(values) if values else None
            row[f"{part}_{error}_sd"] = statistics.stdev(values) if len(values) > 1 else None
        rows.append(row)
    return rows


def trained(document: dict[str, Any]) -> Cells:
    """The cells that did not diverge."""
    cells: Cells = {pair: {} for pair in itertools.product(document["depths"], document["widths"])}
    for cell in document["cells"]:
        if cell["status"] == "trained":
            cells[cell["depth"], cell["width"]][cell["seed"]] = cell
    return cells


def interval(differences: Sequence[float], comparisons: int = 1) -> tuple[float, float, float]:
    """Mean of paired differences over resampled splits, and the ends of its 95 % interval.

    Splits share rows, so the variance of the mean is (1/n + test/rest) s², not s²/n; Bonferroni's correction for
    several comparisons.

    Source  Nadeau & Bengio 2003, Machine Learning 52, 239-281

    >>> mean, low, high = interval([0.1, 0.2, 0.3])
    >>> round(mean, 3), round(low, 3), round(high, 3)
    (0.2, -0.129, 0.529)
    """
    n, mean = len(differences), statistics.fmean(differences)
    if n < 2:
        return mean, -math.inf, math.inf
    error = statistics.stdev(differences) * math.sqrt(1 / n + TEST_SHARE / (1 - TEST_SHARE))
    reach = error * float(student.ppf(1 - (1 - CONFIDENCE) / (2 * comparisons), n - 1))
    return mean, mean - reach, mean + reach


def findings(document: dict[str, Any]) -> list[str]:
    """Sentences that the cells support, in plain words."""
    lines = [opening(document), diverged(document), *unmoved(document), *at_limits(document)]
    cells = {pair: by_seed for pair, by_seed in trained(document).items() if len(by_seed) == document["seeds"]}
    if not cells:
        return [*lines, "No depth and width was trained with every seed, so nothing is compared."]
    chosen = min(cells, key=lambda pair: mean_of(cells[pair], "validation", "rmse"))
    lines.append(about_chosen(document, cells, chosen))
    if document["seeds"] < 2:
        return [*lines, "One seed has no spread: nothing can be said about differences between cells."]
    lines.append(against_others(cells, chosen))
    lines += steps(cells, document["depths"], "hidden layers", lambda depth, width: (depth, width), document["widths"])
    lines += steps(
        cells, document["widths"], "units per layer", lambda width, depth: (depth, width), document["depths"]
    )
    lines.append(over_fitting(cells))
    return lines


def opening(document: dict[str, Any]) -> str:
    """What was done."""
    seeds = int(document["seeds"])
    text: str = (
        f"{counted(len(document['cells']), 'cell')} on {document['dataset']} ({document['rows']} rows"
        f"{'; equal rows are never in two parts' * document['deduplicated']}), {counted(seeds, 'seed')} each. A seed "
        "draws the split into 64 % training, 16 % validation and 20 % test, the initial weights and the batches; cells "
        "of one seed share their split. Rates and epochs were chosen on the validation part, never on the test part."
    )
    return text + " In brackets: 95 % intervals of paired differences." * (seeds > 1)


def counted(n: int, what: str) -> str:
    """So many of them.

    >>> counted(1, "cell"), counted(2, "cell")
    ('1 cell', '2 cells')
    """
    return f"{n} {what}{'s' * (n != 1)}"


def at_limits(document: dict[str, Any]) -> list[str]:
    """How many cells took the last epoch, or a rate beyond which none was offered."""
    cells = [cell for cell in document["cells"] if cell["status"] == "trained"]
    found = {"the last epoch": sum(cell["best_epoch"] == document["epochs"] for cell in cells)}
    if len(document["rates"]) > 1:
        for name, rate in (("lowest", min(document["rates"])), ("highest", max(document["rates"]))):
            found[f"the {name} rate"] = sum(cell["rate"] == rate for cell in cells)
    said = [f"{n} of {len(cells)} took {what} they could" for what, n in found.items() if n]
    return [f"Limits: {'; '.join(said)}."] if said else []


def diverged(document: dict[str, Any]) -> str:
    """Which cells and rates diverged."""
    gone = [cell for cell in document["cells"] if cell["status"] == "diverged"]
    runs = [run for cell in document["cells"] for run in cell["rates"]]
    by_rate = {rate: [run["diverged"] for run in runs if run["rate"] == rate] for rate in document["rates"]}
    said = [f"{sum(d)} of {len(d)} at rate {rate:g}" for rate, d in by_rate.items() if any(d)]
    if not said:
        return "No training diverged."
    if not gone:
        return f"Trainings that diverged: {', '.join(said)}; every cell has a rate that did not."
    pairs = sorted({(cell["depth"], cell["width"]) for cell in gone})
    names = ", ".join(
        f"{named(pair)} ({sum((c['depth'], c['width']) == pair for c in gone)} of {document['seeds']} seeds)"
        for pair in pairs
    )
    return f"Diverged at every rate: {names}; they are left out below. Trainings that diverged: {', '.join(said)}."


def unmoved(document: dict[str, Any]) -> list[str]:
    """At which rates trainings moved no weight."""
    runs = [run for cell in document["cells"] for run in cell["rates"]]
    by_rate = {rate: [run.get("moved", True) for run in runs if run["rate"] == rate] for rate in document["rates"]}
    said = [
        f"{moved.count(False)} of {len(moved)} at rate {rate:g}" for rate, moved in by_rate.items() if not all(moved)
    ]
    return [f"Trainings that moved no weight: {', '.join(said)}; a rate is too small, or gradients are zero."] * bool(
        said
    )


def about_chosen(document: dict[str, Any], cells: Cells, chosen: tuple[int, int]) -> str:
    """The cell that validates best, beside least squares."""
    r2 = [cells[chosen][seed]["test"]["r2"] for seed in range(document["seeds"])]
    least_squares = [baseline["least_squares"]["r2"] for baseline in document["baselines"]]
    line = (
        f"The lowest mean validation RMSE has {named(chosen)}: test R² {spread(r2)}, RMSE "
        f"{spread([cell['test']['rmse'] for cell in cells[chosen].values()])}"
        f"{' in ' * bool(document['unit'])}{document['unit']}; "
        f"least squares on the same splits has R² {spread(least_squares)}"
    )
    if len(r2) < 2:
        return line + "."
    return f"{line}. Difference {told([a - b for a, b in zip(r2, least_squares, strict=True)])}."


def against_others(cells: Cells, chosen: tuple[int, int]) -> str:
    """How many cells differ from the chosen one by more than their intervals."""
    others = [pair for pair in cells if pair != chosen]
    if not others:
        return "There is no other cell to compare it with."
    ends = {pair: interval(paired(cells[pair], cells[chosen]), len(others)) for pair in others}
    better = [named(pair) for pair, (_, low, _) in ends.items() if low > 0]
    worse = [named(pair) for pair, (_, _, high) in ends.items() if high < 0]
    same = len(others) - len(better) - len(worse)
    said = [f"{same} of {len(others)} other cells cannot be told from it by test R²"]
    said += [f"worse: {', '.join(worse)}"] * bool(worse) + [f"better: {', '.join(better)}"] * bool(better)
    return "; ".join(said) + f" (paired {CONFIDENCE:.0%} intervals, corrected for {len(others)} comparisons)."


def steps(
    cells: Cells,
    values: Sequence[int],
    what: str,
    pair_of: Callable[[int, int], tuple[int, int]],
    others: Sequence[int],
) -> list[str]:
    """What each step up in depth or width does to test R², as a mean over the other."""
    lines = []
    for less, more in itertools.pairwise(sorted(values)):
        both = [o for o in others if pair_of(less, o) in cells and pair_of(more, o) in cells]
        if both:
            by_cell = [paired(cells[pair_of(more, o)], cells[pair_of(less, o)]) for o in both]
            differences = [statistics.fmean(column) for column in zip(*by_cell, strict=True)]
            lines.append(f"From {less} to {more} {what}: test R² {told(differences)}.")
    return lines


def over_fitting(cells: Cells) -> str:
    """The gap between training and test, of the smallest and of the largest network."""
    small, large = min(cells), max(cells)
    gaps = {
        pair: [cell["train"]["r2"] - cell["test"]["r2"] for cell in cells[pair].values()] for pair in (small, large)
    }
    over, by = {True: "exceeds", False: "is below"}, {p: statistics.fmean(gap) >= 0 for p, gap in gaps.items()}
    size = {pair: spread(gap if by[pair] else [-value for value in gap]) for pair, gap in gaps.items()}
    line = f"Training R² {over[by[small]]} test R² by {size[small]} at {named(small)}"
    if small == large:
        return line + "."
    more = [b - a for a, b in zip(gaps[small], gaps[large], strict=True)]
    also = "by" if by[large] == by[small] else f"{over[by[large]]} it by"
    return f"{line} and {also} {size[large]} at {named(large)}: a difference of {told(more)}."


def paired(cell: dict[int, dict[str, Any]], other: dict[int, dict[str, Any]]) -> list[float]:
    """The differences in test R², seed by seed."""
    return [cell[seed]["test"]["r2"] - other[seed]["test"]["r2"] for seed in sorted(cell)]


def told(differences: Sequence[float]) -> str:
    """A mean difference with its interval, and whether it shows anything."""
    mean, low, high = interval(differences)
    verdict = "higher" if low > 0 else "lower" if high < 0 else "no difference shown"
    return f"{mean:+.3f} [{low:+.3f}, {high:+.3f}], {verdict}"


def spread(values: Sequence[float]) -> str:
    """Mean ± standard deviation.

    >>> spread([0.25, 0.75])
    '0.500 ± 0.354'
    """
    mean = (
        f"{statistics.fmean(values):.4g}" if abs(statistics.fmean(values)) >= 1 else f"{statistics.fmean(values):.3f}"
    )
    if len(values) < 2:
        return mean
    sd = statistics.stdev(values)
    return f"{mean} ± {sd:.2g}" if abs(statistics.fmean(values)) >= 1 else f"{mean} ± {sd:.3f}"


def named(pair: tuple[int, int]) -> str:
    """A cell's name: depth × width."""
    return f"{pair[0]} × {pair[1]}"


def mean_of(by_seed: dict[int, dict[str, Any]], part: str, error: str) -> float:
    """The mean of an error over seeds."""
    return statistics.fmean(cell[part][error] for cell in by_seed.values())
