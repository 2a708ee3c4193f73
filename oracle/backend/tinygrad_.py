"""tinygrad, as a user calls it. Its CPU device compiles each program with clang."""

import os
from importlib.metadata import version
from typing import Any

import numpy as np

from oracle.backend.table import axes_of, need, one_axis, plain, vjp_of
from purevjp.tree import tree_leaves, tree_map

os.environ.setdefault("DEV", "CPU")
from tinygrad import Tensor

CAPABILITIES = {
    "name": "tinygrad", "version": version("tinygrad"), "device": "cpu", "dtypes": ("float64", "float32", "float16"),
}  # fmt: skip


def method(name: str) -> Any:
    """A method of no options."""
    return getattr(Tensor, name)


def reduced(name: str, key: str = "") -> Any:
    """A reduction over any axes."""
    function = method(name)

    def of(
        x: Any, *, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None, **more: Any
    ) -> Any:
        plain(initial, where)
        options = {key: more.get("ddof", 0)} if key else {}
        return function(x, axis=axes_of(x.ndim, axis), keepdim=keepdims, **options)

    return of


def lane(name: str) -> Any:
    """A function along one axis, or of all elements in a row."""
    function = method(name)
    return lambda x, *, axis=-1: (
        function(x.flatten(), axis=0) if axis is None else function(x, axis=one_axis(x.ndim, axis, name))
    )


def first(name: str) -> Any:
    """The values of what gives values and indices."""
    function = lane(name)

    def of(x: Any, *, axis: Any = -1) -> Any:
        found = function(x, axis=axis)
        return found[0] if isinstance(found, tuple) else found

    return of


def pool(name: str, x: Any, size: Any, stride: Any, padding: Any, **more: Any) -> Any:
    """A pooling over all but the first two axes."""
    n = x.ndim - 2
    need(isinstance(padding, int), "padding by side")
    each = (size,) * n if isinstance(size, int) else tuple(size)
    return method(name)(x, each, size if stride is None else stride, padding=padding, **more)


FORWARD: dict[str, Any] = {
    **{
        name: method(other)
        for name, other in {
            "negative": "neg",
            "add": "add",
            "subtract": "sub",
            "multiply": "mul",
            "divide": "div",
            "maximum": "maximum",
            "minimum": "minimum",
            "power": "pow",
            "remainder": "mod",
            "fmod": "fmod",
            "copysign": "copysign",
            "logaddexp": "logaddexp",
            "arcsin": "asin",
            "arccos": "acos",
            "arctan": "atan",
            "arcsinh": "asinh",
            "arccosh": "acosh",
            "arctanh": "atanh",
            "rint": "round",
            "outer": "mul",
        }.items()
        if name != "outer"
    },
    **{
        name: method(name)
        for name in [
            "exp",
            "log",
            "square",
            "tanh",
            "abs",
            "sqrt",
            "rsqrt",
            "reciprocal",
            "exp2",
            "log2",
            "log10",
            "sin",
            "cos",
            "tan",
            "sinh",
            "cosh",
            "sign",
            "floor",
            "ceil",
            "relu",
            "sigmoid",
            "silu",
            "softplus",
            "matmul",
        ]
    },
    "where": lambda x, y, *, condition: condition.where(x, y),
    "clip": lambda x, low, high: x.clip(low, high),
    "leaky_relu": lambda x, *, negative_slope: x.leaky_relu(negative_slope),
    "gelu": lambda x, *, approximate: x.gelu("tanh" if approximate else "none"),
    "softmax": lane("softmax"),
    "log_softmax": lane("log_softmax"),
    "sum": reduced("sum"),
    "mean": reduced("mean"),
    "max": reduced("max"),
    "min": reduced("min"),
    "prod": reduced("prod"),
    "logsumexp": reduced("logsumexp"),
    "var": reduced("var", "correction"),
    "std": reduced("std", "correction"),
    "cumsum": lane("cumsum"),
    "cumprod": lane("cumprod"),
    "cummax": first("cummax"),
    "cummin": first("cummin"),
    "logcumsumexp": lane("logcumsumexp"),
    "reshape": lambda x, *, shape, order="C": need(order == "C", "order F") or x.reshape(shape),
    "ravel": lambda x, *, order: need(order == "C", f"order {order}") or x.flatten(),
    "transpose": lambda x, *, axes: x.permute(axes if axes is not None else tuple(range(x.ndim))[::-1]),
    "concatenate": lambda xs, *, axis: need(axis is not None, "concatenation in a row") or Tensor.cat(*xs, dim=axis),
    "stack": lambda xs, *, axis: Tensor.stack(*xs, dim=axis),
    "broadcast_to": lambda x, *, shape: x.expand(shape),
    "astype": lambda x, *, dtype: x.cast(np.dtype(dtype).name),
    "squeeze": lambda x, *, axis: x.squeeze() if axis is None else x.squeeze(one_axis(x.ndim, axis, "squeeze")),
    "expand_dims": lambda x, *, axis: x.unsqueeze(one_axis(x.ndim + 1, axis, "unsqueeze")),
    "swapaxes": lambda x, *, axis1, axis2: x.transpose(axis1, axis2),
    "pad": lambda x, *, pad_width, mode, constant_values: (
        need(mode == "constant" and not isinstance(pad_width, dict), mode)
        or x.pad(
            [tuple(int(w) for w in pair) for pair in np.broadcast_to(pad_width, (x.ndim, 2))],
            value=float(constant_values),
        )
    ),
    "tile": lambda x, *, reps: x.repeat(reps if isinstance(reps, int) else tuple(reps)),
    "repeat": lambda x, *, repeats, axis: (
        need(isinstance(repeats, int), "repeats by element") or x.repeat_interleave(repeats, axis)
    ),
    "roll": lambda x, *, shift, axis: (
        need(isinstance(shift, int) and axis is not None, "several shifts") or x.roll(shift, axis)
    ),
    "flip": lambda x, *, axis: x.flip(axes_of(x.ndim, axis)),
    "take_along_axis": lambda x, *, indices, axis: (
        need(x.shape == indices.shape, "other shapes") or x.gather(axis, indices)
    ),
    "tril": lambda x, *, k: x.tril(k),
    "triu": lambda x, *, k: x.triu(k),
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
    "max_pool": lambda x, *, window, stride, padding, dilation: pool(
        "max_pool2d", x, window, stride, padding, dilation=dilation
    ),
    "avg_pool": lambda x, *, window, stride, padding, count_include_pad: pool(
        "avg_pool2d", x, window, stride, padding, count_include_pad=count_include_pad
    ),
    "layer_norm": lambda x, gain, bias, *, axis, epsilon: (
        need(axis == -1, "normalization with such a gain") or x.layernorm(axis, epsilon) * gain + bias
    ),
    "scaled_dot_product_attention": lambda q, k, v, *, mask, causal, scale: (
        need(
            scale is None and (mask is None or not causal) and q.shape[:-2] == k.shape[:-2] == v.shape[:-2],
            "such attention",
        )
        or q.scaled_dot_product_attention(k, v, mask, is_causal=causal)
    ),
    "bce_with_logits": lambda x, t, *, pos_weight, reduction: (
        need(pos_weight is None, "pos_weight") or x.binary_crossentropy_logits(t, reduction)
    ),
    "cross_entropy": lambda x, *, labels, axis, weights=None, ignore_index=None, label_smoothing=0.0, reduction: (
        need(weights is None and ignore_index is None and x.ndim == 2 and axis % 2 == 1, "weights or other axes")
        or x.cross_entropy(labels, reduction, label_smoothing)
    ),
}
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
