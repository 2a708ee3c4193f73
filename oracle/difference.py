"""The difference witness: slopes of a rule's own value, by the five-point stencil or a complex step, in float64."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from oracle.draw import Arguments
from oracle.pack import Rule
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

STEP = 2.0**-12
COMPLEX_STEP = 1e-30
POINTS = 41
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
    at = along(value, xs, vs)

    def five_points(h: float) -> Array:
        return np.asarray((8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h))

    coarse, fine = five_points(step), five_points(step / 2)
    return fine, np.asarray(np.abs(coarse - fine) + 4 * ROUNDOFF * size_of(at(0.0)) / step)


def complex_slope(value: Callable[..., Any], xs: tuple[Tree, ...], vs: tuple[Tree, ...]) -> tuple[Array, Array]:
    """The same of an analytic function, by a step along the imaginary axis.

    Values do not cancel, terms of their slopes may: steps are relative, so each is about as large as the value. What
    half the step changes is the step's: a product of several zeros has a high power of it for a slope of 0.
    """

    def stepped(h: float) -> Any:
        return value(*tree_map(lambda x, v: x + 1j * (h * v), xs, vs))

    y = stepped(COMPLEX_STEP)
    jv, fine = np.imag(y) / COMPLEX_STEP, np.imag(stepped(COMPLEX_STEP / 2)) / (COMPLEX_STEP / 2)
    error = np.abs(jv - fine) + 8 * ROUNDOFF * (np.abs(jv) + np.abs(np.real(y)))
    return np.asarray(fine), np.asarray(error)


def size_of(y: Array) -> Array:
    """|y|, and the mean of all: where terms cancel in an element, it has an error as large as those of others."""
    return np.asarray(np.abs(y) + np.sum(np.abs(y)) / max(np.size(y), 1))


def along(value: Callable[..., Any], xs: tuple[Tree, ...], vs: tuple[Tree, ...]) -> Callable[[float], Array]:
    """The value at `xs + t vs` as a function of t."""
    return lambda t: np.asarray(value(*tree_map(lambda x, v: x + t * v, xs, vs)))


def kinked(line: Callable[[float], Array], u: Array, jump: float, width: float = 2 * STEP) -> bool:
    """Whether elements of u · line(t) have kinks within `width` of 0 that explain slopes which differ by `jump`.

    Second differences over a fine grid vary little where it is smooth; a kink stands out of them by half its jump.
    Kinks of several elements, as of a sort at ties, may cancel in their sum: each element is looked at.
    """
    grid = np.linspace(-width, width, POINTS)
    values = np.array([np.ravel(u * line(t)) for t in grid])
    spacing = float(grid[1] - grid[0])
    bends = np.diff(values, 2, axis=0) / spacing
    apart = np.abs(bends - np.median(bends, axis=0))
    noise = 64 * ROUNDOFF * np.max(np.abs(values), axis=0, initial=0) / spacing
    largest = np.max(apart, axis=0)
    stands_out = largest > np.maximum(noise, 8 * np.median(apart, axis=0))
    return bool(np.sum(largest[stands_out]) > jump / 5)


def directions(
    xs: tuple[Tree, ...], rng: np.random.Generator, every_element: int = EVERY_ELEMENT
) -> Iterator[tuple[Tree, ...]]:
    """The elements of `xs` one by one if they are few, and a random direction; steps are relative to each element."""
    size = tree_map(lambda x: np.maximum(np.abs(x), 1 / 16), xs)
    leaves = tree_leaves(size)
    elements = sum(leaf.size for leaf in leaves)
    if elements <= every_element:
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


def compared(
    rule: Rule,
    arguments: Arguments,
    *,
    analytic: bool = False,
    scales: Sequence[Array] | None = None,
    every_element: int = EVERY_ELEMENT,
) -> tuple[list[str], int]:
    """Where ⟨cotangents, v⟩ is not ⟨u, J v⟩, for each direction v, all in float64; and in how many there was a kink.

    `scales` are the error scales of the cotangents, where they are known; up to `every_element` elements are stepped
    one by one, and all together in any case.
    """
    xs, static, u = arguments["xs"], arguments["static"], arguments["u"]
    cotangents = tree_leaves(rule(*xs, **static)[1](u))
    scales = scales or [ROUNDOFF * np.abs(dx) for dx in cotangents]

    def value(*at: Tree) -> Any:
        return rule(*at, **static)[0]

    findings, kinks = [], 0
    for vs in directions(xs, np.random.default_rng(0), every_element):
        jv, error = complex_slope(value, xs, vs) if analytic else slope(value, xs, vs)
        should = float(np.sum(u * jv))
        leaves = tree_leaves(vs)
        got = sum(float(np.sum(dx * v)) for dx, v in zip(cotangents, leaves, strict=True))
        size = sum(float(np.sum(np.abs(dx * v))) for dx, v in zip(cotangents, leaves, strict=True))
        rounding = ROUNDOFF * size + sum(float(np.sum(s * np.abs(v))) for s, v in zip(scales, leaves, strict=True))
        bound = FACTOR * (float(np.sum(np.abs(u) * error)) + rounding) + TINY
        if not abs(got - should) <= bound:
            if not analytic and kinked(along(value, xs, vs), u, abs(got - should)):
                kinks += 1
                continue
            how = "a complex step" if analytic else "differences"
            findings.append(f"⟨cotangents, v⟩ is {got:.9g}, but should be {should:.9g} by {how} (± {bound:.2g})")
    return findings, kinks


def disagreements(rule: Rule, arguments: Arguments, *, analytic: bool = False) -> list[str]:
    """What `compared` finds."""
    return compared(rule, arguments, analytic=analytic)[0]
