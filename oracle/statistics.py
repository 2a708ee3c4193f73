"""Rows of purevjp/statistics.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
