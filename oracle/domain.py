"""A row of the rulebook: a rule, what it must agree with, and the arguments it may get, as data."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

Choose: TypeAlias = Callable[[Sequence[Any]], Any]
Rule: TypeAlias = Callable[..., tuple[Any, Callable[..., tuple[Any, ...]]]]
Static: TypeAlias = Mapping[str, Any]
Token: TypeAlias = Callable[[Choose, Sequence[Any], Static], Any]
Shapes: TypeAlias = str | Callable[[Choose], tuple[Any, ...]]

Domain = TypedDict("Domain", {"low": float, "high": float, "avoid": tuple[float, ...], "shift": float})
Case = TypedDict(
    "Case",
    {
        "rule": Rule,
        "counterpart": Callable[..., Any],
        "shapes": Shapes,
        "domains": tuple[Domain, ...],
        "static": Mapping[str, Token],
        "kink": Callable[..., Any] | None,
    },
)

MARGIN = 1 / 64
"""How far ordinary values stay away from the points that a domain avoids and from kinks."""


def interval(low: float, high: float, *avoid: float, shift: float = 0.0) -> Domain:
    """The values an argument may have: from `low` to `high`, not near the points to `avoid`, perhaps all shifted."""
    return {"low": low, "high": high, "avoid": avoid, "shift": shift}


REAL = interval(-3, 3)
UNIT = interval(-1, 1)
SHIFTED = interval(-3, 3, shift=1000.0)
POSITIVE = interval(1 / 16, 4)
NONZERO = interval(-3, 3, 0)


def case(
    rule: Rule,
    counterpart: Callable[..., Any],
    shapes: Shapes,
    *domains: Domain,
    static: Mapping[str, Token] | None = None,
    kink: Callable[..., Any] | None = None,
) -> Case:
    """A row of the rulebook: a rule and what it must agree with.

    `counterpart` is the same function in JAX, with the same keywords. `shapes` is a gufunc signature or a function of
    `choose`. `domains` has one interval per positional argument. `static` has one token per keyword: a
    function of `choose`, the shapes and the keywords before it. `kink(*xs, **static)` is zero where the rule is not
    differentiable.

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
        raise ValueError(f"{name} has no keyword {unknown.pop()!r}, but its case has a token for it")
    if missing := keywords - static.keys():
        raise ValueError(f"{name} has the keyword {missing.pop()!r}, but its case has no token for it")
    for domain in domains:
        if not domain["low"] < domain["high"]:
            raise ValueError(f"{name} has a case with the empty interval {domain['low']} to {domain['high']}")
    return {
        "rule": rule,
        "counterpart": counterpart,
        "shapes": shapes,
        "domains": domains,
        "static": static,
        "kink": kink,
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
