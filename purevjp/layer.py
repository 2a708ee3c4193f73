"""Layers as short compositions of rules. A layer is `layer(params, x) -> (y, vjp)` with `vjp(u) -> (dparams, dx)`."""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from purevjp import attention, indexing
from purevjp.activation import dropout as dropped
from purevjp.activation import gelu, relu
from purevjp.aliases import Array, ArrayLike, Layer, LayerPullback, Pullback1, Rule, Tree
from purevjp.broadcast import cast
from purevjp.combinator import chain, lift, residual, then
from purevjp.contract import as_cotangent, as_primal
from purevjp.convolution import conv
from purevjp.normalization import batch_norm, layer_norm
from purevjp.pooling import max_pool
from purevjp.product import as_matrix, linear
from purevjp.window import Sides

__all__ = [
    "biased_conv", "conv_block", "dense", "dropout", "embedding", "first_dense", "flatten", "residual_block",
    "self_attention", "transformer_block",
]  # fmt: skip


def dense(params: Tree, x: Tree) -> tuple[Array, LayerPullback]:
    """y = W x + b for each sample; params: (w, b), w: (m, n), b: (m).

    >>> y, vjp = dense((np.array([[3.0, 4.0]]), np.array([1.0])), np.array([[1.0, 2.0]]))
    >>> y, vjp(np.array([[10.0]]))
    (array([[12.]]), ((array([[10., 20.]]), array([10.])), array([[30., 40.]])))
    """
    w, b = pair(params, "dense")
    product, linear_vjp = linear(x, w)
    return biased(product, b, -1, linear_vjp, "dense", params)


def biased_conv(params: Tree, x: Tree, **options: Any) -> tuple[Array, LayerPullback]:
    """`conv` and a bias for each channel; params: (w, b), w: (o, c / groups, *kernel), b: (o).

    >>> y, vjp = biased_conv((np.array([[[1.0, 10.0]]]), np.array([5.0])), np.array([[[1.0, 2.0, 3.0]]]))
    >>> y, vjp(np.array([[[1.0, 2.0]]]))
    (array([[[26., 37.]]]), ((array([[[5., 8.]]]), array([3.])), array([[[ 1., 12., 20.]]])))
    """
    w, b = pair(params, "biased_conv")
    product, conv_vjp = conv(x, w, **options)
    return biased(product, b, 1, conv_vjp, "biased_conv", params)


def pair(params: Tree, layer: str) -> tuple[Array, Array]:
    """The weights and the bias.

    Errors  TypeError or ValueError when they are not two.
    """
    if not isinstance(params, tuple | list):
        raise TypeError(f"{layer} got params as a {params.__class__.__name__}, but should get the pair (w, b)")
    if len(params) != 2:
        raise ValueError(f"{layer} got {len(params)} params, but should get the pair (w, b)")
    w, b = params
    return w, b


def biased(
    product: Array, b: Array, axis: int, product_vjp: Any, layer: str, params: Tree
) -> tuple[Array, LayerPullback]:
    """A product of x and w, with a bias along an axis; cotangents in a tuple or list, as the params."""
    b = as_primal(b, layer, "b", analytic=True)
    shape, dtype, b_shape, b_dtype = product.shape, product.dtype, b.shape, b.dtype
    if b_shape != (shape[axis],):
        raise ValueError(f"{layer} got a bias of shape {b_shape}, but should get {(shape[axis],)}")
    others = tuple(a for a in range(len(shape)) if a != axis % len(shape))
    as_given = list if isinstance(params, list) else tuple
    aligned = b.reshape(-1, *(1,) * (-axis % len(shape) - 1))
    y = np.add(product, aligned, out=product if b_dtype == dtype else None)  # the product is ours

    def biased_vjp(u: ArrayLike) -> tuple[Tree, Array]:
        u = as_cotangent(u, layer, shape, y.dtype)
        dx, dw = product_vjp(cast(u, dtype))
        wide = np.float32 if u.dtype == np.float16 else u.dtype
        return as_given((dw, cast(np.add.reduce(u, axis=others, dtype=wide), b_dtype))), dx

    return y, biased_vjp


