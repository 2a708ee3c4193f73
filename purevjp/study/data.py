"""The study's data sets: every loader returns `(features, target, names)`.

A file is searched for in this order: the path given (the file, or a folder that holds it under its usual name), the
folder named by PUREVJP_DATA_DIR, the cache, a download into the cache. Cached and downloaded files must have the
pinned sha256. Your own files need not (the same table with other separators is welcome), but each of their cells must
be a finite number.

Errors  FileNotFoundError for what is missing, ValueError for what is wrong inside, both naming the file.
"""

import csv
import hashlib
import io
import math
import os
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_diabetes

__all__ = ["DATASETS", "california_housing", "diabetes", "red_wine", "white_wine"]

Floats: TypeAlias = npt.NDArray[np.float64]
Data: TypeAlias = tuple[Floats, Floats, tuple[str, ...]]
"""Features (rows, columns), target (rows,), and the name of each feature."""

DATA_DIR = "PUREVJP_DATA_DIR"

SOURCES = {
    "winequality-red.csv": {
        "address": "https://archive.ics.uci.edu/ml/machine-learning-databases/wine-quality/winequality-red.csv",
        "sha256": "4a402cf041b025d4566d954c3b9ba8635a3a8a01e039005d97d6a710278cf05e",
    },
    "winequality-white.csv": {
        "address": "https://archive.ics.uci.edu/ml/machine-learning-databases/wine-quality/winequality-white.csv",
        "sha256": "76c3f809815c17c07212622f776311faeb31e87610d52c26d87d6e361b169836",
    },
    "cal_housing.data": {
        "address": "https://ndownloader.figshare.com/files/5976036",
        "sha256": "a2b44dcc7e1c9091b43c4f458b25cbd1f7e8068d08edd26bc4703108d3fa6214",
        "archive": "cal_housing.tgz",
        "archive_sha256": "aaa5c9a6afe2225cc2aed2723682ae403280c4a3695a2ddda4ffb5d8215ea681",
        "member": "CaliforniaHousing/cal_housing.data",
    },
}
"""By usual name; a file that is shipped in an archive says which one, and where in it."""

WINE_COLUMNS = (
    "fixed acidity",
    "volatile acidity",
    "citric acid",
    "residual sugar",
    "chlorides",
    "free sulfur dioxide",
    "total sulfur dioxide",
    "density",
    "pH",
    "sulphates",
    "alcohol",
    "quality",
)
HOUSING_COLUMNS = (
    "longitude",
    "latitude",
    "housingMedianAge",
    "totalRooms",
    "totalBedrooms",
    "population",
    "households",
    "medianIncome",
    "medianHouseValue",
)
HOUSING_FEATURES = (
    "MedInc",
    "HouseAge",
    "AveRooms",
    "AveBedrms",
    "Population",
    "AveOccup",
    "Latitude",
    "Longitude",
)


def red_wine(path: str | os.PathLike[str] | None = None) -> Data:
    """1599 red wines: 11 measurements, and the quality from 0 to 10 that tasters gave.

    Source  Cortez et al. 2009, doi 10.1016/j.dss.2009.05.016; UCI, doi 10.24432/C56S3T, CC BY 4.0
    """
    return _wine(_find("winequality-red.csv", path))


def white_wine(path: str | os.PathLike[str] | None = None) -> Data:
    """4898 white wines, otherwise as `red_wine`."""
    return _wine(_find("winequality-white.csv", path))


def california_housing(path: str | os.PathLike[str] | None = None) -> Data:
    """20640 districts of California: 8 features as scikit-learn derives them, and the median house value in 100 000 $.

    Source  Pace & Barry 1997, Statistics & Probability Letters 33, 291-297 (StatLib)
    """
    file = _find("cal_housing.data", path)
    columns = _table(file, HOUSING_COLUMNS, header=False).T
    longitude, latitude, age, rooms, bedrooms, population, households, income, value = columns
    if not np.all(households > 0):
        line = int(np.argmin(households > 0)) + 1
        raise ValueError(f"{file}, line {line}: got {households[line - 1]:g} households, but should get at least one")
    per_household = rooms / households, bedrooms / households
    features = income, age, *per_household, population, population / households, latitude, longitude
    return np.column_stack(features), value / 1e5, HOUSING_FEATURES


def diabetes() -> Data:
    """442 patients: 10 measurements in their own units, and the progression of the disease a year later.

    Ships inside scikit-learn, so it needs neither file nor network.

    Source  Efron, Hastie, Johnstone & Tibshirani 2004, Annals of Statistics 32, 407-499
    """
    data = load_diabetes(scaled=False)
    return data["data"].astype(np.float64), data["target"].astype(np.float64), tuple(data["feature_names"])


