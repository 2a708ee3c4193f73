"""What may be right where a rule is not differentiable, as data: the accepted set of a point, and purevjp's own choice.

The policy that decides, P1 to P6, is `docs/kinks.md`. Membership is judged rule by rule, never on networks.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

import numpy as np

from oracle.verdict import AGREE, CONVENTION, WRONG, Judgement, judgement
from purevjp.aliases import Array, Tree
from purevjp.tree import tree_leaves

Acceptance: TypeAlias = Mapping[str, Any]
Point = TypedDict(
    "Point",
    {
        "at": str,
        "policy": str,
        "xs": tuple[Any, ...],
        "static": Mapping[str, Any],
        "u": Any,
        "value": Any,
        "accepts": tuple[Acceptance, ...],
        "convention": tuple[Any, ...],
        "others": Mapping[str, Any],
    },
)
ROUNDINGS = 8


def point(
    at: str,
    policy: str,
    *xs: Any,
    u: Any,
    value: Any,
    convention: tuple[Any, ...],
    accepts: tuple[Acceptance, ...] = (),
    static: Mapping[str, Any] | None = None,
    **others: Any,
) -> Point:
    """A point where a rule is not differentiable, or only in the limit.

    `at` says where in words, `policy` cites a paragraph, `value` and `convention` are what purevjp gives: the value and
    one cotangent per array. `accepts` are the sets any implementation may answer from (just the convention when there
    are none), and `others` are the cotangents that other libraries give.
    """
    accepts = accepts or tuple(exact(dx) for dx in convention)
    return {
        "at": at, "policy": policy, "xs": tuple(map(np.asarray, xs)), "static": static or {}, "u": np.asarray(u),
        "value": np.asarray(value),
        "accepts": accepts, "convention": tuple(map(np.asarray, convention)),
        "others": {name: tuple(map(np.asarray, theirs)) for name, theirs in others.items()},
    }  # fmt: skip


def exact(truth: Any) -> Acceptance:
    """These numbers, bit for bit but for the sign of zero; nan where nan is."""
    return {"kind": "exact", "truth": truth}


def scaled(truth: Any, scale: Any) -> Acceptance:
    """Within 8 error scales of the truth."""
    return {"kind": "scaled", "truth": truth, "scale": scale}


def interval(low: Any, high: Any) -> Acceptance:
    """u · [low, high], element by element: a corner of a function of one array."""
    return {"kind": "interval", "low": low, "high": high}


def groups(labels: Sequence[Any], totals: Mapping[int, float]) -> Acceptance:
    """Shares between 0 and the total of each tied group, that add up to it, across all arrays; label 0 demands 0."""
    return {"kind": "groups", "labels": labels, "totals": totals}


def ball(radius: float) -> Acceptance:
    """Any cotangent of at most this Euclidean length."""
    return {"kind": "ball", "radius": radius}


def any_of(*options: Acceptance) -> Acceptance:
    """One of several sets."""
    return {"kind": "any of", "options": options}


def non_finite(classes: Any) -> Acceptance:
    """Each element of its class: "nan", "+inf", "-inf" or "finite"."""
    return {"kind": "non-finite", "classes": classes}


def holds_exact(of: Acceptance, got: Array, _all: Sequence[Array], _u: Array) -> bool:
    """Equal, nan to nan."""
    return bool(np.array_equal(got, np.asarray(of["truth"], got.dtype), equal_nan=True))


def holds_scaled(of: Acceptance, got: Array, _all: Sequence[Array], _u: Array) -> bool:
    """Near enough."""
    return bool(np.all(np.abs(got.astype(np.float64) - of["truth"]) <= ROUNDINGS * np.asarray(of["scale"])))


def holds_interval(of: Acceptance, got: Array, _all: Sequence[Array], u: Array) -> bool:
    """Between the slopes of either side."""
    ends = np.stack([np.broadcast_to(u * np.asarray(end, got.dtype), got.shape) for end in (of["low"], of["high"])])
    slack = slack_of(got, ends)
    return bool(np.all((got >= ends.min(0) - slack) & (got <= ends.max(0) + slack)))


def holds_groups(of: Acceptance, _got: Array, cotangents: Sequence[Array], _u: Array) -> bool:
    """Each group shares its total."""
    labels = np.concatenate([np.ravel(np.asarray(part)) for part in of["labels"]])
    shares = np.concatenate([np.ravel(dx) for dx in cotangents])
    if labels.shape != shares.shape or np.any(shares[labels == 0]):
        return False
    for label, total in of["totals"].items():
        share, slack = shares[labels == label], slack_of(shares, np.abs(total))
        inside = (share * np.sign(total) >= -slack) & (share * np.sign(total) <= np.abs(total) + slack)
        if not (np.all(inside) and np.abs(share.sum(dtype=np.float64) - total) <= slack * len(share)):
            return False
    return True


def holds_ball(of: Acceptance, got: Array, _all: Sequence[Array], _u: Array) -> bool:
    """Not longer than the radius."""
    return bool(np.linalg.norm(got.astype(np.float64)) <= of["radius"] + slack_of(got, of["radius"]))


def holds_any(of: Acceptance, got: Array, cotangents: Sequence[Array], u: Array) -> bool:
    """In one of the sets at least."""
    return any(holds(option, got, cotangents, u) for option in of["options"])


def holds_non_finite(of: Acceptance, got: Array, _all: Sequence[Array], _u: Array) -> bool:
    """Of the named classes."""
    names = np.select([np.isnan(got), got == np.inf, got == -np.inf], ["nan", "+inf", "-inf"], "finite")
    return bool(np.array_equal(names, np.broadcast_to(of["classes"], got.shape)))


HOLDS: dict[str, Callable[[Acceptance, Array, Sequence[Array], Array], bool]] = {
    "exact": holds_exact,
    "scaled": holds_scaled,
    "interval": holds_interval,
    "groups": holds_groups,
    "ball": holds_ball,
    "any of": holds_any,
    "non-finite": holds_non_finite,
}


def holds(of: Acceptance, got: Array, cotangents: Sequence[Array], u: Array) -> bool:
    """Whether a cotangent is in the accepted set; `groups` looks at all of them."""
    return HOLDS[of["kind"]](of, got, cotangents, u)


def slack_of(got: Array, size: Any) -> Any:
    """A few roundings of a number of this size."""
    return ROUNDINGS * np.finfo(got.dtype).eps * np.abs(np.where(np.isfinite(size), size, 0))


def accepted(point: Point, value: Array, cotangents: list[Array], u: Array) -> Judgement:
    """Whether value and cotangents are in the accepted sets, and by whose convention."""
    if not equal([value], [point["value"]]):
        return judgement(WRONG, np.inf, [f"value at {point['at']} is {value.tolist()}, but should be {point['value']}"])
    for i, (of, dx) in enumerate(zip(point["accepts"], cotangents, strict=True)):
        if not holds(of, dx, cotangents, u):
            given = {key: part for key, part in of.items() if key != "kind"}
            found = f"cotangent {i} at {point['at']} is {dx.tolist()}, but should be {of['kind']} {given}"
            return judgement(WRONG, np.inf, [found])
    if equal(cotangents, tree_leaves(point["convention"])):
        return judgement(AGREE, 0.0, [])
    whose = [name for name, theirs in point["others"].items() if equal(cotangents, tree_leaves(theirs))]
    return judgement(CONVENTION, 0.0, [f"at {point['at']}: {' and '.join(whose) or 'a choice of its own'}"])


def equal(got: list[Array], should: Tree) -> bool:
    """Equal numbers in the dtype of what was got, nan to nan."""
    return all(
        np.array_equal(a, np.asarray(b, a.dtype), equal_nan=True) for a, b in zip(got, tree_leaves(should), strict=True)
    )
