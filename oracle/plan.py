"""What a row is judged on: seeded groups of arguments of one structure, each with its truths and error scales.

The shape sweep has many structures and few numbers each; one case has long sides; the value sweep has few structures,
and numbers of every regime; the integers are for the referee, bit for bit; the kinks are where ties are frequent.
"""

import itertools
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypedDict

import ml_dtypes
import numpy as np

from oracle.domain import Case, Choose
from oracle.draw import (
    Arguments,
    draw_integers,
    draw_kinks,
    draw_numbers,
    draw_static,
    draw_structure,
    draw_tree,
    is_away_from_kinks,
    packed,
    regimes_of,
)
from oracle.exception import excluded
from oracle.referee import decides, referee, rounded
from oracle.reference import references, rounding_of, value_shape
from oracle.shape import FILLED_SIDES, SIDES, choose_shapes
from oracle.verdict import FACTOR, error_ratios
from purevjp.aliases import Array, Shape, Tree
from purevjp.tree import tree_leaves, tree_map

Group = TypedDict(
    "Group",
    {
        "arguments": list[Arguments],
        "truth": Tree,
        "scale": Tree,
        "sweep": str,
        "left_out": int,
        "witnesses": dict[str, int],
        "findings": list[str],
    },
)
"""Arguments of one structure, truths and scales stacked along a first axis; how many were ill-conditioned and left out;
the witnesses that agreed on the truths, and how often."""

DTYPES = (np.float64, np.float32)
HALF = np.float16
CANDIDATES = 100
"""So many structures are drawn for a few to be chosen that differ."""

VALUES = 3
"""Rounds of every regime in a value sweep."""

SWEPT_SIDES = 24
"""A value sweep has at most so many elements."""

LONG = (1, 7, 17, 33, 67, 129)
"""Sides of a large case."""

LARGE = (4000, 400, 60)
"""At most so many elements has a large case, the first that has arguments away from kinks."""

ILL, MANY = 0.1, 0.01
"""A case is ill-conditioned when the scale is a tenth of the truth or more in more than 1 % of its elements."""


def seeded(case: Case, seed: int) -> tuple[np.random.Generator, Choose]:
    """A generator of a row's own, and its `choose`."""
    rng = np.random.default_rng([seed, zlib.crc32(case["name"].encode())])
    return rng, lambda options: options[int(rng.integers(len(options)))]


