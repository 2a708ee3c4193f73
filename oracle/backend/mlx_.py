"""MLX, as a user calls it."""

from importlib.metadata import version
from typing import Any

import mlx.core as mx
import numpy as np
from mlx import nn
from mlx.core import fast, fft, linalg

from oracle.backend.table import axes_of, need, one_axis, plain, same_names, vjp_of
from purevjp.tree import tree_leaves, tree_map

CAPABILITIES = {
    "name": "mlx", "version": version("mlx"), "device": "cpu", "dtypes": ("float64", "float32", "float16", "bfloat16"),
}  # fmt: skip
mx.set_default_device(mx.cpu)


def reduced(function: Any, what: str) -> Any:
    """A reduction without a first value and a mask."""

    def of(x: Any, *, axis: Any = None, initial: Any = None, where: Any = None, **more: Any) -> Any:
        plain(initial, where)
        need(axis != (), f"{what} over no axis")
        return function(x, axis=axis if axis is None or isinstance(axis, int) else list(axis), **more)

    return of


def moment(function: Any) -> Any:
    """A moment with a whole number of degrees of freedom."""
    return lambda x, *, ddof=0, **more: (
        need(ddof == int(ddof), "ddof between integers") or function(x, ddof=int(ddof), **more)
    )


def lane(function: Any, what: str) -> Any:
    """A function along one axis, or of all elements in a row."""
    return lambda x, *, axis=-1, **more: (
        function(x.flatten(), axis=0, **more)
        if axis is None
        else function(x, axis=one_axis(x.ndim, axis, what), **more)
    )


def norm(x: Any, *, axis: Any = None, keepdims: bool = False, **of: Any) -> Any:
    """Length of vectors."""
    need(axis is None or isinstance(axis, int), "norm over several axes")
    return linalg.norm(x, of.get("ord"), axis, keepdims)


def put_along_axis(x: Any, values: Any, *, indices: Any, axis: Any) -> Any:
    """Elements put by index: MLX does not say which of those that are named twice stays."""
    lanes = np.sort(
        np.array(indices) % (x.size if axis is None else x.shape[axis]), axis=axis if axis is not None else None
    )
    need(not np.any(np.diff(lanes, axis=-1 if axis is None else axis) == 0), "order among indices that are named twice")
    return mx.put_along_axis(x, indices, values, axis)


def transform(function: Any) -> Any:
    """A Fourier transform: it has one norm, and float32."""
    return lambda x, *, n, axis, norm: (
        need(norm in {None, "backward"} and x.dtype != mx.float64, "norm, or float64") or function(x, n, axis)
    )


def trailing(x: Any, axis: Any) -> Any:
    """Normalizations are over the last axis."""
    return need(axes_of(x.ndim, axis) == (x.ndim - 1,), "normalization over other axes than the last")


