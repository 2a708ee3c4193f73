"""A corpus as a folder: one safetensors file per rule, manifest, schema and hashes. It only grows."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from oracle.vectors.accepted import point_to_json
from oracle.vectors.corpus import FORMAT, MANIFEST, SUMS
from oracle.vectors.form import flattened, form_of
from oracle.vectors.options import encoded
from oracle.vectors.tensors import to_bytes
from oracle.vectors.vector import Vector
from oracle.verdict import FACTOR
from purevjp.aliases import Array, Tree

SCHEMA = Path(__file__).parent / "manifest.schema.json"
LARGEST_SINGLE = float(np.finfo(np.float32).max)


def input_arrays(vector: Vector) -> tuple[dict[str, Array], dict[str, Any]]:
    """What a backend is given: arrays by name, x0, x1.0, u, static.axis; and the keywords as JSON."""
    arrays: dict[str, Array] = {}
    static = {key: encoded(option, f"static.{key}", arrays) for key, option in vector["static"].items()}
    for i, x in enumerate(vector["xs"]):
        arrays |= flattened(f"x{i}", x)
    return arrays | flattened("u", vector["u"]), static


def output_arrays(kind: str, outputs: tuple[Tree, ...]) -> dict[str, Array]:
    """Value and cotangents by name: truth.value, truth.dx0, truth.dx1.0."""
    arrays = flattened(f"{kind}.value", outputs[0])
    for i, dx in enumerate(outputs[1:]):
        arrays |= flattened(f"{kind}.dx{i}", dx)
    return arrays


def arrays_of(vector: Vector) -> dict[str, Array]:
    """All arrays of a vector by name. Error scales have few digits: they are in float32, if it has the range."""
    arrays = input_arrays(vector)[0] | output_arrays("truth", vector["truth"])
    scales: dict[str, Array] = {}
    if not vector["exact"] and vector["accepts"] is None:
        scales = output_arrays("scale", vector["scale"])
    if vector["coarse"] is not None:
        scales |= output_arrays("coarse", vector["coarse"])
    narrow = vector["dtype"] != "float64" and all(np.all(s < LARGEST_SINGLE) for s in scales.values())
    return arrays | {name: s.astype(np.float32) if narrow else s for name, s in scales.items()}


def bfloat16_of(vector: Vector) -> set[str]:
    """The names of its arrays that are stored in bfloat16."""
    if vector["dtype"] != "bfloat16":
        return set()
    return {name for name in input_arrays(vector)[0] if not name.startswith("static.")}


def listed(vector: Vector) -> dict[str, Any]:
    """What stands of a vector in the manifest."""
    return {
        "id": vector["id"],
        "dtype": vector["dtype"],
        "xs": [form_of(x) for x in vector["xs"]],
        "u": form_of(vector["u"]),
        "static": input_arrays(vector)[1],
        "exact": vector["exact"],
        "witnesses": list(vector["witnesses"]),
        "note": vector["note"],
    }


def rule_file(vectors: Sequence[Vector]) -> bytes:
    """The safetensors file of a rule: arrays as id/name, accepted sets in the metadata."""
    arrays: dict[str, Array] = {}
    bfloat16: set[str] = set()
    for vector in vectors:
        arrays |= {f"{vector['id']}/{name}": array for name, array in arrays_of(vector).items()}
        bfloat16 |= {f"{vector['id']}/{name}" for name in bfloat16_of(vector)}
    points = {v["id"]: json.dumps(point_to_json(v["accepts"])) for v in vectors if v["accepts"] is not None}
    return to_bytes(arrays, points, bfloat16)


def write(folder: Path, version: str, by_rule: Mapping[str, Sequence[Vector]], producer: Mapping[str, str]) -> None:
    """Write a corpus into a new or empty folder, or in place of one that is there.

    `producer` names the versions of what gave the truths.

    Errors  ValueError when the folder has files that are no corpus.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not (folder / SUMS).is_file():
        raise ValueError(f"{str(folder)!r} has files, but should be empty or a corpus")
    for file in folder.iterdir():
        if file.name in {MANIFEST, SUMS, SCHEMA.name} or file.suffix in {".safetensors", ".npz", ".h"}:
            file.unlink()
    for rule, vectors in by_rule.items():
        (folder / f"{rule}.safetensors").write_bytes(rule_file(vectors))
    vectors = [vector for of in by_rule.values() for vector in of]
    document = {
        "format": FORMAT,
        "version": version,
        "limit": FACTOR,
        "producer": dict(producer),
        "counts": {
            "rules": len(by_rule),
            "vectors": len(vectors),
            "dtypes": Counter(vector["dtype"] for vector in vectors),
            "sweeps": Counter(vector["id"].split("/")[1] for vector in vectors),
            "exact": sum(vector["exact"] for vector in vectors),
        },
    }
    head = json.dumps(document, indent=1, allow_nan=False).removesuffix("\n}")
    rules = ",\n".join(f"{json.dumps(rule)}: [\n{lines(of)}\n]" for rule, of in by_rule.items())
    (folder / MANIFEST).write_text(f'{head},\n "rules": {{\n{rules}\n}}\n}}\n', encoding="utf-8")
    shutil.copy(SCHEMA, folder / SCHEMA.name)
    write_sums(folder)


def lines(vectors: Sequence[Vector]) -> str:
    """A line of JSON per vector."""
    return ",\n".join(json.dumps(listed(vector), allow_nan=False, separators=(",", ":")) for vector in vectors)


def write_sums(folder: Path) -> None:
    """The hash of every file, as `sha256sum --check` reads them."""
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name != SUMS)
    sums = "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)
    (folder / SUMS).write_text(sums, encoding="ascii")
