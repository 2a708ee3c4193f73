"""JAX: the counterparts of the rulebook, jitted in the dtype of the arrays, compiled fast as tests want it."""

import functools
import pickle
from typing import Any

import jax
import numpy as np

from oracle.catalogue import CATALOGUE
from oracle.reference import COMPILER, float64_on_cpu
from purevjp.tree import tree_leaves, tree_map

CAPABILITIES = {
    "name": "jax", "version": jax.__version__, "device": "cpu",
    "dtypes": ("float64", "float32", "float16", "bfloat16"),
}  # fmt: skip


def forward(rule: str) -> Any:
    """The counterpart of a row, not packed."""
    case = CATALOGUE[rule]
    counterpart: Any = case["counterpart"]
    return counterpart.__wrapped__ if case["packs"] else counterpart


FORWARD = {rule: forward(rule) for rule in CATALOGUE}
RULES = frozenset(FORWARD)


@functools.lru_cache(maxsize=512)
def program(rule: str, options: bytes, _shapes: Any) -> Any:
    """The compiled value and cotangents of a rule; one for each structure, as many as a process has room for."""
    static = pickle.loads(options)  # noqa: S301 (pickled below, for a key that can be hashed)

    def value_and_cotangents(args: Any, leaves: Any) -> Any:
        value, pullback = jax.vjp(lambda *primals: FORWARD[rule](*primals, **static), *args)
        parts, structure = jax.tree.flatten(value)
        return parts, pullback(jax.tree.unflatten(structure, leaves))

    return jax.jit(value_and_cotangents, compiler_options=COMPILER)


def vjp(rule: str, args: Any, static: Any, cotangent: Any) -> tuple[Any, Any]:
    """Value and cotangents, in the trees that they are asked for in."""
    leaves = tree_leaves(cotangent)
    shapes = tuple((x.shape, x.dtype.name) for x in [*tree_leaves(args), *leaves])
    with float64_on_cpu():
        compiled = program(rule, pickle.dumps(static), shapes)
        values, cotangents = compiled(tree_map(np.array, args), [*map(np.array, leaves)])
    parts = iter(values)
    return tree_map(lambda _: np.asarray(next(parts)), cotangent), tree_map(np.asarray, cotangents)
