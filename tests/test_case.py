"""Rows that contradict their rule are refused when they are made."""

import jax.numpy as jnp
import numpy as np
import pytest

import purevjp as pv
from oracle.domain import REAL, case, interval, parse
from oracle.draw import draw_numbers, relaid
from oracle.shape import choose_shapes
from oracle.static import flag


def plain(x, axis=None):
    return x, axis


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (lambda: case(pv.tanh, jnp.tanh, "()->()", REAL, REAL), "tanh takes 1 arrays, but its case has 2 domains"),
        (lambda: case(pv.add, jnp.add, "()->()", REAL, REAL), "add takes 2 arrays, but its case has the signature"),
        (lambda: case(pv.add, jnp.add, "add", REAL, REAL), "'add' is not a gufunc signature"),
        (lambda: case(pv.sum, jnp.sum, "()->()", REAL, static={"axes": flag}), "sum has no keyword 'axes'"),
        (
            lambda: case(pv.reshape, jnp.reshape, "()->()", REAL),
            "reshape has the keyword 'order', but its case has no",
        ),
        (lambda: case(pv.exp, jnp.exp, "()->()", interval(1, 1)), "exp has a case with the empty interval 1 to 1"),
        (lambda: case(plain, jnp.exp, "()->()", REAL), "plain has parameters that are neither positional-only nor"),
    ],
)
def test_wrong_row_is_refused(row, fault):
    with pytest.raises(ValueError, match=fault):
        row()


def test_signature_is_parsed():
    assert parse("(n,m),(m),()->(n)") == [("n", "m"), ("m",), ()]


def test_core_sides_of_one_name_are_equal():
    row = case(pv.matmul, jnp.matmul, "(n,m),(m,k)->(n,k)", REAL, REAL)
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = choose_shapes(row, lambda options: options[int(rng.integers(len(options)))])
        assert a[-1] == b[-2]


def test_numbers_keep_away_from_kinks_and_points_to_avoid():
    rng = np.random.default_rng(0)
    relu = case(pv.relu, jnp.abs, "()->()", REAL, kink=np.asarray)
    divide = case(pv.divide, jnp.divide, "(),()->()", REAL, interval(-3, 3, 0))
    for regime in ("plain", "ordinary"):
        (x,) = draw_numbers(relu, ((50,),), {}, rng, regime=regime)["xs"]
        _, b = draw_numbers(divide, ((50,), (50,)), {}, rng, regime=regime)["xs"]
        assert np.abs(x).min() >= 1 / 64
        assert np.abs(b).min() >= 1 / 64


def test_a_case_that_cannot_leave_its_kink_is_an_error():
    row = case(pv.relu, jnp.abs, "()->()", REAL, kink=lambda x: 0 * x)
    with pytest.raises(ValueError, match=r"relu has no arguments of shapes .* away from its kinks"):
        draw_numbers(row, ((2,),), {}, np.random.default_rng(0))


@pytest.mark.parametrize("layout", ["c", "fortran", "reversed", "strided"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)])
def test_layouts_hold_the_same_numbers(layout, shape):
    x = np.random.default_rng(0).normal(size=shape)
    laid = relaid({"xs": (x, [x]), "static": {}, "u": x}, layout)
    for got in (laid["xs"][0], laid["xs"][1][0], laid["u"]):
        np.testing.assert_array_equal(got, x)
    if shape == (2, 3):
        strides = {"c": (24, 8), "fortran": (8, 16), "reversed": (-24, -8), "strided": (96, 16)}
        assert laid["u"].strides == strides[layout]
