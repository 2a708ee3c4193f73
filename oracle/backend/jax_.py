"""JAX, as a user calls it: the counterparts of the rulebook's rows, in the dtype of the arrays."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from oracle.backend.table import vjp_of
from oracle.catalogue import CATALOGUE
from purevjp.tree import tree_leaves, tree_map

CAPABILITIES = {
    "name": "jax", "version": jax.__version__, "device": "cpu",
    "dtypes": ("float64", "float32", "float16", "bfloat16"),
}  # fmt: skip
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")


def forward(rule: str) -> Any:
    """The counterpart of a row, not packed."""
    case = CATALOGUE[rule]
    counterpart: Any = case["counterpart"]
    return counterpart.__wrapped__ if case["packs"] else counterpart


FORWARD = {rule: forward(rule) for rule in CATALOGUE}
RULES = frozenset(FORWARD)


def differentiate(function: Any, args: Any, cotangent: Any) -> tuple[Any, Any]:
    """Value and cotangents, in the trees that they are asked for in."""
    value, pullback = jax.vjp(function, *tree_map(jnp.asarray, args))
    leaves, structure = jax.tree.flatten(value)
    cotangents = pullback(jax.tree.unflatten(structure, map(jnp.asarray, tree_leaves(cotangent))))
    parts = iter(leaves)
    return tree_map(lambda _: np.asarray(next(parts)), cotangent), tree_map(np.asarray, cotangents)


vjp = vjp_of(FORWARD, differentiate, np.asarray)
