"""Wrong pullbacks of purevjp/statistics.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

from purevjp.broadcast import kept_shape


def kept(u: Any, x: Any, axis: Any) -> Any:
    """u with axes kept."""
    return u.reshape(kept_shape(x.shape, axis))


def where_of(x: Any, where: Any) -> Any:
    """A mask of the shape of x."""
    return np.broadcast_to(True if where is None else where, x.shape)


def centred(x: Any, axis: Any, where: Any) -> Any:
    """x less its mean, 0 where masked."""
    on = where_of(x, where)
    return np.where(on, x - x.mean(axis=axis, keepdims=True, where=on), 0)


def counted(x: Any, axis: Any, where: Any) -> Any:
    """How many elements count."""
    return where_of(x, where).sum(axis=axis, keepdims=True).astype(x.dtype)


def deviation(x: Any, axis: Any, where: Any, ddof: Any) -> Any:
    """The standard deviation, with axes kept."""
    return np.sqrt(np.square(centred(x, axis, where)).sum(axis=axis, keepdims=True) / (counted(x, axis, where) - ddof))


def wide(w: Any, x: Any, axis: Any) -> Any:
    """Weights of the shape of x."""
    if w.shape == x.shape:
        return w
    along = (axis[0] if isinstance(axis, tuple) else axis) % x.ndim
    return np.broadcast_to(w.reshape([-1 if a == along else 1 for a in range(x.ndim)]), x.shape)


def averaged(u: Any, x: Any, w: Any, axis: Any, which: str) -> tuple[Any, Any]:
    """The pullback of average, with something wrong."""
    full = wide(w, x, axis)
    total = full.sum(axis=axis, keepdims=True)
    y = (full * x).sum(axis=axis, keepdims=True) / total
    share = kept(u, x, axis) / total
    dx = share * (np.ones_like(full) if which == "unweighted" else full)
    dw = share * (x if which == "total held" else x - y)
    if w.shape != x.shape:
        along = (axis[0] if isinstance(axis, tuple) else axis) % x.ndim
        others = tuple(a for a in range(x.ndim) if a != along)
        dw = dw.mean(axis=others) if which == "mean" else dw.sum(axis=others)
    return dx, dw * 0 if which == "no dw" else dw


def covariances(u: Any, x: Any, rowvar: bool, n_less: Any, which: str) -> Any:
    """The pullback of cov, with something wrong."""
    samples = np.atleast_2d(x.T if not rowvar and x.ndim == 2 else x)
    mean = samples.mean(axis=1, keepdims=True)
    u = u.reshape(len(samples), len(samples))
    both = {"u alone": u, "u twice": 2 * u}.get(which, u + u.T)
    dx = both @ (samples - (0 if which == "not centred" else mean)) / (samples.shape[1] - n_less)
    return (dx.T if not rowvar and x.ndim == 2 else dx).reshape(x.shape).astype(x.dtype)


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "var": {
        "ddof ignored": lambda u, x, *, axis, where, **_: (
            2 * kept(u, x, axis) * centred(x, axis, where) / counted(x, axis, where),
        ),
        "not centred": lambda u, x, *, axis, where, ddof, **_: (
            2 * kept(u, x, axis) * x * where_of(x, where) / (counted(x, axis, where) - x.dtype.type(ddof)),
        ),
        "mean of all": lambda u, x, *, axis, where, ddof, **_: (
            2 * kept(u, x, axis) * centred(x, None, where) / (counted(x, axis, where) - x.dtype.type(ddof)),
        ),
        "mask ignored": lambda u, x, *, axis, ddof, **_: (
            2 * kept(u, x, axis) * centred(x, axis, None) / (counted(x, axis, None) - x.dtype.type(ddof)),
        ),
    },
    "std": {
        "pytorch #4320, jax #11716: nan if all are equal": lambda u, x, *, axis, where, ddof, **_: (
            kept(u, x, axis) * centred(x, axis, where) / deviation(x, axis, where, x.dtype.type(ddof))
            / (counted(x, axis, where) - x.dtype.type(ddof)),
        ),
        "that of var": lambda u, x, *, axis, where, ddof, **_: (
            2 * kept(u, x, axis) * centred(x, axis, where) / (counted(x, axis, where) - x.dtype.type(ddof)),
        ),
        "ddof ignored": lambda u, x, *, axis, where, ddof, **_: (
            kept(u, x, axis) * centred(x, axis, where)
            / np.where(centred(x, axis, where) == 0, 1, deviation(x, axis, where, x.dtype.type(ddof)))
            / counted(x, axis, where),
        ),
    },
    "average": {
        "weights held to their total": lambda u, x, w, *, axis, **_: averaged(u, x, w, axis, "total held"),
        "unweighted": lambda u, x, w, *, axis, **_: averaged(u, x, w, axis, "unweighted"),
        "nothing for weights": lambda u, x, w, *, axis, **_: averaged(u, x, w, axis, "no dw"),
        "mean for the sum over other axes": lambda u, x, w, *, axis, **_: averaged(u, x, w, axis, "mean"),
    },
    "nansum": {
        "u at nan, too": lambda u, x, *, axis, **_: (np.broadcast_to(kept(u, x, axis), x.shape).copy(),),
        "u times x": lambda u, x, *, axis, **_: (kept(u, x, axis) * np.nan_to_num(x),),
    },
    "nanmean": {
        "n of all": lambda u, x, *, axis, **_: (
            np.where(np.isnan(x), 0, kept(u, x, axis) / counted(x, axis, None)).astype(x.dtype),
        ),
        "nan at nan": lambda u, x, *, axis, **_: (
            x * 0 + kept(u, x, axis) / np.maximum((~np.isnan(x)).sum(axis=axis, keepdims=True), 1).astype(x.dtype),
        ),
    },
    "cov": {
        "u without its transpose": lambda u, x, *, rowvar, bias, ddof: (
            covariances(u, x, rowvar, 1 - bias if ddof is None else ddof, "u alone"),
        ),
        "u twice": lambda u, x, *, rowvar, bias, ddof: (
            covariances(u, x, rowvar, 1 - bias if ddof is None else ddof, "u twice"),
        ),
        "not centred": lambda u, x, *, rowvar, bias, ddof: (
            covariances(u, x, rowvar, 1 - bias if ddof is None else ddof, "not centred"),
        ),
        "bias and ddof ignored": lambda u, x, *, rowvar, **_: (covariances(u, x, rowvar, 1, "right"),),
    },
}  # fmt: skip
