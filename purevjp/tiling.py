"""Functions that repeat, pad, roll and turn arrays."""

__all__: list[str] = []
