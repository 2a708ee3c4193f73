"""Powers, remainders, angles and lengths at their kinks and singular points, by numbers fixed by hand."""

import math

import mpmath
import numpy as np
import pytest

import purevjp as pv

INF, NAN = math.inf, math.nan
FLOATS = (np.float16, np.float32, np.float64)
RULES = [pv.power, pv.remainder, pv.fmod, pv.floor_divide, pv.arctan2, pv.hypot, pv.copysign, pv.logaddexp]
rules = pytest.mark.parametrize("rule", RULES)


def cotangents(rule, a, b, u=1.0, dtype=np.float64):
    """Those of one pair of numbers."""
    a, b = np.array(a, dtype), np.array(b, dtype)
    with np.errstate(divide="ignore", invalid="ignore"):  # the value's own warnings, which are NumPy's
        _, vjp = rule(a, b)
    return [dx.item() for dx in vjp(np.array(u, dtype))]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("rule", "a", "b", "u", "should"),
    [
        pytest.param(pv.power, 0, 2, 3, [0, 0], id="mlx PR #505: 0²"),
        pytest.param(pv.power, 0, 1.5, 3, [0, 0], id="mlx PR #505: 0^1.5"),
        pytest.param(pv.power, 0, 1, 3, [3, 0], id="pytorch #27134, JuliaDiff POWERGRADS: 0¹"),
        pytest.param(pv.power, 2, 1, 0, [0, 0], id="pytorch #27134: 2¹ with u = 0"),
        pytest.param(pv.power, 0, 0, 3, [0, 0], id="clad PR #1385, autograd #116: 0⁰"),
        pytest.param(pv.power, -0.0, 0, 3, [0, 0], id="(−0)⁰"),
        pytest.param(pv.power, 5, 0, 0, [0, 0], id="5⁰ with u = 0"),
        pytest.param(pv.power, 1, 0, 3, [0, 0], id="jax #14397: 1⁰ has no slope in the base"),
        pytest.param(pv.power, 0, 3, 3, [0, 0], id="autograd #149: power(0, y) in y"),
        pytest.param(pv.power, 0, 0.5, 3, [INF, 0], id="tinygrad PR #9075: √0"),
        pytest.param(pv.power, 0, -0.5, 3, [-INF, -INF], id="tinygrad PR #9075: a negative power of 0"),
        pytest.param(pv.power, 0, -1, -2, [INF, INF], id="tinygrad PR #9217: 1/0"),
        pytest.param(pv.power, -2, 3, 1, [12, NAN], id="a negative base in the exponent"),
        pytest.param(pv.power, -1, 0, 1, [0, NAN], id="a negative base to the 0"),
        pytest.param(pv.power, INF, 0, 1, [0, INF], id="∞⁰"),
        pytest.param(pv.power, INF, -1, 1, [0, NAN], id="1/∞"),
        pytest.param(pv.power, 0.5, INF, 1, [0, 0], id="½^∞"),
        pytest.param(pv.power, NAN, 2, 1, [NAN, NAN], id="nan²"),
        pytest.param(pv.remainder, 4, 2, 3, [3, -6], id="4 mod 2"),
        pytest.param(pv.remainder, -4, 2, 3, [3, 6], id="−4 mod 2"),
        pytest.param(pv.remainder, -5, 3, 1, [1, 2], id="−5 mod 3"),
        pytest.param(pv.remainder, 5, -3, 1, [1, 2], id="5 mod −3"),
        pytest.param(pv.remainder, 1, INF, 3, [3, 0], id="1 mod ∞"),
        pytest.param(pv.fmod, 4, 2, 3, [3, -6], id="fmod(4, 2)"),
        pytest.param(pv.fmod, -5, 3, 1, [1, 1], id="fmod(−5, 3)"),
        pytest.param(pv.fmod, 5, -3, 1, [1, 1], id="fmod(5, −3)"),
        pytest.param(pv.fmod, 5, INF, 1, [1, 0], id="fmod(5, ∞)"),
        pytest.param(pv.floor_divide, 4, 2, 3, [0, 0], id="4 // 2"),
        pytest.param(pv.arctan2, 0, 0, 3, [0, 0], id="jax #1052: the angle of the origin"),
        pytest.param(pv.arctan2, -0.0, 0, 3, [0, 0], id="the angle of (0, −0)"),
        pytest.param(pv.arctan2, 0, -2, 4, [-2, 0], id="on the cut"),
        pytest.param(pv.arctan2, -0.0, -2, 4, [-2, 0], id="on the other side of the cut"),
        pytest.param(pv.arctan2, INF, INF, 1, [0, 0], id="the angle of (∞, ∞)"),
        pytest.param(pv.arctan2, NAN, 1, 1, [NAN, NAN], id="the angle of nan"),
        pytest.param(pv.hypot, 0, 0, 3, [0, 0], id="the length of 0"),
        pytest.param(pv.hypot, 0, -2, 3, [0, -3], id="the length of (0, −2)"),
        pytest.param(pv.hypot, -INF, 1, 3, [-3, 0], id="the length of (−∞, 1)"),
        pytest.param(pv.hypot, INF, INF, 3, [NAN, NAN], id="the length of (∞, ∞)"),
        pytest.param(pv.copysign, 0, 2, 3, [0, 0], id="copysign(0, 2)"),
        pytest.param(pv.copysign, -0.0, 2, 3, [0, 0], id="copysign(−0, 2)"),
        pytest.param(pv.copysign, 3, -0.0, 5, [-5, 0], id="copysign(3, −0)"),
        pytest.param(pv.copysign, -3, -0.0, 5, [5, 0], id="copysign(−3, −0)"),
        pytest.param(pv.logaddexp, -INF, -INF, 3, [0, 0], id="both −∞"),
        pytest.param(pv.logaddexp, -INF, 1, 3, [0, 3], id="−∞ and 1"),
        pytest.param(pv.logaddexp, INF, 1, 3, [3, 0], id="∞ and 1"),
        pytest.param(pv.logaddexp, INF, INF, 4, [2, 2], id="both ∞"),
        pytest.param(pv.logaddexp, INF, -INF, 3, [3, 0], id="∞ and −∞"),
        pytest.param(pv.logaddexp, 7, 7, 4, [2, 2], id="a tie"),
        pytest.param(pv.logaddexp, NAN, 1, 4, [NAN, NAN], id="nan and 1"),
    ],
)
def test_cotangents_at_points_fixed_by_hand(rule, a, b, u, should, dtype):
    np.testing.assert_array_equal(cotangents(rule, a, b, u, dtype), should)


