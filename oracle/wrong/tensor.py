"""Wrong pullbacks of purevjp/tensor.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv
from oracle.wrong.product import fit, swap_last, transposes


def right(rule: Any, u: Any, *xs: Any, **static: Any) -> Any:
    """The right cotangents."""
    return rule(*xs, **static)[1](u)


def each(change: Callable[[Any, Any, str], Any], u: Any, arrays: Any, subscripts: str) -> Any:
    """The right cotangents of einsum, changed one by one."""
    (cotangents,) = right(pv.einsum, u, arrays, subscripts=subscripts)
    terms = subscripts.replace(" ", "").partition("->")[0].split(",")
    as_given = list if isinstance(arrays, list) else tuple
    return (as_given(change(dx, x, term) for dx, x, term in zip(cotangents, arrays, terms, strict=True)),)


def axes_of(term: str) -> list[tuple[int, str]]:
    """The axis of each letter, counted from the left before an ellipsis and from the right after it."""
    before, _, after = term.partition("...")
    return [*enumerate(before), *((i - len(after), letter) for i, letter in enumerate(after))]


def off_diagonal_too(dx: Any, _x: Any, term: str) -> Any:
    """The diagonal in all of a row, where zeros should be."""
    repeated = [axis for axis, letter in axes_of(term) if term.count(letter) > 1]
    return np.array(np.broadcast_to(dx.sum(axis=repeated[0], keepdims=True), dx.shape)) if repeated else dx


def alone_shared(dx: Any, x: Any, term: str, subscripts: str) -> Any:
    """A mean over the letters that occur in one array alone, where each should get all."""
    alone = [axis for axis, letter in axes_of(term) if subscripts.count(letter) == 1 and "->" in subscripts]
    return dx / dx.dtype.type(max(1, np.prod([x.shape[axis] for axis in alone])))


def read_by_memory(x: Any) -> Any:
    """The elements in the order of memory."""
    return np.asarray(x).ravel(order="K").reshape(np.shape(x))


def reversed_axes(u: Any, a: Any, b: Any, axes: Any) -> Any:
    """The axes of a left as the product has them: those of u, then those of b."""
    da, db = right(pv.tensordot, u, a, b, axes=axes)
    if isinstance(axes, int) or isinstance(axes[0], int):
        return da, swap_last(db)
    kept = [i for i in range(a.ndim) if i not in {j % a.ndim for j in axes[0]}]
    order = [*kept, *(j % a.ndim for j in axes[0])]
    return fit(da.transpose(order).copy(), a), db


def kron_by_tiles(u: Any, a: Any, b: Any) -> Any:
    """The blocks of u read as tiles: aᵢ where bⱼ is, and the other way round."""
    da, db = right(pv.kron, u, b, a)[::-1] if a.ndim == b.ndim else right(pv.kron, -u, a, b)
    return da.astype(a.dtype), db.astype(b.dtype)


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "einsum": {
        "autograd #115: no zeros off the diagonal": lambda u, arrays, *, subscripts: each(
            off_diagonal_too, u, arrays, subscripts
        ),
        "a mean over what one array alone has": lambda u, arrays, *, subscripts: each(
            lambda dx, x, term: alone_shared(dx, x, term, subscripts), u, arrays, subscripts
        ),
        "pytorch #30303: arrays read in the order of memory": lambda u, arrays, *, subscripts: right(
            pv.einsum, u, [read_by_memory(x) for x in arrays], subscripts=subscripts
        ),
        "cotangents in reverse": lambda u, arrays, *, subscripts: (
            [
                fit(dx, x)
                for dx, x in zip(right(pv.einsum, u, arrays, subscripts=subscripts)[0][::-1], arrays, strict=True)
            ],
        ),
    },
    "tensordot": {
        "da with its axes in the order of the product": lambda u, a, b, *, axes: reversed_axes(u, a, b, axes),
        "db without its transpose": lambda u, a, b, *, axes: (
            right(pv.tensordot, u, a, b, axes=axes)[0],
            swap_last(right(pv.tensordot, u, a, b, axes=axes)[1]),
        ),
        "u in the order of memory": lambda u, a, b, *, axes: right(pv.tensordot, read_by_memory(u), a, b, axes=axes),
    },
    "inner": transposes(pv.inner),
    "outer": {
        "da summed over the wrong axis": lambda u, a, b: (
            fit(np.dot(fit(b, a).ravel(), u), a),
            right(pv.outer, u, a, b)[1],
        ),
        "no db": lambda u, a, b: (right(pv.outer, u, a, b)[0], np.zeros_like(b)),
        "a in the order of memory": lambda u, a, b: right(pv.outer, u, read_by_memory(a), b),
    },
    "kron": {
        "blocks read as tiles": kron_by_tiles,
        "no db": lambda u, a, b: (right(pv.kron, u, a, b)[0], np.zeros_like(b)),
        "da of the first element of b alone": lambda u, a, b: (
            right(pv.kron, u, a, np.where(np.arange(b.size).reshape(b.shape) == 0, b, 0).astype(b.dtype))[0],
            right(pv.kron, u, a, b)[1],
        ),
    },
}
