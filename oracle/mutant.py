"""Wrong rules, made of right ones: each must be rejected for every row, or the judge is not to be trusted."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from oracle.domain import Case
from oracle.pack import Rule
from oracle.wrong.catalogue import WRONG, WRONG_VALUES, Pullback
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

Mutation: TypeAlias = Callable[[Rule], Rule]
Spoil: TypeAlias = Callable[[Callable[..., Any], Array, tuple[Tree, ...]], tuple[Tree, ...]]


def spoiled(spoil: Spoil) -> Mutation:
    """The mutation that returns `spoil(vjp, u, xs)` for the cotangents."""

    def mutate(rule: Rule) -> Rule:
        def mutant(*xs: Tree, **static: Any) -> Any:
            value, vjp = rule(*xs, **static)
            return value, lambda u: spoil(vjp, u, xs)

        return mutant

    return mutate


def each(change: Callable[[Array], Any]) -> Mutation:
    """The mutation that changes every cotangent."""
    return spoiled(lambda vjp, u, _xs: tree_map(change, vjp(u)))


def at_largest(change: float) -> Mutation:
    """The mutation that multiplies the largest entry of all cotangents."""

    def spoil(vjp: Callable[..., Any], u: Array, _xs: tuple[Tree, ...]) -> tuple[Tree, ...]:
        cotangents = tree_map(np.array, vjp(u))
        leaves = [dx for dx in tree_leaves(cotangents) if dx.size]
        if leaves:
            largest = max(leaves, key=lambda dx: float(np.max(np.abs(dx))))
            largest[np.unravel_index(np.argmax(np.abs(largest)), largest.shape)] *= change
        return tuple(cotangents)

    return spoiled(spoil)


def unreduced(rule: Rule) -> Rule:
    """The mutation that leaves out the sum over broadcast axes."""

    def mutant(*xs: Array, **static: Any) -> Any:
        return rule(*map(np.array, np.broadcast_arrays(*xs)), **static)

    return mutant


def stale(rule: Rule) -> Rule:
    """The mutation that returns the first call's cotangents again."""

    def mutant(*xs: Tree, **static: Any) -> Any:
        value, vjp = rule(*xs, **static)
        first: list[Any] = []

        def stale_vjp(u: Array) -> Any:
            first[:] = first or [vjp(u)]
            return tree_map(np.array, first[0])

        return value, stale_vjp

    return mutant


def reusing(rule: Rule) -> Rule:
    """The mutation that writes all its answers to the same memory."""

    def mutant(*xs: Tree, **static: Any) -> Any:
        value, vjp = rule(*xs, **static)
        buffers = tree_map(np.zeros_like, xs)

        def reusing_vjp(u: Array) -> Any:
            tree_map(np.copyto, buffers, vjp(u))
            return buffers

        return value, reusing_vjp

    return mutant


def haunted(rule: Rule) -> Rule:
    """The mutation whose cotangents depend on what was called since."""
    calls: list[None] = []

    def mutant(*xs: Tree, **static: Any) -> Any:
        value, vjp = rule(*xs, **static)
        calls.append(None)
        before = len(calls)
        return value, lambda u: tree_map(lambda dx: dx * dx.dtype.type(1 + len(calls) - before), vjp(u))

    return mutant


def obliging(rule: Rule) -> Rule:
    """The mutation that takes integers, and cotangents of any shape and dtype."""

    def mutant(*xs: Tree, **static: Any) -> Any:
        value, vjp = rule(*tree_map(lambda x: x if x.dtype.kind in "fc" else x.astype(np.float64), xs), **static)
        return value, lambda u: vjp(tree_map(fitted, value, u))

    return mutant


def fitted(like: Array, u: Array) -> Array:
    """A cotangent in the shape and dtype of the value."""
    return np.resize(np.asarray(u, np.result_type(like)), np.shape(like))


def averaged(vjp: Callable[..., Any], u: Array, xs: tuple[Tree, ...]) -> tuple[Tree, ...]:
    """Cotangents with the mean over broadcast axes in place of the sum."""
    return tuple(tree_map(lambda x, dx: dx * dx.dtype.type(x.size / max(u.size, 1)), xs, vjp(u)))


def misreduced(rule: Rule) -> Rule:
    """The mutation that sums over another axis than the one that was broadcast, where the sides allow it."""

    def mutant(*xs: Array, **static: Any) -> Any:
        value, _ = rule(*xs, **static)
        tiled = rule(*map(np.array, np.broadcast_arrays(*xs)), **static)[1]
        return value, lambda u: tuple(other_sum(dx, x) for dx, x in zip(tiled(u), xs, strict=True))

    return mutant


def other_sum(da: Array, x: Array) -> Array:
    """`da` summed over the first axes until it has the size of `x`, and put into its shape; else summed in full."""
    if da.shape == x.shape:
        return da
    for axes in itertools.chain.from_iterable(itertools.combinations(range(da.ndim), n) for n in range(1, da.ndim + 1)):
        total = da.sum(axis=axes)
        stretched = da.ndim > x.ndim or any(x.shape[i] != da.shape[i] for i in range(da.ndim) if i not in axes)
        if total.size == x.size and stretched:
            return np.asarray(total, x.dtype).reshape(x.shape)
    return np.full(x.shape, da.sum(), x.dtype)


