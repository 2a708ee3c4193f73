"""Arguments of about n elements for each rule, as one meets them: shapes, and keywords other than the default."""

import math

import numpy as np

from oracle.catalogue import CATALOGUE
from oracle.draw import draw_interval, draw_tree

HEADS, WINDOW, CHANNELS, HEAD = 4, 3, 8, 32


def squares(count):
    return lambda s: ((s, s),) * count


def image(s):
    """A batch of images with as many elements as a square of side s."""
    b, c = (1, 1) if s < 64 else (CHANNELS, CHANNELS) if s > 256 else (2, 4)
    side = max(math.isqrt(s * s // (b * c)), WINDOW)
    return b, c, side, side


def kernels(s):
    c = image(s)[1]
    return 2 * c, c, WINDOW, WINDOW


def attended(s):
    d = min(HEAD, s)
    t = max(s * s // (HEADS * d), 1)
    b = max(t // 128, 1)
    return ((b, HEADS, t // b, d),) * 3


def cell(gates, states):
    return lambda s: ((s, s), *((s, s),) * states, (gates * s, s), (gates * s, s), (gates * s,), (gates * s,))


SHAPES = {
    "average": lambda s: ((s, s), (s,)),
    "batch_norm": lambda s: (image(s), (image(s)[1],), (image(s)[1],)),
    "batch_norm_inference": lambda s: (image(s), (image(s)[1],), (image(s)[1],)),
    "layer_norm": lambda s: ((s, s), (s,), (s,)),
    "rms_norm": lambda s: ((s, s), (s,)),
    "concatenate": lambda s: ([(s, s // 2)] * 2,),
    "block": lambda s: ([(s, s // 2)] * 2,),
    "stack": lambda s: ([(s, s // 2)] * 2,),
    "vstack": lambda s: ([(s // 2, s)] * 2,),
    "hstack": lambda s: ([(s, s // 2)] * 2,),
    "dstack": lambda s: ([(s, s // 2)] * 2,),
    "meshgrid": lambda s: ([(s,), (s,)],),
    "multi_dot": lambda s: ([(s, s)] * 3,),
    "einsum": lambda s: ([(s, s)] * 2,),
    "select": lambda s: ([(s, s)] * 2,),
    "convolve": lambda s: ((s * s,), (min(s, 32),)),
    "broadcast_to": lambda s: ((s,),),
    "full": lambda _s: ((),),
    "linspace": lambda s: ((s,), (s,)),
    "diag": lambda s: ((s,),),
    "cross": lambda s: ((s * s // 3, 3),) * 2,
    "outer": lambda s: ((s,), (s,)),
    "kron": lambda s: ((math.isqrt(s), math.isqrt(s)),) * 2,
    "quadratic_form": lambda s: ((s,), (s, s)),
    "interp": lambda s: ((s, s), (64,)),
    "scatter_add": lambda s: ((s, s), (s, s)),
    "index_add": lambda s: ((s, s), (s, s)),
    "index_set": lambda s: ((s, s), (s, s)),
    "put_along_axis": lambda s: ((s, s), (s, max(s // 4, 1))),
    "squeeze": lambda s: ((s, 1, s),),
    "sliding_window_view": lambda s: ((s, s),),
    "conv": lambda s: (image(s), kernels(s)),
    "conv_transpose": lambda s: (image(s), (image(s)[1], 2 * image(s)[1], WINDOW, WINDOW)),
    "max_pool": lambda s: (image(s),),
    "avg_pool": lambda s: (image(s),),
    "scaled_dot_product_attention": attended,
    "rotary_embedding": lambda s: attended(s)[:1],
    "rnn_cell": cell(1, 1),
    "lstm_cell": cell(4, 2),
    "gru_cell": cell(3, 1),
    "mlp2": squares(3),
    "mlp": lambda s: ((s, s), [(s, s)] * 3),
    "mlp_loss": lambda s: ((s, s), (s, s), [(s, s)] * 3),
}
"""Shapes for a side s; a square of that side for each array otherwise."""


def rows(s, rng):
    return rng.integers(0, s, s)


def columns(s, rng):
    """For each row, a quarter of the columns in random order."""
    return rng.permuted(np.tile(np.arange(s), (s, 1)), axis=1)[:, : max(s // 4, 1)]


STATIC = {
    "where": lambda s, rng: {"condition": rng.random((s, s)) < 0.5},
    "dropout": lambda s, rng: {"mask": rng.random((s, s)) < 0.5, "rate": 0.5},
    "sum": lambda _s, _rng: {"axis": -1},
    "mean": lambda _s, _rng: {"axis": -1},
    "max": lambda _s, _rng: {"axis": -1},
    "min": lambda _s, _rng: {"axis": -1},
    "prod": lambda _s, _rng: {"axis": -1},
    "logsumexp": lambda _s, _rng: {"axis": -1},
    "norm": lambda _s, _rng: {"axis": -1},
    "var": lambda _s, _rng: {"axis": -1, "ddof": 1},
    "std": lambda _s, _rng: {"axis": -1, "ddof": 1},
    "average": lambda _s, _rng: {"axis": -1},
    "nansum": lambda _s, _rng: {"axis": -1},
    "nanmean": lambda _s, _rng: {"axis": -1},
    "ptp": lambda _s, _rng: {"axis": -1},
    "median": lambda _s, _rng: {"axis": -1},
    "quantile": lambda _s, _rng: {"axis": -1, "q": np.array([0.25, 0.75])},
    "cumsum": lambda _s, _rng: {"axis": -1},
    "cumprod": lambda _s, _rng: {"axis": -1},
    "cummax": lambda _s, _rng: {"axis": -1},
    "cummin": lambda _s, _rng: {"axis": -1},
    "logcumsumexp": lambda _s, _rng: {"axis": -1},
    "gradient": lambda _s, _rng: {"axis": -1},
    "reshape": lambda _s, _rng: {"shape": -1},
    "broadcast_to": lambda s, _rng: {"shape": (s, s)},
    "full": lambda s, _rng: {"shape": (s, s)},
    "astype": lambda _s, _rng: {"dtype": "float16"},
    "squeeze": lambda _s, _rng: {"axis": 1},
    "expand_dims": lambda _s, _rng: {"axis": 1},
    "swapaxes": lambda _s, _rng: {"axis1": 0, "axis2": 1},
    "moveaxis": lambda _s, _rng: {"source": 0, "destination": 1},
    "split": lambda _s, _rng: {"indices_or_sections": 2},
    "pad": lambda _s, _rng: {"pad_width": 1},
    "tile": lambda _s, _rng: {"reps": 2},
    "repeat": lambda _s, _rng: {"repeats": 2, "axis": 0},
    "roll": lambda _s, _rng: {"shift": 3, "axis": -1},
    "flip": lambda _s, _rng: {"axis": -1},
    "getitem": lambda s, rng: {"index": rows(s, rng)},
    "take": lambda s, rng: {"indices": rows(s, rng), "axis": 0},
    "take_along_axis": lambda s, rng: {"indices": rng.integers(0, s, (s, s))},
    "embedding": lambda s, rng: {"indices": rows(s, rng)},
    "select": lambda s, rng: {"conditions": [rng.random((s, s)) < 0.5 for _ in range(2)]},
    "sliding_window_view": lambda _s, _rng: {"window_shape": WINDOW, "axis": -1},
    "scatter_add": lambda s, rng: {"indices": rows(s, rng)},
    "index_add": lambda s, rng: {"index": rows(s, rng)},
    "index_set": lambda s, rng: {"index": rng.permutation(s)},
    "put_along_axis": lambda s, rng: {"indices": columns(s, rng), "axis": -1},
    "partition": lambda s, _rng: {"kth": s // 2},
    "top_k": lambda s, _rng: {"k": max(s // 10, 1)},
    "interp": lambda _s, rng: {"xp": np.sort(rng.uniform(-3, 3, 64))},
    "einsum": lambda _s, _rng: {"subscripts": "ij,jk->ik"},
    "tensordot": lambda _s, _rng: {"axes": 1},
    "matrix_power": lambda _s, _rng: {"n": 3},
    "batch_norm_inference": lambda s, rng: {
        key: rng.uniform(1, 2, image(s)[1]).astype(np.float32) for key in ("mean", "variance")
    },
    "conv": lambda _s, _rng: {"padding": 1},
    "conv_transpose": lambda _s, _rng: {"padding": 1},
    "max_pool": lambda _s, _rng: {"window": 2},
    "avg_pool": lambda _s, _rng: {"window": 2},
    "cross_entropy": lambda s, rng: {"labels": rows(s, rng)},
}  # fmt: skip
"""Keywords that are not left at their defaults, for a side s."""


CELLS = ("rnn_cell", "lstm_cell", "gru_cell")


def as_initialised(weights):
    """Weights and biases as a layer begins with: drawn from (−3, 3), gates would be so flat that slopes underflow."""
    return [np.asarray(w / math.sqrt(weights[0].shape[-1]), w.dtype) for w in weights]


def definite(x):
    return x @ x.mT / x.shape[-1] + np.eye(x.shape[-1])


def dominant(x):
    return x / (3 * math.sqrt(x.shape[-1])) + np.eye(x.shape[-1])


STRUCTURES = {
    "cholesky": definite, "eigh": lambda x: x + x.mT, "eigvalsh": lambda x: x + x.mT, "inv": dominant, "det": dominant,
    "slogdet": dominant, "solve": dominant, "triangular_solve": dominant, "matrix_power": lambda x: x / x.shape[-1],
}  # fmt: skip
"""What is made of a first matrix, so that it has what a rule asks of it."""


def arguments(name, n, seed=0):
    """float32 arrays of about n elements in all that lead the cost, and the keywords."""
    case, rng, side = CATALOGUE[name], np.random.default_rng(seed), math.isqrt(n)
    shapes = SHAPES.get(name, squares(len(case["domains"])))(side)

    def drawn(domain):
        plain = {**domain, "avoid": (), "structure": None}
        return lambda shape: draw_interval(plain, rng, "ordinary", shape).astype(np.float32)

    first, *others = (draw_tree(shape, drawn(of)) for shape, of in zip(shapes, case["domains"], strict=True))
    first = STRUCTURES[name](first).astype(np.float32) if name in STRUCTURES else first
    others = [*others[:-4], *as_initialised(others[-4:])] if name in CELLS else others
    return (first, *others), STATIC.get(name, lambda _s, _rng: {})(side, rng)
