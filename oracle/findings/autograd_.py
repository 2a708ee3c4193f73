"""What was found in autograd."""

from collections.abc import Sequence

from oracle.findings.finding import LIMIT, NARROW, NUMBERS, RAISES, SIGMOID, WRONG, Finding


def autograd(title: str, cases: str, x: str, of: str, right: str, *, kind: str = WRONG, thread: str = "") -> Finding:
    """The same of autograd."""
    script = f"""import autograd
import autograd.numpy as np
import autograd.scipy.special as special
got = autograd.grad(lambda x: np.sum({of}))(np.array({x}))"""
    return {
        "backend": "autograd", "title": title, "kind": kind, "cases": cases.split(),
        "verdicts": NUMBERS if kind in {NARROW, LIMIT} else ("wrong", "error"),
        "script": script, "right": right, "thread": thread,
    }  # fmt: skip


FINDINGS: Sequence[Finding] = (
    autograd("sigmoid: y (1 − y) is 0 where y rounds to 1", "sigmoid/values/*", "40.0", "special.expit(x)", SIGMOID),
    autograd("expm1: y + 1 loses its digits, then all", "expm1/values/*", "-40.0", "np.expm1(x)", "mp.exp(-40)"),
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
        "full/shapes/* full/values/* full/integers/*",
        "[1.0, 2.0]",
        "np.full((3, 2), x) * np.array([[1.0, 2.0]])",
        "[3, 6]",
    ),
    autograd(
        "kron of arrays with other numbers of axes: elements in another order",
        "kron/shapes/03/*",
        "[1.0, 2.0]",
        "np.kron(np.array([[1.0, 2.0]]), x.reshape((1, 2, 1))) * np.arange(4.0).reshape((1, 2, 2))",
        "[2, 8]",
    ),
    autograd(
        "broadcast_to with more axes raises",
        "broadcast_to/shapes/* broadcast_to/values/*",
        "[1.0, 2.0]",
        "np.broadcast_to(x, (3, 2))",
        "[3, 3]",
        kind=RAISES,
        thread="https://github.com/HIPS/autograd/issues/384",
    ),
    autograd(
        "diag of what is not square: a cotangent of another shape",
        "diag/shapes/* diag/integers/* diag/values/*",
        "np.ones((2, 3))",
        "np.diag(x)",
        "[[1, 0, 0], [0, 1, 0]]",
        kind=WRONG,
    ),
    autograd(
        "tile with no copy raises",
        "tile/shapes/* tile/values/* tile/integers/*",
        "[1.0, 2.0]",
        "np.tile(x, 0)",
        "[0, 0]",
        kind=RAISES,
    ),
    autograd(
        "einsum of a diagonal raises",
        "einsum/shapes/00/* einsum/shapes/01/*",
        "np.ones((2, 2))",
        "np.einsum('ii->i', x)",
        "[[1, 0], [0, 1]]",
        kind=RAISES,
    ),
    autograd(
        "where with a condition that broadcasts: a cotangent of another shape",
        "where/shapes/* where/integers/*",
        "[1.0, 2.0]",
        "np.where(np.array([[True, False], [True, True]]), x, 0.0)",
        "[2, 1]",
        kind=WRONG,
    ),
    autograd(
        "prod divides by x: nan at a zero", "prod/point/* prod/values/*", "[0.0, 2.0, 3.0]", "np.prod(x)", "[6, 0, 0]"
    ),
    autograd(
        "det and slogdet raise for a singular matrix",
        "det/values/* slogdet/point/*",
        "[[0.0, 1.0], [0.0, 1.0]]",
        "np.linalg.det(x)",
        "[[1, 0], [-1, 0]], the cofactors",
        kind=RAISES,
    ),
    autograd("sinc is nan at 0", "sinc/values/*", "[0.0, 1.0]", "np.sinc(x)", "[0, -1]"),
    autograd(
        "norm of order ∞ is nan at ties",
        "norm/point/4/* norm/shapes/04/* norm/values/*",
        "[2.0, -2.0]",
        "np.linalg.norm(x, np.inf)",
        "shares of [1, -1] that add up to 1 in size",
    ),
    autograd(
        "abs at ∞: ∞ / ∞ is nan",
        "abs/point/1/* hypot/point/1/* arctan2/point/1/* power/point/4/* logaddexp/point/*",
        "[np.inf]",
        "np.abs(x)",
        "1",
        kind=LIMIT,
    ),
    autograd(
        "arctan2: a² + b² underflows, or overflows",
        "arctan2/values/06/float64",
        "[1e161]",
        "np.arctan2(x, np.array([1e161]))",
        "1 / (2 * mp.mpf(1e161))",
    ),
    autograd(
        "divide: b² underflows",
        "divide/values/00/float32",
        "1e-180",
        "1e-200 / x",
        "-mp.mpf(1e-200) / mp.mpf(1e-180) ** 2",
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
        "split/shapes/*",
        "np.ones((3, 3))",
        "np.split(x, [1], 1)[1]",
        "[[0, 1, 1], [0, 1, 1], [0, 1, 1]]",
        kind=RAISES,
    ),
    autograd(
        "gradient of two samples raises",
        "gradient/shapes/02/* gradient/shapes/03/*",
        "[1.0, 3.0]",
        "np.gradient(x)",
        "[-2, 2]",
        kind=RAISES,
    ),
    autograd(
        "solve of a stack of matrices and one vector raises",
        "solve/shapes/04/*",
        "np.stack([np.eye(2)] * 3)",
        "np.linalg.solve(x, np.ones(2))",
        "−1 in all 12 places",
        kind=RAISES,
    ),
    autograd(
        "repeat along an axis from the end: a gradient of other elements",
        "",
        "[[1.0, 2.0], [3.0, 4.0]]",
        "np.repeat(x, 2, axis=-1) * np.arange(8.0).reshape(2, 4)",
        "[[1, 5], [9, 13]]",
    ),
    autograd(
        "diff of a higher order than there are elements: a gradient of another shape",
        "",
        "[1.0, 2.0]",
        "np.diff(x, n=3)",
        "[0, 0]",
    ),
    autograd(
        "cross with an argument that broadcasts: a gradient of another shape",
        "",
        "[1.0, 2.0, 3.0]",
        "np.cross(x, np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]))",
        "[-2, 4, -2]",
    ),
    autograd(
        "broadcast_to a shape that is an integer raises",
        "",
        "[1.0]",
        "np.broadcast_to(x, 2)",
        "[2]",
        kind=RAISES,
    ),
    autograd(
        "fftn of a number raises",
        "",
        "1.0",
        "np.real(np.fft.fftn(x))",
        "1",
        kind=RAISES,
    ),
    autograd(
        "logsumexp of a number with keepdims: a gradient of another shape",
        "",
        "1.0",
        "special.logsumexp(x, keepdims=True)",
        "1, of shape ()",
    ),
)
