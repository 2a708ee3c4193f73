"""The errors of the results of JAX's factorisations, and of primitives that put elements in another order.

A factorisation is backward stable: what it gives is exact for a matrix whose elements are off by a roundoff of its
norm. That error, and the error the matrix came with, go through the Jacobian (Higham 2002, chapters 10 and 19).
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.extend.core import JaxprEqn

from oracle.propagate import Rounding, bound, hypot

FACTORISE = frozenset({
    "cholesky", "eig", "eigh", "geqrf", "householder_product", "lu", "qr", "svd", "triangular_solve",
})  # fmt: skip
"""Of one matrix or several in the last two axes, with batches of equal shape before them."""

SWEEPS = {"eig": 4.0, "eigh": 4.0, "svd": 4.0}
"""Iterations round so often. At sides of 4, LAPACK's singular value decomposition is exact for a matrix that is off by
up to 40 roundoffs of its norm, in all elements together, and its vectors are orthogonal up to 10."""


def factorised(
    eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], outs: Sequence[Any], rounding: Rounding
) -> list[Any]:
    """The errors of each result of a factorisation."""
    if not any(out.size for out in outs):
        return [None] * len(outs)
    cores = [
        (x.ndim - 2 if eqn.primitive.name != "householder_product" or i == 0 else x.ndim - 1)
        for i, x in enumerate(values)
    ]
    batch = values[0].shape[: cores[0]]
    sweeps = SWEEPS.get(eqn.primitive.name, 1.0)

    def flat(x: Any, core: int) -> Any:
        return jnp.reshape(x, (-1, *x.shape[core:])) if batch or core else x[None]

    xs = [flat(x, core) for x, core in zip(values, cores, strict=True)]
    own = [
        sweeps
        * rounding[0]
        * jnp.sqrt(jnp.sum(jnp.square(x), axis=tuple(range(1, x.ndim)), keepdims=True))
        * jnp.ones_like(x)
        for x in xs
    ]
    widths = [o if e is None else hypot(o, flat(e, core)) for o, e, core in zip(own, errors, cores, strict=True)]
    floats = [i for i, out in enumerate(outs) if jnp.issubdtype(out.dtype, jnp.floating)]

    def results(*matrices: Any) -> list[Any]:
        return [bound(eqn, matrices)[i] for i in floats]

    jacobians = jax.vmap(jax.jacfwd(results, argnums=tuple(range(len(xs)))))(*xs)
    found: list[Any] = [None] * len(outs)
    for i, of_result in zip(floats, jacobians, strict=True):
        squares = [
            jnp.sum(
                jnp.square(slopes) * jnp.square(jnp.expand_dims(w, tuple(range(1, 1 + slopes.ndim - w.ndim)))),
                axis=tuple(range(slopes.ndim - w.ndim + 1, slopes.ndim)),
            )
            for slopes, w in zip(of_result, widths, strict=True)
        ]
        passed = lax.sqrt(functools.reduce(lax.add, squares)).reshape(outs[i].shape)
        size = jnp.ones_like(outs[i]) if sweeps > 1 and outs[i].ndim == values[0].ndim else jnp.abs(outs[i])
        found[i] = hypot(passed, sweeps * rounding[0] * size)
    return found


def sorted_along(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
    """`sort`: each error goes where its number goes."""
    keys = eqn.params["num_keys"]
    known = [i for i, e in enumerate(errors) if e is not None]
    options = {key: eqn.params[key] for key in ("dimension", "is_stable")}
    moved = lax.sort([*values, *(errors[i] for i in known)], num_keys=keys, **options)
    found: list[Any] = [None] * len(outs)
    for i, error in zip(known, moved[len(values) :], strict=True):
        found[i] = error
    return found


def topmost(eqn: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
    """`top_k`: the errors of the elements chosen."""
    axis = eqn.params.get("axis", -1)
    return [None if errors[0] is None else jnp.take_along_axis(errors[0], outs[1], axis), None]


ALONGSIDE: dict[str, Callable[[JaxprEqn, Sequence[Any], Sequence[Any], Sequence[Any]], list[Any]]] = {
    "sort": sorted_along,
    "top_k": topmost,
}
"""Primitives whose errors go where their elements go."""
