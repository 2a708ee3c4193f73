"""Rows of purevjp/indexing.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
