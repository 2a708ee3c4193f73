"""Wrong pullbacks of purevjp/chain.py; those of complex arrays get them and give them packed."""

from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv
from oracle.pack import apart, joined
from oracle.wrong.product import fit, swap_last
from oracle.wrong.tensor import right


def unpacked(rule: Any, u: Any, a: Any, b: Any, **static: Any) -> Any:
    """The right cotangents of two complex arrays, as complex numbers p + iq of cotangents p and q of the parts."""
    return [np.conj(dx) for dx in right(rule, np.conj(joined(u)), joined(a), joined(b), **static)]


def with_conjugates(rule: Any, *, of_a: bool, of_b: bool) -> Callable[..., Any]:
    """The conjugates of the right cotangents: what a forgotten one gives."""

    def pullback(u: Any, a: Any, b: Any, **static: Any) -> Any:
        da, db = unpacked(rule, u, a, b, **static)
        return apart(np.conj(da) if of_a else da), apart(np.conj(db) if of_b else db)

    return pullback


def bilinear(rule: Any) -> Callable[..., Any]:
    """That of Σ a b, without the conjugate in the value."""

    def pullback(u: Any, a: Any, b: Any, **static: Any) -> Any:
        da, db = (np.conj(dx) for dx in right(rule, np.conj(joined(u)), np.conj(joined(a)), joined(b), **static))
        return apart(np.conj(da)), apart(db)

    return pullback


def conjugates(rule: Any) -> dict[str, Callable[..., Any]]:
    """What every product of complex vectors can get wrong."""
    return {
        "da conjugated once more": with_conjugates(rule, of_a=True, of_b=False),
        "db conjugated once more": with_conjugates(rule, of_a=False, of_b=True),
        "as if nothing was conjugated": bilinear(rule),
    }


def signed(u: Any, a: Any, b: Any, axis: int) -> Any:
    """a × u for the cotangent of b."""
    da, db = right(pv.cross, u, a, b, axis=axis)
    return da, -db


def rolled(u: Any, a: Any, b: Any, axis: int) -> Any:
    """Components in another order."""
    da, db = right(pv.cross, u, a, b, axis=axis)
    return np.roll(da, 1, axis=axis), db


def of_one_link(change: Callable[[Any], Any], i: int, u: Any, arrays: Any) -> Any:
    """The right cotangents, one of them changed."""
    (cotangents,) = right(pv.multi_dot, u, arrays)
    cotangents = list(cotangents)
    cotangents[i] = change(cotangents[i])
    return ((list if isinstance(arrays, list) else tuple)(cotangents),)


def commuting(u: Any, a: Any, n: int) -> Any:
    """n aⁿ⁻¹ for a that commutes with u: the elementwise rule."""
    return n * np.matmul(u, np.linalg.matrix_power(a, n - 1).mT)


def missing(u: Any, a: Any, n: int) -> Any:
    """The first term of the sum alone."""
    return np.matmul(u, np.linalg.matrix_power(a, n - 1).mT) if n > 0 else right(pv.matrix_power, u, a, n=n)[0]


def of_inverse(u: Any, a: Any, n: int) -> Any:
    """For n < 0, the cotangent of the inverse."""
    return right(pv.matrix_power, u, np.linalg.inv(a), n=-n)[0] if n < 0 else right(pv.matrix_power, u, a, n=n)[0]


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "vdot": conjugates(pv.vdot),
    "vecdot": conjugates(pv.vecdot),
    "cross": {
        "burn PR #4069: a × u": lambda u, a, b, *, axis: signed(u, a, b, axis),
        "components in another order": lambda u, a, b, *, axis: rolled(u, a, b, axis),
        "a for b": lambda u, a, b, *, axis: (
            right(pv.cross, u, a, fit(a, b), axis=axis)[0],
            right(pv.cross, u, a, b, axis=axis)[1],
        ),
    },
    "multi_dot": {
        "the first without its transpose": lambda u, arrays: of_one_link(swap_last, 0, u, arrays),
        "the second without its transpose": lambda u, arrays: of_one_link(swap_last, 1, u, arrays),
        "none for the last": lambda u, arrays: of_one_link(np.zeros_like, -1, u, arrays),
    },
    "matrix_power": {
        "n aⁿ⁻¹, as of numbers": lambda u, a, *, n: (commuting(u, a, n),),
        "the first term alone": lambda u, a, *, n: (missing(u, a, n),),
        "not transposed": lambda u, a, *, n: (right(pv.matrix_power, u, a.mT, n=n)[0],),
        "that of the inverse for n < 0": lambda u, a, *, n: (of_inverse(u, a, n),),
        "u for n = 0": lambda u, a, *, n: (right(pv.matrix_power, u, a, n=n or 1)[0],),
    },
    "quadratic_form": {
        "one triangle read, as of a symmetric matrix": lambda u, x, a: (
            right(pv.quadratic_form, u, x, np.tril(a) + np.tril(a, -1).mT)[0],
            right(pv.quadratic_form, u, x, a)[1],
        ),
        "half of it": lambda u, x, a: (
            right(pv.quadratic_form, u, x, a)[0] / 2,
            right(pv.quadratic_form, u, x, a)[1],
        ),
        "diff-gaussian-rasterization PR #64: half of what is off the diagonal": lambda u, x, a: (
            right(pv.quadratic_form, u, x, a)[0],
            right(pv.quadratic_form, u, x, a)[1] * (1 + np.eye(x.shape[-1], dtype=a.dtype)) / 2,
        ),
        "u without x": lambda u, x, a: (
            right(pv.quadratic_form, u, x, a)[0],
            right(pv.quadratic_form, u, np.sign(x), a)[1],
        ),
    },
}
