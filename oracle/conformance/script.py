"""A case as a script that fails while the backend is wrong: numbers as literals, and nothing of a judge."""

from pathlib import Path
from typing import Any

import numpy as np

from oracle.conformance.adapter import SHIPPED
from oracle.reproducer import literal, three_digits
from oracle.vectors.vector import Vector, as_pairs, named_leaves
from oracle.verdict import FACTOR
from purevjp.tree import tree_leaves, tree_map

FLUSHED = {"float64": 5e-324, "float32": 1.4e-45, "float16": 6e-8, "bfloat16": 9.2e-41}
"""The smallest number above 0 of each dtype."""


def script(vector: Vector, backend: str, *, own: bool) -> str:
    """The script for a backend: `own` if it has rules in purevjp's form, else it has one function for all."""
    rule, xs = vector["rule"], [f"x{i}" for i in range(len(vector["xs"]))]
    narrow = vector["dtype"] == "bfloat16"
    arrays = [f"{name} = {written(x, narrow=narrow)}" for name, x in zip(xs, vector["xs"], strict=True)]
    options = ", ".join(f"{key}={option(of)}" for key, of in vector["static"].items())
    names = ", ".join(xs)
    call = (
        [f"value, pullback = {rule}({', '.join(filter(None, [names, options]))})", "cotangents = pullback(u)"]
        if own
        else [f'value, cotangents = vjp("{rule}", ({names},), dict({options}), u)']
    )
    return "\n".join([
        f"# {vector['id']}: {' '.join(vector['note'].split())}",
        *imports(backend, rule if own else "vjp", narrow=narrow),
        "",
        "def leaves(tree):",
        "    return [x for t in tree for x in leaves(t)] if isinstance(tree, list | tuple) else [np.asarray(tree)]",
        "",
        *arrays,
        f"u = {written(vector['u'], narrow=narrow)}",
        f"for x in leaves(({', '.join(xs)}, u)):",
        "    x.setflags(write=False)",
        *call,
        f"assert isinstance(cotangents, tuple) and len(cotangents) == {len(xs)}, 'not {len(xs)} cotangents'",
        *([] if narrow else formed(xs)),
        *(held(vector) if vector["accepts"] is None else looked_up(vector)),
        "",
    ])  # fmt: skip


def imports(backend: str, name: str, *, narrow: bool) -> list[str]:
    """How the backend is imported."""
    lines = ["import numpy as np"]
    lines += ["import ml_dtypes"] if narrow else []
    if backend in SHIPPED:
        return [*lines, f"from oracle.backend.{backend}_ import {name}"]
    if not backend.endswith(".py"):
        return [*lines, f"from {backend} import {name}"]
    file = Path(backend).absolute()
    beside = ["import runpy", "import sys", f"sys.path.insert(0, {str(file.parent)!r})"]
    return [*lines, *beside, f"{name} = runpy.run_path({str(file)!r})[{name!r}]"]


def written(tree: Any, *, narrow: bool = False) -> str:
    """Arrays as Python that makes them again."""
    text = literal(tree)
    return text.replace(", np.float32)", ", np.float32).astype(ml_dtypes.bfloat16)") if narrow else text


def option(of: Any) -> str:
    """A keyword argument as Python."""
    return f"np.dtype({of.name!r})" if isinstance(of, np.dtype) else literal(of)


def formed(xs: list[str]) -> list[str]:
    """The comparison of shapes and dtypes with those of the cotangent and the arguments."""
    return [
        f"for part, like in zip((value, *cotangents), (u, {', '.join(xs)}), strict=True):",
        "    for got, of in zip(leaves(part), leaves(like), strict=True):",
        "        said, should = f'{got.dtype}{list(got.shape)}', f'{of.dtype}{list(of.shape)}'",
        "        assert said == should, f'a result is {said}, but should be {should}'",
    ]


def held(vector: Vector) -> list[str]:
    """The comparison with the truth, element by element."""
    smallest = FLUSHED[vector["dtype"]]
    truth, scale = tree_leaves(vector["truth"]), tree_leaves(vector["scale"])
    limits = [three_digits(FACTOR * as_pairs(s) + smallest) for s in scale]
    named = [("value", vector["u"]), *((f"cotangent {i}", x) for i, x in enumerate(vector["xs"]))]
    names = [name for what, tree in named for name, _ in named_leaves(what, tree)]
    return [
        "",
        "def parts(z):",
        "    return np.stack([z.real, z.imag], -1) if np.iscomplexobj(z) else np.asarray(z, np.float64)",
        "",
        f"names = {names}",
        f"should = {written(tuple(tree_map(np.asarray, truth)))}",
        f"limits = {written(tuple(limits))}  # what rounding explains",
        *(freed(vector) if vector["rule"] == "partition" else []),
        "for name, got, y, limit in zip(names, leaves((value, *cotangents)), should, limits, strict=True):",
        "    wrong = ~(np.abs(parts(got) - parts(y)) <= limit)",
        "    assert not wrong.any(), f'{name} is {got}, but should be {y}'",
    ]


def freed(vector: Vector) -> list[str]:
    """The truth in the order that the value has, where the rule leaves that free."""
    return [
        "",
        "from oracle.vectors.order import in_order_of  # inside the parts it is free",
        f"of = value, {literal(vector['static'])}, (x0,), should[0]",
        "should, limits = in_order_of(*of, should), in_order_of(*of, limits)",
        "",
    ]


def looked_up(vector: Vector) -> list[str]:
    """The comparison with the sets that are accepted where there is no derivative."""
    return [
        "",
        "from oracle.conformance.frozen import vector",
        "from oracle.vectors.hold import judged",
        f"found = judged(vector({vector['id']!r}), value, cotangents)",
        "assert found['verdict'].startswith('agree'), found['findings']",
    ]
