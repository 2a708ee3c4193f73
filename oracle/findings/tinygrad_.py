"""What was found in tinygrad."""

from collections.abc import Sequence

from oracle.findings.finding import LIMIT, NARROW, NUMBERS, SECH2, SIGMOID, WRONG, Finding

NAN = "https://github.com/tinygrad/tinygrad/pull/15828"


def tinygrad(
    title: str, cases: str, x: str, of: str, right: str, *, kind: str = WRONG, thread: str = "", dtype: str = "float32"
) -> Finding:
    """A finding in the gradient of a function of one tensor."""
    script = f"x = Tensor({x}, dtype={dtype!r})\ngot = ({of}).sum().gradient(x)[0].numpy()"
    return told(title, cases, script, right, kind, thread)


def value(title: str, cases: str, of: str, right: str, *, kind: str = WRONG, thread: str = "") -> Finding:
    """A finding in a value."""
    return told(title, cases, f"got = {of}.numpy()", right, kind, thread)


def told(title: str, cases: str, script: str, right: str, kind: str, thread: str) -> Finding:
    """The finding of a script."""
    head = 'import os\nos.environ.setdefault("DEV", "CPU")\nfrom tinygrad import Tensor\n'
    return {
        "backend": "tinygrad", "title": title, "kind": kind, "cases": cases.split(), "verdicts": NUMBERS,
        "script": head + script, "right": right, "thread": thread,
    }  # fmt: skip


