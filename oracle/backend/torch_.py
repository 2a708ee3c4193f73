"""PyTorch, as a user calls it: the functions it has, and none put together of others."""

from typing import Any

import numpy as np
import torch
from torch import fft, linalg
from torch.nn import functional as F  # noqa: N812 (as PyTorch's own pages have it)

from oracle.backend.table import axes_of, need, one_axis, same_names, vjp_of
from oracle.backend.torch_functions import (
    attention,
    conv,
    conv_transpose,
    cross_entropy,
    eigh,
    getitem,
    lane,
    normed,
    pad,
    pool,
    prod,
    reduced,
    roll,
    splitted,
    svd,
    trailing,
    unique_qr,
    vector_norm,
)
from purevjp.tree import tree_leaves, tree_map

CAPABILITIES = {
    "name": "torch", "version": torch.__version__, "device": "cpu",
    "dtypes": ("float64", "float32", "float16", "bfloat16"),
}  # fmt: skip
torch.set_num_threads(1)


FORWARD: dict[str, Any] = {
    **same_names(
        torch,
        "negative add subtract multiply divide maximum remainder fmod arctan2 hypot copysign logaddexp exp log square "
        "tanh abs sqrt rsqrt reciprocal exp2 expm1 log1p log2 log10 sin cos tan arcsin arccos arctan sinh cosh arcsinh "
        "arccosh arctanh sinc sign floor ceil minimum fmax fmin sigmoid matmul inner kron "
        "moveaxis atleast_1d atleast_2d atleast_3d relu matrix_power",
        power="pow",
        rint="round",
    ),
    "clip": lambda x, low, high: (
        need(torch.broadcast_shapes(x.shape, low.shape, high.shape) == x.shape, "clip of a larger shape")
        or torch.clip(x, low, high)
    ),
    "outer": lambda a, b: need(a.ndim == b.ndim == 1, "outer of more axes") or torch.outer(a, b),
    "vdot": lambda a, b: need(a.ndim == b.ndim == 1, "vdot of more axes") or torch.vdot(a, b),
    "swapaxes": lambda x, *, axis1, axis2: torch.swapaxes(x, axis1, axis2),
    "nan_to_num": lambda x, *, nan, posinf, neginf: torch.nan_to_num(x, nan, posinf, neginf),
    "where": lambda x, y, *, condition: torch.where(condition, x, y),
    "leaky_relu": lambda x, *, negative_slope: F.leaky_relu(x, negative_slope),
    "silu": F.silu,
    "softplus": F.softplus,
    "linear": F.linear,
    "gelu": lambda x, *, approximate: F.gelu(x, approximate="tanh" if approximate else "none"),
    "softmax": lane(F.softmax, "softmax"),
    "log_softmax": lane(F.log_softmax, "log_softmax"),
    "sum": reduced(torch.sum),
    "mean": reduced(torch.mean),
    "max": reduced(torch.amax),
    "min": reduced(torch.amin),
    "prod": prod,
    "logsumexp": reduced(torch.logsumexp),
    "nansum": reduced(torch.nansum),
    "nanmean": reduced(torch.nanmean),
    "var": reduced(torch.var, "correction"),
    "std": reduced(torch.std, "correction"),
    "norm": vector_norm,
    "trace": lambda x, *, offset, axis1, axis2: torch.diagonal(x, offset, axis1, axis2).sum(-1),
    "quantile": lambda x, *, q, axis=None, keepdims=False, method="linear": (
        need(x.dtype in {torch.float32, torch.float64}, "quantile of halves")
        or torch.quantile(
            x,
            q.to(x.dtype) if isinstance(q, torch.Tensor) else float(q),
            None if axis is None else one_axis(x.ndim, axis, "quantile"),
            keepdims,
            interpolation=method,
        )
    ),
    "cov": lambda x, *, rowvar, bias, ddof: torch.cov(
        x if rowvar else x.T, correction=ddof if ddof is not None else int(not bias)
    ),
    "cumsum": lane(torch.cumsum, "cumsum"),
    "cumprod": lane(torch.cumprod, "cumprod"),
    "cummax": lane(lambda x, dim: torch.cummax(x, dim).values, "cummax"),
    "cummin": lane(lambda x, dim: torch.cummin(x, dim).values, "cummin"),
    "logcumsumexp": lane(torch.logcumsumexp, "logcumsumexp"),
    "diff": lane(torch.diff, "diff"),
    "trapezoid": lambda x, *, dx, axis: torch.trapezoid(x, dx=dx, dim=axis),
    "reshape": lambda x, *, shape, order="C": need(order == "C", "order F") or x.reshape(shape),
    "ravel": lambda x, *, order: need(order == "C", f"order {order}") or torch.ravel(x),
    "transpose": lambda x, *, axes: x.permute(axes if axes is not None else tuple(range(x.ndim))[::-1]),
    "concatenate": lambda xs, *, axis: need(axis is not None, "concatenation in a row") or torch.cat(tuple(xs), axis),
    "stack": lambda xs, *, axis: torch.stack(tuple(xs), axis),
    "vstack": torch.vstack,
    "hstack": torch.hstack,
    "dstack": torch.dstack,
    "split": splitted,
    "multi_dot": linalg.multi_dot,
    "broadcast_to": lambda x, *, shape: torch.broadcast_to(x, (shape,) if isinstance(shape, int) else shape),
    "squeeze": lambda x, *, axis: x.squeeze() if axis is None else x.squeeze(axis),
    "expand_dims": lambda x, *, axis: x.unsqueeze(one_axis(x.ndim + 1, axis, "unsqueeze")),
    "meshgrid": lambda xs, *, sparse, indexing: (
        need(not sparse, "sparse grid")
        or need(all(x.ndim < 2 for x in xs), "grid of matrices")
        or list(torch.meshgrid(*xs, indexing=indexing))
    ),
    "pad": pad,
    "getitem": getitem,
    "tile": lambda x, *, reps: torch.tile(x, (reps,) if isinstance(reps, int) else tuple(reps)),
    "repeat": lambda x, *, repeats, axis: torch.repeat_interleave(
        x, repeats if isinstance(repeats, int) else torch.as_tensor(repeats), axis
    ),
    "roll": roll,
    "rot90": lambda x, *, k, axes: torch.rot90(x, k, axes),
    "flip": lambda x, *, axis: torch.flip(x, axes_of(x.ndim, axis)),
    "take": lambda x, *, indices, axis, mode: (
        need(axis is None and mode == "raise", "take along an axis") or torch.take(x, indices)
    ),
    "take_along_axis": lambda x, *, indices, axis: (
        need((indices >= 0).all(), "negative indices") or torch.take_along_dim(x, indices, axis)
    ),
    "embedding": lambda table, *, indices, padding_index: (
        need(table.ndim == 2 and padding_index is None and bool((indices >= 0).all()), "such a table")
        or F.embedding(indices, table)
    ),
    "scatter_add": lambda x, updates, *, indices: (
        need(indices.ndim == 1 and updates.shape == (len(indices), *x.shape[1:]), "it")
        or torch.index_add(x, 0, indices % max(len(x), 1), updates)
    ),
    "tril": lambda x, *, k: torch.tril(x, k),
    "triu": lambda x, *, k: torch.triu(x, k),
    "diag": lambda x, *, k: torch.diag(x, k),
    "diagonal": lambda x, *, offset, axis1, axis2: torch.diagonal(x, offset, axis1, axis2),
    "sort": lane(lambda x, dim, descending: torch.sort(x, dim=dim, descending=descending, stable=True).values, "sort"),
    "top_k": lambda x, *, k, axis: torch.topk(x, k, axis).values,
    "einsum": lambda xs, *, subscripts: torch.einsum(subscripts, *xs),
    "tensordot": lambda a, b, *, axes: torch.tensordot(
        a, b, axes if isinstance(axes, int) else [axes_of(x.ndim, part) for x, part in zip((a, b), axes, strict=True)]
    ),
    "vecdot": lambda a, b, *, axis: linalg.vecdot(a, b, dim=axis),
    "cross": lambda a, b, *, axis: (
        need(a.ndim == b.ndim, "cross of other numbers of axes") or linalg.cross(a, b, dim=axis)
    ),
    **{name: normed(name) for name in ("fft", "ifft", "rfft", "irfft", "fftn", "ifftn")},
    "fftshift": lambda x, *, axes: fft.fftshift(x, axes),
    "ifftshift": lambda x, *, axes: fft.ifftshift(x, axes),
    "cholesky": lambda a, *, upper: linalg.cholesky((a + a.mT) / 2, upper=upper),
    "qr": lambda a: unique_qr(*linalg.qr(a)),
    "eigvalsh": lambda a: linalg.eigvalsh((a + a.mT) / 2),
    "eigh": eigh,
    "svdvals": linalg.svdvals,
    "svd": svd,
    "pinv": linalg.pinv,
    "lstsq": lambda a, b: need(a.ndim == b.ndim, "lstsq of other numbers of axes") or linalg.lstsq(a, b).solution,
    "matrix_norm": lambda x, **of: linalg.matrix_norm(x, of["ord"], keepdim=of["keepdims"]),
    "solve": linalg.solve,
    "inv": linalg.inv,
    "det": linalg.det,
    "slogdet": lambda a: tuple(linalg.slogdet(a)),
    "conv": conv,
    "conv_transpose": conv_transpose,
    "max_pool": lambda x, *, window, stride, padding, dilation: pool(
        (F.max_pool1d, F.max_pool2d, F.max_pool3d), x, window, stride, padding, dilation
    ),
    "avg_pool": lambda x, *, window, stride, padding, count_include_pad: pool(
        (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d), x, window, stride, padding, False, count_include_pad
    ),
    "layer_norm": lambda x, gain, bias, *, axis, epsilon: F.layer_norm(x, trailing(x, axis), gain, bias, epsilon),
    "rms_norm": lambda x, gain, *, axis, epsilon: F.rms_norm(x, trailing(x, axis), gain, epsilon),
    "batch_norm": lambda x, gain, bias, *, axis, epsilon: (
        need(axis % x.ndim == 1 and x.numel() > x.shape[1], "such batches")
        or F.batch_norm(x, None, None, gain, bias, training=True, eps=epsilon)
    ),
    "batch_norm_inference": lambda x, gain, bias, *, mean, variance, axis, epsilon: (
        need(axis % x.ndim == 1, "such batches")
        or F.batch_norm(x, mean.to(x.dtype), variance.to(x.dtype), gain, bias, training=False, eps=epsilon)
    ),
    "scaled_dot_product_attention": attention,
    "cross_entropy": cross_entropy,
    "rnn_cell": lambda x, h, *w, activation="tanh": (
        need(x.ndim == 2, "cell of such batches")
        or (torch.rnn_tanh_cell if activation == "tanh" else torch.rnn_relu_cell)(x, h, *w)
    ),
    "lstm_cell": lambda x, h, c, *w: need(x.ndim == 2, "cell of such batches") or tuple(torch.lstm_cell(x, (h, c), *w)),
    "gru_cell": lambda x, h, *w: need(x.ndim == 2, "cell of such batches") or torch.gru_cell(x, h, *w),
    "mse": lambda p, y, *, reduction: F.mse_loss(p, y, reduction=reduction),
    "bce_with_logits": lambda x, t, *, pos_weight, reduction: F.binary_cross_entropy_with_logits(
        x, t, pos_weight=None if pos_weight is None else pos_weight.to(x.dtype), reduction=reduction
    ),
}
RULES = frozenset(FORWARD)


