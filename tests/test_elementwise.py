"""Functions of one array at their corners, poles and limits, by numbers fixed by hand."""

import math

import mpmath
import numpy as np
import pytest

import purevjp as pv

INF, NAN = math.inf, math.nan
FLOATS = (np.float16, np.float32, np.float64)
ROUNDINGS = 4
TAILS = {
    "expm1": (pv.expm1, mpmath.exp, [-80.0, -40.0, -17.0, 1e-12, 20.0]),
    "log1p": (pv.log1p, lambda x: 1 / (1 + x), [-1 + 2.0**-20, -1e-12, 1e-30, 1e15]),
    "exp2": (pv.exp2, lambda x: mpmath.log(2) * mpmath.mpf(2) ** x, [-126.5, 1e-12, 100.25]),
    "reciprocal": (pv.reciprocal, lambda x: -1 / x**2, [1e-15, -1e15, 3.0]),
    "rsqrt": (pv.rsqrt, lambda x: -1 / (2 * x * mpmath.sqrt(x)), [1e-19, 1e19, 3.0]),
    "cbrt": (pv.cbrt, lambda x: 1 / (3 * mpmath.cbrt(x) ** 2), [1e-30, 1e30, 3.0]),
    "log2": (pv.log2, lambda x: 1 / (x * mpmath.log(2)), [1e-30, 1e30]),
    "log10": (pv.log10, lambda x: 1 / (x * mpmath.log(10)), [1e-30, 1e30]),
}


def cotangent(rule, x, u, dtype):
    """Of one number; poles warn, as NumPy's own division does."""
    with np.errstate(divide="ignore", invalid="ignore"):
        _, vjp = rule(np.array(x, dtype))
        (dx,) = vjp(np.array(u, dtype))
    assert dx.dtype == dtype
    return dx


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("rule", "x", "u", "should"),
    [
        pytest.param(pv.abs, 0, 3, 0, id="autograd PR #712, burn PR #2249: |0|"),
        pytest.param(pv.abs, -0.0, 3, 0, id="|−0|"),
        pytest.param(pv.abs, -INF, 3, -3, id="|−∞|"),
        pytest.param(pv.abs, NAN, 3, NAN, id="|nan|"),
        pytest.param(pv.sqrt, 0, -3, -INF, id="√0"),
        pytest.param(pv.sqrt, 0, 0, NAN, id="√0 with u = 0"),
        pytest.param(pv.sqrt, -1, 3, NAN, id="√−1"),
        pytest.param(pv.rsqrt, 0, 3, -INF, id="1/√0"),
        pytest.param(pv.rsqrt, INF, 3, 0, id="1/√∞"),
        pytest.param(pv.reciprocal, 0, 3, -INF, id="1/0"),
        pytest.param(pv.reciprocal, -0.0, 3, -INF, id="1/−0"),
        pytest.param(pv.reciprocal, -INF, 3, 0, id="1/−∞"),
        pytest.param(pv.cbrt, 0, 3, INF, id="∛0"),
        pytest.param(pv.cbrt, -0.0, 3, INF, id="∛−0"),
        pytest.param(pv.cbrt, -8, 12, 1, id="∛−8"),
        pytest.param(pv.cbrt, -INF, 3, 0, id="∛−∞"),
        pytest.param(pv.expm1, -INF, 3, 0, id="e⁻∞ − 1"),
        pytest.param(pv.expm1, 0, 3, 3, id="e⁰ − 1"),
        pytest.param(pv.exp2, -INF, 3, 0, id="2⁻∞"),
        pytest.param(pv.log1p, -1, 3, INF, id="ln(1 − 1)"),
        pytest.param(pv.log1p, INF, 3, 0, id="ln(1 + ∞)"),
        pytest.param(pv.log2, 0, -3, -INF, id="log₂ 0"),
        pytest.param(pv.log10, INF, 3, 0, id="log₁₀ ∞"),
    ],
)
def test_cotangents_at_points_fixed_by_hand(rule, x, u, should, dtype):
    np.testing.assert_array_equal(cotangent(rule, x, u, dtype), should)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", TAILS)
def test_tails_are_right_relatively(name, dtype):
    rule, slope, xs = TAILS[name]
    for x in np.array(xs, dtype):
        with mpmath.workdps(50):
            should = slope(mpmath.mpf(float(x)))
            error = abs(mpmath.mpf(float(cotangent(rule, x, 1.0, dtype))) / should - 1)
        assert error < ROUNDINGS * np.finfo(dtype).eps, f"the slope of {name} at {x} is off by {float(error)}"


@pytest.mark.parametrize("rule", [pv.abs, pv.cbrt, pv.log1p])
def test_complex_arrays_are_refused(rule):
    with pytest.raises(TypeError, match="should get a float array"):
        rule(np.array([1j]))
