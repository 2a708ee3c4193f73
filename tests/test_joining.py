"""Arrays that are joined and taken apart: the parts by hand, how lists may be nested, and what is refused."""

import itertools
import math

import numpy as np
import pytest

import purevjp as pv
from purevjp.tree import tree_leaves, tree_map

JOINS = [
    (pv.stack, [(2, 3), (2, 3)], {"axis": -1}, (2, 3, 2)),
    (pv.stack, [(), ()], {}, (2,)),
    (pv.stack, [(0,)], {"axis": 1}, (0, 1)),
    (pv.vstack, [(), (1,), (2, 1)], {}, (4, 1)),
    (pv.vstack, [(3,), (2, 3), (0, 3)], {}, (3, 3)),
    (pv.hstack, [(), (3,)], {}, (4,)),
    (pv.hstack, [(2, 3), (2, 0), (2, 1)], {}, (2, 4)),
    (pv.hstack, [(2, 3, 5), (2, 1, 5)], {}, (2, 4, 5)),
    (pv.dstack, [(), (1,), (1, 1), (1, 1, 2)], {}, (1, 1, 5)),
    (pv.dstack, [(3,), (1, 3, 2)], {}, (1, 3, 3)),
    (pv.dstack, [(2, 3), (2, 3, 0)], {}, (2, 3, 1)),
    (pv.block, [[(2, 3), (2, 1)], [(1, 4)]], {}, (3, 4)),
    (pv.block, [(), (3,)], {}, (4,)),
    (pv.block, [(2,), (1, 3)], {}, (1, 5)),
    (pv.block, [[(2,)], [(2,)]], {}, (2, 2)),
    (pv.block, [[[(2,)], [(2,)]], [[(2, 2)]]], {}, (2, 2, 2)),
    (pv.block, [[(5, 2, 3), (5, 2, 1)], [(5, 1, 4)]], {}, (5, 3, 4)),
    (pv.block, [[(0, 3)], [(2, 3)]], {}, (2, 3)),
    (pv.block, (2, 3), {}, (2, 3)),
    (pv.block, (), {}, ()),
]


def counted(shapes, dtype, numbers):
    """Arrays of these shapes with the next numbers."""
    if isinstance(shapes, list):
        return [counted(part, dtype, numbers) for part in shapes]
    return np.array([next(numbers) for _ in range(math.prod(shapes))], dtype).reshape(shapes)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.complex64])
@pytest.mark.parametrize(("rule", "shapes", "static", "should"), JOINS)
def test_burn_pr_402_what_was_joined_comes_apart(rule, shapes, static, should, dtype):
    xs = counted(shapes, dtype, itertools.count(1))
    y, vjp = rule(xs, **static)
    assert (y.shape, y.dtype) == (should, dtype)
    assert np.array_equal(y, getattr(np, rule.__name__)(xs, **static))
    (dxs,) = vjp(y)
    for x, dx in zip(tree_leaves(xs), tree_leaves(tree_map(lambda _, dx: dx, xs, dxs)), strict=True):
        assert (dx.shape, dx.dtype) == (x.shape, dtype)
        assert np.array_equal(dx, x)
        assert not np.shares_memory(dx, y)


@pytest.mark.parametrize("rule", [pv.stack, pv.vstack, pv.hstack, pv.dstack])
def test_mlx_pr_1735_a_tuple_gives_a_tuple_a_list_a_list_and_each_array_its_dtype(rule):
    x, y, z = np.array([1], np.float32), np.array([2.0]), np.array([3], np.complex64)
    for as_given in (tuple, list):
        value, vjp = rule(as_given((x, y, z)))
        (got,) = vjp(np.array([4 + 1j, 5 + 1j, 6 + 1j]).reshape(value.shape))
        assert isinstance(got, as_given)
        assert [dx.dtype for dx in got] == [np.float32, np.float64, np.complex64]
        assert [dx.tolist() for dx in got] == [[4], [5], [6 + 1j]]


@pytest.mark.parametrize("rule", [pv.stack, pv.vstack, pv.hstack, pv.dstack, pv.meshgrid])
def test_what_is_no_list_of_arrays_is_refused(rule):
    name = rule.__name__
    with pytest.raises(TypeError, match=rf"^{name} got arrays as ndarray, but should get a list or tuple of arrays$"):
        rule(np.ones((2, 2)))
    with pytest.raises(TypeError, match=rf"^{name} got arrays\[1\] of dtype int64, but should get a float or complex"):
        rule([np.ones(2), np.ones(2, int)])


@pytest.mark.parametrize("rule", [pv.stack, pv.vstack, pv.hstack, pv.dstack])
def test_no_arrays_are_refused_by_numpy(rule):
    with pytest.raises(ValueError, match="need at least one array"):
        rule([])


def test_block_refuses_what_numpy_does():
    one = np.ones(1)
    with pytest.raises(TypeError, match="tuple"):
        pv.block([(one, one)])
    with pytest.raises(ValueError, match="depth"):
        pv.block([one, [one]])
    with pytest.raises(ValueError, match="empty"):
        pv.block([[one], []])
    with pytest.raises(TypeError, match=r"^block got arrays\[1\]\[0\] of dtype int64, but should get a float or"):
        pv.block([[one], [np.ones(1, int)]])


def test_block_gives_each_array_its_dtype():
    xs = [[np.ones((1, 1), np.float32)], [np.ones((1, 1))]]
    y, vjp = pv.block(xs)
    assert y.dtype == np.float64
    (dxs,) = vjp(np.array([[0.1], [0.1]]))
    assert [dx.dtype for dx in tree_leaves(dxs)] == [np.float32, np.float64]


