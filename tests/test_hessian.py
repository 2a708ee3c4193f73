"""Hessian-vector products: how they are found, and what they are when the complex step goes wrong."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import purevjp as pv

RNG = np.random.default_rng(0)


def energy(x, /):
    """log Σ exp(x²), of rules that take complex arrays."""
    squares, back = pv.square(x)
    value, out = pv.logsumexp(squares)
    return value, lambda u: back(out(u)[0])


def bent(x, /):
    """½ Σ tanh(x)², of rules that do not."""
    y, back = pv.tanh(x)
    value, out = pv.squared_loss(y, np.zeros_like(y))
    return value, lambda u: back(out(u)[0])


@pytest.mark.parametrize(
    ("f", "counterpart", "how", "rtol"),
    [
        (energy, lambda x: jax.nn.logsumexp(x**2), "complex step", 1e-13),
        (bent, lambda x: 0.5 * jnp.sum(jnp.tanh(x) ** 2), "differences", 1e-8),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_hessian_vector_product_is_that_of_jax(f, counterpart, how, rtol, dtype):
    x, v = RNG.normal(size=4).astype(dtype), RNG.normal(size=4).astype(dtype)
    (got,), found = pv.hvp(f, (x,), (v,))
    with jax.enable_x64(True):
        should = jax.jvp(jax.grad(counterpart), (x.astype(float),), (v.astype(float),))[1]
    assert (found, got.dtype) == (how, dtype)
    np.testing.assert_allclose(got, should, rtol=max(rtol, 8 * np.finfo(dtype).eps))


def test_hessian_vector_product_refuses_vectors_of_another_shape():
    with pytest.raises(ValueError, match=r"hvp got an array of shape \(3,\) in vs, but should get \(2,\)"):
        pv.hvp(energy, (np.ones(2),), (np.ones(3),))
    with pytest.raises(ValueError, match="should get a real number"):
        pv.hvp(pv.exp, (np.ones(2),), (np.ones(2),))
    with pytest.raises(TypeError, match="hvp got xs or vs that is no tuple, but should get tuples"):
        pv.hvp(energy, np.zeros(2), np.ones(2))


def of_jax(counterpart, xs, vs):
    """The same product by JAX, in float64."""
    with jax.enable_x64(True):
        gradient = jax.grad(counterpart, argnums=tuple(range(len(xs))))
        return jax.jvp(gradient, tuple(map(jnp.asarray, xs)), tuple(map(jnp.asarray, vs)))[1]


def agreement(a, b, /):
    """Σ (ā b)² + Σ a⁴, of a rule that conjugates."""
    products, back = pv.vecdot(a, b)
    squares, back_squares = pv.square(products)
    fourth, back_fourth = pv.power(a, np.float64(4))
    left, out = pv.sum(squares)
    right, out_fourth = pv.sum(fourth)

    def agreement_vjp(u):
        da, db = back(back_squares(out(u)[0])[0])
        return da + back_fourth(out_fourth(u)[0])[0], db

    return left + right, agreement_vjp


@pytest.mark.parametrize(
    ("f", "counterpart"),
    [
        (pv.vdot, jnp.vdot),
        (pv.vecdot, jnp.vecdot),
        (agreement, lambda a, b: jnp.sum(jnp.vecdot(a, b) ** 2) + jnp.sum(a**4)),
    ],
)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_product_through_a_rule_that_conjugates_is_by_differences(f, counterpart, scale):
    xs, vs = tuple(scale * RNG.normal(size=(2, 3))), tuple(RNG.normal(size=(2, 3)))
    got, how = pv.hvp(f, xs, vs)
    assert how == "differences"
    for g, s in zip(got, of_jax(counterpart, xs, vs), strict=True):
        np.testing.assert_allclose(g, s, rtol=1e-9, atol=1e-9 * np.max(np.abs(s)))


@pytest.mark.parametrize("n", [3, 4, 5])
def test_product_of_the_determinant_of_a_singular_matrix(n):
    rng = np.random.default_rng(0)
    a, v = rng.normal(size=(2, n, n))
    a[-1] = a[0] + a[1]
    (got,), _ = pv.hvp(pv.det, (a,), (v,))
    for i, j in np.ndindex(n, n):  # each is the slope of a minor: row by row, the others as they are
        minor, along = (np.delete(np.delete(m, i, 0), j, 1) for m in (a, v))
        rows = np.eye(n - 1, dtype=bool)[..., None]
        slope = (-1) ** (i + j) * np.sum(np.linalg.det(np.where(rows, along, minor)))
        np.testing.assert_allclose(got[i, j], slope, rtol=1e-9, atol=1e-10)


def apart(a, b, /):
    """Σ a + Σ tanh b."""
    left, back_left = pv.sum(a)
    y, back = pv.tanh(b)
    right, back_right = pv.sum(y)
    return left + right, lambda u: (back_left(u)[0], back(back_right(u)[0])[0])


def test_step_is_chosen_where_the_vector_is_not_0():
    (da, db), how = pv.hvp(apart, (np.array([1e6]), np.array([0.3, 0.5])), (np.zeros(1), np.array([0.0, 1.0])))
    assert how == "differences"
    np.testing.assert_array_equal(da, [0])
    np.testing.assert_allclose(db, [0, -2 * np.tanh(0.5) / np.cosh(0.5) ** 2], rtol=1e-10)


@pytest.mark.parametrize(("offset", "rtol"), [(0, 1e-10), (1e3, 1e-8), (1e4, 1e-7), (1e6, 1e-5)])
@pytest.mark.parametrize("length", [1e-6, 1.0, 1e6])
def test_product_of_a_loss_whose_logits_are_far_from_0(offset, rtol, length):
    v = length * np.array([[1.0, 0.0, -0.5]])
    (got,), how = pv.hvp(
        functools.partial(pv.cross_entropy, labels=np.array([0])), (np.array([[0.0, 1, 2]]) + offset,), (v,)
    )
    (should,) = of_jax(lambda x: -jax.nn.log_softmax(x)[0, 0], (np.array([[0.0, 1, 2]]),), (v,))
    assert how == "differences"
    np.testing.assert_allclose(got, should, rtol=rtol)


@pytest.mark.parametrize("x", [1e-5, 1.0, 1e8, 1e15])
def test_step_fits_a_gradient_that_bends_over_lengths_of_x(x):
    """(|x| log x)'' = 1 / x: by differences, for `abs` takes no complex arrays."""

    def entropy(p, /):
        size, back_size = pv.abs(p)
        logarithm, back = pv.log(p)
        y, out = pv.multiply(size, logarithm)

        def entropy_vjp(u):
            dsize, dlogarithm = out(u)
            return (back_size(dsize)[0] + back(dlogarithm)[0],)

        return y, entropy_vjp

    (got,), how = pv.hvp(entropy, (np.array(x),), (np.array(1.0),))
    assert how == "differences"
    np.testing.assert_allclose(got, 1 / x, rtol=1e-6)


def test_long_step_is_not_taken_past_what_a_short_one_sees():
    """Steps of the size of x = 10⁹ would find the derivative of tanh 0 on both sides, and no slope."""

    def far(x, /):
        y, back = pv.subtract(x, np.float64(1e9))
        z, out = pv.tanh(y)
        return z, lambda u: back(out(u)[0])[:1]

    (got,), how = pv.hvp(far, (np.array(1e9 + 0.5),), (np.array(1.0),))
    assert how == "differences"
    np.testing.assert_allclose(got, -2 * np.tanh(0.5) / np.cosh(0.5) ** 2, rtol=1e-3)


def test_complex_step_stands_where_differences_cannot_tell():
    """At √x, x = 1e-9, all but the shortest steps leave the domain; sin 10⁵ x turns round within the first."""
    (got, _), how = pv.hvp(pv.power, (np.array(1e-9), np.array(0.5)), (np.array(1.0), np.array(0.0)))
    assert how == "complex step"
    np.testing.assert_allclose(got, -0.25 * 1e-9**-1.5, rtol=1e-14)

    def wave(x, /):
        y, back = pv.multiply(x, np.float64(1e5))
        z, out = pv.sin(y)
        return z, lambda u: back(out(u)[0])[:1]

    (got,), how = pv.hvp(wave, (np.array(0.1),), (np.array(1.0),))
    assert how == "complex step"
    np.testing.assert_allclose(got, -1e10 * np.sin(1e4), rtol=1e-11)

    def solved(a, /):
        y, back = pv.solve(a, np.array([1.0, 2.0]))
        z, out = pv.sum(y)
        return z, lambda u: back(out(u)[0])[:1]

    near_singular = np.array([[1.0, 1.0], [1.0, 1.0 + 2.0**-26]])
    assert pv.hvp(solved, (near_singular,), (np.array([[0.3, -0.2], [0.1, 0.7]]),))[1] == "complex step"


def test_product_is_nan_where_the_gradient_is():
    (da, db), _ = pv.hvp(pv.power, (np.array(-1.5), np.array(2.0)), (np.array(1.0), np.array(0.0)))
    np.testing.assert_allclose(da, 2)
    assert np.isnan(db)


@pytest.mark.parametrize("length", [0.0, 1e-320, 1e-200, 1e100])
@pytest.mark.parametrize("f", [energy, bent])
def test_product_scales_with_the_vector(f, length):
    x, v = np.array([0.3, 0.5]), np.array([0.0, 1.0])
    (got,), (should,) = pv.hvp(f, (x,), (length * v,))[0], pv.hvp(f, (x,), (v,))[0]
    np.testing.assert_allclose(got, length * should, rtol=1e-9, atol=1e-322)


@pytest.mark.parametrize("v", [np.inf, np.nan])
def test_vectors_that_are_not_finite_are_refused(v):
    with pytest.raises(ValueError, match="hvp got an infinite number or nan in vs"):
        pv.hvp(energy, (np.ones(2),), (np.array([v, 1.0]),))
