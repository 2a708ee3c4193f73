"""JAX's primitives in NumPy: those that most programs consist of. `evaluate.py` runs programs of them."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from oracle.primitive_indexing import dynamic_slice, dynamic_update_slice, gather, pad, scatter, windows
from purevjp.aliases import Array

Run = Callable[..., Any]


def broadcast_in_dim(x: Any, *, shape: Any, broadcast_dimensions: Any, **_: Any) -> Array:
    """x with axes added and stretched."""
    sides = [1] * len(shape)
    for axis, side in zip(broadcast_dimensions, np.shape(x), strict=True):
        sides[axis] = side
    return np.broadcast_to(np.reshape(x, sides), shape)


def dot_general(a: Any, b: Any, *, dimension_numbers: Any, **_: Any) -> Array:
    """Σ a b over the contracted axes; batch axes first, then those of a, then those of b."""
    (contract_a, contract_b), (batch_a, batch_b) = dimension_numbers
    free_a = [i for i in range(np.ndim(a)) if i not in contract_a and i not in batch_a]
    free_b = [i for i in range(np.ndim(b)) if i not in contract_b and i not in batch_b]
    batch = [a.shape[i] for i in batch_a]
    of_a, of_b = ([x.shape[i] for i in free] for x, free in ((a, free_a), (b, free_b)))
    n = math.prod(a.shape[i] for i in contract_a)
    rows = a.transpose([*batch_a, *free_a, *contract_a]).reshape(*batch, math.prod(of_a), n)
    columns = b.transpose([*batch_b, *contract_b, *free_b]).reshape(*batch, n, math.prod(of_b))
    return np.asarray(rows @ columns).reshape((*batch, *of_a, *of_b))


def sliced(x: Any, *, start_indices: Any, limit_indices: Any, strides: Any) -> Array:
    """A part of x."""
    return np.asarray(x)[tuple(map(slice, start_indices, limit_indices, strides or (1,) * np.ndim(x)))]


def reshape(x: Any, *, new_sizes: Any, dimensions: Any, **_: Any) -> Array:
    """x in another shape, its axes first in another order."""
    return np.reshape(x if dimensions is None else np.transpose(x, dimensions), new_sizes)


def cumulative(function: Run) -> Run:
    """A running function, of the elements up to each, or from each on."""

    def of(x: Any, *, axis: int, reverse: bool) -> Any:
        return np.flip(function(np.flip(x, axis), axis, x.dtype), axis) if reverse else function(x, axis, x.dtype)

    return of


def split(x: Any, *, sizes: Any, axis: int) -> list[Array]:
    """x in parts."""
    return np.split(x, np.cumsum(sizes)[:-1], axis)


def convolved(
    x: Any, w: Any, *, window_strides: Any, padding: Any, lhs_dilation: Any, rhs_dilation: Any, dimension_numbers: Any,
    feature_group_count: int, batch_group_count: int, **_: Any,
) -> Array:  # fmt: skip
    """Σ of windows times kernels, by group of channels or of samples."""
    x, w = x.transpose(dimension_numbers.lhs_spec), w.transpose(dimension_numbers.rhs_spec)
    around = [(low, high, dilation - 1) for (low, high), dilation in zip(padding, lhs_dilation, strict=True)]
    x = pad(x, 0, padding_config=[(0, 0, 0), (0, 0, 0), *around])
    n, groups = len(window_strides), feature_group_count * batch_group_count
    view = windows(x, w.shape[2:], window_strides, rhs_dilation)
    b, c, *rest = view.shape
    apart = view.reshape(
        batch_group_count, b // batch_group_count, feature_group_count, c // feature_group_count, *rest
    )
    apart = np.moveaxis(apart, 2, 1).reshape(groups, b // batch_group_count, c // feature_group_count, *rest)
    kernels = w.reshape(groups, w.shape[0] // groups, *w.shape[1:])
    axes = [1, *range(2 + n, 2 + 2 * n)]
    parts = [np.tensordot(apart[g], kernels[g], (axes, [1, *range(2, 2 + n)])) for g in range(groups)]
    y = np.moveaxis(np.concatenate(parts, axis=-1), -1, 1)
    moved: Array = np.transpose(y, np.argsort(dimension_numbers.out_spec).tolist())
    return moved


def reduced_windows(function: Run, fill: float) -> Run:
    """A reduction of windows, with `fill` around and between the elements."""

    def of(
        x: Any, *, window_dimensions: Any, window_strides: Any, padding: Any, base_dilation: Any, window_dilation: Any
    ) -> Array:
        around = [(low, high, dilation - 1) for (low, high), dilation in zip(padding, base_dilation, strict=True)]
        view = windows(pad(x, fill, padding_config=around), window_dimensions, window_strides, window_dilation)
        return np.asarray(function(view, tuple(range(-x.ndim, 0))))

    return of


def select_n(which: Any, *cases: Any) -> Array:
    """The case that is meant, element by element."""
    chosen: Array = np.where(which, cases[1], cases[0]) if len(cases) == 2 else np.choose(which, cases)
    return chosen


def iota(*, dtype: Any, shape: Any, dimension: int, **_: Any) -> Array:
    """0, 1, 2, ... along an axis."""
    sides = [-1 if axis == dimension else 1 for axis in range(len(shape))]
    return np.broadcast_to(np.arange(shape[dimension], dtype=dtype).reshape(sides), shape)


def divided(a: Any, b: Any) -> Any:
    """a / b; of integers towards 0."""
    return a / b if np.issubdtype(np.result_type(a), np.inexact) else np.trunc(a / b).astype(a.dtype)


def converted(x: Any, *, new_dtype: Any, **_: Any) -> Array:
    """x in another dtype; of a complex number that becomes real, the real part."""
    keeps = np.iscomplexobj(x) and not np.issubdtype(new_dtype, np.complexfloating)
    return np.asarray(np.real(x) if keeps else x).astype(new_dtype, copy=False)


def same(x: Any, **_: Any) -> Any:
    """x."""
    return x


def complex_of(x: Any, y: Any) -> Any:
    """x + iy."""
    z = np.empty(np.broadcast_shapes(np.shape(x), np.shape(y)), np.result_type(x, np.complex64))
    z.real, z.imag = x, y
    return z


def round_half(x: Any, *, rounding_method: Any, **_: Any) -> Any:
    """x rounded: to even, or halves away from 0."""
    return np.rint(x) if int(rounding_method) else np.copysign(np.floor(np.abs(x) + 0.5), x)


def sort(*xs: Any, dimension: int, num_keys: int, is_stable: bool) -> list[Array]:
    """Arrays in the order of the first ones; of one alone, equal elements are one another's."""
    del is_stable
    order = np.lexsort([np.moveaxis(x, dimension, -1) for x in xs[:num_keys][::-1]], axis=-1)
    return [np.take_along_axis(x, np.moveaxis(order, -1, dimension), dimension) for x in xs]


