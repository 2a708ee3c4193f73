"""Wrong pullbacks of purevjp/singular.py."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv
from oracle.wrong.decomposition import parts
from purevjp.broadcast import unbroadcast


def of_values(u: Any, a: Any, *, rows: bool = False) -> Any:
    """The cotangent of singular values, with one thing changed."""
    p, _, qh = np.linalg.svd(a, full_matrices=False)
    return (p * u[..., None, :] @ (p.mT @ a if rows else qh),)


def of_vectors(
    u: Any, a: Any, *, beyond: bool = True, flip: bool = False, alone: bool = False, half: bool = False
) -> Any:
    """The cotangent of the decomposition, with one thing changed."""
    p, s, qh = pv.svd(a)[0]
    v, t, z = parts(u, p, s, qh)
    one = np.eye(s.shape[-1], dtype=s.dtype)
    squares = s[..., None, :] ** 2 - s[..., :, None] ** 2 + one
    f = (1 - one) / (-squares if flip else squares)
    x, y = p.mT @ v, qh @ z.mT
    x, y = (x, y) if half else (x - x.mT, y - y.mT)
    inner = t[..., None] * one
    if not alone:
        inner = inner + f * x * s[..., None, :] + s[..., :, None] * f * y
    da = p @ inner @ qh
    if beyond:
        da = da + ((v - p @ (p.mT @ v)) / s[..., None, :]) @ qh + (p / s[..., None, :]) @ (z - (z @ qh.mT) @ qh)
    return (da,)


def of_pseudoinverse(u: Any, a: Any, *, terms: str) -> Any:
    """The cotangent of a pseudoinverse, of some of its terms."""
    y = np.linalg.pinv(a)
    da = -y.mT @ u @ y.mT
    if "rows" in terms:
        da = da + u.mT @ y @ y.mT - a @ (y @ (u.mT @ y @ y.mT))
    if "columns" in terms:
        da = da + y.mT @ y @ u.mT - y.mT @ (y @ (u.mT @ (y @ a)))
    return (da.astype(a.dtype),)


def of_least_squares(u: Any, a: Any, b: Any, *, terms: str) -> Any:
    """The cotangents of least squares, of some of their terms."""
    y = np.linalg.pinv(a)
    columns, v = (b[:, None], u[..., None]) if b.ndim == 1 else (b, u)
    x, g = y @ columns, y.mT @ v
    da = -g @ x.mT
    if "residual" in terms:
        da = da + (columns - a @ x) @ (y @ g).mT
    if "outside" in terms:
        da = da + (y.mT @ x) @ (v - y @ (a @ v)).mT
    return unbroadcast(da, a.shape, a.dtype), unbroadcast(g[..., 0] if b.ndim == 1 else g, b.shape, b.dtype)


def kept(u: Any, x: Any) -> Any:
    """u with the last two axes."""
    return u.reshape(*x.shape[:-2], 1, 1)


def of_norm(u: Any, x: Any, order: Any) -> Any:
    """The right cotangent of a norm."""
    return pv.matrix_norm(x, ord=order, keepdims=True)[1](kept(u, x))[0]


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "svdvals": {
        "u in ascending order": lambda u, a: of_values(u[..., ::-1], a),
        "times the singular values": lambda u, a: of_values(u, a, rows=True),
    },
    "svd": {
        "no projector beyond the vectors": lambda u, a: of_vectors(u, a, beyond=False),
        "sᵢ² − sⱼ²": lambda u, a: of_vectors(u, a, flip=True),
        "values only": lambda u, a: of_vectors(u, a, alone=True),
        "not made skew": lambda u, a: of_vectors(u, a, half=True),
    },
    "pinv": {
        "as an inverse": lambda u, a: of_pseudoinverse(u, a, terms=""),
        "no term of the rows": lambda u, a: of_pseudoinverse(u, a, terms="columns"),
        "no term of the columns": lambda u, a: of_pseudoinverse(u, a, terms="rows"),
    },
    "lstsq": {
        "as a solution": lambda u, a, b: of_least_squares(u, a, b, terms=""),
        "no term of the residual": lambda u, a, b: of_least_squares(u, a, b, terms="outside"),
        "no term beyond the rows": lambda u, a, b: of_least_squares(u, a, b, terms="residual"),
    },
    "matrix_norm": {
        "Frobenius for all": lambda u, x, **static: (of_norm(u, x, "fro"),),
        "rows for columns": lambda u, x, **static: (
            of_norm(u, x, {1: math.inf, -1: -math.inf, math.inf: 1, -math.inf: -1}.get(static["ord"], static["ord"])),
        ),
        "largest for smallest": lambda u, x, **static: (
            of_norm(u, x, static["ord"] if isinstance(static["ord"], str) else abs(static["ord"])),
        ),
        "pytorch #65599: nan at 0": lambda u, x, **static: (
            kept(u, x) * (x / np.linalg.norm(x, axis=(-2, -1), keepdims=True))
            if static["ord"] == "fro"
            else of_norm(u, x, static["ord"]),
        ),
    },
}
