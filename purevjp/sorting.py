"""Functions that put elements in order, and interpolation."""

__all__: list[str] = []
