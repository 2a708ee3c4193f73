"""The errors of the results of JAX's factorisations, and of primitives that put elements in another order.

A factorisation is backward stable: what it gives is exact for a matrix whose elements are off by a roundoff of its
norm. That error, and the error the matrix came with, go through the Jacobian (Higham 2002, chapters 10 and 19).
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import JaxprEqn

from oracle.evaluate import COMPILER
from oracle.primitive import sort
from oracle.propagate import Rounding, hypot

FACTORISE = frozenset({
    "cholesky", "eig", "eigh", "geqrf", "householder_product", "lu", "qr", "svd", "triangular_solve",
})  # fmt: skip
"""Of one matrix or several in the last two axes, with batches of equal shape before them."""

SWEEPS = {"eig": 4.0, "eigh": 4.0, "svd": 4.0}
"""Iterations round so often. At sides of 4, LAPACK's singular value decomposition is exact for a matrix that is off by
up to 40 roundoffs of its norm, in all elements together, and its vectors are orthogonal up to 10."""


def factorised(eqn: JaxprEqn, pairs: Sequence[Any], rounding: Rounding) -> list[Any]:
    """The results of a factorisation, and the error of each."""
    avals: list[Any] = [var.aval for var in eqn.outvars]
    if not any(aval.size for aval in avals):
        return [(np.zeros(aval.shape, aval.dtype), None) for aval in avals]
    of_vectors = eqn.primitive.name == "householder_product"
    cores = [x.ndim - (1 if of_vectors and i else 2) for i, (x, _) in enumerate(pairs)]
    sweeps = SWEEPS.get(eqn.primitive.name, 1.0)
    xs = [x.reshape(-1, *x.shape[core:]) for (x, _), core in zip(pairs, cores, strict=True)]
    own = [sweeps * rounding[0] * np.sqrt(np.sum(np.square(x), tuple(range(1, x.ndim)), keepdims=True)) for x in xs]
    widths = [
        hypot(np.broadcast_to(o, x.shape), None if e is None else e.reshape(x.shape))
        for o, x, (_, e) in zip(own, xs, pairs, strict=True)
    ]
    options = tuple(sorted(eqn.params.items()))
    outs, squares = jax.device_get(with_squares(eqn.primitive, options, tuple(x.shape for x in xs))(xs, widths))
    squares = iter(squares)
    found = []
    for out, aval in zip(outs, avals, strict=True):
        y, error = out.reshape(aval.shape), None
        if is_float(out):
            size = np.ones_like(y) if sweeps > 1 and y.ndim == pairs[0][0].ndim else np.abs(y)
            error = hypot(np.sqrt(next(squares)).reshape(aval.shape), sweeps * rounding[0] * size)
        found.append((y, error))
    return found


@functools.lru_cache(maxsize=64)
def with_squares(primitive: Any, options: tuple[Any, ...], shapes: tuple[Any, ...]) -> Callable[..., Any]:
    """`(matrices, widths) -> (results, squares)`, of a batch: the sum of (slope · width)² for each float result."""

    def results(*matrices: Any) -> tuple[list[Any], list[Any]]:
        outs = primitive.bind(*matrices, **dict(options))
        outs = list(outs) if primitive.multiple_results else [outs]
        return [out for out in outs if is_float(out)], outs

    def of_one(xs: Any, widths: Any) -> Any:
        jacobians, outs = jax.jacfwd(results, argnums=tuple(range(len(xs))), has_aux=True)(*xs)
        return outs, [
            sum(
                jnp.sum(
                    jnp.square(slopes) * jnp.square(width), axis=tuple(range(slopes.ndim - width.ndim, slopes.ndim))
                )
                for slopes, width in zip(of_result, widths, strict=True)
            )
            for of_result in jacobians
        ]

    struct: Callable[..., Any] = jax.ShapeDtypeStruct
    abstract = [struct(shape, np.float64) for shape in shapes]
    return jax.jit(jax.vmap(of_one), compiler_options=COMPILER).lower(abstract, abstract).compile()


def is_float(x: Any) -> bool:
    """Whether an array is of floating point numbers."""
    return bool(np.dtype(x.dtype).kind == "f")


def sorted_along(eqn: JaxprEqn, values: Sequence[Any], errors: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
    """`sort`: each error goes where its number goes."""
    known = [i for i, e in enumerate(errors) if e is not None]
    moved = sort(*values, *(errors[i] for i in known), **eqn.params)
    found: list[Any] = [None] * len(outs)
    for i, error in zip(known, moved[len(values) :], strict=True):
        found[i] = error
    return found


def topmost(eqn: JaxprEqn, _values: Sequence[Any], errors: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
    """`top_k`: the errors of the elements chosen."""
    axis = eqn.params.get("axis", -1)
    return [None if errors[0] is None else np.take_along_axis(errors[0], outs[1], axis), None]


ALONGSIDE: dict[str, Callable[[JaxprEqn, Sequence[Any], Sequence[Any], Sequence[Any]], list[Any]]] = {
    "sort": sorted_along,
    "top_k": topmost,
}
"""Primitives whose errors go where their elements go."""
