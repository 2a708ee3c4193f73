"""Rows of purevjp/solving.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
