"""Arguments for a case: structure from `choose`, numbers from a generator."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypedDict

import numpy as np
import numpy.typing as npt

from oracle.domain import MARGIN, Case, Choose, Domain, Static
from oracle.layout import laid
from oracle.reference import value_shape
from oracle.shape import choose_shapes
from purevjp.aliases import Array, Shape, Tree
from purevjp.tree import tree_leaves, tree_map

Regime: TypeAlias = str
REGIMES = (
    "ordinary",
    "plain",
    "offset",
    "wide",
    "special",
    "constant",
    "twins",
    "tiny",
    "one-hot",
    "repeated",
    "extreme",
)
"""How numbers are drawn: all digits of a float32; multiples of 1/64, easy to read; the same far from zero; of every
size; special ones among ordinary ones; the same number everywhere; the same array twice; ordinary ones with a cotangent
of the size of a mean loss, of one element alone, or of one number in memory for all elements, with strides of 0; and
numbers that only float64 has the range for."""

OF_COTANGENTS = ("tiny", "one-hot", "repeated")
"""Regimes of the cotangent alone."""

SCATTERED = {"wide", "special", "constant", "extreme"}
"""Regimes whose numbers may come nearer to kinks."""

TINY = 1e-6
LATTICE = np.array([-1, 0, 1, 2])
"""Where ties and kinks are frequent."""

Arguments = TypedDict("Arguments", {"xs": tuple[Tree, ...], "static": Static, "u": Array})


def draw_structure(case: Case, choose: Choose) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The shapes of the arguments, and the static ones."""
    shapes = choose_shapes(case, choose)
    return packed(case, shapes), draw_static(case, choose, shapes)


def draw_static(case: Case, choose: Choose, shapes: tuple[Any, ...]) -> dict[str, Any]:
    """The static arguments for arguments of these shapes."""
    static: dict[str, Any] = {}
    for key, token in case["static"].items():
        static[key] = token(choose, shapes, static)
    return static


def packed(case: Case, shapes: tuple[Any, ...]) -> tuple[Any, ...]:
    """The shapes of the real arrays that hold arguments of these shapes: complex ones have a last axis of two."""
    return tuple(
        (*shape, 2) if domain["is_complex"] else shape for shape, domain in zip(shapes, case["domains"], strict=True)
    )


def draw_numbers(
    case: Case,
    shapes: tuple[Any, ...],
    static: Static,
    rng: np.random.Generator,
    *,
    dtype: npt.DTypeLike = np.float64,
    regime: Regime = "ordinary",
) -> Arguments:
    """Arguments of these shapes away from kinks, and a cotangent that is neither uniform nor near zero.

    Errors  ValueError when no such arguments are found.
    """
    margin = MARGIN / 64 if regime in SCATTERED else MARGIN

    def drawn() -> tuple[Tree, ...]:
        pairs = zip(shapes, case["domains"], strict=True)
        xs = tuple(draw_tree(shape, functools.partial(draw_interval, domain, rng, regime)) for shape, domain in pairs)
        alike = regime == "twins" and len(xs) > 1 and np.shape(xs[0]) == np.shape(xs[1])
        return (xs[0], xs[0], *xs[2:]) if alike else xs

    xs = drawn()
    for _ in range(1000):
        near = near_kinks(case, xs, static, margin)
        if not near.any():
            break
        xs = tuple(redrawn(x, again, near) for x, again in zip(xs, drawn(), strict=True))
    else:
        raise ValueError(f"{case['name']} has no arguments of shapes {shapes} away from its kinks")
    return with_cotangent(case, xs, static, rng, dtype, regime)


def draw_kinks(
    case: Case, shapes: tuple[Any, ...], static: Static, rng: np.random.Generator, *, dtype: npt.DTypeLike = np.float64
) -> Arguments:
    """Arguments of these shapes from a small lattice of integers, on kinks wherever there is room for one."""
    pairs = zip(shapes, case["domains"], strict=True)
    xs = tuple(draw_tree(shape, functools.partial(draw_lattice, d, rng)) for shape, d in pairs)
    return with_cotangent(case, xs, static, rng, dtype)


def draw_integers(
    case: Case, shapes: tuple[Any, ...], static: Static, rng: np.random.Generator, *, dtype: npt.DTypeLike = np.float64
) -> Arguments:
    """Arguments and a cotangent that are small integers, away from kinks where possible."""
    for _ in range(1000):
        xs = tuple(draw_tree(shape, lambda s: rng.integers(-3, 4, s).astype(np.float64)) for shape in shapes)
        if is_away_from_kinks(case, xs, static):
            break
    arguments = with_cotangent(case, xs, static, rng, dtype)
    u = rng.integers(1, 5, arguments["u"].shape) * rng.choice([-1, 1], arguments["u"].shape)
    return {**arguments, "u": u.astype(dtype)}


