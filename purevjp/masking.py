"""Selection without branches: `np.where` on a mask that changes often takes ten times as long."""

import numpy as np

from purevjp.aliases import Array

INTEGERS = {2: np.int16, 4: np.int32, 8: np.int64}
"""Of the size of a float."""


def kept_where(mask: Array, u: Array) -> Array:
    """u where the mask holds, 0 elsewhere: `np.where(mask, u, 0)`, for floats by their bits.

    >>> kept_where(np.array([True, False]), np.array([-1.0, np.inf]))
    array([-1.,  0.])
    """
    integer = INTEGERS.get(u.dtype.itemsize)
    if integer is None or u.dtype.kind != "f" or not u.ndim:
        return np.where(mask, u, u.dtype.type(0))
    bits = np.negative(mask, dtype=integer)
    bits &= u.view(integer)
    return bits.view(u.dtype)
