"""What a corpus catches: each wrong rule of the catalogue, held against the vectors of one dtype alone."""

from collections.abc import Iterator, Sequence

import numpy as np

from oracle import laws
from oracle.domain import Case
from oracle.draw import relaid
from oracle.interface import frozen
from oracle.kill import EQUIVALENT
from oracle.layout import LAYOUTS
from oracle.mutant import mutants
from oracle.pack import Rule
from oracle.vectors.hold import judged
from oracle.vectors.natural import natural_mutants, packed_arguments
from oracle.vectors.vector import Vector
from oracle.verdict import CONVENTION, ERROR, PASSING
from purevjp.aliases import Array
from purevjp.tree import tree_map

BY_VALUES, IN_PROCESS, BY_NAME, IS_EQUIVALENT, SURVIVED = (
    "by values", "in process", "named convention", "equivalent", "survived",
)  # fmt: skip
DTYPE = "float32"


def proved(case: Case, vectors: Sequence[Vector], dtype: str = DTYPE) -> dict[str, str]:
    """How each mutant of a row is caught by the vectors of a dtype: by its results alone, or only in its process.

    A choice that others make at a point, too, is named and passes.
    """
    asked = [vector for vector in vectors if vector["dtype"] == dtype]
    in_process = dict(mutants(case))
    return {name: how_caught(case, name, rule, in_process[name], asked) for name, rule in natural_mutants(case)}


def how_caught(case: Case, name: str, rule: Rule, mutant: Case, vectors: Sequence[Vector]) -> str:
    """How one mutant is caught, if it is."""
    verdicts: set[str] = set()
    for vector in vectors:
        verdicts.add(verdict_on(vector, rule))
        if not verdicts <= PASSING:
            return BY_VALUES
    smooth = [vector for vector in vectors if vector["accepts"] is None]
    if any(raises(vector, rule) or finds(mutant, vector) or by_layout(vector, rule) for vector in smooth):
        return IN_PROCESS
    if CONVENTION in verdicts:
        return BY_NAME
    return IS_EQUIVALENT if (case["name"], name) in EQUIVALENT else SURVIVED


def verdict_on(vector: Vector, rule: Rule, *, copy: bool = True) -> str:
    """The verdict on a rule by what it returns, given arrays of its own: no more than a file would tell."""
    xs, u = tree_map(np.array, (vector["xs"], vector["u"])) if copy else (vector["xs"], vector["u"])
    try:
        with np.errstate(all="ignore"):
            value, vjp = rule(*xs, **vector["static"])
            cotangents = vjp(u)
    except (Exception, SystemExit):  # noqa: BLE001 (whatever it raises is no answer)
        return ERROR
    return judged(vector, value, cotangents)["verdict"]


def raises(vector: Vector, rule: Rule) -> bool:
    """Whether a rule does not take arrays that cannot be written to."""
    xs, u = tree_map(frozen, (vector["xs"], vector["u"]))
    try:
        with np.errstate(all="ignore"):
            rule(*xs, **vector["static"])[1](u)
    except (Exception, SystemExit):  # noqa: BLE001 (as above)
        return True
    return False


def by_layout(vector: Vector, rule: Rule) -> bool:
    """Whether a rule does not pass the same numbers in another layout of memory."""

    def lie(x: Array, layout: str) -> Array:
        lain: Array = relaid({"xs": (), "static": {}, "u": x}, layout)["u"]
        return lain

    for layout in LAYOUTS:
        xs, u = tree_map(lambda x, layout=layout: lie(x, layout), (vector["xs"], vector["u"]))
        if verdict_on({**vector, "xs": xs, "u": u}, rule, copy=False) not in PASSING:
            return True
    return False


def finds(mutant: Case, vector: Vector) -> bool:
    """Whether a second look at a rule in its process finds something: purity, another cotangent, bad input."""
    arguments = packed_arguments(mutant, vector)
    rule = mutant["rule"]
    try:
        with np.errstate(all="ignore"):
            return bool(
                laws.purity(rule, arguments)
                or laws.linearity(rule, arguments, powers=(1,))
                or laws.refusals(rule, arguments)
            )
    except (Exception, SystemExit):  # noqa: BLE001 (as above)
        return True


def kill_table(case: Case, vectors: Sequence[Vector]) -> Iterator[tuple[str, list[bool]]]:
    """Each mutant of a row, and which of the vectors reject it by its results."""
    for name, rule in natural_mutants(case):
        yield name, [verdict_on(vector, rule) not in PASSING for vector in vectors]
