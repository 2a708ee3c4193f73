"""Rows of purevjp/joining.py."""

import itertools
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, Choose, Static, case
from oracle.shape import SIDES, lanes, shape
from oracle.static import flag, lane_axis
from purevjp.aliases import Array, Shape


def several(choose: Choose, kinds: Sequence[Shape]) -> tuple[list[Shape] | tuple[Shape, ...]]:
    """One to three arrays, each of one of these shapes, in a list or a tuple."""
    drawn = [choose(kinds) for _ in range(choose((2, 1, 3)))]
    return (tuple(drawn) if choose((False, True)) else drawn,)


def equals(choose: Choose) -> tuple[list[Shape] | tuple[Shape, ...]]:
    """Arrays of one shape."""
    return several(choose, [shape(choose)])


def rows(choose: Choose) -> tuple[list[Shape] | tuple[Shape, ...]]:
    """Vectors and matrices of one width, numbers and columns, or stacks that differ in the first side."""
    n, m, k = choose(SIDES), choose(SIDES), choose(SIDES)
    mixed = choose([[(m,), (n, m), (k, m)], [(), (1,), (n, 1)], [(n, m, 2), (k, m, 2)], [(m,)]])
    return several(choose, mixed)


def columns(choose: Choose) -> tuple[list[Shape] | tuple[Shape, ...]]:
    """Vectors and numbers, matrices of one height, or stacks that differ in the second side."""
    n, m, k = choose(SIDES), choose(SIDES), choose(SIDES)
    return several(choose, choose([[(m,), (k,), ()], [(n, m), (n, k)], [(n, m, 2), (n, k, 2)]]))


def layers(choose: Choose) -> tuple[list[Shape] | tuple[Shape, ...]]:
    """Numbers, vectors, matrices and stacks, as far as they fit side by side."""
    n, m, k = choose(SIDES), choose(SIDES), choose(SIDES)
    return several(
        choose, choose([[(n, m), (n, m, k)], [(m,), (1, m), (1, m, k)], [(), (1,), (1, 1, k)], [(n, m, k, 2)]])
    )


def blocks(choose: Choose) -> tuple[Any]:
    """Lists nested up to three times, of arrays that may lack the first axes; or an array alone."""
    n, m, k, j = (choose(SIDES) for _ in range(4))
    nested: Any = choose([
        [[(n, m), (n, k)], [(j, m), (j, k)]], [[(n, m), (n, k)], [(j, m + k)]], [[(m,), (k,)], [(m + k,)]],
        [(m,), (k,), ()], [(n, m), (n, k)], [(m,), (1, k)], [[()]], [[(), (1, 1)], [(2,)]],
        [[[(n, m)], [(j, m)]], [[(1, n + j, m)]]], [[(2, n, m), (2, n, k)], [(2, j, m + k)]], (n, m), (),
    ])  # fmt: skip
    return (nested,)


def lines(choose: Choose) -> tuple[list[Shape] | tuple[Shape, ...]]:
    """One to three vectors, or arrays that are read as such."""
    drawn: list[Shape] = [choose(((choose(SIDES),), (3,), (), (2, 2), (2, 1))) for _ in range(choose((2, 1, 3)))]
    return (tuple(drawn) if choose((False, True)) else drawn,)


def stack_axis(choose: Choose, shapes: Sequence[Any], _static: Static) -> int:
    """An axis of the result, from either end."""
    ndim = len(shapes[0][0])
    return int(choose(range(-ndim - 1, ndim + 1)))


def cuts(choose: Choose, shapes: Sequence[Any], static: Static) -> int | list[int] | tuple[int, ...]:
    """A number of equal parts, or indices: in order, from the end, beyond it, twice, or going back."""
    n = shapes[0][static["axis"]]
    indices = [choose(range(-n - 1, n + 2)) for _ in range(choose((2, 1, 3, 0)))]
    ordered = sorted(abs(i) for i in indices)
    sections = [parts for parts in range(1, n + 1) if n % parts == 0] or [1, 2]
    spelt: int | list[int] | tuple[int, ...] = choose([choose(sections), ordered, tuple(ordered), indices])
    return spelt


def indexing(choose: Choose, _shapes: Sequence[Any], _static: Static) -> str:
    """Which of the first two axes is the first."""
    return str(choose(("xy", "ij")))


def parts(x: Any, cut: int | Sequence[int], axis: int) -> list[Any]:
    """Slices from each index to the next."""
    n = x.shape[axis]
    at = [n // cut * i for i in range(1, cut)] if isinstance(cut, int) else list(cut)
    ahead: tuple[slice, ...] = (slice(None),) * (axis % x.ndim)
    return [x[(*ahead, slice(a, b))] for a, b in itertools.pairwise([0, *at, None])]


def split_by_jax(x: Any, *, axis: int, indices_or_sections: int | Sequence[int]) -> Any:
    """Slices: `jnp.split` takes no indices that go back, or count from the end."""
    return parts(x, indices_or_sections, axis)


def split_in_one(x: Array, *, axis: int, indices_or_sections: int | Sequence[int]) -> Array:
    """The parts in a row."""
    return np.concatenate([part.ravel() for part in parts(x, indices_or_sections, axis)])


def meshgrid_by_jax(arrays: Sequence[Any], *, sparse: bool, indexing: str) -> Any:
    """JAX's, which takes vectors alone."""
    return jnp.meshgrid(*map(jnp.ravel, arrays), sparse=sparse, indexing=indexing)


def meshgrid_in_one(arrays: Sequence[Array], *, sparse: bool, indexing: str) -> Array:
    """The grids in a row, each number by its index."""
    n = len(arrays)
    order = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    found = []
    for k, x in enumerate(arrays):
        sides = [arrays[i].size if i == k or not sparse else 1 for i in order]
        found += [x.flat[index[order.index(k)]] for index in np.ndindex(*sides)]
    in_one = np.empty(len(found), object)
    in_one[:] = found
    return in_one


CASES = (
    case(
        pv.stack, jnp.stack, equals, REAL,
        static={"axis": stack_axis}, definition=np.stack, exact=True, analytic=True,
    ),
    case(pv.vstack, jnp.vstack, rows, REAL, definition=np.vstack, exact=True, analytic=True),
    case(pv.hstack, jnp.hstack, columns, REAL, definition=np.hstack, exact=True, analytic=True),
    case(pv.dstack, jnp.dstack, layers, REAL, definition=np.dstack, exact=True, analytic=True),
    case(pv.block, jnp.block, blocks, REAL, definition=np.block, exact=True, analytic=True),
    case(
        pv.split, split_by_jax, lanes, REAL,
        static={"axis": lane_axis, "indices_or_sections": cuts},
        definition=split_in_one, exact=True, analytic=True, packs=True,
    ),
    case(
        pv.meshgrid, meshgrid_by_jax, lines, REAL,
        static={"sparse": flag, "indexing": indexing},
        definition=meshgrid_in_one, exact=True, analytic=True, packs=True,
    ),
)  # fmt: skip
