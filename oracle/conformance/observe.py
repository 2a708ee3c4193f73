"""One case put to a backend: what it answers, and what is found against the way it does."""

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

import ml_dtypes
import numpy as np

from oracle.interface import frozen
from oracle.layout import LAYOUTS, laid
from oracle.vectors.hold import at_point, named_arrays, no_cotangents, within
from oracle.vectors.vector import Vector
from oracle.verdict import FACTOR, Judgement
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

Answer = TypedDict("Answer", {"names": list[str], "leaves": list[Array], "findings": list[str], "seconds": float})
"""The leaves of value and cotangents by name, as real arrays, if there is nothing against their form; what is against
it; how long it took."""

Ask: TypeAlias = Callable[[tuple[Tree, ...], Mapping[str, Any], Any], tuple[Any, Any]]
Rule: TypeAlias = Callable[..., tuple[Any, Callable[..., tuple[Any, ...]]]]
RAISED = "raised "
TIMES = 1024
"""A pullback is asked for so many times u: what is clipped there shows. Of halves it might leave the range."""

UNDERFLOWN = 64 * 2.0**-14
"""As much may be lost of halves, and no less of what is added up to them, in a few intermediate results."""


def asked(vector: Vector) -> tuple[tuple[Tree, ...], Tree]:
    """The arrays of a case as a backend gets them, and the cotangent: bfloat16 is a dtype of its own."""
    if vector["dtype"] != "bfloat16":
        return vector["xs"], vector["u"]
    both: tuple[Any, Any] = tree_map(lambda x: x.astype(ml_dtypes.bfloat16), (vector["xs"], vector["u"]))
    return both


def answer(ask: Ask, vector: Vector, xs: tuple[Tree, ...], u: Tree) -> Answer:
    """The answer to frozen copies of these arguments.

    Errors  NotImplementedError when the backend does not have this.
    """
    copies, copy = tree_map(frozen_copy, xs), tree_map(frozen_copy, u)
    start = time.perf_counter()
    value, cotangents, findings = None, None, []
    try:
        with np.errstate(all="ignore"):
            value, cotangents = ask(copies, vector["static"], copy)
    except NotImplementedError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever a backend raises is the finding)
        why = ": it writes to an argument, or to u" if "read-only" in str(error) else ""
        findings = [f"{RAISED}{error!r}{why}"]
    seconds = time.perf_counter() - start
    named: list[tuple[str, Array]] = []
    if not findings:
        named, findings = in_form(vector, value, cotangents)
        if not same(tree_leaves((xs, u)), tree_leaves((copies, copy))):
            findings = ["an argument, or u, was changed"]
    names, leaves = ([], []) if findings else ([name for name, _ in named], [leaf for _, leaf in named])
    return {"names": names, "leaves": leaves, "findings": findings, "seconds": seconds}


def in_form(vector: Vector, value: Any, cotangents: Any) -> tuple[list[tuple[str, Array]], list[str]]:
    """Value and cotangents as real arrays by name, and what is found against their tree, shapes and dtypes."""
    xs = vector["xs"]
    if not isinstance(cotangents, tuple) or len(cotangents) != len(xs):
        return [], [no_cotangents(len(xs), cotangents)]
    triples = [("value", vector["u"], value)]
    triples += [(f"cotangent {i}", x, dx) for i, (x, dx) in enumerate(zip(xs, cotangents, strict=True))]
    if vector["dtype"] != "bfloat16" and all(alike(like, of) for _, like, of in triples):
        return [(name, of) for name, _, of in triples], []
    leaves: list[tuple[str, Array]] = []
    findings: list[str] = []
    for name, like, of in triples:
        more, found = named_arrays(name, like, of, vector["dtype"])
        leaves, findings = leaves + more, findings + found
    return leaves, findings


def alike(x: Any, got: Any) -> bool:
    """Whether two are real arrays of one shape and dtype."""
    return (
        x.__class__ is got.__class__ is np.ndarray and x.shape == got.shape and x.dtype == got.dtype
        and x.dtype.kind == "f"
    )  # fmt: skip


def frozen_copy(x: Array) -> Array:
    """A copy that refuses to be written to, laid out as the original; strides of 0 are kept."""
    if x.flags.c_contiguous:
        copy = x.copy()
        copy.flags.writeable = False
        return copy
    if x.size > 1 and not any(x.strides):
        return frozen(np.broadcast_to(np.array(x.flat[0]), x.shape))
    return frozen(relaid_copy(x))


def relaid_copy(x: Array) -> Array:
    """A copy with the strides of the original."""
    copy = x.copy(order="K")
    return copy if copy.strides == x.strides else x


def same(a: Sequence[Array], b: Sequence[Array]) -> bool:
    """Equal numbers, nan to nan."""
    pairs = zip(a, b, strict=True)
    return all(bitwise(x, y) or np.array_equal(x, y) or np.array_equal(x, y, equal_nan=True) for x, y in pairs)


def bitwise(x: Any, y: Any) -> bool:
    """Whether two are arrays of the same bits."""
    return (
        x.__class__ is y.__class__ is np.ndarray and x.shape == y.shape and x.dtype == y.dtype
        and x.tobytes() == y.tobytes()
    )  # fmt: skip


def probed(ask: Ask, vector: Vector, first: Answer, holds: Callable[[Answer], list[str]]) -> list[str]:
    """What is found when the same is asked in another layout of memory, and, unless that gave the same bits, again.

    `holds` says what is wrong with an answer.
    """
    xs, u = asked(vector)
    layout, arguments = another_layout(vector["id"], xs, u)
    other = answer(ask, vector, *arguments)
    if repeats(first, other):
        return []
    found = (other["findings"] or holds(other)) if layout else []
    changes = bool(found) and not repeats(other, answer(ask, vector, *arguments))
    if not layout or changes or not repeats(first, answer(ask, vector, xs, u)):
        return ["the same call gave another answer"]
    return [f"{finding}, in the layout {layout}" for finding in found]


