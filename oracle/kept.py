"""Plans that are kept in a folder: truths and scales are computed once for each version of the oracle.

A file is found by the row, what was asked for, and a digest of all code and versions that the numbers come from.
"""

import functools
import hashlib
import os
import pickle
import platform
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import purevjp
from oracle.domain import Case
from oracle.plan import DTYPES, Group, plan

LIBRARIES = ("numpy", "jax", "jaxlib", "mpmath", "gmpy2", "scipy")


def kept_plan(
    folder: Path | None, case: Case, *, seed: int = 0, examples: int = 12, dtypes: Sequence[Any] = DTYPES
) -> Iterable[Group]:
    """The plan of a row of the catalogue: from the folder if it is there, and else computed and put there.

    The folder is trusted as code is: only what was kept there by this function is to lie in it.
    """
    if folder is None:
        return plan(case, seed=seed, examples=examples, dtypes=dtypes)
    asked = repr((case["relative"], seed, examples, [np.dtype(dtype).name for dtype in dtypes]))
    of_row, of_code = f"{case['name']}-", sources()[:16]
    file = folder / f"{of_row}{of_code}-{hashlib.sha256(asked.encode()).hexdigest()[:16]}.pickle"
    checksum, _, whole = (file.read_bytes() if file.exists() else b"").partition(b"\n")
    if checksum == hashlib.sha256(whole).hexdigest().encode():
        kept: list[Group] = pickle.loads(whole)  # noqa: S301 (kept here by ourselves)
        return kept
    groups = list(plan(case, seed=seed, examples=examples, dtypes=dtypes))
    folder.mkdir(parents=True, exist_ok=True)
    for outdated in set(folder.glob(f"{of_row}*.pickle")) - set(folder.glob(f"{of_row}{of_code}-*.pickle")):
        outdated.unlink(missing_ok=True)
    whole = pickle.dumps(groups)
    part = file.with_suffix(f".{os.getpid()}")
    part.write_bytes(hashlib.sha256(whole).hexdigest().encode() + b"\n" + whole)
    part.replace(file)  # whole, or not at all
    return groups


@functools.cache
def sources() -> str:
    """A digest of the code of both packages, and of the versions of what it calls."""
    digest = hashlib.sha256(repr([platform.python_version(), platform.machine(), *map(version, LIBRARIES)]).encode())
    for file in code():
        digest.update(file.read_bytes())
    return digest.hexdigest()


def code() -> Iterator[Path]:
    """Every file of code of both packages."""
    for folder in (Path(__file__).parent, Path(purevjp.__file__).parent):
        yield from sorted(folder.rglob("*.py"))
