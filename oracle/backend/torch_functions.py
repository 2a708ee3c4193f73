"""Functions of PyTorch with the keywords of the rulebook, where the names alone do not do."""

from typing import Any

import numpy as np
import torch
from torch import fft, linalg
from torch.nn import functional as F  # noqa: N812 (as PyTorch's own pages have it)

from oracle.backend.table import axes_of, need, one_axis, plain


def reduced(function: Any, key: str = "") -> Any:
    """A reduction over any axes; `key` is the name of its own option."""

    def of(
        x: Any, *, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None, **more: Any
    ) -> Any:
        plain(initial, where)
        need(axis != (), "reduction over no axis")
        options = {key: more.get("ddof", 0)} if key else {}
        return function(x, dim=axes_of(x.ndim, axis), keepdim=keepdims, **options)

    return of


def lane(function: Any, what: str) -> Any:
    """A function along one axis, or of all elements in a row."""
    return lambda x, *, axis=-1, **more: (
        function(x.flatten(), dim=0, **more) if axis is None else function(x, dim=one_axis(x.ndim, axis, what), **more)
    )


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
    need(mode == "constant", f"padding {mode} of all axes")
    need(not isinstance(pad_width, dict) and np.ndim(constant_values) == 0, "padding by axis")
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))
    return F.pad(x, [int(w) for pair in widths[::-1] for w in pair], value=float(constant_values))


def getitem(x: Any, *, index: Any) -> Any:
    """Slices go forward only."""
    parts = index if isinstance(index, tuple) else (index,)
    need(all(not isinstance(part, slice) or (part.step or 1) > 0 for part in parts), "slices backwards")
    return x[index]


def attention(q: Any, k: Any, v: Any, *, mask: Any, causal: bool, scale: float | None) -> Any:
    """Heads of equal number."""
    need(mask is None or not causal, "mask beside causal")
    need(q.shape[:-2] == k.shape[:-2] == v.shape[:-2], "attention of other heads or batches")
    mask = mask if mask is None or mask.dtype == torch.bool else mask.to(q.dtype)
    return F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal, scale=scale)


def splitted(x: Any, *, indices_or_sections: Any, axis: int) -> Any:
    """Equal sections, or sections between indices."""
    parts = indices_or_sections if isinstance(indices_or_sections, int) else list(map(int, indices_or_sections))
    return list(torch.tensor_split(x, parts, dim=axis))


def roll(x: Any, *, shift: Any, axis: Any) -> Any:
    """As many shifts as axes."""
    if axis is None:
        return torch.roll(x, int(np.ravel(shift)[0]) if np.size(shift) == 1 else int(sum(shift)))
    shifts, axes = np.broadcast_arrays(np.ravel(shift), np.ravel(axis))
    return torch.roll(x, shifts.tolist(), axes.tolist()) if len(shifts) else torch.roll(x, 0, 0) if x.ndim else x + 0


def signs(v: Any) -> Any:
    """The signs that make the largest entry of each column positive."""
    return torch.sign(torch.take_along_dim(v, v.abs().argmax(-2, keepdim=True), -2)) if v.numel() else v[..., :1, :]


def eigh(a: Any) -> tuple[Any, ...]:
    """Eigenvectors with the sign that makes them unique."""
    w, v = linalg.eigh((a + a.mT) / 2)
    return w, v * signs(v)


def svd(a: Any) -> tuple[Any, ...]:
    """Singular vectors with the sign that makes them unique."""
    p, s, q = linalg.svd(a, full_matrices=False)
    return p * signs(p), s, q * signs(p).mT


def unique_qr(q: Any, r: Any) -> tuple[Any, ...]:
    """Factors with the sign that makes them unique."""
    sign = torch.sign(torch.diagonal(r, 0, -2, -1))[..., None, :]
    return q * sign, r * sign.mT


def normed(n: str) -> Any:
    """A transform along one axis, or several."""
    function = getattr(fft, n)
    if n.endswith("n"):
        return lambda x, *, s, axes, norm: function(x, s=s, dim=axes, norm=norm)
    return lambda x, *, n, axis, norm: function(x, n=n, dim=axis, norm=norm)


def vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, **of: Any) -> Any:
    """Length of vectors."""
    return linalg.vector_norm(x, of.get("ord") or 2, axis, keepdims)
