"""Results in files, computed anywhere, held against the vectors of a corpus: with NumPy alone."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from oracle.vectors.answers import answer_of
from oracle.vectors.corpus import MANIFEST, Manifest, vectors_of
from oracle.vectors.hold import judged
from oracle.vectors.npz import from_npz
from oracle.vectors.strict import entry, read
from oracle.vectors.tensors import from_bytes
from oracle.vectors.vector import Vector
from oracle.verdict import ERROR, NOT_JUDGED, Judgement, judgement
from purevjp.aliases import Array

READERS = (".safetensors", ".npz")

Line = TypedDict("Line", {"id": str, "verdict": str, "ratio": float, "findings": list[str]})
"""What came of one vector."""


def verified(manifest: Manifest, out: Path, rules: Sequence[str] | None = None) -> Iterator[Line]:
    """The verdict on each vector of these rules; `not judged` where `out` has nothing for it.

    Errors  ValueError when a file is not valid, or has something for no vector; OSError when it cannot be read.
    """
    if not out.is_dir():
        raise ValueError(f"{str(out)!r} is no folder of results")
    files = {file.name: file for file in sorted(out.iterdir()) if file.suffix in READERS and file.name != MANIFEST}
    of_rules = {rule: [f for f in files.values() if f.stem == rule] for rule in manifest["rules"]}
    if unknown := {file.name for file in files.values()} - {f.name for of in of_rules.values() for f in of}:
        raise ValueError(f"{str(out)!r} has {min(unknown)!r}, but there is no such rule")
    for rule in rules or manifest["rules"]:
        if len(of_rules[rule]) > 1:
            raise ValueError(f"{str(out)!r} has the results of {rule} twice")
        if not of_rules[rule]:
            for document in manifest["rules"][rule]:
                yield line(entry(document, "id", str, MANIFEST), judgement(NOT_JUDGED, 0.0, []))
            continue
        answers = by_vector(of_rules[rule][0])
        vectors = list(vectors_of(manifest, rule))
        if strangers := answers.keys() - {vector["id"] for vector in vectors}:
            raise ValueError(f"the results of {rule} have {min(strangers)[:80]!r}, but there is no such vector")
        for vector in vectors:
            missing = judgement(NOT_JUDGED, 0.0, [])
            yield line(vector["id"], held(vector, answers[vector["id"]]) if vector["id"] in answers else missing)


def by_vector(file: Path) -> dict[str, dict[str, Array]]:
    """The arrays of a file by the vector they answer."""
    arrays = from_npz(file) if file.suffix == ".npz" else from_bytes(read(file), file.name)[0]
    answers: dict[str, dict[str, Array]] = {}
    for full, array in arrays.items():
        name, _, leaf = full.rpartition("/")
        answers.setdefault(name, {})[leaf] = array
    return answers


def held(vector: Vector, arrays: Mapping[str, Array]) -> Judgement:
    """The verdict on one answer; an error where it is not complete."""
    try:
        return judged(vector, *answer_of(vector, arrays))
    except ValueError as error:
        return judgement(ERROR, np.inf, [str(error)])


def line(name: str, of: Judgement) -> Line:
    """What came of one vector."""
    return {"id": name, "verdict": of["verdict"], "ratio": of["ratio"], "findings": of["findings"]}