@pytest.mark.parametrize(("a", "b"), [(1e-170, 2e-170), (3e170, -1e170), (1e-300, 1e-5), (-5e-324, 1.0), (1e300, 1e-5)])
@pytest.mark.parametrize("rule", [pv.arctan2, pv.hypot])
def test_squares_that_leave_the_range_leave_the_slopes_alone(rule, a, b):
    with mpmath.workdps(700):
        x, y = mpmath.mpf(a), mpmath.mpf(b)
        r = mpmath.sqrt(x * x + y * y)
        should = [float(y / r / r), float(-x / r / r)] if rule is pv.arctan2 else [float(x / r), float(y / r)]
    np.testing.assert_allclose(cotangents(rule, a, b), should, rtol=8 * 2.0**-53, atol=5e-324)


def test_mlx_pr_2453_arctan2_has_the_other_argument_in_each_slope():
    assert cotangents(pv.arctan2, 3.0, 4.0, 25.0) == [4, -3]


def test_chainrules_pr_74_hypot_is_divided_by_the_length():
    np.testing.assert_allclose(cotangents(pv.hypot, 3.0, 4.0, 25.0), [15, 20], rtol=4 * 2.0**-53)


@pytest.mark.parametrize(("a", "b"), [(1e-200, 2.0), (1e-170, 1.9), (1e200, 2.0), (1e30, -0.7), (3e-308, 1.5)])
def test_power_keeps_its_slope_where_the_value_leaves_the_range(a, b):
    with mpmath.workdps(60):
        x, y = mpmath.mpf(a), mpmath.mpf(b)
        should = [float(y * x ** (y - 1)), float(x**y * mpmath.log(x))]
    a, b = np.array(a), np.array(b)
    with np.errstate(over="ignore", under="ignore"):
        _, vjp = pv.power(a, b)
    da, db = vjp(1.0)
    np.testing.assert_allclose(da, should[0], rtol=8 * 2.0**-53)
    np.testing.assert_allclose(db, should[1], rtol=8 * 2.0**-53, atol=1e-321)


