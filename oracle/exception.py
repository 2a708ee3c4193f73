"""Oracle exceptions: where a library's gradient is wrong, or not finite, for finite inputs, and the referee is right.

Each entry has literals that show it. A test runs them: an entry that no longer happens is stale.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np

from oracle.draw import Arguments

Entry = TypedDict(
    "Entry",
    {
        "rule": str,
        "library": str,
        "version": str,
        "applies": Callable[..., bool],
        "reason": str,
        "source": str,
        "dtype": str,
        "xs": tuple[Any, ...],
        "u": Any,
        "static": Mapping[str, Any],
        "got": tuple[Any, ...],
        "referee": tuple[Any, ...],
    },
)


def square_leaves_range(_a: Any, b: Any) -> bool:
    """Whether b² overflows, or 1/b² does."""
    largest = math.sqrt(float(np.finfo(b.dtype).max))
    return bool(np.any((np.abs(b) < 2 / largest) | (np.abs(b) > largest / 2)))


def in_the_tail(x: Any) -> bool:
    """Whether a saturating function has come so near to its limit that 1 − y has no correct digit."""
    return bool(np.any(np.abs(x) > -math.log(float(np.finfo(x.dtype).eps)) / 2))


def radius_leaves_range(a: Any, b: Any) -> bool:
    """Whether a² + b² overflows, or underflows."""
    largest = math.sqrt(float(np.finfo(b.dtype).max))
    radius = np.hypot(a, b, dtype=np.float64)
    return bool(np.any((radius < 2 / largest) | (radius > largest / 2)))


DIVIDE = {
    "rule": "divide", "library": "jax", "version": "0.10.2", "applies": square_leaves_range, "static": {},
    "reason": "the cotangent of b is −u a · b⁻², and b⁻² leaves the range: infinite, nan for a = 0, or zero",
    "source": "the JVP of div in jax/_src/lax/lax.py",
}  # fmt: skip
ARCTAN2 = {
    "rule": "arctan2", "library": "jax", "version": "0.10.2", "applies": radius_leaves_range, "static": {},
    "reason": "a² + b² leaves the range: slopes are infinite or 0",
    "source": "the JVP of atan2 in jax/_src/lax/lax.py",
}  # fmt: skip
HYPOT = {
    "rule": "hypot", "library": "jax", "version": "0.10.2", "applies": radius_leaves_range, "static": {},
    "reason": "the ratio of the two is differentiated by b⁻², which leaves the range: infinite, or half is missing",
    "source": "hypot in jax/_src/numpy/ufuncs.py",
}  # fmt: skip
SIGMOID = {
    "rule": "sigmoid", "applies": in_the_tail, "static": {},
    "reason": "y (1 − y) has no correct digit in the right tail, and is 0 soon",
}  # fmt: skip
TANH = {
    "rule": "tanh", "applies": in_the_tail, "static": {},
    "reason": "1 − y² has no correct digit in the tails, and is 0 soon",
}  # fmt: skip
JAX = {"library": "jax", "version": "0.10.2"}
TORCH = {"library": "torch", "version": "2.13.0", "source": "sigmoid_backward and tanh_backward in derivatives.yaml"}

EXCEPTIONS: Sequence[Any] = (
    {
        **DIVIDE, "dtype": "float64", "xs": ([0.0, 1e-170], [1e-170, 1e-170]), "u": [1.0, 1.0],
        "got": ([1e170, 1e170], [np.nan, -np.inf]), "referee": ([1e170, 1e170], [0.0, -1e170]),
    },
    {
        **DIVIDE, "dtype": "float32", "xs": ([0.0, -1e-3], [1e-20, -1e-20]), "u": [1.0, 1.0],
        "got": ([1e20, -1e20], [np.nan, np.inf]), "referee": ([1e20, -1e20], [0.0, 1.0000001109664123e37]),
    },
    {
        **DIVIDE, "dtype": "float32", "xs": ([-1e30], [-1e30]), "u": [1.0],
        "got": ([-1e-30], [0.0]), "referee": ([-1e-30], [9.99999984952534e-31]),
    },
    {
        **ARCTAN2, "dtype": "float64", "xs": ([1e-170, 1e170], [1e-170, 1e170]), "u": [1.0, 1.0],
        "got": ([np.inf, 0.0], [-np.inf, 0.0]), "referee": ([5e169, 5e-171], [-5e169, -5e-171]),
    },
    {
        **HYPOT, "dtype": "float64", "xs": ([1e-170, 1e170], [1e-170, 1e170]), "u": [1.0, 1.0],
        "got": ([-np.inf, 1.0606601717798214], [-np.inf, 1.0606601717798214]),
        "referee": ([0.7071067811865476, 0.7071067811865476], [0.7071067811865476, 0.7071067811865476]),
    },
    {
        **HYPOT, "dtype": "float32", "xs": ([1e-20, 1e20], [1e-20, 1e20]), "u": [1.0, 1.0],
        "got": ([-np.inf, 1.0606601717798214], [-np.inf, 1.0606601717798214]),
        "referee": ([0.7071067811865476, 0.7071067811865476], [0.7071067811865476, 0.7071067811865476]),
    },
    {
        **SIGMOID, **JAX, "source": "the JVP of logistic in jax/_src/lax/lax.py",
        "dtype": "float32", "xs": ([17.0],), "u": [1.0], "got": ([0.0],), "referee": ([4.1399373760035016e-08],),
    },
    {
        **SIGMOID, **JAX, "source": "the JVP of logistic in jax/_src/lax/lax.py",
        "dtype": "float64", "xs": ([40.0],), "u": [1.0], "got": ([0.0],), "referee": ([4.2483542552915889e-18],),
    },
    {
        **TANH, **JAX, "source": "the JVP of tanh in jax/_src/lax/lax.py",
        "dtype": "float32", "xs": ([-40.0],), "u": [1.0], "got": ([0.0],), "referee": ([7.2194055513816612e-35],),
    },
    {
        **TANH, **JAX, "source": "the JVP of tanh in jax/_src/lax/lax.py",
        "dtype": "float64", "xs": ([-80.0],), "u": [1.0], "got": ([0.0],), "referee": ([1.3029954128830085e-69],),
    },
    {
        **SIGMOID, **TORCH,
        "dtype": "float32", "xs": ([17.0],), "u": [1.0], "got": ([0.0],), "referee": ([4.1399373760035016e-08],),
    },
    {
        **TANH, **TORCH,
        "dtype": "float32", "xs": ([-40.0],), "u": [1.0], "got": ([0.0],), "referee": ([7.2194055513816612e-35],),
    },
)  # fmt: skip


def excluded(rule: str, arguments: Arguments, library: str = "jax") -> Entry | None:
    """The entry that explains why a library is not to be trusted on these arguments, if there is one."""
    for entry in EXCEPTIONS:
        about = (entry["rule"], entry["library"]) == (rule, library)
        if about and entry["applies"](*arguments["xs"], **arguments["static"]):
            found: Entry = entry
            return found
    return None