def writing(rule: Rule) -> Rule:
    """The mutation whose pullback writes to the first array."""

    def mutant(*xs: Tree, **static: Any) -> Any:
        value, vjp = rule(*xs, **static)

        def writing_vjp(u: Array) -> Any:
            cotangents = vjp(u)
            first = tree_leaves(xs)[0]
            np.multiply(first, 2, out=first)
            return cotangents

        return value, writing_vjp

    return mutant


def overwriting(vjp: Callable[..., Any], u: Array, _xs: tuple[Tree, ...]) -> tuple[Tree, ...]:
    """Cotangents, and the incoming one doubled where it lies."""
    cotangents: tuple[Tree, ...] = vjp(u)
    tree_map(lambda leaf: np.multiply(leaf, 2, out=leaf), u)
    return cotangents


def without_last(dx: Array, axis: int | None) -> Array:
    """Zero for the last entry, or for the last row along an axis."""
    dx = np.array(dx)
    if axis is None:
        dx.flat[dx.size - 1 : dx.size] = 0
    elif dx.ndim and len(dx):
        dx[-1] = 0
    return dx


def transposed(dx: Array) -> Array:
    """The transpose of a square matrix, or of a stack of them."""
    return dx.swapaxes(-1, -2).copy() if dx.ndim > 1 and dx.shape[-1] == dx.shape[-2] else dx


def narrowed(dx: Array) -> Array:
    """The next narrower dtype."""
    return dx.astype(np.float32 if dx.dtype == np.float64 else np.float16)


MUTANTS: dict[str, Mutation] = {
    "negated": each(lambda dx: -dx),
    "doubled": each(lambda dx: dx * 2),
    "halved": each(lambda dx: dx / 2),
    "scaled by 1.01": each(lambda dx: dx * dx.dtype.type(1.01)),
    "scaled by 1.0001": each(lambda dx: dx * dx.dtype.type(1.0001)),
    "one entry zeroed": at_largest(0.0),
    "last entry zeroed": each(lambda dx: without_last(dx, None)),
    "last row zeroed": each(lambda dx: without_last(dx, 0)),
    "one nan": at_largest(np.nan),
    "rolled by one": each(lambda dx: np.roll(dx, 1)),
    "transposed": each(transposed),
    "ones for u": spoiled(lambda vjp, u, _xs: vjp(np.ones_like(u))),
    "first answer again": stale,
    "half precision": each(lambda dx: dx.astype(np.float16).astype(dx.dtype)),
    "widened dtype": each(lambda dx: dx.astype(np.float64)),
    "narrowed dtype": each(narrowed),
    "same memory again": reusing,
    "other calls change it": haunted,
    "writes to x": writing,
    "writes to u": spoiled(overwriting),
    "takes anything": obliging,
    "swapped cotangents": spoiled(lambda vjp, u, _xs: tuple(reversed(vjp(u)))),
    "dropped broadcast reduction": unreduced,
    "mean for broadcast reduction": spoiled(averaged),
    "wrong axis reduced": misreduced,
}

BROADCAST = {"dropped broadcast reduction", "mean for broadcast reduction", "wrong axis reduced"}
SEVERAL = {"swapped cotangents"}


def mutants(case: Case) -> Iterator[tuple[str, Case]]:
    """The row with each wrong rule that can be made of its own, generic ones first: by name."""
    broadcasts = isinstance(case["shapes"], str) and len(case["domains"]) > 1
    for name, mutate in MUTANTS.items():
        if (name in BROADCAST and not broadcasts) or (name in SEVERAL and len(case["domains"]) == 1):
            continue
        yield name, {**case, "rule": mutate(case["rule"])}
    for name, pullback in WRONG.get(case["name"], {}).items():
        yield name, {**case, "rule": with_pullback(case["rule"], pullback)}
    for name, value in WRONG_VALUES.get(case["name"], {}).items():
        yield name, {**case, "rule": with_value(case["rule"], value)}


def with_pullback(rule: Rule, pullback: Pullback) -> Rule:
    """A rule with its own value and another pullback, `pullback(u, *xs, **static)`."""

    def mutant(*xs: Tree, **static: Any) -> Any:
        value, vjp = rule(*xs, **static)

        def mutant_vjp(u: Array) -> Any:
            vjp(u)  # asks of u what the rule asks
            with np.errstate(all="ignore"):
                return tuple(pullback(np.asarray(u), *xs, **static))

        return value, mutant_vjp

    return mutant


def with_value(rule: Rule, value: Callable[..., Any]) -> Rule:
    """A rule with its own pullback and another value, `value(*xs, **static)`."""
    return lambda *xs, **static: (value(*xs, **static), rule(*xs, **static)[1])
