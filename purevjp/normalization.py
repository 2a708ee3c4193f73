"""Normalisation of layers and batches."""

__all__: list[str] = []
