"""JAX: the counterparts of the rulebook, jitted in the dtype of the arrays, compiled fast as tests want it."""

import functools
import pickle
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from oracle.catalogue import CATALOGUE
from oracle.evaluate import COMPILER
from oracle.reference import float64_on_cpu
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


def cross_entropy(
    logits: Any, *, labels: Any, axis: int, reduction: str, weights: Any = None, ignore_index: Any = None,
    label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """Of log_softmax; the counterpart is made for its error scale, and has no −∞."""
    logs = jax.nn.log_softmax(logits, axis)
    classes = logits.shape[axis]
    kept = jnp.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    w = jnp.ones(classes, logits.dtype) if weights is None else jnp.asarray(weights, logits.dtype)
    chosen = jax.nn.one_hot(jnp.where(kept, labels, 0), classes, dtype=logits.dtype, axis=axis)
    each = jnp.expand_dims(w, [a for a in range(logits.ndim) if a != axis % logits.ndim])
    target = ((1 - label_smoothing) * chosen + label_smoothing / classes) * each
    losses = jnp.where(kept, -jnp.where(target == 0, 0, target * logs).sum(axis), 0)
    if reduction == "mean":
        return losses.sum() / jnp.where(kept, (chosen * each).sum(axis), 0).sum()
    return losses.sum() if reduction == "sum" else losses


FORWARD = {rule: forward(rule) for rule in CATALOGUE} | {
    "astype": lambda x, *, dtype: jnp.astype(x, dtype),
    "cross_entropy": cross_entropy,
}
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
