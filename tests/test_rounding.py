"""Functions with steps: their values at the steps, and that nothing comes back."""

import math

import numpy as np
import pytest

import purevjp as pv

INF, NAN = math.inf, math.nan
FLOATS = (np.float16, np.float32, np.float64)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("rule", "values"),
    [
        (pv.sign, [0, 0, 1, -1, 1, -1, NAN, 1]),
        (pv.floor, [0, 0, 2, -2, 0, -1, NAN, INF]),
        (pv.ceil, [0, 0, 2, -2, 1, 0, NAN, INF]),
        (pv.rint, [0, 0, 2, -2, 0, 0, NAN, INF]),
    ],
)
def test_nothing_comes_back_of_a_step(rule, values, dtype):
    y, vjp = rule(np.array([0, -0.0, 2, -2, 0.5, -0.5, NAN, INF], dtype))
    np.testing.assert_array_equal(y, np.array(values, dtype), strict=True)
    (dx,) = vjp(np.array([3, INF, NAN, 1, 2, 3, 4, 5], dtype))
    np.testing.assert_array_equal(dx, np.zeros(8, dtype), strict=True)


@pytest.mark.parametrize("dtype", FLOATS)
def test_nan_to_num_has_the_defaults_of_numpy(dtype):
    largest = np.finfo(dtype).max
    y, vjp = pv.nan_to_num(np.array([NAN, INF, -INF, -3], dtype))
    np.testing.assert_array_equal(y, np.array([0, largest, -largest, -3], dtype), strict=True)
    np.testing.assert_array_equal(vjp(np.full(4, 5, dtype))[0], np.array([0, 0, 0, 5], dtype), strict=True)


def test_nan_to_num_hides_no_nan_in_the_cotangent():
    _, vjp = pv.nan_to_num(np.array([NAN, 1.0]))
    np.testing.assert_array_equal(vjp(np.array([NAN, NAN]))[0], [0, NAN])


def test_nan_to_num_has_no_copy():
    with pytest.raises(TypeError, match="copy"):
        pv.nan_to_num(np.ones(2), copy=False)
