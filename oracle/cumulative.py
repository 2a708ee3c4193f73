"""Rows of purevjp/cumulative.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
