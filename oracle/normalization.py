"""Rows of purevjp/normalization.py."""

import itertools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np

import purevjp as pv
from oracle.domain import Choose, Domain, Static, case, interval
from oracle.referee import digits_of
from oracle.shape import FILLED_SIDES, SIDES, filled_shape, shape
from purevjp.aliases import Array, Axis, Shape

SQRT = digits_of(mpmath.sqrt)
INPUT: Domain = interval(-3, 3, offset=100.0, wide=2.0**10, special=(0.0, 1.0, -1.0, 2.0, 1e-6, -1e3))
GAIN: Domain = interval(-3, 3, wide=2.0**10, special=(0.0, 1.0, -1.0))


def lined_up(x: Any, parameter: Any, axis: Axis) -> Any:
    """A parameter of some axes of x, with an axis of 1 for each of the others."""
    named = range(x.ndim) if axis is None else {a % x.ndim for a in np.atleast_1d(np.array(axis, int))}
    return parameter.reshape([x.shape[a] if a in named else 1 for a in range(x.ndim)])


def others(ndim: int, axis: int) -> Shape:
    """All axes but one."""
    return tuple(a for a in range(ndim) if a != axis % ndim)


def layer_norm(x: jax.Array, gain: jax.Array, bias: jax.Array, *, axis: Axis, epsilon: float) -> Any:
    """The definition, with JAX's variance."""
    deviation = x - jnp.mean(x, axis=axis, keepdims=True)
    h = deviation / jnp.sqrt(jnp.var(x, axis=axis, keepdims=True) + epsilon)
    return h * lined_up(x, gain, axis) + lined_up(x, bias, axis)


def exact_layer_norm(x: Any, gain: Any, bias: Any, *, axis: Any, epsilon: float) -> Any:
    """The same, of exact numbers."""
    h = x - x.mean(axis=axis, keepdims=True)
    h = h / SQRT((h * h).mean(axis=axis, keepdims=True) + epsilon)
    return h * lined_up(x, gain, axis) + lined_up(x, bias, axis)


def rms_norm(x: jax.Array, gain: jax.Array, *, axis: Axis, epsilon: float) -> Any:
    """The definition."""
    h = x / jnp.sqrt(jnp.mean(jnp.square(x), axis=axis, keepdims=True) + epsilon)
    return h * lined_up(x, gain, axis)


def exact_rms_norm(x: Any, gain: Any, *, axis: Any, epsilon: float) -> Any:
    """The same, of exact numbers."""
    return x / SQRT((x * x).mean(axis=axis, keepdims=True) + epsilon) * lined_up(x, gain, axis)


def batch_norm(x: jax.Array, gain: jax.Array, bias: jax.Array, *, axis: int, epsilon: float) -> jax.Array:
    """The definition, with the channels last and JAX's variance."""
    last = jnp.moveaxis(x, axis, -1)
    over = tuple(range(x.ndim - 1))
    h = (last - jnp.mean(last, axis=over)) / jnp.sqrt(jnp.var(last, axis=over) + epsilon)
    return jnp.moveaxis(h * gain + bias, -1, axis)


def exact_batch_norm(x: Any, gain: Any, bias: Any, *, axis: int, epsilon: float) -> Any:
    """The same, of exact numbers."""
    over = others(x.ndim, axis)
    h = x - x.mean(axis=over, keepdims=True)
    h = h / SQRT((h * h).mean(axis=over, keepdims=True) + epsilon)
    return h * lined_up(x, gain, axis) + lined_up(x, bias, axis)


def batch_norm_inference(
    x: jax.Array, gain: jax.Array, bias: jax.Array, *, mean: Any, variance: Any, axis: int, epsilon: float
) -> jax.Array:
    """The definition."""
    centre, width = (jnp.asarray(statistic, x.dtype) for statistic in (mean, variance))
    h = (jnp.moveaxis(x, axis, -1) - centre) / jnp.sqrt(width + epsilon)
    return jnp.moveaxis(h * gain + bias, -1, axis)


def exact_batch_norm_inference(
    x: Any, gain: Any, bias: Any, *, mean: Any, variance: Any, axis: int, epsilon: float
) -> Any:
    """The same, of exact numbers."""
    width = SQRT(np.array([mpmath.mpf(float(v)) + epsilon for v in variance], object))
    h = (x - lined_up(x, mean, axis)) / lined_up(x, width, axis)
    return h * lined_up(x, gain, axis) + lined_up(x, bias, axis)


