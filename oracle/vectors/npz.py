"""An npz file read with bounds: no pickle, no more bytes than it may have, whatever its headers say."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from oracle.vectors.strict import LARGEST, printable, read
from purevjp.aliases import Array

DTYPES = ("float64", "float32", "float16", "int64", "int32", "bool")
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Others take memory before they give a byte."""

INVALID = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, KeyError, IndexError,
    OverflowError, OSError,
)  # fmt: skip
"""What zipfile raises for files that are not valid."""

MOST_FILES = 100_000
MOST_AXES = 32


def from_npz(file: Path, most: int = LARGEST) -> dict[str, Array]:
    """The arrays of an npz file, unpacked no more than `most` bytes.

    Errors  ValueError when it is not valid, or has more; OSError when it cannot be read.
    """
    data = read(file, most)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return unpacked(archive, most, file.name)
    except INVALID as error:
        raise ValueError(f"{file.name} is not a valid npz file: {printable(str(error))[:200]}") from None


def unpacked(archive: zipfile.ZipFile, most: int, what: str) -> dict[str, Array]:
    """The arrays of an archive.

    Errors  ValueError when there are too many bytes, a name twice, or something else than an array.
    """
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise ValueError(f"{what} has more than {MOST_FILES} files")
    arrays: dict[str, Array] = {}
    left = most
    for entry in entries:
        if entry.compress_type not in PACKED:
            raise ValueError(f"{what} has {entry.filename[:80]!r} packed in a way that npz files are not")
        with archive.open(entry) as opened:
            data = opened.read(left + 1)
        left -= len(data)
        if left < 0:
            raise ValueError(f"{what} has more than {most} bytes when it is unpacked")
        name = entry.filename.removesuffix(".npy")
        if name in arrays:
            raise ValueError(f"{what} has {name[:80]!r} twice")
        arrays[name] = from_npy(data, f"{name[:80]!r} in {what}")
    return arrays


def from_npy(data: bytes, what: str) -> Array:
    """The array that the bytes of a npy file are.

    Errors  ValueError when it is none of numbers, or has not as many bytes as its header says.
    """
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, fortran, dtype = header(stream)
    except (ValueError, KeyError, TypeError, SyntaxError, EOFError, RecursionError, MemoryError, OverflowError):
        raise ValueError(f"{what} has no valid header") from None
    if dtype.name not in DTYPES or dtype.byteorder == ">":
        raise ValueError(f"{what} has dtype {str(dtype)[:80]}, but should have one of {', '.join(DTYPES)}")
    rest = data[stream.tell() :]
    count = 1
    for side in shape:
        count *= side
    if len(shape) > MOST_AXES or count * dtype.itemsize != len(rest) or any(not 0 <= s <= len(data) for s in shape):
        raise ValueError(f"{what} has shape {str(shape)[:80]}, which does not fit its {len(rest)} bytes")
    array: Array = np.frombuffer(rest, dtype).reshape(shape, order="F" if fortran else "C")
    return array
