"""MLX, as a user calls it."""

from importlib.metadata import version
from typing import Any

import mlx.core as mx
import numpy as np
from mlx import nn
from mlx.core import linalg

from oracle.backend import mlx_functions as own
from oracle.backend.table import contracted, functions_of, in_c_order, lanes, need, same_names, sides, vjp_of
from purevjp.tree import tree_leaves, tree_map

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
    **same_names(
        mx,
        "negative add subtract multiply divide maximum power remainder arctan2 logaddexp exp log square tanh abs sqrt "
        "rsqrt reciprocal expm1 log1p log2 log10 sin cos tan arcsin arccos arctan sinh cosh arcsinh arccosh arctanh "
        "sign floor ceil floor_divide minimum sigmoid matmul inner outer kron atleast_1d atleast_2d atleast_3d clip "
        "nan_to_num softmax trace transpose concatenate stack squeeze expand_dims swapaxes tile roll take_along_axis "
        "tril triu diag diagonal",
        rint="round",
    ),
    **same_names(nn, "relu leaky_relu silu softplus"),
    **same_names(linalg, "inv pinv eigvalsh"),
    **lanes(mx, "cumsum cumprod cummax cummin logcumsumexp"),
    **own.reductions("sum mean max min prod logsumexp var std median"),
    **own.transforms("fft ifft rfft irfft"),
    **functions_of(own),
    "where": lambda x, y, *, condition: mx.where(condition, x, y),
    "gelu": lambda x, *, approximate: (nn.gelu_approx if approximate else nn.gelu)(x),
    "log_softmax": lambda x, *, axis: (
        need(isinstance(axis, int), "log_softmax over several axes") or nn.log_softmax(x, axis)
    ),
    "reshape": in_c_order(mx.reshape),
    "ravel": in_c_order(mx.reshape),
    "broadcast_to": lambda x, *, shape: mx.broadcast_to(x, sides(shape)),
    "split": lambda x, *, indices_or_sections, axis: list(mx.split(x, indices_or_sections, axis)),
    "meshgrid": lambda xs, *, sparse, indexing: (
        need(all(x.ndim < 2 for x in xs), "grid of matrices")
        or list(mx.meshgrid(*xs, sparse=sparse, indexing=indexing))
    ),
    "moveaxis": lambda x, *, source, destination: (
        need(isinstance(source, int), "moveaxis of several") or mx.moveaxis(x, source, destination)
    ),
    "repeat": lambda x, *, repeats, axis: (
        need(isinstance(repeats, int), "repeats by element") or mx.repeat(x, repeats, axis)
    ),
    "take": lambda x, *, indices, axis, mode: need(mode == "raise", f"mode {mode}") or mx.take(x, indices, axis),
    "embedding": lambda table, *, indices, padding_index: (
        need(padding_index is None, "padding index") or table[indices]
    ),
    "scatter_add": lambda x, updates, *, indices: x.at[indices].add(updates),
    "sort": lambda x, *, axis, descending: need(not descending, "descending order") or mx.sort(x, axis),
    "partition": lambda x, *, kth, axis: need(isinstance(kth, int), "several places") or mx.partition(x, kth, axis),
    "linear": lambda x, w: x @ w.T,
    "einsum": lambda xs, *, subscripts: mx.einsum(subscripts, *xs),
    "tensordot": lambda a, b, *, axes: mx.tensordot(a, b, contracted(a, b, axes)),
    "cross": lambda a, b, *, axis: need(a.shape == b.shape, "cross of other shapes") or linalg.cross(a, b, axis),
    "cholesky": lambda a, *, upper: linalg.cholesky((a + mx.swapaxes(a, -1, -2)) / 2, upper),
    "solve": lambda a, b: need(a.ndim == b.ndim, "equations of other numbers of axes") or linalg.solve(a, b),
    "mse": lambda p, y, *, reduction: nn.losses.mse_loss(p, y, reduction),
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


def differentiate(forward: Any, args: Any, cotangent: Any) -> tuple[Any, Any]:
    """Value and cotangents; those of MLX are conjugates of ours."""

    def flat(*leaves: Any) -> list[Any]:
        parts = iter(leaves)
        return tree_leaves(forward(*tree_map(lambda _: next(parts), args)))

    leaves, us = tree_leaves(args), tree_leaves(cotangent)
    try:
        values, found = mx.vjp(flat, [array(x) for x in leaves], [array(np.conj(u)) for u in us])
        mx.eval(values, found)
    except ValueError as error:
        need(not any(text in str(error) for text in LACKS), f"gradient: {error}")
        raise
    results = iter([numpy(v, us[0]) for v in values])
    parts = iter([np.conj(numpy(dx, leaves[0])) for dx in found])
    return tree_map(lambda _: next(results), cotangent), tree_map(lambda _: next(parts), args)


vjp = vjp_of(FORWARD, differentiate, lambda x: mx.array(np.array(x)))
