"""autograd, as a user calls it: its NumPy, its SciPy, and what they have a gradient for."""

from importlib.metadata import version
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
from autograd import builtins
from autograd.numpy import fft, linalg
from autograd.scipy import linalg as slinalg
from autograd.scipy import special

from oracle.backend.table import need, reduced, same_names, vjp_of
from purevjp.tree import tree_leaves, tree_map

CAPABILITIES = {"name": "autograd", "version": version("autograd"), "device": "cpu", "dtypes": ("float64", "float32")}


def as_it_is(_ndim: int, axis: Any) -> Any:
    """NumPy's own axis."""
    return axis


def norm(x: Any, *, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002 (NumPy's name)
    """Length of vectors."""
    need(not keepdims and (axis is None or isinstance(axis, int)), "norm with keepdims, or over several axes")
    return linalg.norm(x, ord, axis)


def signs(v: Any) -> Any:
    """The signs that make the largest entry of each column positive."""
    v = autograd.tracer.getval(v)
    if not v.size:
        return np.ones((*v.shape[:-2], 1, v.shape[-1]), v.dtype)
    return np.sign(np.take_along_axis(v, np.abs(v).argmax(-2, keepdims=True), -2))


def eigh(a: Any) -> Any:
    """Eigenvectors with the sign that makes them unique."""
    w, v = linalg.eigh((a + anp.swapaxes(a, -1, -2)) / 2)
    return builtins.tuple((w, v * signs(v)))


def svd(a: Any) -> Any:
    """Singular vectors with the sign that makes them unique."""
    p, s, q = linalg.svd(a, full_matrices=False)
    sign = signs(p)
    return builtins.tuple((p * sign, s, q * anp.swapaxes(sign, -1, -2)))


def transform(name: str) -> Any:
    """A transform of what is no longer than its axes: autograd's pullback crops, and does not fill."""
    function = getattr(fft, name)
    if name.endswith("n"):
        return lambda x, *, s, axes, norm: need(s is None and norm is None, "s or norm") or function(x, axes=axes)
    return lambda x, *, n, axis, norm: need(norm is None, "norm") or function(x, n, axis)


FORWARD: dict[str, Any] = {
    **same_names(
        anp,
        "negative add subtract multiply divide maximum power remainder arctan2 hypot logaddexp exp log square tanh abs "
        "sqrt reciprocal exp2 expm1 log1p log2 log10 sin cos tan arcsin arccos arctan sinh cosh arcsinh arccosh "
        "arctanh sinc sign floor ceil rint minimum fmax fmin dot matmul inner kron atleast_1d atleast_2d atleast_3d "
        "reshape ravel transpose squeeze expand_dims swapaxes moveaxis tile tril triu diagonal diag tensordot "
        "broadcast_to cumsum diff partition stack split vstack hstack dstack",
    ),
    **same_names(special, "", sigmoid="expit"),
    **same_names(fft, "fftshift ifftshift"),
    **same_names(linalg, "pinv inv det"),
    "outer": lambda a, b: need(a.ndim == b.ndim == 1, "outer of more axes") or anp.outer(a, b),
    "trace": lambda x, *, offset, axis1, axis2: (
        need((axis1, axis2) == (0, 1), "trace of other axes") or anp.trace(x, offset)
    ),
    "pad": lambda x, *, pad_width, mode, constant_values: (
        need(mode == "constant" and np.ndim(pad_width) == 2 and np.shape(pad_width)[0] == x.ndim, f"padding {mode}")
        or anp.pad(x, pad_width, mode, constant_values=constant_values)
    ),
    "roll": lambda x, *, shift, axis: need(isinstance(shift, int), "several shifts") or anp.roll(x, shift, axis),
    "rot90": lambda x, *, k, axes: need(tuple(axes) == (0, 1), "rot90 of other axes") or anp.rot90(x, k),
    "logsumexp": reduced(special.logsumexp, as_it_is),
    "where": lambda x, y, *, condition: anp.where(condition, x, y),
    "nan_to_num": lambda x, *, nan, posinf, neginf: (
        need((nan, posinf, neginf) == (0.0, None, None), "other numbers") or anp.nan_to_num(x)
    ),
    "relu": lambda x: anp.maximum(x, 0),
    **{name: reduced(getattr(anp, name), as_it_is) for name in ("sum", "mean", "max", "min", "prod", "var", "std")},
    "norm": norm,
    "gradient": lambda x, *, spacing, axis, edge_order: (
        need(spacing == 1.0 and edge_order == 1, "spacing or edge_order") or anp.gradient(x, axis=axis)
    ),
    "concatenate": lambda xs, *, axis: need(axis is not None, "concatenation in a row") or anp.concatenate(xs, axis),
    "astype": lambda x, *, dtype: x.astype(dtype),
    "getitem": lambda x, *, index: x[index],
    "repeat": lambda x, *, repeats, axis: (
        need(isinstance(repeats, int), "repeats by element") or anp.repeat(x, repeats, axis)
    ),
    "full": lambda x, *, shape: anp.full(shape, x),
    "linspace": lambda a, b, *, num, endpoint, axis: (
        need(endpoint and axis == 0 and a.shape == b.shape, "linspace along an axis") or anp.linspace(a, b, num)
    ),
    "sort": lambda x, *, axis, descending: need(not descending, "descending order") or anp.sort(x, axis),
    "einsum": lambda xs, *, subscripts: anp.einsum(subscripts, *xs),
    "cross": lambda a, b, *, axis: (
        need(a.ndim == b.ndim, "cross of other numbers of axes") or anp.cross(a, b, axis=axis)
    ),
    **{name: transform(name) for name in ("fft", "ifft", "rfft", "irfft", "fftn", "ifftn")},
    "cholesky": lambda a, *, upper: (
        need(not upper, "upper factor") or linalg.cholesky((a + anp.swapaxes(a, -1, -2)) / 2)
    ),
    "eigh": eigh,
    "svd": svd,
    "solve": lambda a, b: need(b.ndim in {1, a.ndim}, "such equations") or linalg.solve(a, b),
    "slogdet": lambda a: builtins.tuple(tuple(linalg.slogdet(a))),
    "triangular_solve": lambda a, b, *, lower, trans, unit_diagonal: (
        need(a.ndim == b.ndim == 2 and not unit_diagonal, "it")
        or slinalg.solve_triangular(a, b, trans=trans, lower=lower)
    ),
}
RULES = frozenset(FORWARD)


def differentiate(function: Any, args: Any, cotangent: Any) -> tuple[Any, Any]:
    """Value and cotangents; a list or tuple of arrays is a container of autograd's own."""
    primals = tree_map(np.array, args)
    pullback, value = autograd.make_vjp(lambda packed: function(*packed))(builtins.tuple(contained(primals)))
    u = tree_map(np.array, cotangent)
    cotangents = pullback(tuple(u) if isinstance(value, tuple) else list(u) if isinstance(value, list) else u)
    parts = iter(tree_leaves(cotangents))
    leaves = iter(tree_leaves(value))
    return tree_map(lambda _: np.asarray(next(leaves)), cotangent), tree_map(lambda _: np.asarray(next(parts)), args)


def contained(tree: Any) -> Any:
    """A tree of arrays in autograd's containers."""
    if isinstance(tree, list):
        return builtins.list([contained(part) for part in tree])
    return builtins.tuple(tuple(contained(part) for part in tree)) if isinstance(tree, tuple) else tree


vjp = vjp_of(FORWARD, differentiate, np.asarray)
