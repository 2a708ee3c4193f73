"""Products of more axes than two, by hand: letters that repeat or stand alone, ellipses, and what is refused."""

import numpy as np
import pytest

import purevjp as pv

M = np.array([[1.0, 2.0], [3.0, 4.0]])
V = np.array([5.0, 6.0])
CUBE = np.arange(8.0).reshape(2, 2, 2)

BY_HAND = [
    pytest.param("ii->", (M,), 3.0, 5, ([[3, 0], [0, 3]],), id="autograd #115: a trace"),
    pytest.param(
        "nd,nn->d", (M, M), [1.0, 10.0], [13, 18], ([[1, 10], [4, 40]], [[21, 0], [0, 43]]), id="autograd #510",
    ),
    pytest.param("ii->i", (M,), [1.0, 10.0], [1, 4], ([[1, 0], [0, 10]],), id="a diagonal"),
    pytest.param("ii", (M,), 2.0, 5, ([[2, 0], [0, 2]],), id="implicit trace"),
    pytest.param("iii->i", (CUBE,), [1.0, 10.0], [0, 7], ([[[1, 0], [0, 0]], [[0, 0], [0, 10]]],), id="of a cube"),
    pytest.param("ij->j", (M,), [1.0, 10.0], [4, 6], ([[1, 10], [1, 10]],), id="a sum"),
    pytest.param("i,j->i", (V, V), [1.0, 10.0], [55, 66], ([11, 110], [65, 65]), id="alone in one array"),
    pytest.param("ba", (M,), [[1.0, 2.0], [3.0, 4.0]], [[1, 3], [2, 4]], ([[1, 3], [2, 4]],), id="implicit order"),
    pytest.param("aB", (M,), [[1.0, 2.0], [3.0, 4.0]], [[1, 3], [2, 4]], ([[1, 3], [2, 4]],), id="capitals first"),
    pytest.param("...,...", (V, M[:, :1]), M, [[5, 6], [15, 18]], ([10, 14], [[17], [39]]), id="stretched"),
    pytest.param("i,i->i", (V[:1], V), [1.0, 10.0], [25, 30], ([65], [5, 50]), id="a letter stretched"),
    pytest.param("...i->i", (M,), [1.0, 10.0], [4, 6], ([[1, 10], [1, 10]],), id="an ellipsis summed"),
    pytest.param("...i,...i", (M, V), [1.0, 10.0], [17, 39], ([[5, 6], [50, 60]], [31, 42]), id="an ellipsis kept"),
    pytest.param(" i , -> i", (V, np.array(2.0)), [1.0, 10.0], [10, 12], ([2, 20], 65), id="a number, and spaces"),
    pytest.param(",", (np.array(2.0), np.array(3.0)), 4.0, 6, (12, 8), id="two numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("subscripts", "arrays", "u", "value", "cotangents"), BY_HAND)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_einsum_by_hand(subscripts, arrays, u, value, cotangents, dtype):
    arrays = tuple(np.asarray(x, dtype) for x in arrays)
    y, vjp = pv.einsum(arrays, subscripts=subscripts)
    (got,) = vjp(np.asarray(u, dtype))
    assert np.array_equal(y, value)
    assert y.dtype == dtype
    for dx, should, x in zip(got, cotangents, arrays, strict=True):
        assert np.array_equal(dx, should), f"{dx}, but should be {should}"
        assert (dx.dtype, dx.shape) == (dtype, x.shape)
        assert not np.shares_memory(dx, u)


def test_pytorch_30303_einsum_of_an_expanded_array():
    expanded = np.broadcast_to(V, (2, 2))
    (da, db) = pv.einsum([expanded, M.T], subscripts="ij,jk->ik")[1](M)[0]
    assert np.array_equal(da, M @ M)
    assert np.array_equal(db, expanded.T @ M)


def test_the_same_array_twice_has_two_cotangents_to_add_up():
    (got,) = pv.einsum([V, V], subscripts="i,i->")[1](2.0)
    assert got.__class__ is list
    assert [dx.tolist() for dx in got] == [[10, 12], [10, 12]]
    assert not np.shares_memory(*got)


@pytest.mark.parametrize("subscripts", ["ij,jk->ik", "ij,jk->", "ij,jk->ijk", "...j,jk->...k"])
def test_einsum_over_nothing_is_zero(subscripts):
    y, vjp = pv.einsum((np.zeros((2, 0)), np.zeros((0, 3))), subscripts=subscripts)
    assert not np.any(y)
    assert [dx.shape for dx in vjp(np.ones(y.shape))[0]] == [(2, 0), (0, 3)]


def test_cotangents_of_letters_alone_are_written_to_without_harm():
    u = np.array([1.0, 10.0])
    (dx,) = pv.einsum((M,), subscripts="ij->j")[1](u)[0]
    dx[0, 0] = 7
    assert dx.tolist() == [[7, 10], [1, 10]]
    assert u.tolist() == [1, 10]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pv.einsum(M, subscripts="ij->"), TypeError, "einsum got arrays as ndarray, but should get a list or"),
        (lambda: pv.einsum((M,), subscripts=[0, 1]), TypeError, "einsum got subscripts as list, but should get a str"),
        (lambda: pv.einsum((M,), subscripts="ij,j"), ValueError, "[Nn]umber of einsum subscripts"),
        (lambda: pv.einsum((M, V[:1]), subscripts="ij,k->l"), ValueError, "did not appear in the input"),
        (lambda: pv.tensordot(M, CUBE, axes=((0, 0), (0, 0))), ValueError, "duplicate axes"),
        (lambda: pv.tensordot(M, np.ones(3), axes=1), ValueError, "shape-mismatch"),
        (lambda: pv.inner(V, np.ones(3)), ValueError, "not aligned"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


TENSORDOT = [
    pytest.param(0, V, V, M, np.outer(V, V), (M @ V, V @ M), id="no axes"),
    pytest.param(2, M, M, 2.0, 30, (2 * M, 2 * M), id="all axes"),
    pytest.param(1, M, V, [1.0, 10.0], [17, 39], ([[5, 6], [50, 60]], [31, 42]), id="one axis"),
    pytest.param((0, -1), M, M, M, M.T @ M.T, (M.T @ M.T, M.T @ M.T), id="two numbers, one negative"),
    pytest.param(((0, 1), (1, 0)), M, M, 2.0, 29, (2 * M.T, 2 * M.T), id="crosswise"),
    pytest.param(([-1, 0], [1, 0]), M, M, 2.0, 30, (2 * M, 2 * M), id="lists, in any order"),
]


@pytest.mark.parametrize(("axes", "a", "b", "u", "value", "cotangents"), TENSORDOT)
def test_tensordot_by_hand(axes, a, b, u, value, cotangents):
    y, vjp = pv.tensordot(a, b, axes=axes)
    assert np.array_equal(y, value)
    for got, should in zip(vjp(u), cotangents, strict=True):
        assert np.array_equal(got, should)


def test_axes_of_both_arrays_come_back_in_their_own_order():
    a, b = np.arange(24.0).reshape(2, 3, 4), np.arange(60.0).reshape(4, 5, 3)
    u = np.arange(10.0).reshape(2, 5)
    y, vjp = pv.tensordot(a, b, axes=((1, 2), (2, 0)))
    da, db = vjp(u)
    assert np.array_equal(y, np.einsum("ijk,klj->il", a, b))
    assert np.array_equal(da, np.einsum("il,klj->ijk", u, b))
    assert np.array_equal(db, np.einsum("il,ijk->klj", u, a))


@pytest.mark.parametrize(
    ("rule", "a", "b", "u", "value", "cotangents"),
    [
        (pv.inner, M, V, [1.0, 10.0], [17, 39], ([[5, 6], [50, 60]], [31, 42])),
        (pv.inner, np.array(2.0), V, [1.0, 10.0], [10, 12], (65, [2, 20])),
        (pv.inner, V, V, 2.0, 61, ([10, 12], [10, 12])),
        (pv.outer, np.array(2.0), M, [[1.0, 2.0, 3.0, 4.0]], [[2, 4, 6, 8]], (30, [[2, 4], [6, 8]])),
        (pv.outer, V, M[0], M, [[5, 10], [6, 12]], ([5, 11], [23, 34])),
        (pv.kron, V, M[:, :1], [[1.0, 0.0], [0.0, 2.0]], [[5, 6], [15, 18]], ([1, 6], [[5], [12]])),
        (pv.kron, np.array(2.0), V, [1.0, 10.0], [10, 12], (65, [2, 20])),
        (pv.kron, np.array(2.0), np.array(3.0), 4.0, 6, (12, 8)),
    ],
)
def test_products_of_pairs_by_hand(rule, a, b, u, value, cotangents):
    y, vjp = rule(a, b)
    assert np.array_equal(y, value)
    for got, should in zip(vjp(u), cotangents, strict=True):
        assert np.array_equal(got, should)


@pytest.mark.parametrize("rule", [pv.outer, pv.kron])
def test_products_with_nothing_have_cotangents_of_zero(rule):
    da, db = rule(np.zeros((0, 2)), V)[1](np.zeros(rule(np.zeros((0, 2)), V)[0].shape))
    assert da.shape == (0, 2)
    assert db.tolist() == [0, 0]


@pytest.mark.parametrize("subscripts", ["bij,bjk->bik", "aij,ajk,k->ai", "iij,kj->ik", "...ij,...kj->...k"])
def test_einsum_agrees_with_torch(subscripts):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    terms = subscripts.partition("->")[0].replace("...", "z").split(",")
    arrays = [rng.normal(size=[{"i": 3, "j": 2, "k": 4}.get(letter, 2) for letter in term]) for term in terms]
    y, vjp = pv.einsum(arrays, subscripts=subscripts)
    u = rng.normal(size=y.shape)
    leaves = [torch.tensor(x, requires_grad=True) for x in arrays]
    should = torch.einsum(subscripts, *leaves)
    should.backward(torch.tensor(u))
    np.testing.assert_allclose(y, should.detach().numpy(), rtol=1e-13, atol=1e-14)
    for dx, leaf in zip(vjp(u)[0], leaves, strict=True):  # sums of at most 24 products: a few roundoffs
        np.testing.assert_allclose(dx, leaf.grad.numpy(), rtol=1e-13, atol=1e-14)
