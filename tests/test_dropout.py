"""Dropout: numbers fixed by hand, the rates 0 and 1, and what is refused."""

import re

import numpy as np
import pytest

import purevjp as pv

X = np.array([[1.0, 2.0], [3.0, 4.0]])
MASK = np.array([[True, False], [True, True]])


@pytest.mark.parametrize(("rate", "scale"), [(0, 1), (0.5, 2), (0.75, 4), (1, 0), (1.0, 0)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_kept_elements_are_scaled_by_the_share_that_is_kept(rate, scale, dtype):
    value, vjp = pv.dropout(X.astype(dtype), mask=MASK, rate=rate)
    np.testing.assert_array_equal(value, np.array([[1, 0], [3, 4]], dtype) * dtype(scale), strict=True)
    (dx,) = vjp(np.array([[5, 6], [7, 8]], dtype))
    np.testing.assert_array_equal(dx, np.array([[5, 0], [7, 8]], dtype) * dtype(scale), strict=True)


def test_what_is_dropped_may_be_anything():
    x = np.array([np.nan, np.inf, 1.0])
    for rate in (0.5, 1):
        value, vjp = pv.dropout(x, mask=[False, False, True], rate=rate)
        np.testing.assert_array_equal(value, [0, 0, 2 if rate < 1 else 0])
        np.testing.assert_array_equal(vjp(x)[0], [0, 0, 2 if rate < 1 else 0])


def test_a_mask_may_drop_whole_columns():
    value, vjp = pv.dropout(X, mask=[[True, False]], rate=0.5)
    np.testing.assert_array_equal(value, [[2, 0], [6, 0]])
    np.testing.assert_array_equal(vjp(X)[0], [[2, 0], [6, 0]])


def test_mamba_1023_the_mask_of_the_value_is_that_of_the_pullback():
    """Even if the caller draws the next one meanwhile."""
    rng = np.random.default_rng(0)
    ones = np.ones(1000)
    value, vjp = pv.dropout(ones, mask=rng.random(1000) >= 0.5, rate=0.5)
    pv.dropout(ones, mask=rng.random(1000) >= 0.5, rate=0.5)
    np.testing.assert_array_equal(vjp(ones)[0], value)


@pytest.mark.parametrize(
    ("mask", "rate", "error", "message"),
    [
        (np.ones((2, 2)), 0.5, TypeError, "dropout got mask of dtype float64, but should get bool"),
        (MASK[:, :, None], 0.5, ValueError, "dropout got mask of shape (2, 2, 1), but should get one that"),
        (np.ones(3, bool), 0.5, ValueError, "dropout got mask of shape (3,), but should get one that"),
        (MASK, 1.5, ValueError, "dropout got rate 1.5, but should get 0 to 1"),
        (MASK, np.nan, ValueError, "dropout got rate nan, but should get 0 to 1"),
    ],
)
def test_what_makes_no_sense_is_refused(mask, rate, error, message):
    with pytest.raises(error, match=re.escape(message)):
        pv.dropout(X, mask=mask, rate=rate)
