"""Options of rules as other libraries want them."""

from typing import Any

import numpy as np


def need(has: Any, what: str) -> Any:
    """Raise NotImplementedError where a backend lacks something; else None, for `need(...) or value`."""
    if not has:
        raise NotImplementedError(f"the backend has no {what}")


def plain(initial: Any = None, where: Any = None) -> None:
    """Reductions of other libraries have neither a first value nor a mask."""
    need(initial is None, "first value for a reduction")
    need(where is None, "mask for a reduction")


def axes_of(ndim: int, axis: Any) -> tuple[int, ...]:
    """All axes for None, one in a tuple, and a tuple as it is; none of them negative."""
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple | list) else (axis,)
    return tuple(a % ndim for a in axes) if ndim else ()


def one_axis(ndim: int, axis: Any, what: str) -> int:
    """The one axis of functions that know no more."""
    axes = axes_of(ndim, axis)
    need(len(axes) == 1, f"{what} over {len(axes)} axes")
    return axes[0]


def one_or_all(ndim: int, axis: Any, what: str = "reduction") -> int | None:
    """The one axis, or None."""
    return None if axis is None else one_axis(ndim, axis, what)


def sides(shape: Any) -> tuple[int, ...]:
    """A shape, or its one side, as a tuple."""
    return (shape,) if isinstance(shape, int) else tuple(shape)


def widths(x: Any, pad_width: Any, mode: str, constant: Any, modes: tuple[str, ...] = ("constant",)) -> list[Any]:
    """How far each axis is padded, with one number."""
    need(mode in modes, f"padding {mode} of all axes")
    need(not isinstance(pad_width, dict) and np.ndim(constant) == 0, "padding by axis")
    return [(int(a), int(b)) for a, b in np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))]


def shifts_of(shift: Any, axis: Any) -> tuple[Any, Any]:
    """As many shifts as axes."""
    shifts, axes = np.broadcast_arrays(np.ravel(shift), np.ravel(axis))
    return tuple(shifts.tolist()), tuple(axes.tolist())


def contracted(a: Any, b: Any, axes: Any) -> Any:
    """The axes of a tensordot: a number, or a list of each array's, none of them negative."""
    return axes if isinstance(axes, int) else [list(axes_of(x.ndim, part)) for x, part in ((a, axes[0]), (b, axes[1]))]