def normalised(choose: Choose, parameters: int) -> tuple[Shape, ...]:
    """An array, and parameters of some of its axes: the last one, several or all; the others may be empty."""
    x: Shape
    kind = choose(("last", "first", "all", "several"))
    lane: Shape = (choose(FILLED_SIDES),)
    if kind == "all":
        x = lane = filled_shape(choose)
    elif kind == "several":
        lane = (choose(FILLED_SIDES), choose(FILLED_SIDES))
        x = choose(((*shape(choose)[:1], *lane), (lane[0], choose(SIDES), lane[1]), (*lane, choose(SIDES))))
    else:
        x = (*shape(choose), *lane) if kind == "last" else (*lane, *shape(choose))
    return x, *[lane] * parameters


def with_two(choose: Choose) -> tuple[Shape, ...]:
    """The same with a gain and a bias."""
    return normalised(choose, 2)


def with_one(choose: Choose) -> tuple[Shape, ...]:
    """The same with a gain."""
    return normalised(choose, 1)


def axes_of_gain(choose: Choose, shapes: Sequence[Any], _static: Static) -> Axis:
    """The axes whose sides are those of the gain, in any spelling."""
    x, gain = shapes[0], shapes[1]
    ndim, n = len(x), len(gain)
    found = [s for s in itertools.combinations(range(ndim), n) if tuple(x[a] for a in s) == gain]
    orders = [order for s in found for order in itertools.permutations(s)]
    spellings: list[Axis] = [*orders, *(tuple(a - ndim for a in order) for order in orders)]
    if n == 1:
        spellings += [a for (a,) in orders] + [a - ndim for (a,) in orders]
    axis: Axis = choose([None] if n == ndim == 0 else [*spellings, None] if n == ndim else spellings)
    return axis


def batches(choose: Choose) -> tuple[Shape, ...]:
    """A batch of vectors, sequences or images, with its channels anywhere; gain and bias."""
    c = choose(SIDES)
    rest = tuple(choose(FILLED_SIDES) for _ in range(choose((1, 2, 3))))
    at = choose(range(len(rest) + 1))
    return (*rest[:at], c, *rest[at:]), (c,), (c,)


def affine_batches(choose: Choose) -> tuple[Shape, ...]:
    """The same, or a batch of nothing."""
    return ((choose(SIDES), 0, 2), (0,), (0,)) if choose(range(8)) == 7 else batches(choose)


def channel(choose: Choose, shapes: Sequence[Any], _static: Static) -> int:
    """An axis as long as the gain, from either end."""
    ndim = len(shapes[0])
    axes = [a for a in range(ndim) if shapes[0][a] == shapes[1][0]]
    return int(choose([*axes, *(a - ndim for a in axes)]))


def tiny(choose: Choose, _shapes: Sequence[Any], _static: Static) -> float:
    """What is added to a variance."""
    return float(choose((1e-5, 0.125, 1.0)))


def centre(choose: Choose, shapes: Sequence[Any], _static: Static) -> Array:
    """A mean for each channel."""
    return np.array([choose((0.5, -1.25, 0.0, 2.0)) for _ in range(shapes[1][0])], np.float64)


def width(choose: Choose, shapes: Sequence[Any], _static: Static) -> Array:
    """A variance for each channel."""
    return np.array([choose((0.25, 1.0, 0.0, 6.5)) for _ in range(shapes[1][0])], np.float64)


LANES = {"axis": axes_of_gain, "epsilon": tiny}
CHANNELS = {"axis": channel, "epsilon": tiny}

CASES = (
    case(pv.layer_norm, layer_norm, with_two, INPUT, GAIN, GAIN, static=LANES, definition=exact_layer_norm),
    case(pv.rms_norm, rms_norm, with_one, INPUT, GAIN, static=LANES, definition=exact_rms_norm),
    case(pv.batch_norm, batch_norm, batches, INPUT, GAIN, GAIN, static=CHANNELS, definition=exact_batch_norm),
    case(
        pv.batch_norm_inference, batch_norm_inference, affine_batches, INPUT, GAIN, GAIN,
        static={"mean": centre, "variance": width, **CHANNELS}, definition=exact_batch_norm_inference,
    ),
)  # fmt: skip
