"""Activations at their kinks, limits and tails, against numbers fixed by hand, mpmath, JAX and torch."""

import inspect
import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import purevjp as pv
from oracle.reference import float64_on_cpu

INF, NAN = math.inf, math.nan
FLOATS = (np.float16, np.float32, np.float64)
ROUNDING = 2.0**-53


def logistic(x):
    """σ of mpf."""
    return 1 / (1 + mpmath.exp(-x))


EXACT = {
    "silu": (pv.silu, {}, lambda x: x * logistic(x)),
    "softplus": (pv.softplus, {}, lambda x: mpmath.log1p(mpmath.exp(x))),
    "gelu": (
        pv.gelu, {"approximate": True},
        lambda x: x * logistic(mpmath.sqrt(8 / mpmath.pi) * (x + mpmath.mpf(0.044715) * x**3)),
    ),
    "gelu by erf": (pv.gelu, {"approximate": False}, lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2),
}  # fmt: skip


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("slope", [0.5, 0.0, 2.0, -0.25])
def test_leaky_relu_has_its_negative_slope_at_zero(slope, dtype):
    x = np.array([0.0, -0.0, 2, -2, NAN, INF], dtype)
    y, vjp = pv.leaky_relu(x, negative_slope=slope)
    np.testing.assert_array_equal(y, np.array([0, 0, 2, -2 * slope, NAN, INF], dtype))
    (dx,) = vjp(np.full(6, 4, dtype))
    np.testing.assert_array_equal(dx, np.array([4 * slope, 4 * slope, 4, 4 * slope, 4 * slope, 4], dtype), strict=True)


def test_leaky_relu_of_no_slope_is_relu():
    x, u = np.array([-1.0, 0.0, -0.0, 2.0]), np.array([3.0, 5.0, 7.0, 9.0])
    y, vjp = pv.leaky_relu(x, negative_slope=0.0)
    np.testing.assert_array_equal(y, pv.relu(x)[0])
    np.testing.assert_array_equal(vjp(u)[0], pv.relu(x)[1](u)[0])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", EXACT)
def test_limits(name, dtype):
    rule, static, _ = EXACT[name]
    largest = np.finfo(dtype).max
    y, vjp = rule(np.array([INF, -INF, NAN, largest, -largest], dtype), **static)
    np.testing.assert_array_equal(y, np.array([INF, 0, NAN, largest, 0], dtype))
    np.testing.assert_array_equal(vjp(np.full(5, 3, dtype))[0], np.array([3, 0, NAN, 3, 0], dtype), strict=True)


@pytest.mark.parametrize("name", ["silu", "gelu", "gelu by erf"])
def test_candle_pr_2083_the_slope_at_zero_is_a_half(name):
    rule, static, _ = EXACT[name]
    y, vjp = rule(np.array([0.0, -0.0]), **static)
    np.testing.assert_array_equal(y, [0, 0])
    np.testing.assert_array_equal(vjp(np.array([4.0, -6.0]))[0], [2, -3])


def test_tt_metal_pr_56397_softplus_has_no_threshold():
    x = np.array([19.0, 21.0, 88.0, 89.0, 700.0, 1e300])
    y, vjp = pv.softplus(x)
    np.testing.assert_array_equal(y[2:], x[2:])
    np.testing.assert_allclose(vjp(np.full(6, 2.0))[0], 2.0, rtol=2e-8)


@pytest.mark.parametrize("x", [-700.0, -100.0, -37.5, -20.0, -12.0, -6.0, -3.0, -0.5, 0.25, 3.0, 9.0, 30.0, 600.0])
@pytest.mark.parametrize("name", EXACT)
def test_tails_are_right_relatively(name, x):
    """The exponent s of a tail is known to 4 roundings of s, so the tail to 4 s; a slope near its root, to 8 of 1."""
    rule, static, exact = EXACT[name]
    with mpmath.workdps(60):
        value, slope = exact(mpmath.mpf(x)), mpmath.diff(exact, mpmath.mpf(x), h=mpmath.mpf(10) ** -25)
        exponent = abs(mpmath.log(abs(value) / abs(x)))
    y, vjp = rule(np.array(x), **static)
    (dx,) = vjp(1.0)
    few = (8 + 4 * float(exponent)) * ROUNDING
    tiny = float(np.finfo(np.float64).tiny)
    np.testing.assert_allclose(y, float(value), rtol=few, atol=tiny)
    np.testing.assert_allclose(dx, float(slope), rtol=few, atol=8 * ROUNDING if -3 <= x < 0 else tiny)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_are_those_of_jax_and_torch(dtype):
    torch = pytest.importorskip("torch")
    x = np.linspace(-5, 5, 41).astype(dtype)
    theirs = torch.nn.functional
    t = torch.tensor(x)
    with float64_on_cpu():
        x_jax = jnp.asarray(x)
        pairs = [
            (pv.leaky_relu(x), jax.nn.leaky_relu(x_jax), theirs.leaky_relu(t)),
            (pv.silu(x), jax.nn.silu(x_jax), theirs.silu(t)),
            (pv.softplus(x), jax.nn.softplus(x_jax), theirs.softplus(t)),
            (pv.gelu(x), jax.nn.gelu(x_jax), theirs.gelu(t, approximate="tanh")),
            (pv.gelu(x, approximate=False), jax.nn.gelu(x_jax, approximate=False), theirs.gelu(t)),
        ]
    for (y, _), of_jax, of_torch in pairs:
        assert y.dtype == dtype
        eps = float(np.finfo(dtype).eps)  # JAX and torch lose digits to 1 + tanh, and to 1 + erf
        np.testing.assert_allclose(y, np.asarray(of_jax), rtol=64 * eps, atol=8 * eps)
        np.testing.assert_allclose(y, of_torch.numpy(), rtol=64 * eps, atol=8 * eps)


def test_defaults_are_those_of_jax():
    for rule in (pv.leaky_relu, pv.gelu):
        ours, jaxs = (inspect.signature(f).parameters for f in (rule, getattr(jax.nn, rule.__name__)))
        for name, parameter in ours.items():
            assert parameter.default == jaxs[name].default, f"{rule.__name__} has another default of {name}"


@pytest.mark.parametrize("name", [*EXACT, "leaky"])
def test_no_axes_and_no_elements(name):
    rule, static = EXACT[name][:2] if name in EXACT else (pv.leaky_relu, {})
    y, vjp = rule(np.array(2.0), **static)
    assert isinstance(y, np.float64)
    assert np.shape(vjp(3.0)[0]) == ()
    y, vjp = rule(np.ones((0, 2)), **static)
    assert y.shape == vjp(np.ones((0, 2)))[0].shape == (0, 2)
