"""A finding: what `check` or `fuzz` found in a released backend, with a script that uses that backend alone.

`cases` are patterns of the corpus that the finding explains; none, where only `fuzz` draws such a case.
`right` is the exact number as mpmath has it, or words.
`purevjp findings` runs every script again, and writes the page and the lists of known failures.
"""

from collections.abc import Sequence
from typing import TypedDict

Finding = TypedDict(
    "Finding",
    {
        "backend": str,
        "title": str,
        "kind": str,
        "cases": Sequence[str],
        "verdicts": Sequence[str],
        "script": str,
        "right": str,
        "thread": str,
    },
)

WRONG, NARROW, RAISES, LIMIT = "wrong gradient", "narrower than declared", "raises", "not finite where there is a limit"
NUMBERS = ("wrong", "imprecise")
SIGMOID = "mp.exp(-40) / (1 + mp.exp(-40)) ** 2"
SECH2 = "1 / mp.cosh(12) ** 2"
