"""What was found in JAX."""

from collections.abc import Sequence

from oracle.findings.finding import LIMIT, NARROW, NUMBERS, RAISES, SECH2, SIGMOID, WRONG, Finding


def jax(title: str, cases: str, x: str, of: str, right: str, *, kind: str = WRONG, thread: str = "") -> Finding:
    """The same of JAX."""
    script = f"""import jax
import jax.numpy as jnp
got = jax.grad(lambda x: jnp.sum({of}).astype("float32"))(jnp.array({x}, 'float32'))"""
    return {
        "backend": "jax", "title": title, "kind": kind, "cases": cases.split(), "verdicts": NUMBERS,
        "script": script, "right": right, "thread": thread,
    }  # fmt: skip


FINDINGS: Sequence[Finding] = (
    jax(
        "sigmoid: y (1 − y) is 0 where y rounds to 1",
        "sigmoid/values/*",
        "[40.0]",
        "jax.nn.sigmoid(x)",
        SIGMOID,
        thread="https://github.com/jax-ml/jax/issues/40342",
    ),
    jax(
        "tanh: 1 − y² loses its digits, then all",
        "tanh/values/*",
        "[12.0]",
        "jnp.tanh(x)",
        SECH2,
        thread="https://github.com/jax-ml/jax/issues/40388",
    ),
    jax("expm1: y + 1 loses its digits, then all", "expm1/values/*", "[-40.0]", "jnp.expm1(x)", "mp.exp(-40)"),
    jax(
        "hypot: squares overflow, or underflow",
        "hypot/values/*",
        "[1e-25]",
        "jnp.hypot(x, jnp.array([1e-25], 'float32'))",
        "1 / mp.sqrt(2)",
    ),
    jax(
        "hypot, arctan2, power and interp at an infinity: nan for the limit",
        "hypot/point/1/* arctan2/point/1/* power/point/4/* interp/point/1/*",
        "[float('inf')]",
        "jnp.hypot(x, 1.0)",
        "1",
        kind=LIMIT,
    ),
    jax(
        "arctan2: a² + b² overflows, or underflows",
        "arctan2/values/06/float64",
        "[1e25]",
        "jnp.arctan2(x, 1e25)",
        "mp.mpf(1) / (2 * mp.mpf(float(np.float32(1e25))))",
    ),
    jax(
        "logaddexp: ∞ beside a number gives the number e",
        "logaddexp/point/2/*",
        "[1.0]",
        "jnp.logaddexp(jnp.inf, x)",
        "0",
    ),
    jax("divide: b² underflows", "divide/values/00/float32", "[1e-30]", "0.0 / x", "0"),
    jax(
        "gelu and silu at −∞: nan for the limit",
        "gelu/point/* silu/point/*",
        "[-float('inf')]",
        "jax.nn.silu(x)",
        "0",
        kind=LIMIT,
    ),
    jax(
        "norm of a zero matrix: nan, where any matrix of length 1 is right",
        "matrix_norm/point/0/*",
        "[[0.0, 0.0]]",
        "jnp.linalg.norm(x)",
        "a matrix of length 1 at most",
        kind=LIMIT,
    ),
    jax(
        "svd and eigh: nan where values are equal",
        "svd/point/* eigh/point/*",
        "[[1.0, 0.0], [0.0, 1.0]]",
        "(lambda w, v: (v * w) @ v.T)(*jnp.linalg.eigh(x))",
        "[[1, 1], [1, 1]]",
        kind=LIMIT,
    ),
    jax(
        "sinc: −∞ for numbers whose square underflows",
        "sinc/values/*/float32",
        "[1e-20]",
        "jnp.sinc(x)",
        "-mp.pi ** 2 * mp.mpf(float(np.float32(1e-20))) / 3",
        thread="https://github.com/jax-ml/jax/issues/34139",
    ),
    {
        "backend": "jax",
        "title": "binary cross-entropy, as optax has it of log_sigmoid: nan at ∞ for a certain target",
        "kind": LIMIT,
        "cases": ["bce_with_logits/point/*"],
        "verdicts": NUMBERS,
        "script": """import jax
import jax.numpy as jnp
x, target = jnp.inf, 1.0
got = -jax.nn.log_sigmoid(x) * target - jax.nn.log_sigmoid(-x) * (1 - target)""",
        "right": "0",
        "thread": "",
    },
    {
        "backend": "jax",
        "title": "max-pooling of −∞: a cotangent goes to the padding, and is lost",
        "kind": "other convention",
        "cases": ["max_pool/point/2/*"],
        "verdicts": NUMBERS,
        "script": """import jax
import jax.numpy as jnp
x = jnp.full((1, 1), -jnp.inf)
of = lambda x: jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2), (1, 1), ((0, 0), (1, 1)))
(got,) = jax.vjp(of, x)[1](jnp.array([[3.0, 5.0]]))""",
        "right": "[[8]], all of it",
        "thread": "",
    },
    {
        "backend": "jax",
        "title": "indices in bfloat16: what one element gets is added up in bfloat16, to 256 and no further",
        "kind": NARROW,
        "cases": ["take/fuzz/*/bfloat16", "getitem/fuzz/*/bfloat16"],
        "verdicts": NUMBERS,
        "script": """import jax
import jax.numpy as jnp
of = lambda x: jnp.sum(jnp.take(x, jnp.zeros(1000, int)).astype("float32"))
got = jax.grad(of)(jnp.ones(1, "bfloat16"))""",
        "right": "[1000]",
        "thread": "",
    },
    {
        "backend": "jax",
        "title": "interp of bfloat16 raises",
        "kind": RAISES,
        "cases": ["interp/shapes/*/bfloat16"],
        "verdicts": ["error"],
        "script": """import jax.numpy as jnp
x = jnp.array([0.0, 1.0], "bfloat16")
got = jnp.interp(x, x, x)""",
        "right": "[0, 1]",
        "thread": "",
    },
    {
        "backend": "jax",
        "title": "halves: a running sum is in halves",
        "kind": NARROW,
        "cases": [
            f"{name}/shapes/*/{half}" for name in ("cumsum", "take_along_axis") for half in ("float16", "bfloat16")
        ],
        "verdicts": NUMBERS,
        "script": """import jax.numpy as jnp
got = jnp.cumsum(jnp.full(4096, 0.1, "float16"))[-1]""",
        "right": "mp.mpf(4096) * mp.mpf(float(np.float16(0.1)))",
        "thread": "",
    },
)
