"""Functions of PyTorch with the keywords of the rulebook, where the names alone do not do."""

from typing import Any

import numpy as np
import torch
from torch import linalg
from torch.nn import functional as F  # noqa: N812 (as PyTorch's own pages have it)

from oracle.backend.options import axes_of, need, one_axis, one_or_all, plain, shifts_of, widths


def some_axes(ndim: int, axis: Any) -> tuple[int, ...]:
    """All axes for None; PyTorch takes no axis for all."""
    need(axis != (), "reduction over no axis")
    return axes_of(ndim, axis)


def prod(x: Any, *, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Any:
    """A product over one axis or all."""
    plain(initial, where)
    return x.prod() if axis is None and not keepdims else torch.prod(x, one_axis(x.ndim, axis, "product"), keepdims)


def window(x: Any, padding: Any, *options: Any) -> tuple[Any, ...]:
    """Number of axes, options for each, and a padding that is the same on both sides."""
    n = x.ndim - 2
    need(1 <= n <= 3, f"window of {n} axes")
    need(isinstance(padding, int) or all(isinstance(p, int) or p[0] == p[1] for p in padding), "padding of two sizes")
    sides = (padding,) * n if isinstance(padding, int) else tuple(p if isinstance(p, int) else p[0] for p in padding)
    return n - 1, sides, *((o,) * n if isinstance(o, int) else o for o in options)


def conv(x: Any, w: Any, *, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """Cross-correlation."""
    if isinstance(padding, str):
        need(padding in {"valid", "same"} and (padding == "valid" or set(np.ravel(stride)) == {1}), "padding SAME")
        return (F.conv1d, F.conv2d, F.conv3d)[window(x, 0)[0]](x, w, None, stride, padding, dilation, groups)
    i, sides, stride, dilation = window(x, padding, stride, dilation)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:], strict=True)]
    need(all(n + 2 * p >= k for n, p, k in zip(x.shape[2:], sides, spans, strict=True)), "kernel larger than the input")
    return (F.conv1d, F.conv2d, F.conv3d)[i](x, w, None, stride, sides, dilation, groups)


