"""A row of the rulebook: a rule, what it must agree with, and the arguments it may get, as data."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

from oracle.acceptance import Point
from oracle.pack import Rule, packed_counterpart, packed_rule

Choose: TypeAlias = Callable[[Sequence[Any]], Any]
Static: TypeAlias = Mapping[str, Any]
Token: TypeAlias = Callable[[Choose, Sequence[Any], Static], Any]
Law: TypeAlias = Callable[..., list[str]]
Shapes: TypeAlias = str | Callable[[Choose], tuple[Any, ...]]

Domain = TypedDict(
    "Domain",
    {
        "low": float,
        "high": float,
        "avoid": tuple[float, ...],
        "offset": float,
        "wide": float,
        "special": Sequence[float],
        "extreme": Sequence[float],
        "structure": Callable[[Any], Any] | None,
        "is_complex": bool,
    },
)
Case = TypedDict(
    "Case",
    {
        "name": str,
        "packs": bool,
        "rule": Rule,
        "counterpart": Callable[..., Any],
        "shapes": Shapes,
        "domains": tuple[Domain, ...],
        "static": Mapping[str, Token],
        "kink": Callable[..., Any] | None,
        "definition": Callable[..., Any] | None,
        "budget": Callable[..., Any] | None,
        "exact": bool,
        "analytic": bool,
        "relative": bool,
        "laws": tuple[Law, ...],
        "points": tuple[Point, ...],
    },
)

MARGIN = 1 / 64
"""How far ordinary values stay away from the points that a domain avoids and from kinks."""


def interval(
    low: float,
    high: float,
    *avoid: float,
    offset: float = 0.0,
    wide: float = 1.0,
    special: Sequence[float] = (),
    extreme: Sequence[float] = (),
    structure: Callable[[Any], Any] | None = None,
    is_complex: bool = False,
) -> Domain:
    """The values an argument may have, not near the points to `avoid`.

    Ordinary ones lie from `low` to `high`; others are ordinary ones plus `offset`, or have a size from 1/`wide` to
    `wide`, or are `special`; `extreme` ones need the range of float64. `structure` makes of an array one that is, say,
    symmetric. A complex array is drawn as a real one with a last axis of 2 (see `pack.py`).
    """
    return {
        "low": low, "high": high, "avoid": avoid,
        "offset": offset, "wide": wide, "special": special, "extreme": extreme,
        "structure": structure, "is_complex": is_complex,
    }  # fmt: skip


SMALL = (0.0, 1.0, -1.0, 2.0)
REAL = interval(-3, 3, offset=1000.0, wide=2.0**20, special=(*SMALL, -2.0, 1e-6, -1e-12, 1e12, -1e15, 1e-30))
UNIT = interval(-1, 1, special=SMALL)
BOUNDED = interval(-3, 3, wide=8.0, special=(*SMALL, 20.0))
LOGIT = interval(-3, 3, offset=1000.0, wide=64.0, special=(*SMALL, 20.0, -20.0, 88.0, -89.0, 700.0, -700.0, 1e-6))
POSITIVE = interval(1 / 16, 4, offset=1000.0, wide=2.0**40, special=(1.0, 2.0, 0.5, 1e-19, 1e19, 1e-30, 1 + 2**-20))
NONZERO = interval(-3, 3, 0, offset=1000.0, wide=2.0**20, special=(1.0, -1.0, 2.0, -0.5, 1e-10, -1e10, 1e-15, 1e15))


def case(
    rule: Rule,
    counterpart: Callable[..., Any],
    shapes: Shapes,
    *domains: Domain,
    static: Mapping[str, Token] | None = None,
    kink: Callable[..., Any] | None = None,
    definition: Callable[..., Any] | None = None,
    budget: Callable[..., Any] | None = None,
    exact: bool = False,
    analytic: bool = False,
    relative: bool = False,
    laws: tuple[Law, ...] = (),
    points: tuple[Point, ...] = (),
    packs: bool = False,
) -> Case:
    """A row of the rulebook: a rule and what it must agree with.

    `counterpart` is the same function in JAX, with the same keywords. `shapes` is a gufunc signature or a function of
    `choose`. `domains` has one interval per positional argument. `static` has one token per keyword: a
    function of `choose`, the shapes and the keywords before it. `kink(*xs, **static)` is zero where the rule is not
    differentiable.

    `definition` is the value on arrays of exact numbers (see `referee.py`); with `exact`, small integers give integers,
    and every dtype must give the same; with `relative`, results are as accurate as their own size, however small.
    `analytic` rules take complex arrays. `budget` is a function to take the error scale of, if not the counterpart.
    `packs` where there are several results, or complex ones: the rule is judged with them packed as one real array (see
    `pack.py`). `laws` are more findings to ask for (see `laws.py`). `points` are kinks and singular points (see
    `acceptance.py`).

    Errors  ValueError when the row contradicts the rule's signature.
    """
    static = static or {}
    name = rule.__name__
    parameters = inspect.signature(rule).parameters.values()
    primals = [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY]
    keywords = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    if len(primals) + len(keywords) != len(list(parameters)):
        raise ValueError(f"{name} has parameters that are neither positional-only nor keyword-only")
    if len(domains) != len(primals):
        raise ValueError(f"{name} takes {len(primals)} arrays, but its case has {len(domains)} domains")
    if isinstance(shapes, str) and len(parse(shapes)) != len(primals):
        raise ValueError(f"{name} takes {len(primals)} arrays, but its case has the signature {shapes!r}")
    if unknown := static.keys() - keywords:
        raise ValueError(f"{name} has no keyword {min(unknown)!r}, but its case has a token for it")
    if missing := keywords - static.keys():
        raise ValueError(f"{name} has the keyword {min(missing)!r}, but its case has no token for it")
    if (exact or relative) and definition is None:
        raise ValueError(f"{name} is to be judged by a referee, but its case has no definition")
    for domain in domains:
        if not domain["low"] < domain["high"]:
            raise ValueError(f"{name} has a case with the empty interval {domain['low']} to {domain['high']}")
    is_complex = [domain["is_complex"] for domain in domains]
    packs = packs or any(is_complex)
    return {
        "name": name,
        "packs": packs,
        "rule": packed_rule(rule, is_complex) if packs else rule,
        "counterpart": packed_counterpart(counterpart, is_complex) if packs else counterpart,
        "shapes": shapes,
        "domains": domains,
        "static": static,
        "kink": kink,
        "definition": definition,
        "budget": budget,
        "exact": exact,
        "analytic": analytic,
        "relative": relative,
        "laws": laws,
        "points": points,
    }


def parse(signature: str) -> list[tuple[str, ...]]:
    """The core dimensions of each input of a gufunc signature.

    >>> parse("(n,m),(m)->(n)")
    [('n', 'm'), ('m',)]
    """
    inputs, arrow, _ = signature.partition("->")
    if not arrow or not re.fullmatch(r"\((\w+(,\w+)*)?\)(,\((\w+(,\w+)*)?\))*", inputs):
        raise ValueError(f"{signature!r} is not a gufunc signature")
    return [tuple(filter(None, dims.split(","))) for dims in re.findall(r"\(([^)]*)\)", inputs)]
