"""Products of a Hessian and a vector, from the pullback alone."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from purevjp.aliases import Tree
from purevjp.derivative import Rule, value_and_grad
from purevjp.tree import tree_leaves, tree_map

__all__ = ["hvp"]

COMPLEX_STEP = 1e-30
STEP = 2.0**-10
"""The fifth root of the roundoff, best for a stencil of fourth order where a gradient bends over lengths of 1."""

DOUBTFUL, SURE = 1e-5, 1e-2
"""Doubt, against the largest slope, above which another step is tried; up to which it can contradict a complex step."""

ROOM = 1e-6
"""How far, relatively, a complex step may be from differences."""


def hvp(f: Rule, xs: Sequence[Tree], vs: Sequence[Tree], **static: Any) -> tuple[tuple[Tree, ...], str]:
    """The Hessian of `f`, whose value is a number, times `vs`; and how it was found.

    By "differences" of the pullback along `vs`, in float64: right to about ten digits of the largest element where the
    gradient is smooth over lengths of 1 and x is no larger than 1; to fewer near kinks, and where |x| is large against
    the length over which the gradient changes, for x + h is rounded. By a "complex step" through the pullback, right to
    the last digits, where all rules of `f` take complex arrays and the differences do not contradict it: they do where
    a rule is not analytic. nan where the gradient is not finite.

    Errors  TypeError when `xs` or `vs` is not a tuple or list; ValueError when the value is not a number, or when `vs`
            has not the tree or shapes of `xs`, or is not finite.

    >>> from purevjp import logsumexp
    >>> hvp(logsumexp, (np.array([0.0, 0.0]),), (np.array([1.0, 0.0]),))
    ((array([ 0.25, -0.25]),), 'complex step')
    """
    if not (isinstance(xs, tuple | list) and isinstance(vs, tuple | list)):
        raise TypeError("hvp got xs or vs that is no tuple, but should get tuples: an array for each argument of f")
    xs, vs = tree_map(np.asarray, tuple(xs)), tree_map(np.asarray, tuple(vs))
    for x, v in zip(tree_leaves(xs), tree_leaves(tree_map(lambda _x, v: v, xs, vs)), strict=True):
        if x.shape != v.shape:
            raise ValueError(f"hvp got an array of shape {v.shape} in vs, but should get {x.shape}, as in xs")
        if not np.all(np.isfinite(v)):
            raise ValueError("hvp got an infinite number or nan in vs, but should get finite ones")
    length = np.ldexp(1.0, np.frexp(largest(vs))[1] - 1)
    vs = tree_map(lambda v: v.astype(np.float64) / length, vs)
    value, gradient = value_and_grad(f)(*xs, **static)

    def gradient_at(t: float) -> Tree:
        value, vjp = f(*tree_map(lambda x, v: x.astype(np.float64) + t * v, xs, vs), **static)
        return vjp(np.ones_like(value))

    roundoff = 8 * float(np.finfo(np.float64).eps) * max(largest(gradient), min(1.0, largest(value)))
    with np.errstate(all="ignore"):  # steps may leave the domain
        slopes, doubts, sure = by_differences(gradient_at, steps(xs, vs), gradient, roundoff)
    how = "differences"
    try:
        stepped = tree_map(lambda x, v: x.astype(np.complex128) + 1j * (COMPLEX_STEP * v), xs, vs)
        value, vjp = f(*stepped, **static)
        products = tree_map(lambda g: np.imag(g) / COMPLEX_STEP, vjp(np.ones_like(value)))
    except TypeError:
        pass
    else:
        if not (sure and contradicted(products, slopes, doubts)):
            slopes, how = products, "complex step"
    of = lambda s, x, g: np.where(np.isfinite(g), s * length, np.nan).astype(x.dtype)
    return tuple(tree_map(of, slopes, xs, gradient)), how


def by_differences(
    gradient_at: Callable[[float], Tree], tried: list[float], gradient: Tree, roundoff: float
) -> tuple[Tree, Tree, bool]:
    """The slope of the gradient by the step that leaves least doubt, bounds for its error, and whether it is sure."""
    best: tuple[float, Tree, Tree] | None = None
    for h in tried:
        slopes, doubts = stencil(gradient_at, h, roundoff)
        doubt = largest(tree_map(lambda d, g: np.where(np.isfinite(g), d, 0.0), doubts, gradient), default=np.inf)
        if best is None or (doubt < best[0] and not (h > tried[0] and contradicted(slopes, *best[1:]))):
            best = doubt, slopes, doubts
        if best[0] <= max(DOUBTFUL * largest(best[1]), 2 * roundoff / max(tried)):
            break
    assert best is not None
    return best[1], best[2], best[0] <= SURE * largest(best[1])


def steps(xs: Tree, vs: Tree) -> list[float]:
    """Steps along `vs`: one that is small against 1, one that is small against x where that is large, shorter ones.

    The first moves no x by more than STEP |x|^⅕, where the rounding of x + h and the stencil's own error balance.
    """
    if not any(map(np.any, tree_leaves(vs))):
        return [STEP]
    x, v = (np.concatenate([np.ravel(leaf).astype(np.float64) for leaf in tree_leaves(tree)]) for tree in (xs, vs))
    size, length = np.maximum(np.abs(x[v != 0]), 1), np.abs(v[v != 0])
    first, own = (STEP * float(np.min(reach / length)) for reach in (size**0.2, size))
    return [first, *([own] if own > 16 * first else []), *(first / 16**k for k in (1, 2, 3))]


def stencil(gradient_at: Callable[[float], Tree], h: float, roundoff: float) -> tuple[Tree, Tree]:
    """A slope by five points, and a bound for its error: what it differs by from slopes by three, and the roundoff."""
    at = gradient_at(h), gradient_at(-h), gradient_at(2 * h), gradient_at(-2 * h)
    slopes = tree_map(lambda a, b, c, d: (8 * (a - b) - (c - d)) / (12 * h), *at)
    return slopes, tree_map(lambda a, b, c, d: (np.abs(2 * (a - b) - (c - d)) + roundoff) / h, *at)


def contradicted(products: Tree, slopes: Tree, doubts: Tree) -> bool:
    """Whether an element of a complex step is farther from the differences than these may be wrong by."""

    def wrong(product: Any, slope: Any, doubt: Any) -> Any:
        near = np.abs(product - slope) <= ROOM * np.abs(slope) + 4 * largest(doubt)
        return np.any(np.isfinite(slope) & ~near)

    with np.errstate(all="ignore"):
        return any(tree_leaves(tree_map(wrong, products, slopes, doubts)))


def largest(tree: Tree, default: float = 0.0) -> float:
    """The largest absolute number of a tree; `default` stands for what is not finite."""
    return max(
        (float(np.max(np.abs(np.where(np.isfinite(x), x, default)), initial=0.0)) for x in tree_leaves(tree)),
        default=0.0,
    )
