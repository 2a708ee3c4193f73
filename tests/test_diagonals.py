"""Diagonals, triangles and arrays made of numbers: numbers fixed by hand, the edges, and what is refused."""

import re

import numpy as np
import pytest

import purevjp as pv

U = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

ROWS = {
    # rule, arguments, static arguments, u, value, cotangents
    "tril": (pv.tril, (-U,), {"k": -1}, U, [[0, 0, 0], [-4, 0, 0]], ([[0, 0, 0], [4, 0, 0]],)),
    "tril of nothing": (pv.tril, (-U,), {"k": -2}, U, 0 * U, (0 * U,)),
    "triu": (pv.triu, (-U,), {"k": 1}, U, [[0, -2, -3], [0, 0, -6]], ([[0, 2, 3], [0, 0, 6]],)),
    "triu of all": (pv.triu, (-U,), {"k": -1}, U, -U, (U,)),
    "diagonal": (pv.diagonal, (-U,), {}, U[0, :2], [-1, -5], ([[1, 0, 0], [0, 2, 0]],)),
    "diagonal of the transpose": (
        pv.diagonal, (-U,), {"offset": 1, "axis1": -1, "axis2": 0}, U[0, :1], [-4], ([[0, 0, 0], [1, 0, 0]],),
    ),
    "diagonal outside": (pv.diagonal, (-U,), {"offset": 5}, np.zeros(0), [], (0 * U,)),
    "diag of a matrix": (pv.diag, (-U,), {"k": 2}, U[0, :1], [-3], ([[0, 0, 1], [0, 0, 0]],)),
    "diag of a vector": (
        pv.diag, (-U[0, :2],), {"k": -1}, np.arange(9.0).reshape(3, 3),
        [[0, 0, 0], [-1, 0, 0], [0, -2, 0]], ([3, 7],),
    ),
    "diag of nothing": (pv.diag, (np.zeros(0),), {"k": 1}, np.array([[3.0]]), [[0]], ([],)),
    "full": (pv.full, (np.array([[-1.0], [-2.0]]),), {"shape": (2, 3)}, U, [[-1] * 3, [-2] * 3], ([[6], [15]],)),
    "full of a number": (pv.full, (np.array(-1.0),), {"shape": 2}, U[0, :2], [-1, -1], (3,)),
    "full of nothing": (pv.full, (np.array(-1.0),), {"shape": (0, 2)}, np.zeros((0, 2)), np.zeros((0, 2)), (0,)),
    "linspace": (
        pv.linspace, (np.array(1.0), np.array([5.0, 9.0])), {"num": 3},
        np.array([[1.0, 2.0], [4.0, 8.0], [16.0, 32.0]]),
        [[1, 1], [3, 5], [5, 9]], (1 + 2 + 2 + 4, [18, 36]),
    ),
    "linspace without its end": (
        pv.linspace, (np.array([1.0]), np.array([5.0])), {"num": 2, "endpoint": False, "axis": -1}, U[:1, :2],
        [[1, 3]], ([2], [1]),
    ),
    "linspace of one": (pv.linspace, (np.array(1.0), np.array(5.0)), {"num": 1}, np.array([2.0]), [1], (2, 0)),
    "linspace of none": (pv.linspace, (np.array(1.0), np.array(5.0)), {"num": 0}, np.zeros(0), [], (0, 0)),
    "linspace of five": (
        pv.linspace, (np.array(0.0), np.array(4.0)), {"num": 5}, np.array([8.0, 4.0, 4.0, 4.0, 16.0]),
        [0, 1, 2, 3, 4], (14, 22),
    ),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("rule", "xs", "static", "u", "value", "cotangents"), ROWS.values(), ids=ROWS)
def test_by_hand(rule, xs, static, u, value, cotangents, dtype):
    got, vjp = rule(*(x.astype(dtype) for x in xs), **static)
    np.testing.assert_array_equal(got, np.array(value, dtype), strict=True)
    for dx, should in zip(vjp(u.astype(dtype)), cotangents, strict=True):
        np.testing.assert_array_equal(np.asarray(dx), np.array(should, dtype), strict=True)


@pytest.mark.parametrize("rule", [pv.tril, pv.triu])
def test_what_is_masked_may_be_anything(rule):
    x = np.full((2, 2), np.nan)
    value, vjp = rule(x, k=5 if rule is pv.triu else -5)
    np.testing.assert_array_equal(value, np.zeros((2, 2)))
    np.testing.assert_array_equal(vjp(x)[0], np.zeros((2, 2)))


def test_linspace_ends_where_it_should_and_agrees_with_numpy():
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        start, stop = rng.normal(size=(2, 100)).astype(dtype)
        value, _ = pv.linspace(start, stop, num=7)
        np.testing.assert_array_equal(value[[0, -1]], [start, stop])
        size = np.abs(start) + np.abs(stop)
        assert np.all(np.abs(value - np.linspace(start, stop, 7)) <= 4 * np.finfo(dtype).eps * size)


def test_the_diagonal_of_stacks_goes_last():
    x = np.arange(24.0).reshape(2, 3, 4)
    value, vjp = pv.diagonal(x, offset=-1, axis1=2, axis2=1)
    np.testing.assert_array_equal(value, np.diagonal(x, -1, 2, 1))
    (dx,) = vjp(value.copy())
    np.testing.assert_array_equal(dx, np.where(np.isin(x, value), x, 0))


REFUSED = {
    "a vector": (lambda: pv.tril(np.ones(3)), "tril got x of shape (3,), but should get (..., n, m)"),
    "a number": (lambda: pv.triu(np.ones(())), "triu got x of shape (), but should get (..., n, m)"),
    "a stack": (lambda: pv.diag(np.ones((2, 2, 2))), "diag got x of shape (2, 2, 2), but should get (n,) or (n, m)"),
    "the same axis": (lambda: pv.diagonal(np.ones((2, 2)), axis2=-2), "axis1 and axis2 cannot be the same"),
    "too long": (
        lambda: pv.full(np.ones(2), shape=(2, 3)),
        "full got fill_value of shape (2,), but should get one that broadcasts to (2, 3)",
    ),
    "too many axes": (
        lambda: pv.full(np.ones((1, 1)), shape=3),
        "full got fill_value of shape (1, 1), but should get one that broadcasts to (3,)",
    ),
    "fewer than none": (
        lambda: pv.linspace(np.ones(()), np.ones(()), num=-1),
        "linspace got num -1, but should get 0 or more",
    ),
}


@pytest.mark.parametrize(("attempt", "message"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(attempt, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        attempt()


@pytest.mark.parametrize("k", [-250, -1, 0, 70, 299])
@pytest.mark.parametrize("shape", [(300, 150), (2, 129, 300)])
def test_triangles_of_many_rows_are_those_of_numpy(k, shape):
    x = np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    x[..., 0, -1] = x[..., -1, 0] = np.nan
    for rule, of in ((pv.tril, np.tril), (pv.triu, np.triu)):
        value, vjp = rule(x, k=k)
        np.testing.assert_array_equal(value, of(x, k), strict=True)
        np.testing.assert_array_equal(vjp(x)[0], of(x, k), strict=True)
