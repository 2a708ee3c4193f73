"""Fourier transforms: numbers by hand, all options of real arrays beside JAX, the ends of half a transform, shifts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import purevjp as pv
from oracle.reference import float64_on_cpu

NORMS = (None, "backward", "ortho", "forward")
ONE = (pv.fft, pv.ifft, pv.rfft, pv.irfft)
HALF = [1.0 + 5j, 2.0 + 1j, 3.0 + 7j]
ROW = np.array([1.0, 2.0, 4.0])


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("rule", ONE)
@pytest.mark.parametrize("n", [None, 1, 2, 5, 6])
@pytest.mark.parametrize("m", [3, 4])
def test_a_real_array_has_the_real_cotangent_of_jax(rule, m, n, norm):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(m, 2))
    y, vjp = rule(x, n=n, axis=0, norm=norm)
    u = rng.normal(size=y.shape) + (1j * rng.normal(size=y.shape) if np.iscomplexobj(y) else 0)
    with float64_on_cpu():
        of = getattr(jnp.fft, rule.__name__)
        should, jax_vjp = jax.vjp(lambda x: of(x, n=n, axis=0, norm=norm), jnp.asarray(x))
        (should_dx,) = jax_vjp(jnp.asarray(u))
    (dx,) = vjp(u)
    assert dx.dtype == np.float64
    np.testing.assert_allclose(y, should, rtol=0, atol=1e-14)  # sums of at most 6 numbers of size 1
    np.testing.assert_allclose(dx, should_dx, rtol=0, atol=1e-14)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("rule", [pv.fftn, pv.ifftn])
@pytest.mark.parametrize(("s", "axes"), [(None, None), (None, (1,)), ((2, 5), (2, 0)), ((4,), (-2,))])
def test_several_axes_of_a_real_array_have_the_real_cotangent_of_jax(rule, s, axes, norm):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 2, 4))
    y, vjp = rule(x, s=s, axes=axes, norm=norm)
    u = rng.normal(size=y.shape) + 1j * rng.normal(size=y.shape)
    with float64_on_cpu():
        of = getattr(jnp.fft, rule.__name__)
        should, jax_vjp = jax.vjp(lambda x: of(x, s=s, axes=axes, norm=norm), jnp.asarray(x))
        (should_dx,) = jax_vjp(jnp.asarray(u))
    (dx,) = vjp(u)
    assert dx.dtype == np.float64
    np.testing.assert_allclose(y, should, rtol=0, atol=1e-13)  # sums of 24 numbers of size 1
    np.testing.assert_allclose(dx, should_dx, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("n", "value", "dx"),
    [
        pytest.param(4, [2, -1, 0, 0], [2.5, -1 - 1j, -0.5], id="even: both ends are real"),
        pytest.param(None, [2, -1, 0, 0], [2.5, -1 - 1j, -0.5], id="even by default"),
        pytest.param(2, [1.5, -0.5], [1.5, -0.5, 0], id="cropped: the new end is real, what is cut gets 0"),
        pytest.param(1, [1], [1, 0, 0], id="the mean alone"),
    ],
)
def test_irfft_by_hand(n, value, dx):
    y, vjp = pv.irfft(np.array(HALF), n=n)
    np.testing.assert_allclose(y, value, rtol=0, atol=1e-15)  # sums of 4 dyadic numbers
    np.testing.assert_allclose(vjp(np.array([1.0, 2.0, 3.0, 4.0])[: y.size])[0], dx, rtol=0, atol=1e-15)


@pytest.mark.parametrize(("m", "n"), [(3, 4), (3, 5), (4, 6), (4, 7), (4, 4), (2, 7), (1, 1), (2, 2)])
def test_only_the_ends_of_half_a_transform_are_real(m, n):
    u = np.arange(1.0, n + 1) ** 2
    (dx,) = pv.irfft(np.ones(m, complex), n=n)[1](u)
    assert dx[0].imag == 0
    if n % 2 == 0 and n // 2 < m:
        assert dx[n // 2].imag == 0
    assert np.all(dx[1 : (n + 1) // 2].imag != 0)
    assert np.all(dx[n // 2 + 1 :] == 0)


def test_the_pullback_of_rfft_sees_no_imaginary_part_of_the_ends():
    _, vjp = pv.rfft(np.arange(4.0))
    (dx,), (same,) = vjp(np.array([1.0, 2.0 + 3j, 4.0])), vjp(np.array([1.0 + 9j, 2.0 + 3j, 4.0 - 9j]))
    assert np.array_equal(dx, same)
    assert dx.tolist() == [7, 0, 3, -6]


@pytest.mark.parametrize("n", [2, 3, 5])
def test_what_is_padded_is_cropped_and_what_is_cropped_is_padded(n):
    y, vjp = pv.fft(ROW, n=n)
    assert y[0] == ROW[:n].sum()
    (dx,) = vjp(np.eye(n)[0] + 0j)  # y₀ is the sum of what is not cut
    assert dx.tolist() == [1.0] * min(n, 3) + [0.0] * (3 - min(n, 3))


@pytest.mark.parametrize("rule", [*ONE, pv.fftn, pv.ifftn])
def test_float32_is_computed_in_complex64(rule):
    x = np.ones((2, 3), np.float32)
    y, vjp = rule(x)
    assert y.dtype == (np.float32 if rule is pv.irfft else np.complex64)
    assert vjp(np.ones(y.shape, y.dtype))[0].dtype == np.float32


@pytest.mark.parametrize("rule", ONE)
def test_float16_has_a_cotangent_of_float16(rule):
    y, vjp = rule(np.ones(4, np.float16))
    assert vjp(np.ones(y.shape, y.dtype))[0].dtype == np.float16


@pytest.mark.parametrize("rule", ONE)
def test_lanes_that_are_none_have_no_cotangents(rule):
    y, vjp = rule(np.ones((0, 3)), n=5)
    assert vjp(np.ones(y.shape, y.dtype))[0].shape == (0, 3)


@pytest.mark.parametrize("rule", [pv.fftn, pv.ifftn])
@pytest.mark.parametrize("shape", [(), (2, 3)])
def test_no_axes_are_no_transform(rule, shape):
    x = np.ones(shape)
    y, vjp = rule(x, axes=())
    u = np.full(shape, 2.0)
    (dx,) = vjp(u)
    assert np.array_equal(y, x)
    assert np.array_equal(dx, u)
    assert not np.shares_memory(dx, u)


def test_an_axis_named_twice_is_transformed_twice():
    u = np.array([1.0 + 2j, 3.0, 4j])
    y, vjp = pv.fftn(ROW + 0j, s=(3, 2), axes=(0, 0))
    first, of_first = pv.fft(ROW + 0j, n=2)
    second, of_second = pv.fft(first, n=3)
    np.testing.assert_array_equal(y, second)
    np.testing.assert_array_equal(vjp(u)[0], of_first(of_second(u)[0])[0])


def test_a_side_of_minus_one_is_that_of_the_axis():
    x = np.arange(6.0).reshape(2, 3)
    y, vjp = pv.fftn(x, s=(-1, 5), axes=(0, 1))
    assert y.shape == (2, 5)
    assert vjp(np.ones((2, 5), complex))[0].shape == (2, 3)


@pytest.mark.parametrize(
    ("rule", "x", "axes", "value", "dx"),
    [
        (pv.fftshift, [0.0, 1.0, 2.0], None, [2, 0, 1], [20, 30, 10]),
        (pv.ifftshift, [0.0, 1.0, 2.0], None, [1, 2, 0], [30, 10, 20]),
        (pv.fftshift, [0.0, 1.0, 2.0], (0, 0), [1, 2, 0], [30, 10, 20]),
        (pv.ifftshift, [0.0, 1.0, 2.0], -1, [1, 2, 0], [30, 10, 20]),
    ],
)
def test_shifts_of_odd_sides_by_hand(rule, x, axes, value, dx):
    y, vjp = rule(np.array(x), axes=axes)
    assert y.tolist() == value
    assert vjp(np.array([10.0, 20.0, 30.0]))[0].tolist() == dx


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pv.fft(ROW, norm="orthogonal"), ValueError, "Invalid norm value orthogonal"),
        (lambda: pv.ifft(ROW, n=0), ValueError, r"Invalid number of FFT data points \(0\)"),
        (lambda: pv.irfft(ROW[:1]), ValueError, r"Invalid number of FFT data points \(0\) specified"),
        (lambda: pv.rfft(ROW + 1j), TypeError, "rfft got x of dtype complex128, but should get a float array"),
        (lambda: pv.rfft(ROW, axis=1), IndexError, "out of range"),
        (lambda: pv.fftn(ROW, s=(3,)), TypeError, r"fftn got s=\(3,\) without axes, but should get both"),
        (lambda: pv.ifftn(ROW, s=(3,)), TypeError, r"ifftn got s=\(3,\) without axes, but should get both"),
        (lambda: pv.fftn(ROW, s=(3, 3), axes=(0,)), ValueError, "different lengths"),
        (lambda: pv.fft(ROW)[1](ROW), TypeError, "fft_vjp got u of dtype float64, but should get complex128"),
        (lambda: pv.irfft(ROW)[1](np.ones(4, complex)), TypeError, "irfft_vjp got u of dtype complex128, but should"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
