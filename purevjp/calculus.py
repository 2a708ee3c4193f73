"""Differences, slopes, integrals and convolutions of samples along an axis."""

import numbers

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1, Pullback2
from purevjp.broadcast import cast
from purevjp.contract import as_cotangent, as_primal
from purevjp.lane import axis_back, axis_last

__all__ = ["convolve", "diff", "gradient", "trapezoid"]


def diff(x: ArrayLike, /, *, n: int = 1, axis: int = -1) -> tuple[Array, Pullback1]:
    """Differences of neighbours along an axis, `n` times.

    Value     yᵢ = xᵢ₊₁ − xᵢ, of which again, n times;  none where there are not more than n elements
    Pullback  dxᵢ = uᵢ₋₁ − uᵢ, of which again, n times
    Shapes    x: (..., m), y, u: (..., max(m − n, 0))
    Keeps     nothing
    Errors    ValueError (NumPy's) when x has no axis or n is negative; concatenate what is to be prepended or appended
    Lacks     prepend, append: concatenate first

    >>> value, vjp = diff(np.array([1.0, 4.0, 9.0, 16.0]), n=2)
    >>> value, vjp(np.array([3.0, 5.0]))
    (array([2., 2.]), (array([ 3., -1., -7.,  5.]),))
    """
    x = as_primal(x, "diff", "x", analytic=True)
    y = np.diff(x, n=n, axis=axis)
    y = y.copy() if y is x else y
    shape, dtype, x_shape = y.shape, y.dtype, x.shape

    def diff_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "diff", shape, dtype)
        if not u.size:
            return (np.zeros(x_shape, dtype),)
        dx = u.swapaxes(axis, -1)
        for _ in range(n):
            before = dx
            dx = np.empty((*before.shape[:-1], before.shape[-1] + 1), dtype)
            np.subtract(before[..., :-1], before[..., 1:], out=dx[..., 1:-1])
            dx[..., 0] = -before[..., 0]
            dx[..., -1] = before[..., -1]
        return (dx.swapaxes(axis, -1) if n else u.copy(),)

    return y, diff_vjp


def gradient(
    x: ArrayLike, /, *, spacing: float = 1.0, axis: int | None = None, edge_order: int = 1
) -> tuple[Array, Pullback1]:
    """Slopes along an axis, of samples of equal spacing h.

    Value     yᵢ = (xᵢ₊₁ − xᵢ₋₁) / 2h;  at an end (x₁ − x₀) / h, or (−3 x₀ + 4 x₁ − x₂) / 2h with edge_order=2
    Pullback  dxᵢ = (uᵢ₋₁ − uᵢ₊₁) / 2h, and what the two ends add
    Shapes    x, y, u: (..., n);  `axis` may be None where x has one axis
    Keeps     nothing
    Errors    TypeError when spacing is not a number; ValueError when axis is None for several axes, when edge_order is
              not 1 or 2, and when there are not edge_order + 1 elements; NumPy's on an axis that is not there
    Source    numpy.gradient gives a list for several axes, and knows sample points: call it once for each axis

    >>> value, vjp = gradient(np.array([1.0, 4.0, 9.0, 16.0]))
    >>> value, vjp(np.array([2.0, 4.0, 8.0, 6.0]))
    (array([3., 4., 6., 7.]), (array([-4., -2., -4., 10.]),))
    """
    x = as_primal(x, "gradient", "x", analytic=True)
    if not isinstance(spacing, numbers.Real):
        raise TypeError(f"gradient got spacing={spacing!r}, but should get a number")
    if axis is None and x.ndim != 1:
        raise ValueError(f"gradient got no axis for x of shape {x.shape}, but should get one")
    if edge_order not in {1, 2}:
        raise ValueError(f"gradient got edge_order={edge_order!r}, but should get 1 or 2")
    shape, dtype, along = x.shape, x.dtype, -1 if axis is None else axis
    lanes, h = x.swapaxes(along, -1), float(spacing)
    if lanes.shape[-1] <= edge_order:
        raise ValueError(f"gradient got {lanes.shape[-1]} elements along the axis, but should get {edge_order + 1}")
    y = np.empty(lanes.shape, dtype)
    inside = np.subtract(lanes[..., 2:], lanes[..., :-2], out=y[..., 1:-1])
    inside /= 2 * h
    for end, step in ((0, 1), (-1, -1)):
        x0, x1 = lanes[..., end], lanes[..., end + step]
        slope = x1 - x0 if edge_order == 1 else 2 * x1 - 1.5 * x0 - 0.5 * lanes[..., end + 2 * step]
        y[..., end] = slope / (step * h)

    def gradient_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "gradient", shape, dtype).swapaxes(along, -1)
        dx = np.zeros(u.shape, dtype)
        half = u[..., 1:-1] / (2 * h)
        dx[..., 2:] = half
        dx[..., :-2] -= half
        for i, weight in enumerate((-1, 1) if edge_order == 1 else (-1.5, 2, -0.5)):
            dx[..., i] += u[..., 0] * (weight / h)
            dx[..., -1 - i] -= u[..., -1] * (weight / h)
        return (dx.swapaxes(along, -1),)

    return y.swapaxes(along, -1), gradient_vjp


