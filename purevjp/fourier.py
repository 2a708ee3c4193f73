"""Discrete Fourier transforms. A float32 array is transformed in complex64, as NumPy does."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from purevjp.aliases import Array, ArrayLike, Axis, Pullback1
from purevjp.broadcast import cast
from purevjp.contract import as_cotangent, as_primal

__all__ = ["fft", "fftn", "fftshift", "ifft", "ifftn", "ifftshift", "irfft", "rfft"]

Norm: TypeAlias = Literal["backward", "ortho", "forward"] | None
"""Where the factor 1/n stands: with the inverse, half with each, or with the forward transform; None is "backward"."""

ADJOINT: dict[Norm, Norm] = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The norm with which the inverse of a transform has the factor of its adjoint."""


def fft(x: ArrayLike, /, *, n: int | None = None, axis: int = -1, norm: Norm = None) -> tuple[Array, Pullback1]:
    """Discrete Fourier transform along an axis.

    Value     yₖ = s Σⱼ xⱼ ωʲᵏ,  ω = exp(−2πi/n); s = 1 by "backward" (None), n^−½ by "ortho", n⁻¹ by "forward"
    Pullback  dxⱼ = s Σₖ uₖ ωʲᵏ, of a real x its real part;  0 where n < m crops x
    Shapes    x: (..., m), y, u: (..., n)  (m: `axis`; n > m pads x with zeros, None is m)
    Keeps     nothing
    Errors    ValueError (NumPy's) when n < 1 or norm is another
    Source    the matrix of ωʲᵏ is its own transpose; nothing is conjugated

    >>> value, vjp = fft(np.array([1.0, 2.0, 3.0, 4.0]))
    >>> value, vjp(np.array([1.0, 1j, 0.0, 0.0]))
    (array([10.+0.j, -2.+2.j, -2.+0.j, -2.-2.j]), (array([1., 2., 1., 0.]),))
    """
    x = as_primal(x, "fft", "x", analytic=True)
    y = np.fft.fft(x, n, axis, norm)
    shape, dtype, x_shape, x_dtype = y.shape, y.dtype, x.shape, x.dtype

    def fft_vjp(u: ArrayLike) -> tuple[Array]:
        dx = np.fft.fft(as_cotangent(u, "fft", shape, dtype), None, axis, norm)
        return (cast(resized(dx, axis, x_shape[axis]), x_dtype, copy=x_dtype.kind == "f"),)

    return y, fft_vjp


def ifft(x: ArrayLike, /, *, n: int | None = None, axis: int = -1, norm: Norm = None) -> tuple[Array, Pullback1]:
    """Inverse of the discrete Fourier transform along an axis.

    Value     yₖ = s Σⱼ xⱼ ω⁻ʲᵏ,  ω = exp(−2πi/n); s = n⁻¹ by "backward" (None), n^−½ by "ortho", 1 by "forward"
    Pullback  dxⱼ = s Σₖ uₖ ω⁻ʲᵏ, of a real x its real part;  0 where n < m crops x
    Shapes    x: (..., m), y, u: (..., n)  (m: `axis`; n > m pads x with zeros, None is m)
    Keeps     nothing
    Errors    ValueError (NumPy's) when n < 1 or norm is another
    Source    see `fft`

    >>> value, vjp = ifft(np.array([4.0, 0.0, 4.0, 0.0]))
    >>> value, vjp(np.array([4.0, 4j, 0.0, 0.0]))
    (array([2.+0.j, 0.+0.j, 2.+0.j, 0.+0.j]), (array([1., 0., 1., 2.]),))
    """
    x = as_primal(x, "ifft", "x", analytic=True)
    y = np.fft.ifft(x, n, axis, norm)
    shape, dtype, x_shape, x_dtype = y.shape, y.dtype, x.shape, x.dtype

    def ifft_vjp(u: ArrayLike) -> tuple[Array]:
        dx = np.fft.ifft(as_cotangent(u, "ifft", shape, dtype), None, axis, norm)
        return (cast(resized(dx, axis, x_shape[axis]), x_dtype, copy=x_dtype.kind == "f"),)

    return y, ifft_vjp


