"""tinygrad, as a user calls it. Its CPU device compiles each program with clang."""

import os
from importlib.metadata import version
from typing import Any

import numpy as np

from oracle.backend.table import (
    axes_of,
    in_c_order,
    lanes,
    need,
    one_axis,
    reduced,
    same_names,
    shifts_of,
    sides,
    vjp_of,
    widths,
)  # fmt: skip
from purevjp.tree import tree_leaves, tree_map

os.environ.setdefault("DEV", "CPU")
from tinygrad import Tensor

CAPABILITIES = {
    "name": "tinygrad", "version": version("tinygrad"), "device": "cpu", "dtypes": ("float64", "float32", "float16"),
}  # fmt: skip


def reductions(names: str, axes: Any = axes_of, **more: str) -> dict[str, Any]:
    """Reductions over any axes."""
    return {name: reduced(getattr(Tensor, name), axes, keepdims="keepdim", **more) for name in names.split()}


def one_or_all(ndim: int, axis: Any) -> Any:
    """One axis, or None."""
    return None if axis is None else one_axis(ndim, axis, "logsumexp")


def pool(name: str) -> Any:
    """A pooling over all but the first two axes."""

    def of(x: Any, *, window: Any, stride: Any, padding: Any, **more: Any) -> Any:
        need(isinstance(padding, int), "padding by side")
        each = (window,) * (x.ndim - 2) if isinstance(window, int) else tuple(window)
        return getattr(Tensor, name)(x, each, window if stride is None else stride, padding=padding, **more)

    return of


def attention(q: Any, k: Any, v: Any, *, mask: Any, causal: bool, scale: Any) -> Any:
    """Heads of equal number."""
    need(scale is None and (mask is None or not causal) and q.shape[:-2] == k.shape[:-2] == v.shape[:-2], "it")
    return q.scaled_dot_product_attention(k, v, mask, is_causal=causal)


def cross_entropy(x: Any, *, labels: Any, axis: int, reduction: str, label_smoothing: float = 0.0, **of: Any) -> Any:
    """Labels of rows."""
    need(of.get("weights") is None and of.get("ignore_index") is None, "weights or ignore_index")
    return need(x.ndim == 2 and axis % 2 == 1, "other axes") or x.cross_entropy(labels, reduction, label_smoothing)


FORWARD: dict[str, Any] = {
    **same_names(
        Tensor,
        "maximum minimum fmod copysign logaddexp exp log square tanh abs sqrt rsqrt reciprocal exp2 log2 log10 sin cos "
        "tan sinh cosh sign floor ceil relu sigmoid silu softplus matmul leaky_relu clip tril triu",
        negative="neg", add="add", subtract="sub", multiply="mul", divide="div", power="pow", remainder="mod",
        arcsin="asin", arccos="acos", arctan="atan", arcsinh="asinh", arccosh="acosh", arctanh="atanh", rint="round",
        swapaxes="transpose",
    ),
    **lanes(Tensor, "softmax log_softmax", flat=False),
    **lanes(Tensor, "cumsum cumprod cummax cummin logcumsumexp"),
    **reductions("sum mean max min prod"),
    **reductions("var std", ddof="correction"),
    **reductions("logsumexp", one_or_all),
    "where": lambda x, y, *, condition: condition.where(x, y),
    "gelu": lambda x, *, approximate: x.gelu("tanh" if approximate else "none"),
    "reshape": in_c_order(Tensor.reshape),
    "ravel": in_c_order(Tensor.reshape),
    "transpose": lambda x, *, axes: x.permute(axes if axes is not None else tuple(range(x.ndim))[::-1]),
    "concatenate": lambda xs, *, axis: need(axis is not None, "concatenation in a row") or Tensor.cat(*xs, dim=axis),
    "stack": lambda xs, *, axis: Tensor.stack(*xs, dim=axis),
    "broadcast_to": lambda x, *, shape: x.expand(sides(shape)),
    "astype": lambda x, *, dtype: x.cast(np.dtype(dtype).name),
    "squeeze": lambda x, *, axis: x.squeeze() if axis is None else x.squeeze(one_axis(x.ndim, axis, "squeeze")),
    "expand_dims": lambda x, *, axis: x.unsqueeze(one_axis(x.ndim + 1, axis, "unsqueeze")),
    "pad": lambda x, *, pad_width, mode, constant_values: x.pad(
        widths(x, pad_width, mode, constant_values), value=float(constant_values)
    ),
    "tile": lambda x, *, reps: x.repeat((1,) * (x.ndim - len(sides(reps))) + sides(reps)),
    "repeat": lambda x, *, repeats, axis: (
        need(isinstance(repeats, int), "repeats by element") or x.repeat_interleave(repeats, axis)
    ),
    "roll": lambda x, *, shift, axis: need(axis is not None, "roll in a row") or x.roll(*shifts_of(shift, axis)),
    "flip": lambda x, *, axis: x.flip(axes_of(x.ndim, axis)),
    "take_along_axis": lambda x, *, indices, axis: (
        need(x.shape == indices.shape, "other shapes") or x.gather(axis, indices)
    ),
    "sort": lambda x, *, axis, descending: (
        x.flatten().sort(0, descending)[0] if axis is None else x.sort(axis, descending)[0]
    ),
    "top_k": lambda x, *, k, axis: x.topk(k, axis)[0],
    "dot": lambda a, b: need(a.ndim and b.ndim <= 2 and b.ndim, "it") or a.dot(b),
    "linear": lambda x, w: x.linear(w.T),
    "einsum": lambda xs, *, subscripts: Tensor.einsum(subscripts, *xs),
    "conv": lambda x, w, *, stride, padding, dilation, groups: (
        need(isinstance(padding, int), "padding by side") or x.conv2d(w, None, groups, stride, dilation, padding)
    ),
    "max_pool": pool("max_pool2d"),
    "avg_pool": pool("avg_pool2d"),
    "layer_norm": lambda x, gain, bias, *, axis, epsilon: (
        need(axis == -1, "normalization with such a gain") or x.layernorm(axis, epsilon) * gain + bias
    ),
    "scaled_dot_product_attention": attention,
    "bce_with_logits": lambda x, t, *, pos_weight, reduction: (
        need(pos_weight is None, "pos_weight") or x.binary_crossentropy_logits(t, reduction)
    ),
    "cross_entropy": cross_entropy,
}  # fmt: skip
RULES = frozenset(FORWARD)


def tensor(x: Any) -> Any:
    """An array as a tensor."""
    return Tensor(np.array(x, order="C"))


def differentiate(forward: Any, args: Any, cotangent: Any) -> tuple[Any, Any]:
    """Value and cotangents; there is no backward pass over nothing."""
    need(all(x.size for x in tree_leaves((args, cotangent))), "gradient of empty arrays")
    primals = tree_map(tensor, args)
    value = forward(*primals)
    found = iter(value.gradient(*tree_leaves(primals), gradient=tensor(cotangent)))
    return value.numpy(), tree_map(lambda _: next(found).numpy(), args)


vjp = vjp_of(FORWARD, differentiate, tensor)
