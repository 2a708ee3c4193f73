"""Factorisations: their equations, the stated signs, symmetric cotangents, and equal eigenvalues."""

import numpy as np
import pytest

import purevjp as pv
from oracle import decomposition
from oracle.catalogue import CATALOGUE
from oracle.draw import draw_numbers

EQUAL = np.diag([1.0, 1.0, 2.0])
RULES = ("cholesky", "qr", "eigvalsh", "eigh")


def equal(got, should):
    """Assert equal numbers, shapes and dtypes."""
    np.testing.assert_array_equal(got, should, strict=True)


def drawn(name, shape, static=None):
    """Arguments that the row of a rule draws, and its cotangents."""
    case = CATALOGUE[name]
    of = draw_numbers(case, (shape,), static or {}, np.random.default_rng(0))
    return of, case["rule"](*of["xs"], **of["static"])[1](of["u"])


@pytest.mark.parametrize(
    ("name", "law", "static"),
    [
        ("cholesky", decomposition.factors, {"upper": False}),
        ("cholesky", decomposition.factors, {"upper": True}),
        ("qr", decomposition.triangularises, {}),
        ("eigh", decomposition.diagonalises, {}),
    ],
)
def test_factors_satisfy_their_equations(name, law, static):
    of, cotangents = drawn(name, (2, 4, 4), static)
    assert not law(of, cotangents)


@pytest.mark.parametrize("name", ["cholesky", "eigvalsh", "eigh"])
def test_pytorch_18825_19116_137284_chainer_8312_cotangents_of_symmetrised_matrices_are_symmetric(name):
    """As in JAX and torch, and not triangular."""
    of, cotangents = drawn(name, (3, 4, 4), {"upper": False} if name == "cholesky" else {})
    assert not np.array_equal(of["xs"][0], of["xs"][0].mT)
    assert not decomposition.symmetric_cotangent(of, cotangents)


def test_autograd_pr_56_log_det_by_cholesky_has_the_inverse_for_slopes():
    a = np.array([[4.0, 2.0, 0.5], [2.0, 5.0, 1.0], [0.5, 1.0, 3.0]])
    factor, vjp = pv.cholesky(a)
    (da,) = vjp(np.diag(2 / np.diagonal(factor)))
    np.testing.assert_allclose(da, np.linalg.inv(a), rtol=1e-14)


def test_the_other_triangle_of_the_cotangent_does_not_count():
    a = np.array([[4.0, 2.0], [2.0, 5.0]])
    for upper, u in ((False, np.array([[1.0, 7.0], [2.0, 3.0]])), (True, np.array([[1.0, 2.0], [7.0, 3.0]]))):
        _, vjp = pv.cholesky(a, upper=upper)
        equal(vjp(u)[0], vjp(np.triu(u) if upper else np.tril(u))[0])
        equal(vjp(u)[0], pv.cholesky(a)[1](u.T if upper else u)[0])


def test_not_positive_definite_is_refused():
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        pv.cholesky(-np.eye(2))


@pytest.mark.parametrize("name", ["cholesky", "eigvalsh", "eigh"])
@pytest.mark.parametrize("shape", [(3,), (1, 3), (2, 3, 1)])
def test_matrices_that_are_not_square_are_refused(name, shape):
    with pytest.raises(
        ValueError, match=rf"^{name} got a of shape .*, but should get square matrices, \(\.\.\., n, n\)$"
    ):
        getattr(pv, name)(np.ones(shape))


def test_signs_are_those_stated():
    q, r = pv.qr(np.array([[-3.0, 1.0], [0.0, -2.0]]))[0]
    equal(q, -np.eye(2))
    equal(r, np.array([[3.0, -1.0], [0.0, 2.0]]))
    assert not np.signbit(r[1, 0])
    _, v = pv.eigh(np.array([[2.0, 0.5], [0.5, -1.0]]))[0]
    assert (np.take_along_axis(v, np.argmax(np.abs(v), axis=0)[None], axis=0) > 0).all()


