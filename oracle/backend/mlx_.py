"""MLX, as a user calls it."""

from importlib.metadata import version
from typing import Any

import mlx.core as mx
import numpy as np
from mlx import nn
from mlx.core import linalg

from oracle.backend import mlx_functions as own
from oracle.backend.options import contracted, need, sides
from oracle.backend.table import functions_of, in_c_order, lanes, named, reductions, same_ndim, vjp_of

CAPABILITIES = {
    "name": "mlx", "version": version("mlx"), "device": "cpu", "dtypes": ("float64", "float32", "float16", "bfloat16"),
}  # fmt: skip
mx.set_default_device(mx.cpu)

LACKS = (
    "Not implemented", "cannot be smaller than weight", "unsupported data type", "Does not yet support",
    "Cannot calculate VJP",
)  # fmt: skip
"""What its errors say when it has no such gradient."""

FORWARD: dict[str, Any] = {
    **named(
        mx,
        "negative add subtract multiply divide maximum power remainder arctan2 logaddexp exp log square tanh abs sqrt "
        "rsqrt reciprocal expm1 log1p log2 log10 sin cos tan arcsin arccos arctan sinh cosh arcsinh arccosh arctanh "
        "sign floor ceil floor_divide minimum sigmoid matmul inner outer kron atleast_1d atleast_2d atleast_3d clip "
        "nan_to_num softmax trace transpose concatenate stack squeeze expand_dims swapaxes tile roll take_along_axis "
        "tril triu diag diagonal split rint=round",
    ),
    **named(mx, "moveaxis", source=int),
    **named(mx, "partition", kth=int),
    **named(mx, "repeat", repeats=int),
    **named(mx, "sort", descending=False),
    **named(mx, "take", mode="raise"),
    **named(nn, "relu leaky_relu silu softplus"),
    **named(nn, "log_softmax", axis=int),
    **named(nn.losses, "mse=mse_loss"),
    **named(linalg, "inv pinv eigvalsh"),
    **named(linalg, "norm", axis=int | None),
    **lanes(mx, "cumsum cumprod cummax cummin logcumsumexp"),
    **reductions(mx, "sum mean max min prod logsumexp median", own.some_axes),
    **own.moments("var std"),
    **own.transforms("fft ifft rfft irfft"),
    **in_c_order(mx.reshape),
    **functions_of(own),
    "where": lambda x, y, *, condition: mx.where(condition, x, y),
    "gelu": lambda x, *, approximate: (nn.gelu_approx if approximate else nn.gelu)(x),
    "broadcast_to": lambda x, *, shape: mx.broadcast_to(x, sides(shape)),
    "scatter_add": lambda x, updates, *, indices: x.at[indices].add(updates),
    "linear": lambda x, w: x @ w.T,
    "einsum": lambda xs, *, subscripts: mx.einsum(subscripts, *xs),
    "tensordot": lambda a, b, *, axes: mx.tensordot(a, b, contracted(a, b, axes)),
    "cross": lambda a, b, *, axis: need(a.shape == b.shape, "cross of other shapes") or linalg.cross(a, b, axis),
    "cholesky": lambda a, *, upper: linalg.cholesky((a + mx.swapaxes(a, -1, -2)) / 2, upper),
    "solve": same_ndim(linalg.solve),
}
RULES = frozenset(FORWARD)


def array(x: Any) -> Any:
    """An array of MLX; float64 stays what it is."""
    need(x.dtype != np.complex128, "complex128")
    if x.dtype.name == "bfloat16":
        return mx.array(np.asarray(x, np.float32)).astype(mx.bfloat16)
    return mx.array(np.array(x, order="C"), mx.float64 if x.dtype == np.float64 else None)


def numpy(x: Any, like: Any) -> Any:
    """An array of NumPy, of the dtype it has."""
    return np.array(x.astype(mx.float32)).astype(like.dtype) if x.dtype == mx.bfloat16 else np.array(x)


def differentiate(forward: Any, args: list[Any], cotangents: list[Any]) -> tuple[list[Any], list[Any]]:
    """Values and cotangents; those of MLX are conjugates of ours."""
    try:
        values, found = mx.vjp(forward, [array(x) for x in args], [array(np.conj(u)) for u in cotangents])
        mx.eval(values, found)
    except ValueError as error:
        need(not any(text in str(error) for text in LACKS), f"gradient: {error}")
        raise
    return [numpy(v, cotangents[0]) for v in values], [np.conj(numpy(dx, args[0])) for dx in found]


vjp = vjp_of(FORWARD, differentiate, lambda x: mx.array(np.array(x)))
