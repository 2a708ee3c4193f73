"""Sorting and interpolation: numbers fixed by hand, ties and nan, NumPy for a second source, and what is refused."""

import re

import numpy as np
import pytest

import purevjp as pv
from oracle.difference import along, kinked

INF, NAN = np.inf, np.nan
FLOATS = [np.float16, np.float32, np.float64]

ROWS = {
    # rule, x, static arguments, u, value, cotangent
    "sort": (pv.sort, [3, 1, 2], {}, [4, 5, 6], [1, 2, 3], [6, 4, 5]),
    "sort descending": (pv.sort, [3, 1, 2], {"descending": True}, [4, 5, 6], [3, 2, 1], [4, 6, 5]),
    "burn PR #3555": (
        pv.sort, [[3, 1], [1, 3], [2, 2]], {"axis": 0}, [[4, 5], [6, 7], [8, 9]],
        [[1, 1], [2, 2], [3, 3]], [[8, 5], [4, 9], [6, 7]],
    ),
    "sort of all": (pv.sort, [[3, 1], [0, 2]], {"axis": None}, [4, 5, 6, 7], [0, 1, 2, 3], [[7, 5], [4, 6]]),
    "sort of a number": (pv.sort, 3, {"axis": None}, [4], [3], 4),
    "stable": (pv.sort, [2, 1, 2, 1, 2], {}, [1, 2, 3, 4, 5], [1, 1, 2, 2, 2], [3, 1, 4, 2, 5]),
    "reversed": (
        pv.sort, [2, 1, 2, 1, 2], {"descending": True}, [1, 2, 3, 4, 5], [2, 2, 2, 1, 1], [3, 5, 2, 4, 1],
    ),
    "zeros": (pv.sort, [0.0, -0.0, 0.0], {}, [1, 2, 4], [0, 0, 0], [1, 2, 4]),
    "nan last": (pv.sort, [NAN, 1, NAN, INF], {}, [1, 2, 4, 8], [1, INF, NAN, NAN], [4, 1, 8, 2]),
    "nan first": (
        pv.sort, [NAN, 1, NAN, INF], {"descending": True}, [1, 2, 4, 8], [NAN, NAN, INF, 1], [2, 8, 1, 4],
    ),
    "partition": (pv.partition, [3, 1, 2], {"kth": 1}, [4, 5, 6], [1, 2, 3], [6, 4, 5]),
    "partition of ties": (
        pv.partition, [3, 1, 2, 1, 2, 2, 4], {"kth": (2, -1)}, [1, 2, 3, 4, 5, 6, 7], [1, 1, 2, 2, 2, 3, 4],
        [6, 1, 3, 2, 4, 5, 7],
    ),
    "top_k": (pv.top_k, [3, 1, 4], {"k": 2}, [5, 6], [4, 3], [6, 0, 5]),
    "top_k of columns": (
        pv.top_k, [[3, 1], [1, 3], [2, 5]], {"k": 1, "axis": 0}, [[4, 5]], [[3, 5]], [[4, 0], [0, 0], [0, 5]],
    ),
    "top of none": (pv.top_k, [3, 1, 4], {"k": 0}, [], [], [0, 0, 0]),
    "the first of a tie": (pv.top_k, [2, 3, 2, 1, 2], {"k": 3}, [1, 2, 4], [3, 2, 2], [2, 1, 4, 0, 0]),
    "the first of a tie of many": (
        pv.top_k, [2, 1, 3, 2, 1, 1, 2, 1, 1], {"k": 2}, [4, 8], [3, 2], [8, 0, 4, 0, 0, 0, 0, 0, 0],
    ),
    "nan is the largest": (pv.top_k, [1, NAN, 3, NAN], {"k": 3}, [1, 2, 4], [NAN, NAN, 3], [0, 1, 4, 2]),
    "nan among many": (pv.top_k, [1, 2, 3, NAN, 1, 1], {"k": 1}, [4], [NAN], [0, 0, 0, 4, 0, 0]),
}  # fmt: skip


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("rule", "x", "static", "u", "value", "should"), ROWS.values(), ids=ROWS)
def test_by_hand(rule, x, static, u, value, should, dtype):
    got, vjp = rule(np.array(x, dtype), **static)
    np.testing.assert_array_equal(got, np.array(value, dtype), strict=True)
    (dx,) = vjp(np.array(u, dtype))
    np.testing.assert_array_equal(dx, np.array(should, dtype), strict=True)


