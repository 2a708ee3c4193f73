"""What the adapters share: one function for all rules, made of a table of forward functions and a way to differentiate.

A forward function takes arrays of its backend, and a rule's keywords with arrays among them converted. It raises
NotImplementedError where the backend has no such function or option: nothing is put together of others that have it.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import UnionType
from typing import Any, TypeAlias

import numpy as np

import purevjp
from oracle.backend.options import need, one_axis, plain, sides
from purevjp.aliases import Tree
from purevjp.tree import tree_leaves, tree_map

Forward: TypeAlias = Callable[..., Any]
Axes: TypeAlias = Callable[[int, Any], Any]
Differentiate: TypeAlias = Callable[[Forward, list[Any], list[Any]], tuple[list[Any], list[Any]]]


def vjp_of(table: Mapping[str, Forward], differentiate: Differentiate, convert: Callable[[Any], Any]) -> Any:
    """`vjp(rule, args, static, cotangent)` for the functions of a table.

    `differentiate` gets a function of arrays, a list of them, and one cotangent for each of its values; no trees.
    """

    def vjp(rule: str, args: tuple[Tree, ...], static: Mapping[str, Any], cotangent: Tree) -> tuple[Any, Any]:
        options = {key: converted(option, convert) for key, option in static.items()}

        def forward(*leaves: Any) -> list[Any]:
            return tree_leaves(table[rule](*like(args, leaves), **options))

        values, cotangents = differentiate(forward, tree_leaves(args), tree_leaves(cotangent))
        return like(cotangent, values), like(args, cotangents)

    return vjp


def like(tree: Tree, leaves: Iterable[Any]) -> Any:
    """A tree of the same structure with other leaves."""
    parts = iter(leaves)
    return tree_map(lambda _: next(parts), tree)


def converted(option: Any, convert: Callable[[Any], Any]) -> Any:
    """An option with the arrays in it converted."""
    if isinstance(option, np.ndarray):
        return convert(option)
    return option.__class__(converted(part, convert) for part in option) if isinstance(option, list | tuple) else option


def named(module: Any, names: str, **has: Any) -> dict[str, Forward]:
    """Functions of a module by the names of rules (or `rule=name`) that take a rule's options in order, unnamed.

    `has` is what a function has of an option: one value, as in `descending=False`, and it is not handed on; or values
    of a type, as in `repeats=int`.
    """
    return {rule: in_order(rule, getattr(module, name), has) for rule, name in called(names).items()}


def in_order(rule: str, function: Forward, has: Mapping[str, Any]) -> Forward:
    """One of them."""
    defaults = defaults_of(rule)
    handed_on = [key for key in defaults if key not in has or isinstance(has[key], type | UnionType)]

    def of(*xs: Any, **given: Any) -> Any:
        options = defaults | given
        for key, kind in has.items():
            shown = "array" if hasattr(options[key], "shape") else options[key]
            need(fits(options[key], kind), f"{rule} with {key}={shown}")
        return function(*xs, *(options[key] for key in handed_on))

    return of


def fits(option: Any, has: Any) -> Any:
    """Whether an option has this value, or one of this type."""
    if has is None:
        return option is None  # an array is not compared with it
    return isinstance(option, has) if isinstance(has, type | UnionType) else option == has


def called(names: str) -> dict[str, str]:
    """What the functions for rules are called: the same, or `rule=name`."""
    return {rule: name or rule for rule, _, name in (each.partition("=") for each in names.split())}


def defaults_of(rule: str) -> dict[str, Any]:
    """The options of a rule in order, each with its default."""
    parameters = inspect.signature(getattr(purevjp, rule)).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}


def functions_of(module: Any) -> dict[str, Forward]:
    """The functions of a module that have the names of rules."""
    return {
        name: each
        for name, each in vars(module).items()
        if inspect.isfunction(each) and callable(getattr(purevjp, name, None))
    }


def same_ndim(function: Forward, ndim: int | None = None) -> Forward:
    """A function of arrays with equally many axes, or this many."""

    def of(*xs: Any, **options: Any) -> Any:
        ndims = [x.ndim for x in xs]
        need(set(ndims) == {ndims[0] if ndim is None else ndim}, f"such function of arrays with {ndims} axes")
        return function(*xs, **options)

    return of


def reductions(module: Any, names: str, axes: Axes = lambda _ndim, axis: axis, **own: str) -> dict[str, Forward]:
    """Reductions without a first value and a mask; `axes` is how they want them, `own` what they call options."""
    return {rule: reduced(rule, getattr(module, name), axes, own) for rule, name in called(names).items()}


def reduced(rule: str, function: Forward, axes: Axes, own: Mapping[str, str]) -> Forward:
    """One of them."""
    defaults = defaults_of(rule)

    def of(x: Any, **given: Any) -> Any:
        options = defaults | given
        plain(options.pop("initial", None), options.pop("where", None))
        options["axis"] = axes(x.ndim, options["axis"])
        return function(x, **{own.get(key, key): option for key, option in options.items()})

    return of


def lanes(module: Any, names: str, key: str = "axis", *, flat: bool = True) -> dict[str, Forward]:
    """Functions along one axis, or of all elements in a row; of values and indices, the values. `key` is their axis.

    What is not `flat` keeps the shape of its argument when it is of all elements, and others have no such thing.
    """
    return {rule: lane(getattr(module, name), key, name, flat=flat) for rule, name in called(names).items()}


def lane(function: Forward, key: str, what: str, *, flat: bool = True) -> Forward:
    """One of them."""

    def of(x: Any, *, axis: Any = -1, **more: Any) -> Any:
        need(flat or axis is not None or x.ndim == 1, f"{what} over all axes")
        along = 0 if axis is None else one_axis(x.ndim, axis, what)
        found = function(x.flatten() if axis is None else x, **{key: along}, **more)
        return found[0] if isinstance(found, tuple) else found

    return of


def in_c_order(reshape: Forward) -> dict[str, Forward]:
    """Both rules of a reshape that knows no other order."""

    def of(x: Any, *, shape: Any = -1, order: str = "C") -> Any:
        return need(order == "C", f"order {order}") or reshape(x, sides(shape))

    return {"reshape": of, "ravel": of}
