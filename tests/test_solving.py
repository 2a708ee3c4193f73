"""Linear equations and determinants: the shapes of NumPy 2, singular matrices, what is refused."""

import numpy as np
import pytest

import purevjp as pv
from oracle.catalogue import CATALOGUE
from oracle.draw import draw_numbers
from oracle.solving import homogeneous, solved

A = np.array([[2.0, 1.0], [0.0, 4.0]])
B = np.array([4.0, 8.0])
NAN = np.nan


def equal(got, should):
    """Assert equal numbers, shapes and dtypes."""
    np.testing.assert_array_equal(got, should, strict=True)


@pytest.mark.parametrize("rule", [pv.solve, pv.triangular_solve])
def test_b_is_a_vector_only_if_it_has_one_axis(rule):
    batch = np.stack([A, A, 2 * A])
    x, vjp = rule(batch, B)
    equal(x, np.array([[1.0, 2.0], [1.0, 2.0], [0.5, 1.0]]))
    da, db = vjp(np.array([[2.0, 3.0], [0.0, 0.0], [2.0, 3.0]]))
    equal(db, np.array([1.5, 0.75]))
    equal(da[:2], np.array([[[-1.0, -2.0], [-0.5 * (rule is pv.solve), -1.0]], [[0, 0], [0, 0]]]))
    matrices, vjp = rule(batch, np.stack([B, B], axis=-1))
    assert matrices.shape == (3, 2, 2)
    assert [dx.shape for dx in vjp(matrices)] == [(3, 2, 2), (2, 2)]
    with pytest.raises(ValueError, match=r"(?i)mismatch|dimension|broadcast|should get"):
        rule(batch, np.ones((3, 2))[:, None, :][:, [0, 0, 0]])


def test_cotangents_of_broadcast_arrays_are_sums():
    a, b = np.eye(2), np.arange(12.0).reshape(3, 2, 2)
    x, vjp = pv.solve(a, b)
    da, db = vjp(np.ones_like(x))
    equal(db, np.ones((3, 2, 2)))
    equal(da, -np.einsum("bik,bjk->ij", np.ones_like(x), x))


@pytest.mark.parametrize(("lower", "trans"), [(False, 0), (True, "N"), (False, 1), (True, "T")])
@pytest.mark.parametrize("unit_diagonal", [False, True])
def test_triangular_solve_does_not_read_the_other_triangle(lower, trans, unit_diagonal):
    scipy_linalg = pytest.importorskip("scipy.linalg")
    a = np.array([[2.0, 3.0, -1.0], [1.0, -4.0, 2.0], [5.0, 3.0, 2.0]])
    b, u = np.array([1.0, -2.0, 3.0]), np.array([2.0, 1.0, -1.0])
    static = {"lower": lower, "trans": trans, "unit_diagonal": unit_diagonal}
    outside = np.triu(np.ones((3, 3), bool), 1) if lower else np.tril(np.ones((3, 3), bool), -1)
    outside |= np.eye(3, dtype=bool) & unit_diagonal
    x, vjp = pv.triangular_solve(np.where(outside, NAN, a), b, **static)
    np.testing.assert_allclose(x, scipy_linalg.solve_triangular(a, b, **static), rtol=1e-14)
    da, _ = vjp(u)
    assert not da[outside].any()
    assert np.count_nonzero(da[~outside]) >= 2


@pytest.mark.parametrize("lower", [False, True])
def test_large_triangles_are_solved_half_by_half(lower):
    rng = np.random.default_rng(0)
    t = np.tril(rng.normal(size=(2, 75, 75)), -1) / 9 + np.eye(75)
    t = t if lower else t.mT
    b, u = rng.normal(size=(75, 3)), rng.normal(size=(2, 75, 3))
    (x, vjp), (should, solve_vjp) = pv.triangular_solve(t, b, lower=lower), pv.solve(t, b)
    np.testing.assert_allclose(x, should, rtol=1e-11, atol=1e-12)
    for of, other in zip(vjp(u), solve_vjp(u), strict=True):
        np.testing.assert_allclose(of, other * (t != 0) if of.ndim == 3 else other, rtol=1e-11, atol=1e-12)
    for side in (74, 76):
        with pytest.raises(ValueError, match=r"^triangular_solve got a of shape .* but should get"):
            pv.triangular_solve(t, np.ones((side, 3)), lower=lower)


