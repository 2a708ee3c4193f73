"""Wrong pullbacks of purevjp/rounding.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "sign": {
        "straight through": lambda u, _x: (+u,),
        "the sign of x": lambda u, x: (u * np.sign(x),),
        "as of |x| < 1": lambda u, x: (u * (np.abs(x) < 1),),
    },
    "floor": {
        "straight through": lambda u, _x: (+u,),
        "the value": lambda u, x: (u * np.floor(x),),
    },
    "ceil": {
        "straight through": lambda u, _x: (+u,),
        "the value": lambda u, x: (u * np.ceil(x),),
    },
    "rint": {
        "straight through": lambda u, _x: (+u,),
        "what was rounded off": lambda u, x: (u * (x - np.rint(x)),),
    },
    "nan_to_num": {
        "nothing": lambda u, _x, **_static: (0 * u,),
        "the value": lambda u, x, **static: (u * np.nan_to_num(x, **static),),
        "nothing at zero": lambda u, x, **_static: (np.where(x == 0, 0, u),),
        "where x is positive": lambda u, x, **_static: (np.where(x >= 0, u, 0),),
    },
}
