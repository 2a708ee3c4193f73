"""Derivatives of rules and of functions composed of them: `f(*xs, **static) -> (value, vjp)`."""

import copy
import functools
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from purevjp.aliases import Array, ArrayLike, Pullback1, Tree
from purevjp.contract import as_cotangent, as_primal
from purevjp.tree import tree_leaves, tree_map

__all__ = ["checked", "grad", "jacobian", "stop_gradient", "value_and_grad"]

Rule: TypeAlias = Callable[..., tuple[Any, Callable[..., tuple[Tree, ...]]]]


def value_and_grad(f: Rule) -> Callable[..., tuple[Array, tuple[Tree, ...]]]:
    """`f` with its gradient: a function that returns the value, a number, and one cotangent per positional array.

    Errors  ValueError when the value is not a real number: then there is a `jacobian`.

    >>> from purevjp import squared_loss
    >>> value_and_grad(squared_loss)(np.array([1.0, 4.0]), np.array([0.0, 2.0]))
    (np.float64(2.5), (array([1., 2.]), array([-1., -2.])))
    """

    @functools.wraps(f)
    def with_gradient(*xs: Tree, **static: Any) -> tuple[Array, tuple[Tree, ...]]:
        value, vjp = f(*xs, **static)
        if isinstance(value, tuple | list | dict) or np.shape(value) or np.iscomplexobj(value):
            raise ValueError(f"grad got a function whose value is {described(value)}, but should get a real number")
        return value, vjp(np.ones_like(value))

    return with_gradient


def grad(f: Rule) -> Callable[..., tuple[Tree, ...]]:
    """The gradient of `f` as a function: one cotangent per positional array, in order.

    Errors  as of `value_and_grad`

    >>> from purevjp import logsumexp
    >>> grad(logsumexp)(np.array([0.0, 0.0]))
    (array([0.5, 0.5]),)
    """
    both = value_and_grad(f)

    @functools.wraps(f)
    def gradient(*xs: Tree, **static: Any) -> tuple[Tree, ...]:
        return both(*xs, **static)[1]

    return gradient


def jacobian(f: Rule, *xs: Tree, **static: Any) -> tuple[Tree, ...]:
    """The Jacobian of `f` with respect to each array: Jᵢⱼ = ∂yᵢ/∂xⱼ, of the shape of y and then that of x.

    One call of `f`, and one of its pullback for each element of the value.

    Errors  TypeError when the value is not one array.

    >>> from purevjp import softmax
    >>> jacobian(softmax, np.array([0.0, 0.0]))
    (array([[ 0.25, -0.25],
           [-0.25,  0.25]]),)
    """
    value, vjp = f(*xs, **static)
    if isinstance(value, tuple | list | dict):
        raise TypeError(f"jacobian got a function whose value is {described(value)}, but should get one array")
    shape, size, dtype = np.shape(value), np.size(value), np.asarray(value).dtype
    if not size:
        return tuple(tree_map(lambda x: np.zeros((*shape, *np.shape(x)), np.asarray(x).dtype), xs))
    rows = []
    for i in range(size):
        u = np.zeros(size, dtype)
        u[i] = 1
        rows.append(vjp(u.reshape(shape)))
    return tuple(tree_map(lambda *of: np.stack(of).reshape((*shape, *np.shape(of[0]))), *rows))


def stop_gradient(x: ArrayLike, /) -> tuple[Array, Pullback1]:
    """The identity, whose pullback is zero: not a derivative.

    Value     y = x, a copy
    Pullback  dx = 0
    Shapes    x, y, u: (...)
    Keeps     nothing

    >>> value, vjp = stop_gradient(np.array([1.0, 2.0]))
    >>> vjp(np.array([3.0, 4.0]))
    (array([0., 0.]),)
    """
    x = as_primal(x, "stop_gradient", "x", analytic=True)
    shape, dtype = x.shape, x.dtype

    def stop_gradient_vjp(u: ArrayLike) -> tuple[Array]:
        return (np.zeros_like(as_cotangent(u, "stop_gradient", shape, dtype)),)

    return np.array(x)[()], stop_gradient_vjp


