"""Arrays that are padded, repeated, rolled and turned: numbers by hand, places counted, and what is refused."""

import numpy as np
import pytest

import purevjp as pv

FIVE = np.arange(5.0)
SIX = np.arange(6.0).reshape(2, 3)
MODES = ("edge", "reflect", "symmetric", "wrap")


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("mode", MODES)
def test_pad_adds_up_what_each_element_became_however_wide(mode, n):
    """Where NumPy puts each number tells where its cotangents come from: widths reach beyond four times the side."""
    rng = np.random.default_rng(n)
    for before in range(4 * n + 3):
        for after in (0, 1, n - 1, n, n + 1, 3 * n, 4 * n + 2):
            y, vjp = pv.pad(np.arange(float(n)), pad_width=(before, after), mode=mode)
            u = rng.integers(-9, 10, y.shape).astype(float)
            should = np.zeros(n)
            np.add.at(should, y.astype(int), u)
            assert vjp(u)[0].tolist() == should.tolist(), f"{mode} of {n} by {before} and {after}"


@pytest.mark.parametrize(
    ("mode", "value", "dx"),
    [
        ("constant", [7, 7, 0, 1, 2, 8], [2, 3, 4]),
        ("edge", [0, 0, 0, 1, 2, 2], [0 + 1 + 2, 3, 4 + 5]),
        ("reflect", [2, 1, 0, 1, 2, 1], [2, 1 + 3 + 5, 0 + 4]),
        ("symmetric", [1, 0, 0, 1, 2, 2], [1 + 2, 0 + 3, 4 + 5]),
        ("wrap", [1, 2, 0, 1, 2, 0], [2 + 5, 0 + 3, 1 + 4]),
    ],
)
def test_pad_in_each_mode(mode, value, dx):
    constants = {"constant_values": (7, 8)} if mode == "constant" else {}
    y, vjp = pv.pad(np.arange(3.0), pad_width=(2, 1), mode=mode, **constants)
    assert y.tolist() == value
    assert vjp(np.arange(6.0))[0].tolist() == dx


WIDTHS = [
    (1, ((1, 1), (1, 1))),
    ((1,), ((1, 1), (1, 1))),
    ((1, 2), ((1, 2), (1, 2))),
    (((1, 2),), ((1, 2), (1, 2))),
    (((1,), (2,)), ((1, 1), (2, 2))),
    ([[0, 1], [2, 0]], ((0, 1), (2, 0))),
    (np.array([[0, 1], [2, 0]]), ((0, 1), (2, 0))),
    ({0: 1}, ((1, 1), (0, 0))),
    ({-1: (0, 2)}, ((0, 0), (0, 2))),
    ({1: 1, 0: (2, 0)}, ((2, 0), (1, 1))),
    ({}, ((0, 0), (0, 0))),
]


@pytest.mark.parametrize("mode", ["constant", *MODES])
@pytest.mark.parametrize(("spelt", "widths"), WIDTHS)
def test_widths_may_be_spelt_in_every_way_of_numpy(spelt, widths, mode):
    y, vjp = pv.pad(SIX, pad_width=spelt, mode=mode)
    _, should_vjp = pv.pad(SIX, pad_width=widths, mode=mode)
    assert np.array_equal(y, np.pad(SIX, widths, mode))
    u = np.arange(float(y.size)).reshape(y.shape)
    (dx,) = vjp(u)
    assert np.array_equal(dx, should_vjp(u)[0])
    assert not np.shares_memory(dx, u)


def test_pad_of_a_number_and_of_nothing():
    y, vjp = pv.pad(np.array(2.0), pad_width=3, mode="edge")
    assert (y.shape, vjp(np.array(5.0))[0].tolist()) == ((), 5)
    y, vjp = pv.pad(np.ones((0, 2)), pad_width=((1, 2), (0, 0)), constant_values=4)
    assert y.tolist() == [[4, 4]] * 3
    assert vjp(y)[0].shape == (0, 2)
    y, vjp = pv.pad(np.ones((2, 0)), pad_width=((1, 2), (0, 0)), mode="reflect")
    assert vjp(np.ones((5, 0)))[0].shape == (2, 0)
    with pytest.raises(ValueError, match="can't extend empty axis 0"):
        pv.pad(np.ones((0, 2)), pad_width=1, mode="wrap")