@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (3, 3), (2, 1, 3), (3, 1)])
def test_qr_of_any_sides(shape):
    of, cotangents = drawn("qr", shape)
    assert not decomposition.triangularises(of, cotangents)
    k = min(shape[-2:])
    assert [x.shape[-2:] for x in pv.qr(of["xs"][0])[0]] == [(shape[-2], k), (k, shape[-1])]


def test_qr_of_dependent_columns_has_no_pullback():
    (q, r), vjp = pv.qr(np.array([[1.0, 0.0], [0.0, 0.0]]))
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        vjp((q, r))


def test_jax_2311_4646_669_equal_eigenvalues_and_a_function_that_does_not_see_the_eigenvectors():
    """The sum of squares of v w vᵀ is that of a, whose slope is 2 a; JAX and torch give nan."""
    (w, v), vjp = pv.eigh(EQUAL)
    product = (v * w) @ v.T
    t, z = np.diagonal(v.T @ (2 * product) @ v), 4 * product @ v * w
    equal(vjp((t, z))[0], 2 * EQUAL)


def test_equal_eigenvalues_of_a_matrix_that_is_not_diagonal():
    """The eigenvalues come out a few roundoffs apart; the projector on their space has the slope it should."""
    q, _ = np.linalg.qr(np.array([[2.0, 1.0, 0.5], [1.0, 3.0, 1.0], [0.5, -1.0, 2.0]]))
    a = (q * [1.0, 1.0, 2.0]) @ q.T
    a = (a + a.T) / 2
    c = np.array([[1.0, 2.0, 3.0], [2.0, -1.0, 0.5], [3.0, 0.5, 2.0]])
    (_, v), vjp = pv.eigh(a)
    (da,) = vjp((np.zeros(3), 2 * c @ (v * [1.0, 1.0, 0.0])))
    inner = q.T @ c @ q
    should = np.zeros((3, 3))
    should[:2, 2] = -inner[:2, 2]  # (1 − 0) / (1 − 2)
    np.testing.assert_allclose(da, q @ (should + should.T) @ q.T, atol=1e-13)


def test_equal_eigenvalues_share_their_cotangents():
    w, vjp = pv.eigvalsh(EQUAL)
    equal(w, np.array([1.0, 1.0, 2.0]))
    equal(vjp(np.array([4.0, 6.0, 7.0]))[0], np.diag([5.0, 5.0, 7.0]))
    q, _ = np.linalg.qr(np.array([[2.0, 1.0, 0.5], [1.0, 3.0, 1.0], [0.5, -1.0, 2.0]]))
    (da,) = pv.eigvalsh((q * [1.0, 1.0, 2.0]) @ q.T)[1](np.array([4.0, 6.0, 7.0]))
    np.testing.assert_allclose(da, (q * [5.0, 5.0, 7.0]) @ q.T, rtol=1e-13)


def test_jax_and_torch_give_nan_at_equal_eigenvalues():
    jax, torch = pytest.importorskip("jax"), pytest.importorskip("torch")
    by_jax = jax.grad(lambda a: jax.numpy.linalg.eigh(a)[1].sum())(EQUAL.astype(np.float32))
    a = torch.tensor(EQUAL, requires_grad=True)
    torch.linalg.eigh(a)[1].square().sum().backward()
    assert np.isnan(by_jax).any()
    assert np.isnan(a.grad.numpy()).any()


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0), (0, 2, 2)])
def test_empty_matrices(name, shape):
    a = np.ones(shape)
    value, vjp = getattr(pv, name)(a)
    equal(vjp(value)[0], a)


@pytest.mark.parametrize("name", RULES)
def test_float32_stays_float32(name):
    value, vjp = getattr(pv, name)(np.diag(np.array([1, 2, 3], np.float32)))
    parts = value if isinstance(value, tuple) else (value,)
    assert {part.dtype for part in (*parts, vjp(value)[0])} == {np.dtype(np.float32)}
