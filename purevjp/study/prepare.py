"""From a table to the parts a network learns from: split first, then scale by the training part alone."""

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split

__all__ = ["deduplicated", "prepare"]

Floats: TypeAlias = npt.NDArray[np.float64]
Rows: TypeAlias = npt.NDArray[np.intp]


def prepare(
    features: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    test_share: float = 0.2,
    validation_share: float = 0.1,
    random_state: int = 0,
    deduplicate: bool = False,
    clip: float = 5.0,
) -> dict[str, Any]:
    """Training, validation and test part of a data set, ready to learn from.

    Steps   split off the test part, drop the rows of the rest that equal one of it or one before (if asked), split off
            the validation part, fit mean and standard deviation on the training part, z = (x − mean) / scale, clip z to
            ±clip, append ones
    Value   `train`, `validation`, `test`: (x, y) of shapes (rows, columns + 1) and (rows, 1); validation is None when
            its share is 0. `feature_mean`, `feature_scale`: (columns,). `target_mean`, `target_scale`: floats.
    Units   y · target_scale + target_mean is the target as it came; errors in y are in its units after · target_scale
    Errors  ValueError on shapes that do not fit, values that are not finite, a constant target, too few rows

    The validation share is a share of the rows that the test part left. A feature that is constant on the training part
    is 0 there; its scale is 1.

    >>> parts = prepare([[1.0], [2.0], [3.0], [6.0]], [10.0, 20.0, 30.0, 60.0], test_share=0.25, validation_share=0)
    >>> parts["train"][0]
    array([[ 1.38873015,  1.        ],
           [-0.46291005,  1.        ],
           [-0.9258201 ,  1.        ]])
    >>> _, y = parts["test"]
    >>> y * parts["target_scale"] + parts["target_mean"]
    array([[30.]])
    """
    x, y = _checked(features, target)
    if not 0 < test_share < 1:
        raise ValueError(f"test_share is {test_share}, but should lie between 0 and 1")
    if not 0 <= validation_share < 1:
        raise ValueError(f"validation_share is {validation_share}, but should be 0 or lie between 0 and 1")
    if not clip > 0:
        raise ValueError(f"clip is {clip}, but should be positive")

    train, test = _split(np.arange(len(y)), test_share, random_state)
    if deduplicate:
        train = _unseen(np.column_stack([x, y]), train, test)
    validation = None
    if validation_share:
        train, validation = _split(train, validation_share, random_state)

    if np.all(y[train] == y[train[0]]):
        raise ValueError(f"target is {y[train[0]]:g} in all {len(train)} training rows, but should vary")
    feature_mean, feature_scale = _scaling(x[train], "features")
    (target_mean,), (target_scale,) = _scaling(y[train, None], "target")

    def part(rows: Rows) -> tuple[Floats, Floats]:
        z = np.clip((x[rows] - feature_mean) / feature_scale, -clip, clip)
        return np.column_stack([z, np.ones(len(rows))]), (y[rows, None] - target_mean) / target_scale

    return {
        "train": part(train),
        "validation": None if validation is None else part(validation),
        "test": part(test),
        "feature_mean": feature_mean,
        "feature_scale": feature_scale,
        "target_mean": float(target_mean),
        "target_scale": float(target_scale),
    }


def deduplicated(features: npt.ArrayLike, target: npt.ArrayLike) -> tuple[Floats, Floats]:
    """The rows in their order without those whose features and target have occurred before.

    >>> deduplicated([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]], [5.0, 6.0, 5.0])
    (array([[1., 2.],
           [1., 2.]]), array([5., 6.]))
    """
    x, y = _checked(features, target)
    everything = np.arange(len(y))
    rows = _unseen(np.column_stack([x, y]), everything, everything[:0])
    return x[rows], y[rows]


def _checked(features: npt.ArrayLike, target: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Both as float64 arrays of shapes (rows, columns) and (rows,), with finite values."""
    x, y = np.asarray(features), np.asarray(target)
    for name, array in (("features", x), ("target", y)):
        if array.dtype.kind not in "fiub":
            raise ValueError(f"{name} has dtype {array.dtype}, but should be real numbers")
    if x.ndim != 2 or x.shape[1] == 0:
        raise ValueError(f"features has shape {x.shape}, but should have (rows, columns)")
    if y.shape != x.shape[:1]:
        raise ValueError(f"target has shape {y.shape}, but should have {x.shape[:1]}, a value for each row of features")
    for name, array in (("features", x), ("target", y)):
        wrong = np.argwhere(~np.isfinite(array))
        if len(wrong):
            raise ValueError(f"{name} is {array[tuple(wrong[0])]} at {wrong[0].tolist()}, but should be finite")
    return x.astype(np.float64), y.astype(np.float64)


def _split(rows: Rows, share: float, random_state: int) -> tuple[Rows, Rows]:
    """What stays and what is split off: the share, rounded up."""
    if len(rows) - math.ceil(share * len(rows)) < 2:
        raise ValueError(f"{len(rows)} rows are too few to split off a share of {share}: at least 2 should stay")
    stays, taken = train_test_split(rows, test_size=share, random_state=random_state)
    return stays, taken


def _unseen(table: Floats, rows: Rows, seen: Rows) -> Rows:
    """The rows that differ from all those seen, and from each other, in their order."""
    _, first = np.unique(table[np.concatenate([seen, rows])], axis=0, return_index=True)
    return rows[np.sort(first[first >= len(seen)]) - len(seen)]


def _scaling(x: Floats, name: str) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column; of a constant column its value and 1."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean, scale = x.mean(axis=0), x.std(axis=0)
    constant = np.all(x == x[0], axis=0) | (scale == 0)  # rounding can give equal numbers a spread, underflow takes one
    mean, scale = np.where(constant, x[0], mean), np.where(constant, 1.0, scale)
    if not np.all(np.isfinite(scale)):
        raise ValueError(f"{name} reaches {np.abs(x).max():g}, too large for a standard deviation")
    return mean, scale
