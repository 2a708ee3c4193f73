"""What was found in MLX."""

from collections.abc import Sequence

from oracle.findings.finding import LIMIT, NARROW, NUMBERS, RAISES, SIGMOID, WRONG, Finding


def mlx(
    title: str, cases: str, x: str, of: str, right: str, *, kind: str = WRONG, thread: str = "", dtype: str = "float32"
) -> Finding:
    """The same of MLX."""
    script = f"""import mlx.core as mx
import mlx.nn as nn
mx.set_default_device(mx.cpu)
got = mx.grad(lambda x: mx.sum({of}))(mx.array({x}, dtype=mx.{dtype}))"""
    return {
        "backend": "mlx", "title": title, "kind": kind, "cases": cases.split(), "verdicts": NUMBERS,
        "script": script, "right": right, "thread": thread,
    }  # fmt: skip


MLX_64 = "https://github.com/ml-explore/mlx/issues/3047"

FINDINGS: Sequence[Finding] = (
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
                "bce_with_logits",
                "rms_norm",
                "layer_norm",
                "logcumsumexp",
                "log2",
                "log10",
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
        "sigmoid/values/*/float32 ",
        "[40.0]",
        "mx.sigmoid(x)",
        SIGMOID,
    ),
    mlx("expm1: y + 1 loses its digits, then all", "expm1/values/*", "[-40.0]", "mx.expm1(x)", "mp.exp(-40)"),
    mlx(
        "leaky_relu: the larger of x and the slope times x, wrong for slopes above 1",
        "leaky_relu/shapes/*/float16 leaky_relu/shapes/*/bfloat16",
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
        "divide/values/00/float32",
        "[1e-25]",
        "1e-30 / x",
        "-mp.mpf(float(np.float32(1e-30))) / mp.mpf(float(np.float32(1e-25))) ** 2",
    ),
    mlx(
        "arctan2: a² + b² overflows; nan at an infinity",
        "arctan2/point/1/* arctan2/values/06/float64",
        "[1e25]",
        "mx.arctan2(x, mx.array([1e25]))",
        "mp.mpf(1) / (2 * mp.mpf(float(np.float32(1e25))))",
    ),
    mlx(
        "float32: exp has an error of 2e-6 at its ends, and what is made of it",
        "exp/values/*/float32 softplus/values/*/float32 logaddexp/shapes/* logaddexp/values/*",
        "[88.0]",
        "mx.exp(x)",
        "mp.exp(88)",
        kind=NARROW,
    ),
    mlx(
        "halves: sums are in halves, so a sum of ones stops at 2048",
        "cumsum/shapes/*/float16 cumsum/shapes/*/bfloat16 "
        "take_along_axis/shapes/*/float16 take_along_axis/shapes/*/bfloat16",
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
    {
        "backend": "mlx",
        "title": "partition with equal elements: cotangents go to other places than the values",
        "kind": WRONG,
        "cases": ["partition/point/*"],
        "verdicts": NUMBERS,
        "script": """import mlx.core as mx
mx.set_default_device(mx.cpu)
x, u = mx.array([3.0, 1.0, 2.0, 1.0, 2.0]), mx.array([1.0, 2.0, 3.0, 4.0, 5.0])
(y,), (dx,) = mx.vjp(lambda x: mx.partition(x, 2), [x], [u])
got = y[4].item(), dx[0].item()  # 3 is last, and the last cotangent is 5""",
        "right": "(3, 5)",
        "thread": "",
    },
    {
        "backend": "mlx",
        "title": "trace of an empty diagonal: its gradient hangs, in about every second process",
        "kind": "hangs",
        "cases": ["trace/*"],
        "verdicts": ["timeout"],
        "script": """import subprocess, sys
program = '''import mlx.core as mx
mx.set_default_device(mx.cpu)
x, u = mx.ones((2, 2, 3, 2)), mx.ones((2, 2))
mx.eval(mx.vjp(lambda x: mx.trace(x, -2, -4, 2), [x], [u]))'''
def hangs():
    try:
        return subprocess.run([sys.executable, "-c", program], timeout=5).returncode
    except subprocess.TimeoutExpired:
        return "hangs"
got = next((answer for answer in (hangs() for _ in range(10)) if answer), "never in 10")""",
        "right": "a gradient of zeros, at once",
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
    mlx(
        "logaddexp: 1 − σ(a − b) is 0 for the smaller of two numbers, if it is the second",
        "",
        "[-20.0]",
        "mx.logaddexp(0.0, x)",
        "1 / (1 + mp.exp(20))",
    ),
    {
        "backend": "mlx",
        "title": "split with an index before the beginning: the cotangent of the last part is lost",
        "kind": WRONG,
        "cases": [],
        "verdicts": NUMBERS,
        "script": """import mlx.core as mx
mx.set_default_device(mx.cpu)
x, us = mx.array([5.0]), [mx.array([1.0]), mx.zeros((0,)), mx.array([3.0])]
parts, (got,) = mx.vjp(lambda x: mx.split(x, [1, -2]), [x], us)  # [5], [] and [5]""",
        "right": "[4]",
        "thread": "",
    },
    {
        "backend": "mlx",
        "title": "broadcast to an empty array: its gradient hangs, in about every second process",
        "kind": "hangs",
        "cases": [],
        "verdicts": ["timeout"],
        "script": """import subprocess, sys
program = '''import mlx.core as mx, numpy as np
mx.set_default_device(mx.cpu)
for _ in range(300):
    x, u = mx.array([1.0]), mx.array(np.zeros(0, "float32"))
    mx.eval(mx.vjp(lambda x: mx.broadcast_to(x, (0,)), [x], [u]))'''
def hangs():
    try:
        return subprocess.run([sys.executable, "-c", program], timeout=5).returncode
    except subprocess.TimeoutExpired:
        return "hangs"
got = next((answer for answer in (hangs() for _ in range(10)) if answer), "never in 10")""",
        "right": "a gradient of [0], at once",
        "thread": "",
    },
    mlx(
        "float64: convolution is as accurate as float32",
        "conv/fuzz/*/float64",
        "[[[0.1], [0.2]]]",
        "mx.conv1d(x, mx.array([[[0.1]]], dtype=mx.float64))",
        "[[[0.1], [0.1]]]",
        kind=NARROW,
        dtype="float64",
    ),
    mlx(
        "gelu in float16: the tail of the normal distribution cancels, two digits are left at −3",
        "gelu/fuzz/*/float16 gelu/fuzz/*/bfloat16",
        "[-3.0]",
        "nn.gelu(x)",
        "mp.ncdf(-3) - 3 * mp.npdf(-3)",
        dtype="float16",
    ),
    mlx(
        "take of nothing raises",
        "",
        "mx.zeros((0,))",
        "mx.take(x, mx.array([], dtype=mx.int32))",
        "shape (0,)",
        kind=RAISES,
    ),
    mlx("diag of a matrix without columns raises", "", "mx.zeros((2, 0))", "mx.diag(x)", "shape (2, 0)", kind=RAISES),
    {
        "backend": "mlx",
        "title": "empty arrays: the gradients of trace and of scatter-add end the process",
        "kind": "crashes",
        "cases": [],
        "verdicts": ["crash"],
        "script": """import subprocess, sys
program = '''import mlx.core as mx
mx.set_default_device(mx.cpu)
x, y = mx.zeros((2, 0, 5)), mx.zeros((1, 0, 5))
mx.eval(mx.vjp(lambda x, y: x.at[mx.array([1, 1])].add(y), [x, y], [x]))'''
got = subprocess.run([sys.executable, "-c", program]).returncode""",
        "right": "0, an empty gradient",
        "thread": "",
    },
)
