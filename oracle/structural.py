"""Rows of purevjp/structural.py."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, Choose, Static, case
from oracle.shape import SIDES, broadcastable, joined, one, shape
from oracle.static import join_axis, new_shape, permutation
from purevjp.aliases import Array, Shape


def order(choose: Choose, _shapes: Sequence[Any], _static: Static) -> str:
    """C or Fortran order."""
    return str(choose(("C", "F")))


def to_broadcast(choose: Choose) -> tuple[Shape]:
    """One array, with a side of 1 wherever another may be asked for."""
    return (broadcastable(choose, shape(choose)),)


def wider_shape(choose: Choose, shapes: Sequence[Any], _static: Static) -> int | Shape:
    """A shape to broadcast to: sides of 1 are stretched, perhaps to 0, and axes added in front."""
    added = [choose(SIDES) for _ in range(choose((0, 1, 2)))]
    wider = (*added, *(choose((2, 3, 0, 1)) if side == 1 else side for side in shapes[0]))
    return wider[0] if len(wider) == 1 and choose((False, True)) else wider


def dtype(choose: Choose, _shapes: Sequence[Any], _static: Static) -> str | type:
    """float64, however spelt; narrower ones have no differences to be judged by."""
    spelt: str | type = choose((np.float64, "float64", float))
    return spelt


@functools.wraps(pv.astype)
def there_and_back(x: Array, *, dtype: Any) -> tuple[Array, Callable[[Array], tuple[Array]]]:
    """`astype` between two casts, as the judge's numbers are all of one dtype: that of x outside, `dtype` inside."""
    value, vjp = pv.astype(x, dtype=dtype)

    def there_and_back_vjp(u: Array) -> tuple[Array]:
        if np.asarray(u).dtype != x.dtype:
            raise TypeError(f"u is {np.asarray(u).dtype}, but should be {x.dtype}")
        return vjp(u.astype(dtype))

    return value.astype(x.dtype), there_and_back_vjp


def cast_by_jax(x: Any, *, dtype: Any) -> Any:
    """The same by JAX's."""
    return jnp.astype(jnp.astype(x, dtype), x.dtype)


CASES = (
    case(
        pv.reshape,
        jnp.reshape,
        one,
        REAL,
        static={"shape": new_shape, "order": order},
        definition=np.reshape,
        exact=True,
        analytic=True,
    ),
    case(
        pv.transpose,
        jnp.transpose,
        one,
        REAL,
        static={"axes": permutation},
        definition=np.transpose,
        exact=True,
        analytic=True,
    ),
    case(
        pv.concatenate,
        jnp.concatenate,
        joined,
        REAL,
        static={"axis": join_axis},
        definition=np.concatenate,
        exact=True,
        analytic=True,
    ),
    case(
        pv.ravel, jnp.ravel, one, REAL,
        static={"order": order}, definition=np.ravel, exact=True, analytic=True,
    ),
    case(
        pv.broadcast_to, jnp.broadcast_to, to_broadcast, REAL,
        static={"shape": wider_shape}, definition=np.broadcast_to, exact=True, analytic=True,
    ),
    case(
        there_and_back, cast_by_jax, one, REAL,
        static={"dtype": dtype}, definition=lambda x, *, dtype: x, exact=True,  # noqa: ARG005 (the row's keywords)
    ),
)  # fmt: skip
