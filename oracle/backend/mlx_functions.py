"""Functions of MLX with the keywords of the rulebook, where the names alone do not do."""

from typing import Any

import mlx.core as mx
import numpy as np
from mlx import nn
from mlx.core import fast, fft

from oracle.backend.options import axes_of, need, widths
from oracle.backend.table import reduced


def moments(names: str) -> dict[str, Any]:
    """Variances with whole degrees of freedom."""

    def whole(function: Any) -> Any:
        return lambda x, *, ddof, **more: (
            need(ddof == int(ddof), "ddof between integers") or function(x, ddof=int(ddof), **more)
        )

    return {name: reduced(name, whole(getattr(mx, name)), some_axes, {}) for name in names.split()}


def some_axes(_ndim: int, axis: Any) -> Any:
    """None, or axes; MLX takes no axis for all."""
    need(axis != (), "reduction over no axis")
    return list(axis) if isinstance(axis, tuple) else axis


def transforms(names: str) -> dict[str, Any]:
    """Fourier transforms: they have one norm, and float32."""

    def transform(function: Any) -> Any:
        return lambda x, *, n, axis, norm: (
            need(norm in {None, "backward"} and x.dtype != mx.float64, "norm, or float64") or function(x, n, axis)
        )

    return {name: transform(getattr(fft, name)) for name in names.split()}


def meshgrid(xs: Any, *, sparse: bool, indexing: str) -> Any:
    """Of vectors."""
    need(all(x.ndim < 2 for x in xs), "grid of matrices")
    return mx.meshgrid(*xs, sparse=sparse, indexing=indexing)


def embedding(table: Any, *, indices: Any, padding_index: Any) -> Any:
    """Rows that all count."""
    return need(padding_index is None, "padding index") or table[indices]


def put_along_axis(x: Any, values: Any, *, indices: Any, axis: Any) -> Any:
    """Elements put by index: MLX does not say which of those that are named twice stays."""
    along = 0 if axis is None else axis
    lanes = np.sort(np.array(indices) % (x.size if axis is None else x.shape[axis]), axis=axis)
    need(not np.any(np.diff(lanes, axis=along) == 0), "order among indices that are named twice")
    return mx.put_along_axis(x, indices, values, axis)


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


def pad(x: Any, *, pad_width: Any, mode: Any, constant_values: Any) -> Any:
    """A constant, or the edge."""
    pairs = widths(x, pad_width, mode, constant_values, ("constant", "edge"))
    return mx.pad(x, pairs, mode, mx.array(constant_values, x.dtype)) if pairs else x


def layer_norm(x: Any, gain: Any, bias: Any, *, axis: Any, epsilon: float) -> Any:
    """Over the last axis."""
    return trailing(x, axis) or fast.layer_norm(x, gain, bias, epsilon)


def rms_norm(x: Any, gain: Any, *, axis: Any, epsilon: float) -> Any:
    """Over the last axis."""
    return trailing(x, axis) or fast.rms_norm(x, gain, epsilon)


def trailing(x: Any, axis: Any) -> Any:
    """Normalizations are over the last axis."""
    return need(axes_of(x.ndim, axis) == (x.ndim - 1,), "normalization over other axes than the last")


def scaled_dot_product_attention(q: Any, k: Any, v: Any, *, mask: Any, causal: bool, scale: Any) -> Any:
    """Of four axes."""
    need(q.ndim == 4 and (mask is None or not causal), "it")
    mask = "causal" if causal else mask if mask is None or mask.dtype == mx.bool_ else mask.astype(q.dtype)
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    return fast.scaled_dot_product_attention(q, k, v, scale=scale, mask=mask)


def bce_with_logits(x: Any, t: Any, *, pos_weight: Any, reduction: str) -> Any:
    """Of one weight."""
    need(pos_weight is None, "pos_weight")
    return nn.losses.binary_cross_entropy(x, t, with_logits=True, reduction=reduction)


def cross_entropy(x: Any, *, labels: Any, axis: int, reduction: str, label_smoothing: float = 0.0, **of: Any) -> Any:
    """All labels count, and alike."""
    plain = of.get("weights") is None and of.get("ignore_index") is None and x.ndim > 1
    need(plain, "weights or ignore_index")
    return nn.losses.cross_entropy(x, labels, axis=axis, label_smoothing=label_smoothing, reduction=reduction)