def first_dense(params: Tree, x: Tree) -> tuple[Array, LayerPullback]:
    """`dense` of data, whose cotangent nobody needs: dx = (), a matrix product less.

    >>> y, vjp = first_dense((np.array([[3.0, 4.0]]), np.array([1.0])), np.array([[1.0, 2.0]]))
    >>> y, vjp(np.array([[10.0]]))
    (array([[12.]]), ((array([[10., 20.]]), array([10.])), ()))
    """
    w, b = pair(params, "first_dense")
    product, _ = linear(x, w)
    rows, w_dtype = as_matrix(np.asarray(x)), np.result_type(w)

    def first_dense_vjp(u: Array) -> tuple[Tree, Array]:
        return (), cast(np.dot(as_matrix(u).T, rows), w_dtype)

    return biased(product, b, -1, first_dense_vjp, "first_dense", params)


def embedding(params: Tree, x: Tree) -> tuple[Array, LayerPullback]:
    """Row x of a table, for indices x; params: the table. Indices have no cotangent: dx = ().

    >>> y, vjp = embedding(np.array([[1.0], [2.0]]), [1, 1])
    >>> y.tolist(), vjp(np.array([[3.0], [4.0]]))
    ([[2.0], [2.0]], (array([[0.],
           [7.]]), ()))
    """
    y, table_vjp = indexing.embedding(params, indices=x)

    def embedding_vjp(u: ArrayLike) -> tuple[Tree, Tree]:
        return table_vjp(u)[0], ()

    return y, embedding_vjp


def dropout(seed: int | Sequence[int], *, rate: float) -> Layer:
    """Elements dropped at random, the others scaled up; the seed says which: another one for each training step.

    It is an integer from 0 on, or several, as in `(seed, step)`. Errors: TypeError on another one, whose mask would be
    another one each time.

    >>> dropout(0, rate=0.5)((), np.ones(4))[0]
    array([2., 0., 0., 0.])
    """
    numbers = seed if isinstance(seed, tuple | list) else (seed,)
    if not numbers or not all(isinstance(n, int | np.integer) and not isinstance(n, bool) and n >= 0 for n in numbers):
        raise TypeError(f"dropout got the seed {seed}, but should get an integer from 0 on, or several")

    def with_dropout(params: Tree, x: Tree) -> tuple[Tree, LayerPullback]:
        mask = np.random.default_rng(seed).random(np.shape(x)) >= rate
        return lift(dropped, mask=mask, rate=rate)(params, x)

    return with_dropout


def flatten(x: Array, /) -> tuple[Array, Pullback1]:
    """All axes but the first as one.

    >>> y, vjp = flatten(np.ones((2, 3, 4)))
    >>> y.shape, vjp(y)[0].shape
    ((2, 12), (2, 3, 4))
    """
    return reshaped(x, (len(x), math.prod(x.shape[1:])))


def reshaped(x: Array, to: tuple[int, ...], order: tuple[int, ...] | None = None) -> tuple[Array, Pullback1]:
    """x of another shape, its axes then in another order."""
    shape, dtype, y = x.shape, x.dtype, x.reshape(to)
    back = None if order is None else tuple(np.argsort(order))
    y = y if order is None else y.transpose(order)
    y_shape = y.shape

    def reshaped_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "reshaped", y_shape, dtype)
        return (np.array(u if back is None else u.transpose(back), order="C").reshape(shape),)

    return y, reshaped_vjp


def conv_block(*, activation: Rule = relu, norm: bool = False, pool: Sides | None = 2, **options: Any) -> Layer:
    """Convolution, perhaps normalisation by the batch, activation, and perhaps the largest of each window.

    params: {"conv": (w, b), "norm": (gain, bias)}; `options` are those of `conv`.
    """
    after = [activation] if pool is None else [activation, functools.partial(max_pool, window=pool)]
    convolve = functools.partial(biased_conv, **options)
    if not norm:
        return chain(conv=then(convolve, *after))
    return chain(conv=convolve, norm=then(lift(batch_norm), *after))


