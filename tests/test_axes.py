"""Axes that are added, dropped and moved: the numbers by hand, every spelling of an axis, and what is refused."""

import numpy as np
import pytest

import purevjp as pv

X = np.array([[[1.0], [2.0], [3.0]]])  # of shape (1, 3, 1)

SHAPES = [
    (pv.squeeze, (1, 3, 1), {}, (3,)),
    (pv.squeeze, (1, 3, 1), {"axis": 0}, (3, 1)),
    (pv.squeeze, (1, 3, 1), {"axis": (-1, 0)}, (3,)),
    (pv.squeeze, (1, 3, 1), {"axis": ()}, (1, 3, 1)),
    (pv.squeeze, (1, 1), {}, ()),
    (pv.squeeze, (), {}, ()),
    (pv.squeeze, (1, 0), {}, (0,)),
    (pv.expand_dims, (), {"axis": 0}, (1,)),
    (pv.expand_dims, (3,), {"axis": (0, -1)}, (1, 3, 1)),
    (pv.expand_dims, (2, 3), {"axis": [-2, 1]}, (2, 1, 1, 3)),
    (pv.expand_dims, (0,), {"axis": -1}, (0, 1)),
    (pv.swapaxes, (2, 3, 5), {"axis1": 0, "axis2": -1}, (5, 3, 2)),
    (pv.swapaxes, (2, 3, 5), {"axis1": -2, "axis2": 1}, (2, 3, 5)),
    (pv.moveaxis, (2, 3, 5), {"source": 0, "destination": -1}, (3, 5, 2)),
    (pv.moveaxis, (2, 3, 5), {"source": (0, 1), "destination": [-1, 0]}, (3, 5, 2)),
    (pv.moveaxis, (), {"source": (), "destination": ()}, ()),
    (pv.atleast_1d, (), {}, (1,)),
    (pv.atleast_1d, (2, 0), {}, (2, 0)),
    (pv.atleast_2d, (), {}, (1, 1)),
    (pv.atleast_2d, (3,), {}, (1, 3)),
    (pv.atleast_3d, (), {}, (1, 1, 1)),
    (pv.atleast_3d, (3,), {}, (1, 3, 1)),
    (pv.atleast_3d, (2, 3), {}, (2, 3, 1)),
    (pv.atleast_3d, (2, 3, 1, 5), {}, (2, 3, 1, 5)),
]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.complex64])
@pytest.mark.parametrize(("rule", "shape", "static", "should"), SHAPES)
def test_what_was_moved_is_moved_back(rule, shape, static, should, dtype):
    x = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    y, vjp = rule(x, **static)
    (dx,) = vjp(y)
    assert (y.shape, y.dtype) == (should, dtype)
    assert (dx.shape, dx.dtype) == (shape, dtype)
    assert np.array_equal(dx, x)
    assert not np.shares_memory(dx, y)


def test_an_axis_of_more_than_one_is_not_dropped():
    with pytest.raises(ValueError, match="size not equal to one"):
        pv.squeeze(X, axis=1)


@pytest.mark.parametrize(
    ("rule", "static"),
    [
        (pv.squeeze, {"axis": 3}),
        (pv.expand_dims, {"axis": 4}),
        (pv.swapaxes, {"axis1": 0, "axis2": 3}),
        (pv.moveaxis, {"source": -4, "destination": 0}),
    ],
)
def test_an_axis_out_of_range_is_refused_by_numpy(rule, static):
    with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
        rule(X, **static)


def test_axes_that_are_moved_twice_are_refused_by_numpy():
    with pytest.raises(ValueError, match="repeated axis"):
        pv.moveaxis(X, source=(0, 0), destination=(1, 2))


def test_a_list_of_axes_may_be_changed_before_the_pullback():
    source = [0, 1]
    y, vjp = pv.moveaxis(np.ones((2, 3, 5)), source=source, destination=[1, 2])
    source[:] = [2, 2]
    assert vjp(y)[0].shape == (2, 3, 5)
