"""Laws that need no reference: shape and dtype, purity, linearity in the cotangent."""

from collections.abc import Callable
from typing import Any

import numpy as np

from oracle.domain import Rule
from oracle.draw import Arguments
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves, tree_map


def frozen(x: Array) -> Array:
    """A view that refuses to be written to."""
    view = np.asarray(x).view()
    view.flags.writeable = False
    return view


def contract(xs: tuple[Tree, ...], u: Array, value: Any, cotangents: Any) -> list[str]:
    """The value has shape and dtype of `u`, each cotangent those of its primal, in its tree; all are finite."""
    if not isinstance(cotangents, tuple) or len(cotangents) != len(xs):
        return [f"the pullback should return a tuple of {len(xs)}"]
    try:
        pairs = [(u, value)]
        tree_map(lambda x, dx: pairs.append((x, dx)), xs, cotangents)
    except ValueError as error:
        return [f"cotangents should have the tree of the arguments: {error}"]
    found = []
    for i, (primal, got) in enumerate(pairs):
        what = f"cotangent {i - 1}" if i else "value"
        if not isinstance(got, np.ndarray | np.generic):
            found.append(f"{what} is a {got.__class__.__name__}, but should be an array")
        elif (got.dtype, got.shape) != (primal.dtype, primal.shape):
            found.append(f"{what} is {described(got)}, but should be {described(primal)}")
        elif not np.all(np.isfinite(got)):
            found.append(f"{what} has elements that are not finite")
    return found


def described(x: Any) -> str:
    """Dtype and shape, as in float64[2, 3]."""
    return f"{x.dtype}{list(x.shape)}"


def findings(rule: Rule, arguments: Arguments) -> list[str]:
    """What is found against purity, linearity and the refusal of bad input."""
    return purity(rule, arguments) + linearity(rule, arguments) + refusals(rule, arguments)


def purity(rule: Rule, arguments: Arguments) -> list[str]:
    """Arguments stay as they were, answers stay the same whatever else is called, and cotangents own their memory."""
    (xs, u), static = tree_map(np.array, (arguments["xs"], arguments["u"])), arguments["static"]
    before = tree_map(np.array, (xs, u))
    value, vjp = rule(*xs, **static)
    first = vjp(u)
    kept = tree_map(np.array, (value, first))
    value_again, vjp_again = rule(*xs, **static)
    rule(*tree_map(lambda x: x / 2, xs), **static)
    second = vjp(u)
    found = []
    if not same((xs, u), before):
        found.append("the arguments were changed")
    if not (same((value, first), kept) and same((value_again, vjp_again(u)), kept) and same(second, kept[1])):
        found.append("the same call gave another answer")
    outputs, others = tree_leaves(first), [u, *tree_leaves(xs), *tree_leaves(second)]
    for i, dx in enumerate(outputs):
        if any(np.shares_memory(dx, other) for other in others + outputs[:i]):
            found.append(f"cotangent {i} shares memory with an argument or another cotangent")
    return found


def linearity(rule: Rule, arguments: Arguments) -> list[str]:
    """vjp(0) is 0 and vjp(−2u) is −2 vjp(u), to the last bit."""
    _, vjp = rule(*arguments["xs"], **arguments["static"])
    u = np.array(arguments["u"], order="C")
    found, cotangents = [], vjp(u)
    if any(np.any(dx) for dx in tree_leaves(vjp(np.zeros_like(u)))):
        found.append("the cotangents of u = 0 are not 0")
    if not same(vjp(-2 * u), tree_map(lambda dx: -2 * dx, cotangents)):
        found.append("the cotangents of −2u are not −2 times those of u")
    return found


def refusals(rule: Rule, arguments: Arguments) -> list[str]:
    """Integer arrays are refused, and so are cotangents of another shape, even one that would broadcast, or dtype."""
    xs, static, u = arguments["xs"], arguments["static"], arguments["u"]
    _, vjp = rule(*xs, **static)
    other = np.float32 if u.dtype == np.float64 else np.float64
    attempts = {
        "a cotangent with one axis more": lambda: vjp(u[None]),
        "a cotangent of another dtype": lambda: vjp(u.astype(other)),
        "integer arrays": lambda: rule(*tree_map(lambda x: np.ones_like(x, np.int64), xs), **static),
    }
    return [f"{what} should be refused" for what, attempt in attempts.items() if not raises(attempt)]


def raises(attempt: Callable[[], object]) -> bool:
    """Whether a call is refused as bad input is."""
    try:
        attempt()
    except (TypeError, ValueError):
        return True
    return False


def same(a: Tree, b: Tree) -> bool:
    """Whether two trees hold equal numbers."""
    return all(np.array_equal(x, y) for x, y in zip(tree_leaves(a), tree_leaves(b), strict=True))