def conv(x: Any, w: Any, *, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """Channels are last."""
    n = x.ndim - 2
    need(not isinstance(padding, str), f"padding {padding}")
    pairs = [(padding,) * 2] * n if isinstance(padding, int) else [(p, p) if isinstance(p, int) else p for p in padding]
    y = mx.conv_general(
        mx.moveaxis(x, 1, -1), mx.moveaxis(w, 1, -1), stride=stride if isinstance(stride, int) else list(stride),
        padding=([a for a, _ in pairs], [b for _, b in pairs]),
        kernel_dilation=dilation if isinstance(dilation, int) else list(dilation), groups=groups,
    )  # fmt: skip
    return mx.moveaxis(y, -1, 1)


def signs(v: Any) -> Any:
    """The signs that make the largest entry of each column positive."""
    return mx.sign(mx.take_along_axis(v, mx.argmax(mx.abs(v), axis=-2, keepdims=True), -2))


FORWARD: dict[str, Any] = {
    **same_names(
        mx,
        "negative add subtract multiply divide maximum power remainder arctan2 logaddexp exp log square tanh abs sqrt "
        "rsqrt reciprocal expm1 log1p log2 log10 sin cos tan arcsin arccos arctan sinh cosh arcsinh arccosh arctanh "
        "sign floor ceil floor_divide minimum sigmoid matmul inner outer kron atleast_1d atleast_2d atleast_3d",
        rint="round",
    ),
    "nan_to_num": lambda x, *, nan, posinf, neginf: mx.nan_to_num(x, nan, posinf, neginf),
    "where": lambda x, y, *, condition: mx.where(condition, x, y),
    "clip": mx.clip,
    "relu": nn.relu,
    "leaky_relu": lambda x, *, negative_slope: nn.leaky_relu(x, negative_slope),
    "silu": nn.silu,
    "softplus": nn.softplus,
    "gelu": lambda x, *, approximate: (nn.gelu_approx if approximate else nn.gelu)(x),
    "softmax": lambda x, *, axis: mx.softmax(x, axis=axis),
    "log_softmax": lambda x, *, axis: (
        need(isinstance(axis, int), "log_softmax over several axes") or nn.log_softmax(x, axis)
    ),
    **{name: reduced(getattr(mx, name), name) for name in ("sum", "mean", "max", "min", "prod", "logsumexp")},
    **{name: reduced(moment(getattr(mx, name)), name) for name in ("var", "std")},
    "norm": norm,
    "trace": lambda x, *, offset, axis1, axis2: mx.trace(x, offset, axis1, axis2),
    "median": reduced(mx.median, "median"),
    "cumsum": lane(mx.cumsum, "cumsum"),
    "cumprod": lane(mx.cumprod, "cumprod"),
    "cummax": lane(mx.cummax, "cummax"),
    "cummin": lane(mx.cummin, "cummin"),
    "logcumsumexp": lane(mx.logcumsumexp, "it"),
    "reshape": lambda x, *, shape, order="C": (
        need(order == "C", "order F") or mx.reshape(x, (shape,) if isinstance(shape, int) else shape)
    ),
    "ravel": lambda x, *, order: need(order == "C", f"order {order}") or mx.flatten(x),
    "transpose": lambda x, *, axes: mx.transpose(x, axes),
    "broadcast_to": lambda x, *, shape: mx.broadcast_to(x, (shape,) if isinstance(shape, int) else shape),
    "concatenate": lambda xs, *, axis: mx.concatenate(xs, axis),
    "stack": lambda xs, *, axis: mx.stack(xs, axis),
    "split": lambda x, *, indices_or_sections, axis: list(mx.split(x, indices_or_sections, axis)),
    "meshgrid": lambda xs, *, sparse, indexing: (
        need(all(x.ndim < 2 for x in xs), "grid of matrices")
        or list(mx.meshgrid(*xs, sparse=sparse, indexing=indexing))
    ),
    "squeeze": lambda x, *, axis: mx.squeeze(x, axis),
    "expand_dims": lambda x, *, axis: mx.expand_dims(x, axis),
    "swapaxes": lambda x, *, axis1, axis2: mx.swapaxes(x, axis1, axis2),
    "moveaxis": lambda x, *, source, destination: (
        need(isinstance(source, int), "moveaxis of several") or mx.moveaxis(x, source, destination)
    ),
    "pad": lambda x, *, pad_width, mode, constant_values: (
        need(mode in {"constant", "edge"} and not isinstance(pad_width, dict) and np.ndim(constant_values) == 0, mode)
        or mx.pad(x, pad_width, mode, mx.array(constant_values, x.dtype))
    ),
    "tile": lambda x, *, reps: mx.tile(x, reps),
    "roll": lambda x, *, shift, axis: mx.roll(x, shift, axis),
    "repeat": lambda x, *, repeats, axis: (
        need(isinstance(repeats, int), "repeats by element") or mx.repeat(x, repeats, axis)
    ),
    "take": lambda x, *, indices, axis, mode: need(mode == "raise", f"mode {mode}") or mx.take(x, indices, axis),
    "take_along_axis": lambda x, *, indices, axis: mx.take_along_axis(x, indices, axis),
    "put_along_axis": put_along_axis,
    "embedding": lambda table, *, indices, padding_index: (
        need(padding_index is None, "padding index") or table[indices]
    ),
    "scatter_add": lambda x, updates, *, indices: x.at[indices].add(updates),
    "tril": lambda x, *, k: mx.tril(x, k),
    "triu": lambda x, *, k: mx.triu(x, k),
    "diag": lambda x, *, k: mx.diag(x, k),
    "diagonal": lambda x, *, offset, axis1, axis2: mx.diagonal(x, offset, axis1, axis2),
    "sort": lambda x, *, axis, descending: need(not descending, "descending order") or mx.sort(x, axis),
    "partition": lambda x, *, kth, axis: need(isinstance(kth, int), "several places") or mx.partition(x, kth, axis),
    "linear": lambda x, w: x @ w.T,
    "einsum": lambda xs, *, subscripts: mx.einsum(subscripts, *xs),
    "tensordot": lambda a, b, *, axes: mx.tensordot(
        a,
        b,
        axes if isinstance(axes, int) else [list(axes_of(x.ndim, part)) for x, part in zip((a, b), axes, strict=True)],
    ),
    "cross": lambda a, b, *, axis: need(a.shape == b.shape, "cross of other shapes") or linalg.cross(a, b, axis),
    "cholesky": lambda a, *, upper: linalg.cholesky((a + mx.swapaxes(a, -1, -2)) / 2, upper),
    "inv": linalg.inv,
    "solve": lambda a, b: need(a.ndim == b.ndim, "equations of other numbers of axes") or linalg.solve(a, b),
    "pinv": linalg.pinv,
    "eigvalsh": linalg.eigvalsh,
    **{name: transform(getattr(fft, name)) for name in ("fft", "ifft", "rfft", "irfft")},
    "conv": conv,
    "layer_norm": lambda x, gain, bias, *, axis, epsilon: trailing(x, axis) or fast.layer_norm(x, gain, bias, epsilon),
    "rms_norm": lambda x, gain, *, axis, epsilon: trailing(x, axis) or fast.rms_norm(x, gain, epsilon),
    "scaled_dot_product_attention": lambda q, k, v, *, mask, causal, scale: (
        need(q.ndim == 4 and (mask is None or not causal), "it")
        or fast.scaled_dot_product_attention(
            q,
            k,
            v,
            scale=q.shape[-1] ** -0.5 if scale is None else scale,
            mask="causal" if causal else mask if mask is None or mask.dtype == mx.bool_ else mask.astype(q.dtype),
        )
    ),
    "mse": lambda p, y, *, reduction: nn.losses.mse_loss(p, y, reduction),
    "bce_with_logits": lambda x, t, *, pos_weight, reduction: (
        need(pos_weight is None, "pos_weight")
        or nn.losses.binary_cross_entropy(x, t, with_logits=True, reduction=reduction)
    ),
    "cross_entropy": lambda x, *, labels, axis, weights=None, ignore_index=None, label_smoothing=0.0, reduction: (
        need(weights is None and ignore_index is None and x.ndim > 1, "weights or ignore_index")
        or nn.losses.cross_entropy(x, labels, axis=axis, label_smoothing=label_smoothing, reduction=reduction)
    ),
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
        lacks = (
            "Not implemented",
            "cannot be smaller than weight",
            "unsupported data type",
            "Does not yet support",
            "Cannot calculate VJP",
        )
        need(not any(text in str(error) for text in lacks), f"gradient: {error}")
        raise
    results = iter([numpy(v, us[0]) for v in values])
    parts = iter([np.conj(numpy(dx, leaves[0])) for dx in found])
    return tree_map(lambda _: next(results), cotangent), tree_map(lambda _: next(parts), args)


vjp = vjp_of(FORWARD, differentiate, lambda x: mx.array(np.array(x)))
