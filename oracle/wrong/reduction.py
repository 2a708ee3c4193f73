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


def kept_by(where: Any, x: Any) -> Any:
    """1 where a mask is true."""
    return np.broadcast_to(True if where is None else where, x.shape).astype(x.dtype)


def masked_product(x: Any, axis: Any, initial: Any, where: Any) -> Any:
    """Π x where a mask is true."""
    one = 1 if initial is None else initial
    return x.dtype.type(one) * np.where(kept_by(where, x), x, 1).prod(axis=axis, keepdims=True)


def power_of(order: Any) -> float:
    """Which norm."""
    return 2.0 if order is None else float(order)


def p_norm(x: Any, axis: Any, order: Any) -> Any:
    """A norm with axes kept."""
    return np.sum(np.abs(x) ** power_of(order), axis=axis, keepdims=True) ** (1 / power_of(order))


def chosen(x: Any, axis: Any, order: Any) -> Any:
    """The signs of the largest, or of the smallest, each in full."""
    size = np.abs(x) * np.sign(order)
    return np.sign(x) * (size == size.max(axis=axis, keepdims=True))


def nan_at_zero(u: Any, x: Any, *, axis: Any, ord: Any, **_: Any) -> Any:  # noqa: A002 (NumPy's name)
    """u sign x (|x| / y)ᵖ⁻¹."""
    if not np.isfinite(power_of(ord)):
        return spread(u, x, axis) * chosen(x, axis, ord)
    return spread(u, x, axis) * np.sign(x) * (np.abs(x) / p_norm(x, axis, ord)) ** (power_of(ord) - 1)


def both(x: Any, axis1: int, axis2: int) -> tuple[int, int]:
    """Two axes from the front."""
    return axis1 % x.ndim, axis2 % x.ndim


def on_diagonal(u: Any, x: Any, offset: int, axis1: int, axis2: int) -> Any:
    """u on a diagonal."""
    on = np.eye(x.shape[axis1], x.shape[axis2], offset, dtype=x.dtype)
    return np.moveaxis(on * u[..., None, None], (-2, -1), (axis1, axis2)).copy()


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "sum": {
        "u in the wrong order": lambda u, x, *, axis, **_: (misread(u, x, axis),),
        "mean": lambda u, x, *, axis, **_: (spread(u, x, axis) / reduced(x, axis),),
        "u added up": lambda u, x, *, axis, **_: (np.full(x.shape, u.sum(), x.dtype),),
        "times x": lambda u, x, *, axis, **_: (spread(u, x, axis) * x,),
    },
    "mean": {
        "missing 1/n": lambda u, x, *, axis, **_: (spread(u, x, axis),),
        "n of all elements": lambda u, x, *, axis, **_: (spread(u, x, axis) / max(1, x.size),),
        "n − 1": lambda u, x, *, axis, **_: (spread(u, x, axis) / max(1, reduced(x, axis) - 1),),
        "torch/nn #345: u read in the order of memory": lambda u, x, *, axis, **_: (
            spread(u.ravel(order="K").reshape(u.shape), x, axis) / reduced(x, axis),
        ),
        "u in the wrong order": lambda u, x, *, axis, **_: (misread(u, x, axis) / reduced(x, axis),),
    },
    "max": {
        "autograd #138: all tied entries get all": lambda u, x, *, axis, **_: (spread(u, x, axis) * ties(x, axis),),
        "the first of a tie": lambda u, x, *, axis, **_: (spread(u, x, axis) * first(x, axis),),
        "ties of all lanes counted together": lambda u, x, *, axis, **_: (
            spread(u, x, axis) * ties(x, axis) / max(1, ties(x, axis).sum()),
        ),
        "burn PR #3555: the largest of all lanes": lambda u, x, *, axis, **_: (spread(u, x, axis) * ties(x, None),),
        "Zygote #197: u in the wrong order": lambda u, x, *, axis, **_: (
            misread(u, x, axis) * ties(x, axis) / ties(x, axis).sum(axis=axis, keepdims=True),
        ),
        "min": lambda u, x, *, axis, **_: (spread(u, x, axis) * (x == x.min(axis=axis, keepdims=True)),),
        "mask not applied": lambda u, x, *, axis, **_: (spread(u, x, axis),),
    },
    "min": {
        "all tied entries get all": lambda u, x, *, axis, **_: (
            spread(u, x, axis) * (x == x.min(axis=axis, keepdims=True)),
        ),
        "max": lambda u, x, *, axis, **_: (
            spread(u, x, axis) * ties(x, axis) / ties(x, axis).sum(axis=axis, keepdims=True),
        ),
        "candle PR #534: subtracted": lambda u, x, *, axis, **_: (
            -spread(u, x, axis) * ties(-x, axis) / ties(-x, axis).sum(axis=axis, keepdims=True),
        ),
        "mask and initial ignored": lambda u, x, *, axis, **_: (
            spread(u, x, axis) * ties(-x, axis) / ties(-x, axis).sum(axis=axis, keepdims=True),
        ),
    },
    "prod": {
        "tinygrad #17404: divides by x": lambda u, x, *, axis, initial, where, **_: (
            spread(u, x, axis) * masked_product(x, axis, initial, where) / x * kept_by(where, x),
        ),
        "mask ignored": lambda u, x, *, axis, initial, **_: (
            spread(u, x, axis) * masked_product(x, axis, initial, None) / np.where(x == 0, 1, x),
        ),
        "initial ignored": lambda u, x, *, axis, where, **_: (
            spread(u, x, axis) * masked_product(x, axis, None, where) / np.where(x == 0, 1, x) * kept_by(where, x),
        ),
        "product of all": lambda u, x, *, axis, initial, where, **_: (
            spread(u, x, axis) * masked_product(x, axis, initial, where) * kept_by(where, x),
        ),
    },
    "norm": {
        "pytorch #2421, autograd #151: nan at 0": lambda u, x, **static: (nan_at_zero(u, x, **static),),
        "2-norm for all": lambda u, x, *, axis, **_: (spread(u, x, axis) * x / np.maximum(p_norm(x, axis, 2), 1e-30),),
        "missing 1/y": lambda u, x, *, axis, **_: (spread(u, x, axis) * x,),
        "u · sign": lambda u, x, *, axis, **_: (spread(u, x, axis) * np.sign(x),),
    },
    "trace": {
        "u everywhere": lambda u, x, *, axis1, axis2, **_: (
            np.broadcast_to(np.expand_dims(u, both(x, axis1, axis2)), x.shape).copy(),
        ),
        "offset of the other sign": lambda u, x, *, offset, axis1, axis2: (on_diagonal(u, x, -offset, axis1, axis2),),
        "no offset": lambda u, x, *, offset, axis1, axis2: (on_diagonal(u, x, 0, axis1, axis2),),
        "first two axes": lambda u, x, *, offset, axis1, axis2: (on_diagonal(u, x, offset, axis2, axis1),),
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
        "all but the last row": lambda x, *, axis, keepdims, **_: (
            x.sum(axis=axis, keepdims=keepdims) * x.dtype.type(0.999)
        )
    },
}
