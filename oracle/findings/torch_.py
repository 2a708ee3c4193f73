"""What was found in PyTorch."""

from collections.abc import Sequence

from oracle.findings.finding import LIMIT, NARROW, NUMBERS, RAISES, SECH2, SIGMOID, WRONG, Finding


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


FINDINGS: Sequence[Finding] = (
    torch("sigmoid: y (1 − y) is 0 where y rounds to 1", "sigmoid/values/*", "[40.0]", "torch.sigmoid(x)", SIGMOID),
    torch("tanh: 1 − y² loses its digits, then all", "tanh/values/*", "[12.0]", "torch.tanh(x)", SECH2),
    torch("expm1: y + 1 loses its digits, then all", "expm1/values/*", "[-40.0]", "torch.expm1(x)", "mp.exp(-40)"),
    torch(
        "gelu: the tail of the normal distribution cancels",
        "gelu/values/*/float32 gelu/shapes/* gelu/fuzz/*",
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
        "logcumsumexp/point/0/float64",
        "[1000.1, 1000.7, 1001.3]",
        "torch.logcumsumexp(x, 0)[2]",
        "mp.exp(mp.mpf(float(np.float32(1000.1)))) / sum(mp.exp(mp.mpf(float(np.float32(v)))) "
        "for v in (1000.1, 1000.7, 1001.3))",
        kind=NARROW,
    ),
    torch(
        "softplus: x · β beyond the threshold is cut off",
        "softplus/values/*/float64",
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
        "hypot/point/1/* arctan2/point/1/*",
        "[float('inf')]",
        "torch.hypot(x, torch.ones(1))",
        "1",
        kind=LIMIT,
    ),
    torch(
        "arctan2: a² + b² overflows, or underflows",
        "arctan2/values/06/float64",
        "[1e25]",
        "torch.atan2(x, torch.tensor([1e25]))",
        "mp.mpf(1) / (2 * mp.mpf(float(np.float32(1e25))))",
    ),
    torch(
        "power: nan at an infinite exponent, where the limit is 0",
        "power/point/4/*",
        "[2.0]",
        "torch.pow(x, float('-inf'))",
        "0",
        kind=LIMIT,
    ),
    {
        "backend": "torch",
        "title": "batch_norm with given statistics: x s + (β − μ s) cancels for a mean far from 0",
        "kind": NARROW,
        "cases": ["batch_norm_inference/shapes/05/float32"],
        "verdicts": NUMBERS,
        "script": """import torch
from torch.nn import functional as F
x = torch.tensor([[1000.01]])
got = F.batch_norm(x, torch.tensor([1000.0]), torch.tensor([0.0]))""",
        "right": "(mp.mpf(float(np.float32(1000.01))) - 1000) / mp.sqrt(mp.mpf(1e-5))",
        "thread": "",
    },
    {
        "backend": "torch",
        "title": "cells: the gates' σ and tanh lose their digits far from zero",
        "kind": NARROW,
        "cases": ["gru_cell/values/*/float32", "gru_cell/shapes/*/float16", "lstm_cell/shapes/*", "rnn_cell/shapes/*"],
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
        "cases": ["clip/point/1/*"],
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
    {
        "backend": "torch",
        "title": "lstsq: the same call gives other last digits, by where its memory lies",
        "kind": "not deterministic",
        "cases": ["lstsq/shapes/*", "lstsq/values/*"],
        "verdicts": ["wrong"],
        "script": """import torch
a, b = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), torch.ones(3, 1)
answers = {tuple(torch.linalg.lstsq(a, b).solution.ravel().tolist()) for _ in range(200)}
got = len(answers) > 1""",
        "right": "False, one answer",
        "thread": "",
    },
    {
        "backend": "torch",
        "title": "fft of an empty batch raises",
        "kind": RAISES,
        "cases": [],
        "verdicts": ["error"],
        "script": """import torch
got = torch.fft.fft(torch.zeros(0, 4))""",
        "right": "an array of shape (0, 4), as in NumPy",
        "thread": "https://github.com/pytorch/pytorch/issues/174984",
    },
)
