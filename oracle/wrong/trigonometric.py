"""Wrong pullbacks of purevjp/trigonometric.py."""

from collections.abc import Callable
from typing import Any

import numpy as np


def circle(x: Any) -> Any:
    """√(1 − x²)."""
    return np.sqrt((1 - x) * (1 + x))


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "sin": {
        "minus": lambda u, x: (-u * np.cos(x),),
        "sin": lambda u, x: (u * np.sin(x),),
        "√(1 − y²), no sign": lambda u, x: (u * np.abs(np.cos(x)),),
    },
    "cos": {
        "no minus": lambda u, x: (u * np.sin(x),),
        "cos": lambda u, x: (-u * np.cos(x),),
        "−√(1 − y²), no sign": lambda u, x: (-u * np.abs(np.sin(x)),),
    },
    "tan": {
        "1 − y², of tanh": lambda u, x: (u * (1 - np.square(np.tan(x))),),
        "1 / cos": lambda u, x: (u / np.cos(x),),
        "1 + y": lambda u, x: (u * (1 + np.tan(x)),),
    },
    "arcsin": {
        "minus": lambda u, x: (-u / circle(x),),
        "1 + x²": lambda u, x: (u / np.sqrt(1 + x * x),),
        "no root": lambda u, x: (u / circle(x) ** 2,),
    },
    "arccos": {
        "no minus": lambda u, x: (u / circle(x),),
        "1 + x²": lambda u, x: (-u / np.sqrt(1 + x * x),),
        "no root": lambda u, x: (-u / circle(x) ** 2,),
    },
    "arctan": {
        "a root": lambda u, x: (u / np.hypot(1, x),),
        "1 + y²": lambda u, x: (u / (1 + np.square(np.arctan(x))),),
        "1 + |x|": lambda u, x: (u / (1 + np.abs(x)),),
    },
    "sinh": {
        "minus, of sin": lambda u, x: (-u * np.cosh(x),),
        "sinh": lambda u, x: (u * np.sinh(x),),
        "cos": lambda u, x: (u * np.cos(x),),
    },
    "cosh": {
        "minus, of cos": lambda u, x: (-u * np.sinh(x),),
        "cosh": lambda u, x: (u * np.cosh(x),),
        "√(y² − 1), no sign": lambda u, x: (u * np.abs(np.sinh(x)),),
    },
    "arcsinh": {
        "no root": lambda u, x: (u / np.hypot(1, x) ** 2,),
        "x² − 1": lambda u, x: (u / np.sqrt(np.abs(x * x - 1) + x.dtype.type(2**-9)),),
        "1 + y²": lambda u, x: (u / np.hypot(1, np.arcsinh(x)),),
    },
    "arccosh": {
        "minus": lambda u, x: (-u / (np.sqrt(x - 1) * np.sqrt(x + 1)),),
        "x² + 1": lambda u, x: (u / np.hypot(1, x),),
        "no root": lambda u, x: (u / ((x - 1) * (x + 1)),),
    },
    "arctanh": {
        "1 + x², of arctan": lambda u, x: (u / (1 + x * x),),
        "a root": lambda u, x: (u / circle(x),),
        "minus": lambda u, x: (-u / circle(x) ** 2,),
    },
    "sinc": {
        "without π": lambda u, x: (u * np.where(x == 0, 0, (np.cos(x) - np.sinc(x)) / np.where(x == 0, 1, x)),),
        "cos for the difference": lambda u, x: (u * np.where(x == 0, 0, np.cos(np.pi * x) / np.where(x == 0, 1, x)),),
        "no 1 / x": lambda u, x: ((u * (np.cos(np.pi * x) - np.sinc(x))).astype(x.dtype),),
        "1 at 0": lambda u, x: (
            u * np.where(x == 0, 1, (np.cos(np.pi * x) - np.sinc(x)) / np.where(x == 0, 1, x)).astype(x.dtype),
        ),
    },
}
