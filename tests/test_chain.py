"""Products of vectors, chains and powers of matrices: numbers by hand, conjugates, signs, and what is refused."""

import numpy as np
import pytest

import purevjp as pv
from purevjp.chain import cheapest

M = np.array([[1.0, 2.0], [3.0, 4.0]])
V = np.array([5.0, 6.0])
E0, E1, E2 = np.eye(3)


def test_vdot_conjugates_the_first_and_flattens():
    a, b = np.array([[1 + 2j], [3j]]), np.array([2.0 + 1j, 1.0])
    y, vjp = pv.vdot(a, b)
    da, db = vjp(1j)
    assert y == (1 - 2j) * (2 + 1j) - 3j
    assert da.tolist() == [[(-1 - 2j)], [-1j]]  # conj(u b)
    assert db.tolist() == [2 + 1j, 3]  # u conj(a)


def test_vdot_of_a_real_and_a_complex_array_has_a_real_cotangent_for_the_real_one():
    da, db = pv.vdot(np.array([1.0, 2.0]), np.array([3j, 4.0]))[1](1j)
    assert (da.dtype, db.dtype) == (np.float64, np.complex128)
    assert da.tolist() == [-3, 0]


@pytest.mark.parametrize("rule", [pv.vdot, pv.vecdot])
def test_inner_products_of_nothing_are_zero(rule):
    y, vjp = rule(np.zeros(0), np.zeros(0))
    assert y == 0
    assert [dx.shape for dx in vjp(1.0)] == [(0,), (0,)]


def test_vecdot_along_the_first_axis_with_a_vector_for_all():
    y, vjp = pv.vecdot(M, V, axis=0)
    da, db = vjp(np.array([1.0, 10.0]))
    assert y.tolist() == [23, 34]
    assert da.tolist() == [[5, 50], [6, 60]]
    assert db.tolist() == [21, 43]


@pytest.mark.parametrize(
    ("a", "b", "u", "value", "cotangents"),
    [
        pytest.param(E0, E1, E2, E2, (E0, E1), id="right-handed"),
        pytest.param(E0, E1, E0, E2, (-E2, 0 * E0), id="burn PR #4069: da is b × u"),
        pytest.param(E0, E1, E1, E2, (0 * E0, -E2), id="burn PR #4069: db is u × a"),
        pytest.param(E0, E0, E1, 0 * E0, (E2, -E2), id="parallel"),
    ],
)
def test_cross_by_hand(a, b, u, value, cotangents):
    y, vjp = pv.cross(a, b)
    assert np.array_equal(y, value)
    for got, should in zip(vjp(u), cotangents, strict=True):
        assert np.array_equal(got, should)


def test_cross_of_one_vector_with_columns():
    a, b = np.arange(6.0).reshape(3, 2), E0
    u = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    y, vjp = pv.cross(a, b, axis=0)
    da, db = vjp(u)
    assert y.shape == (3, 2)
    for i in range(2):
        assert np.array_equal(y[:, i], np.cross(a[:, i], b))
        assert np.array_equal(da[:, i], np.cross(b, u[:, i]))
    assert np.array_equal(db, np.cross(u.T, a.T).sum(axis=0))


def test_multi_dot_multiplies_in_the_cheapest_order():
    assert cheapest([10, 100, 5, 50]) == {(0, 1): 0, (0, 2): 1}  # 7500 products; the other order takes 75 000
    assert cheapest([1, 2]) == {}
    shapes = [(30, 35), (35, 15), (15, 5), (5, 10), (10, 20), (20, 25)]  # CLRS, figure 15.5: ((A(BC))((DE)F))
    order = cheapest([*(n for n, _ in shapes), 25])
    assert (order[0, 5], order[0, 2], order[3, 5]) == (2, 0, 4)


@pytest.mark.parametrize("n", [2, 3, 5, 6])
@pytest.mark.parametrize(("first", "last"), [(False, False), (True, False), (False, True), (True, True)])
def test_multi_dot_equals_numpys(n, first, last):
    rng = np.random.default_rng(n)
    sides = rng.integers(1, 5, n + 1)
    arrays = [rng.integers(-3, 4, (sides[i], sides[i + 1])).astype(float) for i in range(n)]
    arrays[0] = arrays[0][0] if first else arrays[0]
    arrays[-1] = arrays[-1][:, 0] if last else arrays[-1]
    y, vjp = pv.multi_dot(arrays)
    assert np.array_equal(y, np.linalg.multi_dot(arrays))
    (cotangents,) = vjp(np.ones(np.shape(y)))
    assert [dx.shape for dx in cotangents] == [x.shape for x in arrays]
    total = np.sum(y)
    for dx, x in zip(cotangents, arrays, strict=True):  # the value is linear in each: Euler's identity, in integers
        assert np.sum(dx * x) == total


