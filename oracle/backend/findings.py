"""What `check` found in released versions of the shipped backends: each with a script that uses that backend alone.

`cases` are patterns of the corpus that the finding explains; `right` is the exact number as mpmath has it, or words.
`purevjp findings` runs every script again, and writes the page and the lists of known failures.
"""

from collections.abc import Sequence
from typing import TypedDict

Finding = TypedDict(
    "Finding",
    {
        "backend": str,
        "title": str,
        "kind": str,
        "cases": Sequence[str],
        "verdicts": Sequence[str],
        "script": str,
        "right": str,
        "thread": str,
    },
)

WRONG, NARROW, RAISES, LIMIT = "wrong gradient", "narrower than declared", "raises", "not finite where there is a limit"
NUMBERS, ALL = ("wrong", "imprecise"), ("wrong", "imprecise", "error")


def torch(
    title: str,
    cases: str,
    x: str,
    call: str,
    right: str,
    *,
    kind: str = WRONG,
    thread: str = "",
    dtype: str = "float32",
) -> Finding:
    """A finding in the gradient of a function of one tensor."""
    script = f"""import torch
from torch.nn import functional as F
x = torch.tensor({x}, dtype=torch.{dtype}, requires_grad=True)
{call}.sum().backward()
got = x.grad"""
    return {
        "backend": "torch", "title": title, "kind": kind, "cases": cases.split(), "verdicts": NUMBERS,
        "script": script, "right": right, "thread": thread,
    }  # fmt: skip


def autograd(title: str, cases: str, x: str, of: str, right: str, *, kind: str = WRONG, thread: str = "") -> Finding:
    """The same of autograd."""
    script = f"""import autograd
import autograd.numpy as np
import autograd.scipy.special as special
got = autograd.grad(lambda x: np.sum({of}))(np.array({x}))"""
    return {
        "backend": "autograd", "title": title, "kind": kind, "cases": cases.split(), "verdicts": ALL,
        "script": script, "right": right, "thread": thread,
    }  # fmt: skip


def mlx(
    title: str, cases: str, x: str, of: str, right: str, *, kind: str = WRONG, thread: str = "", dtype: str = "float32"
) -> Finding:
    """The same of MLX."""
    script = f"""import mlx.core as mx
import mlx.nn as nn
mx.set_default_device(mx.cpu)
got = mx.grad(lambda x: mx.sum({of}))(mx.array({x}, dtype=mx.{dtype}))"""
    return {
        "backend": "mlx", "title": title, "kind": kind, "cases": cases.split(), "verdicts": ALL,
        "script": script, "right": right, "thread": thread,
    }  # fmt: skip


def tinygrad(title: str, cases: str, x: str, of: str, right: str, *, kind: str = WRONG) -> Finding:
    """The same of tinygrad."""
    script = f"""import os
os.environ.setdefault("DEV", "CPU")
from tinygrad import Tensor
x = Tensor({x})
got = ({of}).sum().gradient(x)[0].numpy()"""
    return {
        "backend": "tinygrad", "title": title, "kind": kind, "cases": cases.split(), "verdicts": NUMBERS,
        "script": script, "right": right, "thread": "",
    }  # fmt: skip


SIGMOID = "mp.exp(-40) / (1 + mp.exp(-40)) ** 2"
SECH2 = "1 / mp.cosh(12) ** 2"
MLX_64 = "https://github.com/ml-explore/mlx/issues/3047"