def top_k(x: Any, *, k: int, axis: int = -1, **_: Any) -> list[Array]:
    """The k largest elements along an axis, the largest first, and where they are."""
    order = np.take(np.argsort(-x, axis, kind="stable"), range(k), axis)
    return [np.take_along_axis(x, order, axis), order.astype(np.int32)]


def fft(x: Any, *, fft_type: Any, fft_lengths: Any) -> Any:
    """A transform of the last axes."""
    axes = tuple(range(-len(fft_lengths), 0))
    name = fft_type.name.lower()
    y = getattr(np.fft, f"{name}n")(x, fft_lengths, axes) if fft_lengths else x
    return np.asarray(y)


ELEMENTWISE: dict[str, Run] = {
    "abs": np.abs, "acos": np.arccos, "acosh": np.arccosh, "add": np.add, "add_any": np.add, "and": np.bitwise_and,
    "asin": np.arcsin, "asinh": np.arcsinh, "atan": np.arctan, "atan2": np.arctan2, "atanh": np.arctanh,
    "cbrt": np.cbrt, "ceil": np.ceil, "complex": complex_of, "cos": np.cos, "cosh": np.cosh,
    "digamma": scipy.special.digamma, "div": divided, "eq": np.equal, "erf": scipy.special.erf,
    "erf_inv": scipy.special.erfinv, "erfc": scipy.special.erfc, "expm1": np.expm1, "floor": np.floor,
    "ge": np.greater_equal, "gt": np.greater, "imag": np.imag, "is_finite": np.isfinite, "le": np.less_equal,
    "lgamma": scipy.special.gammaln, "lt": np.less, "max": np.maximum, "min": np.minimum, "mul": np.multiply,
    "ne": np.not_equal, "neg": np.negative, "not": np.bitwise_not, "or": np.bitwise_or, "pow": np.power,
    "real": np.real, "rem": np.fmod, "select_n": select_n, "sign": np.sign, "sin": np.sin, "sinh": np.sinh,
    "square": np.square, "stop_gradient": same, "sub": np.subtract, "tan": np.tan,
}  # fmt: skip
"""Primitives without options."""

