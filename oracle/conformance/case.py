"""One case judged: asked, held against its truth, asked again, explained."""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from oracle.conformance.adapter import Backend
from oracle.conformance.observe import (
    RAISED,
    Answer,
    Rule,
    answer,
    asked,
    held,
    judgement_of,
    looked_closer,
    own_findings,
    probed,
)
from oracle.conformance.record import AGREE, CONVENTION, ERROR, IMPRECISE, UNSUPPORTED, WORDS, WRONG, Record, record
from oracle.vectors.order import ordered
from oracle.vectors.vector import Vector
from purevjp.tree import tree_leaves

DIAGNOSED = 12
"""So many failures of a rule in a dtype are compared with its mutants, which takes a hundred times as long."""

NARROW = {"half precision"}
"""Mutants that are the right formula in narrower numbers."""

CALLED_AGAIN = 2
"""The pullback of so many cases of a rule in a dtype is called more than once."""

State = TypedDict(
    "State",
    {
        "backend": Backend,
        "strict": bool,
        "pid": int,
        "answered": Callable[[], None],
        "diagnosed": dict[Any, int],
        "again": dict[Any, int],
    },
)
"""What a worker remembers from case to case: how often it has looked closer. `answered` is called when the backend is
done with a case, and only the explanation is left."""


def state(backend: Backend, *, strict: bool = False, answered: Callable[[], None] = lambda: None) -> State:
    """Nothing judged yet."""
    return {
        "backend": backend,
        "strict": strict,
        "pid": os.getpid(),
        "answered": answered,
        "diagnosed": {},
        "again": {},
    }


def judge(vector: Vector, of: State) -> Record:
    """The record of a case."""
    backend, name, who = of["backend"], vector["rule"], of["backend"]["who"]
    if not has(backend, vector):
        what = "this rule" if name not in backend["rules"] else vector["dtype"]
        return record(vector, who, UNSUPPORTED, f"the backend does not have {what}")

    ask = functools.partial(called, of, name)
    try:
        got = answer(ask, vector, *asked(vector))
    except NotImplementedError as error:
        return record(vector, who, UNSUPPORTED, str(error) or "the backend does not have this")
    if got["findings"]:
        return failed(vector, of, got, WRONG, None, got["findings"])
    vector = ordered(vector, got["leaves"])
    of_numbers = judgement_of(got, vector)
    word = WORDS[of_numbers["verdict"]]
    if word in {WRONG, IMPRECISE}:
        of["answered"]()
        if vector["accepts"] is not None or not as_declared(got, vector, backend["accumulator"]):
            return failed(vector, of, got, word, of_numbers["ratio"], of_numbers["findings"])
        word = AGREE
    elif vector["accepts"] is None:
        again = any(x.size for x in tree_leaves(vector["u"])) and counts(of["again"], vector, CALLED_AGAIN)
        found = probed(ask, vector, got, lambda other: held(other, vector))
        if not found and again and name in backend["own"]:
            found = own_findings(backend["own"][name], vector, strict=of["strict"])
        if found:
            further = functools.partial(looked_closer, again=again, strict=of["strict"])
            return failed(vector, of, {**got, "findings": found}, WRONG, of_numbers["ratio"], found, further)
    said = of_numbers["findings"] if word == CONVENTION else []
    return record(vector, who, word, *said, ratio=of_numbers["ratio"], seconds=got["seconds"])


def has(backend: Backend, head: Mapping[str, Any]) -> bool:
    """Whether a backend has the rule of a case, and its dtype."""
    return head["rule"] in backend["rules"] and head["dtype"] in backend["dtypes"]


def called(of: State, name: str, xs: Any, static: Any, u: Any) -> tuple[Any, Any]:
    """What the backend gives; a child that it has forked answers nothing."""
    try:
        return of["backend"]["call"](name, xs, static, u)
    finally:
        if os.getpid() != of["pid"]:
            os._exit(1)


def as_declared(got: Answer, vector: Vector, accumulator: str) -> bool:
    """Whether sums in a narrower dtype, that the backend has declared, explain what is wrong."""
    if not accumulator:
        return False
    from oracle.conformance.explain import fits_accumulator  # noqa: PLC0415 (JAX takes a second to import)

    return fits_accumulator(got["leaves"], vector, accumulator)


def counts(of: dict[Any, int], vector: Vector, limit: int) -> bool:
    """Whether a rule in a dtype has had fewer than so many; one more now."""
    key = vector["rule"], vector["dtype"]
    of[key] = of.get(key, 0) + 1
    return of[key] <= limit


def failed(
    vector: Vector,
    of: State,
    got: Answer,
    word: str,
    ratio: float | None,
    findings: Sequence[str],
    further: Callable[[Rule, Vector], list[str]] | None = None,
) -> Record:
    """The record of a failure, with its diagnosis."""
    of["answered"]()
    from oracle.conformance import explain  # noqa: PLC0415 (as above)

    if findings[0].startswith(RAISED):
        word = ERROR
    numbers = not got["findings"] and vector["accepts"] is None
    how = explain.explained(got["leaves"], vector) if numbers else []
    names = explain.matches(got, vector, further) if counts(of["diagnosed"], vector, DIAGNOSED) else []
    if (
        word == WRONG
        and numbers
        and not how
        and not set(names) - NARROW
        and explain.is_imprecise(got["leaves"], vector)
    ):
        word = IMPRECISE
    said = [f"matches mutant `{vector['rule']}.{name}`" for name in names[:2]] + how
    if not said and numbers:
        narrow = ["as accurate as narrower numbers or sums"]
        said = narrow if word == IMPRECISE else explain.counted(got["leaves"], vector)
    return record(
        vector, of["backend"]["who"], word, *findings,
        ratio=ratio, diagnosis="; ".join(said), matches=names, seconds=got["seconds"],
    )  # fmt: skip
