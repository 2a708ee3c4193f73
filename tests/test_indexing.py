"""Taking and putting elements by index: numbers fixed by hand, NumPy's own adjoint, and what is refused."""

import re

import numpy as np
import pytest

import purevjp as pv
from purevjp.accumulate import added_at

X = np.arange(24.0).reshape(2, 3, 4)
FLOATS = [np.float16, np.float32, np.float64]

INDICES = {
    "integer": 1,
    "all integers": (1, -1, 0),
    "NumPy integer": np.int32(1),
    "negative step": (slice(None), slice(None, None, -1), slice(3, None, -2)),
    "new axes": (None, 0, None, ..., None),
    "ellipsis": (..., -2),
    "nothing": (),
    "list": [0, 1, 1],
    "duplicates and negatives": (slice(None), np.array([0, -3, 2, 0])),
    "separated": (np.array([0, 1, 0]), slice(None), np.array([1, 1, 1])),
    "separated by an integer": (0, slice(None), [3, 3, 0]),
    "next to each other": (slice(None), [1, 1], [2, 2]),
    "broadcast together": (np.array([[0], [1]]), slice(1, None), np.array([0, 0, 3])),
    "mask": X % 5 < 2,
    "mask of one axis": (slice(None), np.array([True, False, True])),
    "mask and integers": (np.array([True, True]), np.array([2, 2])),
    "lists of truth values": ([True, False], [0]),
    "a truth value": (True, 1),
    "none at all": np.zeros(0, int),
    "an empty list": [],
    "no true": np.zeros((2, 3), bool),
}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_getitem_adds_up_what_is_taken_twice(index):
    value, vjp = pv.getitem(X, index=index)
    np.testing.assert_array_equal(value, X[index], strict=True)
    u = np.arange(1.0, 1 + value.size).reshape(value.shape)
    should = np.zeros(X.shape)
    np.add.at(should, index, u)
    (dx,) = vjp(u)
    np.testing.assert_array_equal(dx, should, strict=True)
    np.testing.assert_array_equal(pv.index_add(np.zeros(X.shape), u, index=index)[0], should, strict=True)


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_index_set_is_numpys_and_a_gradient_goes_to_the_last_alone(index):
    updates = -np.arange(1.0, 1 + X[index].size).reshape(X[index].shape)
    y, vjp = pv.index_set(X, updates, index=index)
    should = X.copy()
    should[index] = updates
    np.testing.assert_array_equal(y, should, strict=True)
    u = np.arange(1.0, 25).reshape(X.shape)
    dx, dupdates = vjp(u)
    np.testing.assert_array_equal(dx, np.where(should < 0, 0, u))
    np.testing.assert_array_equal(dupdates, np.where(y[index] == updates, u[index], 0))
    assert dupdates.sum() + dx.sum() == u.sum()


def test_getitem_of_integers_alone_is_a_number_and_of_slices_a_view():
    value, vjp = pv.getitem(X, index=(1, 2, 3))
    assert isinstance(value, np.float64)
    assert vjp(2.0)[0][1, 2, 3] == vjp(2.0)[0].sum() == 2
    assert np.shares_memory(pv.getitem(X, index=(0, slice(None, None, -1)))[0], X)