def tensor(x: Any) -> Any:
    """An array as a tensor of its own memory: a stride of 0 is kept."""
    if x.dtype.name == "bfloat16":
        return torch.from_numpy(np.array(x).view(np.uint16)).view(torch.bfloat16)
    repeated = x.size > 1 and not any(x.strides)
    return torch.from_numpy(np.array(x.flat[0])).expand(x.shape) if repeated else torch.from_numpy(np.array(x))


def array(t: Any, like: Any) -> Any:
    """A tensor as an array, of the dtype it has."""
    t = t.detach().resolve_conj().resolve_neg()
    return t.view(torch.uint16).numpy().view(like.dtype) if t.dtype == torch.bfloat16 else t.numpy()


def differentiate(forward: Any, args: Any, cotangent: Any) -> tuple[Any, Any]:
    """Value and cotangents; PyTorch's are conjugates of ours."""
    primals = tree_map(lambda x: tensor(x).requires_grad_(), args)
    value = forward(*primals)
    results, leaves, u = (
        tree_leaves(value),
        tree_leaves(primals),
        [tensor(np.conj(part)) for part in tree_leaves(cotangent)],
    )
    found = torch.autograd.grad(results, leaves, u, allow_unused=True, materialize_grads=True)
    cotangents = iter(found)
    of_tree = tree_map(lambda x: array(next(cotangents).conj(), x), args)
    like = tree_leaves(cotangent)[0]
    return tree_map(lambda t: array(t, like), value), of_tree


vjp = vjp_of(FORWARD, differentiate, tensor)
