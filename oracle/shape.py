"""Shapes of arguments.

Whatever can be chosen is asked of `choose(options) -> one of them`: Hypothesis answers with a draw that shrinks to the
first option, a seeded run with a random one.
"""

import itertools
from typing import Any

from oracle.domain import Case, Choose, parse
from purevjp.aliases import Shape

SIDES = (2, 1, 3, 2, 3, 5, 0)
"""The first is the simplest; an axis without elements empties the whole case, so it is rare."""
FILLED_SIDES = (2, 1, 3, 5)


def choose_shapes(case: Case, choose: Choose) -> tuple[Any, ...]:
    """One shape per argument of a case: a tuple of sides, or a list of such for an argument that is a tree."""
    shapes = case["shapes"]
    if not isinstance(shapes, str):
        return shapes(choose)
    inputs = parse(shapes)
    loop = shape(choose)
    sides = {name: choose(SIDES) for name in dict.fromkeys(itertools.chain(*inputs))}
    return tuple((*broadcastable(choose, loop), *(sides[name] for name in core)) for core in inputs)


def shape(choose: Choose) -> Shape:
    """Up to three sides, each of 0 to 3."""
    return tuple(choose(SIDES) for _ in range(choose((1, 2, 0, 3))))


def filled_shape(choose: Choose) -> Shape:
    """Up to three sides, each of 1 to 3."""
    return tuple(choose(FILLED_SIDES) for _ in range(choose((1, 2, 0, 3))))


def broadcastable(choose: Choose, loop: Shape) -> Shape:
    """A shape that broadcasts to `loop`: leading sides may be dropped, others may be 1."""
    kept = loop[choose((0, 0, *range(len(loop) + 1))) :]
    return tuple(choose((side, side, 1)) for side in kept)


def one(choose: Choose) -> tuple[Shape]:
    """One array of any shape."""
    return (shape(choose),)


def one_filled(choose: Choose) -> tuple[Shape]:
    """One array with at least one element."""
    return (filled_shape(choose),)


def often_square(choose: Choose) -> tuple[Shape]:
    """One array of any shape, often a square one."""
    of: Shape = choose((shape(choose), (3, 3), (2, 3, 3)))
    return (of,)


def twins(choose: Choose) -> tuple[Shape, Shape]:
    """Two arrays of one shape, with at least one element."""
    same = filled_shape(choose)
    return same, same


def lanes(choose: Choose) -> tuple[Shape]:
    """One array with at least one axis, of any side."""
    return ((*shape(choose), choose(SIDES)),)


def filled_lanes(choose: Choose) -> tuple[Shape]:
    """One array with at least one axis and one element."""
    return ((*filled_shape(choose), choose(FILLED_SIDES)),)


def joined(choose: Choose) -> tuple[list[Shape]]:
    """One to three arrays that differ in the first side only."""
    rest = shape(choose)[1:]
    return ([(choose(SIDES), *rest) for _ in range(choose((2, 1, 3)))],)


def dot_shapes(choose: Choose) -> tuple[Shape, Shape]:
    """NumPy's dot: two matrices, a matrix and a vector, vectors, scalars, or more axes."""
    n, m, k, b = (choose(SIDES) for _ in range(4))
    pair: tuple[Shape, Shape] = choose([
        ((n, m), (m,)), ((n, m), (m, k)), ((m,), (m,)), ((m,), (m, k)), ((), (n, m)), ((n,), ()), ((), ()),
        ((b, n, m), (m, k)), ((n, m), (b, m, k)), ((b, n, m), (m,)), ((m,), (b, m, k)), ((b, n, m), (n, m, k)),
    ])  # fmt: skip
    return pair


def matmul_shapes(choose: Choose) -> tuple[Shape, Shape]:
    """Matrices, vectors on either side, and batches that broadcast."""
    n, m, k = (choose(SIDES) for _ in range(3))
    loop = shape(choose)[:2]
    left, right = broadcastable(choose, loop), broadcastable(choose, loop)
    pair: tuple[Shape, Shape] = choose([
        ((n, m), (m, k)), ((n, m), (m,)), ((m,), (m, k)), ((m,), (m,)), ((*left, n, m), (*right, m, k)),
        ((*left, n, m), (m, k)), ((n, m), (*right, m, k)), ((*left, n, m), (m,)), ((m,), (*right, m, k)),
    ])  # fmt: skip
    return pair


def linear_shapes(choose: Choose) -> tuple[Shape, Shape]:
    """One sample, a batch, or more axes; and a matrix."""
    n, m = choose(SIDES), choose(SIDES)
    return (*shape(choose)[:2], n), (m, n)
