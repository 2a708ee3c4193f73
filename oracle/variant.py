"""Correct variants: the same program with its sums in another order, and the same pullback by other algebra.

None may ever be flagged; equivalently, the error scale is never smaller than an eighth of the error of any of them.
"""

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import jax
import numpy as np
from jax.extend.core import Jaxpr, JaxprEqn

from oracle import evaluate
from oracle.domain import Case
from oracle.evaluate import CALLS, called, run
from oracle.mutant import with_pullback
from oracle.plan import Group
from oracle.reference import BATCHES, float64_on_cpu, stacked
from oracle.right import RIGHT
from oracle.verdict import error_ratios
from purevjp.tree import tree_leaves, tree_map

Sum: TypeAlias = Callable[[Sequence[Any]], Any]
"""The sum of arrays, in some order."""


def sequential(terms: Sequence[Any]) -> Any:
    """One after the other."""
    return functools.reduce(np.add, terms)


def permuted(terms: Sequence[Any]) -> Any:
    """One after the other, in another order."""
    return sequential([terms[i] for i in np.random.default_rng(len(terms)).permutation(len(terms))])


def blocked(terms: Sequence[Any]) -> Any:
    """Four lanes side by side, then their sum."""
    return sequential([sequential(terms[lane::4]) for lane in range(min(4, len(terms)))])


def pairwise(terms: Sequence[Any]) -> Any:
    """Halves, each by halves."""
    half = len(terms) // 2
    return terms[0] if len(terms) == 1 else np.add(pairwise(terms[:half]), pairwise(terms[half:]))


def fused(products: Sequence[tuple[Any, Any]]) -> Any:
    """Products and sums with one rounding each, emulated in float64."""
    a, b = products[0]
    total = a * b
    for left, right in products[1:]:
        x, y, z = (term.astype(np.result_type(term, np.float64)) for term in (left, right, total))
        total = (x * y + z).astype(total.dtype)
    return total


def flushed(y: Any) -> Any:
    """Subnormal numbers become zero."""
    return np.where(np.abs(y) < np.finfo(y.dtype).tiny, y.dtype.type(0), y) if y.dtype.kind == "f" else y


VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "sequential": {"add_up": sequential},
    "permuted": {"add_up": permuted},
    "blocked": {"add_up": blocked},
    "pairwise": {"add_up": pairwise},
    "fused": {"add_up": sequential, "dot": fused},
    "flushed": {"add_up": pairwise, "after": flushed},
}


def walk(jaxpr: Jaxpr, consts: Sequence[Any], args: Sequence[Any], how: dict[str, Any]) -> list[Any]:
    """The results of a jaxpr, with its sums taken in another way; loops and branches run as they are."""

    def results(eqn: JaxprEqn, values: list[Any]) -> list[Any]:
        name = eqn.primitive.name
        if name in CALLS:
            inner = called(eqn)
            return walk(inner.jaxpr, inner.consts, values, how)
        if "add_up" in how and name == "reduce_sum" and values[0].dtype.kind == "f":
            outs = [reduced(eqn, values[0], how["add_up"])]
        elif "add_up" in how and name == "dot_general":
            outs = [contracted(eqn, values[0], values[1], how)]
        else:
            outs = evaluate.results(eqn, values)
        return [how["after"](np.asarray(y)) for y in outs] if "after" in how else outs

    return run(jaxpr, consts, args, results)


def reduced(eqn: JaxprEqn, x: Any, add_up: Sum) -> Any:
    """Σ x over the axes of the equation."""
    axes = tuple(eqn.params["axes"])
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    n = math.prod(x.shape[axis] for axis in axes)
    terms = np.transpose(x, (*axes, *kept)).reshape(n, *(x.shape[axis] for axis in kept))
    return add_up(list(terms)) if n else evaluate.results(eqn, [x])[0]


def contracted(eqn: JaxprEqn, a: Any, b: Any, how: dict[str, Any]) -> Any:
    """Σ a b over the contracted axes of the equation."""
    (contract_a, contract_b), (batch_a, batch_b) = eqn.params["dimension_numbers"]
    free_a = [i for i in range(a.ndim) if i not in (*contract_a, *batch_a)]
    free_b = [i for i in range(b.ndim) if i not in (*contract_b, *batch_b)]
    n = math.prod(a.shape[i] for i in contract_a)
    if not n:
        return evaluate.results(eqn, [a, b])[0]
    batch = [a.shape[i] for i in batch_a]
    left = np.transpose(a, (*contract_a, *batch_a, *free_a))
    right = np.transpose(b, (*contract_b, *batch_b, *free_b))
    left = left.reshape(n, *batch, *(a.shape[i] for i in free_a), *(1 for _ in free_b))
    right = right.reshape(n, *batch, *(1 for _ in free_a), *(b.shape[i] for i in free_b))
    pairs = list(zip(left, right, strict=True))
    return how["dot"](pairs) if "dot" in how else how["add_up"]([x * y for x, y in pairs])


def all_variants(case: Case, group: Group, dtype: Any = np.float32) -> dict[str, Any]:
    """`(value, *cotangents)` of each variant for the arguments of a group in this dtype, stacked along a first axis."""
    chosen = [each for each in group["arguments"] if each["u"].dtype == dtype][: BATCHES[0]]
    static = group["arguments"][0]["static"]

    def value_and_cotangents(u: Any, xs: Any) -> Any:
        value, vjp = jax.vjp(lambda *primals: case["counterpart"](*primals, **static), *xs)
        return (value, *vjp(u))

    u, xs = tree_map(lambda x: x.astype(dtype), stacked([(each["u"], each["xs"]) for each in chosen]))
    with float64_on_cpu(), np.errstate(all="ignore"):
        jaxpr, shape = jax.make_jaxpr(jax.vmap(value_and_cotangents), return_shape=True)(u, xs)
        structure, leaves = jax.tree.structure(shape), jax.tree.leaves((u, xs))
        return {
            name: jax.tree.unflatten(structure, walk(jaxpr.jaxpr, jaxpr.consts, leaves, how))
            for name, how in VARIANTS.items()
        }


def spread(case: Case, group: Group, dtype: Any = np.float32) -> Iterator[tuple[str, float]]:
    """Each correct variant of a row, and the worst ratio of its error to the scale on the arguments of a group."""
    rows = [i for i, each in enumerate(group["arguments"]) if each["u"].dtype == dtype][: BATCHES[0]]
    if not rows:
        return
    truths, scales = (tree_leaves(of) for of in (group["truth"], group["scale"]))
    for name, results in all_variants(case, group, dtype).items():
        triples = zip(tree_leaves(tuple(results)), truths, scales, strict=True)
        yield (
            name,
            max(float(np.max(error_ratios(np.asarray(g, dtype), y[rows], s[rows]), initial=0)) for g, y, s in triples),
        )
    for name, pullback in RIGHT.get(case["name"], {}).items():
        rule = with_pullback(case["rule"], pullback)
        worst = 0.0
        for i in rows:
            each = group["arguments"][i]
            value, vjp = rule(*each["xs"], **each["static"])
            got = tree_leaves((value, *vjp(each["u"])))
            ratios = [
                error_ratios(np.asarray(g, dtype), y[i], s[i]) for g, y, s in zip(got, truths, scales, strict=True)
            ]
            worst = max(worst, *(float(np.max(ratio, initial=0)) for ratio in ratios))
        yield name, worst
