"""Laws that need no reference: shape and dtype, purity, linearity in the cotangent."""

import itertools
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from oracle.domain import Case
from oracle.draw import Arguments
from oracle.pack import Rule
from oracle.reference import references
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

FACTOR = 8
"""As in `verdict.py`."""

HALF = 2
"""Bytes of a float16, which has no room for large factors."""

UNDERFLOWN = 64
"""So many of the smallest normal number may be lost in a few intermediate results."""


def findings(case: Case, arguments: Arguments, scales: Sequence[Array]) -> list[str]:
    """What is found against purity, linearity, the refusal of bad input, tiling and the laws of a row's own.

    `scales` are the error scales of the cotangents.
    """
    rule = case["rule"]
    found = purity(rule, arguments) + linearity(rule, arguments) + refusals(rule, arguments)
    if isinstance(case["shapes"], str) and len(arguments["xs"]) > 1:
        found += tiling(rule, arguments, scales)
    cotangents = tree_leaves(rule(*arguments["xs"], **arguments["static"])[1](arguments["u"]))
    return found + [finding for law in case["laws"] for finding in law(arguments, cotangents)]


def tiling(rule: Rule, arguments: Arguments, scales: Sequence[Array]) -> list[str]:
    """Broadcasting equals tiling: the cotangent of a broadcast array is that of the tiled one, summed over tiles."""
    xs, static, u = arguments["xs"], arguments["static"], arguments["u"]
    tiled = [np.array(x) for x in np.broadcast_arrays(*xs)]
    whole, parts = rule(*xs, **static)[1](u), rule(*tiled, **static)[1](u)
    found = []
    for i, (dx, part, scale) in enumerate(zip(whole, parts, scales, strict=True)):
        should = part.astype(np.float64)
        added = should.ndim - np.ndim(dx)
        axes = [a for a in range(should.ndim) if a < added or (dx.shape[a - added] == 1 and should.shape[a] != 1)]
        should = should.sum(axis=tuple(axes)).reshape(np.shape(dx))
        if not np.all(np.abs(dx - should) <= 16 * scale + np.finfo(u.dtype).tiny):
            found.append(f"cotangent {i} is not that of the tiled argument, summed over the tiles")
    return found


def conserved(arguments: Arguments, cotangents: Sequence[Array]) -> list[str]:
    """Max and its kin hand on the incoming cotangent, all of it and no more."""
    total, u = (sum(float(np.sum(a, dtype=np.float64)) for a in of) for of in (cotangents, [arguments["u"]]))
    return adds_up(total, u, [*cotangents, arguments["u"]], "the incoming cotangent")


def balanced(arguments: Arguments, cotangents: Sequence[Array]) -> list[str]:
    """A shift of a whole lane changes nothing: along `axis`, cotangents add up to 0."""
    (dx,) = cotangents
    axis = arguments["static"]["axis"]
    sums = np.sum(dx, axis=axis, dtype=np.float64)
    size = np.sum(np.abs(dx), axis=axis, dtype=np.float64) + np.abs(arguments["u"]).max(initial=0)
    limit = 64 * np.finfo(dx.dtype).eps * size
    return [] if np.all(np.abs(sums) <= limit) else ["the cotangents along axis should add up to 0"]


def adds_up(got: float, should: float, terms: Sequence[Array], what: str) -> list[str]:
    """Whether a sum of terms is what it should be, but for their rounding."""
    limit = 64 * max(np.finfo(term.dtype).eps for term in terms) * sum(float(np.sum(np.abs(term))) for term in terms)
    return (
        []
        if abs(got - should) <= limit
        else [f"the cotangents add up to {got:.9g}, but should to {what}, {should:.9g}"]
    )


def purity(rule: Rule, arguments: Arguments) -> list[str]:
    """Arguments stay as they were, answers stay the same whatever else is called, and cotangents own their memory."""
    (xs, u), static = tree_map(np.array, (arguments["xs"], arguments["u"])), arguments["static"]
    before = tree_map(np.array, (xs, u))
    value, vjp = rule(*xs, **static)
    first = vjp(u)
    kept = tree_map(np.array, (value, first))
    value_again, vjp_again = rule(*xs, **static)
    with np.errstate(all="ignore"):  # halves may be outside the domain
        rule(*tree_map(lambda x: x / 2, xs), **static)
    second = vjp(u)
    found = []
    if not same((xs, u), before):
        found.append("the arguments were changed")
    if not (same((value, first), kept) and same((value_again, vjp_again(u)), kept) and same(second, kept[1])):
        found.append("the same call gave another answer")
    outputs, others = tree_leaves(first), [u, *tree_leaves(xs), *tree_leaves(second)]
    for i, dx in enumerate(outputs):
        if any(np.shares_memory(dx, other) for other in others + outputs[:i]):
            found.append(f"cotangent {i} shares memory with an argument or another cotangent")
        elif isinstance(dx, np.ndarray) and not dx.flags.writeable:
            found.append(f"cotangent {i} cannot be written to, but should own its memory")
    return found


