"""Convolutions over images and signals."""

__all__: list[str] = []
