"""A backend for `purevjp check --command 'python adapter.py'`; in Python, a file of functions is less work.

Lines come on standard input, each gets one line on standard output:

    hello                    ok {"protocol": 1, "name": "my kernels"}
    run RULE IN OUT {...}    ok, or unsupported REASON, or error LINE
    bye                      (the end)

IN is a safetensors file with x0, x1, …, u; OUT gets value, dx0, dx1, … of the same dtype. The keywords of the rule are
JSON. Put your own kernels in place of the three below.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

DTYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64, "I32": np.int32, "BOOL": np.bool_}
CODES = {np.dtype(dtype): code for code, dtype in DTYPES.items()}

Array = npt.NDArray[Any]
Results = tuple[Array, ...]
"""The value, then a cotangent for each array."""


def relu(x: Array, u: Array, /) -> Results:
    """max(x, 0)."""
    return np.maximum(x, 0), u * (x > 0)


def tanh(x: Array, u: Array, /) -> Results:
    """tanh x, and 4e / (1 + e)² for its slope."""
    e = np.exp(-2 * np.abs(x))
    return np.tanh(x), u * (4 * e / (1 + e) ** 2)


def layer_norm(x: Array, gain: Array, bias: Array, u: Array, /, *, axis: Any, epsilon: float) -> Results:
    """Over one axis."""
    if not isinstance(axis, int):
        raise NotImplementedError("more axes than one")
    x, u = np.moveaxis(x, axis, -1), np.moveaxis(u, axis, -1)
    h = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + epsilon)
    r = 1 / np.sqrt(x.var(-1, keepdims=True) + epsilon)
    g = u * gain
    dx = r * (g - g.mean(-1, keepdims=True) - h * (g * h).mean(-1, keepdims=True))
    others = tuple(range(x.ndim - 1))
    back = [np.moveaxis(part, -1, axis) for part in (h * gain + bias, dx)]
    return *back, (u * h).sum(others), u.sum(others)


KERNELS: dict[str, Callable[..., Results]] = {"relu": relu, "tanh": tanh, "layer_norm": layer_norm}


def load(path: str) -> dict[str, Array]:
    """The arrays of a safetensors file."""
    data = Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    if unknown := {of["dtype"] for of in header.values()} - DTYPES.keys():
        raise NotImplementedError(f"the dtype {unknown.pop()}")
    return {
        name: np.frombuffer(data[start:][slice(*of["data_offsets"])], DTYPES[of["dtype"]]).reshape(of["shape"])
        for name, of in header.items()
    }


def save(path: str, arrays: dict[str, Array]) -> None:
    """Write arrays as a safetensors file."""
    header: dict[str, Any] = {}
    at = 0
    for name, array in arrays.items():
        header[name] = {"dtype": CODES[array.dtype], "shape": array.shape, "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(len(text).to_bytes(8, "little") + text + b"".join(a.tobytes() for a in arrays.values()))


def run(rule: str, path_in: str, path_out: str, options: str) -> None:
    """Answer one case."""
    if rule not in KERNELS:
        raise NotImplementedError("no such rule here")
    arrays = load(path_in)
    xs = [arrays[f"x{i}"] for i in range(len(arrays)) if f"x{i}" in arrays]
    with np.errstate(all="ignore"):
        value, *cotangents = KERNELS[rule](*xs, arrays["u"], **json.loads(options))
    names = ["value", *(f"dx{i}" for i in range(len(cotangents)))]
    results = zip(names, (value, *cotangents), strict=True)
    save(path_out, {name: np.asarray(result, arrays["u"].dtype) for name, result in results})


def main() -> None:
    """Answer line by line."""
    for line in sys.stdin:
        command, _, rest = line.strip().partition(" ")
        if command == "bye":
            return
        if command == "hello":
            print('ok {"protocol": 1, "name": "template.py"}', flush=True)
            continue
        try:
            if command != "run":
                raise ValueError("no such command")
            run(*rest.split(" ", 3))
            print("ok", flush=True)
        except NotImplementedError as reason:
            print(f"unsupported {reason}", flush=True)
        except Exception as error:
            print(f"error {' '.join(repr(error).split())}", flush=True)


if __name__ == "__main__":
    main()
