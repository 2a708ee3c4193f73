"""Elements that keep their values: order, broadcasting and dtypes, with numbers by hand."""

import math

import numpy as np
import pytest

import purevjp as pv

SIX = np.arange(6.0)


@pytest.mark.parametrize(
    ("order", "value", "dx"),
    [("C", [[0, 1], [2, 3], [4, 5]], [[0, 1, 2], [3, 4, 5]]), ("F", [[0, 4], [3, 2], [1, 5]], [[0, 4, 3], [2, 1, 5]])],
)
def test_torch_nn_345_reshape_reads_and_writes_by_one_order(order, value, dx):
    """Neither order is that of memory."""
    x, u = SIX.reshape(2, 3), SIX.reshape(3, 2)
    for lay in (np.ascontiguousarray, np.asfortranarray):
        y, vjp = pv.reshape(lay(x), shape=(3, -1), order=order)
        assert y.tolist() == value
        assert vjp(lay(u))[0].tolist() == dx


def test_torch_nn_345_ravel_reads_by_one_order_whatever_the_memory():
    x = SIX.reshape(2, 3)
    for lay in (np.ascontiguousarray, np.asfortranarray):
        for order in ("C", "F"):
            y, vjp = pv.ravel(lay(x), order=order)
            assert y.tolist() == x.flatten(order).tolist()
            assert vjp(y)[0].tolist() == x.tolist()
    assert pv.ravel(np.array(2.0))[1](np.array([3.0]))[0].shape == ()


@pytest.mark.parametrize("order", ["A", "K", "c", None])
def test_an_order_of_memory_is_refused(order):
    with pytest.raises(ValueError, match=rf"^ravel got order {order!r}, but should get 'C' or 'F'$"):
        pv.ravel(SIX, order=order)
    with pytest.raises(ValueError, match=rf"^reshape got order {order!r}, but should get 'C' or 'F'$"):
        pv.reshape(SIX, shape=(2, 3), order=order)


@pytest.mark.parametrize(
    ("x", "shape", "dx"),
    [
        (np.array(1.0), (2, 3), 15.0),
        pytest.param(np.ones((2, 1)), (2, 3), [[3], [12]], id="burn #181, apache/tvm PR #2465"),
        pytest.param(np.ones((1, 3)), (2, 3), [[3, 5, 7]], id="aesara #1089"),
        (np.ones((1, 1)), (2, 3), [[15]]),
        (np.ones((2, 3)), (2, 3), [[0, 1, 2], [3, 4, 5]]),
        (np.ones(1), 6, [15]),
    ],
)
def test_broadcast_to_sums_what_was_repeated(x, shape, dx):
    y, vjp = pv.broadcast_to(x, shape=shape)
    (got,) = vjp(SIX.reshape(y.shape))
    assert got.shape == x.shape
    assert np.array_equal(got, dx)


def test_pytorch_15223_broadcast_to_no_elements_has_the_cotangent_zero():
    """An axis stretched from one to none is summed, too."""
    y, vjp = pv.broadcast_to(np.ones((2, 1)), shape=(2, 0))
    assert vjp(y)[0].tolist() == [[0], [0]]


def test_broadcast_to_a_shape_that_does_not_fit_is_refused_by_numpy():
    with pytest.raises(ValueError, match="could not be broadcast"):
        pv.broadcast_to(SIX, shape=(2, 3))


FLOATS = (np.float16, np.float32, np.float64)


@pytest.mark.parametrize("to", [*FLOATS, "f4", float, np.dtype(np.float16), np.complex64])
@pytest.mark.parametrize("of", FLOATS)
def test_burn_pr_4069_astype_casts_the_cotangent_back(of, to):
    """It was cut off."""
    x = np.array([[1, -2, 0.5]], of)
    y, vjp = pv.astype(x, dtype=to)
    assert (y.dtype, y.tolist()) == (np.dtype(to), x.tolist())
    u = np.array([[3, 4, -0.25]], to)
    (dx,) = vjp(u)
    assert (dx.dtype, dx.tolist()) == (np.dtype(of), u.real.tolist())
    assert not np.shares_memory(dx, u)
    assert not np.shares_memory(x, y)


def test_astype_rounds_value_and_cotangent():
    y, vjp = pv.astype(np.array([1 + 2.0**-30]), dtype=np.float32)
    assert y.tolist() == [1]
    assert vjp(np.array([0.1], np.float32))[0].tolist() == [float(np.float32(0.1))]
    _, vjp = pv.astype(np.array([1], np.float32), dtype=np.float64)
    assert vjp(np.array([0.1]))[0].tolist() == [float(np.float32(0.1))]


def test_astype_overflows_as_numpy_does():
    with pytest.warns(RuntimeWarning, match="overflow encountered in cast"):
        assert pv.astype(np.array([1e5]), dtype=np.float16)[0].tolist() == [math.inf]


def test_astype_gives_a_real_array_the_real_part_and_a_complex_one_all():
    u = np.array([3 + 4j])
    assert pv.astype(np.array([1.0]), dtype=complex)[1](u)[0].tolist() == [3]
    (dz,) = pv.astype(np.array([1j], np.complex64), dtype=complex)[1](u)
    assert (dz.dtype, dz.tolist()) == (np.complex64, [3 + 4j])


@pytest.mark.parametrize("dtype", [int, bool, object, np.uint8, ">f8", "M8[s]"])
def test_a_dtype_without_derivative_is_refused(dtype):
    with pytest.raises(TypeError, match=r"^astype got dtype .*, but should get one of floats or complex numbers"):
        pv.astype(SIX, dtype=dtype)


def test_a_complex_array_is_not_cast_to_a_real_one():
    with pytest.raises(TypeError, match=r"^astype got x of dtype complex128, but should get a float array"):
        pv.astype(np.array([1j]), dtype=np.float32)


def test_mlx_pr_1735_concatenate_of_mixed_dtypes_gives_each_its_own():
    xs = [np.ones(1, np.float32), np.ones(2), np.ones(1, np.complex64)]
    y, vjp = pv.concatenate(xs)
    (dxs,) = vjp(np.array([1 + 1j, 2 + 2j, 3, 4 + 4j]))
    assert y.dtype == np.complex128
    assert [dx.dtype for dx in dxs] == [np.float32, np.float64, np.complex64]
    assert [dx.tolist() for dx in dxs] == [[1], [2, 3], [4 + 4j]]
