"""The frozen corpus: a folder of vectors with a manifest and the hash of every file, verified before it is used."""

import contextlib
import hashlib
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from oracle.vectors.accepted import point_from_json
from oracle.vectors.form import restored
from oracle.vectors.hold import judged
from oracle.vectors.options import decoded
from oracle.vectors.strict import entry, parsed, printable, read
from oracle.vectors.tensors import from_bytes
from oracle.vectors.vector import REAL, Vector
from oracle.verdict import AGREE, FACTOR
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

FOLDER = Path(__file__).parent / "corpus"
FORMAT = 1
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
DAMAGE = "the corpus is damaged: "

COMPLEX = {"float64": ("complex128",), "float32": ("complex64",)}
ALLOWED = {name: tuple(map(np.dtype, (real, *COMPLEX.get(real, ())))) for name, real in REAL.items()}
EVERY = tuple(dtype for allowed in ALLOWED.values() for dtype in allowed)
"""The dtypes of the arrays of a vector."""

BY = ("truth.", "scale.", "coarse.")
"""What a result is judged by."""

Manifest = TypedDict("Manifest", {"version": str, "producer": dict[str, str], "rules": dict[str, Any], "folder": Path})
"""Calendar version, versions of what gave the truths, and what stands of each rule in the manifest."""


def corpus(rules: Sequence[str] | None = None, folder: Path = FOLDER) -> Iterator[Vector]:
    """The vectors of these rules, or of all, in order.

    Errors  ValueError when the corpus is damaged (`is_damage`), or has no such rule.
    """
    manifest = opened(folder)
    names = list(manifest["rules"]) if rules is None else rules
    if unknown := [name for name in names if name not in manifest["rules"]]:
        raise ValueError(f"the corpus has no rule {unknown[0]!r}")
    for name in names:
        yield from vectors_of(manifest, name)


def is_damage(error: BaseException) -> bool:
    """Whether an error says that the corpus is damaged."""
    return str(error).startswith(DAMAGE)


def opened(folder: Path = FOLDER) -> Manifest:
    """The manifest of a corpus, after every file of it was verified.

    Errors  ValueError when a file is missing, is not what it was, or is not listed; or when the manifest is not valid.
    """
    with reported():
        verify_sums(folder)
        document = parsed(read(folder / MANIFEST), MANIFEST)
        for key, should in (("format", FORMAT), ("limit", FACTOR)):
            if entry(document, key, int, MANIFEST) != should:
                raise ValueError(f"{MANIFEST} has the {key} {document[key]}, but should have {should}")
        rules = entry(document, "rules", dict, MANIFEST)
        for name in rules:
            if not re.fullmatch(r"\w{1,64}", name) or not isinstance(rules[name], list):
                raise ValueError(f"{MANIFEST} has a rule {name[:80]!r} that is none")
        version: str = entry(document, "version", str, MANIFEST)
        producer = {key: str(of) for key, of in entry(document, "producer", dict, MANIFEST).items()}
        return {"version": version, "producer": producer, "rules": rules, "folder": folder}


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """Whatever is wrong with a file is damage to the corpus."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise ValueError(DAMAGE + reason(error)) from None


def reason(error: Exception) -> str:
    """What an error says, in a line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return printable(str(error))


def verify_sums(folder: Path) -> None:
    """Compare every file with its hash.

    Errors  ValueError or OSError when one differs, is missing, or has none.
    """
    listed: dict[str, str] = {}
    for line in read(folder / SUMS).decode("ascii", "replace").splitlines():
        found = re.fullmatch(r"([0-9a-f]{64})  ([\w.-]{1,80})", line)
        if found is None or found[2] in listed:
            raise ValueError(f"{SUMS} has the line {line[:80]!r}")
        listed[found[2]] = found[1]
    if missing := {MANIFEST} - listed.keys():
        raise ValueError(f"{SUMS} has no {min(missing)}")
    present = {file.name for file in folder.iterdir() if file.is_file()} - {SUMS}
    if unlisted := present - listed.keys():
        raise ValueError(f"{SUMS} has no {min(unlisted)}")
    for name, digest in listed.items():
        if hashlib.sha256(read(folder / name)).hexdigest() != digest:
            raise ValueError(f"{name} is not what it was: its SHA-256 differs")


