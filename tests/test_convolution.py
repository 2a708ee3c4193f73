"""Convolutions: numbers by hand, PyTorch's values and gradients, and bugs that others shipped."""

import numpy as np
import pytest

import purevjp as pv


def integers(*shape):
    """Small integers, all different in the first hundred or so."""
    return (np.arange(np.prod(shape)) * 37 % 101 - 50.0).reshape(shape)


def by_torch(name, x, w, u, **options):
    """Value and cotangents of torch's function for as many axes."""
    torch = pytest.importorskip("torch")
    function = getattr(torch.nn.functional, f"{name}{x.ndim - 2}d")
    primals = [torch.tensor(array, requires_grad=True) for array in (x, w)]
    y = function(*primals, **options)
    u = integers(*y.shape) if u is None else u
    return [part.detach().numpy() for part in (y, *torch.autograd.grad(y, primals, torch.tensor(u)))], u


def assert_as_torch(rule, name, x, w, u=None, **options):
    should, u = by_torch(name, x, w, u, **options)
    value, vjp = rule(x, w, **options)
    for got, expected in zip((value, *vjp(u)), should, strict=True):
        np.testing.assert_array_equal(got, expected)


CONVS = {
    "candle #1212, PR #1214: stride drops tail pixels": ((1, 2, 4, 4), (3, 2, 3, 3), {"stride": 2}),
    "burn #4799, PR #4806: kernel 4, stride 4, length not aligned": ((2, 1, 23), (2, 1, 4), {"stride": 4}),
    "burn #4845, #4916: three pixels behind the last window": ((1, 1, 11), (1, 1, 4), {"stride": 4}),
    "burn #3521, #3533: 12 groups of 4 channels, stride 2": (
        (1, 48, 8, 8),
        (12, 4, 3, 3),
        {"groups": 12, "stride": 2},
    ),
    "burn #1877, PR #1891: depthwise, stride 2": ((2, 3, 6, 5), (3, 1, 3, 3), {"groups": 3, "stride": 2, "padding": 1}),
    "pytorch #51430: kernel gradient of groups": ((2, 4, 5), (6, 2, 3), {"groups": 2}),
    "candle PR #2337, iree-turbine PR #1223: stride 2, dilation 1": ((1, 1, 9), (1, 1, 3), {"stride": 2}),
    "stride 1, dilation 2": ((1, 1, 9), (1, 1, 3), {"dilation": 2}),
    "burn PR #4466: dilation of each axis": ((1, 1, 6, 7), (1, 1, 2, 3), {"dilation": (3, 2), "stride": (1, 2)}),
    "mlx #2495: groups with stride": ((1, 4, 7), (2, 2, 2), {"groups": 2, "stride": 3, "padding": 1}),
    "kernel smaller than stride": ((1, 1, 5, 7), (2, 1, 1, 2), {"stride": (2, 3)}),
    "same with an even kernel": ((1, 1, 5), (1, 1, 4), {"padding": "same", "dilation": 1}),
    "no sample": ((0, 2, 5), (3, 2, 2), {}),
    "three axes": ((2, 2, 3, 4, 2), (2, 1, 2, 3, 1), {"groups": 2, "stride": (1, 2, 1), "padding": (0, 1, 1)}),
}
TRANSPOSES = {
    "pytorch #63314: kernel smaller than stride": ((1, 1, 1, 2), (1, 1, 1, 1), {"stride": 2}),
    "output padding": ((1, 2, 3, 2), (2, 3, 3, 2), {"stride": (2, 3), "padding": (1, 0), "output_padding": (1, 2)}),
    "candle PR #2337: stride 2, dilation 1": ((1, 1, 4), (1, 2, 3), {"stride": 2, "output_padding": 1}),
    "output padding below the dilation": ((1, 1, 4), (1, 2, 2), {"dilation": 3, "output_padding": 2}),
    "groups": ((2, 4, 3), (4, 3, 2), {"groups": 2, "stride": 2}),
    "three axes": ((1, 2, 2, 1, 3), (2, 1, 2, 3, 1), {"groups": 2, "padding": (0, 1, 0), "dilation": (2, 1, 1)}),
}


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("bug", CONVS)
def test_conv_equals_that_of_torch(bug):
    x, w, options = CONVS[bug]
    assert_as_torch(pv.conv, "conv", integers(*x), integers(*w), **options)


@pytest.mark.parametrize("bug", TRANSPOSES)
def test_conv_transpose_equals_that_of_torch(bug):
    x, w, options = TRANSPOSES[bug]
    assert_as_torch(pv.conv_transpose, "conv_transpose", integers(*x), integers(*w), **options)


def test_pytorch_63314_by_its_numbers():
    _, vjp = pv.conv_transpose(np.array([[[[1.0, 1.0]]]]), np.array([[[[-0.7767]]]]), stride=2)
    np.testing.assert_allclose(vjp(np.array([[[[1.5, 0.0, 0.7]]]]))[0], [[[[1.5 * -0.7767, 0.7 * -0.7767]]]])


