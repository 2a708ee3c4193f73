"""Singular values, pseudoinverses, least squares and norms: their equations, kinks, and matrices of lower rank."""

import math

import numpy as np
import pytest

import purevjp as pv
from oracle import singular
from oracle.catalogue import CATALOGUE
from oracle.draw import draw_numbers

INF = math.inf
TALL = np.array([[1.0, 2.0], [0.0, 3.0], [2.0, -1.0]])


def equal(got, should):
    """Assert equal numbers, shapes and dtypes."""
    np.testing.assert_array_equal(got, should, strict=True)


@pytest.mark.parametrize("shape", [(4, 2), (2, 2, 4), (3, 3), (1, 3)])
@pytest.mark.parametrize(("name", "law"), [("svd", singular.decomposes), ("pinv", singular.inverts)])
def test_equations(name, law, shape):
    drawn = draw_numbers(CATALOGUE[name], (shape,), {}, np.random.default_rng(0))
    assert not law(drawn, ())


def test_jax_8732_equal_singular_values_and_a_function_that_does_not_see_the_vectors():
    """The sum of squares of p s qᵀ is that of a, whose slope is 2 a; JAX and torch give nan."""
    a = np.diag([2.0, 2.0, 1.0])
    (p, s, qh), vjp = pv.svd(a)
    product = (p * s) @ qh
    u = (2 * product @ qh.T * s, np.diagonal(p.T @ (2 * product) @ qh.T), 2 * (p * s).T @ product)
    np.testing.assert_allclose(vjp(u)[0], 2 * a, atol=1e-15)


def test_the_orthogonal_factor_has_a_slope_at_equal_singular_values():
    """p qᵀ of the polar decomposition is smooth there: of a = 2·1, its slope is the antisymmetric part of c, by 2."""
    c = np.array([[1.0, 2.0], [5.0, 3.0]])
    (p, _, qh), vjp = pv.svd(2 * np.eye(2))
    (da,) = vjp((c @ qh.T, np.zeros(2), p.T @ c))
    np.testing.assert_allclose(da, (c - c.T) / 4, atol=1e-15)


def test_equal_singular_values_share_their_cotangents_and_zeros_get_none():
    s, vjp = pv.svdvals(np.eye(2))
    equal(s, np.ones(2))
    equal(vjp(np.array([4.0, 6.0]))[0], 5 * np.eye(2))
    equal(pv.svdvals(np.diag([2.0, 0.0]))[1](np.array([4.0, 6.0]))[0], np.diag([4.0, 0.0]))


def test_zero_singular_values_make_no_infinity():
    (_, s, _), vjp = pv.svd(np.zeros((3, 2)))
    equal(s, np.zeros(2))
    assert np.isfinite(vjp((np.ones((3, 2)), np.ones(2), np.ones((2, 2))))[0]).all()


def test_svd_takes_one_cotangent_per_result():
    with pytest.raises(ValueError, match=r"^svd_vjp got a u of 2, but should get a tuple of 3"):
        pv.svd(TALL)[1]((np.ones((3, 2)), np.ones(2)))


@pytest.mark.parametrize("option", [{"full_matrices": True}, {"compute_uv": False}, {"hermitian": True}])
def test_other_options_are_refused(option):
    with pytest.raises(TypeError, match="unexpected keyword"):
        pv.svd(TALL, **option)


def test_pinv_of_full_rank_is_that_of_the_normal_equations():
    y, vjp = pv.pinv(TALL)
    np.testing.assert_allclose(y, np.linalg.inv(TALL.T @ TALL) @ TALL.T, rtol=1e-13)
    u = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(vjp(u)[0], pv.pinv(TALL.T)[1](u.T)[0].T, atol=1e-13)


def test_pinv_of_lower_rank_has_the_slope_along_its_rank():
    """Of a = diag(2, 0), whose neighbours of rank 1 are x yᵀ: there is none in the last corner."""
    y, vjp = pv.pinv(np.diag([2.0, 0.0]))
    equal(y, np.diag([0.5, 0.0]))
    np.testing.assert_allclose(vjp(np.array([[4.0, 8.0], [16.0, 32.0]]))[0], [[-1, 4], [2, 0]], atol=1e-15)


