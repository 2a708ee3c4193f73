"""Rows of purevjp/diagonals.py, with the shapes and options they take."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, Choose, Static, case
from oracle.laws import conserved
from oracle.shape import SIDES, broadcastable, shape
from oracle.static import flag
from purevjp.aliases import Shape


def matrices(choose: Choose) -> tuple[Shape]:
    """Matrices, most of them not square, in stacks."""
    return ((*shape(choose)[: choose((0, 1, 2))], choose(SIDES), choose(SIDES)),)


def vector_or_matrix(choose: Choose) -> tuple[Shape]:
    """A vector or a matrix."""
    return (tuple(choose(SIDES) for _ in range(choose((1, 2)))),)


def offset(choose: Choose, _shapes: Sequence[Any], _static: Static) -> int:
    """A diagonal above, below, or outside."""
    return int(choose((0, 1, -1, 2, -2, 3, -4)))


def first_axis(choose: Choose, shapes: Sequence[Any], _static: Static) -> int:
    """Any axis, from either end."""
    ndim = len(shapes[0])
    return int(choose(range(-ndim, ndim)))


def second_axis(choose: Choose, shapes: Sequence[Any], static: Static) -> int:
    """Any other axis than the first."""
    ndim = len(shapes[0])
    return int(choose([a for a in range(-ndim, ndim) if (a - static["axis1"]) % ndim]))


def fill(choose: Choose) -> tuple[Shape]:
    """A number, or an array that is broadcast."""
    return (choose(((), broadcastable(choose, shape(choose)))),)


def filled(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | Shape:
    """A shape that the fill value broadcasts to."""
    (of,) = shapes
    whole = (*shape(choose)[:2], *(choose((3, 2, 1)) if side == 1 else side for side in of))
    return whole[0] if len(whole) == 1 and choose((True, False)) else whole


def full(fill_value: Any, *, shape: int | Shape) -> Any:
    """JAX's, its arguments the other way round."""
    return jnp.full(shape, fill_value)


def exact_full(fill_value: Any, *, shape: int | Shape) -> Any:
    """The same, of exact numbers."""
    return np.broadcast_to(fill_value, shape)


def ends(choose: Choose) -> tuple[Shape, Shape]:
    """Two arrays that broadcast together."""
    whole = shape(choose)[:2]
    return broadcastable(choose, whole), broadcastable(choose, whole)


def how_many(choose: Choose, _shapes: Sequence[Any], _static: Static) -> int:
    """None, one, and more."""
    return int(choose((3, 5, 2, 1, 4, 0)))


def new_axis(choose: Choose, shapes: Sequence[Any], _static: Static) -> int:
    """Where a new axis may be, from either end."""
    ndim = len(np.broadcast_shapes(*shapes)) + 1
    return int(choose(range(-ndim, ndim)))


def linspace(start: Any, stop: Any, *, num: int, endpoint: bool, axis: int) -> Any:
    """Steps from the start, of exact numbers."""
    last = max(num - endpoint, 1)
    start, stop = np.broadcast_arrays(start, stop)
    ys = [start + (stop - start) * i / last for i in range(num)]
    return np.moveaxis(np.array(ys, object).reshape(num, *start.shape), 0, axis)


CASES = (
    case(pv.tril, jnp.tril, matrices, REAL, static={"k": offset}, definition=np.tril, exact=True, analytic=True),
    case(pv.triu, jnp.triu, matrices, REAL, static={"k": offset}, definition=np.triu, exact=True, analytic=True),
    case(
        pv.diagonal, jnp.diagonal, matrices, REAL,
        static={"offset": offset, "axis1": first_axis, "axis2": second_axis},
        definition=np.diagonal, exact=True, analytic=True, laws=(conserved,),
    ),
    case(
        pv.diag, jnp.diag, vector_or_matrix, REAL, static={"k": offset}, definition=np.diag, exact=True, analytic=True
    ),
    case(
        pv.full, full, fill, REAL, static={"shape": filled},
        definition=exact_full, exact=True, analytic=True, laws=(conserved,),
    ),
    case(
        pv.linspace, jnp.linspace, ends, REAL, REAL, static={"num": how_many, "endpoint": flag, "axis": new_axis},
        definition=linspace, analytic=True, laws=(conserved,),
    ),
)  # fmt: skip
