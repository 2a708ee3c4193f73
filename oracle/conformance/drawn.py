"""Cases that the corpus does not have: numbers for a structure, and their truth, where purevjp agrees."""

import contextlib
import functools
from collections.abc import Sequence
from typing import Any, TypedDict

import ml_dtypes
import numpy as np

from oracle.domain import MARGIN, Case, Domain
from oracle.draw import Arguments, draw_numbers, draw_tree, is_away_from_kinks, regimes_of, structured
from oracle.plan import Group, judged_group
from oracle.reference import value_shape
from oracle.vectors.make import HALVES, coarse_scale, part_of, passes_itself, vector_of
from oracle.vectors.natural import as_asked
from oracle.vectors.vector import Vector
from purevjp.aliases import Array
from purevjp.tree import tree_leaves, tree_map

DTYPES = {name: np.dtype(name) for name in ("float64", "float32", "float16")} | {
    "bfloat16": np.dtype(ml_dtypes.bfloat16)
}

OF_HALVES = ("ordinary", "plain", "one-hot")
"""Regimes of halves, as the corpus has them."""

ORDINARY_U = 64.0
"""An ordinary cotangent is not larger, nor smaller than one over that."""

UNDEFINED = AttributeError, TypeError, ValueError, ArithmeticError
"""What a definition raises where it has no such shapes."""

Drawn = TypedDict("Drawn", {"arguments": Arguments, "vector": Vector})
"""Arguments as the judge has them, and as a backend is asked."""


def filled(case: Case, structure: Any, dtype: Any, rng: np.random.Generator, n: int) -> list[Arguments]:
    """Arguments of a structure: the first are ordinary, others of any regime; none where kinks are too dense."""
    shapes, static = structure
    regimes = OF_HALVES if dtype in HALVES else [regime for regime in regimes_of(case) if regime != "extreme"]
    wanted = ["ordinary", *(regimes[int(rng.integers(len(regimes)))] for _ in range(n - 1))]
    try:
        return [draw_numbers(case, shapes, static, rng, regime=regime) for regime in wanted]
    except ValueError:
        return []


def refilled(case: Case, structure: Any, pool: Arguments, rng: np.random.Generator, n: int) -> list[Arguments]:
    """Arguments of another structure with the numbers of a pool, each in turn; away from kinks."""
    shapes, static = structure
    numbers = [np.concatenate([np.ravel(leaf) for leaf in tree_leaves(x)] or [np.zeros(0)]) for x in pool["xs"]]
    found = []
    for _ in range(n):
        pairs = zip(shapes, case["domains"], numbers, strict=True)
        xs = tuple(draw_tree(shape, functools.partial(taken, domain, of, rng)) for shape, domain, of in pairs)
        if is_away_from_kinks(case, xs, static, MARGIN / 64):
            u = sampled(np.ravel(pool["u"]), rng, value_shape(case["counterpart"], xs, static))
            found.append(Arguments(xs=xs, static=static, u=u))
    return found


def taken(domain: Domain, numbers: Array, rng: np.random.Generator, shape: Any) -> Array:
    """Numbers of a pool, with the structure of a domain."""
    return structured(domain, sampled(numbers, rng, shape))


def sampled(numbers: Array, rng: np.random.Generator, shape: Any) -> Array:
    """Numbers of a pool, each as often as any other; ones where it is empty."""
    of = np.asarray(numbers, np.float64) if numbers.size else np.ones(1)
    turns = np.concatenate([rng.permutation(of) for _ in range(int(np.prod(shape)) // of.size + 1)])
    return turns[: int(np.prod(shape))].reshape(shape)


def sure(case: Case, candidates: Sequence[Arguments], dtype: Any, name: str) -> list[Drawn]:
    """Those of these arguments of one structure that can be judged, with their truth.

    They are away from kinks and well-conditioned, and purevjp's own answer agrees, within the error scale.
    """
    away = [each for each in candidates if is_away_from_kinks(case, each["xs"], each["static"], MARGIN / 64)]
    if not away:
        return []
    group = with_truth(case, away, dtype)
    arguments = group["arguments"]
    coarse = coarse_scale(case, arguments) if arguments and dtype in HALVES else None
    found = []
    for i, each in enumerate(arguments):
        in_float64 = tree_map(np.float64, each["xs"])
        if dtype in HALVES and not is_away_from_kinks(case, in_float64, each["static"]):
            continue
        truth, scale = part_of(group["truth"], i), part_of(group["scale"], i)
        vector = as_asked(case, vector_of(case, each, truth, scale, part_of(coarse, i), exact=False))
        vector = {**vector, "id": f"{case['name']}/fuzz/{name}/{vector['dtype']}", "note": "drawn"}
        if passes_itself(case, vector):
            found.append(Drawn(arguments=each, vector=vector))
    return found


def with_truth(case: Case, candidates: Sequence[Arguments], dtype: Any) -> Group:
    """The truth of arguments by the referee where it can decide, as in the sweep `values`, and else by JAX."""
    if dtype not in HALVES:
        with contextlib.suppress(*UNDEFINED):
            return judged_group(case, "values", candidates, [dtype])
    return judged_group(case, "shapes", candidates, [dtype])


def is_ordinary(case: Case, arguments: Arguments) -> bool:
    """Whether all numbers are such as the sweep `shapes` has; else they are such as only `values` has."""
    us = np.abs(np.asarray(arguments["u"], np.float64))
    xs = [
        within(domain, np.asarray(leaf, np.float64))
        for x, domain in zip(arguments["xs"], case["domains"], strict=True)
        for leaf in tree_leaves(x)
    ]
    return all(xs) and bool(np.all((us == 0) | ((us <= ORDINARY_U) & (us >= 1 / ORDINARY_U))))


def within(domain: Domain, x: Array) -> bool:
    """Whether numbers are in the interval of a domain, or made by its structure; and none is all but 0."""
    inside = domain["structure"] is not None or bool(np.all((x >= domain["low"]) & (x <= domain["high"])))
    return inside and bool(np.all((x == 0) | (np.abs(x) >= MARGIN / 64)))
