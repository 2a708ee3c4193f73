"""Trees of arrays, and the adjoint of broadcasting."""

import numpy as np
import pytest

from purevjp.broadcast import kept_shape, unbroadcast
from purevjp.tree import tree_leaves, tree_map


def test_map_keeps_the_structure():
    tree = {"b": [1, (2,)], "a": (), "c": {"d": []}}
    assert tree_map(lambda x: 10 * x, tree) == {"b": [10, (20,)], "a": (), "c": {"d": []}}
    assert tree_map(lambda x, y, z: x + y + z, (1, [2]), (10, [20]), (100, [200])) == (111, [222])
    assert tree_map(lambda x: -x, 3) == -3


def test_dicts_correspond_by_key_not_by_order():
    assert tree_map(lambda a, b: a - b, {"x": 5, "y": 7}, {"y": 1, "x": 2}) == {"x": 3, "y": 6}


def test_leaves_come_in_order():
    assert tree_leaves(({"b": 1, "a": [2, 3]}, (), 4)) == [1, 2, 3, 4]
    assert tree_leaves(7) == [7]
    assert tree_leaves([]) == []


@pytest.mark.parametrize(
    ("tree", "other"),
    [
        ((1, 2), [1, 2]),
        ([1, 2], (1, 2)),
        ((1, 2), (1, 2, 3)),
        ([1], []),
        ((1,), 1),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, [1]),
        (([1], 2), ((1,), 2)),
        ({"a": (1,)}, {"a": [1]}),
    ],
)
def test_trees_that_differ_are_refused(tree, other):
    with pytest.raises(ValueError, match=r"^tree_map got trees that differ: a (dict|list|tuple) of .* against a"):
        tree_map(lambda a, b: (a, b), tree, other)


@pytest.mark.parametrize(
    ("shape", "to"),
    [((), (2, 3)), ((3,), (2, 3)), ((1,), (2, 3)), ((2, 1), (2, 3)), ((1, 1), (2, 3)), ((1, 3, 1), (4, 2, 3, 5))],
)
def test_unbroadcast_is_the_adjoint_of_broadcasting(shape, to):
    x, u = np.arange(1.0, 1 + np.prod(shape)).reshape(shape), np.arange(np.prod(to), dtype=np.float64).reshape(to)
    got = unbroadcast(u, shape, np.dtype(np.float32))
    assert (got.shape, got.dtype) == (shape, np.float32)
    inner, should = float((x * got).sum()), float((np.broadcast_to(x, to) * u).sum())
    assert inner == should, f"⟨x, unbroadcast(u)⟩ is {inner}, but should be ⟨broadcast(x), u⟩ = {should}"


@pytest.mark.parametrize(
    ("shape", "axis", "should"),
    [
        ((2, 3, 4), None, (1, 1, 1)),
        ((2, 3, 4), 1, (2, 1, 4)),
        ((2, 3, 4), (-1, 0), (1, 3, 1)),
        ((2, 3, 4), (), (2, 3, 4)),
        ((0, 3), 0, (1, 3)),
        ((), None, ()),
        ((), 0, ()),
    ],
)
def test_kept_shape_has_one_for_each_reduced_axis(shape, axis, should):
    assert kept_shape(shape, axis) == should
