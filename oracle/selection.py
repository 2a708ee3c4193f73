"""Rows of purevjp/selection.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
