"""Named arrays as a safetensors file, and back. It is read by the library of that name, and checked before."""

import json
from collections.abc import Container, Mapping

import numpy as np
from safetensors import SafetensorError, deserialize

from oracle.vectors.strict import parsed, printable
from purevjp.aliases import Array

DTYPES = {
    "F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": np.uint16,
    "I64": np.int64, "I32": np.int32, "BOOL": np.bool_,
}  # fmt: skip
CODES = {np.dtype(dtype).name: code for code, dtype in DTYPES.items()} | {"bfloat16": "BF16"}
LENGTH = 8
"""Bytes of the length of a header, and what a header is padded to."""

LOW_BITS = 16
"""bfloat16 is the upper half of a float32."""

MOST_AXES = 32


def from_bytes(data: bytes, what: str) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays and the metadata of a safetensors file; bfloat16 in float32.

    Errors  ValueError when it is not valid, has a name twice, or a dtype that no vector has.
    """
    end = LENGTH + int.from_bytes(data[:LENGTH], "little")
    header = parsed(data[LENGTH:end], f"the header of {what}") if end <= len(data) else None
    try:
        views = deserialize(data)  # type: ignore[no-untyped-call]
    except (SafetensorError, OverflowError) as error:
        raise ValueError(f"{what} is not a valid safetensors file: {printable(str(error))[:200]}") from None
    arrays = {}
    for name, view in views:
        code, shape = view["dtype"], view["shape"]
        if code not in DTYPES:
            raise ValueError(f"{what} has {name[:80]!r} of dtype {code}, but should have one of {', '.join(DTYPES)}")
        if len(shape) > MOST_AXES or max(shape, default=0) > len(data):
            raise ValueError(f"{what} has {name[:80]!r} of shape {str(shape)[:80]}, which no vector has")
        flat = np.frombuffer(view["data"], DTYPES[code]).reshape(shape)
        arrays[name] = widened(flat) if code == "BF16" else flat
    return arrays, (header or {}).get("__metadata__") or {}


def to_bytes(
    arrays: Mapping[str, Array], metadata: Mapping[str, str] | None = None, bfloat16: Container[str] = ()
) -> bytes:
    """Arrays as a safetensors file; those with a name in `bfloat16` in that dtype."""
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    parts, start = [], 0
    for name, array in arrays.items():
        stored = narrowed(array) if name in bfloat16 else array
        code = "BF16" if stored.dtype == np.uint16 else CODES[stored.dtype.name]
        end = start + stored.nbytes
        header[name] = {"dtype": code, "shape": array.shape, "data_offsets": (start, end)}
        parts.append(stored.tobytes())
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % LENGTH)
    return b"".join([len(text).to_bytes(LENGTH, "little"), text, *parts])


def widened(bits: Array) -> Array:
    """The numbers of float32 that these bits of bfloat16 are."""
    return (bits.astype(np.uint32) << LOW_BITS).view(np.float32)


def narrowed(x: Array) -> Array:
    """The bits of bfloat16 that these numbers of float32 are, which it has all."""
    return (np.ascontiguousarray(x).view(np.uint32) >> LOW_BITS).astype(np.uint16)
