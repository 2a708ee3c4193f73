"""Keyword arguments as JSON, and back: arrays among them are named, and stored elsewhere.

A list is a tuple; everything that JSON lacks is an object with one key, which says what it is.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from purevjp.aliases import Array

NAMED_FLOATS = ("nan", "inf", "-inf")
DTYPE_NAMES = ("float64", "float32", "float16", "complex128", "complex64")
MOST_DEEP = 16


def encoded(option: Any, name: str, arrays: dict[str, Array]) -> Any:
    """An option as JSON; arrays are put into `arrays`, under names that start with `name`.

    Errors  TypeError when there is no way to write it.
    """
    if isinstance(option, list | tuple):
        parts = [encoded(of, f"{name}.{i}", arrays) for i, of in enumerate(option)]
        return {"list": parts} if isinstance(option, list) else parts
    if isinstance(option, dict):
        return {"dict": [[key, encoded(of, f"{name}.{key}", arrays)] for key, of in option.items()]}
    if isinstance(option, np.ndarray):
        arrays[name] = option
        return {"tensor": name}
    if option is None or isinstance(option, bool | int | str):
        return option
    return other(option, name)


def other(option: Any, name: str) -> Any:
    """A number that JSON lacks, or a part of an index.

    Errors  TypeError when it is neither.
    """
    if isinstance(option, float):
        return option if math.isfinite(option) else {"float": str(option)}
    if isinstance(option, slice):
        return {"slice": [option.start, option.stop, option.step]}
    if option is Ellipsis:
        return {"ellipsis": True}
    if isinstance(option, type | np.dtype):
        return {"dtype": np.dtype(option).name}
    raise TypeError(f"{name} is a {option.__class__.__name__}, which a vector cannot have")


def decoded(document: Any, arrays: Mapping[str, Array], what: str, depth: int = 0) -> Any:
    """The option that JSON is.

    Errors  ValueError when it is none.
    """
    if document is None or isinstance(document, bool | int | float | str):
        return document
    if depth == MOST_DEEP:
        raise ValueError(f"{what} is nested too deeply")
    if isinstance(document, list):
        return tuple(decoded(of, arrays, what, depth + 1) for of in document)
    if not isinstance(document, dict) or len(document) != 1:
        raise ValueError(f"{what} has an option that should have one key, which says what it is")
    ((key, of),) = document.items()
    if key == "list" and isinstance(of, list):
        return [decoded(part, arrays, what, depth + 1) for part in of]
    if key == "dict" and isinstance(of, list) and all(map(is_item, of)):
        return {name: decoded(part, arrays, what, depth + 1) for name, part in of}
    if key == "tensor" and isinstance(of, str) and of in arrays:
        return arrays[of]
    if key in PLAIN and PLAIN[key][0](of):
        return PLAIN[key][1](of)
    raise ValueError(f"{what} has an option {key[:80]!r} that no vector has: {str(of)[:80]}")


def is_item(pair: Any) -> bool:
    """Whether something is a key and what stands under it."""
    return isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], int | str)


def is_slice(of: Any) -> bool:
    """Whether something is start, stop and step."""
    return isinstance(of, list) and len(of) == 3 and all(isinstance(i, int | None) for i in of)


PLAIN: Mapping[str, tuple[Callable[[Any], bool], Callable[[Any], Any]]] = {
    "float": (lambda of: isinstance(of, str) and of in NAMED_FLOATS, float),
    "slice": (is_slice, lambda of: slice(*of)),
    "ellipsis": (lambda of: of is True, lambda _of: Ellipsis),
    "dtype": (lambda of: isinstance(of, str) and of in DTYPE_NAMES, np.dtype),
}