@pytest.mark.parametrize("k", [0, 1, 3, 12, 13, 40, 50])
@pytest.mark.parametrize("levels", [3, 1000])
def test_top_k_of_many_is_the_end_of_a_stable_sort(levels, k):
    """Few of many are found without a sort, more by one: both give ties in order."""
    x = np.random.default_rng(k).integers(0, levels, (3, 50, 2)).astype(float)
    value, vjp = pv.top_k(x, k=k, axis=1)
    order = np.argsort(-x, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(value, np.take_along_axis(x, order, 1))
    u = np.random.default_rng(0).normal(size=value.shape)
    should = np.zeros(x.shape)
    np.put_along_axis(should, order, u, 1)
    np.testing.assert_array_equal(vjp(u)[0], should)


@pytest.mark.parametrize("kth", [0, 5, -1, (2, 7)])
def test_a_sorted_array_is_partitioned_as_numpys(kth):
    x = np.random.default_rng(0).integers(0, 5, (4, 9)).astype(float)
    value, theirs = pv.partition(x, kth=kth)[0], np.partition(x, kth, axis=-1)
    np.testing.assert_array_equal(np.take(value, kth, -1), np.take(theirs, kth, -1))
    np.testing.assert_array_equal(np.sort(value), np.sort(theirs))


@pytest.mark.parametrize("descending", [False, True])
def test_sort_agrees_with_torch_without_ties(descending):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=(3, 5, 4))
    u = np.random.default_rng(1).normal(size=x.shape)
    value, vjp = pv.sort(x, axis=1, descending=descending)
    leaf = torch.tensor(x, requires_grad=True)
    theirs = torch.sort(leaf, dim=1, descending=descending)[0]
    theirs.backward(torch.tensor(u))
    np.testing.assert_array_equal(value, theirs.detach().numpy())
    np.testing.assert_array_equal(vjp(u)[0], leaf.grad.numpy())


XP, FP = np.array([0.0, 1.0, 3.0]), np.array([1.0, 2.0, 7.0])


@pytest.mark.parametrize(
    ("x", "options", "value", "dx", "dfp"),
    [
        (0.5, {}, 1.5, 1, [0.5, 0.5, 0]),
        (2.0, {}, 4.5, 2.5, [0, 0.5, 0.5]),
        (0.0, {}, 1, 1, [1, 0, 0]),
        (1.0, {}, 2, 2.5, [0, 1, 0]),
        (3.0, {}, 7, 2.5, [0, 0, 1]),
        (-1.0, {}, 1, 0, [1, 0, 0]),
        (4.0, {}, 7, 0, [0, 0, 1]),
        (-1.0, {"left": -5}, -5, 0, [0, 0, 0]),
        (4.0, {"right": 9.5}, 9.5, 0, [0, 0, 0]),
        (0.0, {"left": -5}, 1, 1, [1, 0, 0]),
        (3.0, {"right": 9.5}, 7, 2.5, [0, 0, 1]),
        (-INF, {}, 1, 0, [1, 0, 0]),
        (INF, {}, 7, 0, [0, 0, 1]),
        (NAN, {}, NAN, 2.5, [0, NAN, NAN]),
    ],
)
@pytest.mark.parametrize("dtype", FLOATS)
def test_interp_by_hand(x, options, value, dx, dfp, dtype):
    y, vjp = pv.interp(np.array([x], dtype), FP.astype(dtype), xp=XP, **options)
    np.testing.assert_array_equal(y, np.array([value], dtype), strict=True)
    np.testing.assert_array_equal(y, np.interp([x], XP, FP, **options).astype(dtype))
    got_dx, got_dfp = vjp(np.array([2], dtype))
    np.testing.assert_array_equal(got_dx, np.array([2 * dx], dtype), strict=True)
    np.testing.assert_array_equal(got_dfp, 2 * np.array(dfp, dtype), strict=True)


