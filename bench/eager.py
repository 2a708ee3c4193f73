"""The rules in eager PyTorch, with the keywords of bench/arguments.py; a rule that PyTorch lacks is left out."""

import torch
from torch import linalg
from torch.nn import functional


def indexed(f):
    """`f` with index arrays as tensors."""
    return lambda *xs, **static: f(*xs, **{key: torch.as_tensor(of) for key, of in static.items()})


def last(f):
    return lambda x, *, axis=-1: f(x, dim=axis)


def largest(f):
    return lambda x, *, axis=-1: f(x, dim=axis).values


def cell(step):
    def of(x, *states_and_weights):
        *states, w_ih, w_hh, b_ih, b_hh = states_and_weights
        hidden = tuple(states) if len(states) > 1 else states[0]
        return step(x, hidden, w_ih, w_hh, b_ih, b_hh)

    return of


def layers(x, weights):
    for i, w in enumerate(weights):
        x = (functional.relu(x) if i else x) @ w.T
    return x


def put_along(x, values, *, indices, axis):
    return x.scatter(axis, torch.as_tensor(indices), values)


def written(accumulate):
    return lambda x, updates, *, index: x.index_put((torch.as_tensor(index),), updates, accumulate=accumulate)


def selected(choices, *, conditions):
    first, second = map(torch.as_tensor, conditions)
    return torch.where(first, choices[0], torch.where(second, choices[1], 0))


