"""Rows of purevjp/tensor.py."""

import itertools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, SMALL, Choose, Static, case, interval
from oracle.shape import SIDES, shape
from purevjp.aliases import Array, Shape

MODERATE = interval(-3, 3, offset=100.0, wide=2.0**10, special=(*SMALL, -2.0, 1e-6, -1e8, 1e-9))
"""Products of four do not leave the range of float32."""

SUBSCRIPTS = (
    "ij,jk->ik", "ij,jk", "ji,kj->ik", "ij,j->i", "ij,ij->", "ij,kj->", "ij,ij->j", "ij->ji", "ij->", "ij->j", "ji",
    "ii->i", "ii->", "ii", "iij->j", "iji->ij", "i,->i", "i,i,i->i", "i,j->ji", "i,j->i", "i,i", "i,j,k->kj",
    "ij,jk,kl->il", "ij,jk,ki->", "ij,jk,ik->j", "ii,jj->ij", "ii,ij->j", "ijk,k->i", "ijj,kj->i", "iijk,kl->j",
    "bij,bjk->bik", "bij,bj->bi", "aij,ajk,k->ai", "...ij,...jk->...ik", "...i,...i->...", "...,...", "...i,...j",
    "...ii->...i", "...ij->...ji", "i...,i...->...", "i...j,j...->...i", "...ij, jk -> i...k", "...,i->i...", "aA,Aa",
    "...ij,...kj->...k", "ii...,kj...->j...", "iij...,kj->...k", "...ij,...k,jkl->...il",
)  # fmt: skip
"""Every way to use letters: summed, kept, repeated, alone; the output spelled or not; an ellipsis anywhere."""


def fits(subscripts: str, shapes: Sequence[Shape]) -> bool:
    """Whether arrays of these shapes go with these subscripts: a letter has one side, an ellipsis broadcasts."""
    terms = subscripts.replace(" ", "").partition("->")[0].split(",")
    if len(terms) != len(shapes):
        return False
    sides: dict[str, int] = {}
    for term, sides_of_term in zip(terms, shapes, strict=True):
        n = len(sides_of_term) - len(term.replace("...", ""))
        if n < 0 or (n and "..." not in term):
            return False
        start = term.find("...") if "..." in term else len(term)
        letters = term.replace("...", "")
        named = [*sides_of_term[:start], *sides_of_term[start + n :]]
        if any(sides.setdefault(letter, side) != side for letter, side in zip(letters, named, strict=True)):
            return False
    try:
        np.einsum(subscripts, *(np.zeros(sides_of_term) for sides_of_term in shapes))
    except ValueError:
        return False
    return True


def einsum_shapes(choose: Choose) -> tuple[list[Shape]]:
    """Arrays for some of the subscripts; most often, few letters have one side."""
    subscripts = choose(SUBSCRIPTS)
    terms = subscripts.replace(" ", "").partition("->")[0].split(",")
    sides = {letter: choose(SIDES) for letter in sorted(set("".join(terms)) - set("."))}
    loop = shape(choose)[:2]
    shapes = []
    for term in terms:
        before, dots, after = term.partition("...")
        kept = tuple(choose((side, side, 1)) for side in loop[choose((0, 0, *range(len(loop) + 1))) :]) if dots else ()
        shapes.append((*(sides[letter] for letter in before), *kept, *(sides[letter] for letter in after)))
    return (shapes,)


def subscripts_of(choose: Choose, shapes: Sequence[Any], _static: Static) -> str:
    """Some of the subscripts that fit the shapes."""
    return str(choose([subscripts for subscripts in SUBSCRIPTS if fits(subscripts, shapes[0])]))


def jax_einsum(arrays: Sequence[jax.Array], *, subscripts: str) -> jax.Array:
    """JAX's, with arrays as a list."""
    return jnp.einsum(subscripts, *arrays)


def exact_einsum(arrays: Sequence[Any], *, subscripts: str) -> Any:
    """NumPy's, product by product."""
    return np.einsum(subscripts, *arrays)


