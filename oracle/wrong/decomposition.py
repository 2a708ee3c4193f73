"""Wrong pullbacks of purevjp/decomposition.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv


def parts(u: Any, *likes: Any) -> list[Any]:
    """A packed cotangent, in parts of these shapes."""
    ends = np.cumsum([like.size for like in likes])[:-1]
    return [part.reshape(like.shape) for part, like in zip(np.split(u, ends), likes, strict=True)]


def symmetric(s: Any) -> Any:
    """½(s + sᵀ)."""
    return (s + s.mT) / 2


def factored(u: Any, a: Any, *, upper: bool, halved: bool = True, how: Callable[[Any], Any] = symmetric) -> Any:
    """The cotangent of Cholesky's factor, with one thing changed."""
    factor = np.linalg.cholesky(symmetric(a))
    inner = np.tril(factor.mT @ (u.mT if upper else u))
    if halved:
        inner = inner - inner * np.eye(a.shape[-1], dtype=a.dtype) / 2
    inverse = np.linalg.inv(factor)
    return (how(inverse.mT @ inner @ inverse).astype(a.dtype),)


def of_eigenvalues(u: Any, a: Any, *, squared: bool = False, transposed: bool = False) -> Any:
    """The cotangent of eigenvalues, with one thing changed."""
    v = np.linalg.eigh(symmetric(a))[1]
    v = v.mT if transposed else v
    return (symmetric((v * v if squared else v) * u[..., None, :] @ v.mT),)


def of_eigenvectors(
    u: Any, a: Any, *, flipped: bool = False, alone: str = "", how: Callable[[Any], Any] = symmetric
) -> Any:
    """The cotangent of eigenvalues and eigenvectors, with one thing changed."""
    w, v = pv.eigh(a)[0]
    t, z = parts(u, w, v)
    gap = w[..., None, :] - w[..., :, None] + np.eye(w.shape[-1], dtype=w.dtype)
    off = (1 - np.eye(w.shape[-1], dtype=w.dtype)) / gap * (v.mT @ z)
    diagonal = t[..., None] * np.eye(w.shape[-1], dtype=w.dtype)
    inner = (0 if alone == "values" else -off if flipped else off) + (0 if alone == "vectors" else diagonal)
    return (how(v @ inner @ v.mT),)


def nan_where_equal(u: Any, a: Any) -> Any:
    """1 / (wⱼ − wᵢ), which is infinite where they are equal."""
    w = pv.eigh(a)[0][0]
    gap = w[..., None, :] - w[..., :, None] + np.eye(w.shape[-1], dtype=w.dtype)
    return (np.where((gap == 0).any((-2, -1))[..., None, None], np.nan, pv.eigh(a)[1](tuple(parts(u, w, a)))[0]),)


def triangularised(
    u: Any, a: Any, *, mirrored: bool = True, rest: bool = True, sign: int = 1, gauge: bool = True
) -> Any:
    """The cotangent of QR, with one thing changed."""
    q, r = pv.qr(a)[0] if gauge else np.linalg.qr(a)
    v, w = parts(u, q, r)
    k = q.shape[-1]
    if rest:
        v = v + a[..., k:] @ w[..., k:].mT
    lower = np.tril(r[..., :k] @ w[..., :k].mT - sign * v.mT @ q)
    s = lower + np.tril(lower, -1).mT if mirrored else lower
    da = (v + q @ s) @ np.linalg.inv(r[..., :k]).mT
    return (np.concatenate([da, q @ w[..., k:]], axis=-1),)


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "cholesky": {
        "diagonal not halved": lambda u, a, *, upper: factored(u, a, upper=upper, halved=False),
        "autograd PR #56: a triangular cotangent": lambda u, a, *, upper: factored(
            u, a, upper=upper, how=lambda s: np.tril(s + s.mT) - np.eye(a.shape[-1], dtype=a.dtype) * s
        ),
        "pytorch #18825: not symmetrised": lambda u, a, *, upper: factored(u, a, upper=upper, how=lambda s: s),
        "upper ignored": lambda u, a, *, upper: factored(u, a, upper=False),
    },
    "qr": {
        "lower triangle not mirrored": lambda u, a: triangularised(u, a, mirrored=False),
        "the columns beyond the square left out": lambda u, a: triangularised(u, a, rest=False),
        "the sign of vᵀ q": lambda u, a: triangularised(u, a, sign=-1),
        "LAPACK's signs": lambda u, a: triangularised(u, a, gauge=False),
    },
    "eigvalsh": {
        "eigenvectors squared": lambda u, a: of_eigenvalues(u, a, squared=True),
        "eigenvectors in rows": lambda u, a: of_eigenvalues(u, a, transposed=True),
        "u on the diagonal": lambda u, a: (u[..., None] * np.eye(a.shape[-1], dtype=a.dtype),),
    },
    "eigh": {
        "wᵢ − wⱼ": lambda u, a: of_eigenvectors(u, a, flipped=True),
        "jax #2311, #669: nan at equal eigenvalues": nan_where_equal,
        "eigenvalues only": lambda u, a: of_eigenvectors(u, a, alone="values"),
        "eigenvectors only": lambda u, a: of_eigenvectors(u, a, alone="vectors"),
        "autograd: a triangular cotangent": lambda u, a: of_eigenvectors(
            u, a, how=lambda s: np.tril(s + s.mT) - np.eye(a.shape[-1], dtype=a.dtype) * s
        ),
    },
}
