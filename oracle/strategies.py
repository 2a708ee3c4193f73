"""Hypothesis draws the structure and, of small arrays, each number, so that failures shrink to small integers.

Numbers of large arrays come from a drawn seed; `oracle/plan.py` is the seeded twin of all this.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from oracle.domain import MARGIN, Case, Domain
from oracle.draw import (
    OF_COTANGENTS,
    SCATTERED,
    Arguments,
    Regime,
    draw_kinks,
    draw_numbers,
    draw_structure,
    draw_tree,
    is_away_from_kinks,
    regimes_of,
    relaid,
    structured,
)
from oracle.layout import LAYOUTS
from oracle.plan import flat_shapes, in_dtype, swept
from oracle.reference import value_shape
from purevjp.aliases import Array, Shape

SMALL, LARGE = 24, 300
"""So many elements are drawn one by one: fewer where each may land on a kink, which rejects them all."""

DTYPES = (np.float64, np.float32)

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]


def structures(case: Case, *, few: bool = False) -> st.SearchStrategy[Any]:
    """Shapes and static arguments of a row; of a few small ones, when examples are to be spent on numbers."""
    if few:
        rng = np.random.default_rng(0)
        return st.sampled_from(swept(case, lambda options: options[int(rng.integers(len(options)))], 4))
    return st.composite(lambda draw: draw_structure(case, lambda options: draw(st.sampled_from(options))))()


def numbers(domain: Domain, regime: Regime) -> st.SearchStrategy[float]:
    """One number of a domain: integers first, then quarters, then multiples of 1/64, and what the regime adds."""
    low, high = domain["low"], domain["high"]
    fractions = [st.integers(int(np.ceil(low * n)), int(high * n)).map(functools.partial(over, n)) for n in (1, 4, 64)]
    ordinary = st.one_of(fractions).filter(lambda x: all(abs(x - point) >= MARGIN for point in domain["avoid"]))
    if regime == "offset":
        return ordinary.map(lambda x: x + domain["offset"])
    if regime == "wide":
        sizes = st.floats(-1, 1).map(lambda power: float(np.float32(domain["wide"] ** power)))
        return st.builds(lambda size, sign: sign * size, sizes, st.sampled_from([1, -1] if low < 0 else [1]))
    if regime == "special" and domain["special"]:
        return st.one_of(ordinary, st.sampled_from(domain["special"]))
    return ordinary


def over(n: int, i: int) -> float:
    """A fraction."""
    return i / n


@st.composite
def cotangents(draw: Draw, shape: Shape) -> Array:
    """Small integers other than 0, all of them, or tiny, or one alone, or one in memory for all elements."""
    integers = st.integers(-4, 4).filter(bool).map(float)
    how = draw(st.sampled_from(("all", *OF_COTANGENTS)))
    if how == "repeated":
        return np.broadcast_to(draw(integers), shape)
    u: Array = draw(hnp.arrays(np.float64, shape, elements=integers, fill=st.nothing()))
    if how == "one-hot" and u.size:
        u = np.where(np.arange(u.size).reshape(shape) == draw(st.integers(0, u.size - 1)), u, 0)
    return u * 2.0**-20 if how == "tiny" else u


@st.composite
def arguments(
    draw: Draw,
    case: Case,
    *,
    dtypes: Sequence[Any] = DTYPES,
    few: bool = False,
    kinks: bool = False,
    smooth: bool = False,
) -> Arguments:
    """Arguments of a row: away from its kinks unless on them, and of ordinary size where they should be `smooth`."""
    shapes, static = draw(structures(case, few=few))
    dtype = draw(st.sampled_from(dtypes))
    of_values = [regime for regime in regimes_of(case) if regime not in (*OF_COTANGENTS, "extreme")]
    regime = "plain" if smooth else draw(st.sampled_from(sorted(of_values, key=lambda regime: regime != "plain")))
    elements = sum(int(np.prod(shape)) for shape in flat_shapes(shapes))
    if kinks or elements > (LARGE if case["kink"] is None else SMALL):
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        drawn = (
            draw_kinks(case, shapes, static, rng) if kinks else draw_numbers(case, shapes, static, rng, regime=regime)
        )
    else:
        drawn = draw(one_by_one(case, shapes, static, regime))
    return relaid(in_dtype(drawn, dtype), draw(st.sampled_from(LAYOUTS)))


@st.composite
def one_by_one(draw: Draw, case: Case, shapes: Any, static: Any, regime: Regime) -> Arguments:
    """Arguments of a small structure, each number drawn."""
    margin = MARGIN / 64 if regime in SCATTERED else MARGIN

    def array(domain: Domain) -> Callable[[Shape], Array]:
        elements = numbers(domain, regime)
        if len(case["domains"]) == 1 and case["shapes"] == "()->()":
            elements = elements.map(
                lambda x: x if is_away_from_kinks(case, (np.array(x),), static, margin) else x + 0.25
            )
        return lambda shape: structured(
            domain, draw(hnp.arrays(np.float64, shape, elements=elements, fill=st.nothing()))
        )

    xs = tuple(draw_tree(shape, array(domain)) for shape, domain in zip(shapes, case["domains"], strict=True))
    assume(is_away_from_kinks(case, xs, static, margin))
    return {"xs": xs, "static": static, "u": draw(cotangents(value_shape(case["counterpart"], xs, static)))}
