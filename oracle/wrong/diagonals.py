"""Wrong pullbacks of purevjp/diagonals.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

from oracle.wrong.indexing import summed


def at(x: Any, offset: int, axis1: int = 0, axis2: int = 1) -> Any:
    """Where the elements of the diagonals lie."""
    return np.arange(x.size).reshape(x.shape).diagonal(offset, axis1, axis2)


def placed(u: Any, x: Any, places: Any) -> Any:
    """u at these places."""
    dx = np.zeros(x.size, u.dtype)
    dx[np.ravel(places)] = np.resize(u, np.shape(places)).ravel() if u.size else 0
    return (dx.reshape(x.shape),)


def weighed(u: Any, start: Any, stop: Any, axis: int, weights: Any) -> Any:
    """Cotangents of the ends for weights of the stop."""
    u = np.moveaxis(u, axis, 0)
    t = np.asarray(weights, u.dtype).reshape(-1, *(1 for _ in u.shape[1:]))
    return summed((u * (1 - t)).sum(0), start), summed((u * t).sum(0), stop)


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "tril": {
        "k ignored": lambda u, x, *, k: (np.tril(u),),
        "the other triangle": lambda u, x, *, k: (np.triu(u, k),),
        "without the diagonal": lambda u, x, *, k: (np.tril(u, k - 1),),
        "all of u": lambda u, x, *, k: (u.copy(),),
    },
    "triu": {
        "k ignored": lambda u, x, *, k: (np.triu(u),),
        "k of the other sign": lambda u, x, *, k: (np.triu(u, -k),),
        "without the diagonal": lambda u, x, *, k: (np.triu(u, k + 1),),
        "symmetric": lambda u, x, *, k: (np.triu(u, k) + np.tril(u, -k - 1),),
    },
    "diagonal": {
        "offset ignored": lambda u, x, *, offset, axis1, axis2: placed(u, x, at(x, 0, axis1, axis2)),
        "axes ignored": lambda u, x, *, offset, axis1, axis2: placed(u, x, at(x, offset)),
        "axes swapped": lambda u, x, *, offset, axis1, axis2: placed(u, x, at(x, offset, axis2, axis1)),
        "one number everywhere": lambda u, x, *, offset, axis1, axis2: placed(
            np.full(u.shape, u.ravel()[:1].sum(), u.dtype), x, at(x, offset, axis1, axis2)
        ),
    },
    "diag": {
        "k ignored": lambda u, x, *, k: (
            (np.resize(u.diagonal(), x.shape) if u.size else 0 * x,) if x.ndim == 1 else placed(u, x, at(x, 0))
        ),
        "k of the other sign": lambda u, x, *, k: (u.diagonal(-k).copy(),) if x.ndim == 1 else placed(u, x, at(x, -k)),
        "sum of rows": lambda u, x, *, k: (
            (np.resize(u.sum(1), x.shape) if u.size else 0 * x,) if x.ndim == 1 else placed(u, x, at(x, k))
        ),
    },
    "full": {
        "mean": lambda u, fill_value, *, shape: (
            summed(u, fill_value) / u.dtype.type(max(u.size // max(fill_value.size, 1), 1)),
        ),
        "summed in full": lambda u, fill_value, *, shape: (np.full(fill_value.shape, u.sum(), u.dtype),),
        "the first": lambda u, fill_value, *, shape: (
            np.resize(u, fill_value.shape) if u.size else np.zeros_like(fill_value),
        ),
    },
    "linspace": {
        "endpoint ignored": lambda u, start, stop, *, num, endpoint, axis: weighed(
            u, start, stop, axis, np.arange(num) / max(num - 1, 1)
        ),
        "ends swapped": lambda u, start, stop, *, num, endpoint, axis: weighed(
            u, start, stop, axis, 1 - np.arange(num) / max(num - endpoint, 1)
        ),
        "autograd 21e70d6: never looked at but for num=5": lambda u, start, stop, *, num, endpoint, axis: weighed(
            u, start, stop, axis, np.arange(num) / 4
        ),
        "start gets all": lambda u, start, stop, *, num, endpoint, axis: weighed(u, start, stop, axis, np.zeros(num)),
    },
}
