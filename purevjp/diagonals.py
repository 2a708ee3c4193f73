"""Diagonals, triangles and arrays made of numbers."""

__all__: list[str] = []
