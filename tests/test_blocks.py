"""Blocks change no bit: what is computed block by block is what is computed piece by piece."""

import numpy as np
import pytest

import purevjp as pv
from purevjp.blocks import BLOCK, by_element, by_row

SIZE = 3 * BLOCK // 4 + 11
"""Elements: of float32 three blocks and a part, of float16 a block and a half, and a part."""

PIECE = 1021
"""Elements of a piece, which is no block, in which other elements come first and last."""

RULES = {
    "sigmoid": pv.sigmoid, "silu": pv.silu, "gelu": pv.gelu, "leaky_relu": pv.leaky_relu, "tanh": pv.tanh,
    "arctan": pv.arctan, "arcsinh": pv.arcsinh, "remainder": pv.remainder, "fmod": pv.fmod,
    "bce": lambda x, t: pv.bce_with_logits(x, t, reduction="none"),
}  # fmt: skip
TWO = {"remainder", "fmod", "bce"}


def drawn(dtype, count):
    """Numbers of all sizes, a few of them special."""
    rng = np.random.default_rng(0)
    xs = [(rng.normal(size=SIZE) * 2.0 ** rng.integers(-8, 8, SIZE)).astype(dtype) for _ in range(count)]
    for x in xs:
        x[rng.integers(0, SIZE, 50)] = rng.choice([0.0, -0.0, np.inf, -np.inf, np.nan, 300.0, -300.0], 50)
        x.flags.writeable = False
    return xs


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", RULES)
def test_a_rule_of_all_is_the_rule_of_its_pieces(name, dtype):
    *xs, u = drawn(dtype, 1 + (name in TWO) + 1)
    pieces = [slice(start, start + PIECE) for start in range(0, SIZE, PIECE)]
    with np.errstate(all="ignore"):
        value, vjp = RULES[name](*xs)
        cotangents = vjp(u)
        parts = [RULES[name](*(x[piece] for x in xs)) for piece in pieces]
        pulled = [vjp(u[piece]) for (_, vjp), piece in zip(parts, pieces, strict=True)]
        np.testing.assert_array_equal(value, np.concatenate([y for y, _ in parts]))
        for got, *should in zip(cotangents, *pulled, strict=True):
            np.testing.assert_array_equal(got, np.concatenate(should))


LAYOUTS = {
    "fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, 1)[:, ::2],
    "reversed": lambda x: x[::-1].copy()[::-1],
}


@pytest.mark.parametrize("lay", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("name", ["sigmoid", "gelu", "tanh", "arctan"])
def test_the_layout_changes_no_bit(name, lay):
    (x,) = (a[: 400 * 400].reshape(400, 400) for a in drawn(np.float32, 1))
    assert x.nbytes > BLOCK
    u = np.random.default_rng(1).normal(size=x.shape).astype(np.float32)
    with np.errstate(all="ignore"):
        value, vjp = RULES[name](x)
        laid, vjp_laid = RULES[name](lay(x))
        assert laid.flags.f_contiguous == lay(x).flags.f_contiguous
        np.testing.assert_array_equal(laid, value)
        np.testing.assert_array_equal(vjp_laid(lay(u))[0], vjp(u)[0])


@pytest.mark.parametrize("shape", [(1, 90_001), (90_001, 1), (7, 5, 3_000), (333, 301), (2, 0), (0, 2)])
def test_each_row_is_taken_once(shape):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    y, total = by_row(lambda x, w: (x * w, np.sum(x, axis=tuple(range(1, x.ndim)))), x, 2 * x)
    np.testing.assert_array_equal(y, x * (2 * x))
    np.testing.assert_allclose(total, x.sum(axis=tuple(range(1, x.ndim))), rtol=1e-4, atol=1e-4)
    assert total.shape == shape[:1]


def test_a_block_fits_the_cache():
    sizes = []
    (y,) = by_element(lambda x, w: (sizes.append(x.nbytes) or x + w,), *drawn(np.float64, 2))
    assert max(sizes) <= BLOCK
    assert sum(sizes) == y.nbytes


def test_arrays_that_broadcast_are_taken_whole():
    x = np.ones((300, 300), np.float32)
    (y,) = by_element(lambda x, w: (x + w,), x, np.arange(300, dtype=np.float32))
    np.testing.assert_array_equal(y, 1 + np.broadcast_to(np.arange(300), y.shape))


@pytest.mark.parametrize(("rule", "library"), [(pv.remainder, np.remainder), (pv.fmod, np.fmod)])
@pytest.mark.parametrize("near", [False, True], ids=["any bits", "near multiples"])
def test_remainders_of_float32_are_those_of_numpy_bit_by_bit(rule, library, near):
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2**32, (2, 200_000), np.uint32).view(np.float32)
    with np.errstate(all="ignore"):
        if near:
            multiples = (b * np.rint(2.0 ** rng.uniform(0, 30, b.size))).astype(np.float32)
            beside = np.nextafter(multiples, rng.choice([-np.inf, np.inf], b.size).astype(np.float32))
            a = rng.choice([-1, 1], b.size).astype(np.float32) * np.where(rng.random(b.size) < 0.5, beside, multiples)
        got, should = rule(a, b)[0], library(a, b)
    same = (got.view(np.int32) == should.view(np.int32)) | (np.isnan(got) & np.isnan(should))
    assert same.all(), f"of {a[~same][:3]} by {b[~same][:3]} it is {got[~same][:3]}, but should be {should[~same][:3]}"
