"""What is wrong with a wrong result: the mutant it matches, or a factor, a transposition, a shift, a missing row."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from oracle.domain import Case
from oracle.draw import Arguments
from oracle.mutant import mutants
from oracle.pack import Rule
from oracle.reference import NARROWER, Truth, reference, rounding_of
from oracle.verdict import FACTOR, IMPRECISE, WRONG, compare, results
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

NEAR_ONE = 1e-9


def diagnosed(case: Case, arguments: Arguments, known: Truth | None = None) -> tuple[str, str]:
    """The verdict on a result outside its scale, `imprecise` or `wrong`, and what is the matter with it, in words.

    `known` is the truth with its error scale, if it is not that of JAX.
    """
    got, findings = results(case, arguments)
    if findings:
        return WRONG, findings[0]
    xs, static, u = arguments["xs"], arguments["static"], arguments["u"]
    truth, scale = (tree_leaves(of) for of in known or reference(case["counterpart"], xs, static, u))
    names = ["value", *(f"cotangent {i}" for i in range(len(got) - 1))]
    wrong = [i for i, what in enumerate(names) if compare(got[i], truth[i], scale[i], what)[1]]
    if not wrong:
        return WRONG, "right on contiguous arrays in order: look at layout, memory and state"
    explained = [f"{names[i]} {how}" for i in wrong for how in explanations(i, got[i], truth, scale, names)[:1]]
    narrow = NARROWER[u.dtype.name] == u.dtype.name  # then a factor near 1 explains nothing
    if (narrow or not explained) and within_narrower(case, arguments, got):
        return IMPRECISE, f"as accurate as {NARROWER[u.dtype.name]} is: right formula, narrower numbers or sums"
    matches = [f"matches mutant `{case['name']}.{name}`{how}" for name, how in matching(case, arguments, got)]
    counts = [f"{names[i]} is wrong in {number_wrong(got[i], truth[i], scale[i])}" for i in wrong]
    return WRONG, "; ".join([*matches[:2], *(explained or counts)])


def explanations(
    i: int, got: Array, truths: Sequence[Array], scales: Sequence[Array], names: Sequence[str]
) -> list[str]:
    """How one array would be made of the truth, if it can be said in a word."""
    truth, scale = truths[i], scales[i]

    def agrees(changed: Any, of: Array = truth, width: Array = scale) -> bool:
        return np.shape(changed) == of.shape and not compare(changed, of, width, "")[1]

    found = []
    if nans := int(np.isnan(got).sum()):
        found.append(f"has {nans} nan in {got.size} elements")
    factor = best_factor(got, truth, scale)
    if factor is not None:
        text = f"{factor:.6g}"
        found.append(f"is {f'{factor:.9g}' if text == '1' else text} times the truth")
    if got.ndim == 2 and got.shape[0] == got.shape[1] and agrees(got.T):
        found.append("is transposed")
    for axis in range(got.ndim):
        steps = [step for step in (1, -1) if got.shape[axis] > 1 and agrees(np.roll(got, -step, axis))]
        found += [f"is shifted by {step} along axis {axis}" for step in steps]
        if missing := missing_rows(got, truth, scale, axis):
            found.append(f"is zero at {missing} of axis {axis}, and right elsewhere")
    others = [j for j in range(1, len(truths)) if j != i and i > 0]
    found += [f"is {names[j]}" for j in others if agrees(got, truths[j], scales[j])]
    return found


def best_factor(got: Array, truth: Array, scale: Array) -> float | None:
    """The k with got ≈ k · truth in every element, within the error scale; None if there is none but 1."""
    least = np.min(scale, where=scale > 0, initial=np.inf)
    weights = (
        np.square(np.divide(least, scale, out=np.zeros_like(scale), where=scale > 0)) if np.any(scale > 0) else 1.0
    )
    size = float(np.sum(weights * truth * truth))
    with np.errstate(invalid="ignore", over="ignore"):
        k = float(np.sum(weights * got * truth)) / size if size else np.nan
        near = np.abs(got - k * truth) <= FACTOR * max(abs(k), 1) * scale
    return k if got.size > 1 and np.isfinite(k) and abs(k - 1) > NEAR_ONE and bool(np.all(near)) else None


def missing_rows(got: Array, truth: Array, scale: Array, axis: int) -> list[int]:
    """The indices along an axis where all is zero and should not be, if the rest is right."""
    rows = [np.moveaxis(of, axis, 0) for of in (got, truth, scale)]
    zero = [i for i in range(got.shape[axis]) if not np.any(rows[0][i]) and np.any(np.abs(rows[1][i]) > rows[2][i])]
    rest = [i for i in range(got.shape[axis]) if i not in zero]
    right = all(not compare(rows[0][i], rows[1][i], rows[2][i], "")[1] for i in rest)
    return zero if zero and rest and right else []


def number_wrong(got: Array, truth: Array, scale: Array) -> str:
    """How many elements are outside the error scale."""
    wrong = ~(np.abs(got.astype(np.float64) - truth) <= FACTOR * scale)
    return f"{int(wrong.sum())} of {wrong.size} elements"


def matching(case: Case, arguments: Arguments, got: Sequence[Array]) -> Iterator[tuple[str, str]]:
    """The mutants of the truth that give this very result, and how near they come."""
    static, u = arguments["static"], arguments["u"]
    scale = tree_leaves(reference(case["counterpart"], arguments["xs"], static, u)[1])
    for name, mutant in mutants({**case, "rule": true_rule(case)}):
        theirs, findings = results(mutant, arguments)
        if findings or [leaf.dtype for leaf in theirs] != [leaf.dtype for leaf in got]:
            continue
        pairs = list(zip(got, theirs, scale, strict=True))
        if all(not compare(a, b.astype(np.float64), FACTOR * s, "")[1] for a, b, s in pairs):
            sizes = [
                max(float(np.max(np.abs(b), initial=0)), FACTOR * float(np.max(s, initial=0))) for _, b, s in pairs
            ]
            off = max(
                float(np.max(np.abs(a - b), initial=0)) / (size or 1)
                for (a, b, _), size in zip(pairs, sizes, strict=True)
            )
            yield name, f" to {off:.1g}"


def true_rule(case: Case) -> Rule:
    """A rule that asks the reference, in the dtype of its arguments."""

    def rule(*xs: Tree, **static: Any) -> tuple[Any, Callable[..., tuple[Any, ...]]]:
        dtype = tree_leaves(xs)[0].dtype
        shape = np.shape(case["rule"](*xs, **static)[0])

        def truth(u: Any) -> Any:
            return tree_map(
                lambda y: np.asarray(y, dtype), reference(case["counterpart"], xs, static, np.asarray(u))[0]
            )

        return truth(np.zeros(shape, dtype))[0], lambda u: tuple(truth(u)[1:])

    return rule


def within_narrower(case: Case, arguments: Arguments, got: Sequence[Array]) -> bool:
    """Whether a result is as accurate as the next narrower dtype, or accumulator, would make it."""
    xs, static, u = arguments["xs"], arguments["static"], arguments["u"]
    narrower = NARROWER[u.dtype.name]
    roundoff, underflow, _ = rounding_of(u.dtype if narrower == u.dtype.name else narrower)
    truth, scale = reference(case["counterpart"], xs, static, u, rounding=(roundoff, underflow, roundoff))
    triples = zip(got, tree_leaves(truth), tree_leaves(scale), strict=True)
    return all(not compare(dx, y, s, "")[1] for dx, y, s in triples)
