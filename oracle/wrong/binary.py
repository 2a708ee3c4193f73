"""Wrong pullbacks of purevjp/binary.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

from oracle.wrong.arithmetic import pair

WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "power": {
        "mlx PR #505: y b / a, nan at 0": lambda u, a, b: pair(u * a**b * b / a, u * a**b * np.log(a), a, b),
        "pytorch #27134: y ln a, nan at 0": lambda u, a, b: pair(
            u * np.where(b == 0, 0, b * a ** (b - 1)), u * a**b * np.log(a), a, b
        ),
        "jax #14397: 1 for b = 0": lambda u, a, b: pair(
            u * np.where(b == 0, 1, b * a ** (b - 1)), u * a**b * np.log(a), a, b
        ),
        "aᵇ for aᵇ⁻¹": lambda u, a, b: pair(u * b * a**b, u * a**b * np.log(a), a, b),
        "no b": lambda u, a, b: pair(u * a ** (b - 1), u * a**b * np.log(a), a, b),
        "nothing to the exponent": lambda u, a, b: pair(u * b * a ** (b - 1), 0 * u, a, b),
        "log₂": lambda u, a, b: pair(u * b * a ** (b - 1), u * a**b * np.log2(a), a, b),
    },
    "remainder": {
        "nothing to the divisor": lambda u, a, b: pair(u, 0 * u, a, b),
        "trunc for floor": lambda u, a, b: pair(u, -u * np.trunc(a / b), a, b),
        "no minus": lambda u, a, b: pair(u, u * np.floor(a / b), a, b),
        "a / b, not its floor": lambda u, a, b: pair(u, -u * (a / b), a, b),
    },
    "fmod": {
        "nothing to the divisor": lambda u, a, b: pair(u, 0 * u, a, b),
        "floor for trunc": lambda u, a, b: pair(u, -u * np.floor(a / b), a, b),
        "the sign of a": lambda u, a, b: pair(u * np.sign(a), -u * np.trunc(a / b), a, b),
    },
    "floor_divide": {
        "divide": lambda u, a, b: pair(u / b, -u * a / b**2, a, b),
        "1 / b": lambda u, a, b: pair(u / b, 0 * u, a, b),
    },
    "arctan2": {
        "mlx PR #2453: vjp = jvp, u / (a² + b²)": lambda u, a, b: pair(u / (a**2 + b**2), u / (a**2 + b**2), a, b),
        "the arguments are swapped": lambda u, a, b: pair(u * a / (a**2 + b**2), -u * b / (a**2 + b**2), a, b),
        "the signs are swapped": lambda u, a, b: pair(-u * b / (a**2 + b**2), u * a / (a**2 + b**2), a, b),
        "r for r²": lambda u, a, b: pair(u * b / np.hypot(a, b), -u * a / np.hypot(a, b), a, b),
        "arctan of a / b": lambda u, a, b: pair(u / (1 + (a / b) ** 2), -u * a / (a**2 + b**2), a, b),
    },
    "hypot": {
        "ChainRules PR #74: r² for r": lambda u, a, b: pair(u * a / (a**2 + b**2), u * b / (a**2 + b**2), a, b),
        "twice, as of a² + b²": lambda u, a, b: pair(u * 2 * a / np.hypot(a, b), u * 2 * b / np.hypot(a, b), a, b),
        "sizes without signs": lambda u, a, b: pair(u * abs(a) / np.hypot(a, b), u * abs(b) / np.hypot(a, b), a, b),
        "nan at the origin": lambda u, a, b: pair(u * a / np.hypot(a, b) + 0 / a, u * b / np.hypot(a, b), a, b),
    },
    "copysign": {
        "the sign of b alone": lambda u, a, b: pair(u * np.copysign(1, b), 0 * u, a, b),
        "the sign of a alone": lambda u, a, b: pair(u * np.sign(a), 0 * u, a, b),
        "the sign of b, 0 for −0": lambda u, a, b: pair(u * np.sign(a) * np.sign(b), 0 * u, a, b),
        "the size of a to b": lambda u, a, b: pair(u * np.sign(a) * np.copysign(1, b), u * np.abs(a), a, b),
    },
    "logaddexp": {
        "both get all": lambda u, a, b: pair(u, u, a, b),
        "the larger gets all": lambda u, a, b: pair(u * (a >= b), u * (a < b), a, b),
        "the shares are swapped": lambda u, a, b: pair(u / (1 + np.exp(a - b)), u / (1 + np.exp(b - a)), a, b),
        "exponentials without 1 / Σ": lambda u, a, b: pair(u * np.exp(a), u * np.exp(b), a, b),
    },
}
WRONG_VALUES: dict[str, dict[str, Callable[..., Any]]] = {
    "hypot": {"squares that leave the range": lambda a, b: np.sqrt(a * a + b * b)},
    "logaddexp": {"not shifted": lambda a, b: np.log(np.exp(a) + np.exp(b))},
}