BUGS = {
    # thread, rule, x, static, u, cotangent
    "pytorch #1631": (pv.take, [0.1], {"indices": [0, 0]}, [0.25, 0.5], [0.75]),
    "pytorch #1631 along an axis": (pv.take_along_axis, [0.1], {"indices": [0, 0]}, [0.25, 0.5], [0.75]),
    "Paddle PR #17662, PR #17705": (pv.getitem, [1, 2, 3], {"index": [2, 2, 0]}, [4, 5, 6], [6, 0, 9]),
    "AiDotNet.Tensors PR #894": (
        pv.take, [[1, 2], [3, 4], [5, 6], [7, 8]], {"indices": [3, 1, 3], "axis": 0},
        [[1, 2], [3, 4], [5, 6]], [[0, 0], [3, 4], [0, 0], [6, 8]],
    ),
    "jax #34228": (pv.take, [2], {"indices": [1], "mode": "clip"}, [1], [1]),
    "burn PR #3555": (
        pv.take_along_axis, [[1, 2], [3, 4]], {"indices": [[1, 0]], "axis": 0}, [[5, 6]], [[0, 6], [5, 0]],
    ),
    "pytorch #26302, PR #27731": (
        pv.embedding, [[1, 2], [3, 4], [5, 6]], {"indices": [[0, 2], [2, 1]], "padding_index": 0},
        [[[1, 2], [3, 4]], [[5, 6], [7, 8]]], [[0, 0], [7, 8], [8, 10]],
    ),
    "pytorch #93950, PR #99181": (
        pv.embedding, [[1], [2]], {"indices": [1, 0, 1, -1], "padding_index": -1}, [[1], [2], [4], [8]], [[2], [0]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("rule", "x", "static", "u", "should"), BUGS.values(), ids=BUGS)
def test_bugs_of_others(rule, x, static, u, should, dtype):
    (dx,) = rule(np.array(x, dtype), **static)[1](np.array(u, dtype))
    np.testing.assert_array_equal(dx, np.array(should, dtype), strict=True)


def test_the_padding_gives_zeros_whatever_the_table_has_there():
    table = np.array([[np.nan, np.inf], [3.0, 4.0]])
    value, vjp = pv.embedding(table, indices=[0, 1, -2], padding_index=-2)
    np.testing.assert_array_equal(value, [[0, 0], [3, 4], [0, 0]])
    np.testing.assert_array_equal(vjp(np.ones((3, 2)))[0], [[0, 0], [1, 1]])


@pytest.mark.parametrize(("index", "should"), [(1, [0, 0]), (0, [5, 6])])
def test_a_row_may_be_the_padding(index, should):
    value, vjp = pv.embedding(np.array([[1.0, 2.0], [3.0, 4.0]]), indices=index, padding_index=-1)
    np.testing.assert_array_equal(value, [0, 0] if index else [1, 2])
    np.testing.assert_array_equal(vjp(np.array([5.0, 6.0]))[0], [should, [0, 0]])


@pytest.mark.parametrize("padding", [None, 0])
@pytest.mark.parametrize("n", [768, 769, 4096])
def test_pytorch_28716_as_many_indices_as_one_likes(n, padding):
    """In float16, ones are counted no further than 2048 unless they are added up in float32."""
    (dtable,) = pv.embedding(np.ones((2, 1), np.float16), indices=np.zeros(n, int), padding_index=padding)[1](
        np.ones((n, 1), np.float16)
    )
    np.testing.assert_array_equal(dtable, np.array([[0 if padding == 0 else n], [0]], np.float16), strict=True)


def test_embedding_agrees_with_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    table, indices = rng.normal(size=(5, 3)), rng.integers(0, 5, (4, 6))
    table[2] = 0
    value, vjp = pv.embedding(table, indices=indices, padding_index=2)
    weight = torch.tensor(table, requires_grad=True)
    theirs = torch.nn.functional.embedding(torch.tensor(indices), weight, padding_idx=2)
    u = rng.normal(size=value.shape)
    theirs.backward(torch.tensor(u))
    np.testing.assert_array_equal(value, theirs.detach().numpy())
    np.testing.assert_allclose(vjp(u)[0], weight.grad.numpy(), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(("mode", "should"), [("wrap", [4, 10, 7]), ("clip", [7, 2, 12]), ("raise", None)])
def test_take_out_of_range(mode, should):
    x, indices = np.array([5.0, 6.0, 7.0]), np.array([-7, 0, 4, 1, 9, -1])
    if should is None:
        with pytest.raises(IndexError):
            pv.take(x, indices=indices, mode=mode)
        return
    value, vjp = pv.take(x, indices=indices, mode=mode)
    np.testing.assert_array_equal(value, np.take(x, indices, mode=mode))
    u = np.array([1.0, 2.0, 3.0, 2.0, 8.0, 5.0])
    expected = np.zeros(3)
    np.add.at(expected, indices % 3 if mode == "wrap" else np.clip(indices, 0, 2), u)
    np.testing.assert_array_equal(vjp(u)[0], expected)


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0,)])
def test_nothing_is_taken_of_nothing(shape):
    none = np.zeros((2, 0), int)
    value, vjp = pv.take(np.zeros(shape), indices=none, axis=0)
    assert value.shape == (2, 0, *shape[1:])
    np.testing.assert_array_equal(vjp(value)[0], np.zeros(shape), strict=True)
    value, vjp = pv.take(np.zeros(shape), indices=none)
    np.testing.assert_array_equal(vjp(value)[0], np.zeros(shape), strict=True)


