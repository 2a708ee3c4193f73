"""Rows of purevjp/sorting.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
