"""Names of the types that rules speak in."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
"""An array of floats, or a NumPy scalar where NumPy itself returns one."""

ArrayLike: TypeAlias = npt.ArrayLike
Shape: TypeAlias = tuple[int, ...]
Axis: TypeAlias = int | tuple[int, ...] | None
DType: TypeAlias = np.dtype[Any]
Tree: TypeAlias = Any
"""An array, or a tuple, list or dict of trees."""

Pullback1: TypeAlias = Callable[[ArrayLike], tuple[Array]]
Pullback2: TypeAlias = Callable[[ArrayLike], tuple[Array, Array]]
Pullback3: TypeAlias = Callable[[ArrayLike], tuple[Array, Array, Array]]
TreePullback: TypeAlias = Callable[[ArrayLike], tuple[Tree, ...]]

LayerPullback: TypeAlias = Callable[[Any], tuple[Tree, Tree]]
Layer: TypeAlias = Callable[[Tree, Tree], tuple[Tree, LayerPullback]]
"""`layer(params, x) -> (y, vjp)` with `vjp(u) -> (dparams, dx)`."""

Rule: TypeAlias = Callable[..., tuple[Any, Callable[..., tuple[Any, ...]]]]