FINDINGS: Sequence[Finding] = (
    torch("sigmoid: y (1 − y) is 0 where y rounds to 1", "sigmoid/values/*", "[40.0]", "torch.sigmoid(x)", SIGMOID),
    torch("tanh: 1 − y² loses its digits, then all", "tanh/values/*", "[12.0]", "torch.tanh(x)", SECH2),
    torch("expm1: y + 1 loses its digits, then all", "expm1/values/*", "[-40.0]", "torch.expm1(x)", "mp.exp(-40)"),
    torch(
        "gelu: the tail of the normal distribution cancels",
        "gelu/values/* gelu/shapes/*",
        "[-6.0]",
        "F.gelu(x)",
        "mp.ncdf(-6) - 6 * mp.npdf(-6)",
    ),
    torch(
        "gelu at ∞: 0 · ∞ is nan",
        "gelu/point/*",
        "[-float('inf')]",
        "F.gelu(x)",
        "0",
        kind=LIMIT,
    ),
    torch(
        "silu at −∞: nan for the limit 0",
        "silu/point/*",
        "[-float('inf')]",
        "F.silu(x)",
        "0",
        kind=LIMIT,
        thread="https://github.com/pytorch/pytorch/pull/195197",
    ),
    torch(
        "logsumexp far from zero: exp(x − y) has the error of y, which is large",
        "logsumexp/values/*",
        "[1000.1, 1000.7, 1001.3]",
        "torch.logsumexp(x, 0)",
        "mp.exp(mp.mpf(float(np.float32(1000.1)))) / sum(mp.exp(mp.mpf(float(np.float32(v)))) "
        "for v in (1000.1, 1000.7, 1001.3))",
        kind=NARROW,
    ),
    torch(
        "logcumsumexp: exp(x − y) again; one element, too",
        "logcumsumexp/*",
        "[1000.1, 1000.7, 1001.3]",
        "torch.logcumsumexp(x, 0)[2]",
        "mp.exp(mp.mpf(float(np.float32(1000.1)))) / sum(mp.exp(mp.mpf(float(np.float32(v)))) "
        "for v in (1000.1, 1000.7, 1001.3))",
        kind=NARROW,
    ),
    torch(
        "softplus: x · β beyond the threshold is cut off",
        "softplus/values/*",
        "[23.4]",
        "F.softplus(x)",
        "1 / (1 + mp.exp(-mp.mpf('23.4')))",
        kind=NARROW,
        dtype="float64",
    ),
    torch(
        "binary cross-entropy: σ(x) − t cancels for a certain target",
        "bce_with_logits/values/*",
        "[40.0]",
        "F.binary_cross_entropy_with_logits(x, torch.ones(1), reduction='sum')",
        "-mp.exp(-40) / (1 + mp.exp(-40))",
    ),
    {
        "backend": "torch",
        "title": "binary cross-entropy at ∞: nan for a certain target",
        "kind": LIMIT,
        "cases": ["bce_with_logits/point/*"],
        "verdicts": NUMBERS,
        "script": """import torch
from torch.nn import functional as F
got = F.binary_cross_entropy_with_logits(torch.tensor([float("inf")]), torch.ones(1))""",
        "right": "0",
        "thread": "",
    },
    torch(
        "det: 0 for the cofactors of a singular matrix",
        "det/values/*",
        "[[0.0, 1.0], [0.0, 1.0]]",
        "torch.det(x)",
        "[[1, 0], [-1, 0]], the cofactors",
        thread="https://github.com/pytorch/pytorch/issues/104675",
    ),
    torch(
        "hypot and arctan2: nan at an infinity",
        "hypot/point/* arctan2/point/*",
        "[float('inf')]",
        "torch.hypot(x, torch.ones(1))",
        "1",
        kind=LIMIT,
    ),
    torch(
        "arctan2: a² + b² overflows, or underflows",
        "arctan2/values/*",
        "[1e25]",
        "torch.atan2(x, torch.tensor([1e25]))",
        "mp.mpf(1) / (2 * mp.mpf(float(np.float32(1e25))))",
    ),
    torch(
        "power: nan at an infinite exponent, where the limit is 0",
        "power/point/*",
        "[2.0]",
        "torch.pow(x, float('-inf'))",
        "0",
        kind=LIMIT,
    ),
    {
        "backend": "torch",
        "title": "cells: the gates' σ and tanh lose their digits far from zero",
        "kind": NARROW,
        "cases": ["gru_cell/*", "lstm_cell/*", "rnn_cell/*"],
        "verdicts": NUMBERS,
        "script": """import torch
x = torch.tensor([[12.0]], requires_grad=True)
one, none = torch.ones(1, 1), torch.zeros(1)
torch.rnn_tanh_cell(x, 0 * one, one, one, none, none).sum().backward()
got = x.grad""",
        "right": SECH2,
        "thread": "",
    },
    {
        "backend": "torch",
        "title": "clip where min = max: nothing is shared",
        "kind": "other convention",
        "cases": ["clip/point/*"],
        "verdicts": NUMBERS,
        "script": """import torch
x = torch.tensor([1.0], requires_grad=True)
torch.clip(x, torch.ones(1), torch.ones(1)).sum().backward()
got = x.grad""",
        "right": "any share of 1 for x, min and max that adds up to 1",
        "thread": "",
    },
    {
        "backend": "torch",
        "title": "kron refuses what is not contiguous",
        "kind": RAISES,
        "cases": ["kron/*"],
        "verdicts": ["error"],
        "script": """import torch
try:
    got = torch.kron(torch.ones(4, 4), torch.ones(4, 4).T)
except RuntimeError as error:
    got = error""",
        "right": "a matrix of ones",
        "thread": "https://github.com/pytorch/pytorch/issues/54135",
    },
    {
        "backend": "torch",
        "title": "svd and eigh: nan where values are equal, though f has a derivative",
        "kind": LIMIT,
        "cases": ["svd/point/*", "eigh/point/*"],
        "verdicts": NUMBERS,
        "script": """import torch
a = torch.eye(2, requires_grad=True)
w, v = torch.linalg.eigh(a)
((v * w) @ v.T).sum().backward()  # it is a
got = a.grad""",
        "right": "[[1, 1], [1, 1]]",
        "thread": "",
    },
    autograd("sigmoid: y (1 − y) is 0 where y rounds to 1", "sigmoid/values/*", "40.0", "special.expit(x)", SIGMOID),
    autograd("expm1: y + 1 loses its digits, then all", "expm1/values/*", "-40.0", "np.expm1(x)", "mp.exp(-40)"),
    {
        "backend": "torch",
        "title": "lstsq: the same call gives other last digits, by where its memory lies",
        "kind": "not deterministic",
        "cases": ["lstsq/*"],
        "verdicts": ["wrong"],
        "script": """import torch
a, b = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), torch.ones(3, 1)
answers = {tuple(torch.linalg.lstsq(a, b).solution.ravel().tolist()) for _ in range(200)}
got = len(answers) > 1""",
        "right": "False, one answer",
        "thread": "",
    },
    autograd(
        "logsumexp far from zero: exp(x − y) has the error of y",
        "logsumexp/values/*",
        "[1000.1, 1000.7]",
        "special.logsumexp(x)",
        "1 / (1 + mp.exp(mp.mpf(1000.7) - mp.mpf(1000.1)))",
        kind=NARROW,
    ),
    autograd(
        "full: a fill value that is an array gets the sum of everything",
        "full/*",
        "[1.0, 2.0]",
        "np.full((3, 2), x) * np.array([[1.0, 2.0]])",
        "[3, 6]",
    ),
    autograd(
        "kron of arrays with other numbers of axes: elements in another order",
        "kron/*",
        "[1.0, 2.0]",
        "np.kron(np.array([[1.0, 2.0]]), x.reshape((1, 2, 1))) * np.arange(4.0).reshape((1, 2, 2))",
        "[2, 8]",
    ),
    autograd(
        "broadcast_to with more axes raises",
        "broadcast_to/*",
        "[1.0, 2.0]",
        "np.broadcast_to(x, (3, 2))",
        "[3, 3]",
        kind=RAISES,
        thread="https://github.com/HIPS/autograd/issues/384",
    ),
    autograd(
        "diag of what is not square: a cotangent of another shape",
        "diag/*",
        "np.ones((2, 3))",
        "np.diag(x)",
        "[[1, 0, 0], [0, 1, 0]]",
        kind=WRONG,
    ),
    autograd("tile with no copy raises", "tile/*", "[1.0, 2.0]", "np.tile(x, 0)", "[0, 0]", kind=RAISES),
    autograd(
        "einsum of a diagonal raises",
        "einsum/*",
        "np.ones((2, 2))",
        "np.einsum('ii->i', x)",
        "[[1, 0], [0, 1]]",
        kind=RAISES,
    ),
    autograd(
        "where with a condition that broadcasts: a cotangent of another shape",
        "where/*",
        "[1.0, 2.0]",
        "np.where(np.array([[True, False], [True, True]]), x, 0.0)",
        "[2, 1]",
        kind=WRONG,
    ),
    autograd("prod divides by x: nan at a zero", "prod/*", "[0.0, 2.0, 3.0]", "np.prod(x)", "[6, 0, 0]"),
    autograd(
        "det and slogdet raise for a singular matrix",
        "det/* slogdet/point/*",
        "[[0.0, 1.0], [0.0, 1.0]]",
        "np.linalg.det(x)",
        "[[1, 0], [-1, 0]], the cofactors",
        kind=RAISES,
    ),
    autograd("sinc is nan at 0", "sinc/*", "[0.0, 1.0]", "np.sinc(x)", "[0, -1]"),
    autograd(
        "norm of order ∞ is nan at ties",
        "norm/*",
        "[2.0, -2.0]",
        "np.linalg.norm(x, np.inf)",
        "shares of [1, -1] that add up to 1 in size",
    ),
    autograd(
        "abs at ∞: ∞ / ∞ is nan",
        "abs/point/* hypot/point/* arctan2/point/* power/point/* logaddexp/point/*",
        "[np.inf]",
        "np.abs(x)",
        "1",
        kind=LIMIT,
    ),
    autograd(
        "arctan2: a² + b² underflows, or overflows",
        "arctan2/values/*",
        "[1e161]",
        "np.arctan2(x, np.array([1e161]))",
        "1 / (2 * mp.mpf(1e161))",
    ),
    autograd(
        "divide: b² underflows", "divide/values/*", "1e-180", "1e-200 / x", "-mp.mpf(1e-200) / mp.mpf(1e-180) ** 2"
    ),
    autograd(
        "svd and eigh: nan where values are equal",
        "svd/point/* eigh/point/*",
        "np.eye(2)",
        "np.linalg.eigh(x)[1] @ np.diag(np.linalg.eigh(x)[0]) @ np.linalg.eigh(x)[1].T",
        "[[1, 1], [1, 1]]",
        kind=LIMIT,
    ),
    autograd(
        "split between columns raises where parts differ",
        "split/*",
        "np.ones((3, 3))",
        "np.split(x, [1], 1)[1]",
        "[[0, 1, 1], [0, 1, 1], [0, 1, 1]]",
        kind=RAISES,
    ),
    autograd("gradient of two samples raises", "gradient/*", "[1.0, 3.0]", "np.gradient(x)", "[-2, 2]", kind=RAISES),
    mlx(
        "float64: exp, sin, cos and what is made of them are as accurate as float32",
        " ".join(
            f"{name}/*/float64"
            for name in [
                "exp",
                "sin",
                "cos",
                "tan",
                "sigmoid",
                "silu",
                "softplus",
                "gelu",
                "softmax",
                "log_softmax",
                "logsumexp",
                "logaddexp",
                "cross_entropy",
                "bce_with_logits",
                "rms_norm",
                "layer_norm",
                "logcumsumexp",
                "tanh",
                "sinh",
                "cosh",
                "log2",
                "log10",
                "scaled_dot_product_attention",
            ]
        ),
        "[1.5]",
        "mx.exp(x)",
        "mp.exp(mp.mpf('1.5'))",
        kind=NARROW,
        dtype="float64",
        thread=MLX_64,
    ),
    mlx(
        "sigmoid: y (1 − y) is 0 where y rounds to 1",
        "sigmoid/values/*/float32 bce_with_logits/values/*/float32",
        "[40.0]",
        "mx.sigmoid(x)",
        SIGMOID,
    ),
    mlx("expm1: y + 1 loses its digits, then all", "expm1/values/*", "[-40.0]", "mx.expm1(x)", "mp.exp(-40)"),
    mlx(
        "leaky_relu: the larger of x and the slope times x, wrong for slopes above 1",
        "leaky_relu/*",
        "[3.0, -3.0]",
        "nn.leaky_relu(x, 2.0)",
        "[1, 2]",
    ),
    mlx(
        "gelu: the tail of the normal distribution cancels",
        "gelu/*/float32",
        "[-6.0]",
        "nn.gelu(x)",
        "mp.ncdf(-6) - 6 * mp.npdf(-6)",
    ),
    mlx(
        "silu and binary cross-entropy at an infinity: nan for the limit",
        "silu/point/* bce_with_logits/point/*",
        "[-float('inf')]",
        "nn.silu(x)",
        "0",
        kind=LIMIT,
    ),
    mlx(
        "divide: b² underflows",
        "divide/values/*",
        "[1e-25]",
        "1e-30 / x",
        "-mp.mpf(float(np.float32(1e-30))) / mp.mpf(float(np.float32(1e-25))) ** 2",
    ),
    mlx(
        "arctan2: a² + b² overflows; nan at an infinity",
        "arctan2/*",
        "[1e25]",
        "mx.arctan2(x, mx.array([1e25]))",
        "mp.mpf(1) / (2 * mp.mpf(float(np.float32(1e25))))",
    ),
    mlx(
        "float32: exp has an error of 2e-6 at its ends, and what is made of it",
        "exp/values/*/float32 softplus/values/*/float32 logaddexp/*",
        "[88.0]",
        "mx.exp(x)",
        "mp.exp(88)",
        kind=NARROW,
    ),
    mlx(
        "halves: sums are in halves, so a sum of ones stops at 2048",
        "cumsum/* take_along_axis/*",
        "[1.0]",
        "mx.take(x, mx.zeros(3000, dtype=mx.int32))",
        "mp.mpf(3000)",
        kind=NARROW,
        dtype="float16",
    ),
    mlx(
        "power at 0 and at infinities: nan, −∞ for the exponent at 0 ** 0",
        "power/point/*",
        "[0.0]",
        "0.0 ** x",
        "0, or nan",
        kind=LIMIT,
    ),
    tinygrad("sigmoid: y (1 − y) is 0 where y rounds to 1", "sigmoid/values/*", "[40.0]", "x.sigmoid()", SIGMOID),
    tinygrad("tanh: 1 − y² loses its digits, then all", "tanh/values/*", "[12.0]", "x.tanh()", SECH2),
    tinygrad(
        "exp: an error of 2e-6 at its ends", "exp/values/*/float32", "[88.0]", "x.exp()", "mp.exp(88)", kind=NARROW
    ),
    {
        "backend": "tinygrad",
        "title": "maximum: nan beside a number is the number",
        "kind": "other convention",
        "cases": ["maximum/point/*"],
        "verdicts": NUMBERS,
        "script": """import os
os.environ.setdefault("DEV", "CPU")
from tinygrad import Tensor
got = Tensor([1.0]).maximum(Tensor([float("nan")])).numpy()""",
        "right": "nan, as in NumPy, JAX and PyTorch",
        "thread": "",
    },
    {
        "backend": "mlx",
        "title": "where: an infinite cotangent is nan for what was not chosen",
        "kind": LIMIT,
        "cases": ["where/point/*"],
        "verdicts": NUMBERS,
        "script": """import mlx.core as mx
mx.set_default_device(mx.cpu)
one, u = mx.array([1.0]), mx.array([float("inf")])
_, (dx, got) = mx.vjp(lambda x, y: mx.where(mx.array([True]), x, y), [one, one], [u])""",
        "right": "0",
        "thread": "",
    },
)
"""By backend; the first that covers a failure explains it."""
