"""Circular and hyperbolic functions, and their inverses."""

__all__: list[str] = []
