"""PyTorch, as a user calls it: the functions it has, and none put together of others."""

from typing import Any

import numpy as np
import torch
from torch import fft, linalg
from torch.nn import functional as F  # noqa: N812 (as PyTorch's own pages have it)

from oracle.backend import torch_functions as own
from oracle.backend.options import axes_of, contracted, one_axis, sides
from oracle.backend.table import functions_of, in_c_order, lane, lanes, named, reductions, same_ndim, vjp_of

CAPABILITIES = {
    "name": "torch", "version": torch.__version__, "device": "cpu",
    "dtypes": ("float64", "float32", "float16", "bfloat16"),
}  # fmt: skip
torch.set_num_threads(1)

DIM = {"axis": "dim", "keepdims": "keepdim"}
FORWARD: dict[str, Any] = {
    **named(
        torch,
        "negative add subtract multiply divide maximum remainder fmod arctan2 hypot copysign logaddexp exp log square "
        "tanh abs sqrt rsqrt reciprocal exp2 expm1 log1p log2 log10 sin cos tan arcsin arccos arctan sinh cosh arcsinh "
        "arccosh arctanh sinc sign floor ceil minimum fmax fmin sigmoid matmul inner kron moveaxis atleast_1d "
        "atleast_2d atleast_3d relu matrix_power swapaxes nan_to_num vstack hstack dstack rot90 tril triu diag "
        "diagonal power=pow rint=round stack",
    ),
    **named(torch, "concatenate=cat", axis=int),
    **named(torch, "take", axis=None, mode="raise"),
    **named(F, "leaky_relu silu softplus linear"),
    **named(linalg, "multi_dot svdvals pinv solve inv det slogdet"),
    **named(fft, "fft ifft rfft irfft fftn ifftn fftshift ifftshift"),
    **lanes(F, "softmax log_softmax", "dim", flat=False),
    **lanes(torch, "cumsum cumprod cummax cummin logcumsumexp diff", "dim"),
    **reductions(torch, "sum mean logsumexp nansum nanmean max=amax min=amin", own.some_axes, **DIM),
    **reductions(torch, "var std", own.some_axes, **DIM, ddof="correction"),
    **in_c_order(torch.reshape),
    **functions_of(own),
    "sort": lane(lambda x, dim, descending: torch.sort(x, dim=dim, descending=descending, stable=True)[0], "dim", "it"),
    "gelu": lambda x, *, approximate: F.gelu(x, approximate="tanh" if approximate else "none"),
    "where": lambda x, y, *, condition: torch.where(condition, x, y),
    "trace": lambda x, *, offset, axis1, axis2: torch.diagonal(x, offset, axis1, axis2).sum(-1),
    "trapezoid": lambda x, *, dx, axis: torch.trapezoid(x, dx=dx, dim=axis),
    "transpose": lambda x, *, axes: x.permute(axes if axes is not None else tuple(range(x.ndim))[::-1]),
    "broadcast_to": lambda x, *, shape: torch.broadcast_to(x, sides(shape)),
    "squeeze": lambda x, *, axis: x.squeeze() if axis is None else x.squeeze(axis),
    "expand_dims": lambda x, *, axis: x.unsqueeze(one_axis(x.ndim + 1, axis, "unsqueeze")),
    "tile": lambda x, *, reps: torch.tile(x, sides(reps)),
    "flip": lambda x, *, axis: torch.flip(x, axes_of(x.ndim, axis)),
    "top_k": lambda x, *, k, axis: torch.topk(x, k, axis).values,
    "einsum": lambda xs, *, subscripts: torch.einsum(subscripts, *xs),
    "tensordot": lambda a, b, *, axes: torch.tensordot(a, b, contracted(a, b, axes)),
    "vecdot": lambda a, b, *, axis: linalg.vecdot(a.movedim(axis, -1), b.movedim(axis, -1)),
    "cholesky": lambda a, *, upper: linalg.cholesky((a + a.mT) / 2, upper=upper),
    "eigvalsh": lambda a: linalg.eigvalsh((a + a.mT) / 2),
    "matrix_norm": lambda x, **of: linalg.matrix_norm(x, of["ord"], keepdim=of["keepdims"]),
    "outer": same_ndim(torch.outer, 1),
    "vdot": same_ndim(torch.vdot, 1),
    "cross": same_ndim(lambda a, b, axis: linalg.cross(a, b, dim=axis)),
    "lstsq": same_ndim(lambda a, b: linalg.lstsq(a, b).solution),
    "mse": lambda p, y, *, reduction: F.mse_loss(p, y, reduction=reduction),
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


def differentiate(forward: Any, args: list[Any], cotangents: list[Any]) -> tuple[list[Any], list[Any]]:
    """Values and cotangents; PyTorch's are conjugates of ours."""
    primals = [tensor(x).requires_grad_() for x in args]
    values, us = forward(*primals), [tensor(np.conj(u)) for u in cotangents]
    found = torch.autograd.grad(values, primals, us, allow_unused=True, materialize_grads=True)
    return [array(v, cotangents[0]) for v in values], [array(dx.conj(), x) for dx, x in zip(found, args, strict=True)]


vjp = vjp_of(FORWARD, differentiate, tensor)
