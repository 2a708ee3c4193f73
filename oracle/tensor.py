"""Rows of purevjp/tensor.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
