"""Rows of purevjp/normalization.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
