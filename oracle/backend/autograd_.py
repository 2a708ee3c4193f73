"""autograd, as a user calls it: its NumPy, its SciPy, and what they have a gradient for."""

from importlib.metadata import version
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
from autograd import builtins
from autograd.numpy import fft, linalg
from autograd.scipy import special

from oracle.backend import autograd_functions as own
from oracle.backend.table import functions_of, named, reductions, same_ndim, vjp_of

CAPABILITIES = {"name": "autograd", "version": version("autograd"), "device": "cpu", "dtypes": ("float64", "float32")}

FORWARD: dict[str, Any] = {
    **named(
        anp,
        "negative add subtract multiply divide maximum power remainder arctan2 hypot logaddexp exp log square tanh abs "
        "sqrt reciprocal exp2 expm1 log1p log2 log10 sin cos tan arcsin arccos arctan sinh cosh arcsinh arccosh "
        "arctanh sinc sign floor ceil rint minimum fmax fmin dot matmul inner kron atleast_1d atleast_2d atleast_3d "
        "reshape ravel transpose squeeze expand_dims swapaxes moveaxis tile tril triu diagonal diag tensordot "
        "broadcast_to cumsum diff partition stack vstack hstack",
    ),
    **named(anp, "concatenate", axis=int),
    **named(anp, "repeat", repeats=int),
    **named(anp, "roll", shift=int),
    **named(anp, "rot90", axes=(0, 1)),
    **named(anp, "trace", axis1=0, axis2=1),
    **named(anp, "sort", descending=False),
    **named(anp, "nan_to_num", nan=0.0, posinf=None, neginf=None),
    **named(special, "sigmoid=expit"),
    **named(fft, "fftshift ifftshift"),
    **named(fft, "fft ifft rfft irfft", norm=None),
    **named(linalg, "pinv inv det"),
    **named(linalg, "norm", axis=int | None, keepdims=False),
    **reductions(anp, "sum mean max min prod var std"),
    **reductions(special, "logsumexp"),
    **functions_of(own),
    "relu": lambda x: anp.maximum(x, 0),
    "where": lambda x, y, *, condition: anp.where(condition, x, y),
    "astype": lambda x, *, dtype: x.astype(dtype),
    "getitem": lambda x, *, index: x[index],
    "full": lambda x, *, shape: anp.full(shape, x),
    "einsum": lambda xs, *, subscripts: anp.einsum(subscripts, *xs),
    "split": lambda x, *, indices_or_sections, axis: list(anp.split(x, indices_or_sections, axis)),
    "dstack": lambda xs: anp.dstack(builtins.list(xs)),
    "slogdet": lambda a: tuple(linalg.slogdet(a)),
    "outer": same_ndim(anp.outer, 1),
    "cross": same_ndim(anp.cross),
}
RULES = frozenset(FORWARD)


def differentiate(forward: Any, args: list[Any], cotangents: list[Any]) -> tuple[list[Any], list[Any]]:
    """Values and cotangents; lists are autograd's own containers."""
    pullback, values = autograd.make_vjp(lambda xs: builtins.list(forward(*xs)))(builtins.list(map(np.array, args)))
    found = pullback([np.array(u) for u in cotangents])
    return [np.asarray(value) for value in values], [np.asarray(part) for part in found]


vjp = vjp_of(FORWARD, differentiate, np.asarray)
