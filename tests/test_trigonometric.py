"""Circular and hyperbolic functions at their poles, limits and where formulas cancel."""

import math

import mpmath
import numpy as np
import pytest

import purevjp as pv

INF, NAN = math.inf, math.nan
FLOATS = (np.float16, np.float32, np.float64)
ROUNDINGS = 4
SLOPES = {
    "arcsin": (pv.arcsin, lambda x: 1 / mpmath.sqrt(1 - x * x), [1 - 2.0**-20, -1 + 2.0**-23, 1e-30]),
    "arccos": (pv.arccos, lambda x: -1 / mpmath.sqrt(1 - x * x), [1 - 2.0**-20, -1 + 2.0**-23, 1e-30]),
    "arctan": (pv.arctan, lambda x: 1 / (1 + x * x), [1e-30, 3.0, -1e12]),
    "arcsinh": (pv.arcsinh, lambda x: 1 / mpmath.sqrt(1 + x * x), [1e-30, 3.0, -1e30]),
    "arccosh": (pv.arccosh, lambda x: 1 / mpmath.sqrt(x * x - 1), [1 + 2.0**-23, 3.0, 1e30]),
    "arctanh": (pv.arctanh, lambda x: 1 / (1 - x * x), [1 - 2.0**-20, -1 + 2.0**-23, 1e-30]),
    "tan": (pv.tan, lambda x: 1 / mpmath.cos(x) ** 2, [1.5707963, 1e-30, 20.0]),
    "sinc": (
        pv.sinc,
        lambda x: (mpmath.cos(mpmath.pi * x) - mpmath.sin(mpmath.pi * x) / (mpmath.pi * x)) / x,
        [1e-30, -1e-6, 1e-3, 0.03, 0.1, 0.25, -0.3, 0.3125, 0.33, 0.5],
    ),
}


def cotangent(rule, x, u, dtype):
    """Of one number; poles warn, as NumPy's own division does."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        _, vjp = rule(np.array(x, dtype))
        (dx,) = vjp(np.array(u, dtype))
    assert dx.dtype == dtype
    return dx


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("rule", "x", "u", "should"),
    [
        pytest.param(pv.sin, 0, 3, 3, id="sin 0"),
        pytest.param(pv.sin, INF, 3, NAN, id="sin ∞"),
        pytest.param(pv.cos, 0, 3, 0, id="cos 0"),
        pytest.param(pv.tan, 0, 3, 3, id="tan 0"),
        pytest.param(pv.arcsin, 1, 3, INF, id="arcsin 1"),
        pytest.param(pv.arcsin, -1, 3, INF, id="arcsin −1"),
        pytest.param(pv.arcsin, 1, 0, NAN, id="arcsin 1 with u = 0"),
        pytest.param(pv.arcsin, 2, 3, NAN, id="arcsin 2"),
        pytest.param(pv.arccos, 1, 3, -INF, id="arccos 1"),
        pytest.param(pv.arctan, -INF, 3, 0, id="arctan −∞"),
        pytest.param(pv.sinh, -INF, 3, INF, id="sinh −∞"),
        pytest.param(pv.cosh, -INF, 3, -INF, id="cosh −∞"),
        pytest.param(pv.arcsinh, INF, 3, 0, id="arsinh ∞"),
        pytest.param(pv.arccosh, 1, 3, INF, id="arcosh 1"),
        pytest.param(pv.arccosh, 0, 3, NAN, id="arcosh 0"),
        pytest.param(pv.arccosh, -2, 3, NAN, id="arcosh −2, where JAX and torch give 3/√3"),
        pytest.param(pv.arccosh, INF, 3, 0, id="arcosh ∞"),
        pytest.param(pv.arctanh, -1, 3, INF, id="artanh −1"),
        pytest.param(pv.sinc, 0, 3, 0, id="sinc 0"),
        pytest.param(pv.sinc, -0.0, 3, 0, id="sinc −0"),
        pytest.param(pv.sinc, INF, 3, NAN, id="sinc ∞, as NumPy's value"),
    ],
)
def test_cotangents_at_points_fixed_by_hand(rule, x, u, should, dtype):
    np.testing.assert_array_equal(cotangent(rule, x, u, dtype), should)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SLOPES)
def test_slopes_are_right_relatively(name, dtype):
    rule, slope, xs = SLOPES[name]
    for x in np.array(xs, dtype):
        with mpmath.workdps(100):
            should = slope(mpmath.mpf(float(x)))
            error = abs(mpmath.mpf(float(cotangent(rule, x, 1.0, dtype))) / should - 1)
        assert error < ROUNDINGS * np.finfo(dtype).eps, f"the slope of {name} at {x} is off by {float(error)}"


def test_arctan_in_float16_beyond_the_root_of_its_range():
    assert cotangent(pv.arctan, 300, 1, np.float16) == np.float16(1 / 90001)


@pytest.mark.parametrize("dtype", FLOATS)
def test_sinc_is_that_of_numpy(dtype):
    x = np.array([0.0, 0.5, -1.5, 0.25], dtype)
    np.testing.assert_allclose(pv.sinc(x)[0], np.sinc(x.astype(np.float64)), rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("rule", [pv.tan, pv.arcsin, pv.arctan, pv.sinc])
def test_complex_arrays_are_refused(rule):
    with pytest.raises(TypeError, match="should get a float array"):
        rule(np.array([1j]))
