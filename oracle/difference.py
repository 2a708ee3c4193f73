"""The difference witness: slopes of a rule's own value by the five-point stencil, in float64."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from oracle.domain import Rule
from oracle.draw import Arguments
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

STEP = 2.0**-12
EVERY_ELEMENT = 1000
"""Up to so many elements each is stepped alone; more are stepped together, in a random direction."""

FACTOR = 16
ROUNDOFF, TINY = 2.0**-53, 2.0**-1022


def slope(
    value: Callable[..., Any], xs: tuple[Tree, ...], vs: tuple[Tree, ...], step: float = STEP
) -> tuple[Array, Array]:
    """Directional derivative of `value` at `xs` along `vs`, and its error per element.

    Five points at two steps; the error is what the two disagree by, plus the rounding of the values over the step.
    """

    def at(t: float) -> Array:
        return np.asarray(value(*tree_map(lambda x, v: x + t * v, xs, vs)))

    def five_points(h: float) -> Array:
        return np.asarray((8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h))

    coarse, fine = five_points(step), five_points(step / 2)
    return fine, np.asarray(np.abs(coarse - fine) + 4 * ROUNDOFF * np.abs(at(0.0)) / step)


def directions(xs: tuple[Tree, ...], rng: np.random.Generator) -> Iterator[tuple[Tree, ...]]:
    """The elements of `xs` one by one if they are few, and a random direction; steps are relative to each element."""
    size = tree_map(lambda x: np.maximum(np.abs(x), 1 / 16), xs)
    leaves = tree_leaves(size)
    elements = sum(leaf.size for leaf in leaves)
    if elements <= EVERY_ELEMENT:
        for i, leaf in enumerate(leaves):
            for index in np.ndindex(leaf.shape):
                numbers = iter(range(len(leaves)))
                yield tree_map(lambda x, i=i, index=index, n=numbers: single(x, index if next(n) == i else None), size)
    length = math.sqrt(max(elements, 1))
    yield tree_map(lambda x: x * rng.uniform(0.5, 1, x.shape) * rng.choice([-1, 1], x.shape) / length, size)


def single(x: Array, index: tuple[int, ...] | None) -> Array:
    """Zeros but for the element of `x` at `index`."""
    v = np.zeros_like(x)
    if index is not None:
        v[index] = x[index]
    return v


def disagreements(rule: Rule, arguments: Arguments) -> list[str]:
    """Where ⟨cotangents, v⟩ is not ⟨u, J v⟩, for each direction v; all arguments in float64."""
    xs, static, u = arguments["xs"], arguments["static"], arguments["u"]
    cotangents = tree_leaves(rule(*xs, **static)[1](u))
    findings = []
    for vs in directions(xs, np.random.default_rng(0)):
        jv, error = slope(lambda *at: rule(*at, **static)[0], xs, vs)
        should = float(np.sum(u * jv))
        terms = [dx * v for dx, v in zip(cotangents, tree_leaves(vs), strict=True)]
        got, size = (float(sum(np.sum(term) for term in of)) for of in (terms, map(np.abs, terms)))
        bound = FACTOR * (float(np.sum(np.abs(u) * error)) + ROUNDOFF * size) + TINY
        if not abs(got - should) <= bound:
            findings.append(f"⟨cotangents, v⟩ is {got:.9g}, but should be {should:.9g} by differences (± {bound:.2g})")
    return findings
