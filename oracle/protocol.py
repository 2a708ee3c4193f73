"""The line protocol: a backend in any language is a process that reads lines and files, and is asked case by case.

A process that hangs, crashes, lies or never stops to talk costs the case it was asked, and is started again.
"""

import contextlib
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypedDict

from oracle.process import ERROR, OK, Adapter, Outcome, asked, drain, heard, kill, outcome, start
from oracle.vectors.answers import answer_of
from oracle.vectors.freeze import bfloat16_of, input_arrays
from oracle.vectors.strict import read
from oracle.vectors.tensors import from_bytes, to_bytes
from oracle.vectors.vector import Vector
from purevjp.tree import tree_leaves

MOST_EXTRA = 1 << 16
"""Bytes that OUT may have beyond twice what its arrays take."""

AHEAD = 16
"""Cases that a process is asked ahead."""

Posed = TypedDict("Posed", {"vector": Vector, "line": str, "path_in": Path, "path_out": Path})
"""A case that is asked: its line, and its files."""


def ran_all(of: Adapter, vectors: Iterable[Vector], ahead: int = AHEAD) -> Iterator[Outcome]:
    """What a backend gives for vectors, in order; some are asked ahead, so that neither process waits for the other.

    Where anything is odd, the process is started again and the case is asked alone: blame is never shifted.
    """
    left = iter(vectors)
    while asked_for := list(itertools.islice(left, ahead)):
        while asked_for:
            found = regular(of, asked_for)
            yield from found
            del asked_for[: len(found)]
            if asked_for:
                kill(of)
                yield ran(of, asked_for.pop(0))


def regular(of: Adapter, vectors: Sequence[Vector]) -> list[Outcome]:
    """What a backend gives for some vectors that it is asked all at once, up to the first that is odd."""
    if of["process"] is None and start(of) is not None:
        return []
    drain(of)
    if of["rest"]:
        return []
    posed = [pose(of, vector) for vector in vectors]
    found: list[Outcome] = []
    try:
        of["unsent"] += "".join(case["line"] for case in posed).encode()
        for case in posed:
            answer = heard(of)
            if of["process"] is None:
                return found
            found.append(results_of(of, case) if answer["status"] == OK else answer)
        drain(of)
        return [] if of["rest"] else found
    except (OSError, ValueError):
        return found
    finally:
        for case in posed:
            forget(case)


def ran(of: Adapter, vector: Vector) -> Outcome:
    """What a backend gives for a vector; the process is started again where it had ended."""
    if of["process"] is None and (failure := start(of)) is not None:
        return failure
    of["stderr"] = b""
    case = pose(of, vector)
    try:
        answer = asked(of, case["line"])
        return results_of(of, case) if answer["status"] == OK else answer
    except OSError as error:
        return outcome(of, ERROR, f"it answers ok, but OUT cannot be read: {error.strerror}")
    except ValueError as error:
        return outcome(of, ERROR, str(error).replace(str(case["path_out"]), "OUT"))
    finally:
        forget(case)


def pose(of: Adapter, vector: Vector) -> Posed:
    """Write IN for a vector."""
    of["cases"] += 1  # files have new names: what an adapter left behind is in nobody's way
    path_in, path_out = (of["folder"] / f"{what}-{of['cases']}.safetensors" for what in ("in", "out"))
    arrays, static = input_arrays(vector)
    path_in.write_bytes(to_bytes(arrays, bfloat16=bfloat16_of(vector)))
    options = json.dumps(static, allow_nan=False, separators=(",", ":"))
    line = f"run {vector['rule']} {path_in} {path_out} {options}\n"
    return {"vector": vector, "line": line, "path_in": path_in, "path_out": path_out}


def results_of(of: Adapter, case: Posed) -> Outcome:
    """What stands in OUT.

    Errors  OSError when it cannot be read, ValueError when it is not valid.
    """
    vector = case["vector"]
    most = MOST_EXTRA + 2 * sum(x.nbytes for x in tree_leaves((vector["xs"], vector["u"])))
    value, cotangents = answer_of(vector, from_bytes(read(case["path_out"], most), "OUT")[0])
    return outcome(of, OK, "", value, cotangents)


def forget(case: Posed) -> None:
    """Remove the files of a case, if they are files."""
    for path in (case["path_in"], case["path_out"]):
        with contextlib.suppress(OSError):
            path.unlink()