def tensordot_shapes(choose: Choose) -> tuple[Shape, Shape]:
    """Two arrays with none to three pairs of equal sides somewhere."""
    summed = tuple(choose(SIDES) for _ in range(choose((1, 2, 0, 3))))
    free_a, free_b = (tuple(choose(SIDES) for _ in range(choose((1, 0, 2)))) for _ in range(2))
    pairs: tuple[Shape, Shape] = choose([
        ((*free_a, *summed), (*summed, *free_b)), ((*summed, *free_a), (*free_b, *summed)),
        ((*free_a, *summed), (*free_b, *reversed(summed))), ((*summed, *free_a), (*summed, *free_b)),
    ])  # fmt: skip
    return pairs


def contracted(choose: Choose, shapes: Sequence[Any], _static: Static) -> Any:
    """All ways to pair axes of equal sides: a number, two axes, or tuples of axes from either end; or nothing."""
    a, b = shapes
    options: list[Any] = [0, ((), ())]
    options += [n for n in range(1, min(len(a), len(b)) + 1) if a[len(a) - n :] == b[:n]]
    for n in range(1, min(len(a), len(b)) + 1):
        for of_a, of_b in itertools.product(
            itertools.permutations(range(len(a)), n), itertools.permutations(range(len(b)), n)
        ):
            if [a[i] for i in of_a] == [b[i] for i in of_b]:
                options += [(of_a, of_b), (tuple(i - len(a) for i in of_a), tuple(i - len(b) for i in of_b))]
                options += [(of_a[0], of_b[0]), (of_a[0] - len(a), of_b[0])] if n == 1 else []
    return choose(options)


def exact_tensordot(a: Any, b: Any, *, axes: Any) -> Any:
    """The definition: products of all elements with all, and the diagonal of each pair of axes summed."""
    if isinstance(axes, int):
        axes = tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes))
    of_a, of_b = ((of,) if isinstance(of, int) else of for of in axes)
    labels_a, labels_b = list(range(a.ndim)), list(range(a.ndim, a.ndim + b.ndim))
    for i, j in zip(of_a, of_b, strict=True):
        labels_b[j] = labels_a[i]
    kept = [label for label in (*labels_a, *labels_b) if (label in labels_a) != (label in labels_b)]
    return np.einsum(a, labels_a, b, labels_b, kept)


def inner_shapes(choose: Choose) -> tuple[Shape, Shape]:
    """Two arrays of equal last sides, or a number and an array."""
    n = choose(SIDES)
    a, b = (*shape(choose)[:2], n), (*shape(choose)[:2], n)
    pair: tuple[Shape, Shape] = choose([(a, b), (a, b), (a, b), ((), b), (a, ()), ((), ())])
    return pair


def two_of_any(choose: Choose) -> tuple[Shape, Shape]:
    """Two arrays of any shape."""
    return shape(choose), shape(choose)


def exact_outer(a: Any, b: Any) -> Any:
    """The definition, element by element."""
    return a.reshape(-1, 1) * b.reshape(1, -1)


def exact_kron(a: Array, b: Array) -> Any:
    """The definition: each element of the value by its index."""
    ndim = max(a.ndim, b.ndim)
    a, b = a.reshape((1,) * (ndim - a.ndim) + a.shape), b.reshape((1,) * (ndim - b.ndim) + b.shape)
    y = np.empty([n * k for n, k in zip(a.shape, b.shape, strict=True)], object)
    for index in np.ndindex(y.shape):
        i, j = tuple(np.floor_divide(index, b.shape)), tuple(np.mod(index, b.shape))
        y[index] = a[i] * b[j]
    return y


CASES = (
    case(
        pv.einsum, jax_einsum, einsum_shapes, MODERATE,
        static={"subscripts": subscripts_of}, definition=exact_einsum, exact=True, analytic=True,
    ),
    case(
        pv.tensordot, jnp.tensordot, tensordot_shapes, REAL, REAL,
        static={"axes": contracted}, definition=exact_tensordot, exact=True, analytic=True,
    ),
    case(pv.inner, jnp.inner, inner_shapes, REAL, REAL, definition=np.inner, exact=True, analytic=True),
    case(pv.outer, jnp.outer, two_of_any, REAL, REAL, definition=exact_outer, exact=True, analytic=True),
    case(pv.kron, jnp.kron, two_of_any, REAL, REAL, definition=exact_kron, exact=True, analytic=True),
)  # fmt: skip
