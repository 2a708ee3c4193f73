"""Functions that take elements by index, or put them there."""

__all__: list[str] = []
