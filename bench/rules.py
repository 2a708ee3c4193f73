"""`python -m bench rules`: value and all cotangents of every rule, beside jitted JAX and eager PyTorch, on one core.

Each library gets float32 arrays of its own, so nothing is converted. A ratio is the time of the faster of the two over
ours. Peak memory is that of NumPy, over the bytes of the arguments.
"""

import inspect
import math
import sys
import time
import tracemalloc
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from bench.arguments import arguments
from bench.eager import EAGER
from bench.reasons_of_elements import REASONS as OF_ELEMENTS
from bench.reasons_of_structure import REASONS as OF_STRUCTURE
from oracle.catalogue import CATALOGUE, FAMILIES
from purevjp.tree import tree_leaves, tree_map

SIZES = (100, 10_000, 1_000_000)
ROUNDS, ROUND, AT_MOST = 9, 0.002, 1.5
"""Rounds in turns, seconds of a round at least, and of all rounds of a library at most."""

SETTLED = ("index", "xp", "mask", "q")
"""Arrays that JAX's counterparts want before they are traced."""

NATIVE = {
    "cummax": lambda x, *, axis: jax.lax.cummax(x, axis % x.ndim),
    "cummin": lambda x, *, axis: jax.lax.cummin(x, axis % x.ndim),
    "cross_entropy": lambda x, *, labels, **_: -jnp.take_along_axis(jax.nn.log_softmax(x), labels[:, None], -1).sum(),
    "top_k": lambda x, *, k, axis: jax.lax.top_k(x, k, axis=axis)[0],
}
"""What a user of JAX calls, where our counterpart is the definition, which takes steps that it does not."""

REASONS = OF_ELEMENTS | OF_STRUCTURE
PRODUCTS = ("dot", "matmul", "linear")
out = Console(highlight=False)


def seconds(calls):
    """The least seconds of a call of each, taken in turns so that all see the same machine."""
    counts, rounds = {}, ROUNDS
    for name, call in calls.items():
        call()
        start = time.perf_counter()
        call()
        once = time.perf_counter() - start
        counts[name] = max(1, math.ceil(ROUND / max(once, 1e-9)))
        rounds = min(rounds, max(2, int(AT_MOST / max(once, ROUND))))
    best = dict.fromkeys(calls, math.inf)
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(counts[name]):
                call()
            best[name] = min(best[name], (time.perf_counter() - start) / counts[name])
    return best


def ours(rule, xs, static, u):
    def call():
        value, vjp = rule(*xs, **static)
        return value, vjp(u)

    return call


def jax_call(case, xs, static, u):
    parameters = inspect.signature(inspect.unwrap(case["rule"])).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is not p.empty}
    arrays = {key: of for key, of in static.items() if isinstance(of, np.ndarray) and key not in SETTLED}
    options = {key: of for key, of in (defaults | static).items() if key not in arrays}

    function = NATIVE.get(case["name"], inspect.unwrap(case["counterpart"]))

    @jax.jit
    def value_and_cotangents(xs, u, arrays):
        value, vjp = jax.vjp(lambda *primals: function(*primals, **options, **arrays), *xs)
        leaves = [of.astype(y.dtype) for of, y in zip(jax.tree.leaves(u), jax.tree.leaves(value), strict=True)]
        return value, vjp(jax.tree.unflatten(jax.tree.structure(value), leaves))

    given = jax.device_put((xs, u, arrays))
    return lambda: jax.block_until_ready(value_and_cotangents(*given))


def torch_call(function, xs, static, u):
    leaves = [torch.tensor(x, requires_grad=True) for x in tree_leaves(xs)]
    given = iter(leaves)
    tensors = tree_map(lambda _x: next(given), xs)
    outputs = [torch.tensor(of) for of in tree_leaves(u)]

    def call():
        value = function(*tensors, **static)
        results = [of for of in (value if isinstance(value, tuple | list) else (value,)) if of.requires_grad]
        return results, torch.autograd.grad(results, leaves, outputs[len(outputs) - len(results) :])

    return call


def calls_of(name, n):
    """The call of each library that has the rule, by name."""
    case = CATALOGUE[name]
    rule = inspect.unwrap(case["rule"])
    xs, static = arguments(name, n)
    rng = np.random.default_rng(1)
    value, _ = rule(*xs, **static)
    u = tree_map(lambda y: np.asarray(rng.uniform(0.5, 2, np.shape(y))).astype(np.result_type(y)), value)
    calls = {"purevjp": ours(rule, xs, static, u)}
    calls["JAX"] = jax_call(case, xs, static, u)
    if name in EAGER:
        calls["PyTorch"] = torch_call(EAGER[name], xs, static, u)
    return calls, sum(x.nbytes for x in tree_leaves(xs))


def peak(call):
    """The most bytes that are held in the course of a call."""
    tracemalloc.start()
    call()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def measured(name):
    """By size: seconds of each library; and the peak memory at the largest."""
    by_size = {}
    for n in SIZES:
        calls, size = calls_of(name, n)
        by_size[n] = seconds(calls)
    return by_size, peak(calls["purevjp"]) / size


def ratio(of):
    return min(of[name] for name in of if name != "purevjp") / of["purevjp"]


def mean_of(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def print_rules(names=()):
    torch.set_num_threads(1)
    every, slow = [], []
    for family, rows in FAMILIES.items():
        table = Table(family, *(f"{n:.0e}" for n in SIZES), "faster other", "peak / arguments", box=None)
        of_family = []
        for name in [case["name"] for case in rows.CASES if not names or case["name"] in names or family in names]:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                by_size, memory = measured(name)
            each = [ratio(of) for of in by_size.values()]
            others = [min((s, other) for other, s in of.items() if other != "purevjp")[1] for of in by_size.values()]
            of_family += each
            slow += [(r, name, n) for r, n in zip(each, SIZES, strict=True) if r < 0.4]
            table.add_row(name, *(f"{r:.2f}" for r in each), " ".join(o[0] for o in others), f"{memory:.1f}")
        if of_family:
            table.add_row("geometric mean", f"{mean_of(of_family):.2f}", style="bold")
            out.print(table)
            every += of_family
    out.print(f"geometric mean of all: {mean_of(every):.2f}; below 0.4: {len(slow)} of {len(every)}", style="bold")
    for r, name, n in sorted(slow):
        out.print(f"  {name} at {n:.0e}: {r:.2f}: {REASONS.get(name, 'no reason is known')}", soft_wrap=True)
    print_products()


def print_products():
    """Products of square matrices over the bare calls of BLAS that they need."""
    rng = np.random.default_rng(0)
    a, b, u = (rng.normal(size=(1000, 1000)).astype(np.float32) for _ in range(3))
    bare = {
        "dot": lambda: (a @ b, u @ b.T, a.T @ u), "matmul": lambda: (a @ b, u @ b.T, a.T @ u),
        "linear": lambda: (a @ b.T, u @ b, u.T @ a),
    }  # fmt: skip
    for name in PRODUCTS:
        times = seconds({"bare": bare[name], "purevjp": ours(CATALOGUE[name]["rule"], (a, b), {}, u)})
        out.print(f"{name} of 1000 × 1000 over bare BLAS: {times['purevjp'] / times['bare']:.2f}")


if __name__ == "__main__":
    print_rules(sys.argv[2:])
