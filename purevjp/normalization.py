"""Normalisation of layers and batches."""

import numpy as np

from purevjp.aliases import Array, ArrayLike, Axis, Pullback2, Pullback3, Shape
from purevjp.contract import as_cotangent, as_primal
from purevjp.lane import accumulator

LONG = 4096
"""Of lanes up to here BLAS, which adds many sums side by side, finds the mean as well as pairwise sums do."""

__all__ = ["batch_norm", "batch_norm_inference", "layer_norm", "rms_norm"]


def layer_norm(
    x: ArrayLike, gain: ArrayLike, bias: ArrayLike, /, *, axis: Axis = -1, epsilon: float = 1e-5
) -> tuple[Array, Pullback3]:
    """Mean 0 and variance 1 over `axis`, then a gain and a bias for each element of it.

    Value     y = h gain + bias,  h = (x − mean x) r,  r = 1 / √(v + ε),  v = mean (x − mean x)²
    Pullback  dx = r (g − mean g − h mean(g h)),  g = u gain;  dgain = Σ u h,  dbias = Σ u  (Σ over the other axes)
    Kinks     none for ε > 0: on a lane of one number, h = 0 and r = 1 / √ε
    Shapes    x, y, u: (..., n), gain, bias: (n)  (n: the axes named by `axis`, in the order of x; None for all)
    Keeps     h, r, gain
    Errors    ValueError when gain or bias has another shape than the normalised axes

    >>> value, vjp = layer_norm(np.array([[1.0, 3.0]]), np.array([2.0, 2.0]), np.zeros(2), epsilon=1.0)
    >>> vjp(np.array([[1.0, 0.0]]))
    (array([[ 0.35355339, -0.35355339]]), array([-0.70710678,  0.        ]), array([1., 0.]))
    """
    x, gain = as_primal(x, "layer_norm", "x"), as_primal(gain, "layer_norm", "gain")
    bias = as_primal(bias, "layer_norm", "bias")
    axes, kept = split_axes(x.ndim, axis)
    sides = sides_of(x, axes, "layer_norm", gain=gain, bias=bias)
    h, r = standardised(x, axes, epsilon)
    y = h * gain.reshape(sides)
    y = np.add(y, bias.reshape(sides), out=y if bias.dtype == y.dtype and y.ndim else None)
    shape, dtype, bias_dtype = y.shape, y.dtype, bias.dtype

    def layer_norm_vjp(u: ArrayLike) -> tuple[Array, Array, Array]:
        u = as_cotangent(u, "layer_norm", shape, dtype)
        dx = standardised_vjp(u * gain.reshape(sides), h, r, axes).astype(h.dtype, copy=False)
        dgain, dbias = added(u * h, kept), added(u, kept)
        return dx, dgain.astype(gain.dtype, copy=False), dbias.astype(bias_dtype, copy=False)

    return y, layer_norm_vjp


def rms_norm(x: ArrayLike, gain: ArrayLike, /, *, axis: Axis = -1, epsilon: float = 1e-6) -> tuple[Array, Pullback2]:
    """Root mean square 1 over `axis`, then a gain for each element of it; nothing is subtracted.

    Value     y = h gain,  h = x r,  r = 1 / √(mean x² + ε)
    Pullback  dx = r (g − h mean(g h)),  g = u gain;  dgain = Σ u h  (Σ over the other axes)
    Kinks     none for ε > 0: on a lane of zeros, h = 0 and r = 1 / √ε
    Shapes    x, y, u: (..., n), gain: (n)  (n: the axes named by `axis`, in the order of x; None for all)
    Keeps     h, r, gain
    Errors    ValueError when gain has another shape than the normalised axes

    >>> value, vjp = rms_norm(np.array([[3.0, 4.0]]), np.array([1.0, 2.0]), epsilon=0.0)
    >>> vjp(np.array([[1.0, 0.0]]))
    (array([[ 0.18101934, -0.1357645 ]]), array([0.84852814, 0.        ]))
    """
    x, gain = as_primal(x, "rms_norm", "x"), as_primal(gain, "rms_norm", "gain")
    axes, kept = split_axes(x.ndim, axis)
    sides = sides_of(x, axes, "rms_norm", gain=gain)
    r = 1 / np.sqrt(mean_product(x, x, axes) + epsilon)
    h = x * r
    y = h * gain.reshape(sides)
    shape, dtype = y.shape, y.dtype

    def rms_norm_vjp(u: ArrayLike) -> tuple[Array, Array]:
        u = as_cotangent(u, "rms_norm", shape, dtype)
        g = u * gain.reshape(sides)
        dx = r * (g - h * mean_product(g, h, axes))
        dgain = added(u * h, kept)
        return dx.astype(h.dtype, copy=False), dgain.astype(gain.dtype, copy=False)

    return y, rms_norm_vjp