def trapezoid(x: ArrayLike, /, *, dx: float = 1.0, axis: int = -1) -> tuple[Array, Pullback1]:
    """Integral along an axis by the trapezoidal rule, of samples of equal spacing.

    Value     y = dx Σ (xᵢ + xᵢ₊₁) / 2;  0 of one sample
    Pullback  u dx;  half of it at either end
    Shapes    x: (..., n), y, u: (...)
    Keeps     nothing as large as x
    Errors    TypeError when dx is not a number: sample points are for numpy.trapezoid

    >>> value, vjp = trapezoid(np.array([1.0, 2.0, 4.0]), dx=2.0)
    >>> value, vjp(3.0)
    (np.float64(9.0), (array([3., 6., 3.]),))
    """
    x = as_primal(x, "trapezoid", "x", analytic=True)
    if not isinstance(dx, numbers.Real):
        raise TypeError(f"trapezoid got dx={dx!r}, but should get a number")
    lanes = axis_last(x, axis)
    w = np.full(lanes.shape[-1], float(dx), x.dtype)
    w[:1] /= 2
    w[-1:] /= 2
    y = lanes @ w if w.size != 1 else np.zeros_like(lanes[..., 0])[()]
    shape, dtype, x_shape = y.shape, y.dtype, x.shape

    def trapezoid_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "trapezoid", shape, dtype)
        if w.size == 1:
            return (np.zeros(x_shape, dtype),)
        return (axis_back(u[..., None] * w, axis),)

    return y, trapezoid_vjp


def convolve(a: ArrayLike, v: ArrayLike, /, *, mode: str = "full") -> tuple[Array, Pullback2]:
    """Convolution of two sequences.

    Value     yₖ = Σᵢ aᵢ vₖ₋ᵢ for all k with a term (full), for as many as the longer has elements, from the middle
              (same), or for those where all of the shorter takes part (valid)
    Pullback  daᵢ = Σₖ uₖ vₖ₋ᵢ,  dvⱼ = Σₖ uₖ aₖ₋ⱼ
    Shapes    a: (n), v: (m), y, u: (n + m − 1), (max(n, m)) or (|n − m| + 1)
    Keeps     a, v
    Errors    ValueError when a or v has not one axis, and NumPy's when one is empty, or on another mode

    >>> value, vjp = convolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0]), mode="valid")
    >>> value, vjp(np.array([1.0, 2.0]))
    (array([12., 23.]), (array([10., 21.,  2.]), array([8., 5.])))
    """
    a, v = as_primal(a, "convolve", "a", analytic=True), as_primal(v, "convolve", "v", analytic=True)
    for name, each in (("a", a), ("v", v)):
        if each.ndim != 1:
            raise ValueError(f"convolve got {name} of shape {each.shape}, but should get one axis")
    y = np.convolve(a, v, mode=mode)  # type: ignore[call-overload]
    shape, dtype = y.shape, y.dtype
    shorter = min(a.size, v.size)
    start = {"full": 0, "same": (shorter - 1) // 2, "valid": shorter - 1}[mode]

    def convolve_vjp(u: ArrayLike) -> tuple[Array, Array]:
        full = np.zeros(a.size + v.size - 1, dtype)
        full[start : start + shape[0]] = as_cotangent(u, "convolve", shape, dtype)
        da, dv = (np.convolve(full, other[::-1], mode="valid") for other in (v, a))
        return cast(da, a.dtype), cast(dv, v.dtype)

    return y, convolve_vjp
