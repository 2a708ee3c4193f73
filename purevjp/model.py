"""Models as compositions of layers, and their random initial params."""

import functools
import itertools
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from purevjp.activation import gelu, relu
from purevjp.aliases import Array, ArrayLike, Layer, Pullback1, Tree
from purevjp.combinator import chain, lift, then, tied
from purevjp.contract import as_cotangent
from purevjp.initializer import init_conv, init_dense, init_norm, init_recurrent, init_transformer_block
from purevjp.layer import conv_block, dense, embedding, flatten, transformer_block
from purevjp.normalization import layer_norm
from purevjp.product import linear
from purevjp.recurrence import gru, lstm, rnn

__all__ = [
    "autoencoder", "gpt", "init_autoencoder", "init_gpt", "init_lenet", "init_recurrent_model", "lenet",
    "recurrent_model",
]  # fmt: skip

RECURRENT = {"rnn": rnn, "gru": gru, "lstm": lstm}


def lenet(*, norm: bool = False) -> Layer:
    """A classifier of images in the manner of LeNet: (b, c, h, w) to logits (b, k).

    Two convolutions of 3 × 3, each with relu and pooling, then two dense layers. Source: LeCun et al. 1998.
    """
    block = functools.partial(conv_block, padding="same", norm=norm)
    return chain(block1=block(), block2=then(block(), flatten), hidden=then(dense, relu), out=dense)


def init_lenet(
    rng: np.random.Generator,
    *,
    image: tuple[int, int, int],
    classes: int,
    channels: tuple[int, int] = (16, 32),
    hidden: int = 64,
    norm: bool = False,
    dtype: npt.DTypeLike = np.float64,
) -> Tree:
    """Params of `lenet` for images (c, h, w)."""
    if classes < 1:
        raise ValueError(f"init_lenet got {classes} classes, but should get one or more")
    c, *sides = image
    first, second = channels
    area = math.prod(side // 2 // 2 for side in sides)
    if not area:
        raise ValueError(f"init_lenet got images of sides {tuple(sides)}, but should get 4 or more")
    norms = [{"norm": init_norm(o, dtype=dtype)} if norm else {} for o in channels]
    return {
        "block1": {"conv": init_conv(rng, c, first, (3, 3), dtype=dtype), **norms[0]},
        "block2": {"conv": init_conv(rng, first, second, (3, 3), dtype=dtype), **norms[1]},
        "hidden": init_dense(rng, second * area, hidden, dtype=dtype),
        "out": init_dense(rng, hidden, classes, scheme="lecun", dtype=dtype),
    }


def last_step(x: Array, /) -> tuple[Array, Pullback1]:
    """The last step of sequences: (b, t, n) to (b, n).

    >>> last_step(np.array([[[1.0], [2.0]]]))[1](np.array([[3.0]]))[0].tolist()
    [[[0.0], [3.0]]]
    """
    y, shape, dtype = x[..., -1, :], x.shape, x.dtype
    y_shape = y.shape

    def last_step_vjp(u: ArrayLike) -> tuple[Array]:
        dx = np.zeros(shape, dtype)
        dx[..., -1, :] = as_cotangent(u, "last_step", y_shape, dtype)
        return (dx,)

    return y, last_step_vjp


def recurrent_model(kind: str = "lstm") -> Layer:
    """A recurrent layer, and a dense one of its last step: (b, t, n) to (b, m)."""
    if kind not in RECURRENT:
        raise ValueError(f"recurrent_model got kind {kind!r}, but should get one of {', '.join(RECURRENT)}")
    return chain(memory=then(RECURRENT[kind](), last_step), out=dense)


def init_recurrent_model(
    rng: np.random.Generator, n: int, k: int, m: int, *, kind: str = "lstm", dtype: npt.DTypeLike = np.float64
) -> Tree:
    """Params of `recurrent_model`: n features, k units, m outputs."""
    return {
        "memory": init_recurrent(rng, n, k, kind=kind, dtype=dtype),  # type: ignore[arg-type]  # refused there
        "out": init_dense(rng, k, m, scheme="lecun", dtype=dtype),
    }


def gpt(*, blocks: int, heads: int, groups: int | None = None) -> Layer:
    """A small GPT: tokens (b, t) to logits (b, t, c); the head is the table of the embedding.

    Pre-norm blocks, causal, with rotary positions. Source: Radford et al. 2019, Su et al. 2021 (arXiv 2104.09864).
    """
    block = transformer_block(heads=heads, groups=groups)
    stack = {f"block{i}": block for i in range(blocks)}
    return tied(chain(embedding=embedding, **stack, norm=lift(layer_norm), head=lift(linear)), {"head": "embedding"})


def init_gpt(
    rng: np.random.Generator,
    *,
    vocabulary: int,
    width: int,
    blocks: int,
    heads: int,
    groups: int | None = None,
    dtype: npt.DTypeLike = np.float64,
) -> Tree:
    """Params of `gpt`. Branches start small, so that the variance does not grow with the depth."""
    if blocks < 0 or vocabulary < 1:
        raise ValueError(
            f"init_gpt got {blocks} blocks and a vocabulary of {vocabulary}, but should get 0 and 1 at least"
        )
    if heads < 1 or width % heads or width // heads % 2:
        raise ValueError(f"init_gpt got width {width} for {heads} heads, but should get an even number for each")
    gain = 1 / math.sqrt(max(2 * blocks, 1))
    return {
        "embedding": rng.normal(0, 0.02, (vocabulary, width)).astype(dtype),
        **{
            f"block{i}": init_transformer_block(rng, width, heads=heads, groups=groups, gain=gain, dtype=dtype)
            for i in range(blocks)
        },
        "norm": init_norm(width, dtype=dtype),
    }


def autoencoder(depth: int) -> Layer:
    """Dense layers down to a code, and as many up again; gelu between them."""
    if depth < 1:
        raise ValueError(f"autoencoder got depth {depth}, but should get one or more")
    half = [*(then(dense, gelu),) * (depth - 1), dense]
    return chain(encoder=chain(*half), decoder=chain(*half))


def init_autoencoder(rng: np.random.Generator, widths: Sequence[int], *, dtype: npt.DTypeLike = np.float64) -> Tree:
    """Params of `autoencoder(len(widths) - 1)`: widths from the data to the code."""
    if len(widths) < 2:
        raise ValueError(f"init_autoencoder got widths {tuple(widths)}, but should get at least two")

    def layers(widths: Sequence[int]) -> Tree:
        return tuple(init_dense(rng, n, m, dtype=dtype) for n, m in itertools.pairwise(widths))

    return {"encoder": layers(widths), "decoder": layers(widths[::-1])}
