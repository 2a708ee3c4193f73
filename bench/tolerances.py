"""`python -m bench tolerances`: right gradients flagged and wrong ones caught, by our limit and by others."""

import collections
import warnings
from importlib.metadata import version

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.backends import BACKENDS
from bench.regimes import cases
from oracle.catalogue import CATALOGUE
from oracle.mutant import mutants
from oracle.referee import referee, rounded
from oracle.verdict import FACTOR, error_ratios
from purevjp.tree import tree_leaves

SAME = 2.0**-22
"""Relative to the largest element: a mutant that changes less, here, is not wrong here."""

INACCURATE = 1e-5
"""The same: a flagged gradient with more error than this, by the referee, is inaccurate: no false alarm."""

LEFT = {"widened dtype", "narrowed dtype", "same memory again", "other calls change it", "takes anything"}
LEFT |= {"writes to x", "writes to u", "first answer again"}
LEFT |= {"nothing left in the tails", "jax #40315: nothing left in the tails"}
"""Mutants that are not wrong numbers, and two that are what JAX and PyTorch give themselves: y (1 − y) and 1 − y²."""


def close(rtol, atol):
    return lambda got, truth, _scale: bool(np.all(np.abs(got - truth) <= atol + rtol * np.abs(truth)))


def python_close(got, truth, _scale):
    return bool(np.all(np.abs(got - truth) <= np.maximum(0.25 * np.maximum(np.abs(got), np.abs(truth)), 1)))


def in_ulps(got, truth, _scale):
    return bool(np.all(np.abs(got - truth) <= 4 * np.spacing(np.abs(truth).astype(np.float32)).astype(np.float64)))


MODELS = {
    "error scale × 8": lambda got, truth, scale: bool(np.all(error_ratios(got, truth, scale) <= FACTOR)),
    "torch.testing.assert_close": close(1.3e-6, 1e-5),
    "ONNX 1e-3 / 1e-7": close(1e-3, 1e-7),
    "MLX 1e-2": close(1e-2, 1e-2),
    "array-api-tests 0.25 / 1": python_close,
    "4 ulp": in_ulps,
}


def accepted(model, leaves, truths, scales):
    with np.errstate(all="ignore"):
        if any(np.shape(g) != y.shape for g, y in zip(leaves, truths, strict=True)):
            return False
        return all(
            MODELS[model](np.asarray(g, np.float32), y, s) for g, y, s in zip(leaves, truths, scales, strict=True)
        )


def wrong_results(case, arguments):
    """The leaves that each mutant gives, value aside."""
    for name, mutant in mutants(case):
        if name not in LEFT:
            try:
                with np.errstate(all="ignore"):
                    value, vjp = mutant["rule"](*arguments["xs"], **arguments["static"])
                    yield name, tree_leaves((value, *vjp(np.array(arguments["u"]))))
            except (ValueError, FloatingPointError):
                continue


def right_result(case, arguments):
    with np.errstate(all="ignore"):
        value, vjp = case["rule"](*arguments["xs"], **arguments["static"])
        return tree_leaves((value, *vjp(np.array(arguments["u"]))))


def differs(leaves, right):
    pairs = [(g, r) for g, r in zip(leaves, right, strict=True) if np.shape(g) == np.shape(r)]
    with np.errstate(all="ignore"):
        near = [(g == r) | (np.abs(g - r) <= SAME * np.abs(r).max(initial=0)) for g, r in pairs]
    return len(pairs) < len(right) or not all(map(np.all, near))


def confirmed(case, arguments, leaves):
    """Whether the referee says that a flagged result is inaccurate beyond doubt."""
    exact = [np.asarray(leaf) for leaf in tree_leaves(rounded(referee(case["definition"], arguments, exact=False)))]
    pairs = list(zip(leaves, exact, strict=True))
    if any(np.any(~np.isfinite(g) & (np.abs(y) < np.finfo(np.float32).max)) for g, y in pairs):
        return True
    return any(np.max(np.abs(g - y), initial=0) > INACCURATE * np.max(np.abs(y), initial=0) for g, y in pairs)


def measure():
    counts, findings, flagged = collections.Counter(), collections.Counter(), []
    caught, tiny, alive = collections.Counter(), collections.Counter(), collections.defaultdict(set)
    for rule, regime, group in cases():
        case, truths, scales = CATALOGUE[rule], tree_leaves(group["truth"]), tree_leaves(group["scale"])
        for i, arguments in enumerate(group["arguments"]):
            y, s = [leaf[i] for leaf in truths], [leaf[i] for leaf in scales]
            static, u = arguments["static"], arguments["u"]
            for backend, run in BACKENDS.items():
                with np.errstate(all="ignore"), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    leaves = run(rule, arguments["xs"], static, u)
                counts["runs"] += 1
                ours = accepted("error scale × 8", leaves, y, s)
                if not ours and confirmed(case, arguments, leaves):
                    findings[backend, rule, regime] += 1
                    counts["findings"] += 1
                    continue
                if not ours:
                    flagged.append((backend, rule, regime, arguments))
                for model in MODELS:
                    counts[model] += not accepted(model, leaves, y, s)
            right = right_result(case, arguments)
            for name, leaves in wrong_results(case, arguments):
                if not differs(leaves, right):
                    continue
                counts["wrong"] += 1
                counts["wrong tiny"] += regime == "tiny cotangent"
                for model in MODELS:
                    seen = not accepted(model, leaves, y, s)
                    caught[model] += seen
                    tiny[model] += seen and regime == "tiny cotangent"
                    alive[model] |= {(rule, name, seen)}
    return counts, findings, flagged, caught, tiny, alive


def print_tolerances():
    counts, findings, flagged, caught, tiny, alive = measure()
    versions = ", ".join(f"{name} {version(name)}" for name in BACKENDS)
    runs = counts["runs"] - counts["findings"]
    table = Table("limit", title=f"float32, {counts['runs']} runs of {versions}", title_justify="left", box=None)
    for column in ("false alarms", "wrong runs caught", "of tiny cotangents", "wrong rules never caught"):
        table.add_column(column, justify="right")
    for model in MODELS:
        rules = {(rule, name) for rule, name, _ in alive[model]}
        never = rules - {(rule, name) for rule, name, seen in alive[model] if seen}
        table.add_row(
            model, f"{counts[model] / runs:.2%}", f"{caught[model] / counts['wrong']:.1%}",
            f"{tiny[model] / max(1, counts['wrong tiny']):.1%}", f"{len(never)} of {len(rules)}",
        )  # fmt: skip
        if model == "error scale × 8" and never:
            print("never caught:", sorted(never))
    console = Console(width=120, highlight=False)
    console.print(table)
    console.print(
        f"{counts['wrong']} wrong runs; {counts['findings']} runs left out, which the referee finds inaccurate:"
    )
    for (backend, rule, regime), n in sorted(findings.items()):
        console.print(f"  {backend} {rule}, {regime}: {n}")
    for backend, rule, regime, arguments in flagged:
        shapes = [np.shape(x) for x in arguments["xs"]]
        console.print(
            f"  false alarm: {backend} {rule}, {regime}, of shapes {shapes} {arguments['static']}", markup=False
        )
