"""Rows of purevjp/quantiles.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
