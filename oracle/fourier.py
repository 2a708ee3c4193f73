"""Rows of purevjp/fourier.py: of complex arrays, but for `rfft`, which takes real ones alone, and for shifts."""

import functools
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import mpmath
import numpy as np

import purevjp as pv
from oracle import shape
from oracle.domain import REAL, Choose, Domain, Static, case
from oracle.static import lane_axes
from purevjp.aliases import Array, Shape

COMPLEX: Domain = {**REAL, "is_complex": True}
LENGTHS = (4, 3, 2, 1, 5, 6, 7)


def lanes(choose: Choose) -> tuple[Shape]:
    """Up to three axes, the last one with elements."""
    return ((*(choose((2, 1, 3, 4, 0)) for _ in range(choose((0, 1, 2)))), choose(LENGTHS[:5])),)


def few(choose: Choose) -> tuple[Shape]:
    """Up to three axes, all with elements."""
    return (tuple(choose(LENGTHS[:3]) for _ in range(choose((2, 1, 3, 0)))),)


def lane(choose: Choose, shapes: Sequence[Any], _static: Static) -> int:
    """An axis with elements, from either end."""
    (of,) = shapes
    return int(choose([axis for axis in (-1, *range(-len(of), len(of))) if of[axis]]))


def length(choose: Choose, _shapes: Sequence[Any], _static: Static) -> int | None:
    """The axis as it is, cropped or padded."""
    n: int | None = choose((None, *LENGTHS, None))
    return n


def length_of_real(choose: Choose, shapes: Sequence[Any], static: Static) -> int | None:
    """The same, but given for an axis of side 1, of which None would make no numbers at all."""
    n = length(choose, shapes, static)
    return 1 if n is None and shapes[0][static["axis"]] == 1 else n


def norm(choose: Choose, _shapes: Sequence[Any], _static: Static) -> str | None:
    """Where the factor 1/n stands."""
    name: str | None = choose((None, "ortho", "forward", "backward"))
    return name


def some_axes(choose: Choose, shapes: Sequence[Any], static: Static) -> tuple[int, ...] | None:
    """Some axes in any order, from either end, or all."""
    axes = lane_axes(choose, shapes, static)
    return (axes,) if isinstance(axes, int) else axes


def sides(choose: Choose, shapes: Sequence[Any], static: Static) -> tuple[int, ...] | None:
    """A side for each of the axes, or none."""
    if static["axes"] is None or choose((False, True)):
        return None
    return tuple(choose((shapes[0][axis], *LENGTHS[:4])) for axis in static["axes"])


RE, IM = np.frompyfunc(mpmath.re, 1, 1), np.frompyfunc(mpmath.im, 1, 1)


@functools.cache
def roots(n: int, sign: int) -> Array:
    """exp(± 2πi jk / n) for all j and k."""
    by_power = [mpmath.expjpi(mpmath.mpf(2 * sign * power) / n) for power in range(n)]
    return np.array([[by_power[j * k % n] for k in range(n)] for j in range(n)], object)


def joined(x: Any) -> Any:
    """Complex numbers of pairs."""
    return x[..., 0] + x[..., 1] * mpmath.mpc(0, 1)


def apart(z: Any) -> Any:
    """Pairs of complex numbers."""
    return np.stack([RE(z), IM(z)], -1)


def cut(z: Any, axis: int, n: int) -> Any:
    """Cropped or padded with zeros to side `n`, which is the last one then."""
    z = np.moveaxis(z, axis, -1)[..., :n]
    return np.concatenate([z, np.zeros((*z.shape[:-1], n - z.shape[-1]), object)], -1)


def factor(n: int, name: str | None, sign: int) -> Any:
    """What a transform is multiplied by."""
    if name == "ortho":
        return 1 / mpmath.sqrt(n)
    return 1 / mpmath.mpf(n) if (name == "forward") == (sign < 0) else mpmath.mpf(1)


def transformed(z: Any, n: int, axis: int, name: str | None, sign: int) -> Any:
    """The definition, as a product with a matrix."""
    return np.moveaxis(np.matmul(cut(z, axis, n), roots(n, sign) * factor(n, name, sign)), -1, axis)


def exact_fft(x: Any, *, n: int | None, axis: int, norm: str | None, sign: int) -> Any:
    """The sum, by its definition."""
    return apart(transformed(joined(x), n or x.shape[:-1][axis], axis, norm, sign))


def exact_fftn(x: Any, *, s: Sequence[int] | None, axes: Sequence[int] | None, norm: str | None, sign: int) -> Any:
    """One axis after the other."""
    z = joined(x)
    axes = range(z.ndim) if axes is None else axes
    for i, axis in enumerate(axes):
        z = transformed(z, z.shape[axis] if s is None else s[i], axis, norm, sign)
    return apart(z)


def exact_rfft(x: Any, *, n: int | None, axis: int, norm: str | None) -> Any:
    """Half of the sums."""
    n = n or x.shape[axis]
    return apart(np.moveaxis(cut(transformed(x, n, axis, norm, -1), axis, n // 2 + 1), -1, axis))


def exact_irfft(x: Any, *, n: int | None, axis: int, norm: str | None) -> Any:
    """The real part of the sum, what has a conjugate counted twice."""
    z = joined(x)
    n = n or 2 * (z.shape[axis] - 1)
    half = cut(z, axis, n // 2 + 1)
    half[..., 1 : (n + 1) // 2] *= 2
    return np.moveaxis(RE(np.matmul(half, roots(n, 1)[: n // 2 + 1] * factor(n, norm, 1))), -1, axis)


FORWARD, INVERSE = (
    {"one": functools.partial(exact_fft, sign=sign), "all": functools.partial(exact_fftn, sign=sign)}
    for sign in (-1, 1)
)
ALONG: dict[str, Any] = {"axis": lane, "n": length, "norm": norm}
ALONG_SEVERAL: dict[str, Any] = {"axes": some_axes, "s": sides, "norm": norm}

CASES = (
    case(pv.fft, jnp.fft.fft, lanes, COMPLEX, static=ALONG, definition=FORWARD["one"]),
    case(pv.ifft, jnp.fft.ifft, lanes, COMPLEX, static=ALONG, definition=INVERSE["one"]),
    case(pv.rfft, jnp.fft.rfft, lanes, REAL, static=ALONG, definition=exact_rfft, packs=True),
    case(pv.irfft, jnp.fft.irfft, lanes, COMPLEX, static={**ALONG, "n": length_of_real}, definition=exact_irfft),
    case(pv.fftn, jnp.fft.fftn, few, COMPLEX, static=ALONG_SEVERAL, definition=FORWARD["all"]),
    case(pv.ifftn, jnp.fft.ifftn, few, COMPLEX, static=ALONG_SEVERAL, definition=INVERSE["all"]),
    case(
        pv.fftshift, jnp.fft.fftshift, shape.lanes, REAL, static={"axes": lane_axes},
        definition=np.fft.fftshift, exact=True, analytic=True,
    ),
    case(
        pv.ifftshift, jnp.fft.ifftshift, shape.lanes, REAL, static={"axes": lane_axes},
        definition=np.fft.ifftshift, exact=True, analytic=True,
    ),
)  # fmt: skip
