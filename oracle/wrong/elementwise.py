"""Wrong pullbacks of purevjp/elementwise.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "abs": {
        "no sign": lambda u, _x: (+u,),
        "the other sign": lambda u, x: (-u * np.sign(x),),
        "autograd PR #712, burn PR #2249: x / |x|, nan at 0": lambda u, x: (u * (x / np.abs(x)),),
        "y for the sign": lambda u, x: (u * np.abs(x),),
    },
    "sqrt": {
        "no ½": lambda u, x: (u / np.sqrt(x),),
        "x for y": lambda u, x: (u / (2 * x),),
        "y / 2": lambda u, x: (u * np.sqrt(x) / 2,),
    },
    "rsqrt": {
        "no minus": lambda u, x: (u / (2 * x * np.sqrt(x)),),
        "no ½": lambda u, x: (-u / (x * np.sqrt(x)),),
        "that of the root": lambda u, x: (u / (2 * np.sqrt(x)),),
    },
    "reciprocal": {
        "no minus": lambda u, x: (u / x / x,),
        "x⁻¹ for x⁻²": lambda u, x: (-u / x,),
        "ln |x|": lambda u, x: (-u * np.log(np.abs(x)),),
    },
    "cbrt": {
        "no ⅓": lambda u, x: (u / np.cbrt(x) ** 2,),
        "y for y²": lambda u, x: (u / (3 * np.cbrt(x)),),
        "x for y": lambda u, x: (u / (3 * x * x),),
        "nothing to negative numbers": lambda u, x: (np.where(x > 0, u / (3 * np.cbrt(x) ** 2), 0),),
    },
    "exp2": {
        "no ln 2": lambda u, x: (u * np.exp2(x),),
        "eˣ": lambda u, x: (u * np.exp(x),),
        "x 2ˣ⁻¹": lambda u, x: (u * x * np.exp2(x - 1),),
    },
    "expm1": {
        "y for y + 1": lambda u, x: (u * np.expm1(x),),
        "y + 1, nothing left in the tail": lambda u, x: (u * np.where(x < -16, 0, np.exp(x)),),
        "y + 2": lambda u, x: (u * (np.expm1(x) + 2),),
    },
    "log1p": {
        "x for 1 + x": lambda u, x: (u / x,),
        "1 − x": lambda u, x: (u / (1 - x + x.dtype.type(2**-9)),),
        "y for x": lambda u, x: (u / (1 + np.log1p(x)),),
    },
    "log2": {
        "no ln 2": lambda u, x: (u / x,),
        "ln 2 above": lambda u, x: (u * x.dtype.type(0.6931472) / x,),
        "log₁₀": lambda u, x: (u / (x * x.dtype.type(2.302585)),),
    },
    "log10": {
        "no ln 10": lambda u, x: (u / x,),
        "ln 10 above": lambda u, x: (u * x.dtype.type(2.302585) / x,),
        "log₂": lambda u, x: (u / (x * x.dtype.type(0.6931472)),),
    },
}