@pytest.mark.parametrize("mode", ["empty", "linear_ramp", "maximum", "mean", "median", "minimum", np.sum, None])
def test_other_modes_are_refused(mode):
    message = r"^pad got mode .*, but should get one of 'constant', 'edge', 'reflect', 'symmetric', 'wrap'$"
    with pytest.raises(ValueError, match=message):
        pv.pad(FIVE, pad_width=1, mode=mode)


@pytest.mark.parametrize("mode", MODES)
def test_constants_are_refused_where_there_are_none(mode):
    message = rf"^pad got constant_values with mode '{mode}', but should get them with 'constant' alone$"
    with pytest.raises(ValueError, match=message):
        pv.pad(FIVE, pad_width=1, mode=mode, constant_values=(0, 1))


@pytest.mark.parametrize(
    ("width", "error", "message"),
    [
        (1.0, TypeError, "integral"),
        ({0: 1.0}, TypeError, "integral"),
        (-1, ValueError, "negative"),
        ((1, 2, 3), ValueError, "broadcast"),
        ({1: 1}, IndexError, "range"),
    ],
)
def test_other_widths_are_refused_by_numpy(width, error, message):
    with pytest.raises(error, match=message):
        pv.pad(FIVE, pad_width=width)


@pytest.mark.parametrize(
    ("shape", "reps", "dx"),
    [
        ((3,), 2, [0 + 3, 1 + 4, 2 + 5]),
        ((3,), (2, 1), [0 + 3, 1 + 4, 2 + 5]),
        ((1, 3), 2, [[3, 5, 7]]),
        ((2, 1), (1, 3), [[0 + 1 + 2], [3 + 4 + 5]]),
        ((2, 1), (3,), [[3], [12]]),
        ((), (2, 3), 15),
        ((), (), 0),
        ((3,), 0, [0, 0, 0]),
        ((2, 0), 2, [[], []]),
        ((1,), (np.int64(2), 1, 1), [1]),
    ],
)
def test_tile_adds_up_its_copies(shape, reps, dx):
    x = np.ones(shape)
    y, vjp = pv.tile(x, reps=reps)
    assert np.array_equal(y, np.tile(x, reps))
    (got,) = vjp(np.arange(float(y.size)).reshape(y.shape))
    assert (got.shape, got.tolist()) == (shape, dx)


def test_fewer_than_no_copies_are_refused_by_numpy():
    with pytest.raises(ValueError, match="negative"):
        pv.tile(FIVE, reps=(-1, 2))


@pytest.mark.parametrize(
    ("shape", "repeats", "axis", "dx"),
    [
        ((3,), 2, None, [0 + 1, 2 + 3, 4 + 5]),
        ((2, 3), 1, None, [[0, 1, 2], [3, 4, 5]]),
        ((2, 2), [1, 0, 2, 0], None, [[0, 0], [1 + 2, 0]]),
        ((2, 1), 2, 0, [[0 + 1], [2 + 3]]),
        ((2, 1), 2, -1, [[0 + 1], [2 + 3]]),
        ((2, 1), (0, 3), 0, [[0], [0 + 1 + 2]]),
        ((2, 3), np.array([2, 0, 1]), 1, [[0 + 1, 0, 2], [3 + 4, 0, 5]]),
        ((2, 3), [0, 0, 0], 1, [[0] * 3] * 2),
        ((2, 3), np.array([2], np.uint8), 1, [[1, 5, 9], [13, 17, 21]]),
        ((3,), 0, 0, [0, 0, 0]),
        ((0,), [], 0, []),
        ((0, 2), 3, 1, []),
        ((), 3, None, 3),
        ((), 3, 0, 3),
    ],
)
def test_repeat_adds_up_the_segment_of_each_element(shape, repeats, axis, dx):
    x = np.ones(shape)
    y, vjp = pv.repeat(x, repeats=repeats, axis=axis)
    assert np.array_equal(y, np.repeat(x, repeats, axis))
    (got,) = vjp(np.arange(float(y.size)).reshape(y.shape))
    assert (got.shape, got.tolist()) == (shape, dx)


