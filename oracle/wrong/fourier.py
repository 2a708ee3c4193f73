"""Wrong pullbacks of purevjp/fourier.py; complex arrays are packed: p + iq of the cotangents p and q of the parts."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv
from oracle.pack import apart, joined
from oracle.wrong.tensor import right


def adjoint(rule: Any, u: Any, x: Any, **static: Any) -> Any:
    """The right cotangent, with other options or of another rule perhaps."""
    return apart(np.conj(right(rule, np.conj(joined(u)), joined(x), **static)[0]))


def conjugated(rule: Any) -> Callable[..., Any]:
    """The transform of u itself: as if a cotangent paired without a conjugate."""
    return lambda u, x, **static: (apart(right(rule, joined(u), joined(x), **static)[0]),)


def without_norm(rule: Any) -> Callable[..., Any]:
    """With no factor, whatever `norm` says."""
    return lambda u, x, **static: (adjoint(rule, u, x, **{**static, "norm": "backward"}),)


def from_the_end(rule: Any) -> Callable[..., Any]:
    """What was cropped is put in front."""

    def pullback(u: Any, x: Any, *, n: Any, axis: int, norm: Any) -> Any:
        dx = adjoint(rule, u, x, n=n, axis=axis, norm=norm)
        along = axis if axis >= 0 else axis - 1
        return (np.roll(dx, max(0, x.shape[along] - (n or x.shape[along])), axis=along),)

    return pullback


def other(rule: Any) -> Callable[..., Any]:
    """Of the inverse transform."""
    return lambda u, x, **static: (adjoint(rule, u, x, **static),)


def of_rfft(u: Any, x: Any, *, n: Any, axis: int, norm: Any, doubled: str) -> Any:
    """As of an irfft in which some bins are counted twice."""
    n = n or x.shape[axis]
    bins = np.moveaxis(joined(u), axis, -1).copy()
    half = {"all": slice(0, 0), "Nyquist": slice(1, None), "none": slice(None)}[doubled]
    bins[..., half] /= 2
    scale: Any = {"ortho": "ortho", "forward": "backward"}.get(norm, "forward")
    dx = np.fft.irfft(bins, n, norm=scale)[..., : x.shape[axis]]
    dx = np.concatenate([dx, np.zeros((*dx.shape[:-1], x.shape[axis] - dx.shape[-1]))], -1)
    return (np.moveaxis(dx, -1, axis).astype(x.dtype),)


def of_irfft(u: Any, x: Any, *, n: Any, axis: int, norm: Any, first: float, last: float) -> Any:
    """The ends weighed otherwise: those of even n at 0 and n/2."""
    dx = np.moveaxis(joined(adjoint(pv.irfft, u, x, n=n, axis=axis, norm=norm)), axis, -1).copy()
    n = n or 2 * (x.shape[:-1][axis] - 1)
    dx[..., :1] *= first
    if n % 2 == 0:
        dx[..., n // 2 : n // 2 + 1] *= last
    return (apart(np.moveaxis(dx, -1, axis)),)


def shifted_again(rule: Any) -> dict[str, Callable[..., Any]]:
    """What both shifts can get wrong."""
    return {
        "the same shift again": lambda u, x, *, axes: (rule(u, axes=axes)[0],),
        "all axes": lambda u, x, *, axes: (right(rule, u, x, axes=None)[0],),
        "not shifted": lambda u, x, *, axes: (np.array(u),),
    }


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "fft": {
        "conjugated": conjugated(pv.fft),
        "of the inverse": other(pv.ifft),
        "norm ignored": without_norm(pv.fft),
        "what was cropped in front": from_the_end(pv.fft),
    },
    "ifft": {
        "conjugated": conjugated(pv.ifft),
        "of the inverse": other(pv.fft),
        "norm ignored": without_norm(pv.ifft),
        "what was cropped in front": from_the_end(pv.ifft),
    },
    "rfft": {
        "nothing halved": functools.partial(of_rfft, doubled="all"),
        "n/2 halved": functools.partial(of_rfft, doubled="Nyquist"),
        "all halved": functools.partial(of_rfft, doubled="none"),
    },
    "irfft": {
        "all doubled": functools.partial(of_irfft, first=2.0, last=2.0),
        "n/2 doubled": functools.partial(of_irfft, first=1.0, last=2.0),
        "x₀ doubled": functools.partial(of_irfft, first=2.0, last=1.0),
        "norm ignored": without_norm(pv.irfft),
    },
    "fftn": {
        "conjugated": conjugated(pv.fftn),
        "of the inverse": other(pv.ifftn),
        "norm ignored": without_norm(pv.fftn),
    },
    "ifftn": {
        "conjugated": conjugated(pv.ifftn),
        "of the inverse": other(pv.fftn),
        "norm ignored": without_norm(pv.ifftn),
    },
    "fftshift": shifted_again(pv.fftshift),
    "ifftshift": shifted_again(pv.ifftshift),
}