def conv_transpose(
    x: Any, w: Any, *, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: int
) -> Any:
    """Its transpose."""
    i, sides, stride, out, dilation = window(x, padding, stride, output_padding, dilation)
    need(all(o < max(s, d) for o, s, d in zip(out, stride, dilation, strict=True)), "output_padding as large as that")
    return (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[i](
        x, w, None, stride, sides, out, groups, dilation
    )


def pool(functions: Any, x: Any, size: Any, stride: Any, padding: Any, *more: Any) -> Any:
    """A pooling of one to three axes."""
    need(not isinstance(padding, str) or padding == "valid", "padding SAME")
    i, sides, size = window(x, 0 if isinstance(padding, str) else padding, size)
    need(all(p <= w // 2 for p, w in zip(sides, size, strict=True)), "padding of more than half a window")
    return functions[i](x, size, size if stride is None else stride, sides, *more)


def trailing(x: Any, axis: Any) -> tuple[int, ...]:
    """The sides of the last axes, in order."""
    axes = axes_of(x.ndim, axis)
    need(axes and axes == tuple(range(x.ndim - len(axes), x.ndim)), "normalization over other axes than the last")
    return tuple(x.shape[a] for a in axes)


def cross_entropy(x: Any, *, labels: Any, axis: int, weights: Any = None, ignore_index: Any = None, **more: Any) -> Any:
    """Labels for lanes along any axis."""
    lanes = x.movedim(axis, -1).reshape(-1, x.shape[axis])
    weight = None if weights is None else weights.to(x.dtype)
    index = -100 if ignore_index is None else ignore_index
    losses = F.cross_entropy(lanes, labels.reshape(-1), weight=weight, ignore_index=index, **more)
    return losses.reshape(labels.shape) if more["reduction"] == "none" else losses


def pad(x: Any, *, pad_width: Any, mode: str, constant_values: Any) -> Any:
    """Constants only: the other modes of PyTorch are for images alone."""
    pairs = widths(x, pad_width, mode, constant_values)
    return F.pad(x, [w for pair in pairs[::-1] for w in pair], value=float(constant_values))


def getitem(x: Any, *, index: Any) -> Any:
    """Slices go forward only."""
    parts = index if isinstance(index, tuple) else (index,)
    need(all(not isinstance(part, slice) or (part.step or 1) > 0 for part in parts), "slices backwards")
    return x[index]


def scaled_dot_product_attention(q: Any, k: Any, v: Any, *, mask: Any, causal: bool, scale: float | None) -> Any:
    """Heads of equal number."""
    need(mask is None or not causal, "mask beside causal")
    need(q.shape[:-2] == k.shape[:-2] == v.shape[:-2], "attention of other heads or batches")
    mask = mask if mask is None or mask.dtype == torch.bool else mask.to(q.dtype)
    return F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal, scale=scale)


def split(x: Any, *, indices_or_sections: Any, axis: int) -> Any:
    """Equal sections, or sections between indices."""
    parts = indices_or_sections if isinstance(indices_or_sections, int) else list(map(int, indices_or_sections))
    return list(torch.tensor_split(x, parts, dim=axis))


def roll(x: Any, *, shift: Any, axis: Any) -> Any:
    """As many shifts as axes."""
    if axis is None:
        return torch.roll(x, int(np.ravel(shift)[0]) if np.size(shift) == 1 else int(sum(shift)))
    shifts, axes = shifts_of(shift, axis)
    return torch.roll(x, shifts, axes) if shifts else torch.roll(x, 0, 0) if x.ndim else x + 0


def signs(v: Any) -> Any:
    """The signs that make the largest entry of each column positive."""
    if not v.numel():
        return v.new_ones((*v.shape[:-2], 1, v.shape[-1]))
    return torch.sign(torch.take_along_dim(v, v.abs().argmax(-2, keepdim=True), -2))


def eigh(a: Any) -> tuple[Any, ...]:
    """Eigenvectors with the sign that makes them unique."""
    w, v = linalg.eigh((a + a.mT) / 2)
    return w, v * signs(v)


def svd(a: Any) -> tuple[Any, ...]:
    """Singular vectors with the sign that makes them unique."""
    p, s, q = linalg.svd(a, full_matrices=False)
    return p * signs(p), s, q * signs(p).mT


def qr(a: Any) -> tuple[Any, ...]:
    """Factors with the sign that makes them unique."""
    q, r = linalg.qr(a)
    sign = torch.sign(torch.diagonal(r, 0, -2, -1))[..., None, :]
    return q * sign, r * sign.mT


def norm(x: Any, *, axis: Any = None, keepdims: bool = False, **of: Any) -> Any:
    """Length of vectors."""
    return linalg.vector_norm(x, of.get("ord") or 2, axis, keepdims)


def clip(x: Any, low: Any, high: Any) -> Any:
    """Bounds that broadcast to x."""
    need(torch.broadcast_shapes(x.shape, low.shape, high.shape) == x.shape, "clip of a larger shape")
    return torch.clip(x, low, high)


def quantile(x: Any, *, q: Any, axis: Any = None, keepdims: bool = False, method: str = "linear") -> Any:
    """Over one axis or all."""
    need(x.dtype in {torch.float32, torch.float64}, "quantile of halves")
    q = q.to(x.dtype) if isinstance(q, torch.Tensor) else float(q)
    return torch.quantile(x, q, one_or_all(x.ndim, axis, "quantile"), keepdims, interpolation=method)


def cov(x: Any, *, rowvar: bool, bias: bool, ddof: Any) -> Any:
    """Variables in rows."""
    return torch.cov(x if rowvar else x.T, correction=ddof if ddof is not None else int(not bias))


def meshgrid(xs: Any, *, sparse: bool, indexing: str) -> Any:
    """Of vectors, dense."""
    need(not sparse, "sparse grid")
    return need(all(x.ndim < 2 for x in xs), "grid of matrices") or list(torch.meshgrid(*xs, indexing=indexing))


def repeat(x: Any, *, repeats: Any, axis: Any) -> Any:
    """Each as often, or by element."""
    return torch.repeat_interleave(x, repeats if isinstance(repeats, int) else torch.as_tensor(repeats), axis)


def take_along_axis(x: Any, *, indices: Any, axis: Any) -> Any:
    """From the start."""
    return need((indices >= 0).all(), "negative indices") or torch.take_along_dim(x, indices, axis)


def embedding(table: Any, *, indices: Any, padding_index: Any) -> Any:
    """Rows of a matrix."""
    need(table.ndim == 2 and padding_index is None and bool((indices >= 0).all()), "such a table")
    return F.embedding(indices, table)


def scatter_add(x: Any, updates: Any, *, indices: Any) -> Any:
    """By an index of the first axis."""
    need(indices.ndim == 1 and updates.shape == (len(indices), *x.shape[1:]), "it")
    return torch.index_add(x, 0, indices % max(len(x), 1), updates)


def layer_norm(x: Any, gain: Any, bias: Any, *, axis: Any, epsilon: float) -> Any:
    """Over the last axes."""
    return F.layer_norm(x, trailing(x, axis), gain, bias, epsilon)


def rms_norm(x: Any, gain: Any, *, axis: Any, epsilon: float) -> Any:
    """Over the last axes."""
    return F.rms_norm(x, trailing(x, axis), gain, epsilon)


def batch_norm(x: Any, gain: Any, bias: Any, *, axis: int, epsilon: float) -> Any:
    """Channels on axis 1."""
    need(axis % x.ndim == 1 and x.numel() > x.shape[1], "such batches")
    return F.batch_norm(x, None, None, gain, bias, training=True, eps=epsilon)


def batch_norm_inference(x: Any, gain: Any, bias: Any, *, mean: Any, variance: Any, axis: int, epsilon: float) -> Any:
    """Channels on axis 1."""
    need(axis % x.ndim == 1, "such batches")
    return F.batch_norm(x, mean.to(x.dtype), variance.to(x.dtype), gain, bias, training=False, eps=epsilon)


def max_pool(x: Any, *, window: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Of one to three axes."""
    return pool((F.max_pool1d, F.max_pool2d, F.max_pool3d), x, window, stride, padding, dilation)


def avg_pool(x: Any, *, window: Any, stride: Any, padding: Any, count_include_pad: bool) -> Any:
    """Of one to three axes."""
    return pool((F.avg_pool1d, F.avg_pool2d, F.avg_pool3d), x, window, stride, padding, False, count_include_pad)


def rnn_cell(x: Any, h: Any, *w: Any, activation: str = "tanh") -> Any:
    """Of one batch axis."""
    need(x.ndim == 2, "cell of such batches")
    return (torch.rnn_tanh_cell if activation == "tanh" else torch.rnn_relu_cell)(x, h, *w)


def lstm_cell(x: Any, h: Any, c: Any, *w: Any) -> Any:
    """Of one batch axis."""
    return need(x.ndim == 2, "cell of such batches") or tuple(torch.lstm_cell(x, (h, c), *w))


def gru_cell(x: Any, h: Any, *w: Any) -> Any:
    """Of one batch axis."""
    return need(x.ndim == 2, "cell of such batches") or torch.gru_cell(x, h, *w)


def bce_with_logits(x: Any, t: Any, *, pos_weight: Any, reduction: str) -> Any:
    """Weights in the dtype of x."""
    weight = None if pos_weight is None else pos_weight.to(x.dtype)
    return F.binary_cross_entropy_with_logits(x, t, pos_weight=weight, reduction=reduction)
