"""Functions that go along an axis: running sums and products, differences, convolution."""

__all__: list[str] = []
