"""Functions that round, and others with steps."""

__all__: list[str] = []