def with_cotangent(
    case: Case,
    xs: tuple[Tree, ...],
    static: Static,
    rng: np.random.Generator,
    dtype: npt.DTypeLike,
    regime: Regime = "ordinary",
) -> Arguments:
    """The arguments in `dtype`, and a cotangent of ½ to 2 in size, of either sign, unless the regime says otherwise."""
    xs = tree_map(lambda x: np.asarray(x, dtype), xs)
    shape = value_shape(case["counterpart"], xs, static)
    u = np.asarray(rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape))
    if regime == "tiny":
        u = u * TINY
    if regime == "one-hot" and u.size:
        u = np.where(np.arange(u.size).reshape(shape) == rng.integers(u.size), u, 0)
    u = np.asarray(u, np.float32).astype(dtype)
    if regime == "repeated" and u.size:
        u = np.broadcast_to(u.flat[0], shape)
    return {"xs": xs, "static": static, "u": u}


def draw_tree(shape: Any, draw: Callable[[Shape], Array]) -> Tree:
    """An array for a tuple of sides, a tree of arrays for a list or tuple of shapes."""
    if isinstance(shape, tuple) and all(isinstance(side, int) for side in shape):
        return draw(shape)
    as_given = list if isinstance(shape, list) else tuple
    return as_given(draw_tree(part, draw) for part in shape)


def draw_interval(domain: Domain, rng: np.random.Generator, regime: Regime, shape: Shape) -> Array:
    """Numbers of the interval that float32 holds exactly, `MARGIN` away from the points to avoid."""
    low, high = domain["low"], domain["high"]
    if regime == "plain":
        x = rng.integers(int(low * 64), int(high * 64) + 1, shape) / 64
    elif regime == "wide":
        sign = rng.choice([-1, 1], shape) if low < 0 else 1
        x = sign * domain["wide"] ** rng.uniform(-1, 1, shape)
    else:
        x = rng.uniform(low, high, shape)
    if domain["extreme"] and regime == "extreme":
        return np.asarray(rng.choice(domain["extreme"], shape))
    if domain["special"] and regime in {"special", "constant"}:
        chosen = rng.choice(domain["special"], shape if regime == "special" else ())
        x = np.where(rng.random(shape) < (0.5 if regime == "special" else 1), chosen, x)
    if regime == "offset":
        x = x + domain["offset"]
    for point in domain["avoid"] if regime not in SCATTERED else ():
        x = np.where(np.abs(x - point) < MARGIN, point + MARGIN + np.abs(x - point), x)
    return structured(domain, x)


def draw_lattice(domain: Domain, rng: np.random.Generator, shape: Shape) -> Array:
    """Numbers of the lattice."""
    return structured(domain, rng.choice(LATTICE, shape))


def structured(domain: Domain, x: Array) -> Array:
    """Numbers with the structure of a domain, such that float32 holds them exactly."""
    x = x if domain["structure"] is None else domain["structure"](x)
    return np.asarray(x, np.float32).astype(np.float64)


def near_kinks(case: Case, xs: tuple[Tree, ...], static: Static, margin: float = MARGIN) -> Array:
    """Where a kink is nearer than the margin."""
    if case["kink"] is None or not all(np.size(leaf) for leaf in tree_leaves(xs)):
        return np.zeros(0, bool)
    return np.asarray(np.abs(case["kink"](*xs, **static)) < margin)


def redrawn(x: Tree, again: Tree, near: Array) -> Tree:
    """`x` with numbers of `again` near kinks: there alone, where kinks are element by element, else everywhere."""
    added = near.ndim - np.ndim(x) if isinstance(x, np.ndarray) else -1
    if added < 0 or any(n not in {1, m} for n, m in zip(x.shape, near.shape[added:], strict=True)):
        return again
    stretched = [added + i for i, n in enumerate(x.shape) if n == 1]
    return np.where(near.any(axis=(*range(added), *stretched)).reshape(x.shape), again, x)


def is_away_from_kinks(case: Case, xs: tuple[Tree, ...], static: Static, margin: float = MARGIN) -> bool:
    """Whether no kink is nearer than the margin."""
    return not near_kinks(case, xs, static, margin).any()


def regimes_of(case: Case) -> Sequence[Regime]:
    """The regimes in which a case has numbers of its own."""
    domains = case["domains"]
    has = {
        "offset": any(domain["offset"] for domain in domains),
        "wide": any(domain["wide"] > 1 for domain in domains),
        "special": any(domain["special"] for domain in domains),
        "constant": any(domain["special"] for domain in domains) and case["kink"] is None,
        "extreme": any(domain["extreme"] for domain in domains),
        "twins": len(domains) > 1 and case["kink"] is None,
    }
    return [regime for regime in REGIMES if has.get(regime, True)]


def relaid(arguments: Arguments, layout: str) -> Arguments:
    """The same numbers, in another layout of memory: "c", "fortran", "reversed" or "strided"."""
    return {
        **arguments,
        "xs": tree_map(lambda x: laid(x, layout), arguments["xs"]),
        "u": laid(arguments["u"], layout),
    }