def test_scatter_add_adds_to_rows_named_twice():
    y, vjp = pv.scatter_add(np.ones((2, 2)), np.array([[1.0], [2.0], [4.0]]), indices=[-1, 0, 1])
    np.testing.assert_array_equal(y, [[3, 3], [6, 6]])
    dx, dupdates = vjp(np.array([[1.0, 2.0], [3.0, 4.0]]))
    np.testing.assert_array_equal(dx, [[1, 2], [3, 4]])
    np.testing.assert_array_equal(dupdates, [[7], [3], [7]])


def test_burn_4063_pr_4064_updates_fewer_than_rows_and_more():
    for n in (1, 2, 7):
        indices = np.arange(n) % 3
        y, vjp = pv.scatter_add(np.zeros(3), np.ones(n), indices=indices)
        np.testing.assert_array_equal(y, np.bincount(indices, minlength=3))
        np.testing.assert_array_equal(vjp(np.array([5.0, 6.0, 7.0]))[1], np.array([5.0, 6.0, 7.0])[indices])


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_last_in_c_order_stays_however_the_index_lies_in_memory(order):
    index = np.zeros((2, 3), int, order=order)
    updates = np.arange(1.0, 7).reshape(2, 3).copy(order)
    y, vjp = pv.index_set(np.zeros(1), updates, index=index)
    assert y.tolist() == [6]
    np.testing.assert_array_equal(vjp(np.array([4.0]))[1], [[0, 0, 0], [0, 0, 4]])
    dupdate = pv.index_set(np.zeros(1), np.array(3.0), index=index)[1](np.array([4.0]))[1]
    assert dupdate == 4, "an update put to a place twice by broadcasting counts once"


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_put_along_axis_is_numpys(axis):
    x = np.arange(6.0).reshape(2, 3)
    indices = np.array({None: [1, 1, -1], 0: [[0, 1, 0], [0, 0, -1]]}.get(axis, [[1, 1], [0, -1]]))
    values = -np.arange(1.0, 1 + indices.size).reshape(indices.shape)
    y, vjp = pv.put_along_axis(x, values, indices=indices, axis=axis)
    should = x.copy()
    np.put_along_axis(should, indices, values, axis)
    np.testing.assert_array_equal(y, should)
    u = np.arange(1.0, 7).reshape(2, 3)
    dx, dvalues = vjp(u)
    np.testing.assert_array_equal(dx, np.where(y < 0, 0, u))
    taken = np.take_along_axis(u, indices, axis)
    np.testing.assert_array_equal(dvalues, np.where(np.take_along_axis(y, indices, axis) == values, taken, 0))


@pytest.mark.parametrize("dtype", [*FLOATS, np.complex128])
def test_select_of_many_elements_gives_each_to_the_first_that_holds(dtype):
    rng = np.random.default_rng(0)
    xs, u = [rng.normal(size=(3, 400)).astype(dtype) for _ in range(3)], rng.normal(size=(3, 400)).astype(dtype)
    u[0, 0] = np.nan
    holds = [rng.random(shape) < 0.5 for shape in ((3, 400), (400,), (3, 1))]
    value, vjp = pv.select(xs, conditions=holds, default=7.0)
    np.testing.assert_array_equal(value, np.select(holds, xs, 7.0).astype(dtype), strict=True)
    for k, dx in enumerate(vjp(u)[0]):
        first = np.select(holds, range(3), 3) == k
        np.testing.assert_array_equal(dx, np.where(first, u, 0).astype(dtype), strict=True)


def test_select_keeps_what_is_not_selected_out_even_if_it_is_infinite():
    value, vjp = pv.select(
        (np.array([np.nan, 2.0]), np.array(np.inf)), conditions=[np.array([False, True]), np.array(False)], default=7
    )
    np.testing.assert_array_equal(value, [7, 2])
    (parts,) = vjp(np.array([3.0, 5.0]))
    assert isinstance(parts, tuple)
    np.testing.assert_array_equal(parts[0], [0, 5])
    assert parts[1] == 0
    x = np.array([1.0, -1.0])
    np.testing.assert_array_equal(pv.select([x, -x], conditions=[x > 0, x <= 0])[0], np.select([x > 0], [x], -x))


