"""Broadcasting and its adjoint."""

import numpy as np

from purevjp.aliases import Array, Axis, DType, Shape


def unbroadcast(da: Array, shape: Shape, dtype: DType, *, copy: bool = False) -> Array:
    """Adjoint of broadcasting from this shape and dtype: `da` summed over axes that were added or stretched;
    halves are added in float32.

    Where there is nothing to sum, the result is `da` itself, or a copy if asked for.
    """
    if da.shape == shape:
        return cast(da, dtype, copy=copy)
    added = da.ndim - len(shape)
    stretched = [added + i for i, n in enumerate(shape) if n == 1 and da.shape[added + i] != 1]
    wide = np.float32 if da.dtype == np.float16 else da.dtype
    total: Array = np.add.reduce(da, axis=(*range(added), *stretched), dtype=wide)
    return cast(total.reshape(shape), dtype)


def broadcasts(shape: Shape, to: Shape) -> bool:
    """Whether an array of one shape broadcasts to another and makes it no larger."""
    pairs = zip(reversed(shape), reversed(to), strict=False)
    return len(shape) <= len(to) and all(n in (1, m) for n, m in pairs)


def cast(da: Array, dtype: DType, *, copy: bool = False) -> Array:
    """Adjoint of casting from this dtype: of a real one, the real part."""
    return (da.real if da.dtype.kind == "c" and dtype.kind == "f" else da).astype(dtype, copy=copy)


def kept_shape(shape: Shape, axis: Axis) -> Shape:
    """The shape of a reduction over `axis` with `keepdims=True`; `axis` is one that NumPy has accepted."""
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    reduced = {a % (len(shape) or 1) for a in axes}
    return tuple(1 if i in reduced else n for i, n in enumerate(shape))
