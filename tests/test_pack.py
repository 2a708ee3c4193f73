"""Rules of complex arrays and of several results are judged as real ones with one result, and found out when wrong."""

import jax.numpy as jnp
import numpy as np
import pytest

from oracle.domain import REAL, case, interval
from oracle.pack import conjugated, joined, pack, unpacked
from oracle.shape import filled_lanes
from oracle.verdict import AGREE, WRONG
from oracle.verify import verify

COMPLEX = interval(-3, 3, is_complex=True)


def transform(conjugate):
    def fft(x, /):
        if x.dtype.kind != "c":
            raise TypeError("fft should get a complex array")
        return np.fft.fft(x), lambda u: (np.conj(np.fft.fft(np.conj(u))) if conjugate else np.fft.fft(u),)

    return fft


def split(factor):
    def ends(x, /):
        if x.dtype.kind != "f":
            raise TypeError("ends should get a float array")

        def ends_vjp(u):
            first, rest = u
            return (np.concatenate([first, x.dtype.type(factor) * rest]),)

        return (x[:1].copy(), x[1:].copy()), ends_vjp

    return ends


@pytest.mark.parametrize(("conjugate", "verdict"), [(False, AGREE), (True, WRONG)])
def test_a_complex_cotangent_has_the_convention_of_jax(conjugate, verdict):
    result = verify(case(transform(conjugate), jnp.fft.fft, filled_lanes, COMPLEX), examples=4)
    assert result["verdict"] == verdict
    if verdict == WRONG:
        assert "complex128" in result["reproducer"]


@pytest.mark.parametrize(("factor", "verdict"), [(1, AGREE), (2, WRONG)])
def test_each_of_several_results_is_judged(factor, verdict):
    row = case(split(factor), lambda x: (x[:1], x[1:]), filled_lanes, REAL, packs=True)
    assert verify(row, examples=4)["verdict"] == verdict


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_what_is_packed_is_unpacked_again(dtype):
    value = (np.array([[1 + 2j, 3 - 1j]], dtype), np.array(5, np.zeros(0, dtype).real.dtype))
    packed = pack(value)
    assert packed.dtype == value[1].dtype
    np.testing.assert_array_equal(packed, [1, 2, 3, -1, 5])
    again = unpacked(packed, value)
    np.testing.assert_array_equal(again[0], value[0])
    assert again[0].dtype == dtype
    assert again[1] == 5
    np.testing.assert_array_equal(conjugated(again)[0], [[1 - 2j, 3 + 1j]])
    np.testing.assert_array_equal(joined(np.array([[1.0, 2.0]])), [1 + 2j])


def test_a_cotangent_of_another_shape_is_refused():
    row = case(split(1), lambda x: (x[:1], x[1:]), filled_lanes, REAL, packs=True)
    _, vjp = row["rule"](np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"u is float64\(3,\), but should be float64\(4,\)"):
        vjp(np.ones(3))