def rotated(x):
    t, d = x.shape[-2:]
    angles = torch.arange(t)[:, None] * 10000.0 ** (-2 * torch.arange(d // 2) / d)
    a, b = x.chunk(2, -1)
    return torch.cat([a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()], -1)


ELEMENTWISE = (
    "negative", "add", "subtract", "multiply", "divide", "maximum", "remainder", "fmod", "hypot", "copysign",
    "logaddexp", "exp", "log", "square", "tanh", "abs", "sqrt", "rsqrt", "reciprocal", "exp2", "expm1", "log1p",
    "log2", "log10", "sin", "cos", "tan", "sinh", "cosh", "sinc", "sign", "floor", "ceil", "nan_to_num", "minimum",
    "fmax", "fmin", "clip", "sigmoid", "arctan2", "arcsin", "arccos", "arctan", "arcsinh", "arccosh",
    "arctanh",
)  # fmt: skip
ALONG = ("softmax", "log_softmax", "prod", "logsumexp", "nansum", "nanmean", "cumsum", "cumprod", "logcumsumexp")
AS_THEY_ARE = (
    "matmul", "inner", "outer", "kron", "ravel", "trace", "diagonal", "tril", "triu", "diag", "atleast_1d",
    "atleast_2d", "atleast_3d", "moveaxis",
)  # fmt: skip

FOURIER = ("fft", "ifft", "rfft", "irfft", "fftn", "ifftn", "fftshift", "ifftshift")
LINEAR_ALGEBRA = (
    "cholesky", "qr", "eigvalsh", "eigh", "svdvals", "pinv", "inv", "det", "slogdet", "solve", "matrix_norm",
    "multi_dot",
)  # fmt: skip

EAGER = {
    **{name: getattr(torch, name) for name in (*ELEMENTWISE, *AS_THEY_ARE)},
    **{name: last(getattr(torch, name)) for name in ALONG},
    **{name: getattr(torch.fft, name) for name in FOURIER},
    **{name: getattr(linalg, name) for name in LINEAR_ALGEBRA},
    "var": lambda x, *, axis, ddof: x.var(axis, correction=ddof),
    "std": lambda x, *, axis, ddof: x.std(axis, correction=ddof), "power": torch.pow, "rint": torch.round,
    "where": lambda x, y, *, condition: torch.where(torch.as_tensor(condition), x, y),
    "relu": functional.relu, "leaky_relu": functional.leaky_relu, "silu": functional.silu,
    "softplus": functional.softplus, "gelu": lambda x: functional.gelu(x, approximate="tanh"),
    "dropout": lambda x, *, mask, rate: torch.where(torch.as_tensor(mask), x / (1 - rate), 0),
    "sum": last(torch.sum), "mean": last(torch.mean), "max": last(torch.amax), "min": last(torch.amin),
    "norm": last(linalg.vector_norm), "ptp": lambda x, *, axis: x.amax(axis) - x.amin(axis),
    "average": lambda x, w, *, axis: (x * w).sum(axis) / w.sum(), "cov": torch.cov,
    "quantile": lambda x, *, q, axis: torch.quantile(x, torch.as_tensor(q, dtype=x.dtype), dim=axis),
    "cummax": largest(torch.cummax), "cummin": largest(torch.cummin),
    "diff": torch.diff, "gradient": lambda x, *, axis: torch.gradient(x, dim=axis)[0], "trapezoid": torch.trapezoid,
    "convolve": lambda a, v: functional.conv1d(a[None, None], v.flip(0)[None, None], padding=len(v) - 1)[0, 0],
    "reshape": lambda x, *, shape: x.reshape(shape).clone(), "transpose": lambda x: x.T,
    "swapaxes": lambda x, *, axis1, axis2: x.swapaxes(axis1, axis2),
    "concatenate": torch.cat, "stack": torch.stack, "vstack": torch.vstack, "hstack": torch.hstack,
    "dstack": torch.dstack, "block": lambda arrays: torch.cat(arrays, -1),
    "broadcast_to": lambda x, *, shape: torch.broadcast_to(x, shape),
    "astype": lambda x, *, dtype: x.to(getattr(torch, dtype)),
    "squeeze": lambda x, *, axis: x.squeeze(axis), "expand_dims": lambda x, *, axis: x.unsqueeze(axis),
    "split": lambda x, *, indices_or_sections: torch.tensor_split(x, indices_or_sections),
    "meshgrid": lambda arrays: torch.meshgrid(*arrays, indexing="xy"),
    "pad": lambda x, *, pad_width: functional.pad(x, (pad_width,) * 4),
    "tile": lambda x, *, reps: torch.tile(x, (reps,)),
    "repeat": lambda x, *, repeats, axis: x.repeat_interleave(repeats, dim=axis),
    "roll": lambda x, *, shift, axis: torch.roll(x, shift, axis), "flip": lambda x, *, axis: torch.flip(x, (axis,)),
    "rot90": torch.rot90,
    "getitem": indexed(lambda x, *, index: x[index]),
    "take": lambda x, *, indices, axis: torch.index_select(x, axis, torch.as_tensor(indices)),
    "take_along_axis": indexed(lambda x, *, indices: torch.take_along_dim(x, indices, -1)),
    "embedding": indexed(lambda table, *, indices: functional.embedding(indices, table)),
    "select": selected,
    "sliding_window_view": lambda x, *, window_shape, axis: x.unfold(axis, window_shape, 1),
    "scatter_add": lambda x, updates, *, indices: x.index_add(0, torch.as_tensor(indices), updates),
    "index_add": written(accumulate=True), "index_set": written(accumulate=False), "put_along_axis": put_along,
    "full": lambda value, *, shape: value.expand(shape),
    "linspace": lambda a, b: a + (b - a) * torch.linspace(0, 1, 50)[:, None],
    "sort": largest(torch.sort), "top_k": lambda x, *, k: torch.topk(x, k).values,
    "dot": torch.matmul, "linear": functional.linear,
    "einsum": lambda arrays, *, subscripts: torch.einsum(subscripts, *arrays),
    "tensordot": lambda a, b, *, axes: torch.tensordot(a, b, dims=axes),
    "vdot": lambda a, b: torch.vdot(a.ravel(), b.ravel()), "vecdot": linalg.vecdot, "cross": linalg.cross,
    "matrix_power": lambda a, *, n: linalg.matrix_power(a, n),
    "quadratic_form": lambda x, a: x @ a @ x,
    "svd": lambda a: linalg.svd(a, full_matrices=False), "lstsq": lambda a, b: linalg.lstsq(a, b).solution,
    "triangular_solve": lambda a, b: linalg.solve_triangular(a, b, upper=True),
    "conv": functional.conv2d, "conv_transpose": functional.conv_transpose2d,
    "max_pool": lambda x, *, window: functional.max_pool2d(x, window),
    "avg_pool": lambda x, *, window: functional.avg_pool2d(x, window),
    "layer_norm": lambda x, gain, bias: functional.layer_norm(x, gain.shape, gain, bias),
    "rms_norm": lambda x, gain: functional.rms_norm(x, gain.shape, gain, 1e-6),
    "batch_norm": lambda x, gain, bias: functional.batch_norm(x, None, None, gain, bias, training=True),
    "batch_norm_inference": lambda x, gain, bias, *, mean, variance: functional.batch_norm(
        x, torch.as_tensor(mean), torch.as_tensor(variance), gain, bias
    ),
    "scaled_dot_product_attention": functional.scaled_dot_product_attention, "rotary_embedding": rotated,
    "rnn_cell": cell(torch.rnn_tanh_cell), "lstm_cell": cell(torch.lstm_cell), "gru_cell": cell(torch.gru_cell),
    "squared_loss": lambda x, y: 0.5 * (x - y).square().sum(), "mse": functional.mse_loss,
    "bce_with_logits": lambda x, y: functional.binary_cross_entropy_with_logits(x, y, reduction="sum"),
    "cross_entropy": lambda x, *, labels: functional.cross_entropy(x, torch.as_tensor(labels), reduction="sum"),
    "mlp2": lambda x, *weights: layers(x, weights), "mlp": layers,
    "mlp_loss": lambda x, y, weights: 0.5 * (layers(x, weights) - y).square().sum(),
}  # fmt: skip
