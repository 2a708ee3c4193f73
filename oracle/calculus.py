"""Rows of purevjp/calculus.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
