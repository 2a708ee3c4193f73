"""One case put to a backend: what it answers, and what is found against the way it does."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

import numpy as np

from oracle.draw import LAYOUTS, relaid
from oracle.laws import contract, frozen
from oracle.pack import Rule
from oracle.vectors.vector import Vector
from oracle.verdict import FACTOR
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

Answer = TypedDict("Answer", {"leaves": list[Array], "findings": list[str], "seconds": float})
"""The leaves of value and cotangents, if there is nothing against their form; what is; and how long it took."""

Ask: TypeAlias = Callable[[tuple[Tree, ...], Mapping[str, Any], Array], tuple[Any, Any]]
RAISED = "raised "


def answer(ask: Ask, xs: tuple[Tree, ...], static: Mapping[str, Any], u: Array) -> Answer:
    """The answer to frozen copies of these arguments.

    Errors  NotImplementedError when the backend does not have this.
    """
    copies, copy = tree_map(frozen_copy, xs), frozen_copy(u)
    start = time.perf_counter()
    try:
        with np.errstate(all="ignore"):
            value, cotangents = ask(copies, static, copy)
    except NotImplementedError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever a backend raises is the finding)
        why = ": it writes to an argument, or to u" if "read-only" in str(error) else ""
        return {"leaves": [], "findings": [f"{RAISED}{error!r}{why}"], "seconds": time.perf_counter() - start}
    seconds = time.perf_counter() - start
    findings = contract(xs, u, value, cotangents)
    if not same([*tree_leaves(xs), u], [*tree_leaves(copies), copy]):
        findings = ["an argument, or u, was changed"]
    return {"leaves": [] if findings else tree_leaves((value, *cotangents)), "findings": findings, "seconds": seconds}


def frozen_copy(x: Array) -> Array:
    """A copy that refuses to be written to, and tells if it was all the same; strides of 0 are kept."""
    repeated = x.size > 1 and not any(x.strides)
    return frozen(np.broadcast_to(np.array(x.flat[0]), x.shape) if repeated else x.copy(order="K"))


def same(a: Sequence[Array], b: Sequence[Array]) -> bool:
    """Equal bits, but for nans of another payload and the sign of zero."""
    return all(np.array_equal(x, y, equal_nan=True) for x, y in zip(a, b, strict=True))


def probed(ask: Ask, vector: Vector, first: Sequence[Array], holds: Callable[[Sequence[Array]], list[str]]) -> list[str]:
    """What is found when the same is asked again, and in another layout of memory.

    `holds` says what is wrong with an answer.
    """
    xs, static, u = vector["xs"], vector["static"], vector["u"]
    again = answer(ask, xs, static, u)
    if again["findings"] or not same(first, again["leaves"]):
        return ["the same call gave another answer"]
    layout, laid = another_layout(vector)
    if not laid:
        return []
    other = answer(ask, laid["xs"], static, laid["u"])
    found = other["findings"] or holds(other["leaves"])
    return [f"{finding}, in the layout {layout}" for finding in found]


def another_layout(vector: Vector) -> tuple[str, Any]:
    """The arguments in a layout that differs from case to case; nothing if there is no other."""
    leaves = [vector["u"], *tree_leaves(vector["xs"])]
    u = vector["u"]
    arguments: Any = {"xs": vector["xs"], "static": vector["static"], "u": u}
    if u.size > 1 and np.all(u == u.flat[0]):
        return "repeated, with strides of 0", {**arguments, "u": np.broadcast_to(u.flat[0], u.shape)}
    ndim, size = max(x.ndim for x in leaves), max(x.size for x in leaves)
    options = [layout for layout in LAYOUTS[1:] if size > 1 and (ndim > 1 or layout != "fortran")]
    if not options:
        return "", None
    layout = options[sum(vector["id"].encode()) % len(options)]
    return layout, relaid(arguments, layout)


def pullback_findings(rule: Rule, vector: Vector) -> list[str]:
    """What is found against the pullback of a rule in purevjp's form, called more than once.

    It gives the same again whatever else is called, is linear in u, and its cotangents own their memory.
    """
    xs, static, u = vector["xs"], vector["static"], vector["u"]
    with np.errstate(all="ignore"):
        value, vjp = rule(*xs, **static)
        first = vjp(u)
        kept = [np.array(leaf) for leaf in tree_leaves((value, *first))]
        rule(*tree_map(lambda x: x / 2, xs), **static)
        zero, twice, second = (tree_leaves(vjp(v)) for v in (np.zeros_like(u), -2 * u, u))
    found = []
    if not same([value, *tree_leaves(first)], kept) or not same(second, kept[1:]):
        found.append("the pullback gives another answer once something else was called")
    if any(np.any(dx) for dx in zero):
        found.append("the cotangents of u = 0 are not 0")
    scales = tree_leaves(vector["scale"])[1:]
    for dx, dx_twice, scale in zip(kept[1:], twice, scales, strict=True):
        off = np.abs(np.add(dx_twice, 2 * dx.astype(np.float64), dtype=np.float64))
        limit = 4 * FACTOR * scale + 64 * float(np.finfo(dx.dtype).tiny)
        if not found and not np.all(off <= limit):
            found.append("the cotangents of −2u are not −2 times those of u")
    outputs, others = tree_leaves(first), [u, *tree_leaves(xs), *second]
    for i, dx in enumerate(outputs):
        if any(np.may_share_memory(dx, other) for other in others + outputs[:i]):
            found.append(f"cotangent {i} shares memory with an argument, another cotangent or another call's")
    return found