def test_determinants_of_large_matrices_need_no_decomposition(monkeypatch):
    rng = np.random.default_rng(0)
    a = (np.eye(200) + rng.normal(size=(200, 200)) / 100).astype(np.float32)
    _, vjp = pv.det(a)
    monkeypatch.delattr(np.linalg, "svd")
    (da,) = vjp(np.float32(2))
    np.testing.assert_allclose(da, 2 * np.linalg.det(a) * np.linalg.inv(a).T, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("trans", [2, "C", -1, "t"])
def test_other_transpositions_are_refused(trans):
    with pytest.raises(ValueError, match=r'^triangular_solve got trans=.*, but should get 0, 1, "N" or "T"$'):
        pv.triangular_solve(A, B, trans=trans)


@pytest.mark.parametrize("rule", [pv.solve, pv.triangular_solve])
def test_singular_equations_are_refused(rule):
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        rule(np.array([[1.0, 2.0], [0.0, 0.0]]), B)
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        pv.inv(np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("a", "cofactors"),
    [
        ([[1, 2], [2, 4]], [[4, -2], [-2, 1]]),
        (np.diag([0.0, 0, 5]), np.zeros((3, 3))),
        (np.diag([0.0, 3, 5]), np.diag([15, 0, 0])),
        (np.diag([0.0, 1, 2, 4]), np.diag([8, 0, 0, 0])),
        (np.diag([1.0, 0, 2, 4]), np.diag([0, 8, 0, 0])),
        (np.diag([0.0, 1, 0, 4]), np.zeros((4, 4))),
        ([[7.0]], [[1]]),
        ([[0.0]], [[1]]),
        (np.zeros((0, 0)), np.zeros((0, 0))),
    ],
)
def test_det_of_a_singular_matrix_has_its_cofactors_for_slopes(a, cofactors):
    a = np.array(a, float)
    y, vjp = pv.det(a)
    np.testing.assert_allclose(vjp(2.0)[0], 2 * np.array(cofactors, float), atol=1e-14)
    assert y == (a[0, 0] if len(a) == 1 else 1 if not len(a) else 0)


def test_det_of_singular_and_regular_matrices_side_by_side():
    a = np.stack([np.diag([1.0, 2, 3, 4]), np.diag([0.0, 2, 3, 4]), np.diag([1e-9, 2, 3, 4])])
    (da,) = pv.det(a)[1](np.ones(3))
    np.testing.assert_allclose(da[0], np.diag([24.0, 12, 8, 6]), rtol=1e-14)
    np.testing.assert_allclose(da[1:, 0, 0], 24, rtol=1e-14)
    np.testing.assert_allclose(da[2].diagonal(), [24, 12e-9, 8e-9, 6e-9], rtol=1e-14)


def test_torch_gives_0_where_a_determinant_is_0():
    torch = pytest.importorskip("torch")
    a = torch.tensor(np.diag([0.0, 1.0, 2.0]), requires_grad=True)
    torch.linalg.det(a).backward()
    assert not a.grad.numpy().any()
    equal(pv.det(np.diag([0.0, 1.0, 2.0]))[1](1.0)[0], np.diag([2.0, 0.0, 0.0]))


def test_slogdet_of_a_singular_matrix_has_no_slope():
    a = np.stack([np.diag([1.0, 0.0]), np.diag([2.0, -4.0])])
    (sign, y), vjp = pv.slogdet(a)
    equal(sign, np.array([0.0, -1.0]))
    equal(y, np.array([-np.inf, np.log(8.0)]))
    equal(vjp((np.ones(2), np.array([3.0, 8.0])))[0], np.array([[[NAN, NAN], [NAN, NAN]], [[4.0, 0.0], [-0.0, -2.0]]]))


def test_slogdet_takes_one_cotangent_per_result():
    _, vjp = pv.slogdet(A)
    with pytest.raises(TypeError, match=r"^slogdet_vjp got u as ndarray, but should get a tuple of 2"):
        vjp(np.ones(2))
    with pytest.raises(ValueError, match=r"^slogdet_vjp got a u of 1, but should get a tuple of 2"):
        vjp((1.0,))
    with pytest.raises(ValueError, match=r"^slogdet_vjp got u of shape \(1,\), but should get \(\)"):
        vjp((1.0, np.ones(1)))
    with pytest.raises(TypeError, match=r"^slogdet_vjp got u of dtype float32, but should get float64"):
        vjp((1.0, np.float32(1)))


def test_matrices_that_are_not_square_are_refused():
    with pytest.raises(ValueError, match=r"^det got a of shape \(1, 3\), but should get square matrices"):
        pv.det(np.ones((1, 3)))
    for rule in (pv.inv, pv.slogdet):
        with pytest.raises(np.linalg.LinAlgError, match="square"):
            rule(np.ones((1, 3)))


@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0), (0, 2, 2)])
def test_empty_matrices(shape):
    a = np.ones(shape)
    equal(pv.inv(a)[1](a)[0], a)
    y, vjp = pv.det(a)
    equal(y, np.ones(shape[:-2])[()])
    equal(vjp(y)[0], a)
    results, vjp = pv.slogdet(a)
    equal(vjp(results)[0], a)
    x, vjp = pv.solve(a, np.ones((shape[-1], 3)))
    da, db = vjp(x)
    equal(da, a)
    equal(db, np.zeros((shape[-1], 3)))