def repeats(first: Answer, again: Answer) -> bool:
    """Whether two answers are one."""
    return first["findings"] == again["findings"] and same(first["leaves"], again["leaves"])


def another_layout(name: str, xs: tuple[Tree, ...], u: Tree) -> tuple[str, tuple[tuple[Tree, ...], Tree]]:
    """The arguments in another layout, of the various values of one shape each in turn; "" if there is no other."""
    if isinstance(u, np.ndarray) and u.size > 1 and u.flat[0] == u.flat[1] and np.all(u == u.flat[0]):
        return "repeated, with strides of 0", (xs, np.broadcast_to(u.flat[0], u.shape))
    leaves = tree_leaves((xs, u))
    ndim, size = max(x.ndim for x in leaves), max(x.size for x in leaves)
    if size <= 1:
        return "", (xs, u)
    options = LAYOUTS[1:] if ndim > 1 else LAYOUTS[2:]
    turn = 0 if "/shapes/" in name else sum(name.encode())
    layout = options[turn % len(options)]
    both: tuple[Any, Any] = tree_map(lambda x: laid(x, layout), (xs, u))
    return layout, both


def pullback_findings(rule: Rule, vector: Vector) -> list[str]:
    """What is found against the pullback of a rule in purevjp's form when it is called more than once.

    It gives the same again whatever else is called, is linear in u, and its cotangents own their memory.
    """
    (xs, u), static = asked(vector), vector["static"]
    times = 2 if vector["dtype"] == "float16" else TIMES
    others = (tree_map(np.zeros_like, u), tree_map(lambda v: -times * v, u), u)
    called = "rule"
    try:
        with np.errstate(all="ignore"):
            value, vjp = rule(*xs, **static)
            first = vjp(u)
            kept = [np.array(leaf) for leaf in tree_leaves((value, *first))]
            rule(*tree_map(lambda x: x / 2, xs), **static)
            called = "pullback"
            zero, large, second = (tree_leaves(vjp(other)) for other in others)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (as in `answer`)
        return [f"{RAISED}{error!r} when the {called} was called again"]
    found, n = [], len(tree_leaves(u))
    if not same(tree_leaves((value, *first)), kept) or not same(second, kept[n:]):
        found.append("the pullback gives another answer once something else was called")
    if any(np.any(dx) for dx in zero):
        found.append("the cotangents of u = 0 are not 0")
    scales = tree_leaves(vector["scale"][1:])
    tiny = UNDERFLOWN if vector["dtype"] == "float16" else 64 * 2.0**-126
    for dx, dx_large, scale in zip(kept[n:], large, scales, strict=True):
        off = np.abs(np.add(dx_large, times * dx, dtype=np.result_type(dx, np.float64)))
        if not found and not np.all(off <= 2 * times * FACTOR * np.abs(scale) + times * tiny):
            found.append(f"the cotangents of −{times}u are not −{times} times those of u")
    outputs, memory = tree_leaves(first), [*tree_leaves((u, xs)), *second]
    for i, dx in enumerate(outputs):
        if any(np.may_share_memory(dx, other) for other in memory + outputs[:i]):
            found.append(f"cotangent {i} shares memory with an argument, another cotangent or another call's")
    return found


def by_own(name: str, rule: Rule, xs: tuple[Tree, ...], static: Mapping[str, Any], u: Any) -> tuple[Any, Any]:
    """Value and cotangents of a rule in purevjp's own form.

    Errors  TypeError when it is in another.
    """
    returned: Any = rule(*xs, **static)
    form = "but should return (value, pullback)"
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        many = f" of {len(returned)}" if isinstance(returned, tuple | list) else ""
        raise TypeError(f"{name} returned a {returned.__class__.__name__}{many}, {form}")
    value, pullback = returned
    if not callable(pullback):
        raise TypeError(f"{name} returned a {pullback.__class__.__name__} as its pullback, {form}")
    return value, pullback(u)


def answered(rule: Rule, vector: Vector) -> Answer:
    """The answer of a rule in purevjp's form."""
    return answer(functools.partial(by_own, vector["rule"], rule), vector, *asked(vector))


def judgement_of(got: Answer, vector: Vector) -> Judgement:
    """The verdict on the numbers of an answer that is in form."""
    with np.errstate(all="ignore"):
        if vector["accepts"] is not None:
            return at_point(vector, got["leaves"])
        return within(vector, got["names"], got["leaves"])


def held(got: Answer, vector: Vector) -> list[str]:
    """What is wrong with the numbers of an answer."""
    return judgement_of(got, vector)["findings"]


def own_findings(rule: Rule, vector: Vector, *, strict: bool) -> list[str]:
    """What is found against a rule in purevjp's form that answers right: its pullback, and what it should refuse."""
    found = pullback_findings(rule, vector)
    if not found and strict:
        from oracle.laws import refusals  # noqa: PLC0415 (JAX takes a second to import)

        xs, u = asked(vector)
        found = refusals(rule, {"xs": xs, "static": vector["static"], "u": u})
    return found


def looked_closer(rule: Rule, vector: Vector, *, again: bool, strict: bool) -> list[str]:
    """What is found against a rule in purevjp's form that answers right, beyond its numbers."""
    ask = functools.partial(by_own, vector["rule"], rule)
    first = answered(rule, vector)
    if first["findings"] or held(first, vector):
        return first["findings"] or ["wrong"]
    found = probed(ask, vector, first, lambda other: held(other, vector))
    return own_findings(rule, vector, strict=strict) if again and not found else found
