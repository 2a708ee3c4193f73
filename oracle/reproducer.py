"""A failure as a script: the smallest case found, its numbers as literals, NumPy alone."""

import functools
from typing import Any

import numpy as np

from oracle.domain import Case
from oracle.draw import Arguments, is_away_from_kinks
from oracle.pack import conjugated, joined, unpacked
from oracle.reference import Truth, reference
from oracle.verdict import AGREE, FACTOR, held_against
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map

SMALL = 1e-300
"""Scales below are left as they are."""


def fails(case: Case, arguments: Arguments, known: Truth | None = None) -> bool:
    """Whether a rule is outside the error scale on these arguments, by JAX or by the truth that is `known`."""
    truth, scale = known or reference(case["counterpart"], arguments["xs"], arguments["static"], arguments["u"])
    if not all(np.all(np.isfinite(leaf)) for leaf in tree_leaves((truth, scale))):
        return False
    truth, scale = (tree_map(lambda leaf: leaf[None], of) for of in (truth, scale))
    return held_against(case, [arguments], truth, scale)[0]["verdict"] != AGREE


def simplified(case: Case, arguments: Arguments) -> Arguments:
    """Arguments with rounder numbers that fail still, integers or quarters: in all arrays or the cotangent alone."""
    for digits in (1, 4, 64):
        xs, u = tree_map(
            lambda x, d=digits: (np.round(x * d) / d + 0.0).astype(x.dtype), (arguments["xs"], arguments["u"])
        )
        static = arguments["static"]
        candidates: list[Arguments] = [{"xs": xs, "static": static, "u": u}, {**arguments, "u": u}]
        for candidate in candidates:
            if is_away_from_kinks(case, candidate["xs"], static) and fails(case, candidate):
                return candidate
    return arguments


def reproducer(case: Case, arguments: Arguments, known: Truth | None = None) -> str:
    """A script of fewer than thirty lines that fails while the rule is wrong."""
    small = simplified(case, arguments)
    xs, static, u = small["xs"], small["static"], small["u"]
    by_jax = small is not arguments or known is None
    truth, scale = reference(case["counterpart"], xs, static, u) if by_jax or known is None else known
    scale = tree_map(functools.partial(with_underflow, np.finfo(tree_leaves(u)[0].dtype)), scale, truth)
    if case["packs"]:
        xs, u, truth, scale = as_called(case, small, truth, scale)
    rule = case["rule"]
    module = rule.__module__ if rule.__name__ == case["name"] else "purevjp"
    name = case["name"]
    options = "".join(f", {key}={literal(option)}" for key, option in static.items())
    arrays = [f"x{i} = {literal(x)}" for i, x in enumerate(xs)]
    names = ", ".join(f"x{i}" for i in range(len(xs)))
    return "\n".join([
        "import numpy as np",
        f"from {module} import {name}  # or the implementation under test",
        "",
        *arrays,
        f"u = {literal(u)}",
        f"should = {literal(tuple(truth))}",
        f"scale = {literal(tree_map(three_digits, tuple(scale)))}  # what rounding to {small['u'].dtype} explains",
        "",
        "def leaves(tree):",
        "    return [x for part in tree for x in leaves(part)] if isinstance(tree, (tuple, list)) else [tree]",
        "",
        f"primals = leaves((u, {names}))",
        "for x in primals:",
        "    x.setflags(write=False)",
        f"value, vjp = {name}({names}{options})",
        "cotangents = vjp(u)",
        f"assert isinstance(cotangents, tuple) and len(cotangents) == {len(xs)}, 'not one cotangent per array'",
        "triples = zip(leaves((value, *cotangents)), primals, leaves(should), leaves(scale), strict=True)",
        "for i, (got, like, y, s) in enumerate(triples):",
        "    what = f'cotangent {i - 1}' if i else 'value'",
        "    assert (got.shape, got.dtype) == (like.shape, like.dtype), f'{what} is {got.dtype}{list(got.shape)}'",
        f"    wrong = ~(np.abs(got - y) <= {FACTOR} * s)",
        "    assert not wrong.any(), f'{what} is {np.asarray(got)[wrong]}, not {y[wrong]}, at {np.argwhere(wrong)}'",
        "",
    ])  # fmt: skip


def with_underflow(limits: Any, scale: Array, truth: Array) -> Array:
    """A scale that allows for a subnormal truth to be flushed."""
    subnormal = (truth != 0) & (np.abs(truth) < float(limits.tiny))
    return np.asarray(scale + np.where(subnormal, float(limits.tiny), float(limits.smallest_subnormal)))


def as_called(case: Case, small: Arguments, truth: Tree, scale: Tree) -> tuple[Tree, Tree, Tree, Tree]:
    """Arrays, cotangent, truth and scale of a packed row as its rule itself takes and gives them."""
    is_complex = [domain["is_complex"] for domain in case["domains"]]
    xs = tuple(joined(x) if c else x for x, c in zip(small["xs"], is_complex, strict=True))
    rule: Any = case["rule"]
    value = rule.__wrapped__(*xs, **small["static"])[0]
    called = [
        (unpacked(of[0], value), *(joined(dx) if c else dx for dx, c in zip(of[1:], is_complex, strict=True)))
        for of in (truth, scale)
    ]
    return xs, conjugated(unpacked(small["u"], value)), (called[0][0], *conjugated(called[0][1:])), called[1]


def three_digits(scale: Array) -> Array:
    """Rounded up, to be short; the length of a complex one."""
    scale = np.abs(scale)
    unit = 10.0 ** (np.floor(np.log10(np.where(scale > SMALL, scale, 1))) - 2)
    scale = np.where(scale > SMALL, np.ceil(scale / unit) * unit, scale)
    return np.asarray([float(f"{x:.3g}") for x in np.ravel(scale)]).reshape(np.shape(scale))


def literal(tree: Tree) -> str:
    """Arrays, in a tree or alone, as Python that makes them again."""
    if isinstance(tree, tuple):
        return f"({', '.join(map(literal, tree))}{',' if len(tree) == 1 else ''})" if any_array(tree) else repr(tree)
    if isinstance(tree, dict):
        return f"{{{', '.join(f'{key!r}: {literal(part)}' for key, part in tree.items())}}}"
    if isinstance(tree, list):
        return f"[{', '.join(map(literal, tree))}]"
    if isinstance(tree, np.ndarray | np.generic):
        array: Array = np.asarray(tree)
        empty = f".reshape({array.shape})" if not array.size else ""
        return f"np.array({numbers(array)}, np.{array.dtype}){empty}"
    return numbers(np.asarray(tree)) if isinstance(tree, float) else repr(tree)


def any_array(tree: tuple[Any, ...]) -> bool:
    """Whether there is an array in a tuple, which is no plain option then."""
    return any(not isinstance(leaf, int | float | str) and leaf is not None for leaf in tree_leaves(tree))


def numbers(array: Array) -> str:
    """The numbers of an array as nested lists, each with as many digits as it takes."""
    if not array.size:
        return "[]"
    if array.ndim:
        return f"[{', '.join(numbers(np.asarray(part)) for part in array)}]"
    text = str(array[()])
    return {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}.get(text, text)
