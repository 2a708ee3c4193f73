"""Wrong pullbacks of purevjp/solving.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv
from purevjp.broadcast import unbroadcast


def of_solve(a: Any, b: Any, db: Any, x: Any) -> Any:
    """The cotangents of a and b, of that of b as columns and the solution as columns."""
    da = np.matmul(-db, x.mT)
    return unbroadcast(da, a.shape, a.dtype), unbroadcast(db[..., 0] if b.ndim == 1 else db, b.shape, b.dtype)


def columns(u: Any, a: Any, b: Any) -> Any:
    """u and the solution, as columns."""
    right = b[:, None] if b.ndim == 1 else b
    return (u[..., None] if b.ndim == 1 else u), np.linalg.solve(a, right)


def solved(u: Any, a: Any, b: Any, *, transposed: bool = True, sign: int = 1, with_b: bool = False) -> Any:
    """The cotangents of a solution, with one thing changed."""
    u, x = columns(u, a, b)
    db = np.linalg.solve(a.mT if transposed else a, u)
    da, db = of_solve(a, b, db, (b[:, None] if b.ndim == 1 else b) if with_b else x)
    return sign * da, db


def substituted(
    u: Any, a: Any, b: Any, *, lower: bool, trans: Any, unit_diagonal: bool, masked: bool = True, flip: bool = False,
    forget_unit: bool = False,
) -> Any:  # fmt: skip
    """The cotangents of a triangular solution, with one thing changed."""
    unit = unit_diagonal and not forget_unit
    cut = np.tril if lower else np.triu
    t = cut(a, 0)
    if unit_diagonal:
        t = t - t * np.eye(a.shape[-1], dtype=a.dtype) + np.eye(a.shape[-1], dtype=a.dtype)
    transposed = trans in {1, "T"}
    system = t.mT if transposed else t
    u, x = columns(u, system, b)
    db = np.linalg.solve(system.mT, u)
    da = np.matmul(-db, x.mT)
    da = da.mT if transposed != flip else da
    if masked:
        da = cut(da, (-1 if lower else 1) if unit else 0)
    return unbroadcast(da, a.shape, a.dtype), unbroadcast(db[..., 0] if b.ndim == 1 else db, b.shape, b.dtype)


def inverse(a: Any) -> Any:
    """a⁻¹; nan where a is singular."""
    singular = np.isinf(np.linalg.slogdet(a)[1])[..., None, None]
    return np.where(singular, np.nan, np.linalg.inv(np.where(singular, np.eye(a.shape[-1], dtype=a.dtype), a)))


def each(u: Any, dy: Any) -> Any:
    """u times the derivative by each element."""
    return (u[..., None, None] * dy,)


def logarithm(u: Any, a: Any) -> Any:
    """The part of a packed cotangent of `slogdet` that belongs to the logarithm."""
    return u[u.size // 2 :].reshape(a.shape[:-2])


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "solve": {
        "a not transposed": lambda u, a, b: solved(u, a, b, transposed=False),
        "da of the wrong sign": lambda u, a, b: solved(u, a, b, sign=-1),
        "b for the solution": lambda u, a, b: solved(u, a, b, with_b=True),
        "a taken for a constant": lambda u, a, b: (np.zeros_like(a), solved(u, a, b)[1]),
    },
    "triangular_solve": {
        "da not masked to the triangle": lambda u, a, b, **static: substituted(u, a, b, masked=False, **static),
        "trans ignored in da": lambda u, a, b, **static: substituted(u, a, b, flip=True, **static),
        "the unit diagonal has a slope": lambda u, a, b, **static: substituted(u, a, b, forget_unit=True, **static),
    },
    "inv": {
        "positive": lambda u, a: (inverse(a).mT @ u @ inverse(a).mT,),
        "inverse not transposed": lambda u, a: (-inverse(a) @ u @ inverse(a),),
        "one inverse only": lambda u, a: (-inverse(a).mT @ u,),
    },
    "det": {
        "inverse not transposed": lambda u, a: each(u * np.linalg.det(a), inverse(a)),
        "pytorch: 0 where a is singular": lambda u, a: (
            np.where(np.linalg.det(a)[..., None, None] == 0, 0, pv.det(a)[1](u)[0]),
        ),
        "that of the logarithm": lambda u, a: each(u, inverse(a).mT),
    },
    "slogdet": {
        "inverse not transposed": lambda u, a: each(logarithm(u, a), inverse(a)),
        "that of the determinant": lambda u, a: each(
            logarithm(u, a) * np.linalg.det(a).astype(a.dtype), inverse(a).mT
        ),
        "the sign has a slope": lambda u, a: each(
            logarithm(u, a) + u[: u.size // 2].reshape(a.shape[:-2]), inverse(a).mT
        ),
        "0 where a is singular": lambda u, a: each(logarithm(u, a), np.nan_to_num(inverse(a).mT)),
    },
}  # fmt: skip
