"""Rows of purevjp/decomposition.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
