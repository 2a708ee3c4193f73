"""Cells of recurrent networks: PyTorch's values and gradients, tails, and what is refused."""

import numpy as np
import pytest

import purevjp as pv

RNG = np.random.default_rng(0)
CELLS = {
    "rnn_cell": (1, 1, {}),
    "rnn_cell relu": (1, 1, {"activation": "relu"}),
    "lstm_cell": (4, 2, {}),
    "gru_cell": (3, 1, {}),
}


def drawn(parts, states, n=3, k=2, lead=(4,)):
    """x, the states, and the parameters of a cell."""
    rows = parts * k
    shapes = [(*lead, n), *[(*lead, k)] * states, (rows, n), (rows, k), (rows,), (rows,)]
    return [RNG.normal(size=shape) for shape in shapes]


def by_torch(name, xs, us):
    """Values and cotangents of torch's cell."""
    torch = pytest.importorskip("torch")
    states = CELLS[name][1]
    primals = [torch.tensor(x, requires_grad=True) for x in xs]
    state = tuple(primals[1 : 1 + states])
    function = getattr(torch, {"rnn_cell": "rnn_tanh_cell", "rnn_cell relu": "rnn_relu_cell"}.get(name, name))
    values = function(primals[0], state if name == "lstm_cell" else state[0], *primals[1 + states :])
    values = values if isinstance(values, tuple) else (values,)
    cotangents = torch.autograd.grad(values, primals, [torch.tensor(u) for u in us])
    return [part.detach().numpy() for part in (*values, *cotangents)]


@pytest.mark.parametrize("lead", [(4,), (1,), (0,)], ids=["batch", "one sample", "no sample"])
@pytest.mark.parametrize("name", CELLS)
def test_cells_equal_those_of_torch(name, lead):
    parts, states, static = CELLS[name]
    xs = drawn(parts, states, lead=lead)
    us = [RNG.normal(size=(*lead, 2)) for _ in range(states)]
    value, vjp = getattr(pv, name.split()[0])(*xs, **static)
    got = (*value, *vjp(tuple(us))) if name == "lstm_cell" else (value, *vjp(us[0]))
    for a, b in zip(got, by_torch(name, xs, us), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("lead", [(2, 2), ()])
def test_any_axes_before_the_last_are_of_samples(lead):
    xs = drawn(3, 1, lead=lead)
    value, vjp = pv.gru_cell(*xs)
    flat, flat_vjp = pv.gru_cell(xs[0].reshape(-1, 3), xs[1].reshape(-1, 2), *xs[2:])
    u = RNG.normal(size=(*lead, 2))
    for a, b in zip((value, *vjp(u)), (flat, *flat_vjp(u.reshape(-1, 2))), strict=True):
        np.testing.assert_allclose(a.ravel(), b.ravel(), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_open_update_gate_leaves_a_slope_with_all_its_digits(dtype):
    """1 − z is e⁻ᵃ where z rounds to 1."""
    zeros = [np.zeros(shape, dtype) for shape in ((1,), (1,), (3, 1), (3, 1), (3,))]
    b = np.array([0, 40, 0], dtype)
    _, vjp = pv.gru_cell(*zeros, b)
    np.testing.assert_allclose(vjp(np.ones(1, dtype))[4][2], np.exp(-40.0), rtol=4 * np.finfo(dtype).eps)


def test_relu_of_zero_passes_nothing():
    one, zero = np.ones((1, 1)), np.zeros(1)
    _, vjp = pv.rnn_cell(zero + 2, zero + 1, one, -2 * one, zero, zero, activation="relu")
    assert [dx.tolist() for dx in vjp(np.array([3.0]))] == [[0], [0], [[0]], [[0]], [0], [0]]


def test_both_results_of_the_lstm_cell_have_cotangents():
    xs = drawn(4, 2)
    _, vjp = pv.lstm_cell(*xs)
    u, v, none = RNG.normal(size=(4, 2)), RNG.normal(size=(4, 2)), np.zeros((4, 2))
    for whole, of_h, of_c in zip(vjp((u, v)), vjp([u, none]), vjp((none, v)), strict=True):
        np.testing.assert_allclose(whole, of_h + of_c, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("u", "error", "message"),
    [
        (np.ones((2, 4, 2)), TypeError, "u as ndarray, but should get a pair, of h and of c"),
        ((np.ones((4, 2)),), TypeError, "u as tuple, but should get a pair"),
        ((np.ones((4, 2)), np.ones((1, 2))), ValueError, r"u of shape \(1, 2\), but should get \(4, 2\)"),
        ((np.ones((4, 2)), np.ones((4, 2), np.float32)), TypeError, "u of dtype float32, but should get float64"),
    ],
)
def test_cotangents_that_are_no_pair_are_refused(u, error, message):
    _, vjp = pv.lstm_cell(*drawn(4, 2))
    with pytest.raises(error, match=f"^lstm_cell_vjp got {message}"):
        vjp(u)


@pytest.mark.parametrize("dtypes", [(0,), (1,), (2,), (6,), (0, 3, 4, 5, 6)])
def test_lstm_of_several_dtypes_is_of_the_widest(dtypes):
    xs = [x.astype(np.float64 if i in dtypes else np.float32) for i, x in enumerate(drawn(4, 2))]
    (h, c), vjp = pv.lstm_cell(*xs)
    assert (h.dtype, c.dtype) == (np.float64, np.float64)
    assert [dx.dtype for dx in vjp((h, c))] == [x.dtype for x in xs]


@pytest.mark.parametrize("name", ["rnn_cell", "lstm_cell", "gru_cell"])
def test_shapes_that_do_not_fit_are_refused(name):
    parts, states, _ = CELLS[name]
    xs = drawn(parts, states)
    names = ["x", "h", "c", "w_ih", "w_hh", "b_ih", "b_hh"]
    names = names if states == 2 else [*names[:2], *names[3:]]
    for i, primal in enumerate(names[1:], 1):
        wrong = [*xs[:i], np.concatenate([xs[i], xs[i]]), *xs[i + 1 :]]
        with pytest.raises(ValueError, match=rf"^{name} got {primal} of shape \(.*\), but should get \("):
            getattr(pv, name)(*wrong)
    with pytest.raises(ValueError, match=rf"^{name} got x of shape \(\), but should get"):
        getattr(pv, name)(np.float64(1), *xs[1:])


def test_another_activation_is_refused():
    with pytest.raises(ValueError, match=r"^rnn_cell got activation 'sigmoid', but should get 'tanh' or 'relu'"):
        pv.rnn_cell(*drawn(1, 1), activation="sigmoid")