@pytest.mark.parametrize(("window", "axis"), [((2, 2), (0, 0)), ((1, 3), (1, 0)), (4, 0), ((2, 3, 1), (1, 0, 1))])
def test_windows_add_up_where_they_overlap(window, axis):
    x = np.arange(12.0).reshape(4, 3)
    value, vjp = pv.sliding_window_view(x, window_shape=window, axis=axis)
    u = np.random.default_rng(0).integers(1, 9, value.shape).astype(float)
    places = np.lib.stride_tricks.sliding_window_view(np.arange(12).reshape(4, 3), window, axis)
    should = np.bincount(places.ravel(), u.ravel(), 12).reshape(4, 3)
    np.testing.assert_array_equal(vjp(u)[0], should)


def test_what_is_taken_from_complex_arrays_adds_up():
    u = np.array([1 + 2j, 3 - 1j, 5j])
    np.testing.assert_array_equal(added_at(np.array([1, 1, 0]), u, (3,), u.dtype), [5j, 4 + 1j, 0])


V, M = np.ones(3), np.ones((2, 3))
REFUSED = {
    "indices of floats": (lambda: pv.take(V, indices=[0.0]), TypeError, "take got indices of dtype float64"),
    "truth values": (lambda: pv.embedding(M, indices=[True]), TypeError, "embedding got indices of dtype bool"),
    "another mode": (lambda: pv.take(V, indices=0, mode="fill"), ValueError, "take got mode 'fill', but should get"),
    "lanes": (lambda: pv.take_along_axis(V, indices=[3]), IndexError, "index 3 is out of bounds"),
    "too large": (
        lambda: pv.embedding(M, indices=[2]), IndexError, "embedding got indices from 2 to 2, but should get -2 to 1",
    ),
    "too small": (lambda: pv.scatter_add(V, V, indices=[0, -4, 0]), IndexError, "scatter_add got indices from -4 to 0"),
    "padding": (lambda: pv.embedding(M, indices=[0], padding_index=2), IndexError, "embedding got padding_index 2"),
    "no rows": (lambda: pv.embedding(np.ones(()), indices=0), ValueError, r"embedding got table of shape \(\)"),
    "no slices": (lambda: pv.scatter_add(np.ones(()), V, indices=0), ValueError, r"scatter_add got x of shape \(\)"),
    "updates": (
        lambda: pv.scatter_add(V, M, indices=[0, 0]), ValueError,
        r"scatter_add got updates of shape (2, 3), but should get one that broadcasts to (2,)",
    ),
    "more axes": (
        lambda: pv.index_set(V, np.ones((1, 3)), index=...), ValueError,
        r"index_set got updates of shape (1, 3), but should get one that broadcasts to (3,)",
    ),
    "values": (
        lambda: pv.put_along_axis(M, V, indices=[[0], [1]], axis=1), ValueError,
        r"put_along_axis got values of shape (3,), but should get one that broadcasts to (2, 1)",
    ),
    "put too far": (lambda: pv.put_along_axis(V, V, indices=[0, 3, 0], axis=0), IndexError, "got indices from 0 to 3"),
    "an index out of range": (lambda: pv.getitem(V, index=3), IndexError, "out of bounds"),
    "an index of floats": (lambda: pv.getitem(V, index=1.0), IndexError, "only integers"),
    "an array of choices": (lambda: pv.select(M, conditions=[V > 0]), TypeError, "select got choices as ndarray"),
    "too few conditions": (
        lambda: pv.select([V, V], conditions=[V > 0]), ValueError, "select got 1 conditions for 2 choices",
    ),
    "no choices": (lambda: pv.select([], conditions=[]), ValueError, "select got 0 conditions for 0 choices"),
    "numbers for conditions": (
        lambda: pv.select([V], conditions=[V]), TypeError, r"select got conditions[0] of dtype float64",
    ),
    "a large window": (lambda: pv.sliding_window_view(V, window_shape=4), ValueError, "window shape cannot be larger"),
}  # fmt: skip


@pytest.mark.parametrize(("attempt", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(attempt, error, message):
    with pytest.raises(error, match=re.escape(message.replace("\\", ""))):
        attempt()
