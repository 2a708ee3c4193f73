"""Wrong pullbacks of functions that move elements."""

from collections.abc import Callable
from typing import Any

import numpy as np

from purevjp.broadcast import unbroadcast


def by_permutation(u: Any, x: Any, axes: Any) -> Any:
    """The permutation again, where its inverse should be."""
    back = u.transpose(axes)
    return np.array(back if back.shape == x.shape else back.reshape(x.shape))


def split(u: Any, arrays: Any, axis: Any, *, order: int = 1, size_one: bool = False) -> Any:
    """The parts of u for each array: from the last back, or as if each had side one."""
    flat = axis is None
    u = np.moveaxis(u, 0 if flat else axis, 0)
    parts, start = [], 0
    for x in arrays[::order]:
        n = x.size if flat else x.shape[axis]
        part = u[start : start + n] if not size_one else np.repeat(u[start : start + 1], n, axis=0)[:n]
        part = np.concatenate([part, np.zeros((n - len(part), *u.shape[1:]), u.dtype)])
        parts.append(np.array(part.reshape(x.shape) if flat else np.moveaxis(part, 0, axis), x.dtype))
        start += 1 if size_one else n
    as_given = list if isinstance(arrays, list) else tuple
    return (as_given(parts[::order]),)


def first_of_stretched(u: Any, x: Any) -> Any:
    """The first of what a side of one was stretched to; 0 of nothing."""
    index = tuple(slice(0, 1) if n == 1 else slice(None) for n in x.shape)
    part = np.zeros_like(x)
    part[...] = u[index] if u[index].shape == x.shape else 0
    return part


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "reshape": {
        "Fortran order": lambda u, x, *, shape, order: (u.reshape(x.shape, order="F").copy(),),
        "C order": lambda u, x, *, shape, order: (u.reshape(x.shape).copy(),),
        "torch/nn #345: u read in the order of memory": lambda u, x, *, shape, order: (
            u.ravel(order="K").reshape(x.shape, order=order).copy(),
        ),
        "reversed": lambda u, x, *, shape, order: (u.ravel()[::-1].reshape(x.shape).copy(),),
    },
    "transpose": {
        "the permutation for its inverse": lambda u, x, *, axes: (by_permutation(u, x, axes),),
        "reshaped": lambda u, x, *, axes: (u.reshape(x.shape).copy(),),
        "rank 2: only the last two axes": lambda u, x, *, axes: (
            (u.swapaxes(-1, -2) if u.ndim > 1 else u).reshape(x.shape).copy(),
        ),
    },
    "concatenate": {
        "parts in reverse": lambda u, arrays, *, axis: split(u, arrays, axis, order=-1),
        "burn PR #402: parts of side one": lambda u, arrays, *, axis: split(u, arrays, axis, size_one=True),
        "burn PR #4069: the first offset is skipped": lambda u, arrays, *, axis: split(
            np.roll(u, 1, axis=0 if axis is None else axis), arrays, axis
        ),
    },
    "ravel": {
        "C order": lambda u, x, *, order: (u.reshape(x.shape).copy(),),
        "Fortran order": lambda u, x, *, order: (u.reshape(x.shape, order="F").copy(),),
        "u strewn in the order of x's memory": lambda u, x, *, order: (
            u.reshape(x.shape, order="F" if x.flags.f_contiguous else "C").copy(),
        ),
    },
    "broadcast_to": {
        "burn #181: not summed": lambda u, x, *, shape: (np.resize(u, x.shape),),
        "tvm PR #2465: broadcast, not collapsed": lambda u, x, *, shape: (np.array(u),),
        "aesara #1089: sides of one are not summed": lambda u, x, *, shape: (
            first_of_stretched(u.sum(axis=tuple(range(u.ndim - x.ndim))), x),
        ),
        "mean": lambda u, x, *, shape: (unbroadcast(u, x.shape, x.dtype) * x.dtype.type(x.size / max(u.size, 1)),),
    },
    "astype": {
        "not cast back": lambda u, x, *, dtype: (u.astype(dtype, copy=True),),
        "burn PR #4069: cut off": lambda u, x, *, dtype: (np.zeros_like(x),),
        "rounded to half precision on the way": lambda u, x, *, dtype: (u.astype(np.float16).astype(x.dtype),),
    },
}