FINDINGS: Sequence[Finding] = (
    tinygrad("sigmoid: y (1 − y) is 0 where y rounds to 1", "sigmoid/values/*", "[40.0]", "x.sigmoid()", SIGMOID),
    tinygrad("tanh: 1 − y² loses its digits, then all", "tanh/values/*", "[12.0]", "x.tanh()", SECH2),
    tinygrad(
        "exp: an error of 2e-6 at its ends", "exp/values/*/float32", "[88.0]", "x.exp()", "mp.exp(88)", kind=NARROW
    ),
    value(
        "maximum, minimum, max-pooling: nan beside a number is the number",
        "maximum/point/2/* minimum/point/1/* max_pool/point/1/*",
        'Tensor([1.0]).maximum(Tensor([float("nan")]))',
        "nan, as in NumPy, JAX and PyTorch",
        kind="other convention",
        thread=NAN,
    ),
    value(
        "sort and topk lose numbers beside nan",
        "sort/point/3/* top_k/point/1/*",
        'Tensor([float("nan"), 1.0, float("nan")]).sort()[0]',
        "[1, nan, nan]",
        thread=NAN,
    ),
    value(
        "softplus: ln(1 + eˣ) is 0 where eˣ is small, and nan at ∞",
        "softplus/values/* softplus/point/*",
        "Tensor([-30.0]).softplus()",
        "mp.log1p(mp.exp(-30))",
    ),
    tinygrad(
        "silu, gelu: nan at −∞ for the limit",
        "silu/point/* gelu/point/*",
        '[-float("inf")]',
        "x.silu()",
        "0",
        kind=LIMIT,
    ),
    tinygrad(
        "gelu: erf to 7 digits, of float64, too; its tail cancels",
        "gelu/shapes/* gelu/values/*",
        "[-1.0]",
        'x.gelu("none")',
        "mp.ncdf(-1) - mp.npdf(-1)",
        kind=NARROW,
        dtype="float64",
    ),
    value(
        "arcsin, arccos, arctan: a polynomial of 8 digits, of float64, too",
        "arcsin/shapes/*/float64 arcsin/values/*/float64 arccos/shapes/*/float64 arctan/shapes/*",
        'Tensor([0.3], dtype="float64").asin()',
        "mp.asin(mp.mpf(0.3))",
        kind=NARROW,
    ),
    tinygrad(
        "arcsin, arccos, arctan: slope 0 at 0, and few digits near it; nan of arctan at ∞",
        "arcsin/values/*/float32 arccos/values/*/float32 arctan/values/*/float32 "
        "arcsin/point/* arccos/point/* arctan/point/*",
        "[0.0]",
        "x.asin()",
        "1",
    ),
    value(
        "sinh, arcsinh, arctanh: of exponentials and logarithms, 0 or few digits for small x",
        "sinh/values/*/float32 arcsinh/values/*/float32 arctanh/values/*/float32 arcsinh/shapes/*/float64",
        "Tensor([1e-6]).asinh()",
        "mp.asinh(mp.mpf(float(np.float32(1e-6))))",
    ),
    value("arcsinh: nan at −∞", "arcsinh/point/*", 'Tensor([-float("inf")]).asinh()', "-inf", kind=LIMIT),
    tinygrad("arctanh at 1: nan for ∞", "arctanh/point/*", "[1.0]", "x.atanh()", "∞", kind=LIMIT),
    value(
        "arccosh: few digits near 1",
        "arccosh/values/*/float32",
        "Tensor([1.000001]).acosh()",
        "mp.acosh(mp.mpf(float(np.float32(1.000001))))",
        kind=NARROW,
    ),
    tinygrad("arccosh at ∞: nan for the slope 0", "arccosh/point/*", '[float("inf")]', "x.acosh()", "0", kind=LIMIT),
    tinygrad(
        "cosh: slope (eˣ − e⁻ˣ) / 2 cancels for small x",
        "cosh/values/*/float32",
        "[1e-6]",
        "x.cosh()",
        "mp.sinh(mp.mpf(float(np.float32(1e-6))))",
    ),
    tinygrad(
        "cos, sin, tan: cos x is sin(π/2 − x) in the dtype: −4e-8 for its slope at 0, few digits near the zeros",
        "cos/values/*/float32 sin/values/*/float32 tan/values/*/float32 tan/shapes/*/float32 tan/shapes/*/float16",
        "[0.0]",
        "x.cos()",
        "mp.mpf(0)",
        kind=NARROW,
    ),
    tinygrad(
        "cos x, and the slope of sin: π/2 − x loses the phase of a large x",
        "",
        "[1e6]",
        "x.sin()",
        "mp.cos(1e6)",
        thread="https://github.com/tinygrad/tinygrad/pull/17885",
    ),
    told(
        "equal numbers are one node of the graph: each gets the cotangents of both",
        "",
        """a, b = Tensor(2.0, dtype="float32"), Tensor(2.0, dtype="float32")
got = tuple(dx.item() for dx in (a * 3 + b * 5).gradient(a, b))""",
        "(3, 5)",
        WRONG,
        "",
    ),
    value(
        "einsum with a repeated index that is not at the end: other axes are summed",
        "",
        'Tensor.einsum("iij->j", Tensor([[[0.0, 1.0], [2.0, 3.0]], [[4.0, 5.0], [6.0, 7.0]]]))',
        "[6, 8]",
        thread="https://github.com/tinygrad/tinygrad/issues/18207",
    ),
    value(
        "gather with a negative index gives 0",
        "",
        "Tensor([1.0, 2.0, 3.0]).gather(0, Tensor([-1]))",
        "[3], as NumPy and JAX index, or an error, as PyTorch raises",
        kind="other convention",
    ),
    tinygrad(
        "logaddexp at infinities: nan",
        "logaddexp/point/*",
        "[1.0]",
        'x.logaddexp(Tensor([float("inf")]))',
        "0",
        kind=LIMIT,
    ),
    value(
        "logsumexp, logcumsumexp: nan where all are −∞",
        "logsumexp/point/1/* logcumsumexp/point/1/*",
        'Tensor([-float("inf"), 0.0]).logcumsumexp()',
        "[-inf, 0]",
        kind=LIMIT,
    ),
    tinygrad(
        "power: nan at an infinite exponent, where the limit is 0",
        "power/point/4/*",
        "[2.0]",
        'x.pow(Tensor([-float("inf")]))',
        "0",
        kind=LIMIT,
    ),
    value(
        "binary cross-entropy at ∞: nan for a certain target",
        "bce_with_logits/point/*",
        'Tensor([float("inf")]).binary_crossentropy_logits(Tensor([1.0]))',
        "0",
        kind=LIMIT,
    ),
    value(
        "attention: nan for a query that keeps no key",
        "scaled_dot_product_attention/point/0/*",
        "(q := Tensor.ones(2, 1)).scaled_dot_product_attention(q, q, Tensor([[False, False], [True, True]]))",
        "0, as PyTorch gives",
        kind="other convention",
    ),
    tinygrad(
        "max-pooling of −∞: part of a cotangent goes to the padding, and is lost",
        "max_pool/point/2/*",
        '[[[[-float("inf"), -float("inf")]]]]',
        "x.max_pool2d((1, 2), 1, padding=(1, 1, 0, 0))",
        "3 in all, one for each window",
        kind="other convention",
    ),
)
