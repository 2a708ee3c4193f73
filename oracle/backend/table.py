"""What the adapters share: one function for all rules, made of a table of forward functions and a way to differentiate.

A forward function takes arrays of its backend, and a rule's keywords with arrays among them converted. It raises
NotImplementedError where the backend has no such function or option: nothing is put together of others that have it.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

import purevjp
from purevjp.aliases import Tree

Forward: TypeAlias = Callable[..., Any]
Differentiate: TypeAlias = Callable[[Forward, tuple[Tree, ...], Tree], tuple[Any, Any]]


def vjp_of(table: Mapping[str, Forward], differentiate: Differentiate, convert: Callable[[Any], Any]) -> Any:
    """`vjp(rule, args, static, cotangent)` for the functions of a table."""

    def vjp(rule: str, args: tuple[Tree, ...], static: Mapping[str, Any], cotangent: Tree) -> tuple[Any, Any]:
        options = {key: converted(option, convert) for key, option in static.items()}
        return differentiate(lambda *primals: table[rule](*primals, **options), args, cotangent)

    return vjp


def converted(option: Any, convert: Callable[[Any], Any]) -> Any:
    """An option with the arrays in it converted."""
    if isinstance(option, np.ndarray):
        return convert(option)
    return option.__class__(converted(part, convert) for part in option) if isinstance(option, list | tuple) else option


def need(has: Any, what: str) -> Any:
    """Raise NotImplementedError where a backend lacks something; else None, for `need(...) or value`."""
    if not has:
        raise NotImplementedError(f"the backend has no {what}")


def same_names(module: Any, names: str, **others: str) -> dict[str, Forward]:
    """Functions of a module by the names of rules; `others` are called something else. Options go in order."""
    called = {name: name for name in names.split()} | others
    return {rule: in_order(rule, getattr(module, name)) for rule, name in called.items()}


def functions_of(module: Any) -> dict[str, Forward]:
    """The functions of a module that have the names of rules."""
    return {
        name: each
        for name, each in vars(module).items()
        if inspect.isfunction(each) and callable(getattr(purevjp, name, None))
    }


def in_order(rule: str, function: Forward) -> Forward:
    """A function that takes a rule's options without their names, in the order of the rule."""
    parameters = inspect.signature(getattr(purevjp, rule)).parameters.values()
    options = {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}
    return lambda *xs, **given: function(*xs, *(given.get(name, default) for name, default in options.items()))


def reduced(function: Forward, axes: Callable[[int, Any], Any], **names: str) -> Forward:
    """A reduction without a first value and a mask; `axes` is how it wants them, `names` are its own of options."""

    def of(x: Any, *, axis: Any = None, initial: Any = None, where: Any = None, **more: Any) -> Any:
        plain(initial, where)
        options = {"axis": axes(x.ndim, axis), **({"ddof": 0} if "ddof" in names else {}), **more}
        return function(x, **{names.get(key, key): option for key, option in options.items()})

    return of


def lanes(module: Any, names: str, key: str = "axis", *, flat: bool = True) -> dict[str, Forward]:
    """Functions along one axis, or of all elements in a row; of values and indices, the values. `key` is their axis.

    What is not `flat` keeps the shape of its argument when it is of all elements, and others have no such thing.
    """
    return {name: lane(getattr(module, name), key, name, flat=flat) for name in names.split()}


def lane(function: Forward, key: str, what: str, *, flat: bool = True) -> Forward:
    """One of them."""

    def of(x: Any, *, axis: Any = -1, **more: Any) -> Any:
        need(flat or axis is not None or x.ndim == 1, f"{what} over all axes")
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
