"""A failing case with simpler numbers, that fails in the same way still."""

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from oracle.conformance.drawn import Drawn
from oracle.conformance.record import Record
from oracle.domain import MARGIN, Case, Domain
from oracle.draw import Arguments, structured
from oracle.vectors.vector import REAL
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

Failing: TypeAlias = Callable[[Sequence[Arguments]], list[tuple[Drawn, Record]]]
"""Those of several arguments of one structure that fail in the same way."""

Rounding: TypeAlias = Callable[[Array], Array]

ROUNDS, ELEMENTS, DIGITS = 3, 48, 3
"""So often all numbers are gone through, and so many at a time; roundings go to so many digits."""


def kind_of(line: Record) -> tuple[str, str, bool]:
    """In what way a case fails: the verdict, and what is found, without the numbers and where."""
    finding = line["findings"][0] if line["findings"] else ""
    named = re.sub(r"^(value|cotangent)[ \d.]*", r"\1 ", finding)
    return line["verdict"], re.split(r"[(\[:\d+-]", named)[0].removesuffix("inf"), "in the layout" in finding


def size_of(drawn: Drawn) -> tuple[int, int]:
    """How large a case is to its reader: its numbers, and the digits of them and of its options."""
    arguments = drawn["arguments"]
    return sum(x.size for x in leaves_of(arguments)), len(repr(arguments["static"])) + digits(arguments)


def digits(arguments: Arguments) -> int:
    """How much there is to read in all numbers."""
    held = REAL[arguments["u"].dtype.name]
    return sum(int(lengths(np.asarray(x, held)).sum()) for x in leaves_of(arguments))


def lengths(x: Array) -> Array:
    """How much there is to read in each number: nothing in a 0, less in a 1 or a minus than in a digit."""
    flat = x.ravel()
    shown = [2 * len(str(v).removesuffix(".0").lstrip("-")) + (v < 0) - (abs(v) == 1) for v in flat]
    return np.where(flat == 0, 0, np.array(shown, int))


def simplified(case: Case, first: tuple[Drawn, Record], failing: Failing) -> tuple[Drawn, Record]:
    """The same structure with rounder numbers: all of an array first, then one by one."""
    best = first
    for _ in range(ROUNDS):
        before = digits(best[0]["arguments"])
        best = simplest(best, failing(list(of_arrays(case, best[0]["arguments"]))))
        leaves, held = leaves_of(best[0]["arguments"]), REAL[best[0]["vector"]["dtype"]]
        places = [(j, int(i)) for j, x in enumerate(leaves) for i in np.flatnonzero(lengths(np.asarray(x, held)))]
        for j, i in places[:ELEMENTS]:
            best = simplest(best, failing(list(of_element(case, best[0]["arguments"], j, i))))
        if digits(best[0]["arguments"]) == before:
            break
    return best


def simplest(best: tuple[Drawn, Record], others: Sequence[tuple[Drawn, Record]]) -> tuple[Drawn, Record]:
    """The one that is the shortest to read."""
    return min([best, *others], key=lambda each: digits(each[0]["arguments"]))


def of_arrays(case: Case, arguments: Arguments) -> Iterator[Arguments]:
    """Arguments with all numbers of an array, or of all arrays, made rounder."""
    n = len(leaves_of(arguments))
    for places in (range(n), *((j,) for j in range(n))):
        for rounding in ROUNDINGS:
            yield from changed(case, arguments, dict.fromkeys(places, rounding))


def of_element(case: Case, arguments: Arguments, j: int, i: int) -> Iterator[Arguments]:
    """Arguments with one number made rounder."""

    def one(rounding: Rounding, x: Array) -> Array:
        return np.where(np.arange(x.size).reshape(x.shape) == i, rounding(x), x)

    for rounding in ROUNDINGS:
        yield from changed(case, arguments, {j: functools.partial(one, rounding)})


def significant(x: float) -> float:
    """A number with few digits that count."""
    return float(f"{x:.{DIGITS}g}")


ROUNDINGS: tuple[Rounding, ...] = (
    np.zeros_like,
    np.ones_like,
    np.rint,
    lambda x: np.rint(2 * x) / 2,
    lambda x: np.rint(4 * x) / 4,
    lambda x: np.round(x, 1),
    lambda x: np.round(x, 2),
    np.vectorize(significant, otypes=[np.float64]),
)
"""Ways to make numbers rounder."""


def changed(case: Case, arguments: Arguments, how: Mapping[int, Rounding]) -> Iterator[Arguments]:
    """Arguments with some of their arrays changed; none that stay as they were, or leave their domain."""
    place = itertools.count()

    def one(x: Array) -> Array:
        of = np.asarray(x, np.float64)
        return np.asarray(how.get(next(place), np.copy)(of) + 0.0)

    xs, u = tree_map(one, (arguments["xs"], arguments["u"]))
    pairs = zip(case["domains"], xs, arguments["xs"], strict=True)
    same = all(np.array_equal(a, b) for a, b in zip(tree_leaves((xs, u)), leaves_of(arguments), strict=True))
    if not same and all(may_be(*pair) for pair in pairs):
        yield {"xs": xs, "static": arguments["static"], "u": u}


def leaves_of(arguments: Arguments) -> list[Array]:
    """All arrays."""
    return tree_leaves((arguments["xs"], arguments["u"]))


def may_be(domain: Domain, xs: Tree, before: Tree) -> bool:
    """Whether numbers are of a domain where they have changed: inside if they were, and with its structure."""
    return all(
        not np.any((x != np.asarray(old, np.float64)) & (is_out(domain, x) & ~is_out(domain, old) | is_near(domain, x)))
        and (domain["structure"] is None or np.array_equal(structured(domain, x), x))
        for x, old in zip(tree_leaves(xs), tree_leaves(before), strict=True)
    )


def is_out(domain: Domain, x: Array) -> Array:
    """Which numbers are outside the interval."""
    return np.asarray((x < domain["low"]) | (x > domain["high"]))


def is_near(domain: Domain, x: Array) -> Array:
    """Which numbers are near a point that is to be avoided."""
    near: Array = sum((np.abs(x - point) < MARGIN for point in domain["avoid"]), np.zeros(x.shape, bool))
    return near
