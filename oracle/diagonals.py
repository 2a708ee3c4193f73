"""Rows of purevjp/diagonals.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