def residual_block(*, activation: Rule = relu, stride: int = 1, project: bool = False) -> Layer:
    """Two convolutions of 3 × 3, each after normalisation and activation, beside a shortcut.

    params: {"norm1", "conv1", "norm2", "conv2"}, or with `project`, a 1 × 1 convolution as the shortcut, for another
    number of channels or a stride, the pair (those, w). Source: He et al. 2016 (arXiv 1603.05027).
    """
    branch = chain(
        norm1=then(lift(batch_norm), activation),
        conv1=lift(conv, stride=stride, padding=1),
        norm2=then(lift(batch_norm), activation),
        conv2=lift(conv, padding=1),
    )
    if stride != 1 and not project:
        raise ValueError(f"residual_block got stride {stride}, but should get project=True for one other than 1")
    return residual(branch, lift(conv, stride=stride) if project else None)


def self_attention(
    *, heads: int, groups: int | None = None, causal: bool = True, rotary: bool = True, base: float = 10000.0
) -> Layer:
    """Attention of a sequence to itself: (b, t, n) to (b, t, n).

    params: {"qkv": w, "out": w}; the first has rows for `heads` queries and for `groups` keys and values, each of
    which h / g heads in a row share. `rotary` turns queries and keys by their positions.
    """
    groups = heads if groups is None else groups
    if groups < 1 or heads % groups:
        raise ValueError(f"self_attention got {heads} heads in {groups} groups, but should get groups that divide them")

    def in_heads(x: Array, /) -> tuple[Array, Pullback1]:
        parts = heads + 2 * groups
        if x.ndim != 3:
            raise ValueError(f"self_attention got x of {x.ndim} axes, but should get (b, t, n)")
        b, t, rows = x.shape
        if rows % parts:
            raise ValueError(f"self_attention got {rows} rows of qkv, but should get a multiple of {parts}")
        return reshaped(x, (b, t, parts, rows // parts), (0, 2, 1, 3))

    def attended(x: Array, /) -> tuple[Array, Pullback1]:
        turned, values = x[:, : heads + groups], x[:, heads + groups :]
        turned, rotary_vjp = attention.rotary_embedding(turned, base=base) if rotary else (turned, as_it_is)
        q, k = turned[:, :heads], turned[:, heads:]
        y, attention_vjp = attention.scaled_dot_product_attention(q, k, values, causal=causal)
        shape, dtype, at = turned.shape, turned.dtype, heads

        def attended_vjp(u: ArrayLike) -> tuple[Array]:
            dq, dk, dv = attention_vjp(u)
            dturned = np.empty(shape, dtype)
            dturned[:, :at], dturned[:, at:] = dq, dk
            return (np.concatenate([rotary_vjp(dturned)[0], dv], axis=1),)

        return y, attended_vjp

    def merged(y: Array, /) -> tuple[Array, Pullback1]:
        return reshaped_after(y, (0, 2, 1, 3))

    return chain(qkv=then(lift(linear), in_heads, attended, merged), out=lift(linear))


def as_it_is(u: Array) -> tuple[Array]:
    """The pullback of the identity."""
    return (u,)


def reshaped_after(y: Array, order: tuple[int, ...]) -> tuple[Array, Pullback1]:
    """The axes of y in another order, the last two then as one."""
    moved = y.transpose(order)
    shape, dtype, back = moved.shape, moved.dtype, tuple(np.argsort(order))
    flat = moved.reshape(*shape[:-2], shape[-2] * shape[-1])
    flat_shape = flat.shape

    def reshaped_after_vjp(u: ArrayLike) -> tuple[Array]:
        u = as_cotangent(u, "self_attention", flat_shape, dtype).reshape(shape)
        return (np.array(u.transpose(back), order="C"),)

    return flat, reshaped_after_vjp


def transformer_block(
    *,
    heads: int,
    groups: int | None = None,
    causal: bool = True,
    rotary: bool = True,
    activation: Rule = gelu,
    norm: Layer | None = None,
) -> Layer:
    """Attention and a perceptron, each after a normalisation and beside a shortcut: (b, t, n) to (b, t, n).

    params: {"attention": {"norm", "mix": those of `self_attention`}, "perceptron": {"norm", "up", "down"}}; `norm` is
    `lift(layer_norm)` by default, with (gain, bias). Source: Xiong et al. 2020 (arXiv 2002.04745).
    """
    norm = norm or lift(layer_norm)
    return chain(
        attention=residual(
            chain(norm=norm, mix=self_attention(heads=heads, groups=groups, causal=causal, rotary=rotary))
        ),
        perceptron=residual(chain(norm=norm, up=then(dense, activation), down=dense)),
    )
