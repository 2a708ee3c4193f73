"""Results held against a vector, with NumPy alone."""

from typing import Any

import numpy as np

from oracle.acceptance import accepted
from oracle.vectors.order import ordered
from oracle.vectors.vector import Vector, as_pairs, named_leaves
from oracle.verdict import AGREE, IMPRECISE, WRONG, Judgement, compare, judgement
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves

LOW_BITS = 16
"""A float32 that bfloat16 has, too, ends in so many zeros."""


def judged(vector: Vector, value: Tree, cotangents: Any) -> Judgement:
    """The verdict on a value and its cotangents, computed anywhere."""
    if not isinstance(cotangents, tuple | list) or len(cotangents) != len(vector["xs"]):
        return judgement(WRONG, np.inf, [no_cotangents(len(vector["xs"]), cotangents)])
    pairs = [("value", vector["u"], value)]
    pairs += [(f"cotangent {i}", x, dx) for i, (x, dx) in enumerate(zip(vector["xs"], cotangents, strict=True))]
    names: list[str] = []
    got: list[Array] = []
    for what, like, of in pairs:
        leaves, found = named_arrays(what, like, of, vector["dtype"])
        if found:
            return judgement(WRONG, np.inf, found)
        names += [name for name, _ in leaves]
        got += [leaf for _, leaf in leaves]
    with np.errstate(all="ignore"):
        return at_point(vector, got) if vector["accepts"] is not None else within(vector, names, got)


def no_cotangents(n: int, came: Any) -> str:
    """That these are not so many cotangents in a tuple."""
    many = isinstance(came, tuple | list)
    what = f"a {came.__class__.__name__}{f' of {len(came)}' if many else ''}"
    return f"there should be {n} cotangent{'s' if n != 1 else ''} in a tuple, but {what} came"


def within(vector: Vector, names: list[str], got: list[Array]) -> Judgement:
    """The verdict on leaves by their error scales; imprecise where a coarser one explains what is wrong."""
    vector = ordered(vector, got)
    ratio, findings = compared(names, got, vector["truth"], vector["scale"])
    if not findings:
        return judgement(AGREE, ratio, [])
    coarse = vector["coarse"] is not None and not compared(names, got, vector["truth"], vector["coarse"])[1]
    return judgement(IMPRECISE if coarse else WRONG, ratio, findings)


def compared(names: list[str], got: list[Array], truth: Tree, scale: Tree) -> tuple[float, list[str]]:
    """The worst ratio of an error to its scale, and what is found wrong."""
    truths, scales = (list(map(as_pairs, tree_leaves(of))) for of in (truth, scale))
    if len({leaf.dtype for leaf in got}) == 1 and all(a.shape == b.shape for a, b in zip(got, truths, strict=True)):
        flat, y, s = (np.concatenate(of, axis=None) for of in (got, truths, scales))
        ratio, found = compare(flat, y, s, "all")
        if not found:
            return ratio, []
    ratio, findings = 0.0, []
    for name, leaf, y, s in zip(names, got, truths, scales, strict=True):
        worst, found = compare(leaf, y, s, name)
        ratio = max(ratio, worst)
        findings += found
    return ratio, findings


def at_point(vector: Vector, got: list[Array]) -> Judgement:
    """The verdict where there is no derivative, by the sets that are accepted."""
    vector = ordered(vector, got)
    assert vector["accepts"] is not None
    results = len(tree_leaves(vector["truth"][0]))
    flat = [as_pairs(np.asarray(leaf)) for leaf in tree_leaves(vector["u"])]
    point: Any = {
        **vector["accepts"],
        "xs": vector["xs"], "static": vector["static"], "u": vector["u"], "convention": vector["truth"][1:],
        "value": joined([as_pairs(np.asarray(leaf)) for leaf in tree_leaves(vector["truth"][0])]),
    }  # fmt: skip
    return accepted(point, joined(got[:results]), got[results:], joined(flat))


def joined(leaves: list[Array]) -> Array:
    """Several results as one, as a point has them."""
    return leaves[0] if len(leaves) == 1 else np.concatenate([np.ravel(leaf) for leaf in leaves])


def named_arrays(what: str, like: Tree, got: Tree, dtype: str) -> tuple[list[tuple[str, Array]], list[str]]:
    """The leaves of a result as real arrays, and what is found against tree, shape and dtype."""
    primals, leaves = list(named_leaves(what, like)), list(named_leaves(what, got))
    if [name for name, _ in primals] != [name for name, _ in leaves]:
        return [], [f"{what} has {len(leaves)} arrays in its tree, but should have {len(primals)}"]
    found: list[str] = []
    arrays: list[tuple[str, Array]] = []
    for (name, x), (_, y) in zip(primals, leaves, strict=True):
        if not isinstance(y, np.ndarray | np.generic):
            found.append(f"{name} is a {y.__class__.__name__}, but should be an array")
        elif y.shape != np.shape(x):
            found.append(f"{name} has shape {list(y.shape)}, but should have {list(np.shape(x))}")
        elif dtype == "bfloat16" and y.dtype.name == "bfloat16":
            arrays.append((name, np.asarray(y, np.float32)))
        elif y.dtype != x.dtype:
            found.append(f"{name} is {y.dtype}, but should be {dtype if dtype == 'bfloat16' else x.dtype}")
        elif dtype == "bfloat16" and not on_grid(np.asarray(y)):
            found.append(f"{name} has numbers that bfloat16 does not have")
        else:
            arrays.append((name, as_pairs(np.asarray(y))))
    return arrays, found


def on_grid(x: Array) -> bool:
    """Whether bfloat16 has all these numbers of float32."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    return not np.any((bits & ((1 << LOW_BITS) - 1) != 0) & ~np.isnan(x))