def test_power_of_a_real_negative_base_to_a_complex_exponent_has_the_complex_logarithm():
    a, b = np.array([-2.0]), np.array([1 + 1j])
    y, vjp = pv.power(a, b)
    da, db = vjp(np.array([1 + 0j]))
    assert (da.dtype, db.dtype) == (np.float64, np.complex128)
    np.testing.assert_allclose(db, y * (math.log(2) + 1j * math.pi), rtol=1e-14)


@pytest.mark.parametrize(("a", "b"), [(1.0, 0.1), (0.6, 0.2), (-0.6, 0.2), (7.0, 0.7), (1e17, 3.0), (-1e-30, 3.0)])
@pytest.mark.parametrize(
    ("rule", "quotient"), [(pv.remainder, np.floor_divide), (pv.fmod, lambda a, b: math.trunc(a / b))]
)
def test_quotient_belongs_to_the_remainder(rule, quotient, a, b):
    """1 / 0.1 rounds to 10, but 1 mod 0.1 is almost 0.1, of the quotient 9."""
    y = rule(np.array(a), np.array(b))[0].item()
    da, db = cotangents(rule, a, b)
    assert da == 1
    exact = (mpmath.mpf(a) - mpmath.mpf(y)) / mpmath.mpf(b)
    assert abs(-db - exact) <= max(1e-9, 2.0**-52 * abs(exact)), f"{-db} is not the quotient {exact}"
    assert abs(-db - quotient(a, b)) <= 1


@rules
@pytest.mark.parametrize("shapes", [((), ()), ((2, 1), (3,)), ((1,), (0,)), ((0, 1), (3,)), ((2, 3), ())])
def test_broadcasting_is_undone(rule, shapes):
    a, b = (np.full(shape, value) for shape, value in zip(shapes, (2.5, 1.5), strict=True))
    y, vjp = rule(a, b)
    assert np.shape(y) == np.broadcast_shapes(*shapes)
    da, db = vjp(np.ones(np.shape(y)))
    assert (np.shape(da), np.shape(db)) == shapes
    one = cotangents(rule, 2.5, 1.5)
    for dx, x, slope in zip((da, db), (a, b), one, strict=True):
        np.testing.assert_allclose(dx, np.full(x.shape, slope * np.size(y) / max(x.size, 1)), rtol=1e-14)


@rules
def test_integers_and_a_cotangent_of_another_dtype_are_refused(rule):
    name = rule.__name__
    with pytest.raises(TypeError, match=f"^{name} got b of dtype int64, but should get a float"):
        rule(np.ones(2), np.ones(2, np.int64))
    with pytest.raises(TypeError, match=f"^{name}_vjp got u of dtype float32, but should get float64"):
        rule(np.ones(2), np.ones(2))[1](np.ones(2, np.float32))


def test_a_quotient_of_two_numbers_at_the_end_of_the_range_is_finite():
    assert pv.remainder(np.array([1.7e308]), np.array([-1.5e308]))[1](np.ones(1))[1] == 2
    a, b = np.float32([3.3412475e38]), np.float32([-9.276757e37])
    assert pv.remainder(a, b)[1](np.ones(1, np.float32))[1] == 4