@pytest.mark.parametrize("n", range(-5, 9))
def test_matrix_power_of_a_number_is_that_of_numbers(n):
    y, vjp = pv.matrix_power(np.array([[2.0]]), n=n)
    assert y.tolist() == [[2.0**n]]
    assert vjp(np.array([[3.0]]))[0].tolist() == [[3 * n * 2.0 ** (n - 1)]]


def test_matrix_power_zero_has_no_slope_even_where_there_is_no_inverse():
    y, vjp = pv.matrix_power(np.zeros((2, 2)), n=0)
    assert y.tolist() == [[1, 0], [0, 1]]
    assert vjp(M)[0].tolist() == [[0, 0], [0, 0]]


def test_matrix_power_of_a_matrix_that_is_nilpotent():
    y, vjp = pv.matrix_power(np.array([[0.0, 1.0], [0.0, 0.0]]), n=2)
    assert y.tolist() == [[0, 0], [0, 0]]
    assert vjp(M)[0].tolist() == [[2, 0], [5, 2]]  # aᵀ u + u aᵀ


@pytest.mark.parametrize("n", [-3, -1, 1, 2, 7])
def test_matrix_power_equals_numpys_for_batches(n):
    a = np.stack([M, M.T + np.eye(2)])
    y, vjp = pv.matrix_power(a, n=n)
    np.testing.assert_allclose(y, np.linalg.matrix_power(a, n), rtol=1e-13)  # another order of up to 7 products
    together = vjp(a)[0]
    for i in range(2):
        np.testing.assert_allclose(together[i], pv.matrix_power(a[i], n=n)[1](a[i])[0], rtol=1e-13)
    assert not np.shares_memory(y, a)


def test_quadratic_form_reads_both_triangles():
    y, vjp = pv.quadratic_form(V, M)
    dx, da = vjp(2.0)
    assert y == V @ M @ V == 319
    assert dx.tolist() == [80, 146]
    assert da.tolist() == [[50, 60], [60, 72]]


def test_quadratic_form_of_one_matrix_adds_up_over_a_batch_of_vectors():
    x = np.array([[[1.0, 2.0]], [[0.0, 1.0]]])
    y, vjp = pv.quadratic_form(x, M)
    dx, da = vjp(np.array([[1.0], [10.0]]))
    assert y.tolist() == [[27], [4]]
    assert dx.tolist() == [[[12, 21]], [[50, 80]]]
    assert da.tolist() == [[1, 2], [2, 14]]


def test_quadratic_form_of_one_vector_adds_up_over_a_batch_of_matrices():
    y, vjp = pv.quadratic_form(V, np.stack([M, M]))
    dx, da = vjp(np.array([1.0, 1.0]))
    assert y.tolist() == [319, 319]
    assert dx.tolist() == [80, 146]
    assert da.tolist() == [[[25, 30], [30, 36]]] * 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pv.cross(V, V), ValueError, r"cross got an array of shape \(2,\), but should get vectors of 3"),
        (lambda: pv.cross(E0, E1, axis=1), IndexError, "out of range"),
        (lambda: pv.vdot(V, E0), ValueError, "vdot got a of shape .* but should get as many"),
        (lambda: pv.vecdot(V, E0), ValueError, "mismatch"),
        (lambda: pv.vecdot(V, V, axis=1), np.exceptions.AxisError, "out of bounds"),
        (lambda: pv.multi_dot(M), TypeError, "multi_dot got arrays as ndarray, but should get a list or tuple"),
        (lambda: pv.multi_dot([M]), ValueError, "multi_dot got 1 arrays, but should get two or more"),
        (lambda: pv.multi_dot([M, V, M]), ValueError, r"multi_dot got arrays\[1\] of shape \(2,\), but"),
        (lambda: pv.multi_dot([M, np.eye(3), M]), ValueError, "matmul: .* mismatch"),
        (lambda: pv.matrix_power(M, n=0.5), TypeError, "matrix_power got n as float, but should get an integer"),
        (lambda: pv.matrix_power(V, n=2), ValueError, r"matrix_power got a of shape \(2,\), but should get"),
        (lambda: pv.matrix_power(np.zeros((2, 2)), n=-1), np.linalg.LinAlgError, "Singular"),
        (lambda: pv.quadratic_form(V, np.eye(3)), ValueError, r"quadratic_form got x of shape .* and a of shape"),
        (lambda: pv.quadratic_form(np.array(1.0), M), ValueError, "quadratic_form got x of shape"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
