"""Rows of purevjp/attention.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
