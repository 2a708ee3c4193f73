"""Oracle exceptions: where a library's gradient is wrong or not finite for finite inputs, and the referee is right.

Each entry has literals that show it, and a test runs them: an entry that no longer happens is stale.
"""

import math
from collections.abc import Callable, Sequence
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
        "xs": tuple[Any, ...],
        "u": Any,
        "static": dict[str, Any],
        "got": tuple[Any, ...],
        "referee": tuple[Any, ...],
    },
)


def square_underflows(_a: Any, b: Any) -> bool:
    """Whether 1/b² leaves the range of b's dtype."""
    return bool(np.any(np.abs(b) < 2 / math.sqrt(float(np.finfo(b.dtype).max))))


EXCEPTIONS: Sequence[Entry] = (
    {
        "rule": "divide",
        "library": "jax",
        "version": "0.10.2",
        "applies": square_underflows,
        "reason": "the cotangent of b is −u a · b⁻², and b⁻² overflows: nan for a = 0, infinite for small a",
        "source": "jax/_src/lax/lax.py, the JVP of div",
        "xs": (np.array([0.0, 1e-170]), np.array([1e-170, 1e-170])),
        "u": np.array([1.0, 1.0]),
        "static": {},
        "got": (np.array([1e170, 1e170]), np.array([np.nan, -np.inf])),
        "referee": (np.array([1e170, 1e170]), np.array([0.0, -1e170])),
    },
)


def excluded(rule: str, arguments: Arguments, library: str = "jax") -> Entry | None:
    """The entry that explains why a library is not to be trusted on these arguments, if there is one."""
    for entry in EXCEPTIONS:
        if (entry["rule"], entry["library"]) == (rule, library) and entry["applies"](
            *arguments["xs"], **arguments["static"]
        ):
            return entry
    return None