def rfft(x: ArrayLike, /, *, n: int | None = None, axis: int = -1, norm: Norm = None) -> tuple[Array, Pullback1]:
    """The half of the discrete Fourier transform of real numbers that is not the conjugate of the other half.

    Value     yₖ = s Σⱼ xⱼ ωʲᵏ,  k from 0 to n/2; ω and s as of `fft`
    Pullback  dxⱼ = s Re Σₖ uₖ ωʲᵏ;  0 where n < m crops x
    Shapes    x: (..., m), y, u: (..., ⌊n/2⌋ + 1)  (m: `axis`; n > m pads x with zeros, None is m)
    Keeps     nothing
    Errors    ValueError (NumPy's) when n < 1 or norm is another
    Source    Re Σ u ω = Re Σ ū ω⁻¹ is an irfft, which counts twice what is neither k = 0 nor n/2: so that is halved

    >>> value, vjp = rfft(np.array([1.0, 2.0, 3.0, 4.0]))
    >>> value, vjp(np.array([1.0, 1j, 0.0]))
    (array([10.+0.j, -2.+2.j, -2.+0.j]), (array([1., 2., 1., 0.]),))
    """
    x = as_primal(x, "rfft", "x")
    y = np.fft.rfft(x, n, axis, norm)
    shape, dtype, x_shape, x_dtype = y.shape, y.dtype, x.shape, x.dtype
    n = x_shape[axis] if n is None else n

    def rfft_vjp(u: ArrayLike) -> tuple[Array]:
        halved = np.conj(as_cotangent(u, "rfft", shape, dtype))
        paired(halved, axis, n)[...] /= 2
        dx = np.fft.irfft(halved, n, axis, ADJOINT[norm])
        return (cast(resized(dx, axis, x_shape[axis]), x_dtype),)

    return y, rfft_vjp


def irfft(x: ArrayLike, /, *, n: int | None = None, axis: int = -1, norm: Norm = None) -> tuple[Array, Pullback1]:
    """Inverse of `rfft`: real numbers from half of their transform.

    Value     yₖ = s Re(x₀ + 2 Σⱼ xⱼ ω⁻ʲᵏ + xₙ⸝₂ (−1)ᵏ),  j between 0 and n/2, the last term for even n; ω and s as of
              `ifft`
    Pullback  dx₀ = s Σ u, dxⱼ = 2 s Σₖ uₖ ω⁻ʲᵏ, dxₙ⸝₂ = s Σ u (−1)ᵏ, so that these two ends are real;  0 where x is
              cropped
    Shapes    x: (..., m), y, u: (..., n)  (m: `axis`, cropped or padded with zeros to ⌊n/2⌋ + 1; n is 2 (m − 1) for
              None)
    Keeps     nothing
    Errors    ValueError (NumPy's) when n < 1, as None gives for m = 1, or norm is another
    Source    a cotangent pairs with a change v as Re Σ u v, as in JAX: the imaginary parts of the ends change nothing

    >>> value, vjp = irfft(np.array([10.0, -2.0 + 2j, -2.0]))
    >>> value, vjp(np.array([4.0, 0.0, 0.0, 8.0]))
    (array([1., 2., 3., 4.]), (array([ 3.-0.j,  2.-4.j, -1.-0.j]),))
    """
    x = as_primal(x, "irfft", "x", analytic=True)
    y = np.fft.irfft(x, n, axis, norm)
    shape, dtype, x_shape, x_dtype = y.shape, y.dtype, x.shape, x.dtype
    n = y.shape[axis]

    def irfft_vjp(u: ArrayLike) -> tuple[Array]:
        dx = np.fft.rfft(as_cotangent(u, "irfft", shape, dtype), None, axis, ADJOINT[norm])
        np.conj(dx, out=dx)
        paired(dx, axis, n)[...] *= 2
        return (cast(resized(dx, axis, x_shape[axis]), x_dtype, copy=x_dtype.kind == "f"),)

    return y, irfft_vjp


def fftn(
    x: ArrayLike, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: Norm = None
) -> tuple[Array, Pullback1]:
    """Discrete Fourier transform along several axes, or along all.

    Value     y = `fft` along each of `axes`, the last one first, each with its side of `s`
    Pullback  dx = that of `fft` along each
    Shapes    x: (..., m), y, u: (..., n)  (m: each of `axes`; n: the same in `s`, −1 for m)
    Keeps     nothing
    Errors    TypeError when s comes without axes, which NumPy calls deprecated; ValueError (NumPy's) as of `fft`

    >>> value, vjp = fftn(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> value, vjp(np.array([[0.0, 1.0], [0.0, 1j]]))
    (array([[10.+0.j, -2.+0.j],
           [-4.+0.j,  0.+0.j]]), (array([[ 1., -1.],
           [ 1., -1.]]),))
    """
    x = as_primal(x, "fftn", "x", analytic=True)
    if s is not None and axes is None:
        raise TypeError(f"fftn got s={s} without axes, but should get both")
    y = np.fft.fftn(x, s, axes, norm)
    shape, dtype, x_dtype, sides = y.shape, y.dtype, x.dtype, sides_before(x, s, axes)

    def fftn_vjp(u: ArrayLike) -> tuple[Array]:
        dx = as_cotangent(u, "fftn", shape, dtype)
        for axis, m in sides:
            dx = resized(np.fft.fft(dx, None, axis, norm), axis, m)
        return (cast(dx, x_dtype, copy=x_dtype.kind == "f" or not sides),)

    return y, fftn_vjp


