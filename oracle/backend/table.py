"""What the adapters share: one function for all rules, made of a table of forward functions and a way to differentiate.

A forward function takes arrays of its backend, and a rule's keywords with arrays among them converted. It raises
NotImplementedError where the backend has no such function or option: nothing is put together of others that have it.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

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
    """Functions of a module by the names of rules; `others` are called something else."""
    return {name: getattr(module, name) for name in names.split()} | {k: getattr(module, v) for k, v in others.items()}


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
