"""Determinants, inverses and solutions of linear equations."""

__all__: list[str] = []
