"""tinygrad, as a user calls it. Its CPU device compiles each program with clang."""

import os
from importlib.metadata import version
from typing import Any

import numpy as np

from oracle.backend import tinygrad_functions as own
from oracle.backend.options import axes_of, need, one_or_all, sides
from oracle.backend.table import functions_of, in_c_order, lanes, named, reductions, vjp_of

os.environ.setdefault("DEV", "CPU")
from tinygrad import Tensor

CAPABILITIES = {
    "name": "tinygrad", "version": version("tinygrad"), "device": "cpu", "dtypes": ("float64", "float32", "float16"),
}  # fmt: skip

FORWARD: dict[str, Any] = {
    **named(
        Tensor,
        "negative=neg add subtract=sub multiply=mul divide=div maximum minimum power=pow remainder=mod fmod copysign "
        "logaddexp exp log square tanh abs sqrt rsqrt reciprocal exp2 log2 log10 sin cos tan arcsin=asin arccos=acos "
        "arctan=atan sinh cosh arcsinh=asinh arccosh=acosh arctanh=atanh sign floor ceil rint=round relu sigmoid silu "
        "softplus leaky_relu clip matmul swapaxes=transpose tril triu",
    ),
    **named(Tensor, "repeat=repeat_interleave", repeats=int),
    **named(Tensor, "bce_with_logits=binary_crossentropy_logits", pos_weight=None),
    **lanes(Tensor, "softmax log_softmax", flat=False),
    **lanes(Tensor, "cumsum cumprod cummax cummin logcumsumexp"),
    **lanes(Tensor, "sort", "dim"),
    **reductions(Tensor, "sum mean max min prod", axes_of, keepdims="keepdim"),
    **reductions(Tensor, "var std", axes_of, keepdims="keepdim", ddof="correction"),
    **reductions(Tensor, "logsumexp", one_or_all, keepdims="keepdim"),
    **in_c_order(Tensor.reshape),
    **functions_of(own),
    "where": lambda x, y, *, condition: condition.where(x, y),
    "gelu": lambda x, *, approximate: x.gelu("tanh" if approximate else "none"),
    "transpose": lambda x, *, axes: x.permute(axes if axes is not None else tuple(range(x.ndim))[::-1]),
    "concatenate": lambda xs, *, axis: need(axis is not None, "concatenation in a row") or Tensor.cat(*xs, dim=axis),
    "stack": lambda xs, *, axis: Tensor.stack(*xs, dim=axis),
    "broadcast_to": lambda x, *, shape: x.expand(sides(shape)),
    "astype": lambda x, *, dtype: x.cast(np.dtype(dtype).name),
    "squeeze": lambda x, *, axis: x.squeeze(one_or_all(x.ndim, axis, "squeeze")),
    "tile": lambda x, *, reps: x.repeat((1,) * (x.ndim - len(sides(reps))) + sides(reps)),
    "flip": lambda x, *, axis: x.flip(axes_of(x.ndim, axis)),
    "take_along_axis": lambda x, *, indices, axis: (
        need(x.shape == indices.shape, "other shapes") or x.gather(axis, indices)
    ),
    "top_k": lambda x, *, k, axis: x.topk(k, axis)[0],
    "dot": lambda a, b: need(a.ndim and b.ndim <= 2 and b.ndim, "it") or a.dot(b),
    "linear": lambda x, w: x.linear(w.T),
    "einsum": lambda xs, *, subscripts: Tensor.einsum(subscripts, *xs),
}
RULES = frozenset(FORWARD)


def tensor(x: Any) -> Any:
    """An array as a tensor."""
    return Tensor(np.array(x, order="C"))


def differentiate(forward: Any, args: list[Any], cotangents: list[Any]) -> tuple[list[Any], list[Any]]:
    """Values and cotangents; there is no backward pass over nothing."""
    need(all(x.size for x in args + cotangents), "gradient of empty arrays")
    primals = [tensor(x) for x in args]
    (value,) = forward(*primals)
    found = value.gradient(*primals, gradient=tensor(cotangents[0]))
    return [value.numpy()], [part.numpy() for part in found]


vjp = vjp_of(FORWARD, differentiate, tensor)
