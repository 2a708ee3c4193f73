"""Laws that need no reference: shape and dtype, purity, linearity in the cotangent."""

from collections.abc import Callable
from typing import Any

import numpy as np

from oracle.domain import Rule, Static
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map


def frozen(x: Array) -> Array:
    """A copy that refuses to be written to."""
    copy = np.array(x)
    copy.flags.writeable = False
    return copy


def contract(xs: tuple[Tree, ...], u: Array, value: Any, cotangents: Any) -> list[str]:
    """The value has the shape and dtype of `u`; each cotangent those of its primal, in the same tree, and all are finite."""
    if not isinstance(cotangents, tuple) or len(cotangents) != len(xs):
        return [f"the pullback should return a tuple of {len(xs)}"]
    try:
        pairs = [(u, value)]
        tree_map(lambda x, dx: pairs.append((x, dx)), xs, cotangents)
    except ValueError as error:
        return [f"cotangents should have the tree of the arguments: {error}"]
    findings = []
    for i, (primal, got) in enumerate(pairs):
        what = f"cotangent {i - 1}" if i else "value"
        if not isinstance(got, np.ndarray | np.generic):
            findings.append(f"{what} is a {got.__class__.__name__}, but should be an array")
        elif (got.dtype, got.shape) != (primal.dtype, primal.shape):
            findings.append(f"{what} is {described(got)}, but should be {described(primal)}")
        elif not np.all(np.isfinite(got)):
            findings.append(f"{what} has elements that are not finite")
    return findings


def described(x: Array) -> str:
    """Dtype and shape, as in float64[2, 3]."""
    return f"{x.dtype}{list(x.shape)}"


def purity(
    rule: Rule, xs: tuple[Tree, ...], static: Static, u: Array, value: Array, cotangents: tuple[Tree, ...]
) -> list[str]:
    """Arguments stay as they were, answers stay the same and own their memory, and no layout of memory matters."""
    xs, u = tree_map(np.array, xs), np.array(u)
    before = tree_map(np.array, xs)
    again, vjp = rule(*xs, **static)
    first = vjp(u)
    kept = tree_map(np.array, first)
    second = vjp(u)
    findings = []
    if not (same(xs, before) and same(vjp(u.copy()), kept)):
        findings.append("the arguments were changed")
    if not (same(again, value) and same(first, cotangents) and same(second, kept) and same(first, kept)):
        findings.append("the same call gave another answer")
    outputs, inputs = tree_leaves(first), [u, *tree_leaves(xs)]
    for i, dx in enumerate(outputs):
        if any(np.may_share_memory(dx, other) for other in inputs + outputs[:i] + tree_leaves(second)):
            findings.append(f"cotangent {i} shares memory with an argument or another cotangent")
    return findings


def linearity(vjp: Callable[[Array], tuple[Tree, ...]], u: Array, cotangents: tuple[Tree, ...]) -> list[str]:
    """vjp(0) is 0 and vjp(−2u) is −2 vjp(u), to the last bit."""
    findings = []
    if any(np.any(dx) for dx in tree_leaves(vjp(np.zeros_like(u)))):
        findings.append("the cotangents of u = 0 are not 0")
    if not same(vjp(-2 * u), tree_map(lambda dx: -2 * dx, cotangents)):
        findings.append("the cotangents of −2u are not −2 times those of u")
    return findings


def same(a: Tree, b: Tree) -> bool:
    """Whether two trees hold equal numbers."""
    return all(np.array_equal(x, y) for x, y in zip(tree_leaves(a), tree_leaves(b), strict=True))
