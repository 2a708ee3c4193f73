"""Wrong rules, made of right ones: each must be rejected for every row, or the judge is not to be trusted."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from oracle.domain import Case, Rule
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
        floats = tree_map(lambda x: np.asarray(x, None if np.asarray(x).dtype.kind == "f" else np.float64), xs)
        value, vjp = rule(*floats, **static)
        shape, dtype = np.shape(value), np.result_type(value)
        return value, lambda u: vjp(np.resize(np.asarray(u, dtype), shape))

    return mutant


def averaged(vjp: Callable[..., Any], u: Array, xs: tuple[Tree, ...]) -> tuple[Tree, ...]:
    """Cotangents with the mean over broadcast axes in place of the sum."""
    return tuple(tree_map(lambda x, dx: dx * dx.dtype.type(x.size / max(u.size, 1)), xs, vjp(u)))


MUTANTS: dict[str, Mutation] = {
    "negated": each(lambda dx: -dx),
    "scaled by 1.001": each(lambda dx: dx * dx.dtype.type(1.001)),
    "ones for u": spoiled(lambda vjp, u, _xs: vjp(np.ones_like(u))),
    "first answer again": stale,
    "one entry zeroed": at_largest(0.0),
    "one nan": at_largest(np.nan),
    "widened dtype": each(lambda dx: dx.astype(np.float64)),
    "half precision": each(lambda dx: dx.astype(np.float16).astype(dx.dtype)),
    "same memory again": reusing,
    "other calls change it": haunted,
    "takes anything": obliging,
    "swapped cotangents": spoiled(lambda vjp, u, _xs: tuple(reversed(vjp(u)))),
    "dropped broadcast reduction": unreduced,
    "mean for broadcast reduction": spoiled(averaged),
}

BROADCAST = {"dropped broadcast reduction", "mean for broadcast reduction"}
SEVERAL = {"swapped cotangents"}


def mutants(case: Case) -> Iterator[tuple[str, Case]]:
    """The row with each wrong rule that can be made of its own: by name."""
    broadcasts = isinstance(case["shapes"], str) and len(case["domains"]) > 1
    for name, mutate in MUTANTS.items():
        if (name in BROADCAST and not broadcasts) or (name in SEVERAL and len(case["domains"]) == 1):
            continue
        yield name, {**case, "rule": mutate(case["rule"])}
