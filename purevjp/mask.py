"""Selection by a mask, bit by bit: several times as fast as `np.where`, whose branches follow no pattern."""

import numpy as np

from purevjp.aliases import Array

WIDEST, FEW = 8, 512
"""Bytes of the widest integers that bits are taken as; so few elements are sooner done by `np.where`."""


def masked(u: Array, mask: Array) -> Array:
    """`u` where the mask holds, 0 elsewhere, whatever `u` has there."""
    if u.dtype.itemsize > WIDEST or max(u.size, np.size(mask)) < FEW:
        return np.where(mask, u, 0)
    ones = every_bit(mask, u)
    fits = np.broadcast(u, ones).shape == ones.shape
    return np.bitwise_and(bits(u), ones, out=ones if fits else None).view(u.dtype)


def parted(u: Array, mask: Array) -> tuple[Array, Array]:
    """`u` where the mask holds and 0 elsewhere, and the other way round."""
    held = masked(u, mask)
    if u.dtype.itemsize > WIDEST or held.size < FEW:
        return held, np.where(mask, 0, u)
    return held, (bits(u) ^ bits(held)).view(u.dtype)


def chosen(mask: Array, a: Array, b: Array) -> Array:
    """`a` where the mask holds, `b` elsewhere: arrays of one dtype that broadcast with the mask."""
    if a.dtype.itemsize > WIDEST or max(a.size, np.size(mask)) < FEW:
        return np.where(mask, a, b)
    between = bits(a) ^ bits(b)
    between = np.bitwise_and(between, every_bit(mask, a), out=between if between.shape == mask.shape else None)
    return np.bitwise_xor(between, bits(b), out=between).view(a.dtype)


def bits(x: Array) -> Array:
    """The bits of each number, as an integer."""
    integers: Array = x.view(f"i{x.dtype.itemsize}")
    return integers


def every_bit(mask: Array, like: Array) -> Array:
    """Integers as wide as the numbers of `like`: of ones where the mask holds, of zeros elsewhere."""
    ones: Array = np.negative(np.asarray(mask).view(np.int8)).astype(f"i{like.dtype.itemsize}")
    return ones


def shared(u: Array, first: Array, second: Array, tie: Array) -> tuple[Array, Array]:
    """`u` for the one that wins, and half of it for each where they tie."""
    if not tie.any():
        return masked(u, first), masked(u, second)
    half = masked(u / 2, tie)
    return chosen(first, u, half), chosen(second, u, half)