def plan(case: Case, *, seed: int = 0, examples: int = 12, dtypes: Sequence[Any] = DTYPES) -> Iterator[Group]:
    """The groups of a row; the same for the same seed."""
    rng, choose = seeded(case, seed)
    yield from shape_sweep(case, choose, rng, examples, dtypes)
    yield from value_sweep(case, choose, rng, max(1, examples // 6), dtypes)
    for arguments in large(case, choose, rng):
        yield judged_group(case, "large", [arguments], dtypes)
    for shapes, static in swept(case, choose, max(1, examples // 4)) if case["exact"] else ():
        yield exact_group(case, [draw_integers(case, shapes, static, rng)], (*dtypes, HALF))


def shape_sweep(
    case: Case, choose: Choose, rng: np.random.Generator, n: int, dtypes: Sequence[Any] = DTYPES
) -> Iterator[Group]:
    """Groups of n structures, and of the same on kinks."""
    for shapes, static in structures(case, choose, n):
        drawn = [draw_numbers(case, shapes, static, rng, regime=regime) for regime in ("ordinary", "plain", "one-hot")]
        yield judged_group(case, "shapes", drawn, dtypes)
        if case["kink"] is not None:
            yield judged_group(case, "kinks", [draw_kinks(case, shapes, static, rng)], dtypes)


def value_sweep(
    case: Case, choose: Choose, rng: np.random.Generator, n: int, dtypes: Sequence[Any] = DTYPES
) -> Iterator[Group]:
    """Groups of n structures with numbers of every regime."""
    for shapes, static in swept(case, choose, n):
        regimes = {
            regime: [draw_numbers(case, shapes, static, rng, regime=regime) for _ in range(VALUES)]
            for regime in regimes_of(case)
        }
        extreme = regimes.pop("extreme", [])
        yield judged_group(case, "values", list(itertools.chain.from_iterable(regimes.values())), dtypes)
        if extreme and len(set(flat_shapes(shapes))) == 1 and "float64" in {np.dtype(dtype).name for dtype in dtypes}:
            yield judged_group(case, "values", extreme, [np.float64])


def structures(case: Case, choose: Choose, examples: int) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Shapes and static arguments that differ as much as a few can; the first have elements, if any do."""
    left = [draw_structure(case, choose) for _ in range(CANDIDATES)]
    chosen = next((structure for structure in left if 0 not in tree_leaves(structure[0])), left[0])
    found = [features(case, *structure) for structure in left]
    covered: set[Any] = set()
    for _ in range(examples):
        yield chosen
        covered |= features(case, *chosen)
        chosen = left[max(range(len(left)), key=lambda i: len(found[i] - covered))]


def features(case: Case, shapes: Any, static: Any) -> set[Any]:
    """What is particular about a structure: axes, single and square sides, options, the value; or what is empty."""
    arrays = flat_shapes(shapes)
    ndims = tuple(map(len, arrays))
    sides = {(i, min(side, 2), axis - len(shape)) for i, shape in enumerate(arrays) for axis, side in enumerate(shape)}
    if 0 in tree_leaves(shapes):
        return {("empty", i, axis) for i, side, axis in sides if side == 0}
    squares = {("square", i) for i, shape in enumerate(arrays) if len(shape) > 1 and shape[-1] == shape[-2] > 1}
    options = {(key, repr(option)) for key, option in static.items() if not isinstance(option, np.ndarray)}
    value = ("value", tuple(min(side, 2) for side in likely_value_shape(case, shapes, static)))
    return {value, ("ndims", ndims), *sides, *squares, *options, *((*option, ndims) for option in options)}


def likely_value_shape(case: Case, shapes: Any, static: Any) -> Shape:
    """Shape of the value, by the rule itself where it takes ones: JAX needs some milliseconds for each."""
    ones = tuple(draw_tree(shape, np.ones) for shape in shapes)
    try:
        with np.errstate(all="ignore"):
            return np.shape(case["rule"](*ones, **static)[0])
    except Exception:  # noqa: BLE001 (a singular matrix, or a rule that is wrong: it is judged later)
        return value_shape(case["counterpart"], ones, static)


def swept(case: Case, choose: Choose, n: int) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """The largest of a hundred structures that are small enough for the referee, and small ones of equal shapes."""
    drawn = [draw_structure(case, choose) for _ in range(100)]
    sizes = [sum(int(np.prod(shape)) for shape in flat_shapes(shapes)) for shapes, _ in drawn]
    small = [i for i, size in enumerate(sizes) if 0 < size <= SWEPT_SIDES] or [int(np.argmin(sizes))]
    equal = [i for i in small if len(set(flat_shapes(drawn[i][0]))) == 1] or small
    ordered = sorted(small, key=lambda i: -sizes[i])
    return [drawn[max(equal, key=lambda i: sizes[i])], *(drawn[i] for i in ordered)][:n]


def large(case: Case, choose: Choose, rng: np.random.Generator) -> Iterator[Arguments]:
    """Arguments with long sides, as a vector unit, a block and their remainders have them; fewer if kinks are dense."""

    def longer(options: Sequence[Any]) -> Any:
        return choose(LONG if options in (SIDES, FILLED_SIDES) else options)

    drawn = [choose_shapes(case, longer) for _ in range(CANDIDATES)]
    sizes = [sum(math.prod(shape) for shape in flat_shapes(packed(case, shapes))) for shapes in drawn]
    for limit in LARGE:
        i = max((size, i) for i, size in enumerate(sizes) if size <= limit or size == min(sizes))[1]
        static = draw_static(case, longer, drawn[i])
        try:
            yield draw_numbers(case, packed(case, drawn[i]), static, rng)
        except ValueError:
            continue
        return


def described(arguments: Arguments) -> str:
    """Shapes, dtype and static arguments of a case in one line."""
    shapes = ", ".join(str(tree_map(np.shape, x)) for x in arguments["xs"])
    static = "".join(
        f", {key}={np.asarray(v).tolist() if isinstance(v, np.ndarray) else v!r}"
        for key, v in arguments["static"].items()
    )
    return f"{arguments['u'].dtype} of shapes {shapes}{static}"


def flat_shapes(shapes: Any) -> list[tuple[int, ...]]:
    """The shapes of all arrays in a tree of shapes."""
    if isinstance(shapes, tuple) and all(isinstance(side, int) for side in shapes):
        return [shapes]
    return [shape for part in shapes for shape in flat_shapes(part)]


def in_dtype(arguments: Arguments, dtype: Any) -> Arguments:
    """The same numbers in a dtype, a stride of 0 kept."""
    u = arguments["u"]
    cast = u.astype(dtype)
    repeated = u.size and u.ndim and not any(u.strides)
    u = np.broadcast_to(cast.flat[0], u.shape) if repeated else cast
    return {"xs": tree_map(lambda x: x.astype(dtype), arguments["xs"]), "static": arguments["static"], "u": u}


def judged_group(case: Case, sweep: str, drawn: Sequence[Arguments], dtypes: Sequence[Any]) -> Group:
    """Arguments in each dtype with truth and scale by JAX, or the referee where it can decide; ill ones left out."""
    static = drawn[0]["static"]
    in_dtypes = [in_dtype(each, dtype) for dtype in dtypes for each in drawn if has_range(each, dtype)]
    in_dtypes = [each for each in in_dtypes if sweep == "kinks" or not is_tied(case, each)]
    if not in_dtypes:
        return {**nothing(sweep), "left_out": len(drawn) * len(dtypes)}
    truth, scale = references(case["counterpart"], static, [(each["xs"], each["u"]) for each in in_dtypes])
    if case["budget"] is not None:
        _, scale = references(case["budget"], static, [(each["xs"], each["u"]) for each in in_dtypes])
    group: Group = {
        "arguments": in_dtypes, "truth": truth, "scale": scale, "sweep": sweep, "left_out": 0,
        "witnesses": {"jax": len(in_dtypes)}, "findings": [],
    }  # fmt: skip
    if sweep == "values" and case["definition"] is not None and decides(drawn[0]):
        group = refereed(case, group)
    kept = [i for i, each in enumerate(in_dtypes) if not is_ill(group, i, each["u"].dtype)]
    return {**select(group, kept), "left_out": len(drawn) * len(dtypes) - len(kept)}


def nothing(sweep: str) -> Group:
    """A group without arguments."""
    return {
        "arguments": [], "truth": (), "scale": (), "sweep": sweep, "left_out": 0, "witnesses": {}, "findings": [],
    }  # fmt: skip


def has_range(arguments: Arguments, dtype: Any) -> bool:
    """Whether a dtype holds all numbers and their squares, if it is a half: none becomes infinite, or zero."""
    limits = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
    if limits.bits > 16:
        return True
    sizes = [np.abs(np.asarray(x, np.float64)) for x in tree_leaves((arguments["xs"], arguments["u"]))]
    low, high = float(limits.smallest_subnormal), math.sqrt(float(limits.max))
    return all(np.all((x == 0) | ((x >= low) & (x <= high))) for x in sizes)


def is_tied(case: Case, arguments: Arguments) -> bool:
    """Whether numbers that differ, or are made to, have become one half, so that a case is at a kink."""
    if arguments["u"].dtype.itemsize > HALF().itemsize:
        return False
    made = [x for x, domain in zip(arguments["xs"], case["domains"], strict=True) if domain["structure"] is not None]
    return any(len(np.unique(x)) < x.size for x in tree_leaves(made)) or not is_away_from_kinks(
        case, arguments["xs"], arguments["static"], float(np.finfo(HALF).tiny)
    )


def refereed(case: Case, group: Group) -> Group:
    """The group with the referee's truth; with findings where JAX disagrees and no exception is on record."""
    assert case["definition"] is not None
    definition, arguments = case["definition"], group["arguments"]
    decided: dict[bytes, Tree] = {}
    truths, scales = tree_leaves(group["truth"]), tree_leaves(group["scale"])
    for i, each in enumerate(arguments):
        key = b"".join(np.asarray(x, np.float64).tobytes() for x in tree_leaves((each["xs"], each["u"])))
        if key not in decided:
            decided[key] = rounded(referee(definition, each, exact=False))
        dtype = each["u"].dtype
        per_float64 = 2.0**-53 / rounding_of(dtype)[0]
        equal_shapes = len({np.shape(leaf) for leaf in tree_leaves((each["xs"], each["u"]))}) == 1
        disagree = False
        for y, s, exact in zip(truths, scales, tree_leaves(decided[key]), strict=True):
            bad = ~np.isfinite(s[i]) | ~(error_ratios(y[i], exact, s[i] * per_float64) <= FACTOR)
            disagree |= bool(np.any(bad))
            y[i] = exact
            if np.any(bad) or (case["relative"] and equal_shapes):
                roundoff, underflow, _ = rounding_of(dtype)
                own = 4 * roundoff * np.abs(exact) + underflow
                s[i] = np.where(bad, own, np.minimum(s[i], own) if case["relative"] and equal_shapes else s[i])
        group["witnesses"]["referee"] = group["witnesses"].get("referee", 0) + 1
        if disagree:
            group["witnesses"]["jax"] -= 1
            note = excluded(case["name"], each)
            if note is None:
                group["findings"].append(
                    f"JAX disagrees with the referee, and no exception is on record: {described(each)}"
                )
            else:
                group["witnesses"]["excluded"] = group["witnesses"].get("excluded", 0) + 1
    return group


def exact_group(case: Case, drawn: Sequence[Arguments], dtypes: Sequence[Any]) -> Group:
    """Small integers in each dtype, with the referee's integers for truth and no scale at all."""
    assert case["definition"] is not None
    definition = case["definition"]
    exact = [rounded(referee(definition, each, exact=True)) for each in drawn] * len(dtypes)
    in_dtypes = [in_dtype(each, dtype) for dtype in dtypes for each in drawn]
    truth = tree_map(lambda *leaves: np.stack(leaves), *exact)
    return {
        "arguments": in_dtypes, "truth": truth, "scale": tree_map(np.zeros_like, truth),
        "sweep": "integers", "left_out": 0,
        "witnesses": {"referee": len(in_dtypes)}, "findings": [],
    }  # fmt: skip


def is_ill(group: Group, i: int, dtype: Any) -> bool:
    """Whether too many elements of one case have a scale that is not small beside the truth.

    Zeros that only cancellation hides, and numbers near the underflow, do not count. Numbers that the dtype lacks are
    ill, and a half has no room for what leads to large ones.
    """
    limits = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
    largest = float(limits.max) / (16 if limits.bits < 32 else 1)
    if any(np.any(np.abs(y[i]) > largest) for y in tree_leaves(group["truth"])):
        return True
    roundoff, underflow, _ = rounding_of(dtype)
    for y, s in zip(tree_leaves(group["truth"]), tree_leaves(group["scale"]), strict=True):
        size = np.abs(y[i])
        counts = (size > FACTOR * 2.0**-53 / roundoff * s[i]) & (size > 64 * underflow)
        ill = counts & (s[i] >= ILL * size)
        if np.sum(ill) > MANY * max(ill.size, 1):
            return True
    return False


def select(group: Group, kept: Sequence[int]) -> Group:
    """A group of these arguments only."""
    pick: Callable[[Array], Array] = lambda leaf: leaf[list(kept)]
    arguments = [group["arguments"][i] for i in kept]
    return {
        **group,
        "arguments": arguments,
        "truth": tree_map(pick, group["truth"]),
        "scale": tree_map(pick, group["scale"]),
    }