@pytest.mark.parametrize("lay", [np.asfortranarray, lambda a: a.swapaxes(2, 3)], ids=["fortran", "swapped"])
def test_candle_3735_kernels_and_cotangents_that_are_not_contiguous(lay):
    x, w, u = lay(integers(1, 2, 4, 4)), lay(integers(3, 2, 2, 2)), lay(integers(1, 3, 3, 3))
    value, vjp = pv.conv(x, w)
    value_twin, vjp_twin = pv.conv(x.copy(), w.copy())
    for got, should in zip((value, *vjp(u)), (value_twin, *vjp_twin(u.copy())), strict=True):
        np.testing.assert_array_equal(got, should)


@pytest.mark.parametrize("spelling", [2, (2, 2), ((2, 2), (2, 2)), [[2, 2], [2, 2]]])
def test_spellings_of_padding_are_one(spelling):
    x, w = integers(1, 1, 3, 4), integers(1, 1, 2, 2)
    np.testing.assert_array_equal(
        pv.conv(x, w, padding=spelling)[0], pv.conv(np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2))), w)[0]
    )


@pytest.mark.parametrize(
    ("side", "stride", "pads"), [(5, 1, (1, 2)), (5, 2, (1, 2)), (6, 2, (1, 1)), (5, 4, (1, 2)), (4, 4, (0, 0))]
)
def test_same_pads_more_behind_as_jax(side, stride, pads):
    x, w = integers(1, 1, side), integers(1, 1, 4)
    same = pv.conv(x, w, padding="same", stride=stride)[0]
    assert same.shape == (1, 1, -(-side // stride))
    np.testing.assert_array_equal(same, pv.conv(x, w, padding=(pads,), stride=stride)[0])
    np.testing.assert_array_equal(pv.conv(x, w, padding="VALID")[0], pv.conv(x, w)[0])


def test_a_kernel_larger_than_the_image_has_no_window():
    value, vjp = pv.conv(np.ones((1, 1, 2)), np.ones((1, 1, 3)))
    assert value.shape == (1, 1, 0)
    dx, dw = vjp(value)
    assert (dx.tolist(), dw.tolist()) == ([[[0, 0]]], [[[0, 0, 0]]])


def test_conv_transpose_is_the_adjoint_of_conv():
    x, w, options = integers(1, 2, 7), integers(3, 2, 3), {"stride": 2, "padding": 1}
    y, vjp = pv.conv(x, w, **options)
    u = integers(*y.shape)
    np.testing.assert_array_equal(pv.conv_transpose(u, w, output_padding=0, **options)[0], vjp(u)[0])


REFUSED = {
    "x of shape (2, 3) and w of shape (3, 2) in 1 groups": ((2, 3), (3, 2), {}),
    "x of shape (1, 2, 5) and w of shape (1, 2, 3, 3) in 1 groups": ((1, 2, 5), (1, 2, 3, 3), {}),
    "x of shape (1, 3, 5) and w of shape (1, 2, 3) in 1 groups": ((1, 3, 5), (1, 2, 3), {}),
    "x of shape (1, 4, 5) and w of shape (3, 2, 3) in 2 groups": ((1, 4, 5), (3, 2, 3), {"groups": 2}),
    "a kernel of sides (0,)": ((1, 1, 5), (1, 1, 0), {}),
    "stride 0": ((1, 1, 5), (1, 1, 2), {"stride": 0}),
    "stride (1, 1)": ((1, 1, 5), (1, 1, 2), {"stride": (1, 1)}),
    "dilation 1.0": ((1, 1, 5), (1, 1, 2), {"dilation": 1.0}),
    "padding 'full'": ((1, 1, 5), (1, 1, 2), {"padding": "full"}),
    "padding -1": ((1, 1, 5), (1, 1, 2), {"padding": -1}),
    "padding (1, 2)": ((1, 1, 5), (1, 1, 2), {"padding": (1, 2)}),
    "padding ((1, 2, 3),)": ((1, 1, 5), (1, 1, 2), {"padding": ((1, 2, 3),)}),
}
TRANSPOSES_REFUSED = {
    "x of shape (1, 2, 5) and w of shape (3, 2, 3) in 1 groups": ((1, 2, 5), (3, 2, 3), {}),
    "padding 'same'": ((1, 1, 5), (1, 1, 2), {"padding": "same"}),
    "padding 4 for a result of sides (6,)": ((1, 1, 5), (1, 1, 2), {"padding": 4}),
    "output_padding 2": ((1, 1, 5), (1, 1, 2), {"output_padding": 2, "stride": 2}),
    "output_padding -1": ((1, 1, 5), (1, 1, 2), {"output_padding": -1}),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_does_not_fit_is_refused(message):
    x, w, options = REFUSED[message]
    with pytest.raises(ValueError) as error:  # noqa: PT011 (its message is compared below)
        pv.conv(np.ones(x), np.ones(w), **options)
    assert str(error.value).startswith(f"conv got {message}")
    assert ", but should get" in str(error.value)


@pytest.mark.parametrize("message", TRANSPOSES_REFUSED)
def test_what_does_not_fit_a_transpose_is_refused(message):
    x, w, options = TRANSPOSES_REFUSED[message]
    with pytest.raises(ValueError) as error:  # noqa: PT011 (its message is compared below)
        pv.conv_transpose(np.ones(x), np.ones(w), **options)
    assert str(error.value).startswith(f"conv_transpose got {message}")
    assert ", but should get" in str(error.value)
