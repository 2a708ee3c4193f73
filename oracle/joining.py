"""Rows of purevjp/joining.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
