"""The truth of a case by JAX, with its error scale: one program per case and shape, in float64 on the CPU."""

import contextlib
import functools
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import jax
import ml_dtypes
import numpy as np
import numpy.typing as npt

from oracle.budget import with_error
from oracle.domain import Static
from oracle.evaluate import COMPILER
from oracle.propagate import Rounding
from purevjp.aliases import Array, Shape, Tree
from purevjp.tree import tree_map

BATCHES = (4, 64)
"""Arguments of one structure and dtype are judged so many at a time, by one program; in the larger batch if they are
more."""

NARROWER = {"float64": "float32", "float32": "float16", "float16": "float16"}
"""The dtype that a result is `imprecise` by: for float16, its own in place of float32 sums."""

Truth: TypeAlias = tuple[tuple[Tree, ...], tuple[Tree, ...]]
"""Truth and error scale of `(value, *cotangents)`, in float64: two trees."""


@contextlib.contextmanager
def float64_on_cpu() -> Iterator[None]:
    """JAX's settings for the oracle's own calls; the rest of the process keeps its own."""
    with jax.enable_x64(True), jax.default_device(jax.local_devices(backend="cpu")[0]):
        yield


def rounding_of(dtype: npt.DTypeLike) -> Rounding:
    """Unit roundoff of a dtype, its underflow, and the roundoff of its sums.

    Halves add in float32: kernels do. float16 may flush nothing; bfloat16 has the range of float32, and may.
    """
    limits = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
    roundoff = float(limits.eps) / 2
    half = limits.bits < 32
    underflow = limits.smallest_subnormal if np.dtype(dtype) == np.float16 else limits.tiny
    return roundoff, float(underflow), 2.0**-24 if half else roundoff


def reference(
    counterpart: Callable[..., Any], xs: Sequence[Tree], static: Static, u: Array, rounding: Rounding | None = None
) -> Truth:
    """Truth and error scale for the dtype of `u`, or for another rounding."""
    return run(counterpart, static, rounding or rounding_of(u.dtype), u, tuple(xs), batched=False)


def references(
    counterpart: Callable[..., Any],
    static: Static,
    pairs: Sequence[tuple[Sequence[Tree], Array]],
    *,
    sums_in_dtype: bool = False,
) -> Truth:
    """The same for several `(xs, u)` of the same shapes and options, stacked along a new first axis.

    With `sums_in_dtype`, halves add in halves.
    """
    dtypes = [u.dtype for _, u in pairs]
    order: list[int] = []
    chunks = []
    for dtype in dict.fromkeys(dtypes):
        of_dtype = [i for i, other in enumerate(dtypes) if other == dtype]
        batch = BATCHES[len(of_dtype) > BATCHES[0]]
        for start in range(0, len(of_dtype), batch):
            chunk = of_dtype[start : start + batch]
            padded = chunk + chunk[-1:] * (batch - len(chunk))
            xs, u = stacked([tuple(pairs[i][0]) for i in padded]), stacked([pairs[i][1] for i in padded])
            roundoff, underflow, of_sums = rounding_of(dtype)
            rounding = (roundoff, underflow, roundoff if sums_in_dtype else of_sums)
            of = run(counterpart, static, rounding, u, xs, batched=True)
            chunks.append(tree_map(lambda leaf, n=len(chunk): leaf[:n], of))  # noqa: B008 (bound for this chunk)
            order += chunk
    back = np.argsort(order)
    truth: Truth = tree_map(lambda *leaves: np.concatenate(leaves)[back], *chunks)
    return truth


def stacked(trees: Sequence[Tree]) -> Tree:
    """Trees of equal structure as one, its leaves stacked as float64."""
    return tree_map(lambda *leaves: np.array(leaves, np.float64), *trees)


def run(
    counterpart: Callable[..., Any], static: Static, rounding: Any, u: Array, xs: tuple[Tree, ...], *, batched: bool
) -> Truth:
    """Truth and scale by the program of these shapes."""
    arrays = {key: option for key, option in static.items() if isinstance(option, np.ndarray)}
    options = pickle.dumps({key: option for key, option in static.items() if key not in arrays})
    u, xs = tree_map(lambda x: np.asarray(x, np.float64), (u, xs))
    with float64_on_cpu():
        leaves, structure = jax.tree.flatten((rounding, u, xs, arrays))
        shapes = tuple((np.shape(leaf), np.result_type(leaf)) for leaf in leaves)
        compiled = program(counterpart, options, structure, shapes, batched=batched)
        return compiled(rounding, u, xs, arrays)


