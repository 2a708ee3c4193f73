"""Trees of arrays and numbers in a file, and training that goes on from it. Needs the extra `checkpoint`.

A checkpoint is one safetensors file: the arrays, and the tree around them as JSON in its header. Nothing in it is run.
"""

import contextlib
import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from purevjp.aliases import Tree

__all__ = ["load", "save", "train_resumably"]

FORMAT = "purevjp-tree-1"
INTEGERS = (f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))
STORED = frozenset(["float16", "float32", "float64", "bool", *INTEGERS])
UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError)


def save(path: str | Path, tree: Tree) -> None:
    """Write a tree: tuples, lists and dicts with names for keys, of arrays, numbers, truth values, strings and None.

    Atomic: the file is there as it was, or whole. Errors: TypeError on what cannot be saved, which names where it is;
    ValueError on a tree that holds itself.
    """
    _, numpy = safetensors()
    path = Path(path)
    tensors: dict[str, Any] = {}
    try:
        structure = described(tree, "", tensors)
    except RecursionError:
        raise ValueError("save got a tree that is too deep, or holds itself") from None
    described_tree = json.dumps(structure)
    header = {"format": FORMAT, "tree": described_tree, "crc32": json.dumps(checksums(described_tree, tensors))}
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(numpy.save(tensors, header))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


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
    """
    if not all(isinstance(n, int | np.integer) for n in (every, steps)) or every < 1 or steps < 0:
        raise ValueError(
            f"train_resumably got {steps} steps, saved every {every}, but should get whole numbers of 0 and 1 at least"
        )
    begin = 0
    if Path(path).exists():
        saved = load(path)
        if not isinstance(saved, dict) or saved.keys() != {"step", "state"}:
            raise ValueError(f"{path} is a checkpoint, but not of a training")
        begin, state = saved["step"], saved["state"]
        if begin > steps:
            raise ValueError(f"{path} has {begin} steps done already, but should have {steps} at most")
    for number in range(begin, steps):
        state = step(state, number)
        if (number + 1) % every == 0 or number + 1 == steps:
            save(path, {"step": number + 1, "state": state})
    return state, begin


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