FIVE = np.arange(5.0)
CUTS = [
    ((2, 3), [2, 1, 2], [0, 1, 2, 3, 4]),
    ([], [5], [0, 1, 2, 3, 4]),
    (5, [1] * 5, [0, 1, 2, 3, 4]),
    ([0, 9], [0, 5, 0], [0, 1, 2, 3, 4]),
    ([-2], [3, 2], [0, 1, 2, 3, 4]),
    ([2, 2], [2, 0, 3], [0, 1, 2, 3, 4]),
    ([3, 1], [3, 0, 4], [0, 1 + 3, 2 + 4, 5, 6]),  # 1 and 2 are in two parts
    (np.array([3, 1]), [3, 0, 4], [0, 1 + 3, 2 + 4, 5, 6]),
]


@pytest.mark.parametrize(("cut", "sizes", "dx"), CUTS)
def test_split_puts_parts_back_and_adds_those_that_overlap(cut, sizes, dx):
    ys, vjp = pv.split(FIVE, indices_or_sections=cut)
    assert isinstance(ys, list)
    assert [y.size for y in ys] == sizes
    numbers = iter(range(9))
    us = [np.array([next(numbers) for _ in range(n)], float) for n in sizes]
    for as_given in (tuple, list):
        (got,) = vjp(as_given(us))
        assert got.tolist() == dx
        assert not any(np.shares_memory(got, u) for u in us)


def test_split_along_another_axis():
    x = np.arange(6.0).reshape(2, 3)
    ys, vjp = pv.split(x, indices_or_sections=(1,), axis=-1)
    assert [y.tolist() for y in ys] == [[[0], [3]], [[1, 2], [4, 5]]]
    assert np.array_equal(vjp(ys)[0], x)
    ys, vjp = pv.split(x, indices_or_sections=(2, 1), axis=1)
    assert vjp(ys)[0].tolist() == [[0, 2, 2], [3, 8, 5]]


def test_unequal_sections_are_refused_by_numpy():
    with pytest.raises(ValueError, match="equal division"):
        pv.split(FIVE, indices_or_sections=2)


@pytest.mark.parametrize(("rule", "xs", "static"), [
    (pv.split, FIVE, {"indices_or_sections": (2,)}),
    (pv.meshgrid, [FIVE[:2], FIVE], {}),
])  # fmt: skip
def test_cotangents_of_several_results_are_as_many(rule, xs, static):
    ys, vjp = rule(xs, **static)
    name = rule.__name__
    with pytest.raises(TypeError, match=rf"^{name}_vjp got u as ndarray, but should get a list or tuple of 2 arrays$"):
        vjp(np.ones((2, 5)))
    with pytest.raises(ValueError, match=rf"^{name}_vjp got u of 1 arrays, but should get 2, as many as the value has"):
        vjp(ys[:1])
    with pytest.raises(ValueError, match=rf"^{name}_vjp got u of shape \(7,\), but should get"):
        vjp([ys[0], np.ones(7)])
    with pytest.raises(TypeError, match=rf"^{name}_vjp got u of dtype float32, but should get float64"):
        vjp([ys[0], ys[1].astype(np.float32)])


@pytest.mark.parametrize(
    ("indexing", "sparse", "us", "dxs"),
    [
        ("xy", False, ([[1, 2], [3, 4], [5, 6]], [[1, 2], [3, 4], [5, 6]]), [[9, 12], [3, 7, 11]]),
        ("ij", False, ([[1, 3, 5], [2, 4, 6]], [[1, 3, 5], [2, 4, 6]]), [[9, 12], [3, 7, 11]]),
        ("xy", True, ([[1, 2]], [[3], [4], [5]]), [[1, 2], [3, 4, 5]]),
        ("ij", True, ([[1], [2]], [[3, 4, 5]]), [[1, 2], [3, 4, 5]]),
    ],
)
def test_meshgrid_sums_over_the_other_axes(indexing, sparse, us, dxs):
    xs = (np.array([7.0, 8.0]), np.array([9.0, 10, 11], np.float32))
    ys, vjp = pv.meshgrid(xs, indexing=indexing, sparse=sparse)
    assert isinstance(ys, tuple)
    for y, should in zip(ys, np.meshgrid(*xs, indexing=indexing, sparse=sparse), strict=True):
        assert np.array_equal(y, should)
    (got,) = vjp([np.array(u, y.dtype) for u, y in zip(us, ys, strict=True)])
    assert isinstance(got, tuple)
    assert [dx.dtype for dx in got] == [np.float64, np.float32]
    assert [dx.tolist() for dx in got] == dxs


def test_meshgrid_of_numbers_matrices_and_nothing():
    ys, vjp = pv.meshgrid([np.array(1.0), np.ones((2, 2))])
    (got,) = vjp([np.ones((4, 1)), np.arange(4.0).reshape(4, 1)])
    assert [dx.tolist() for dx in got] == [4, [[0, 1], [2, 3]]]
    ys, vjp = pv.meshgrid(())
    assert (ys, vjp([])) == ((), ((),))
    _, vjp = pv.meshgrid([np.ones(0), np.ones(2)])
    assert [dx.tolist() for dx in vjp([np.ones((2, 0))] * 2)[0]] == [[], [0, 0]]


def test_meshgrid_refuses_another_indexing():
    with pytest.raises(ValueError, match=r"^meshgrid got indexing 'ji', but should get 'xy' or 'ij'$"):
        pv.meshgrid([FIVE], indexing="ji")