def test_counts_may_change_before_the_pullback():
    counts = np.array([2, 0, 1])
    _, vjp = pv.repeat(np.ones(3), repeats=counts)
    counts[:] = 1
    assert vjp(np.ones(3))[0].tolist() == [2, 0, 1]


def test_counts_that_are_no_integers_are_refused():
    for repeats in (1.5, [1.0, 2.0], True):
        with pytest.raises(TypeError, match=r"^repeat got repeats of dtype \w+, but should get integers$"):
            pv.repeat(np.ones(2), repeats=repeats)
    with pytest.raises(ValueError, match="broadcast"):
        pv.repeat(FIVE, repeats=[1, 2])
    with pytest.raises(ValueError, match="negative"):
        pv.repeat(np.ones(2), repeats=[1, -2])


MOVES = [
    (pv.roll, (5,), {"shift": 2}),
    (pv.roll, (5,), {"shift": -7}),
    (pv.roll, (5,), {"shift": np.uint8(3)}),
    (pv.roll, (2, 3), {"shift": 1}),
    (pv.roll, (2, 3), {"shift": 1, "axis": -1}),
    (pv.roll, (2, 3), {"shift": (1, -1), "axis": (0, 1)}),
    (pv.roll, (2, 3), {"shift": [1, 1], "axis": 1}),
    (pv.roll, (2, 3), {"shift": 1, "axis": (1, 1)}),
    (pv.roll, (), {"shift": 1}),
    (pv.roll, (0, 3), {"shift": 1, "axis": 0}),
    (pv.flip, (2, 3), {}),
    (pv.flip, (2, 3), {"axis": -1}),
    (pv.flip, (2, 3, 5), {"axis": (0, -1)}),
    (pv.flip, (2, 3), {"axis": ()}),
    (pv.flip, (), {}),
    (pv.rot90, (2, 3), {}),
    (pv.rot90, (2, 3), {"k": 2}),
    (pv.rot90, (2, 3), {"k": -1}),
    (pv.rot90, (2, 3), {"k": 8}),
    (pv.rot90, (2, 3, 5), {"k": 3, "axes": (-1, 0)}),
    (pv.rot90, (0, 3), {}),
]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.complex64])
@pytest.mark.parametrize(("rule", "shape", "static"), MOVES)
def test_what_was_moved_is_moved_back(rule, shape, static, dtype):
    x = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    y, vjp = rule(x, **static)
    assert np.array_equal(y, getattr(np, rule.__name__)(x, **static))
    (dx,) = vjp(y)
    assert (dx.shape, dx.dtype) == (shape, dtype)
    assert np.array_equal(dx, x)
    assert not np.shares_memory(dx, y)


def test_rot90_turns_back_and_not_on():
    _, vjp = pv.rot90(SIX)
    assert vjp(np.array([[2.0, 5], [1, 4], [0, 3]]))[0].tolist() == SIX.tolist()


def test_a_plane_of_one_axis_is_refused_by_numpy():
    with pytest.raises(ValueError, match="Axes must be different"):
        pv.rot90(SIX, axes=(1, -1))
    with pytest.raises(ValueError, match="Axes must be different"):
        pv.rot90(FIVE)


@pytest.mark.parametrize(
    ("rule", "static"),
    [
        (pv.tile, {"reps": (2048, 1)}),
        (pv.repeat, {"repeats": 2048, "axis": 0}),
        (pv.repeat, {"repeats": [2048], "axis": 0}),
        (pv.pad, {"pad_width": ((1024, 1023), (0, 0)), "mode": "edge"}),
        (pv.pad, {"pad_width": ((1024, 1023), (0, 0)), "mode": "wrap"}),
    ],
)
def test_float16_is_added_up_in_float32(rule, static):
    """In float16, 2048 + 1 is 2048, and half of what is added to 1024 would be lost."""
    y, vjp = rule(np.ones((1, 3), np.float16), **static)
    (dx,) = vjp(np.full(y.shape, 1.001, np.float16))
    assert dx.dtype == np.float16
    assert dx.tolist() == [[float(np.float16(2048 * np.float64(np.float16(1.001))))] * 3]
