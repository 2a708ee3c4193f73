"""Rows of purevjp/recurrent.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