def checked(rule: Rule) -> Rule:
    """A rule, a user's own included, that keeps the contract or says how it does not.

    Checked at each call: arguments and u are not written to; u has the tree, shape and dtype of the value; the pullback
    returns a tuple with one cotangent per positional array, of its tree, shape and dtype, that shares no memory with
    arguments, u, the value or an earlier answer; asked again, for this u and for the first, it answers the same.

    Errors  TypeError or ValueError that names the rule and what it did.

    >>> def double(x, /):
    ...     return 2 * x, lambda u: 2 * u
    >>> _, vjp = checked(double)(np.array([1.0]))
    >>> vjp(np.array([1.0]))
    Traceback (most recent call last):
    TypeError: double_vjp returned float64[1], but should return a tuple of 1
    """
    name = named(rule)

    @functools.wraps(rule)
    def with_checks(*xs: Tree, **static: Any) -> tuple[Any, Callable[..., tuple[Tree, ...]]]:
        xs = tree_map(frozen, xs)
        value, vjp = watched(rule, name, *xs, **static)
        first: list[tuple[Tree, Tree]] = []

        def checked_vjp(u: Tree) -> tuple[Tree, ...]:
            u = tree_map(held, u)
            for _, got, should in pairs(name, "u", tupled(value), tupled(u)):
                as_cotangent(got, name, np.shape(should), np.asarray(should).dtype)
            cotangents: tuple[Tree, ...] = watched(vjp, f"{name}_vjp", u)
            check_cotangents(name, cotangents, xs, [*tree_leaves(xs), *tree_leaves(u), *tree_leaves(value)])
            answer = tree_map(np.copy, cotangents)
            first[:] = first or [(tree_map(lambda x: held(copy.copy(x)), u), answer)]
            for asked, before in ((u, answer), first[0]):
                again = tree_leaves(watched(vjp, f"{name}_vjp", asked))
                if any(np.shares_memory(a, b) for a in tree_leaves(cotangents) for b in again):
                    raise ValueError(f"{name}_vjp returned a cotangent that shares memory with its earlier answer")
                if not all(map(same, tree_leaves(before), again)):
                    raise ValueError(f"{name}_vjp returned something else when it was called again")
            return cotangents

        return value, checked_vjp

    return with_checks


def check_cotangents(name: str, cotangents: Tree, xs: tuple[Tree, ...], others: list[Any]) -> None:
    """Refuse cotangents that are not one for each primal, of its tree, shape and dtype, in memory of their own."""
    if not isinstance(cotangents, tuple) or len(cotangents) != len(xs):
        raise TypeError(f"{name}_vjp returned {described(cotangents)}, but should return a tuple of {len(xs)}")
    for what, got, primal in pairs(name, "a cotangent", xs, cotangents):
        if not isinstance(got, np.ndarray | np.generic) or (got.shape, got.dtype) != (primal.shape, primal.dtype):
            raise TypeError(f"{name}_vjp returned {what} {described(got)}, but should return {described(primal)}")
        if any(np.shares_memory(got, other) for other in others):
            raise ValueError(f"{name}_vjp returned {what} that shares memory with an argument, u, the value or another")
        others.append(got)


def named(rule: Callable[..., Any]) -> str:
    """The name of a rule, or of the one that a partial holds."""
    return (
        named(rule.func) if isinstance(rule, functools.partial) else getattr(rule, "__name__", rule.__class__.__name__)
    )


def tupled(tree: Tree) -> Tree:
    """A tree whose lists are tuples: rules take either as u."""
    if isinstance(tree, list | tuple):
        return tuple(map(tupled, tree))
    return {key: tupled(part) for key, part in tree.items()} if isinstance(tree, dict) else tree


def watched(function: Callable[..., Any], name: str, *args: Any, **options: Any) -> Any:
    """The result of a call whose arrays cannot be written to."""
    try:
        return function(*args, **options)
    except ValueError as error:
        if "read-only" in str(error):
            raise ValueError(f"{name} writes to an argument, but should leave it as it is") from error
        raise


def pairs(name: str, what: str, tree: Tree, other: Tree) -> list[tuple[str, Any, Any]]:
    """Each leaf of `other` with that of `tree`, and what it is called."""
    found: list[tuple[str, Any, Any]] = []
    try:
        tree_map(lambda a, b: found.append((what, b, a)), tree, other)
    except ValueError as error:
        raise ValueError(f"{name}_vjp: {what} has another tree than it should: {error}") from error
    return found


def frozen(x: ArrayLike) -> Array:
    """A view that refuses to be written to."""
    view = np.asarray(x).view()
    view.setflags(write=False)
    return view


def held(u: Any) -> Any:
    """A Python number as it is, for rules take one as u; else a view that refuses to be written to."""
    return u if isinstance(u, int | float | complex) else frozen(u)


def same(a: Array, b: Array) -> bool:
    """Equal numbers, nan to nan."""
    return bool(np.array_equal(a, b, equal_nan=True))


def described(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, tuple | list | dict):
        return f"a {value.__class__.__name__} of {len(value)}"
    if isinstance(value, np.ndarray | np.generic):
        return f"{value.dtype}{list(value.shape)}" if value.ndim else f"a number of dtype {value.dtype}"
    return f"a {value.__class__.__name__}"
