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


def need(has: Any, what: str) -> Any:
    """Raise NotImplementedError where a backend lacks something; else None, for `need(...) or value`."""
    if not has:
        raise NotImplementedError(f"the backend has no {what}")


def named(module: Any, names: str, **has: Any) -> dict[str, Forward]:
    """Functions of a module by the names of rules, or as `rule=name`. They take the options without names, in order.

    `has` says of options which value alone a function has, so that it is not handed on, or values of which type.
    """
    return {rule: in_order(rule, getattr(module, name), has) for rule, name in called(names).items()}


def in_order(rule: str, function: Forward, has: Mapping[str, Any]) -> Forward:
    """One of them."""
    defaults = defaults_of(rule)
    types = {key: kind for key, kind in has.items() if isinstance(kind, type | UnionType)}
    handed_on = [key for key in defaults if key not in has or key in types]

    def of(*xs: Any, **given: Any) -> Any:
        options = defaults | given
        for key, value in has.items():
            fits = isinstance(options[key], types[key]) if key in types else options[key] == value
            need(fits, f"{rule} with {key}={options[key]}")
        return function(*xs, *(options[key] for key in handed_on))

    return of


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
        need({x.ndim for x in xs} == {xs[0].ndim if ndim is None else ndim}, "function of such numbers of axes")
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


def lanes(module: Any, names: str, key: str = "axis") -> dict[str, Forward]:
    """Functions along one axis, or of all elements in a row; of values and indices, the values. `key` is their axis."""
    return {rule: lane(getattr(module, name), key, name) for rule, name in called(names).items()}


def lane(function: Forward, key: str, what: str) -> Forward:
    """One of them."""

    def of(x: Any, *, axis: Any = -1, **more: Any) -> Any:
        along = 0 if axis is None else one_axis(x.ndim, axis, what)
        found = function(x.flatten() if axis is None else x, **{key: along}, **more)
        return found[0] if isinstance(found, tuple) else found

    return of


def in_c_order(reshape: Forward) -> Forward:
    """A reshape that knows no other order."""
    return lambda x, *, shape=-1, order="C": need(order == "C", f"order {order}") or reshape(x, sides(shape))


def sides(shape: Any) -> tuple[int, ...]:
    """A shape, or its one side, as a tuple."""
    return (shape,) if isinstance(shape, int) else tuple(shape)


def widths(x: Any, pad_width: Any, mode: str, constant: Any, modes: tuple[str, ...] = ("constant",)) -> list[Any]:
    """How far each axis is padded, with one number."""
    need(mode in modes, f"padding {mode} of all axes")
    need(not isinstance(pad_width, dict) and np.ndim(constant) == 0, "padding by axis")
    return [(int(a), int(b)) for a, b in np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))]


def shifts_of(shift: Any, axis: Any) -> tuple[Any, Any]:
    """As many shifts as axes."""
    shifts, axes = np.broadcast_arrays(np.ravel(shift), np.ravel(axis))
    return tuple(shifts.tolist()), tuple(axes.tolist())


def contracted(a: Any, b: Any, axes: Any) -> Any:
    """The axes of a tensordot: a number, or a list of each array's, none of them negative."""
    return axes if isinstance(axes, int) else [list(axes_of(x.ndim, part)) for x, part in ((a, axes[0]), (b, axes[1]))]


def axes_of(ndim: int, axis: Any) -> tuple[int, ...]:
    """All axes for None, one in a tuple, and a tuple as it is; none of them negative."""
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple | list) else (axis,)
    return tuple(a % ndim for a in axes) if ndim else ()


def one_axis(ndim: int, axis: Any, what: str) -> int:
    """The one axis of functions that know no more."""
    axes = axes_of(ndim, axis)
    need(len(axes) == 1, f"{what} over {len(axes)} axes")
    return axes[0]


def plain(initial: Any = None, where: Any = None) -> None:
    """Reductions of other libraries have neither a first value nor a mask."""
    need(initial is None, "first value for a reduction")
    need(where is None, "mask for a reduction")
