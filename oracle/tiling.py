"""Rows of purevjp/tiling.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
