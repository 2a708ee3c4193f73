"""`python -m bench checkers`: the judge beside the gradient checks of JAX, PyTorch and autograd."""

import functools
import subprocess
import sys
import time
import warnings

import autograd
import autograd.test_util
import jax
import jax.numpy as jnp
import jax.test_util
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from bench.backends import AUTOGRAD, TORCH
from oracle.catalogue import CATALOGUE
from oracle.draw import draw_numbers
from oracle.mutant import each
from oracle.reference import references
from oracle.verdict import AGREE, held_against

RULES = {
    "tanh": ((32, 32),), "exp": ((32, 32),), "sigmoid": ((8, 16),), "log": ((8, 16),), "square": ((8, 16),),
    "relu": ((8, 16),), "multiply": ((8, 16), (16,)), "divide": ((8, 16), (8, 1)), "add": ((8, 16), (16,)),
    "maximum": ((8, 16), (16,)), "matmul": ((8, 16), (16, 4)), "linear": ((8, 16), (4, 16)),
    "softmax": ((32, 32),), "log_softmax": ((8, 16),), "logsumexp": ((8, 16),), "sum": ((32, 32),), "mean": ((8, 16),),
    "max": ((8, 16),),
}  # fmt: skip
STATIC = {rule: {"axis": -1} for rule in ("softmax", "log_softmax")}
STATIC |= {rule: {"axis": 1, "keepdims": False} for rule in ("logsumexp", "sum", "mean", "max")}
CASES = 20


def at(index, value):
    def spoil(dx):
        dx = np.array(dx)
        dx.flat[index(dx)] = value
        return dx

    return spoil


SPOILS = {
    "negated": lambda dx: -dx,
    "doubled": lambda dx: dx * dx.dtype.type(2),
    "halved": lambda dx: dx * dx.dtype.type(0.5),
    "scaled by 1.01": lambda dx: dx * dx.dtype.type(1.01),
    "scaled by 1.0001": lambda dx: dx * dx.dtype.type(1.0001),
    "all zero": lambda dx: dx * dx.dtype.type(0),
    "one entry zeroed": at(lambda dx: np.argmax(np.abs(dx)), 0),
    "last entry zeroed": at(lambda dx: dx.size - 1, 0),
    "rolled by one": lambda dx: np.roll(dx, 1),
    "one nan": at(lambda dx: np.argmax(np.abs(dx)), np.nan),
    "all nan": lambda dx: dx * dx.dtype.type(np.nan),
}


def drawn(rule, n, dtype=np.float64):
    rng = np.random.default_rng(0)
    return [draw_numbers(CATALOGUE[rule], RULES[rule], STATIC.get(rule, {}), rng, dtype=dtype) for _ in range(n)]


def by_purevjp(rule, spoil, arguments):
    case = {**CATALOGUE[rule], "rule": each(spoil)(CATALOGUE[rule]["rule"]) if spoil else CATALOGUE[rule]["rule"]}
    pairs = [(given["xs"], given["u"]) for given in arguments]
    judged = held_against(case, arguments, *references(case["counterpart"], arguments[0]["static"], pairs))
    return [judgement["verdict"] != AGREE for judgement in judged]


def jax_function(rule, spoil, static):
    right = functools.partial(CATALOGUE[rule]["counterpart"], **static)
    if not spoil:
        return right
    wrong = jax.custom_vjp(lambda *xs: right(*xs))

    def backward(vjp, u):
        return tuple(jax.pure_callback(spoil, jax.ShapeDtypeStruct(dx.shape, dx.dtype), dx) for dx in vjp(u))

    wrong.defvjp(lambda *xs: jax.vjp(right, *xs), backward)
    return wrong


def rejected(check):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check()
    except (AssertionError, RuntimeError, ValueError):
        return True
    return False


def by_jax(rule, spoil, arguments, *, wide):
    f = jax_function(rule, spoil, arguments[0]["static"])
    with jax.enable_x64(wide):
        return [
            rejected(
                lambda xs=given["xs"]: jax.test_util.check_grads(
                    f, tuple(map(jnp.asarray, xs)), order=1, modes=("rev",)
                )
            )
            for given in arguments
        ]