def batch_norm(
    x: ArrayLike, gain: ArrayLike, bias: ArrayLike, /, *, axis: int = 1, epsilon: float = 1e-5
) -> tuple[Array, Pullback3]:
    """Mean 0 and variance 1 over all axes but that of the channels, then a gain and a bias for each; for training.

    Value     y = h gain + bias,  h = (x − mean x) r,  r = 1 / √(v + ε),  v = mean (x − mean x)², the biased variance
    Pullback  dx = gain r (u − mean u − h mean(u h)),  dgain = Σ u h,  dbias = Σ u  (Σ and mean over all other axes)
    Kinks     none for ε > 0: on a channel of one number, h = 0 and r = 1 / √ε
    Shapes    x, y, u: (b, c, ...), gain, bias: (c)  (c: `axis`)
    Keeps     h, r, gain
    Errors    ValueError when gain or bias has another shape than (c,)
    Source    statistics are functions of x, hence three terms; running ones are the caller's, and have no cotangent

    >>> value, vjp = batch_norm(np.array([[1.0], [3.0]]), np.array([2.0]), np.array([5.0]), epsilon=1.0)
    >>> vjp(np.array([[1.0], [0.0]]))
    (array([[ 0.35355339],
           [-0.35355339]]), array([-0.70710678]), array([1.]))
    """
    x, gain = as_primal(x, "batch_norm", "x"), as_primal(gain, "batch_norm", "gain")
    bias = as_primal(bias, "batch_norm", "bias")
    channels, others = split_axes(x.ndim, axis)
    sides = sides_of(x, channels, "batch_norm", gain=gain, bias=bias)
    h, r = standardised(x, others, epsilon)
    y = h * gain.reshape(sides) + bias.reshape(sides)
    shape, dtype, bias_dtype = y.shape, y.dtype, bias.dtype

    def batch_norm_vjp(u: ArrayLike) -> tuple[Array, Array, Array]:
        u = as_cotangent(u, "batch_norm", shape, dtype)
        dx = (gain.reshape(sides) * standardised_vjp(u, h, r, others)).astype(h.dtype, copy=False)
        dgain, dbias = added(u * h, others), added(u, others)
        return dx, dgain.astype(gain.dtype, copy=False), dbias.astype(bias_dtype, copy=False)

    return y, batch_norm_vjp


