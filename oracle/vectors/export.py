"""Vectors for people without a reader of safetensors: npz for NumPy, a header for C."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from oracle.vectors.freeze import arrays_of, bfloat16_of, write_sums
from oracle.vectors.tensors import narrowed
from oracle.vectors.vector import Vector
from purevjp.aliases import Array

C_TYPES = {
    "float64": "double", "float32": "float", "float16": "uint16_t", "uint16": "uint16_t",
    "int64": "int64_t", "int32": "int32_t", "bool": "unsigned char",
}  # fmt: skip
PER_LINE = 8
RECORD = """\
#ifndef PUREVJP_VECTOR
#define PUREVJP_VECTOR
#include <math.h>
#include <stdint.h>
/* An array of a vector: its name, as in relu/shapes/00/float32/x0; dtype, shape and numbers. */
typedef struct {
    const char *name, *dtype;
    int ndim;
    long shape[8], count;
    const void *data;
} purevjp_array;
#endif
"""


def npz(rule: str, vectors: Sequence[Vector], folder: Path) -> None:
    """Write rule.npz: the arrays of the safetensors file by the same names, bfloat16 in float32."""
    arrays = {f"{vector['id']}/{name}": array for vector in vectors for name, array in arrays_of(vector).items()}
    np.savez(folder / f"{rule}.npz", allow_pickle=False, **arrays)


def c_header(rule: str, vectors: Sequence[Vector], folder: Path) -> None:
    """Write rule.h: the arrays as constants, halves as their bits, and a table of them all."""
    lines = [f"/* Vectors of {rule}. */", RECORD]
    rows = []
    for vector in vectors:
        lines.append(f"/* {vector['id']}: {comment(vector['note'])} */")
        for name, array in arrays_of(vector).items():
            of = narrowed(array) if name in bfloat16_of(vector) else array
            dtype = "bfloat16" if of.dtype == np.uint16 else of.dtype.name
            symbol = re.sub(r"\W", "_", f"{vector['id']}/{name}")
            lines += [f"static const {C_TYPES[of.dtype.name]} {symbol}[{max(of.size, 1)}] = {{", *literals(of), "};"]
            shape = ", ".join(map(str, of.shape)) or "0"
            rows.append(f'{{"{vector["id"]}/{name}", "{dtype}", {of.ndim}, {{{shape}}}, {of.size}, {symbol}}},')
    lines += [f"static const purevjp_array purevjp_{rule}[] = {{", *rows, "};"]
    (folder / f"{rule}.h").write_text("\n".join([*lines, ""]), encoding="ascii", errors="replace")


def comment(note: str) -> str:
    """Words that may stand in a comment."""
    return note.replace("*/", "* /")


def literals(array: Array) -> Iterator[str]:
    """Numbers in lines of C, floats in hexadecimal, to the last bit; one zero where there are none."""
    flat = array.ravel()
    of = flat.view(np.uint16) if flat.dtype == np.float16 else flat
    texts = [literal(x) for x in of.tolist()] or ["0"]
    suffix = "f" if of.dtype == np.float32 else ""
    for start in range(0, len(texts), PER_LINE):
        part = [text + suffix if text.startswith(("0x", "-0x")) else text for text in texts[start : start + PER_LINE]]
        yield f"    {', '.join(part)},"


def literal(x: float | bool) -> str:
    """One number."""
    if isinstance(x, bool | int):
        return str(int(x))
    if np.isnan(x):
        return "NAN"
    if np.isinf(x):
        return "INFINITY" if x > 0 else "-INFINITY"
    return x.hex()


WRITERS: dict[str, Callable[[str, Sequence[Vector], Path], None]] = {"npz": npz, "c": c_header}


def write_also(kind: str, by_rule: dict[str, list[Vector]], folder: Path) -> None:
    """Write the vectors of each rule in another format beside their safetensors files, and the hashes again.

    Errors  ValueError when there is no such format.
    """
    if kind not in WRITERS:
        raise ValueError(f"there is no format {kind!r}, but {', '.join(WRITERS)}")
    for rule, vectors in by_rule.items():
        WRITERS[kind](rule, vectors, folder)
    write_sums(folder)
