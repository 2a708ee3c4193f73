"""The referee: value and cotangents from a definition, in rationals or with 50 digits, and rounded once.

A definition works on arrays of exact numbers: `Fraction` where the rule is a polynomial or moves elements, `mpf` where
it is not. Its slopes are central differences: exact for polynomials up to degree two in each element, and with 420
digits and a step of 10⁻⁴⁰, relative to the element, right to more than 50 digits for everything smooth, tails included.
"""

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from oracle.draw import Arguments
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

DIGITS = 420
"""Enough for 1 − 10⁻³⁰⁸ to keep 50 digits of its slope."""

STEP = mpmath.mpf(10) ** -40
RATIONAL_STEP = Fraction(1, 1024)
"""Smaller than half the distance of small integers, so that no kink lies between two of them."""

ELEMENTS = 24
"""Larger arguments are left to the other witnesses."""


def digits_of(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """An mpmath function for arrays of mpf. It remembers: between two slopes, one number changes."""
    ufunc: Callable[[Any], Any] = np.frompyfunc(functools.lru_cache(maxsize=4096)(function), 1, 1)
    return ufunc


EXP, LOG, TANH = digits_of(mpmath.exp), digits_of(mpmath.log), digits_of(mpmath.tanh)


def referee(definition: Callable[..., Any], arguments: Arguments, *, exact: bool) -> tuple[Tree, ...]:
    """`(value, *cotangents)` in exact numbers, as trees of object arrays."""
    number: Callable[[float], Any] = Fraction if exact else mpmath.mpf
    with mpmath.workdps(DIGITS):
        xs, u = tree_map(lambda x: numbers(x, number), (arguments["xs"], arguments["u"]))

        def value() -> Array:
            return np.array(definition(*xs, **arguments["static"]), object)

        def slope(x: Array, index: tuple[int, ...]) -> Any:
            centre = x[index]
            step: Any = RATIONAL_STEP if exact else STEP * (abs(centre) or 1)
            x[index] = centre + step
            ahead = value()
            x[index] = centre - step
            behind = value()
            x[index] = centre
            moved = ((a - b) * v for a, b, v in zip(ahead.flat, behind.flat, u.flat, strict=True) if a is not b)
            return sum(moved, zero) / (2 * step)

        y, zero = value(), number(0)
        cotangents = tree_map(lambda x: filled(x.shape, lambda index: slope(x, index)), xs)
    return (y, *cotangents)


def decides(arguments: Arguments) -> bool:
    """Whether the arguments are few enough for the referee."""
    return sum(np.size(x) for x in tree_leaves(arguments["xs"])) <= ELEMENTS


def numbers(x: Array, number: Callable[[float], Any]) -> Array:
    """An array of exact numbers equal to those of `x`."""
    return filled(np.shape(x), lambda index: number(float(np.asarray(x)[index])))


def filled(shape: tuple[int, ...], element: Callable[[tuple[int, ...]], Any]) -> Array:
    """An object array with `element(index)` at each index."""
    array = np.empty(shape, object)
    for index in np.ndindex(shape):
        array[index] = element(index)
    return array


def rounded(exact: Tree, dtype: Any = np.float64) -> Tree:
    """Exact numbers rounded once, to arrays of a dtype."""
    return tree_map(lambda x: np.array([float(e) for e in x.flat]).reshape(x.shape).astype(dtype), exact)
