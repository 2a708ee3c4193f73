"""Wrong pullbacks and values of reductions."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from purevjp.broadcast import kept_shape


def spread(u: Any, x: Any, axis: Any) -> Any:
    """The cotangent of a sum: u along the axes that were reduced."""
    return np.broadcast_to(u.reshape(kept_shape(x.shape, axis)), x.shape).copy()


def misread(u: Any, x: Any, axis: Any) -> Any:
    """u put back in the wrong order: as if the reduced axes were the first."""
    n = math.prod(kept_shape(x.shape, axis))
    return np.resize(np.repeat(u.ravel(), max(1, x.size // max(n, 1))), x.shape).astype(x.dtype)


def reduced(x: Any, axis: Any) -> int:
    """How many elements are reduced to one."""
    return max(1, int(x.size)) // max(1, math.prod(kept_shape(x.shape, axis)))


def ties(x: Any, axis: Any) -> Any:
    """Where the largest are."""
    return x == x.max(axis=axis, keepdims=True)


def first(x: Any, axis: Any) -> Any:
    """Where the first of the largest is, in each lane; if lanes are not along one axis, where the largest are."""
    if isinstance(axis, tuple) and len(axis) != 1:
        return ties(x, axis)
    along = axis[0] if isinstance(axis, tuple) else axis
    at = np.argmax(x, axis=along, keepdims=True)
    if along is None:
        return np.arange(x.size).reshape(x.shape) == at.ravel()[0]
    return np.arange(x.shape[along]).reshape([-1 if i == along % x.ndim else 1 for i in range(x.ndim)]) == at


def share(x: Any, axis: Any) -> Any:
    """Softmax."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def naive(x: Any, *, axis: Any, keepdims: bool) -> Any:
    """Without the shift: overflows."""
    with np.errstate(all="ignore"):
        return np.log(np.exp(x).sum(axis=axis, keepdims=keepdims))


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "sum": {
        "u in the wrong order": lambda u, x, *, axis, keepdims: (misread(u, x, axis),),
        "mean": lambda u, x, *, axis, keepdims: (spread(u, x, axis) / reduced(x, axis),),
        "u added up": lambda u, x, *, axis, keepdims: (np.full(x.shape, u.sum(), x.dtype),),
        "times x": lambda u, x, *, axis, keepdims: (spread(u, x, axis) * x,),
    },
    "mean": {
        "missing 1/n": lambda u, x, *, axis, keepdims: (spread(u, x, axis),),
        "n of all elements": lambda u, x, *, axis, keepdims: (spread(u, x, axis) / max(1, x.size),),
        "n − 1": lambda u, x, *, axis, keepdims: (spread(u, x, axis) / max(1, reduced(x, axis) - 1),),
        "torch/nn #345: u read in the order of memory": lambda u, x, *, axis, keepdims: (
            spread(u.ravel(order="K").reshape(u.shape), x, axis) / reduced(x, axis),
        ),
        "u in the wrong order": lambda u, x, *, axis, keepdims: (misread(u, x, axis) / reduced(x, axis),),
    },
    "max": {
        "autograd #138: all tied entries get all": lambda u, x, *, axis, keepdims: (
            spread(u, x, axis) * ties(x, axis),
        ),
        "the first of a tie": lambda u, x, *, axis, keepdims: (spread(u, x, axis) * first(x, axis),),
        "ties of all lanes counted together": lambda u, x, *, axis, keepdims: (
            spread(u, x, axis) * ties(x, axis) / max(1, ties(x, axis).sum()),
        ),
        "burn PR #3555: the largest of all lanes": lambda u, x, *, axis, keepdims: (
            spread(u, x, axis) * ties(x, None),
        ),
        "Zygote #197: u in the wrong order": lambda u, x, *, axis, keepdims: (
            misread(u, x, axis) * ties(x, axis) / ties(x, axis).sum(axis=axis, keepdims=True),
        ),
        "min": lambda u, x, *, axis, keepdims: (spread(u, x, axis) * (x == x.min(axis=axis, keepdims=True)),),
        "mask not applied": lambda u, x, *, axis, keepdims: (spread(u, x, axis),),
    },
    "logsumexp": {
        "exponential without 1/Σ": lambda u, x, *, axis, keepdims: (spread(u, x, axis) * np.exp(np.minimum(x, 80)),),
        "softmax over all axes": lambda u, x, *, axis, keepdims: (spread(u, x, axis) * share(x, None),),
        "max": lambda u, x, *, axis, keepdims: (spread(u, x, axis) * ties(x, axis),),
        "uniform": lambda u, x, *, axis, keepdims: (spread(u, x, axis) / reduced(x, axis),),
        "softmax's own pullback": lambda u, x, *, axis, keepdims: (
            spread(u, x, axis) * share(x, axis) * (1 - share(x, axis)),
        ),
    },
}
WRONG_VALUES: dict[str, dict[str, Callable[..., Any]]] = {
    "logsumexp": {"not shifted": naive},
    "sum": {
        "all but the last row": lambda x, *, axis, keepdims: x.sum(axis=axis, keepdims=keepdims) * x.dtype.type(0.999)
    },
}
