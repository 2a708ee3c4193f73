"""What every rule asks of its primals and of the cotangent that comes in."""

import numpy as np

from purevjp.aliases import Array, ArrayLike, DType, Shape


def as_primal(x: ArrayLike, rule: str, name: str, *, analytic: bool = False) -> Array:
    """`x` as an array of floats, or of complex numbers where a rule is analytic.

    Errors  TypeError when `x` is of another dtype (integers have no derivative), or is masked.
    """
    array = np.asarray(x)
    if array.dtype.kind not in ("fc" if analytic else "f") or not array.dtype.isnative:
        wanted = "a float or complex array" if analytic else "a float array"
        raise TypeError(f"{rule} got {name} of dtype {array.dtype}, but should get {wanted} of native byte order")
    if array is not x and x.__class__.__name__ == "MaskedArray":
        raise TypeError(f"{rule} got {name} as a masked array, but should get an array: rules know no masks")
    return array


def as_cotangent(u: ArrayLike, rule: str, shape: Shape, dtype: DType) -> Array:
    """`u` as an array of the value's shape and dtype; a Python number takes the value's dtype.

    Errors  ValueError on another shape (never broadcast), TypeError on another dtype.
    """
    array = np.asarray(u)
    if array.dtype != dtype:
        weak = isinstance(u, int | float) or (isinstance(u, complex) and dtype.kind == "c")
        if not weak or isinstance(u, bool | np.generic):
            raise TypeError(f"{rule}_vjp got u of dtype {array.dtype}, but should get {dtype}, the value's dtype")
        array = np.asarray(u, dtype=dtype)
    if array.shape != shape:
        raise ValueError(f"{rule}_vjp got u of shape {array.shape}, but should get {shape}, the value's shape")
    return array


def check_flags(rule: str, **flags: bool) -> None:
    """That options are True or False, and no word for it.

    Errors  TypeError when one is something else.
    """
    for name, flag in flags.items():
        if not isinstance(flag, bool | np.bool_):
            raise TypeError(f"{rule} got {name}={flag!r}, but should get True or False")
