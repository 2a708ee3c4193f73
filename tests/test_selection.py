"""Rules that choose, at ties and beside nan and infinity, by numbers fixed by hand."""

import math

import numpy as np
import pytest

import purevjp as pv

INF, NAN = math.inf, math.nan
FLOATS = (np.float16, np.float32, np.float64)


A, B = [2, 0, INF, NAN, 1, NAN, 1], [2, -0.0, INF, 1, NAN, NAN, 3]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("rule", "y", "da", "db"),
    [
        (pv.minimum, [2, 0, INF, NAN, NAN, NAN, 1], [2, 2, 2, 0, 0, 0, 4], [2, 2, 2, 0, 0, 0, 0]),
        (pv.fmax, [2, 0, INF, 1, 1, NAN, 3], [2, 2, 2, 0, 4, 4, 0], [2, 2, 2, 4, 0, 0, 4]),
        (pv.fmin, [2, 0, INF, 1, 1, NAN, 1], [2, 2, 2, 0, 4, 4, 4], [2, 2, 2, 4, 0, 0, 0]),
    ],
)
def test_ties_are_shared_and_nan_loses(rule, y, da, db, dtype):
    value, vjp = rule(np.array(A, dtype), np.array(B, dtype))
    np.testing.assert_array_equal(value, np.array(y, dtype))
    got = vjp(np.full(len(A), 4, dtype))
    np.testing.assert_array_equal(got[0], np.array(da, dtype), strict=True)
    np.testing.assert_array_equal(got[1], np.array(db, dtype), strict=True)


@pytest.mark.parametrize("rule", [pv.minimum, pv.fmax, pv.fmin])
def test_candle_pr_534_an_array_against_itself_keeps_its_slope(rule):
    x, u = np.array([2.0, -3.0]), np.array([5.0, 7.0])
    da, db = rule(x, x)[1](u)
    np.testing.assert_array_equal(da + db, u)
    np.testing.assert_array_equal(da, u / 2)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("x", "low", "high", "y", "slopes"),
    [
        pytest.param(0.5, 0, 1, 0.5, [1, 0, 0], id="inside"),
        pytest.param(-1, 0, 1, 0, [0, 1, 0], id="below"),
        pytest.param(2, 0, 1, 1, [0, 0, 1], id="above"),
        pytest.param(0, 0, 1, 0, [0.5, 0.5, 0], id="pytorch #7002, #184572, #184574: at the lower bound"),
        pytest.param(-0.0, 0, 1, 0, [0.5, 0.5, 0], id="−0 at the lower bound"),
        pytest.param(1, 0, 1, 1, [0.5, 0, 0.5], id="chainer #5876: at the upper bound"),
        pytest.param(1, 1, 1, 1, [0.25, 0.25, 0.5], id="all three meet"),
        pytest.param(0, 1, 1, 1, [0, 0.5, 0.5], id="below bounds that meet"),
        pytest.param(3, 1, 1, 1, [0, 0, 1], id="above bounds that meet"),
        pytest.param(0, 2, 1, 1, [0, 0, 1], id="bounds that cross"),
        pytest.param(INF, -INF, INF, INF, [0.5, 0, 0.5], id="∞ at a bound of ∞"),
        pytest.param(0.5, -INF, INF, 0.5, [1, 0, 0], id="no bounds"),
        pytest.param(NAN, 0, 1, NAN, [0, 0, 0], id="nan"),
        pytest.param(0.5, NAN, 1, NAN, [0, 0, 0], id="a bound of nan"),
    ],
)
def test_clip_at_its_bounds(x, low, high, y, slopes, dtype):
    value, vjp = pv.clip(*(np.array(v, dtype) for v in (x, low, high)))
    np.testing.assert_array_equal(value, y)
    assert [dx.item() for dx in vjp(np.array(8, dtype))] == [8 * slope for slope in slopes]


def test_clip_broadcasts_all_three():
    x, low, high = np.array([[-1.0], [0.5]]), np.array([0.0, 0.25, 1.0]), np.array(2.0)
    y, vjp = pv.clip(x, low, high)
    np.testing.assert_array_equal(y, [[0, 0.25, 1], [0.5, 0.5, 1]])
    dx, dlow, dhigh = vjp(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    np.testing.assert_array_equal(dx, [[0], [9]])
    np.testing.assert_array_equal(dlow, [1, 2, 9])
    assert dhigh == 0


@pytest.mark.parametrize(("bounds", "name"), [((None, np.array(1.0)), "min"), ((np.array(0.0), None), "max")])
def test_clip_wants_both_bounds(bounds, name):
    with pytest.raises(TypeError, match=f"^clip got {name} of dtype object, but should get a float array"):
        pv.clip(np.ones(2), *bounds)


def test_where_broadcasts_with_its_condition():
    condition = np.array([[True], [False]])
    z, vjp = pv.where(np.array([1.0, 2.0]), np.array(9.0), condition=condition)
    np.testing.assert_array_equal(z, [[1, 2], [9, 9]])
    dx, dy = vjp(np.array([[1.0, 2.0], [3.0, 4.0]]))
    np.testing.assert_array_equal(dx, [1, 2])
    assert dy == 7
    z, vjp = pv.where(np.array(1.0), np.array(2.0), condition=np.array([True, False, True]))
    assert [dx.item() for dx in vjp(np.array([1.0, 10.0, 100.0]))] == [101, 10]


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_pytorch_68425_what_is_not_chosen_gets_a_true_zero(bad):
    condition = np.array([True, False])
    z, vjp = pv.where(np.array([1.0, bad]), np.array([bad, 2.0]), condition=condition)
    assert z.tolist() == [1, 2]
    dx, dy = vjp(np.array([3.0, bad]))
    assert (dx[0], dx[1], dy[0]) == (3, 0, 0)


def test_tinygrad_12409_pr_15806_a_root_that_is_not_chosen_is_kept_finite_by_two_wheres():
    """`where(x > 0, √x, 0)`: the slope of √ at 0 is ∞, and 0 · ∞ is nan; a `where` before the root as well mends it."""
    x = np.array([0.0, 4.0])
    positive = x > 0
    safe, safe_vjp = pv.where(x, np.ones(2), condition=positive)
    root, root_vjp = pv.power(safe, np.array(0.5))
    z, z_vjp = pv.where(root, np.zeros(2), condition=positive)
    np.testing.assert_array_equal(z, [0, 2])
    dx, _ = safe_vjp(root_vjp(z_vjp(np.array([1.0, 1.0]))[0])[0])
    np.testing.assert_array_equal(dx, [0, 0.25])


@pytest.mark.parametrize("condition", [np.array([1, 0]), np.array([1.0, 0.0]), [0, 1], "yes", None])
def test_where_wants_booleans(condition):
    with pytest.raises(TypeError, match=r"^where got condition of dtype \S+, but should get bool"):
        pv.where(np.ones(2), np.ones(2), condition=condition)


@pytest.mark.parametrize("shapes", [((1,), (0,)), ((0,), (1,)), ((), (2, 0)), ((), ())])
def test_empty_and_no_axes(shapes):
    a, b = map(np.ones, shapes)
    shape = np.broadcast_shapes(*shapes)
    condition = np.ones(shape, bool)
    for y, vjp in (
        pv.minimum(a, b), pv.fmax(a, b), pv.fmin(a, b), pv.clip(a, b, b), pv.where(a, b, condition=condition),
    ):  # fmt: skip
        assert np.shape(y) == shape
        assert [np.shape(dx) for dx in vjp(np.ones(shape))[:2]] == list(shapes)