DATASETS: dict[str, dict[str, Any]] = {
    "red-wine": {"load": red_wine, "target": "quality", "unit": "points", "deduplicate": True},
    "white-wine": {"load": white_wine, "target": "quality", "unit": "points", "deduplicate": True},
    "california": {
        "load": california_housing,
        "target": "median house value",
        "unit": "100 000 $",
        "deduplicate": False,
    },
    "diabetes": {"load": diabetes, "target": "disease progression", "unit": "", "deduplicate": False},
}
"""By the command line's names; an empty unit is no unit."""


def _find(name: str, path: str | os.PathLike[str] | None) -> Path:
    """The file with this usual name, in the order the module's docstring gives."""
    if path is not None:
        file = Path(path) / name if Path(path).is_dir() else Path(path)
        if not file.exists():
            raise FileNotFoundError(f"{file} does not exist")
        return file
    if folder := os.environ.get(DATA_DIR):
        if not Path(folder).is_dir():
            raise FileNotFoundError(f"{DATA_DIR} is {folder!r}, but should be a folder")
        if (file := Path(folder) / name).exists():
            return file
    return _cached(name)


def _cached(name: str) -> Path:
    """The file in the cache, downloaded when it is not there, with the right sha256."""
    import pooch  # noqa: PLC0415 - whoever has the files can do without it

    folder = Path(pooch.os_cache("purevjp"))
    file = folder / name
    if not file.exists():
        _download(name, folder)
    got, expected = hashlib.sha256(file.read_bytes()).hexdigest(), SOURCES[name]["sha256"]
    if got != expected:
        raise ValueError(f"{file} has sha256 {got}, but should have {expected}: delete it to download it again")
    return file


def _download(name: str, folder: Path) -> None:
    """Put the file into the folder under its usual name; pooch refuses a download with a wrong sha256."""
    import pooch  # noqa: PLC0415 - whoever has the files can do without it

    source = SOURCES[name]
    try:
        if "archive" in source:
            unpack = pooch.Untar(members=[source["member"]])
            known = source["archive_sha256"]
            (file,) = pooch.retrieve(source["address"], known, source["archive"], folder, processor=unpack)
            Path(file).replace(folder / name)
        else:
            pooch.retrieve(source["address"], source["sha256"], name, folder)
    except OSError as error:
        raise FileNotFoundError(
            f"{name} could not be downloaded from {source['address']} into {folder} ({error.__class__.__name__}): "
            f"get it by other means and put it in a folder named by {DATA_DIR}"
        ) from error


def _wine(file: Path) -> Data:
    table = _table(file, WINE_COLUMNS, header=True)
    return table[:, :-1].copy(), table[:, -1].copy(), WINE_COLUMNS[:-1]


def _table(file: Path, columns: tuple[str, ...], *, header: bool) -> Floats:
    """The numbers of a file of rows, its columns in the order asked for."""
    lines = _lines(file)
    if not lines:
        raise ValueError(f"{file} is empty")
    names = _header(file, lines.pop(0)[1], columns) if header else columns
    if not lines:
        raise ValueError(f"{file} has a header but no rows")
    rows = [_row(f"{file}, line {line}", cells, names) for line, cells in lines]
    return np.array(rows)[:, [names.index(column) for column in columns]]


def _lines(file: Path) -> list[tuple[int, list[str]]]:
    """Line number and cells of each line, without blank lines at the end; the first line says which separator it is."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is not UTF-8 text: {error.reason} at byte {error.start}") from error
    separator = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text.rstrip(), newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        return [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise ValueError(f"{file}, line {reader.line_num}: {error}") from error


def _header(file: Path, cells: list[str], columns: tuple[str, ...]) -> tuple[str, ...]:
    """The names in the file's order: each column once, and nothing else."""
    names = tuple(cell.strip() for cell in cells)
    faults = {
        "is missing": [column for column in columns if column not in names],
        "is not one of the data set's": [name for name in names if name not in columns],
        "occurs more than once": [column for column in columns if names.count(column) > 1],
    }
    for fault, found in faults.items():
        if found:
            raise ValueError(f"{file}, line 1: column {found[0]!r} {fault}")
    return names


def _row(where: str, cells: list[str], names: tuple[str, ...]) -> list[float]:
    if len(cells) != len(names):
        raise ValueError(f"{where}: got {len(cells)} cells, but should get {len(names)}")
    return [_number(where, cell, name) for cell, name in zip(cells, names, strict=True)]


def _number(where: str, cell: str, name: str) -> float:
    try:
        number = float(cell.replace("_", "?"))  # float reads 1_0 as 10
    except ValueError:
        raise ValueError(f"{where}: {name!r} is {cell!r}, but should be a number") from None
    if not math.isfinite(number):
        raise ValueError(f"{where}: {name!r} is {cell!r}, but should be finite")
    return number
