"""Attention and the embedding of positions."""

__all__: list[str] = []
