"""Results at extreme magnitudes against 50 digits of mpmath, relatively."""

import mpmath as mp
import numpy as np
import pytest

import purevjp as pv

ROUNDOFFS = 12
"""NumPy promises exp, log and tanh to 4 units in the last place, or 8 roundoffs; the other 4 are for the arithmetic."""


def exact(x):
    """A float, or each of an array, as mpmath holds it: exactly."""
    return [mp.mpf(float(v)) for v in np.ravel(x)]


def unit(dtype):
    """The unit roundoff."""
    return mp.mpf(float(np.finfo(dtype).eps)) / 2


def roundoffs(got, should):
    """The largest relative error in units of roundoff; below the smallest normal number, relative to that."""
    assert np.isfinite(got).all(), f"{got} should be finite"
    tiny = mp.mpf(float(np.finfo(got.dtype).tiny))
    errors = [abs(g - s) / max(abs(s), tiny) for g, s in zip(exact(got), should, strict=True)]
    return float(max(errors) / unit(got.dtype))


def check(got, should, what, bound=ROUNDOFFS):
    """Assert that `got` is within `bound` roundoffs, relatively, of each of `should`."""
    error = roundoffs(got, should)
    assert error <= bound, f"{what} is {got!r}, but should be {[mp.nstr(s, 17) for s in should]}: {error:.3g} roundoffs"


def sigmoid_slope(x):
    return mp.exp(-x) / (1 + mp.exp(-x)) ** 2


VALUE_AND_SLOPE = {
    "exp": (pv.exp, mp.exp, mp.exp),
    "log": (pv.log, mp.log, lambda x: 1 / x),
    "tanh": (pv.tanh, mp.tanh, lambda x: mp.sech(x) ** 2),
    "sigmoid": (pv.sigmoid, lambda x: 1 / (1 + mp.exp(-x)), sigmoid_slope),
    "square": (pv.square, lambda x: x**2, lambda x: 2 * x),
}
BOTH = [0.0, 0.75, 9.0, 20.0, 43.0, 88.0, 1e-19, 1e-3, 87.5, 100.0]
WIDE = [350.0, 354.0, 700.0, 709.5, 745.0, 1e-300, 1e-310]
SIGNED = [s * x for x in BOTH for s in (1, -1)]
WIDE_SIGNED = [s * x for x in WIDE for s in (1, -1)]
POINTS = {
    "exp": ([x for x in SIGNED if x <= 88], [x for x in WIDE_SIGNED if x < 710]),
    "log": ([1e19, 1e-19, 1e-40, 1 + 2**-10, 1 - 2**-10, 3.0, 1e38], [1e300, 1e-300, 1e-310, 1 + 2**-50, 1 - 2**-50]),
    "tanh": ([*SIGNED, 1e19, -1e19, 1e-40, -1e-40], WIDE_SIGNED),
    "sigmoid": ([*SIGNED, 1e19, -1e19, 1e-40, -1e-40], WIDE_SIGNED),
    "square": ([1e-19, -1e-19, 1e19, -1e19, 0.1, 1e-30], [1e154, 1e-150, 1e-170, -1e-170]),
}
CASES = [(name, np.float32, x) for name, (both, _) in POINTS.items() for x in both]
CASES += [(name, np.float64, x) for name, points in POINTS.items() for some in points for x in some]


@pytest.mark.parametrize(("name", "dtype", "x"), CASES)
def test_one_argument_at_extreme_magnitudes(name, dtype, x):
    rule, value_of, slope_of = VALUE_AND_SLOPE[name]
    x, u = np.array([x], dtype), np.array([0.8125], dtype)
    if name == "log" and x[0] < np.finfo(dtype).tiny:
        u = np.array([2.0**-20], dtype)  # 1 / x is too large for the dtype
    with mp.workdps(50):
        (point,) = exact(x)
        value, vjp = rule(x)
        check(value, [value_of(point)], f"{name}({x[0]!r})")
        check(vjp(u)[0], [mp.mpf(float(u[0])) * slope_of(point)], f"cotangent of {name} at {x[0]!r}")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "x"), [("tanh", 40.0), ("sigmoid", 80.0), ("tanh", -40.0), ("sigmoid", -80.0)])
def test_slope_in_the_tail_does_not_vanish(name, x, dtype):
    (dx,) = VALUE_AND_SLOPE[name][0](np.array(x, dtype))[1](1.0)
    assert 1e-36 < dx < 1e-33, f"the slope of {name} at {x} is {dx}, but should be 4e-80 to the half, about 1.8e-35"


LANES = {
    "near": [0.0, 0.5, -3.25, 2.125],
    "one": [1.5],
    "equal": [2.0, 2.0, 2.0],
    "far apart": [0.0, -16.0, -64.0, 8.0],
}
"""Multiples of 1/8: exact beside an offset of 1000, in float32 too."""

offsets = pytest.mark.parametrize("offset", [0.0, 1e3, -1e3, 12345.0])
lanes = pytest.mark.parametrize("lane", LANES)
floats = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def softmax_of(points):
    """ln Σ eˣ and each softmax, to 50 digits."""
    total = mp.fsum(map(mp.exp, points))
    return mp.log(total), [mp.exp(x) / total for x in points]


