"""The same operations in JAX, PyTorch and autograd, as a user calls them: value and cotangents as NumPy arrays."""

import autograd
import autograd.numpy as anp
import autograd.scipy.special as asp
import jax
import jax.numpy as jnp
import numpy as np
import torch
from torch.nn import functional

from oracle.catalogue import CATALOGUE

OPERATIONS = (
    "add", "subtract", "multiply", "divide", "maximum", "exp", "log", "tanh", "square", "relu", "sigmoid", "softmax",
    "log_softmax", "logsumexp", "sum", "mean", "max", "matmul", "dot", "linear", "squared_loss", "cross_entropy",
)  # fmt: skip


def torch_axes(axis):
    return {} if axis is None else {"dim": axis}


def all_axes(x, axis):
    return tuple(range(x.ndim)) if axis is None else axis


def mean_or_sum(losses, reduction):
    return losses.sum() if reduction == "sum" else losses.mean()


def torch_softmax(function):
    def of(x, *, axis):
        if isinstance(axis, int):
            return function(x, dim=axis)
        shape, axes = x.shape, [a % x.ndim for a in all_axes(x, axis)]
        kept = [a for a in range(x.ndim) if a not in axes]
        moved = x.permute(*kept, *axes)
        flat = function(moved.reshape(*[shape[a] for a in kept], -1), dim=-1).reshape(moved.shape)
        return flat.permute(*np.argsort([*kept, *axes]).tolist())

    return of


def torch_cross_entropy(x, *, labels, axis, reduction, weights=None, ignore_index=None, label_smoothing=0.0):
    losses = functional.cross_entropy(
        x.movedim(axis, -1).reshape(-1, x.shape[axis]),
        torch.tensor(labels.ravel()),
        weight=None if weights is None else torch.tensor(weights, dtype=x.dtype),
        ignore_index=-1 if ignore_index is None else ignore_index,
        label_smoothing=label_smoothing,
        reduction=reduction,
    )
    return losses.reshape(labels.shape) if reduction == "none" else losses


TORCH = {
    "add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div, "maximum": torch.maximum,
    "exp": torch.exp, "log": torch.log, "tanh": torch.tanh, "square": torch.square, "relu": functional.relu,
    "sigmoid": torch.sigmoid, "matmul": torch.matmul, "linear": functional.linear,
    "dot": lambda a, b: a * b if 0 in (a.ndim, b.ndim) else torch.tensordot(a, b, ([-1], [max(b.ndim - 2, 0)])),
    "softmax": torch_softmax(functional.softmax), "log_softmax": torch_softmax(functional.log_softmax),
    "sum": lambda x, *, axis, keepdims: torch.sum(x, dim=all_axes(x, axis), keepdim=keepdims) if axis != () else x + 0,
    "mean": lambda x, *, axis, keepdims: torch.mean(x, dim=all_axes(x, axis), keepdim=keepdims)
    if axis != () else x + 0,
    "max": lambda x, *, axis, keepdims: torch.amax(x, dim=all_axes(x, axis), keepdim=keepdims) if axis != () else x + 0,
    "logsumexp": lambda x, *, axis, keepdims: torch.logsumexp(x, dim=all_axes(x, axis), keepdim=keepdims)
    if axis != () and x.ndim else x + 0,
    "squared_loss": lambda p, y, *, reduction: functional.mse_loss(p, y, reduction=reduction) / 2,
    "cross_entropy": torch_cross_entropy,
}  # fmt: skip


def autograd_log_softmax(x, *, axis):
    shifted = x - np.max(autograd.tracer.getval(x), axis=axis, keepdims=True)
    return shifted - anp.log(anp.sum(anp.exp(shifted), axis=axis, keepdims=True))


def autograd_cross_entropy(x, *, labels, axis, reduction, weights=None, ignore_index=None, label_smoothing=0.0):
    along = [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]
    chosen = (np.expand_dims(labels, axis) == np.arange(x.shape[axis]).reshape(along)).astype(x.dtype)
    kept = 1 if ignore_index is None else np.expand_dims(labels != ignore_index, axis)
    scaled = (np.ones(x.shape[axis]) if weights is None else weights).reshape(along) * kept
    target = ((1 - label_smoothing) * chosen + label_smoothing / x.shape[axis]) * scaled
    losses = -anp.sum(autograd_log_softmax(x, axis=axis) * target.astype(x.dtype), axis=axis)
    if reduction == "none":
        return losses
    return anp.sum(losses) / (np.sum(chosen * scaled).astype(x.dtype) if reduction == "mean" else 1)


AUTOGRAD = {
    "add": anp.add, "subtract": anp.subtract, "multiply": anp.multiply, "divide": anp.divide, "maximum": anp.maximum,
    "exp": anp.exp, "log": anp.log, "tanh": anp.tanh, "square": anp.square, "relu": lambda x: anp.maximum(x, 0),
    "sigmoid": asp.expit, "matmul": anp.matmul, "dot": anp.dot,
    "linear": lambda x, w: anp.dot(x, w.T), "sum": anp.sum, "mean": anp.mean, "max": anp.max,
    "softmax": lambda x, *, axis: anp.exp(autograd_log_softmax(x, axis=axis)), "log_softmax": autograd_log_softmax,
    "logsumexp": asp.logsumexp,
    "squared_loss": lambda p, y, *, reduction: 0.5 * mean_or_sum((p - y) ** 2, reduction),
    "cross_entropy": autograd_cross_entropy,
}  # fmt: skip


def by_jax(rule, xs, static, u):
    value, vjp = jax.vjp(lambda *primals: CATALOGUE[rule]["counterpart"](*primals, **static), *map(jnp.asarray, xs))
    return [np.asarray(part) for part in (value, *vjp(jnp.asarray(u)))]


def by_torch(rule, xs, static, u):
    primals = [torch.tensor(np.array(x), requires_grad=True) for x in xs]
    value = TORCH[rule](*primals, **static)
    cotangents = torch.autograd.grad(value, primals, torch.tensor(np.array(u)))
    return [part.detach().numpy() for part in (value, *cotangents)]


def by_autograd(rule, xs, static, u):
    primals = tuple(np.array(x) for x in xs)
    vjp, value = autograd.make_vjp(lambda packed: AUTOGRAD[rule](*packed, **static))(autograd.builtins.tuple(primals))
    return [np.asarray(part) for part in (value, *vjp(np.array(u)))]


BACKENDS = {"jax": by_jax, "torch": by_torch, "autograd": by_autograd}
