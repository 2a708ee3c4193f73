"""Vectors made of a row: its plan in every dtype, its integers, its listed points. Two routes must give the truth."""

import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypedDict

import ml_dtypes
import numpy as np

from oracle import difference
from oracle.acceptance import Point
from oracle.domain import Case
from oracle.draw import Arguments, draw_numbers, draw_structure, is_away_from_kinks
from oracle.exception import EXCEPTIONS
from oracle.plan import DTYPES, Group, flat_shapes, judged_group, plan, seeded
from oracle.referee import decides, referee, rounded
from oracle.reference import references, rounding_of
from oracle.reproducer import as_called
from oracle.vectors.hold import judged
from oracle.vectors.natural import as_asked, natural
from oracle.vectors.vector import REAL, Vector
from oracle.verdict import AGREE, FACTOR, error_ratios, results
from purevjp.aliases import Array, Shape, Tree
from purevjp.tree import tree_leaves, tree_map

Candidate = TypedDict(
    "Candidate",
    {"vector": Vector, "arguments": Arguments, "sweep": str, "key": bytes, "truth": Tree, "scale": Tree, "jax": bool},
)
"""A vector that may be published, its arguments as the judge has them, and whether JAX gives its truth."""

SEED = 2026
HALVES = (np.float16, ml_dtypes.bfloat16)
FEW = 6
"""If more structures are drawn, some with square matrices are among them."""

DRAWN, SQUARES, USUAL, FEW_ELEMENTS = 1000, 3, 3, 60

OWN = 2.0**-53
"""Unit roundoff of float64."""


def candidates(case: Case, *, seed: int = SEED, examples: int = 6) -> Iterator[Candidate]:
    """Where libraries are known to be wrong; all that a plan has, its integers in float16 also; no kinks."""
    for entry in EXCEPTIONS:
        if entry["rule"] == case["name"]:
            xs = tuple(np.array(x, entry["dtype"]) for x in entry["xs"])
            listed: Arguments = {"xs": xs, "static": entry["static"], "u": np.array(entry["u"], entry["dtype"])}
            yield from of_group(case, judged_group(case, "values", [listed], [entry["dtype"]]))
    for group in plan(case, seed=seed, examples=examples):
        if group["sweep"] != "kinks":
            yield from of_group(case, group)
    if examples > FEW:
        yield from drawn_like(case, seed + 1, SQUARES, lambda shapes, _static: any(map(is_square, flat_shapes(shapes))))


def usual_candidates(case: Case, *, seed: int = SEED, dtypes: Sequence[Any] = DTYPES) -> Iterator[Candidate]:
    """Small arguments with no side of 1 and with default options: what every backend has, however little it has."""
    parameters = inspect.signature(case["rule"]).parameters
    defaults = {key: parameters[key].default for key in case["static"] if key in parameters}
    fixed = {key: of for key, of in defaults.items() if of is not inspect.Parameter.empty and not isinstance(of, float)}

    def usual(shapes: Any, static: Mapping[str, Any]) -> bool:
        arrays = flat_shapes(shapes)
        filled = all(side > 1 for shape in arrays for side in shape) and all(map(len, arrays[:1]))
        return filled and all(repr(static[key]) == repr(of) for key, of in fixed.items())

    yield from drawn_like(case, seed + 2, USUAL, usual, dtypes)


def drawn_like(
    case: Case,
    seed: int,
    enough: int,
    wanted: Callable[[Any, Mapping[str, Any]], bool],
    dtypes: Sequence[Any] = DTYPES,
) -> Iterator[Candidate]:
    """Candidates of a few small structures of a certain kind, if there are any; no two of one shape."""
    rng, choose = seeded(case, seed)
    found: dict[str, Any] = {}
    for _ in range(DRAWN):
        shapes, static = draw_structure(case, choose)
        size = sum(math.prod(shape) for shape in flat_shapes(shapes))
        if size <= FEW_ELEMENTS and wanted(shapes, static):
            found.setdefault(repr(shapes), (shapes, static))
        if len(found) == enough:
            break
    for shapes, static in found.values():
        try:
            drawn = [draw_numbers(case, shapes, static, rng, regime=regime) for regime in ("ordinary", "plain")]
        except ValueError:  # kinks are too dense
            continue
        yield from of_group(case, judged_group(case, "shapes", drawn, dtypes))