def by_torch(rule, spoil, arguments, *, fast):
    def spoiled(*xs):
        inner = [x.clone() for x in xs]
        for x in inner:
            x.register_hook(lambda dx: torch.as_tensor(np.ascontiguousarray(spoil(dx.numpy()))))
        return TORCH[rule](*inner, **arguments[0]["static"])

    function = spoiled if spoil else functools.partial(TORCH[rule], **arguments[0]["static"])
    return [
        rejected(
            lambda xs=given["xs"]: torch.autograd.gradcheck(
                function,
                tuple(torch.tensor(np.array(x), requires_grad=True) for x in xs),
                fast_mode=fast,
                check_undefined_grad=False,
            )
        )
        for given in arguments
    ]


def by_autograd(rule, spoil, arguments):
    right = functools.partial(AUTOGRAD[rule], **arguments[0]["static"])
    function = right
    if spoil:
        function = autograd.extend.primitive(right)
        numbers = range(len(arguments[0]["xs"]))
        makers = [lambda _y, *xs, i=i: lambda u: spoil(autograd.make_vjp(right, i)(*xs)[0](u)) for i in numbers]
        autograd.extend.defvjp(function, *makers)
    return [
        rejected(lambda xs=given["xs"]: autograd.test_util.check_grads(function, modes=["rev"], order=1)(*xs))
        for given in arguments
    ]


CHECKERS = {
    "purevjp's judge": by_purevjp,
    "jax check_grads, float32": functools.partial(by_jax, wide=False),
    "jax check_grads, float64": functools.partial(by_jax, wide=True),
    "torch gradcheck, slow": functools.partial(by_torch, fast=False),
    "torch gradcheck, fast": functools.partial(by_torch, fast=True),
    "autograd check_grads": by_autograd,
}


def dtype_of(checker):
    return np.float32 if checker.endswith("float32") else np.float64


def changed(rule, spoil, given):
    """Whether a spoiled gradient is another one."""
    cotangents = CATALOGUE[rule]["rule"](*given["xs"], **given["static"])[1](given["u"])
    return not all(np.array_equal(spoil(dx), dx) for dx in cotangents)


def caught(checker, n=3):
    """Share of wrong runs caught, wrong rules never caught, and right runs rejected."""
    seen, runs, never, alarms = 0, 0, [], 0
    for rule in RULES:
        arguments = drawn(rule, n, dtype_of(checker))
        alarms += sum(CHECKERS[checker](rule, None, arguments))
        for name, spoil in SPOILS.items():
            wrong = [given for given in arguments if changed(rule, spoil, given)]
            if wrong:
                flags = CHECKERS[checker](rule, spoil, wrong)
                seen, runs = seen + sum(flags), runs + len(wrong)
                never += [(rule, name)] if not any(flags) else []
    return seen / runs, never, alarms


def per_second(checker, seconds=0.3):
    """Cases judged per second, warm: the geometric mean over all rules."""
    rates = []
    for rule in RULES:
        arguments = drawn(rule, 64 if checker.startswith("purevjp") else 2, dtype_of(checker))
        CHECKERS[checker](rule, None, arguments)
        start, n = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            CHECKERS[checker](rule, None, arguments)
            n += len(arguments)
        rates.append(n / (time.perf_counter() - start))
    return float(np.exp(np.mean(np.log(rates))))


def cold(checker):
    """Seconds for the first 20 cases of a shape in a fresh process, imports aside: the median over rules."""
    times = []
    for rule in ("tanh", "softmax", "matmul", "divide", "logsumexp"):
        program = f"from bench.checkers import first_cases; first_cases({checker!r}, {rule!r})"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        times.append(float(done.stdout))
    return float(np.median(times))


def first_cases(checker, rule):
    arguments = drawn(rule, CASES, dtype_of(checker))
    start = time.perf_counter()
    CHECKERS[checker](rule, None, arguments)
    sys.stdout.write(f"{time.perf_counter() - start}\n")


def print_checkers():
    n = len(RULES) * len(SPOILS)
    table = Table("checker", box=None, title=f"{len(RULES)} rules, {n} wrong ones, 3 cases each", title_justify="left")
    for column in ("caught", "never caught", "right rejected", "cases/s", "judge is faster by", "cold, 20 cases"):
        table.add_column(column, justify="right")
    ours = per_second("purevjp's judge")
    for checker in CHECKERS:
        share, never, alarms = caught(checker)
        rate = ours if checker.startswith("purevjp") else per_second(checker)
        numbers = [f"{share:.1%}", f"{len(never)}", f"{alarms}", f"{rate:.0f}", f"{ours / rate:.0f}"]
        table.add_row(checker, *numbers, f"{cold(checker) * 1e3:.0f} ms")
    Console(width=120, highlight=False).print(table)
