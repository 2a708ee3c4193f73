"""Wrong pullbacks of purevjp/pooling.py."""

from collections.abc import Callable
from typing import Any

import numpy as np

import purevjp as pv


def gathered(x: Any, fill: Any, **static: Any) -> Any:
    """The windows of x."""
    from oracle.pooling import gathered as windows  # noqa: PLC0415 (the rows import these tables)

    static = {"dilation": 1, **static}
    return windows(x, fill, *(static[key] for key in ("window", "stride", "padding", "dilation")))


def chosen(x: Any, *, last: bool = False, **static: Any) -> Any:
    """Where the largest element of each window lies in x as it lies flat; the first or the last of a tie."""
    of = gathered(x, -np.inf, **static)
    places = gathered(np.arange(x.size).reshape(x.shape), -1, **static)
    at = of.shape[-1] - 1 - np.argmax(of[..., ::-1], -1) if last else np.argmax(of, -1)
    return np.take_along_axis(places, at[..., None], -1)[..., 0]


def handed_out(u: Any, x: Any, places: Any) -> Any:
    """Each u added where it belongs."""
    dx = np.zeros(x.size, x.dtype)
    np.add.at(dx, np.ravel(places), np.ravel(u))
    return (dx.reshape(x.shape),)


def overwritten(u: Any, x: Any, places: Any) -> Any:
    """Each u put where it belongs, over what is there."""
    dx = np.zeros(x.size, x.dtype)
    dx[np.ravel(places)] = np.ravel(u)
    return (dx.reshape(x.shape),)


def to_all(u: Any, x: Any, **static: Any) -> Any:
    """All of u to each of the largest, or its share."""
    of = gathered(x, -np.inf, **static)
    places = gathered(np.arange(x.size).reshape(x.shape), -1, **static)
    dx = np.zeros(x.size + 1, x.dtype)
    np.add.at(dx, places, u[..., None] * (of == of.max(-1, keepdims=True)))
    return (dx[:-1].reshape(x.shape),)


def zeros_around(u: Any, x: Any, *, padding: Any, **static: Any) -> Any:
    """The padding takes part with zeros."""
    of = gathered(x, 0.0, padding=padding, **static)
    mine = of.max(-1) == gathered(x, -np.inf, padding=padding, **static).max(-1)
    return pv.max_pool(x, padding=padding, **static)[1](u * mine)


def first_for_all(option: Any) -> Any:
    """The option of the first axis for all; of one axis or of all, one more."""
    return option[0] if isinstance(option, tuple) and len(set(option)) > 1 else np.ravel(option).tolist()[0] + 1


def at_other(rule: Any, key: str) -> Callable[..., Any]:
    """The pullback at another option, where that has the same shapes, else twice the right one."""

    def pullback(u: Any, x: Any, **static: Any) -> Any:
        try:
            return rule(x, **{**static, key: first_for_all(static[key])})[1](u)
        except ValueError:
            return (2 * rule(x, **static)[1](u)[0],)

    return pullback


def sides_swapped(rule: Any) -> Callable[..., Any]:
    """The cotangent read with its last two axes the other way round; on one axis, samples and channels."""

    def pullback(u: Any, x: Any, **static: Any) -> Any:
        axes = (-1, -2) if u.ndim > 3 else (0, 1)
        return rule(x, **static)[1](u.swapaxes(*axes).reshape(u.shape))

    return pullback


def size_of(x: Any, **static: Any) -> int:
    """Of a window."""
    return int(gathered(x, 0.0, **static).shape[-1])


WRONG: dict[str, dict[str, Callable[..., Any]]] = {
    "max_pool": {
        "NNlib #205: = for += where windows overlap": lambda u, x, **static: overwritten(u, x, chosen(x, **static)),
        "CrypTen PR #90: the last of a tie": lambda u, x, **static: handed_out(u, x, chosen(x, last=True, **static)),
        "autograd #138: all tied entries get all": to_all,
        "padding of zeros": zeros_around,
        "burn PR #4466: dilation of the first axis for all": at_other(pv.max_pool, "dilation"),
        "pytorch PR #36820: sides of the result swapped": sides_swapped(pv.max_pool),
    },
    "avg_pool": {
        "padding counted the other way": lambda u, x, *, count_include_pad, **static: pv.avg_pool(
            x, count_include_pad=not count_include_pad, **static
        )[1](u),
        "missing 1/n": lambda u, x, *, count_include_pad, **static: pv.avg_pool(
            x, count_include_pad=count_include_pad, **static
        )[1](u * u.dtype.type(size_of(x, **static))),
        "= for += where windows overlap": lambda u, x, *, count_include_pad, **static: overwritten(
            np.broadcast_to(u[..., None] / u.dtype.type(size_of(x, **static)), (*u.shape, size_of(x, **static))),
            x,
            gathered(np.arange(x.size).reshape(x.shape), 0, **static),
        ),
        "pytorch PR #36820: sides of the result swapped": sides_swapped(pv.avg_pool),
    },
}
