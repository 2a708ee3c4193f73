"""Products of more axes than two."""

__all__: list[str] = []
