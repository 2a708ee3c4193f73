"""Rows of purevjp/trigonometric.py."""

from oracle.domain import Case

CASES: tuple[Case, ...] = ()
