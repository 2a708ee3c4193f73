"""Functions of tinygrad with the keywords of the rulebook, where the names alone do not do."""

from typing import Any

from oracle.backend.options import need, one_axis, shifts_of, widths


def expand_dims(x: Any, *, axis: Any) -> Any:
    """One axis."""
    return x.unsqueeze(one_axis(x.ndim + 1, axis, "unsqueeze"))


def roll(x: Any, *, shift: Any, axis: Any) -> Any:
    """As many shifts as axes."""
    return need(axis is not None, "roll in a row") or x.roll(*shifts_of(shift, axis))


def pad(x: Any, *, pad_width: Any, mode: str, constant_values: Any) -> Any:
    """Constants only: the other modes of tinygrad are for images alone."""
    return x.pad(widths(x, pad_width, mode, constant_values), value=float(constant_values))


def conv(x: Any, w: Any, *, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """Cross-correlation."""
    return need(isinstance(padding, int), "padding by side") or x.conv2d(w, None, groups, stride, dilation, padding)


def max_pool(x: Any, *, window: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Over all but the first two axes."""
    return x.max_pool2d(*windows(x, window, stride, padding), padding=padding, dilation=dilation)


def avg_pool(x: Any, *, window: Any, stride: Any, padding: Any, count_include_pad: bool) -> Any:
    """Over all but the first two axes."""
    return x.avg_pool2d(*windows(x, window, stride, padding), padding=padding, count_include_pad=count_include_pad)


def windows(x: Any, window: Any, stride: Any, padding: Any) -> tuple[Any, Any]:
    """A window with a side for each axis, and its stride."""
    need(isinstance(padding, int), "padding by side")
    sides = (window,) * (x.ndim - 2) if isinstance(window, int) else tuple(window)
    return sides, window if stride is None else stride


def layer_norm(x: Any, gain: Any, bias: Any, *, axis: Any, epsilon: float) -> Any:
    """Over the last axis."""
    return need(axis == -1, "normalization with such a gain") or x.layernorm(axis, epsilon) * gain + bias


def scaled_dot_product_attention(q: Any, k: Any, v: Any, *, mask: Any, causal: bool, scale: Any) -> Any:
    """Heads of equal number."""
    need(scale is None and (mask is None or not causal) and q.shape[:-2] == k.shape[:-2] == v.shape[:-2], "it")
    return q.scaled_dot_product_attention(k, v, mask, is_causal=causal)


def cross_entropy(x: Any, *, labels: Any, axis: int, reduction: str, label_smoothing: float = 0.0, **of: Any) -> Any:
    """Labels of rows."""
    need(of.get("weights") is None and of.get("ignore_index") is None, "weights or ignore_index")
    return need(x.ndim == 2 and axis % 2 == 1, "other axes") or x.cross_entropy(labels, reduction, label_smoothing)
