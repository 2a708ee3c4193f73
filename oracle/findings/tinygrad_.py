"""What was found in tinygrad."""

from collections.abc import Sequence

from oracle.findings.finding import NARROW, NUMBERS, SECH2, SIGMOID, WRONG, Finding


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


FINDINGS: Sequence[Finding] = (
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
)
