"""Rows of purevjp/convolution.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
