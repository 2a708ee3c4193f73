"""`python -m bench findings`: gradients of JAX and PyTorch that are wrong, or not finite, for finite inputs.

Each backend is held against the referee on special values, one element at a time, in its own dtype. A finding is a
cotangent that is not finite where the exact one is, or off by more than one percent of it, where purevjp's is not.
"""

import itertools
import warnings
from importlib.metadata import version

import jax
import numpy as np
from rich.console import Console

from bench.backends import by_jax, by_torch
from oracle.catalogue import CATALOGUE
from oracle.referee import referee

OFF = 0.01
MAGNITUDES = (0.0, 1e-30, 1e-20, 1e-3, 1.0, 3.0, 10.0, 17.0, 20.0, 40.0, 80.0, 1e4, 1e19, 1e30)
VALUES = sorted({sign * size for sign in (1, -1) for size in MAGNITUDES})
POSITIVE = [value for value in VALUES if value > 0]
GRIDS = {
    "exp": [VALUES], "log": [POSITIVE], "tanh": [VALUES], "sigmoid": [VALUES], "square": [VALUES],
    "multiply": [VALUES, VALUES], "divide": [VALUES, [value for value in VALUES if value]],
}  # fmt: skip
LANES = {
    "softmax": {"axis": -1}, "log_softmax": {"axis": -1}, "logsumexp": {"axis": None, "keepdims": False},
    "cross_entropy": {"axis": -1, "labels": np.array(0), "reduction": "sum"},
}  # fmt: skip


def inputs(dtype):
    """(rule, static, xs, u): points of a grid for functions of numbers, lanes of three for the others."""
    for rule, grids in GRIDS.items():
        for xs in itertools.product(*grids):
            yield rule, {}, tuple(np.array([x], dtype) for x in xs), np.ones(1, dtype)
    for rule, static in LANES.items():
        for top in (20.0, 40.0, 100.0, 1000.0, 1e4):
            x = np.array([top, 0.0, 1.0], dtype)
            u = np.array([0.5, -1.0, 2.0], dtype) if "softmax" in rule else np.array(1.0, dtype)
            yield rule, static, (x,), u


def is_off(got, exact):
    return not abs(float(got) - exact) <= OFF * abs(exact)


def findings(run, dtype):
    """(rule, xs, u, i, index, got, exact) where cotangent i is off and purevjp's is not; the first of each kind."""
    limits, seen = np.finfo(dtype), set()
    for rule, static, xs, u in inputs(dtype):
        case = CATALOGUE[rule]
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exact = referee(case["definition"], {"xs": xs, "static": static, "u": u}, exact=False)
            _, *got = run(rule, xs, static, u)
            ours = case["rule"](*xs, **static)[1](u)
        for i, (dx, own, should) in enumerate(zip(got, ours, exact[1:], strict=True)):
            for index in np.ndindex(dx.shape):
                number, size = float(dx[index]), abs(should[index])
                representable = size == 0 or float(limits.tiny) < size < float(limits.max)
                kind = rule, i, "not finite" if not np.isfinite(number) else "zero" if number == 0 else "off"
                possible = representable and not is_off(own[index], should[index])
                if possible and is_off(number, should[index]) and kind not in seen:
                    seen.add(kind)
                    yield rule, xs, u, i, index, number, should[index]


def print_findings():
    console, n = Console(width=140, highlight=False), 0
    for name, run in (("jax", by_jax), ("torch", by_torch)):
        for dtype in (np.float32, np.float64):
            with jax.enable_x64(dtype == np.float64):
                for rule, xs, u, i, index, got, exact in findings(run, dtype):
                    n += 1
                    arguments = ", ".join(str(x.tolist()) for x in xs)
                    console.print(
                        f"{name} {version(name)} {rule} {dtype.__name__}: x = {arguments}, u = {u.tolist()}: "
                        f"cotangent {i} at {list(index)} is {got:.9g}, but should be {float(exact):.17g}",
                        soft_wrap=True, markup=False,
                    )  # fmt: skip
    console.print(f"{n} kinds of gradients that are wrong or not finite for finite inputs")
