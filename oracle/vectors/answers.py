"""What a backend has written for a vector: value, dx0, dx1.0, … by name."""

from collections.abc import Mapping

from oracle.vectors.form import form_of, restored
from oracle.vectors.vector import Vector, of_results
from purevjp.aliases import Array, Tree


def answer_of(vector: Vector, arrays: Mapping[str, Array]) -> tuple[Tree, tuple[Tree, ...]]:
    """Value and cotangents, in the trees that they should have.

    Errors  ValueError when an array is missing, or is one too many.
    """
    names = {name for name, _ in of_results(vector["u"], vector["xs"])}
    if unknown := arrays.keys() - names:
        raise ValueError(f"the answer has {min(unknown)[:80]!r}, but should have {', '.join(sorted(names))}")
    value = restored(form_of(vector["u"]), "value", arrays, "the answer")
    cotangents = [restored(form_of(x), f"dx{i}", arrays, "the answer") for i, x in enumerate(vector["xs"])]
    return value, tuple(cotangents)