def batch_norm_inference(
    x: ArrayLike,
    gain: ArrayLike,
    bias: ArrayLike,
    /,
    *,
    mean: ArrayLike,
    variance: ArrayLike,
    axis: int = 1,
    epsilon: float = 1e-5,
) -> tuple[Array, Pullback3]:
    """A batch normalised by statistics that are given, and constants: an affine function of each channel.

    Value     y = (x − `mean`) r gain + bias,  r = 1 / √(`variance` + ε)
    Pullback  dx = u r gain,  dgain = Σ u (x − `mean`) r,  dbias = Σ u  (Σ over all axes but `axis`)
    Shapes    x, y, u: (b, c, ...), gain, bias, `mean`, `variance`: (c)  (c: `axis`)
    Keeps     (x − mean) r, r, gain
    Errors    ValueError when gain, bias, `mean` or `variance` has another shape than (c,)
    Source    `mean` and `variance` are taken in the dtype of x

    >>> value, vjp = batch_norm_inference(
    ...     np.array([[1.0], [3.0]]), np.array([2.0]), np.array([5.0]), mean=[1.0], variance=[3.0], epsilon=1.0
    ... )
    >>> value.ravel(), vjp(np.array([[4.0], [1.0]]))
    (array([5., 7.]), (array([[4.],
           [1.]]), array([1.]), array([5.])))
    """
    x, gain = as_primal(x, "batch_norm_inference", "x"), as_primal(gain, "batch_norm_inference", "gain")
    bias = as_primal(bias, "batch_norm_inference", "bias")
    channels, others = split_axes(x.ndim, axis)
    centre, width = np.asarray(mean, x.dtype), np.asarray(variance, x.dtype)
    sides = sides_of(x, channels, "batch_norm_inference", gain=gain, bias=bias, mean=centre, variance=width)
    r = 1 / np.sqrt(width.reshape(sides) + epsilon)
    h = (x - centre.reshape(sides)) * r
    y = h * gain.reshape(sides) + bias.reshape(sides)
    shape, dtype, bias_dtype = y.shape, y.dtype, bias.dtype

    def batch_norm_inference_vjp(u: ArrayLike) -> tuple[Array, Array, Array]:
        u = as_cotangent(u, "batch_norm_inference", shape, dtype)
        dx = (u * (r * gain.reshape(sides))).astype(h.dtype, copy=False)
        dgain, dbias = added(u * h, others), added(u, others)
        return dx, dgain.astype(gain.dtype, copy=False), dbias.astype(bias_dtype, copy=False)

    return y, batch_norm_inference_vjp


def split_axes(ndim: int, axis: Axis) -> tuple[Shape, Shape]:
    """The named axes in order, and the others; NumPy's errors where there are no such axes."""
    named = range(ndim) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, ndim)
    return tuple(sorted(named)), tuple(a for a in range(ndim) if a not in named)


def sides_of(x: Array, axes: Shape, rule: str, **parameters: Array) -> Shape:
    """The shape in which a parameter of these axes broadcasts against x.

    Errors  ValueError when a parameter has another shape than these axes of x.
    """
    should = tuple(x.shape[a] for a in axes)
    for name, parameter in parameters.items():
        if parameter.shape != should:
            raise ValueError(
                f"{rule} got {name} of shape {parameter.shape}, but should get {should}, the sides of axis"
            )
    return tuple(side if a in axes else 1 for a, side in enumerate(x.shape))


def standardised(x: Array, axes: Shape, epsilon: float) -> tuple[Array, Array]:
    """x with mean 0 and variance 1 over these axes, and what its deviations were multiplied by."""
    h = x - mean(x, axes)
    r = 1 / np.sqrt(mean_product(h, h, axes) + epsilon)
    return np.multiply(h, r, out=h) if h.ndim else h * r, r


def standardised_vjp(g: Array, h: Array, r: Array, axes: Shape) -> Array:
    """r (g − mean g − h mean(g h))."""
    dx: Array = g - mean(g, axes)
    dx -= h * mean_product(g, h, axes)
    dx *= r
    return dx


def mean(a: Array, axes: Shape) -> Array:
    """The mean over these axes, which stay; a product where BLAS loses no more digits than pairwise sums."""
    if in_lanes(a, axes) and a.shape[-1] <= LONG:
        return np.asarray(np.matmul(a, np.ones(a.shape[-1], a.dtype)) / a.shape[-1])[..., None]
    return np.asarray(a.mean(axis=axes, keepdims=True))


def mean_product(a: Array, b: Array, axes: Shape) -> Array:
    """The mean of a b over these axes, which stay; in one pass where it is the last one of floats."""
    if in_lanes(a, axes) and a.dtype == b.dtype:
        return np.asarray(np.vecdot(a, b) / a.shape[-1])[..., None]
    return np.asarray((a * b).mean(axis=axes, keepdims=True))


def in_lanes(a: Array, axes: Shape) -> bool:
    """Whether the axes are the last one, of floats that BLAS knows."""
    return axes == (a.ndim - 1,) and a.dtype.itemsize in {4, 8} and a.shape[-1] > 0


def added(u: Array, axes: Shape) -> Array:
    """The sum over these axes; halves are added in float32: of ones they count no further than 2048."""
    total: Array = u.sum(axis=axes, dtype=accumulator(u.dtype))
    return total