def is_square(shape: Shape) -> bool:
    """Whether the last two sides are equal, and more than 1."""
    return len(shape) > 1 and shape[-1] == shape[-2] > 1 and math.prod(shape) <= FEW_ELEMENTS


def half_candidates(case: Case, *, seed: int = SEED) -> Iterator[Candidate]:
    """Usual arguments in float16 and bfloat16, away from kinks when rounded; none if the rule takes no halves."""
    for candidate in () if case["packs"] else usual_candidates(case, seed=seed, dtypes=HALVES):
        xs = candidate["arguments"]["xs"]
        with np.errstate(all="ignore"):
            refused = results(case, as_dtype(candidate["arguments"], np.float16))[1]
        if not refused and is_away_from_kinks(case, tree_map(np.float64, xs), candidate["arguments"]["static"]):
            yield candidate


def of_group(case: Case, group: Group) -> Iterator[Candidate]:
    """The candidates of a group."""
    arguments = group["arguments"]
    if not arguments:
        return
    static = arguments[0]["static"]
    by_jax, _ = references(case["counterpart"], static, [(each["xs"], each["u"]) for each in arguments])
    halves = group["sweep"] != "integers" and any(each["u"].dtype in HALVES for each in arguments)
    coarse = coarse_scale(case, arguments) if halves else None
    for i, each in enumerate(arguments):
        truth, scale, theirs = (
            tree_map(lambda leaf, i=i: np.asarray(leaf[i]), of) for of in (group["truth"], group["scale"], by_jax)
        )
        dtype = each["u"].dtype
        per_float64 = OWN / rounding_of(dtype)[0] if group["sweep"] != "integers" else 0.0
        exact = group["sweep"] == "integers"
        if not all(np.all(np.isfinite(leaf)) for leaf in tree_leaves((truth, scale))):
            continue
        if exact and not all(np.array_equal(y.astype(dtype), y) for y in tree_leaves(truth)):
            continue
        leaves = tree_leaves((each["xs"], each["u"]))
        key = repr(([np.shape(x) for x in leaves], static)).encode()
        key += b"".join(np.asarray(x, np.float64).tobytes() for x in leaves)
        yield {
            "vector": as_asked(case, vector_of(case, each, truth, scale, part_of(coarse, i), exact=exact)),
            "arguments": each, "sweep": group["sweep"], "key": key, "truth": truth, "scale": scale,
            "jax": near(theirs, truth, tree_map(lambda s, c=per_float64: s * c, scale)),
        }  # fmt: skip


def coarse_scale(case: Case, arguments: Sequence[Arguments]) -> Tree:
    """Error scales if all is added in the dtype itself, stacked."""
    counterpart = case["budget"] or case["counterpart"]
    return references(
        counterpart, arguments[0]["static"], [(each["xs"], each["u"]) for each in arguments], sums_in_dtype=True
    )[1]


def part_of(stacked: Tree | None, i: int) -> Tree | None:
    """One of several."""
    return None if stacked is None else tree_map(lambda leaf: np.asarray(leaf[i]), stacked)


def as_dtype(arguments: Arguments, dtype: Any) -> Arguments:
    """The arguments in another dtype, contiguous."""
    xs, u = tree_map(lambda x: np.array(x, dtype), (arguments["xs"], arguments["u"]))
    return {"xs": xs, "static": arguments["static"], "u": u}


def vector_of(
    case: Case, arguments: Arguments, truth: Tree, scale: Tree, coarse: Tree | None, *, exact: bool
) -> Vector:
    """The vector of these arguments, as its rule takes and gives them; without an id and a note."""
    dtype = arguments["u"].dtype.name
    held = as_dtype(arguments, REAL[dtype])
    truth, scale = tuple(truth), tuple(scale)
    xs, u = held["xs"], held["u"]
    if case["packs"]:
        packed_truth, packed_scale = truth, scale
        xs, u, truth, scale = as_called(case, held, packed_truth, packed_scale)
        coarse = None if coarse is None else as_called(case, held, packed_truth, coarse)[3]
    return {
        "id": "", "rule": case["name"], "dtype": dtype, "static": dict(arguments["static"]),
        "xs": xs, "u": u, "truth": truth, "scale": scale, "coarse": None if coarse is None else tuple(coarse),
        "exact": exact, "accepts": None, "witnesses": (), "note": "",
    }  # fmt: skip


