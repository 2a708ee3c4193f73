"""Rows of purevjp/rounding.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
