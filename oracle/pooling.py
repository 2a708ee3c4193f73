"""Rows of purevjp/pooling.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