def ifftn(
    x: ArrayLike, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: Norm = None
) -> tuple[Array, Pullback1]:
    """Inverse of the discrete Fourier transform along several axes, or along all.

    Value     y = `ifft` along each of `axes`, the last one first, each with its side of `s`
    Pullback  dx = that of `ifft` along each
    Shapes    x: (..., m), y, u: (..., n)  (m: each of `axes`; n: the same in `s`, −1 for m)
    Keeps     nothing
    Errors    TypeError when s comes without axes, which NumPy calls deprecated; ValueError (NumPy's) as of `ifft`

    >>> value, vjp = ifftn(np.array([[4.0, 0.0], [0.0, 0.0]]))
    >>> value, vjp(np.array([[0.0, 4.0], [0.0, 4j]]))
    (array([[1.+0.j, 1.+0.j],
           [1.+0.j, 1.+0.j]]), (array([[ 1., -1.],
           [ 1., -1.]]),))
    """
    x = as_primal(x, "ifftn", "x", analytic=True)
    if s is not None and axes is None:
        raise TypeError(f"ifftn got s={s} without axes, but should get both")
    y = np.fft.ifftn(x, s, axes, norm)
    shape, dtype, x_dtype, sides = y.shape, y.dtype, x.dtype, sides_before(x, s, axes)

    def ifftn_vjp(u: ArrayLike) -> tuple[Array]:
        dx = as_cotangent(u, "ifftn", shape, dtype)
        for axis, m in sides:
            dx = resized(np.fft.ifft(dx, None, axis, norm), axis, m)
        return (cast(dx, x_dtype, copy=x_dtype.kind == "f" or not sides),)

    return y, ifftn_vjp


def fftshift(x: ArrayLike, /, *, axes: Axis = None) -> tuple[Array, Pullback1]:
    """The second half of a transform before the first, so that frequencies ascend.

    Value     y = x, rolled by ⌊n/2⌋ along each of `axes`, or along all
    Pullback  dx = u, rolled back: `ifftshift`, which differs for odd n
    Shapes    x, y, u: (..., n)
    Keeps     nothing

    >>> value, vjp = fftshift(np.array([0.0, 1.0, -1.0]))
    >>> value, vjp(np.array([1.0, 2.0, 3.0]))
    (array([-1.,  0.,  1.]), (array([2., 3., 1.]),))
    """
    x = as_primal(x, "fftshift", "x", analytic=True)
    y = np.fft.fftshift(x, axes)
    shape, dtype = y.shape, y.dtype

    def fftshift_vjp(u: ArrayLike) -> tuple[Array]:
        return (np.fft.ifftshift(as_cotangent(u, "fftshift", shape, dtype), axes),)

    return y, fftshift_vjp


def ifftshift(x: ArrayLike, /, *, axes: Axis = None) -> tuple[Array, Pullback1]:
    """Inverse of `fftshift`.

    Value     y = x, rolled back by ⌊n/2⌋ along each of `axes`, or along all
    Pullback  dx = u, rolled by ⌊n/2⌋: `fftshift`, which differs for odd n
    Shapes    x, y, u: (..., n)
    Keeps     nothing

    >>> value, vjp = ifftshift(np.array([-1.0, 0.0, 1.0]))
    >>> value, vjp(np.array([1.0, 2.0, 3.0]))
    (array([ 0.,  1., -1.]), (array([3., 1., 2.]),))
    """
    x = as_primal(x, "ifftshift", "x", analytic=True)
    y = np.fft.ifftshift(x, axes)
    shape, dtype = y.shape, y.dtype

    def ifftshift_vjp(u: ArrayLike) -> tuple[Array]:
        return (np.fft.fftshift(as_cotangent(u, "ifftshift", shape, dtype), axes),)

    return y, ifftshift_vjp


def resized(dx: Array, axis: int, m: int) -> Array:
    """Adjoint of cropping or padding an axis of side `m`: `dx` padded with zeros or cropped."""
    n = dx.shape[axis]
    if n == m:
        return dx
    lanes = np.moveaxis(dx, axis, -1)
    if n < m:
        lanes = np.concatenate([lanes, np.zeros((*lanes.shape[:-1], m - n), dx.dtype)], axis=-1)
    return np.moveaxis(lanes[..., :m], -1, axis)


def paired(half: Array, axis: int, n: int) -> Array:
    """A view of the elements of half a transform of side `n` that have a conjugate in the other half."""
    return np.moveaxis(half, axis, -1)[..., 1 : (n + 1) // 2]


def sides_before(x: Array, s: Sequence[int] | None, axes: Sequence[int] | None) -> list[tuple[int, int]]:
    """The axes that were transformed, from the last one to the first, with the side that each had before."""
    along = range(x.ndim) if axes is None else [axis % x.ndim for axis in axes]
    before, now = [], list(x.shape)
    for i, axis in reversed(list(enumerate(along))):
        before.append((axis, now[axis]))
        now[axis] = x.shape[axis] if s is None or s[i] == -1 else s[i]
    return before[::-1]
