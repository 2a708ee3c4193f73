"""Functions that describe a sample: variance, quantiles, averages."""

__all__: list[str] = []
