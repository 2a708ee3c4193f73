"""Arguments for a case: structure from `choose`, numbers from a generator."""

import functools
from collections.abc import Callable
from typing import Any, TypeAlias, TypedDict

import numpy as np
import numpy.typing as npt

from oracle.domain import MARGIN, Case, Choose, Domain, Static
from oracle.reference import value_shape
from oracle.shape import choose_shapes
from purevjp.aliases import Array, Shape, Tree
from purevjp.tree import tree_leaves, tree_map

Values: TypeAlias = str
VALUES = ("plain", "full")
"""Multiples of 1/64, easy to read; or all digits of a float32."""

LATTICE = np.array([-1, 0, 1, 2])
"""Where ties and kinks are frequent."""

LAYOUTS = ("c", "fortran", "reversed", "strided")
"""How arrays may lie in memory."""

Arguments = TypedDict("Arguments", {"xs": tuple[Tree, ...], "static": Static, "u": Array})


def draw_structure(case: Case, choose: Choose) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The shapes of the arguments, and the static ones."""
    shapes = choose_shapes(case, choose)
    static: dict[str, Any] = {}
    for key, token in case["static"].items():
        static[key] = token(choose, shapes, static)
    return shapes, static


def draw_numbers(
    case: Case,
    shapes: tuple[Any, ...],
    static: Static,
    rng: np.random.Generator,
    *,
    dtype: npt.DTypeLike = np.float64,
    values: Values = "full",
) -> Arguments:
    """Arguments of these shapes away from kinks, and a cotangent that is neither uniform nor near zero."""
    for _ in range(1000):
        pairs = zip(shapes, case["domains"], strict=True)
        xs = tuple(draw_tree(shape, functools.partial(draw_interval, domain, rng, values)) for shape, domain in pairs)
        if is_away_from_kinks(case, xs, static):
            break
    else:
        raise ValueError(f"{case['rule'].__name__} has no arguments of shapes {shapes} away from its kinks")
    return with_cotangent(case, xs, static, rng, dtype)


def draw_kinks(
    case: Case, shapes: tuple[Any, ...], static: Static, rng: np.random.Generator, *, dtype: npt.DTypeLike = np.float64
) -> Arguments:
    """Arguments of these shapes from a small lattice of integers, on kinks wherever there is room for one."""
    xs = tuple(draw_tree(shape, lambda s: rng.choice(LATTICE, s)) for shape in shapes)
    return with_cotangent(case, xs, static, rng, dtype)


def with_cotangent(
    case: Case, xs: tuple[Tree, ...], static: Static, rng: np.random.Generator, dtype: npt.DTypeLike
) -> Arguments:
    """The arguments in `dtype`, and a cotangent of ½ to 2 in size, of either sign."""
    xs = tree_map(lambda x: np.asarray(x, dtype), xs)
    shape = value_shape(case["counterpart"], xs, static)
    u = rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)
    return {"xs": xs, "static": static, "u": np.asarray(u, np.float32).astype(dtype)}


def draw_tree(shape: Any, draw: Callable[[Shape], Array]) -> Tree:
    """An array for a tuple of sides, a tree of arrays for a list or tuple of shapes."""
    if isinstance(shape, tuple) and all(isinstance(side, int) for side in shape):
        return draw(shape)
    as_given = list if isinstance(shape, list) else tuple
    return as_given(draw_tree(part, draw) for part in shape)


def draw_interval(domain: Domain, rng: np.random.Generator, values: Values, shape: Shape) -> Array:
    """Numbers of the interval that float32 holds exactly, `MARGIN` away from the points to avoid."""
    low, high = domain["low"], domain["high"]
    x = (
        rng.uniform(low, high, shape)
        if values == "full"
        else rng.integers(int(low * 64), int(high * 64) + 1, shape) / 64
    )
    for point in domain["avoid"]:
        x = np.where(np.abs(x - point) < MARGIN, point + MARGIN + np.abs(x - point), x)
    if domain["shift"]:
        x = x + rng.choice([0.0, domain["shift"]])
    return np.asarray(x, np.float32).astype(np.float64)


def is_away_from_kinks(case: Case, xs: tuple[Tree, ...], static: Static) -> bool:
    """Whether no kink is nearer than `MARGIN`."""
    if case["kink"] is None or not all(np.size(leaf) for leaf in tree_leaves(xs)):
        return True
    return bool(np.all(np.abs(case["kink"](*xs, **static)) >= MARGIN))


def relaid(arguments: Arguments, layout: str) -> Arguments:
    """The same numbers, in another layout of memory: "c", "fortran", "reversed" or "strided"."""

    def lay(x: Array) -> Array:
        if layout in {"c", "fortran"}:
            return np.array(x, order="C" if layout == "c" else "F")
        step = -1 if layout == "reversed" else 2
        index: Any = (*(slice(None, None, step) for _ in x.shape), ...)
        memory = np.full([side * abs(step) for side in x.shape], np.nan, x.dtype)
        memory[index] = x
        view: Array = memory[index]
        return view

    return {**arguments, "xs": tree_map(lay, arguments["xs"]), "u": lay(arguments["u"])}