def linearity(rule: Rule, arguments: Arguments, powers: Sequence[int] = (1, 20, -30)) -> list[str]:
    """vjp(0) is 0 and vjp(c u) is c vjp(u) for powers of two c, to the last bit of all that does not underflow."""
    _, vjp = rule(*arguments["xs"], **arguments["static"])
    u = np.array(arguments["u"], order="C")
    found, cotangents = [], vjp(u)
    if any(np.any(dx) for dx in tree_leaves(vjp(np.zeros_like(u)))):
        found.append("the cotangents of u = 0 are not 0")
    for power in powers if u.dtype.itemsize > HALF else (1, 3, -3):
        c = u.dtype.type(-(2.0**power))
        pairs = zip(tree_leaves(vjp(c * u)), tree_leaves(cotangents), strict=True)
        if not all(np.all((a == c * b) | (np.abs(a - c * b) <= UNDERFLOWN * np.finfo(a.dtype).tiny)) for a, b in pairs):
            return [*found, f"the cotangents of −2^{power} u are not −2^{power} times those of u"]
    return found


def additivity(case: Case, arguments: Arguments, mask: Array) -> list[str]:
    """vjp(u) is vjp(the part of u in the mask) + vjp(the rest), within the error scales of all three."""
    xs, static, u = arguments["xs"], arguments["static"], arguments["u"]
    _, vjp = case["rule"](*xs, **static)
    parts = [np.array(u), np.where(mask, u, 0).astype(u.dtype), np.where(mask, 0, u).astype(u.dtype)]
    whole, masked, rest = (tree_leaves(vjp(part)) for part in parts)
    _, scales = references(case["counterpart"], static, [(xs, part) for part in parts])
    limits = [FACTOR * leaf.sum(axis=0) + float(np.finfo(u.dtype).tiny) for leaf in tree_leaves(scales)[1:]]
    sums = [np.add(a, b, dtype=np.float64) for a, b in zip(masked, rest, strict=True)]
    return [
        f"cotangent {i} of a sum of two cotangents is not the sum of theirs"
        for i, (dx, should, limit) in enumerate(zip(whole, sums, limits, strict=True))
        if not np.all(np.abs(dx - should) <= limit)
    ]


def refusals(rule: Rule, arguments: Arguments) -> list[str]:
    """Integer arrays are refused, and so are cotangents of another shape, even one that would broadcast, or dtype.

    Of several results, the cotangent of each is tried alone.
    """
    xs, static, u = arguments["xs"], arguments["static"], arguments["u"]
    _, vjp = rule(*xs, **static)
    attempts = {
        "a cotangent with one axis more": [partial(vjp, v) for v in with_one_changed(lambda leaf: leaf[None], u)],
        "a cotangent of another dtype": [partial(vjp, v) for v in with_one_changed(in_another_dtype, u)],
        "integer arrays": [partial(rule, *tree_map(lambda x: np.ones_like(x, np.int64), xs), **static)],
    }
    return [f"{what} should be refused" for what, calls in attempts.items() if not all(map(raises, calls))]


def with_one_changed(change: Callable[[Array], Array], u: Tree) -> list[Tree]:
    """The trees with one leaf changed."""

    def changed(i: int) -> Tree:
        count = itertools.count()
        return tree_map(lambda leaf: change(leaf) if next(count) == i else leaf, u)

    return [changed(i) for i in range(len(tree_leaves(u)))]


def in_another_dtype(x: Array) -> Array:
    """An array in single precision, if it is in double; else in double."""
    single, double = (np.complex64, np.complex128) if np.iscomplexobj(x) else (np.float32, np.float64)
    return x.astype(single if x.dtype == double else double)


def raises(attempt: Callable[[], object]) -> bool:
    """Whether a call is refused as bad input is: by a TypeError or ValueError, not by an accident."""
    try:
        attempt()
    except (TypeError, ValueError):
        return True
    except Exception:  # noqa: BLE001 (an accident)
        return False
    return False


def same(a: Tree, b: Tree) -> bool:
    """Whether two trees hold equal numbers."""
    return all(np.array_equal(x, y) for x, y in zip(tree_leaves(a), tree_leaves(b), strict=True))
