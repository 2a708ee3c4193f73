"""The frozen corpus as a run needs it: verified once, read rule by rule."""

import functools
from collections.abc import Container
from typing import Any, TypedDict

from oracle.vectors.corpus import Manifest, opened, vectors_of
from oracle.vectors.vector import Vector

Head = TypedDict("Head", {"id": str, "rule": str, "dtype": str})
"""All that has to be known of a case to have it judged."""


@functools.cache
def manifest() -> Manifest:
    """The manifest, after every file was verified.

    Errors  ValueError when the corpus is damaged.
    """
    return opened()


def heads() -> list[Head]:
    """All cases, in order."""
    rules: dict[str, Any] = manifest()["rules"]
    return [
        {"id": document["id"], "rule": rule, "dtype": document["dtype"]}
        for rule, documents in rules.items()
        for document in documents
    ]


def vectors(rule: str, among: Container[str] | None = None) -> list[Vector]:
    """The cases of a rule, or those of them that are among these."""
    return list(vectors_of(manifest(), rule, among))


def vector(name: str) -> Vector:
    """The case of this name.

    Errors  ValueError when there is none.
    """
    rule = name.partition("/")[0]
    found = vectors(rule, {name}) if rule in manifest()["rules"] else []
    if not found:
        raise ValueError(f"the corpus has no case {name[:200]!r}; purevjp check lists them with --report")
    return found[0]
