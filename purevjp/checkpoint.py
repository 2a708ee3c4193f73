"""Trees of arrays and numbers in a file, and training that goes on from it. Needs the extra `checkpoint`.

A checkpoint is one safetensors file: the arrays, and the tree around them as JSON in its header. Nothing in it is run.
"""

import contextlib
import json
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from purevjp.aliases import Tree

__all__ = ["load", "save", "train_resumably"]

FORMAT = "purevjp-tree-1"
INTEGERS = (f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))
STORED = frozenset(["float16", "float32", "float64", "bool", *INTEGERS])
UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError)


def save(path: str | Path, tree: Tree) -> None:
    """Write a tree: tuples, lists and dicts with names for keys, of arrays, numbers, truth values, strings and None.

    Atomic: the file is there as it was, or whole. A file that is there keeps its mode; a link stays, and its target is
    written. Errors: TypeError on what cannot be saved, which names where it is; ValueError on a tree that holds
    itself; FileNotFoundError when there is no such folder.
    """
    _, numpy = safetensors()
    path = Path(os.path.realpath(path))
    described_tree, tensors = taken_apart(tree)
    header = {"format": FORMAT, "tree": described_tree, "crc32": json.dumps(checksums(described_tree, tensors))}
    with new(path) as (file, part):
        file.write(numpy.save(tensors, header))
        file.flush()
        os.fsync(file.fileno())
        file.close()
        part.replace(path)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextlib.contextmanager
def new(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A file beside `path`, of its mode, to write into and to put in its place, and its name; gone if that fails."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} into")
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            if path.exists():
                part.chmod(stat.S_IMODE(path.stat().st_mode))
            yield file, part
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def taken_apart(tree: Tree) -> tuple[str, dict[str, Any]]:
    """A tree as JSON, and its arrays by name."""
    tensors: dict[str, Any] = {}
    try:
        return json.dumps(described(tree, "", tensors)), tensors
    except RecursionError:
        raise ValueError("save got a tree that is too deep, or holds itself") from None


def load(path: str | Path) -> Tree:
    """Read a tree that `save` wrote, bit for bit.

    Errors  FileNotFoundError where there is no file; ValueError, which names it, when it is truncated, changed, or of
            another kind.
    """
    library, _ = safetensors()
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no checkpoint {path}")
    try:
        with library.safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
    except (library.SafetensorError, *UNREADABLE) as error:
        raise ValueError(f"{path} is no checkpoint, or not all of one: {error}") from error
    if header.get("format") != FORMAT:
        raise ValueError(f"{path} is a safetensors file, but no checkpoint of purevjp's")
    try:
        if json.loads(header["crc32"]) != checksums(header["tree"], tensors):
            raise ValueError("it is not what was saved")
        return rebuilt(json.loads(header["tree"]), tensors)
    except UNREADABLE as error:
        raise ValueError(f"{path} is a damaged checkpoint: {error}") from error


def train_resumably(
    step: Callable[[Tree, int], Tree], state: Tree, *, steps: int, path: str | Path, every: int
) -> tuple[Tree, int]:
    """`state = step(state, number)` for so many steps, saved in `path` at each `every` and at the end.

    Where `path` is a checkpoint already, it goes on from there, and ends with the same bits as without a break: all
    that a step needs, that of a random generator included (`rng.bit_generator.state`), has to be in `state`. A run that
    is killed loses what it did since the last save. Returns the state, and the step it began with.

    Errors  before the first step: those of `save`, and ValueError, which says where they differ, when the `state` given
            is of another structure, shape or dtype than the one that the checkpoint began with
    """
    if not all(isinstance(n, int | np.integer) for n in (every, steps)) or every < 1 or steps < 0:
        raise ValueError(
            f"train_resumably got {steps} steps, saved every {every}, but should get whole numbers of 0 and 1 at least"
        )
    begin, start = 0, outline(state)
    if Path(path).exists():
        saved = load(path)
        if not isinstance(saved, dict) or saved.keys() - {"start"} != {"step", "state"}:
            raise ValueError(f"{path} is a checkpoint, but not of a training")
        begin, start = saved["step"], saved.get("start", start)
        differs = difference(outline(state), start)
        if differs and difference(outline(state), outline(saved["state"])):
            raise ValueError(f"{path} began with another state than the one given: {differs}")
        state = saved["state"]
        if begin > steps:
            raise ValueError(f"{path} has {begin} steps done already, but should have {steps} at most")
    if begin < steps:
        taken_apart({"state": state})
        with new(Path(os.path.realpath(path))):
            pass
    for number in range(begin, steps):
        state = step(state, number)
        if (number + 1) % every == 0 or number + 1 == steps:
            save(path, {"step": number + 1, "state": state, "start": start})
    return state, begin


