"""Functions that join arrays, or take them apart."""

__all__: list[str] = []