def test_one_knot_is_a_constant():
    x = np.array([[-1.0, 2.0, 3.0]])
    y, vjp = pv.interp(x, np.array([5.0]), xp=[2.0])
    np.testing.assert_array_equal(y, [[5, 5, 5]])
    dx, dfp = vjp(np.array([[1.0, 2.0, 4.0]]))
    np.testing.assert_array_equal(dx, [[0, 0, 0]])
    np.testing.assert_array_equal(dfp, [7])
    y, vjp = pv.interp(x, np.array([5.0]), xp=[2.0], left=-1, right=1)
    np.testing.assert_array_equal(y, [[-1, 5, 1]])
    np.testing.assert_array_equal(vjp(np.array([[1.0, 2.0, 4.0]]))[1], [2])


@pytest.mark.parametrize("n", [1, 2, 3, 64, 65])
def test_interp_of_many_numbers_is_that_of_few(n):
    rng = np.random.default_rng(n)
    xp, fp = np.sort(rng.uniform(-3, 3, n)), rng.normal(size=n)
    x = np.concatenate([xp, [-np.inf, np.inf, NAN], rng.uniform(-4, 4, 5000)])
    u = rng.normal(size=x.size)
    value, vjp = pv.interp(x, fp, xp=xp)
    parts = [pv.interp(part, fp, xp=xp)[0] for part in np.array_split(x, 5)]
    np.testing.assert_array_equal(value, np.concatenate(parts))
    dx = [pv.interp(a, fp, xp=xp)[1](b)[0] for a, b in zip(np.array_split(x, 5), np.array_split(u, 5), strict=True)]
    np.testing.assert_array_equal(vjp(u)[0], np.concatenate(dx))


def test_interp_agrees_with_numpy():
    rng = np.random.default_rng(0)
    xp, fp, x = np.sort(rng.normal(size=20)), rng.normal(size=20), 2 * rng.normal(size=(50, 4))
    np.testing.assert_allclose(pv.interp(x, fp, xp=xp)[0], np.interp(x, xp, fp), rtol=1e-13, atol=1e-14)


V = np.ones(3)
REFUSED = {
    "k": (lambda: pv.top_k(V, k=4), ValueError, "top_k got k 4, but should get 0 to 3"),
    "fewer than none": (lambda: pv.top_k(V, k=-1), ValueError, "top_k got k -1, but should get 0 to 3"),
    "kth": (lambda: pv.partition(V, kth=(0, 3)), ValueError, "partition got kth 3, but should get -3 to 2"),
    "kth of nothing": (lambda: pv.partition(np.zeros(0), kth=0), ValueError, "partition got kth 0"),
    "a fraction": (lambda: pv.top_k(V, k=1.0), TypeError, "integer"),
    "an axis out of range": (lambda: pv.sort(V, axis=1), ValueError, "axis 1 is out of bounds"),
    "a number has no axis": (lambda: pv.sort(np.ones(())), ValueError, "axis -1 is out of bounds"),
    "no knots": (lambda: pv.interp(V, np.ones(0), xp=[]), ValueError, "interp got xp of shape (0,) and fp of shape"),
    "more values than knots": (
        lambda: pv.interp(V, V, xp=[0, 1]), ValueError, "interp got xp of shape (2,) and fp of shape (3,), but should",
    ),
    "a knot twice": (lambda: pv.interp(V, V, xp=[0, 1, 1]), ValueError, "interp got xp that does not increase"),
    "a nan among knots": (lambda: pv.interp(V, V, xp=[0, NAN, 1]), ValueError, "interp got xp that does not increase"),
    "period": (lambda: pv.interp(V, V, xp=[0, 1, 2], period=1.0), TypeError, "period"),
}  # fmt: skip


@pytest.mark.parametrize(("attempt", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(attempt, error, message):
    with pytest.raises(error, match=re.escape(message)):
        attempt()


def test_kinks_that_cancel_in_the_sum_are_seen():
    """Of two tied pairs, ⟨u, sort⟩ along v has one slope, but that of an order is another."""
    u, v = np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([[1.0, 2.0], [2.0, 1.0]])
    line = along(lambda x: pv.sort(x)[0], (np.zeros((2, 2)),), (v,))
    assert np.sum(u * line(0.5)) == -np.sum(u * line(-0.5)) == 4.5
    assert np.sum(pv.sort(np.zeros((2, 2)))[1](u)[0] * v) == 10
    assert kinked(line, u, 1.0)
    assert not kinked(along(lambda x: x, (np.zeros((2, 2)),), (v,)), u, 1.0)