@offsets
@lanes
@floats
def test_logsumexp_at_large_offsets(lane, offset, dtype):
    x = np.array(LANES[lane], dtype) + dtype(offset)
    with mp.workdps(50):
        y, _ = softmax_of(exact(x))
        check(pv.logsumexp(x)[0], [y], f"logsumexp({x!r})")


@offsets
@lanes
@floats
def test_logsumexp_cotangent_at_large_offsets(lane, offset, dtype):
    x = np.array(LANES[lane], dtype) + dtype(offset)
    with mp.workdps(50):
        _, p = softmax_of(exact(x))
        should = [2 * q for q in p]
        check(pv.logsumexp(x)[1](2.0)[0], should, f"cotangent of logsumexp at {x!r}")


@offsets
@lanes
@floats
def test_softmax_at_large_offsets(lane, offset, dtype):
    x = np.array(LANES[lane], dtype) + dtype(offset)
    u = np.array([1.0, -0.5, 2.0, 0.25][: len(x)], dtype)
    with mp.workdps(50):
        _, p = softmax_of(exact(x))
        value, vjp = pv.softmax(x)
        check(value, p, f"softmax({x!r})")
        mean = mp.fsum(a * q for a, q in zip(exact(u), p, strict=True))
        for g, q, a in zip(exact(vjp(u)[0]), p, exact(u), strict=True):
            size = q * (abs(a) + abs(mean)) + mp.mpf(float(np.finfo(dtype).tiny))  # u and its mean may nearly cancel
            error = float(abs(g - q * (a - mean)) / size / unit(dtype))
            assert error <= 2 * ROUNDOFFS, f"cotangent {vjp(u)[0]!r} of softmax({x!r}) is off by {error:.3g} roundoffs"


@offsets
@lanes
@floats
def test_log_softmax_at_large_offsets(lane, offset, dtype):
    x = np.array(LANES[lane], dtype) + dtype(offset)
    u = np.array([1.0, 0.5, 2.0, 0.25][: len(x)], dtype)
    with mp.workdps(50):
        total, p = softmax_of(exact(x))
        value, vjp = pv.log_softmax(x)
        for g, s in zip(exact(value), [a - total for a in exact(x)], strict=True):
            error = float(abs(g - s) / max(abs(s), 1) / unit(dtype))  # the likeliest element is 0 less almost nothing
            assert error <= ROUNDOFFS, f"log_softmax({x!r}) is {value!r}, off by {error:.3g} roundoffs"
        for g, q, a in zip(exact(vjp(u)[0]), p, exact(u), strict=True):
            slope = a - q * mp.fsum(exact(u))
            size = abs(a) + q * mp.fsum(exact(u)) * max(1, -mp.log(q))  # e^y carries the roundoff of y
            error = float(abs(g - slope) / size / unit(dtype))
            assert error <= ROUNDOFFS, f"cotangent {vjp(u)[0]!r} of log_softmax({x!r}) is off by {error:.3g} roundoffs"


@pytest.mark.parametrize("label", [0, 1, 2])
@offsets
@floats
def test_cross_entropy_at_large_offsets(label, offset, dtype):
    x = np.array(LANES["near"], dtype) + dtype(offset)
    with mp.workdps(50):
        y, p = softmax_of(exact(x))
        value, vjp = pv.cross_entropy(x, labels=label)
        check(value, [y - exact(x)[label]], f"cross_entropy({x!r}, labels={label})")
        should = [q - (i == label) for i, q in enumerate(p)]
        check(vjp(1.0)[0], should, f"cotangent of cross_entropy({x!r}, labels={label})", 4 * ROUNDOFFS)


@pytest.mark.parametrize("gap", [20.0, 88.0, 700.0])
@floats
def test_cross_entropy_of_a_confident_mistake(gap, dtype):
    x = np.array([gap, 0.0], dtype)
    with mp.workdps(50):
        value, vjp = pv.cross_entropy(x, labels=1)
        check(value, [mp.log1p(mp.exp(gap))], f"cross_entropy({x!r}, labels=1)")
        wrong = 1 / (1 + mp.exp(-mp.mpf(gap)))
        check(vjp(1.0)[0], [wrong, -wrong], f"cotangent of cross_entropy({x!r}, labels=1)")


def test_halves_are_added_in_float32_and_stay_halves():
    x = np.full((5000, 2), 0.5, np.float16)
    for rule, should in ((pv.sum, 2500), (pv.nansum, 2500), (pv.mean, 0.5), (pv.var, 0), (pv.std, 0)):
        value, vjp = rule(x, axis=0)
        assert value.tolist() == [should] * 2, rule.__name__
        assert value.dtype == vjp(np.ones(2, np.float16))[0].dtype == np.float16
    ten, zero = np.full(5000, 30, np.float16), np.zeros(5000, np.float16)
    assert (pv.mse(ten, zero)[0], pv.squared_loss(ten, zero, reduction="mean")[0]) == (900, 450)
    assert pv.einsum([x, x], subscripts="ij,ij->j")[0].tolist() == [1250, 1250]
