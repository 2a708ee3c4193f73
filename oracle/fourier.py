"""Rows of purevjp/fourier.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
