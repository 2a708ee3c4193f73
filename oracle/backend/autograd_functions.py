"""Functions of autograd with the keywords of the rulebook, where the names alone do not do."""

from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.numpy import fft, linalg
from autograd.scipy import linalg as slinalg
from autograd.tracer import getval

from oracle.backend.options import need


def pad(x: Any, *, pad_width: Any, mode: str, constant_values: Any) -> Any:
    """A constant, and a pair of widths for each axis."""
    need(mode == "constant" and np.ndim(pad_width) == 2 and np.shape(pad_width)[0] == x.ndim, f"padding {mode}")
    return anp.pad(x, pad_width, mode, constant_values=constant_values)


def gradient(x: Any, *, spacing: Any, axis: Any, edge_order: int) -> Any:
    """Of samples at distance 1."""
    return need(spacing == 1.0 and edge_order == 1, "spacing or edge_order") or anp.gradient(x, axis=axis)


def linspace(a: Any, b: Any, *, num: int, endpoint: bool, axis: int) -> Any:
    """Between ends of one shape, along a new first axis."""
    return need(endpoint and axis == 0 and a.shape == b.shape, "linspace along an axis") or anp.linspace(a, b, num)


def fftn(x: Any, *, s: Any, axes: Any, norm: Any) -> Any:
    """Of all there is."""
    return need(s is None and norm is None, "s or norm") or fft.fftn(x, axes=axes)


def ifftn(x: Any, *, s: Any, axes: Any, norm: Any) -> Any:
    """Of all there is."""
    return need(s is None and norm is None, "s or norm") or fft.ifftn(x, axes=axes)


def solve(a: Any, b: Any) -> Any:
    """One right side, or as many as there are matrices."""
    return need(b.ndim in {1, a.ndim}, "such equations") or linalg.solve(a, b)


def triangular_solve(a: Any, b: Any, *, lower: bool, trans: Any, unit_diagonal: bool) -> Any:
    """Of one matrix."""
    need(a.ndim == b.ndim == 2 and not unit_diagonal, "it")
    return slinalg.solve_triangular(a, b, trans=trans, lower=lower)


def cholesky(a: Any, *, upper: bool) -> Any:
    """Lower factor."""
    return need(not upper, "upper factor") or linalg.cholesky((a + anp.swapaxes(a, -1, -2)) / 2)


def eigh(a: Any) -> Any:
    """Eigenvectors with the sign that makes them unique."""
    w, v = linalg.eigh((a + anp.swapaxes(a, -1, -2)) / 2)
    return w, v * signs(v)


def svd(a: Any) -> Any:
    """Singular vectors with the sign that makes them unique."""
    p, s, q = linalg.svd(a, full_matrices=False)
    sign = signs(p)
    return p * sign, s, q * anp.swapaxes(sign, -1, -2)


def signs(v: Any) -> Any:
    """The signs that make the largest entry of each column positive."""
    v = getval(v)
    if not v.size:
        return np.ones((*v.shape[:-2], 1, v.shape[-1]), v.dtype)
    return np.sign(np.take_along_axis(v, np.abs(v).argmax(-2, keepdims=True), -2))