@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (3, 3)])
def test_lstsq_is_that_of_numpy(shape):
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=shape), rng.normal(size=(shape[0], 2))
    np.testing.assert_allclose(pv.lstsq(a, b)[0], np.linalg.lstsq(a, b)[0], rtol=1e-12)
    np.testing.assert_allclose(pv.lstsq(a, b[:, 0])[0], np.linalg.lstsq(a, b[:, 0])[0], rtol=1e-12)


def test_lstsq_of_a_square_matrix_is_solve():
    a, b, u = np.array([[2.0, 1.0], [0.0, 4.0]]), np.array([4.0, 8.0]), np.array([2.0, 3.0])
    for got, should in zip(pv.lstsq(a, b)[1](u), pv.solve(a, b)[1](u), strict=True):
        np.testing.assert_allclose(got, should, rtol=1e-13)


@pytest.mark.parametrize("order", [3, 0, "f", None, "FRO"])
def test_other_norms_are_refused(order):
    with pytest.raises(ValueError, match=r"^matrix_norm got ord=.*, but should get one of 'fro', 'nuc', 1, -1, 2, -2"):
        pv.matrix_norm(TALL, ord=order)


@pytest.mark.parametrize(
    ("order", "x", "dx"),
    [
        pytest.param("fro", [[0, 0], [0, 0]], [[0, 0], [0, 0]], id="pytorch #65599: the norm of a matrix of zeros"),
        ("nuc", [[0, 0], [0, 0]], [[0, 0], [0, 0]]),
        ("nuc", [[2, 0], [0, -3]], [[6, 0], [0, -6]]),
        (2, [[0, 0], [0, 0]], [[0, 0], [0, 0]]),
        (2, [[1, 0], [0, 1]], [[3, 0], [0, 3]]),
        (2, [[5, 0], [0, 1]], [[6, 0], [0, 0]]),
        (-2, [[5, 0], [0, 1]], [[0, 0], [0, 6]]),
        (-2, [[5, 0], [0, 0]], [[0, 0], [0, 0]]),
        (1, [[1, -2], [0, 3]], [[0, -6], [0, 6]]),
        (-1, [[1, -2], [0, 3]], [[6, 0], [0, 0]]),
        (1, [[1, -1], [2, 2]], [[3, -3], [3, 3]]),
        (INF, [[1, -2], [0, 3]], [[3, -3], [0, 3]]),
        (-INF, [[1, -2], [0, 4]], [[6, -6], [0, 0]]),
    ],
)
@pytest.mark.parametrize("keepdims", [False, True])
def test_kinks_of_norms(order, x, dx, keepdims):
    y, vjp = pv.matrix_norm(np.array(x, float), ord=order, keepdims=keepdims)
    assert np.shape(y) == ((1, 1) if keepdims else ())
    np.testing.assert_allclose(vjp(np.full_like(y, 6.0))[0], dx, atol=1e-15)


@pytest.mark.parametrize("name", ["svdvals", "svd", "pinv"])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (0, 2, 3)])
def test_empty_matrices(name, shape):
    value, vjp = getattr(pv, name)(np.ones(shape))
    equal(vjp(value)[0], np.ones(shape))


def test_norms_of_empty_matrices():
    y, vjp = pv.matrix_norm(np.ones((2, 0, 3)))
    equal(y, np.zeros(2))
    equal(vjp(y)[0], np.ones((2, 0, 3)))
    with pytest.raises(ValueError, match="zero-size array"):
        pv.matrix_norm(np.ones((0, 3)), ord=-2)


@pytest.mark.parametrize("order", ["fro", "nuc", 1, -1, 2, -2, INF, -INF])
def test_float32_stays_float32(order):
    x = TALL.astype(np.float32)
    y, vjp = pv.matrix_norm(x, ord=order)
    assert [y.dtype, vjp(y)[0].dtype] == [np.float32] * 2
    for rule in (pv.svdvals, pv.pinv):
        y, vjp = rule(x)
        assert [y.dtype, vjp(y)[0].dtype] == [np.float32] * 2
