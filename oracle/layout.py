"""How arrays may lie in memory."""

from typing import Any

import numpy as np

from purevjp.aliases import Array

LAYOUTS = ("c", "fortran", "reversed", "strided")


def laid(x: Array, layout: str) -> Array:
    """The same numbers in another layout."""
    if layout in {"c", "fortran"}:
        return np.array(x, order="C" if layout == "c" else "F")
    step = -1 if layout == "reversed" else 2
    index: Any = (*(slice(None, None, step) for _ in x.shape), ...)
    memory = np.full([side * abs(step) for side in x.shape], np.nan, x.dtype)
    memory[index] = x
    view: Array = memory[index]
    return view
