"""Wrong pullbacks of purevjp/normalization.py."""

from collections.abc import Callable
from typing import Any

import numpy as np


def named(x: Any, axis: Any) -> tuple[int, ...]:
    """The axes, in order."""
    return tuple(range(x.ndim)) if axis is None else tuple(sorted({a % x.ndim for a in np.atleast_1d(np.array(axis))}))


def rest(x: Any, axis: Any) -> tuple[int, ...]:
    """The other axes."""
    return tuple(a for a in range(x.ndim) if a not in named(x, axis))


def lined_up(p: Any, x: Any, axis: Any) -> Any:
    """A parameter, to broadcast against x."""
    return p.reshape([x.shape[a] if a in named(x, axis) else 1 for a in range(x.ndim)])


def mean_of(x: Any, over: Any) -> Any:
    """The mean over axes, kept."""
    return x.mean(axis=over, keepdims=True)


def standard(x: Any, over: Any, epsilon: Any) -> tuple[Any, Any]:
    """Right."""
    h = x - mean_of(x, over)
    r = 1 / np.sqrt(mean_of(h * h, over) + epsilon)
    return h * r, r


def of_layer(slope: Callable[..., Any], *, gain_rows: bool = True) -> Callable[..., Any]:
    """A pullback of layer_norm with another dx, `slope(g, h, r, over)`; or with no sum over rows for gain and bias."""

    def pullback(u: Any, x: Any, gain: Any, bias: Any, *, axis: Any, epsilon: Any) -> Any:
        over, kept = named(x, axis), rest(x, axis)
        h, r = standard(x, over, epsilon)
        dx = slope(u * lined_up(gain, x, axis), h, r, over)
        if gain_rows:
            return np.asarray(dx, x.dtype), (u * h).sum(kept), u.sum(kept)
        first = (*(0 if a in kept else slice(None) for a in range(x.ndim)),)
        empty = any(x.shape[a] == 0 for a in kept)
        return np.asarray(dx, x.dtype), *(np.zeros_like(bias) if empty else np.array(p[first]) for p in (u * h, u))

    return pullback


def of_batch(slope: Callable[..., Any]) -> Callable[..., Any]:
    """A pullback of batch_norm with another dx, `slope(g, h, r, over)`."""

    def pullback(u: Any, x: Any, gain: Any, _bias: Any, *, axis: Any, epsilon: Any) -> Any:
        over = rest(x, axis)
        h, r = standard(x, over, epsilon)
        dx = slope(u * lined_up(gain, x, axis), h, r, over)
        return np.asarray(dx, x.dtype), (u * h).sum(over), u.sum(over)

    return pullback


def of_rms(slope: Callable[..., Any]) -> Callable[..., Any]:
    """A pullback of rms_norm with another dx, `slope(g, h, r, over)`."""

    def pullback(u: Any, x: Any, gain: Any, *, axis: Any, epsilon: Any) -> Any:
        over = named(x, axis)
        r = 1 / np.sqrt(mean_of(x * x, over) + epsilon)
        return np.asarray(slope(u * lined_up(gain, x, axis), x * r, r, over), x.dtype), (u * x * r).sum(rest(x, axis))

    return pullback


def in_halves(u: Any, x: Any, gain: Any, *, axis: Any, epsilon: Any) -> Any:
    """That of the gain added up in float16."""
    dx, dgain = of_rms(lambda g, h, r, over: r * (g - h * mean_of(g * h, over)))(u, x, gain, axis=axis, epsilon=epsilon)
    return dx, dgain.astype(np.float16).astype(gain.dtype)


def of_inference(factor: Callable[..., Any], *, centred: bool = True) -> Callable[..., Any]:
    """A pullback of batch_norm_inference with another factor of u, `factor(r, gain)`."""

    def pullback(u: Any, x: Any, gain: Any, _bias: Any, *, mean: Any, variance: Any, axis: Any, epsilon: Any) -> Any:
        over = rest(x, axis)
        m, v = (lined_up(p.astype(x.dtype), x, axis) for p in (mean, variance))
        r = 1 / np.sqrt(v + epsilon)
        h = (x - m if centred else x) * r
        return u * factor(r, lined_up(gain, x, axis)), (u * h).sum(over), u.sum(over)

    return pullback


def constants(g: Any, _h: Any, r: Any, _over: Any) -> Any:
    """As if the statistics were constants."""
    return r * g


def no_mean(g: Any, h: Any, r: Any, over: Any) -> Any:
    """As if the mean were a constant."""
    return r * (g - h * mean_of(g * h, over))


def no_variance(g: Any, _h: Any, r: Any, over: Any) -> Any:
    """As if the variance were a constant."""
    return r * (g - mean_of(g, over))


def three_terms(g: Any, h: Any, r: Any, over: Any) -> Any:
    """Right for layers and batches."""
    return r * (g - mean_of(g, over) - h * mean_of(g * h, over))


def unbiased(g: Any, h: Any, r: Any, over: Any) -> Any:
    """n − 1 for n in the term of the variance."""
    n = np.prod([h.shape[a] for a in over])
    return r * (g - mean_of(g, over) - h * (g * h).sum(axis=over, keepdims=True) / h.dtype.type(max(1, n - 1)))


def all_axes(g: Any, h: Any, r: Any, _over: Any) -> Any:
    """Means over all axes."""
    return r * (g - g.mean() - h * (g * h).mean()) if g.size else r * g


def no_width(g: Any, h: Any, _r: Any, over: Any) -> Any:
    """No r."""
    return g - mean_of(g, over) - h * mean_of(g * h, over)


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "layer_norm": {
        "statistics are constants": of_layer(constants),
        "the mean is a constant": of_layer(no_mean),
        "the variance is a constant": of_layer(no_variance),
        "n − 1 for n": of_layer(unbiased),
        "means over all axes": of_layer(all_axes),
        "no 1/√(v + ε)": of_layer(no_width),
        "llm.c dd8c9f5: = for += in gain and bias": of_layer(three_terms, gain_rows=False),
    },
    "rms_norm": {
        "Liger-Kernel PR #950: the gain's in half precision": in_halves,
        "statistics are constants": of_rms(constants),
        "layer_norm's": of_rms(three_terms),
        "the mean subtracted, and no more": of_rms(no_variance),
        "no 1/√": of_rms(lambda g, h, r, over: g - h * mean_of(g * h, over)),
        "sum for mean": of_rms(lambda g, h, r, over: r * (g - h * (g * h).sum(axis=over, keepdims=True))),
    },
    "batch_norm": {
        "pytorch/xla #913: the formula of inference": of_batch(constants),
        "the mean is a constant": of_batch(no_mean),
        "the variance is a constant": of_batch(no_variance),
        "n − 1 for n": of_batch(unbiased),
        "means over all axes": of_batch(all_axes),
    },
    "batch_norm_inference": {
        "no gain": of_inference(lambda r, gain: r + 0 * gain),
        "no r": of_inference(lambda r, gain: gain + 0 * r),
        "r² for r": of_inference(lambda r, gain: gain * r * r),
        "the mean not subtracted in the gain's": of_inference(lambda r, gain: gain * r, centred=False),
    },
}