def outline(tree: Tree) -> Tree:
    """A tree of what its leaves are: dtype and shape of arrays, and the kind of all else."""
    if isinstance(tree, tuple | list):
        parts = [outline(part) for part in tree]
        return parts if isinstance(tree, list) else tuple(parts)
    if isinstance(tree, dict):
        return {str(key): outline(part) for key, part in tree.items()}
    if isinstance(tree, np.ndarray):
        return f"{tree.dtype} of shape {tree.shape}"
    if isinstance(tree, np.generic | bool | int | float):
        return "a number"
    return "None" if tree is None else f"a {tree.__class__.__name__}"


def difference(given: Tree, saved: Tree, where: str = "") -> str:
    """Where two outlines differ first, "" where they do not."""
    if given.__class__ is saved.__class__ and isinstance(given, dict | tuple | list):
        pairs = given if isinstance(given, dict) else dict(enumerate(given))
        others = saved if isinstance(saved, dict) else dict(enumerate(saved))
        if pairs.keys() != others.keys():
            return f"{where or 'the top'} has {listed(pairs)}, but had {listed(others)}"
        return next(filter(None, (difference(pairs[key], others[key], f"{where}.{key}") for key in pairs)), "")
    if given == saved:
        return ""
    shown = [of if isinstance(of, str) else f"a {of.__class__.__name__}" for of in (given, saved)]
    return f"{where or 'the top'} is {shown[0]}, but was {shown[1]}"


def listed(parts: dict[Any, Any]) -> str:
    """The names of the parts of a dict, or the number of those of a sequence."""
    return f"{len(parts)} parts" if 0 in parts or not parts else f"the keys {', '.join(parts)}"


def checksums(tree: str, tensors: dict[str, Any]) -> dict[str, int]:
    """Of the tree as JSON, and of each array by name."""
    return {"tree": zlib.crc32(tree.encode())} | {name: zlib.crc32(of.tobytes()) for name, of in tensors.items()}


def safetensors() -> tuple[Any, Any]:
    """The library, and its part for NumPy.

    Errors  ModuleNotFoundError that names the extra.
    """
    try:
        import safetensors as library  # noqa: PLC0415 (an extra)
        from safetensors import numpy  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("checkpoints need safetensors: pip install 'purevjp[checkpoint]'") from error
    return library, numpy


def described(tree: Tree, where: str, tensors: dict[str, Any]) -> Any:
    """A tree as JSON, its arrays moved to `tensors`."""
    if isinstance(tree, tuple | list):
        kind = "list" if isinstance(tree, list) else "tuple"
        return {kind: [described(part, f"{where}.{i}", tensors) for i, part in enumerate(tree)]}
    if isinstance(tree, dict):
        if bad := [key for key in tree if not isinstance(key, str)]:
            raise TypeError(f"save got the key {bad[0]!r} at {where or 'the top'}, but should get strings")
        return {"dict": {key: described(part, f"{where}.{key}", tensors) for key, part in tree.items()}}
    if isinstance(tree, np.ndarray | np.generic):
        array = np.asarray(tree)
        if hasattr(tree, "mask"):
            raise TypeError(f"save got a masked array at {where or 'the top'}, but should get an array")
        if array.dtype.name not in STORED or not array.dtype.isnative:
            raise TypeError(f"save got {array.dtype} at {where or 'the top'}, but should get one of {sorted(STORED)}")
        name = str(len(tensors))
        tensors[name] = np.ascontiguousarray(array).reshape(array.shape)
        return {"array" if isinstance(tree, np.ndarray) else "scalar": name}
    if tree is None or tree.__class__ in {bool, int, float, str}:
        return {"value": tree}
    raise TypeError(f"save got a {tree.__class__.__name__} at {where or 'the top'}, but should get arrays or numbers")


def rebuilt(node: Any, tensors: dict[str, Any]) -> Tree:
    """The tree of its JSON."""
    ((kind, of),) = node.items()
    if kind in {"tuple", "list"}:
        parts = [rebuilt(part, tensors) for part in of]
        return parts if kind == "list" else tuple(parts)
    if kind == "dict":
        return {key: rebuilt(part, tensors) for key, part in of.items()}
    if kind == "array":
        return tensors[of]
    if kind == "scalar":
        return tensors[of][()]
    if kind == "value":
        return of
    raise ValueError(f"it has a node of kind {kind!r}")