def vectors_of(manifest: Manifest, name: str, among: Container[str] | None = None) -> Iterator[Vector]:
    """The vectors of a rule, or those of them that are among these.

    Errors  ValueError when its file is not valid.
    """
    file = f"{name}.safetensors"
    with reported():
        arrays, metadata = from_bytes(read(manifest["folder"] / file), file)
        by_id: dict[str, dict[str, Array]] = {}
        for full, array in arrays.items():
            of, _, leaf = full.rpartition("/")
            by_id.setdefault(of, {})[leaf] = array
        listed = [entry(document, "id", str, MANIFEST) for document in manifest["rules"][name]]
        if len(set(listed)) < len(listed) or by_id.keys() != set(listed):
            raise ValueError(f"{file} and {MANIFEST} list other vectors, or one twice")
        check_numbers(name, arrays, metadata)
        for document in manifest["rules"][name]:
            if among is None or document["id"] in among:
                yield vector_of(name, document, by_id[document["id"]], metadata)


def vector_of(rule: str, document: Any, arrays: dict[str, Array], metadata: dict[str, str]) -> Vector:
    """One vector, of what stands in the manifest and of its arrays.

    Errors  ValueError when they are not what a vector has.
    """
    name: str = document["id"]
    dtype = entry(document, "dtype", str, name)
    forms = entry(document, "xs", list, name)
    if dtype not in REAL or not name.startswith(f"{rule}/") or not name.endswith(f"/{dtype}"):
        raise ValueError(f"{name[:80]!r} should be rule/sweep/number/dtype")
    u = restored(document.get("u"), "u", arrays, name)
    xs = tuple(restored(form, f"x{i}", arrays, name) for i, form in enumerate(forms))
    exact = entry(document, "exact", bool, name)
    static = entry(document, "static", dict, name)

    of_u, of_xs = tree_leaves(u), tree_leaves(xs)
    parts = [("value", document.get("u")), *((f"dx{i}", form) for i, form in enumerate(forms))]

    def outputs(kind: str) -> tuple[Tree, ...]:
        found = tuple(restored(form, f"{kind}.{part}", arrays, name) for part, form in parts)
        for got, like in zip(tree_leaves(found), (*of_u, *of_xs), strict=True):
            if got.shape != like.shape or got.dtype.kind != like.dtype.kind:
                raise ValueError(f"{name} has a {kind} of shape {list(got.shape)} for one of {list(like.shape)}")
        widened: tuple[Tree, ...] = tree_map(wide, found)
        return widened

    truth = outputs("truth")
    casts = EVERY if "dtype" in static else ()  # `astype` gives another dtype than it is given
    for leaves, allowed in ((of_u, (*ALLOWED[dtype], *casts)), (of_xs, ALLOWED[dtype])):
        for x in leaves:
            if x.dtype not in allowed:
                raise ValueError(f"{name} has an array of {x.dtype}")
    accepts = point_from_json(parsed(metadata[name], name), name) if name in metadata else None
    if accepts is not None and len(accepts["accepts"]) != len(of_xs):
        raise ValueError(f"{name} should have an accepted set for each of {len(of_xs)} cotangents")
    vector: Vector = {
        "id": name, "rule": rule, "dtype": dtype,
        "static": {key: decoded(option, arrays, name) for key, option in static.items()},
        "xs": xs, "u": u, "truth": truth,
        "scale": tree_map(np.zeros_like, truth) if exact or accepts is not None else outputs("scale"),
        "coarse": outputs("coarse") if "coarse.value" in arrays or "coarse.value.0" in arrays else None,
        "exact": exact, "accepts": accepts,
        "witnesses": tuple(map(str, entry(document, "witnesses", list, name))),
        "note": entry(document, "note", str, name),
    }  # fmt: skip
    if accepts is not None:
        check_itself(vector)
    return vector


def wide(y: Array) -> Array:
    """In float64, or complex numbers of it."""
    return y.astype(np.complex128 if y.dtype.kind == "c" else np.float64, copy=False)


def check_numbers(rule: str, arrays: Mapping[str, Array], accepted: Container[str]) -> None:
    """Whether there is a truth to be held against, wherever there is no accepted set.

    Errors  ValueError when a truth or an error scale is not finite.
    """
    judged_by = {
        full: array for full, array in arrays.items()
        if (place := full.rpartition("/"))[2].startswith(BY) and place[0] not in accepted
    }  # fmt: skip
    if judged_by and not np.isfinite(np.concatenate([array.ravel() for array in judged_by.values()])).all():
        wrong = next(full for full, array in judged_by.items() if not np.isfinite(array).all())
        raise ValueError(f"{wrong.rpartition('/')[0] or rule} has a truth or an error scale that is not finite")


def check_itself(vector: Vector) -> None:
    """Whether a vector with an accepted set would accept its own truth.

    Errors  ValueError when it would not.
    """
    primals = (vector["u"], *vector["xs"])
    value, *cotangents = (
        tree_map(lambda y, x: y.astype(x.dtype), y, x) for y, x in zip(vector["truth"], primals, strict=True)
    )
    if judged(vector, value, tuple(cotangents))["verdict"] != AGREE:
        raise ValueError(f"{vector['id']} does not accept its own truth")