def value_shape(counterpart: Callable[..., Any], xs: Sequence[Tree], static: Static) -> Shape:
    """Shape of the value, for a cotangent to be drawn."""
    arrays = {key: option for key, option in static.items() if isinstance(option, np.ndarray)}
    options = pickle.dumps({key: option for key, option in static.items() if key not in arrays})
    leaves, structure = jax.tree.flatten((tuple(xs), arrays))
    shapes = tuple((np.shape(leaf), np.result_type(leaf)) for leaf in leaves)
    return abstract_shape(counterpart, options, structure, shapes)


@functools.lru_cache(maxsize=4096)
def abstract_shape(counterpart: Callable[..., Any], options: bytes, structure: Any, shapes: tuple[Any, ...]) -> Shape:
    """Shape of the value for arguments of this structure and these shapes."""
    abstract: Callable[..., Any] = jax.ShapeDtypeStruct
    static = pickle.loads(options)  # noqa: S301 (pickled above, for a key that can be hashed)
    xs, arrays = jax.tree.unflatten(structure, [abstract(*shape) for shape in shapes])
    with float64_on_cpu():
        of = jax.eval_shape(lambda xs, arrays: counterpart(*xs, **static, **arrays), xs, arrays)
    shape: Shape = of.shape
    return shape


@functools.lru_cache(maxsize=256)
def program(
    counterpart: Callable[..., Any],
    options: bytes,
    structure: Any,
    shapes: tuple[Any, ...],
    *,
    batched: bool,
) -> Callable[..., Truth]:
    """`(rounding, u, xs, arrays) -> (truth, scale)` for arguments of this structure and these shapes.

    XLA gives the truth, and NumPy the scale. The cache is small on purpose: a process has room for about 800 programs
    of XLA, each takes some 75 memory maps.
    """
    static = pickle.loads(options)  # noqa: S301 (pickled above, for a key that can be hashed)

    def value_and_cotangents(u: Any, xs: Any, arrays: Any) -> Any:
        value, vjp = jax.vjp(lambda *primals: counterpart(*primals, **static, **arrays), *xs)
        return (value, *vjp(u))

    abstract: Callable[..., Any] = jax.ShapeDtypeStruct
    _, *arguments = jax.tree.unflatten(structure, [abstract(*shape) for shape in shapes])
    batch = jax.vmap(value_and_cotangents, in_axes=(0, 0, None)) if batched else value_and_cotangents
    traced = jax.jit(batch, compiler_options=COMPILER).trace(*arguments)
    compiled, walked = traced.lower().compile(), with_error(traced)
    return lambda rounding, *args: (jax.device_get(compiled(*args)), walked(rounding, *args)[1])


def evaluated_reference(counterpart: Callable[..., Any], xs: Sequence[Tree], static: Static, u: Tree) -> Truth:
    """`reference`, for a program that is not worth compiling."""
    return evaluated_references(counterpart, xs, static, u, [jax.tree.leaves(u)[0].dtype])[0]


def evaluated_references(
    counterpart: Callable[..., Any],
    xs: Sequence[Tree],
    static: Static,
    u: Tree,
    dtypes: Sequence[Any],
    *,
    aux: bool = False,
) -> list[Truth]:
    """The same for each of several dtypes.

    With `aux` the counterpart returns its value and something more, which comes last, after the cotangents.
    """
    u, xs = tree_map(lambda x: np.asarray(x, np.float64), (u, tuple(xs)))

    def value_and_cotangents(u: Any, *xs: Any) -> Any:
        vjp_of: Callable[..., Any] = jax.vjp
        value, vjp, *more = vjp_of(lambda *primals: counterpart(*primals, **static), *xs, has_aux=aux)
        return (value, *vjp(u), *more)

    with float64_on_cpu():
        walked = with_error(jax.jit(value_and_cotangents).trace(u, *xs))
        return [walked(rounding_of(dtype), u, *xs) for dtype in dtypes]
