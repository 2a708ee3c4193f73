"""The truth of a case by JAX, with its error scale: one jitted program per case and shape, in float64 on the CPU."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np

from oracle.budget import with_error
from oracle.domain import Static
from purevjp.aliases import Array, Shape, Tree
from purevjp.tree import tree_map

COMPILER = {"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False}
"""Every program runs a few times on a few numbers: compiling it costs most, and this makes it five times cheaper."""


@contextlib.contextmanager
def float64_on_cpu() -> Iterator[None]:
    """JAX's settings for the oracle's own calls; the rest of the process keeps its own."""
    with jax.enable_x64(True), jax.default_device(jax.local_devices(backend="cpu")[0]):
        yield


def reference(
    counterpart: Callable[..., Any], xs: Sequence[Tree], static: Static, u: Array
) -> tuple[tuple[Tree, ...], tuple[Tree, ...]]:
    """Truth and error scale of `(value, *cotangents)`, in float64: two trees; the scale is for the dtype of `u`."""
    arrays = {key: option for key, option in static.items() if isinstance(option, np.ndarray)}
    options = tuple((key, option) for key, option in static.items() if key not in arrays)
    limits = np.finfo(u.dtype)
    rounding = float(limits.eps) / 2, float(limits.tiny)
    u, xs = tree_map(lambda x: np.asarray(x, np.float64), (u, tuple(xs)))
    with float64_on_cpu():
        leaves, structure = jax.tree.flatten((rounding, u, xs, arrays))
        shapes = tuple((np.shape(leaf), np.result_type(leaf)) for leaf in leaves)
        truth, scale = jax.device_get(program(counterpart, options, structure, shapes)(rounding, u, xs, arrays))
    return truth, scale


def value_shape(counterpart: Callable[..., Any], xs: Sequence[Tree], static: Static) -> Shape:
    """Shape of the value, for a cotangent to be drawn."""
    with float64_on_cpu():
        shape: Shape = jax.eval_shape(lambda *primals: counterpart(*primals, **static), *xs).shape
    return shape


@functools.lru_cache(maxsize=256)
def program(
    counterpart: Callable[..., Any], options: tuple[tuple[str, Any], ...], structure: Any, shapes: tuple[Any, ...]
) -> Callable[..., Any]:
    """The compiled `(rounding, u, xs, arrays) -> (truth, scale)` for arguments of this structure and these shapes.

    The cache is small on purpose: a process has room for about 800 programs, each takes some 75 memory maps.
    """

    def value_and_cotangents(u: Any, xs: Any, arrays: Any) -> Any:
        value, vjp = jax.vjp(lambda *primals: counterpart(*primals, **dict(options), **arrays), *xs)
        return (value, *vjp(u))

    abstract: Callable[..., Any] = jax.ShapeDtypeStruct
    arguments = jax.tree.unflatten(structure, [abstract(*shape) for shape in shapes])
    return jax.jit(with_error(value_and_cotangents), compiler_options=COMPILER).lower(*arguments).compile()
