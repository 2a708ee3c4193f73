"""Cells of recurrent networks."""

__all__: list[str] = []