def test_float32_stays_float32():
    a = A.astype(np.float32)
    for rule in (pv.inv, pv.det):
        y, vjp = rule(a)
        assert [y.dtype, vjp(y)[0].dtype] == [np.float32] * 2
    da, db = pv.solve(a, B)[1](B)
    assert [da.dtype, db.dtype] == [np.float32, np.float64]
    assert pv.det(np.stack([np.eye(5, dtype=np.float32)] * 2))[1](np.ones(2, np.float32))[0].dtype == np.float32


@pytest.mark.parametrize(("rule", "law"), [("solve", solved), ("det", homogeneous)])
def test_laws(rule, law):
    shapes = {"solve": ((3, 3), (3, 2)), "det": ((2, 4, 4),)}[rule]
    drawn = draw_numbers(CATALOGUE[rule], shapes, {}, np.random.default_rng(0))
    cotangents = CATALOGUE[rule]["rule"](*drawn["xs"])[1](drawn["u"])
    assert not law(drawn, cotangents)
    assert law(drawn, [dx * 1.01 if i == 0 else dx for i, dx in enumerate(cotangents)])


def test_cofactors_neither_leave_the_range_nor_fail_beside_a_nan():
    values = [1e20, 1e20, 1e-20, 1e-20]
    (da,) = pv.det(np.diag(values).astype(np.float32))[1](np.float32(1))
    np.testing.assert_allclose(da.diagonal(), values[::-1], rtol=1e-5)
    a = np.random.default_rng(0).normal(size=(3, 5, 5))
    a[1, 2, 2], a[2, 0] = np.nan, a[2, 1]
    with np.errstate(invalid="ignore"):
        (da,) = pv.det(a)[1](np.ones(3))
    assert np.isnan(da).all(axis=(1, 2)).tolist() == [False, True, False]
    np.testing.assert_allclose(da[2, 0], -da[2, 1], rtol=1e-10)
