"""Why a rule is, or is nearly, 2.5 times as slow as its fastest counterpart: what costs, and why it stays."""

LIBM = "without AVX-512, NumPy has the C library's function alone, one number at a time; with it, above the mark"
BY_LIBM = (
    "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cosh", "expm1", "log10", "log1p", "log2",
    "logaddexp", "sinh", "softplus", "tan",
)  # fmt: skip
REASONS = {
    **dict.fromkeys(BY_LIBM, LIBM),
    "leaky_relu": "a comparison, a maximum and a product for each side, where a compiler makes one loop",
    "logsumexp": "a maximum, a difference, an exponential and a sum are passes, where a compiler makes two loops",
    "log_softmax": "a maximum, differences, an exponential and sums are passes, where a compiler makes three loops",
    "sigmoid": "two exponentials and ten passes, where a compiler makes one loop of each side; y (1 − y) has no tail",
    "tanh": "the slope is computed from exp(−2|x|), for 1 − y² has no digits in the tails",
    "silu": "an exponential, two quotients and ten passes, where a compiler makes one loop",
    "gelu": "an exponential, two quotients and eighteen passes, where a compiler makes one loop",
    "fmod": "the quotient is taken in float64, so that the remainder is exact bit by bit; copies own their memory",
    "add": "three arrays are written, for cotangents own their memory; PyTorch returns u itself",
    "hypot": "libm's hypot, one number at a time, for squares may leave the range",
    "bce_with_logits": "losses, and slopes in logits and targets, are separate loops of ten passes each",
    "prod": "lanes whose product leaves the range take running products from both ends; others divide by x, inexactly",
    "cumprod": "running products go one number after the other; r is folded in log₂ n passes, right beside a zero, too",
    "cumsum": "NumPy adds one number after the other, 3 ns each",
    "cummax": "NumPy's running maximum goes one number after the other; ties are split evenly",
    "cummin": "NumPy's running minimum goes one number after the other; ties are split evenly",
    "layer_norm": "sums along rows and products with them are fifteen passes; PyTorch has a kernel for each side",
    "batch_norm": "sums along channels and products with them are a dozen passes; PyTorch has a kernel for each side",
    "cross_entropy": "of a hundred logits, forty calls of NumPy at half a microsecond each",
    "average": "of a hundred numbers, the checks of NumPy's average",
}
"""One short sentence for each rule of these families: bound by passes over memory, by a contract, or by calls."""
