"""Functions that choose between elements: where, clip, fmax and their kin."""

__all__: list[str] = []