WITH_OPTIONS: dict[str, Run] = {
    "argmax": lambda x, *, axes, index_dtype, **_: np.argmax(x, axes[0]).astype(index_dtype),
    "broadcast_in_dim": broadcast_in_dim,
    "clamp": lambda low, x, high, **_: np.clip(x, low, high),
    "concatenate": lambda *xs, dimension: np.concatenate(xs, dimension),
    "convert_element_type": converted,
    "conj": lambda x, **_: np.conj(x),
    "conv_general_dilated": convolved,
    "copy": same,
    "copy_p": same,
    "cumlogsumexp": cumulative(np.logaddexp.accumulate),
    "cummax": cumulative(np.maximum.accumulate),
    "cummin": cumulative(np.minimum.accumulate),
    "cumprod": cumulative(np.cumprod),
    "cumsum": cumulative(np.cumsum),
    "dot_general": dot_general,
    "dynamic_slice": dynamic_slice,
    "dynamic_update_slice": dynamic_update_slice,
    "exp": lambda x, **_: np.exp(x),
    "fft": fft,
    "exp2": lambda x, **_: np.exp2(x),
    "expand_dims": lambda x, *, dimensions: np.expand_dims(x, dimensions),
    "gather": gather,
    "integer_pow": lambda x, *, y: x ** float(y) if y < 0 else x**y,
    "iota": iota,
    "log": lambda x, **_: np.log(x),
    "log1p": lambda x, **_: np.log1p(x),
    "logistic": lambda x, **_: 1 / (1 + np.exp(-x)),
    "pad": pad,
    "reduce_and": lambda x, *, axes, **_: np.all(x, axes),
    "reduce_max": lambda x, *, axes, **_: np.max(x, axes, initial=-np.inf),
    "reduce_min": lambda x, *, axes, **_: np.min(x, axes, initial=np.inf),
    "reduce_or": lambda x, *, axes, **_: np.any(x, axes),
    "reduce_prod": lambda x, *, axes, **_: np.prod(x, axes, x.dtype),
    "reduce_sum": lambda x, *, axes, **_: np.sum(x, axes, x.dtype),
    "reduce_window_max": reduced_windows(np.max, -np.inf),
    "reduce_window_min": reduced_windows(np.min, np.inf),
    "reduce_window_sum": reduced_windows(np.sum, 0),
    "reshape": reshape,
    "rev": lambda x, *, dimensions: np.flip(x, dimensions),
    "round": round_half,
    "rsqrt": lambda x, **_: 1 / np.sqrt(x),
    "scatter": scatter,
    "scatter-add": functools.partial(scatter, adds=True),
    "slice": sliced,
    "sort": sort,
    "split": split,
    "sqrt": lambda x, **_: np.sqrt(x),
    "stack": lambda *xs, axis, **_: np.stack(xs, axis),
    "squeeze": lambda x, *, dimensions: np.squeeze(x, dimensions),
    "tanh": lambda x, **_: np.tanh(x),
    "tile": lambda x, *, reps, **_: np.tile(x, reps),
    "top_k": top_k,
    "transpose": lambda x, *, permutation: np.transpose(x, permutation),
    "unstack": lambda x, *, axis, **_: list(np.moveaxis(x, axis, 0)),
}  # fmt: skip