def point_vector(case: Case, point: Point, dtype: Any) -> Vector:
    """The vector of a listed point: its truth is purevjp's own choice."""
    xs, u = tree_map(lambda x: np.asarray(x, dtype), (point["xs"], point["u"]))
    arguments: Arguments = {"xs": xs, "static": point["static"], "u": u}
    truth = tree_map(lambda y: np.asarray(y, np.float64), (point["value"], *point["convention"]))
    vector = vector_of(case, arguments, truth, tree_map(np.zeros_like, truth), None, exact=False)
    accepts = {key: point[key] for key in ("at", "policy", "accepts", "others")}
    return {**vector, "accepts": accepts, "witnesses": ("listed",), "note": f"{point['at']} ({point['policy']})"}


def routes(case: Case, candidate: Candidate) -> tuple[str, ...]:
    """The independent routes that give the truth of a candidate, two if there are."""
    found = ["jax"] if candidate["jax"] else []
    arguments, truth = as_dtype(candidate["arguments"], np.float64), candidate["truth"]
    own = OWN / rounding_of(candidate["vector"]["dtype"] if not is_bfloat16(candidate) else ml_dtypes.bfloat16)[0]
    scale = tree_map(lambda s: s * own, candidate["scale"])
    if case["definition"] is not None and decides(arguments):
        found += ["referee"] if by_referee(case["definition"], arguments, truth, scale) else []
    if len(found) < 2 and by_differences(case, arguments, truth, scale):
        found.append("differences")
    return tuple(found)


def by_referee(definition: Callable[..., Any], arguments: Arguments, truth: Tree, scale: Tree) -> bool:
    """Whether the referee gives the truth; not where the definition has no such shapes."""
    try:
        return near(rounded(referee(definition, arguments, exact=False)), truth, scale)
    except (AttributeError, TypeError, ValueError, ArithmeticError):
        return False


def is_bfloat16(candidate: Candidate) -> bool:
    """Whether a candidate is in bfloat16."""
    return candidate["vector"]["dtype"] == "bfloat16"


def by_differences(case: Case, arguments: Arguments, truth: Tree, scale: Tree) -> bool:
    """Whether purevjp's own value, and its differences in float64, give the truth; not at a kink."""

    def known(*xs: Tree, **static: Any) -> Any:
        return case["rule"](*xs, **static)[0], lambda _u: tuple(truth[1:])

    with np.errstate(all="ignore"):
        value = case["rule"](*arguments["xs"], **arguments["static"])[0]
        if not near(value, truth[0], scale[0]):
            return False
        found, kinks = difference.compared(
            known, arguments, analytic=case["analytic"], scales=[np.asarray(s) for s in tree_leaves(scale)[1:]]
        )
    return not found and not kinks


def near(got: Tree, truth: Tree, scale: Tree) -> bool:
    """Whether numbers of float64 are within the error scale of float64."""
    triples = zip(tree_leaves(got), tree_leaves(truth), tree_leaves(scale), strict=True)
    return all(bool(np.all(error_ratios(np.asarray(a, np.float64), y, s) <= FACTOR)) for a, y, s in triples)


def own_answer(case: Case, vector: Vector) -> tuple[Tree, tuple[Tree, ...]]:
    """What purevjp itself gives; in bfloat16, that of float32, rounded."""
    rule = natural(case, case["rule"])
    with np.errstate(all="ignore"):
        value, vjp = rule(*vector["xs"], **vector["static"])
        answer: tuple[Tree, tuple[Tree, ...]] = (value, vjp(vector["u"]))
    return tree_map(to_bfloat16, answer) if vector["dtype"] == "bfloat16" else answer


def to_bfloat16(x: Array) -> Array:
    """Numbers of float32 rounded to bfloat16, in float32."""
    rounded_once: Array = np.asarray(x).astype(ml_dtypes.bfloat16).astype(np.float32)
    return rounded_once


def passes_itself(case: Case, vector: Vector) -> bool:
    """Whether purevjp's own answer agrees."""
    try:
        return judged(vector, *own_answer(case, vector))["verdict"] == AGREE
    except (ValueError, TypeError, ArithmeticError):
        return False
