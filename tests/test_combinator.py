"""Combinators: what is used several times gets the sum of its cotangents, and what does not fit is named."""

import tracemalloc

import numpy as np
import pytest

from purevjp.activation import relu, softmax
from purevjp.arithmetic import multiply, negative
from purevjp.combinator import (
    chain,
    concat_branches,
    lift,
    map_batch,
    parallel,
    remat,
    residual,
    scan,
    sum_branches,
    then,
    tied,
)
from purevjp.derivative import checked
from purevjp.elementwise import exp, square, tanh
from purevjp.layer import dense, dropout, first_dense, self_attention
from purevjp.normalization import layer_norm
from purevjp.product import linear
from purevjp.recurrence import gru, lstm
from purevjp.tree import tree_leaves, tree_map

RNG = np.random.default_rng(0)
W = RNG.normal(size=(3, 3))
PAIR = (RNG.normal(size=(3, 3)), RNG.normal(size=3))
X = RNG.normal(size=(4, 3))
SEQUENCE = RNG.normal(size=(2, 4, 3))

NETWORKS = {
    "identity": (chain(), (), X),
    "lift": (lift(layer_norm), (RNG.normal(size=3), PAIR[1]), X),
    "lift, a list": (lift(layer_norm), [RNG.normal(size=3), PAIR[1]], X),
    "lift, alone": (lift(linear), W, X),
    "then": (then(dense, tanh, softmax), PAIR, X),
    "chain": (chain(then(dense, tanh), lift(exp), lift(linear)), (PAIR, (), W), X),
    "chain, a list": (chain(dense, dense), [PAIR, PAIR], X),
    "chain, named": (chain(a=dense, b=then(lift(linear), relu)), {"b": W, "a": PAIR}, X),
    "parallel": (parallel(dense, lift(tanh)), (PAIR, ()), X),
    "parallel, named": (parallel(a=dense, b=chain()), {"a": PAIR, "b": ()}, X),
    "concat": (concat_branches(dense, lift(linear), chain()), (PAIR, W, ()), X),
    "sum": (sum_branches(dense, dense, chain()), (PAIR, PAIR, ()), X),
    "residual": (residual(then(dense, relu)), PAIR, X),
    "residual of nothing": (residual(chain()), (), X),
    "shortcut": (residual(dense, lift(linear)), (PAIR, W), X),
    "tied": (tied(chain(dense, lift(tanh), dense, dense), {2: 0, 3: 0}), (PAIR, ()), X),
    "tied, a list": (tied(chain(lift(tanh), dense, dense), {1: 2}), [(), PAIR], X),
    "tied, named": (tied(chain(a=lift(linear), b=dense, c=lift(linear)), {"c": "a"}), {"b": PAIR, "a": W}, X),
    "remat": (remat(chain(dense, dense)), (PAIR, PAIR), X),
    "map_batch": (map_batch(then(dense, tanh)), PAIR, X),
    "map_batch, axis 1": (map_batch(lift(layer_norm), axis=1), (PAIR[1], PAIR[1]), SEQUENCE),
    "scan": (gru(), (RNG.normal(size=(6, 3)), RNG.normal(size=(6, 2)), np.ones(6), np.zeros(6)), SEQUENCE),
    "scan, reversed": (
        gru(reverse=True), [RNG.normal(size=(6, 3)), RNG.normal(size=(6, 2)), np.ones(6), np.zeros(6)], SEQUENCE
    ),
}  # fmt: skip

networks = pytest.mark.parametrize("name", NETWORKS)


def drawn(value):
    rng = np.random.default_rng(1)
    return tree_map(lambda y: rng.normal(size=np.shape(y)).astype(np.result_type(y)), value)


def inner(a, b):
    return sum(float(np.sum(x * y, dtype=np.float64)) for x, y in zip(tree_leaves(a), tree_leaves(b), strict=True))


@networks
def test_pullback_is_the_adjoint_of_a_complex_step_or_of_differences(name):
    layer, params, x = NETWORKS[name]
    y, vjp = layer(params, x)
    u, v = drawn(y), drawn((params, x))

    def along(t):
        return inner(u, layer(*tree_map(lambda a, b: a + t * b, (params, x), v))[0])

    h = 2.0**-9
    slope = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
    got = inner(vjp(u), v)
    assert got == pytest.approx(slope, rel=1e-7, abs=1e-7), f"{name}: ⟨vjp(u), v⟩ is {got}, but should be {slope}"


@networks
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_layers_keep_the_contract(name, dtype):
    layer, params, x = tree_map(lambda a: a.astype(dtype) if isinstance(a, np.ndarray) else a, NETWORKS[name])

    def rule(params, x, /):
        return layer(params, x)

    y, vjp = checked(rule)(params, x)
    assert {leaf.dtype for leaf in tree_leaves(y)} == {np.dtype(dtype)}
    vjp(drawn(y))


@networks
def test_remat_changes_no_bit(name):
    layer, params, x = NETWORKS[name]
    (y, vjp), (again, remat_vjp) = layer(params, x), remat(layer)(params, x)
    u = drawn(y)
    pairs = zip(tree_leaves((y, vjp(u))), tree_leaves((again, remat_vjp(u))), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def kept(layer, params, x):
    """Bytes that the value and its pullback keep alive."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        result = layer(params, x)
        return tracemalloc.get_traced_memory()[0] - before, result
    finally:
        tracemalloc.stop()


def test_remat_keeps_nothing_but_params_and_x():
    x, block = np.ones((256, 64)), then(dense, tanh, exp, tanh, exp)
    params = (np.zeros((64, 64)), np.zeros(64))
    stack, cheap = chain(*(block,) * 8), chain(*(remat(block),) * 8)
    all_of_it, _ = kept(stack, (params,) * 8, x)
    boundaries, _ = kept(cheap, (params,) * 8, x)
    assert boundaries < 8.5 * x.nbytes, f"it keeps {boundaries / x.nbytes:.1f} arrays, but should 8"
    assert all_of_it > 2.5 * boundaries, f"without it {all_of_it / x.nbytes:.1f} are kept"


@pytest.mark.parametrize("reverse", [False, True])
def test_scan_takes_the_cotangent_of_its_value_alone(reverse):
    params = (RNG.normal(size=(6, 3)), RNG.normal(size=(6, 2)), np.ones(6), np.zeros(6))
    y, vjp = gru(reverse=reverse)(params, SEQUENCE)
    for u in (np.ones((2, 9, 2)), np.ones((2, 3, 2)), np.ones((2, 4, 3)), 1.0):
        with pytest.raises(ValueError, match="scan_vjp got u of shape"):
            vjp(u)
    with pytest.raises(TypeError, match="scan_vjp got u of dtype float32"):
        vjp(np.ones_like(y, "f"))


def test_scan_of_a_cell_that_shows_nothing():
    def cell(_params, pair):
        state, x = pair
        y, vjp = multiply(state, x)
        return (y, ()), lambda u: ((), vjp(u[0]))

    (last, ys), vjp = scan(cell, axis=0)((), (np.array(2.0), np.array([3.0, 5.0])))
    assert (last, ys) == (30.0, ())
    dparams, (dstate, dxs) = vjp((1.0, ()))
    assert (dparams, dstate, dxs.tolist()) == ((), 15.0, [10.0, 6.0])


@pytest.mark.parametrize("layer", [dense, first_dense, then(dense, relu)])
def test_cotangents_of_a_list_are_a_list(layer):
    (dparams, _) = layer(list(PAIR), X)[1](X)
    assert isinstance(dparams, list)
    assert isinstance(layer(PAIR, X)[1](X)[0], tuple)


def test_several_integers_are_a_seed():
    drawn = [dropout(seed, rate=0.5)((), np.ones(64))[0] for seed in ((1, 2), (1, 2), [1, 3])]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_fan_out_sums():
    y, vjp = parallel(lift(negative), lift(square), chain())(((), (), ()), np.array([3.0]))
    assert y == (-3.0, 9.0, 3.0)
    assert vjp((np.array([1.0]), np.array([10.0]), np.array([100.0])))[1] == -1 + 60 + 100
    _, vjp = concat_branches(*(dense,) * 2)((PAIR, PAIR), X)
    u = drawn(np.ones((4, 6)))
    (one, other), dx = vjp(u)
    _, single = dense(PAIR, X)
    parts = [single(np.ascontiguousarray(u[:, :3])), single(np.ascontiguousarray(u[:, 3:]))]
    assert np.array_equal(dx, parts[0][1] + parts[1][1])
    assert np.array_equal(one[0], parts[0][0][0])
    assert np.array_equal(other[1], parts[1][0][1])


def test_ties_sum_to_the_last_bit():
    network = chain(dense, lift(tanh), dense, dense)
    y, vjp = network((PAIR, (), PAIR, PAIR), X)
    again, tied_vjp = tied(network, {2: 0, 3: 0})((PAIR, ()), X)
    u = drawn(y)
    (first, _, second, third), dx = vjp(u)
    (shared, _), dx_again = tied_vjp(u)
    assert np.array_equal(y, again)
    assert np.array_equal(dx, dx_again)
    for i in range(2):
        assert np.array_equal(shared[i], first[i] + second[i] + third[i])


def test_scan_carries_the_cotangent_of_its_last_state():
    def cell(_params, pair):
        total, vjp = multiply(*pair)
        return (total, total), lambda u: ((), vjp(u[0] + u[1]))

    (last, ys), vjp = scan(cell, axis=0)((), (np.array([1.0]), np.array([[2.0], [3.0], [5.0]])))
    assert (last, ys.ravel().tolist()) == (30, [2, 6, 30])
    _, (dstate, dxs) = vjp((np.array([1.0]), np.zeros((3, 1))))
    assert (dstate, dxs.ravel().tolist()) == (30, [15, 10, 6])


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: chain(dense)((), X), ValueError, r"chain got params of 0, but should get 1, one for each layer"),
        (lambda: chain(dense)(W, X), TypeError, r"chain got params as a ndarray, but should get a tuple or list"),
        (lambda: chain(a=dense)((PAIR,), X), TypeError, r"chain got params as a tuple, but should get a dict"),
        (lambda: chain(a=dense)({"b": PAIR}, X), ValueError, r"chain got params of \['b'\], but should get \['a'\]"),
        (lambda: chain(dense, a=dense), ValueError, "chain got layers with and without names"),
        (parallel, ValueError, "parallel got no layers"),
        (lambda: parallel(dense, dense)((PAIR, PAIR), X)[1](X), TypeError, "parallel_vjp got u as a ndarray"),
        (lambda: parallel(dense)((PAIR,), X)[1]((X, X)), ValueError, "parallel_vjp got u of 2, but should get 1"),
        (lambda: lift(linear)({"w": W}, X), TypeError, "linear got params as a dict"),
        (lambda: residual(lift(linear))(W[:1], X), ValueError, "residual got branches whose values differ"),
        (lambda: dense((W, np.ones(1)), X), ValueError, r"dense got a bias of shape \(1,\), but should get \(3,\)"),
        (lambda: dense(PAIR, X)[1](X[:1]), ValueError, r"dense_vjp got u of shape \(1, 3\)"),
        (lambda: tied(chain(), {1: 2, 2: 0}), ValueError, "but 2 should be one that stays"),
        (lambda: tied(chain(dense, dense), {1: 0})((), X), ValueError, r"got params of \[0\], but \[1\] should"),
        (lambda: tied(chain(dense, dense), {1: 7})((PAIR,), X), ValueError, r"but should get 7 among them"),
        (lambda: tied(chain(a=dense, b=dense), {"b": "a"})({"a": PAIR, "b": PAIR}, X), ValueError, "should come from"),
        (lambda: tied(chain(dense, dense), {1: 0})(W, X), TypeError, "tied got params as a ndarray"),
        (lambda: map_batch(dense)(PAIR, X[:0]), ValueError, "map_batch got nothing along axis 0"),
        (lambda: map_batch(dense, axis=7)(PAIR, X), ValueError, r"an array of shape \(4, 3\), which has no axis 7"),
        (lambda: map_batch(dense)(PAIR, X)[1](X[:2]), ValueError, r"map_batch_vjp got u of shape \(2, 3\)"),
        (lambda: sum_branches(dense, chain())((PAIR, ()), X[:, :1]), ValueError, "linear got x of shape"),
        (lambda: chain(dense, relu), TypeError, r"chain got relu, which is a rule, but should .* lift\(relu\)"),
        (lambda: chain(dense, None), TypeError, "chain got a NoneType, but should get layers"),
        (lambda: chain([dense, dense]), TypeError, "chain got a list, but should get layers"),
        (lambda: chain(dense, first_dense)((PAIR, PAIR), X)[1](X), ValueError, "no cotangent from its layer 1"),
        (lambda: chain()((), X)[1](X[:1]), ValueError, r"chain_vjp got u of shape \(1, 3\)"),
        (lambda: residual(chain())((), X)[1](X.astype("f")), TypeError, "chain_vjp got u of dtype float32"),
        (lambda: dense((*PAIR, 1), X), ValueError, r"dense got 3 params, but should get the pair \(w, b\)"),
        (lambda: dense(W, X), TypeError, r"dense got params as a ndarray, but should get the pair \(w, b\)"),
        (lambda: tied(chain(dense, dense), [(1, 0)]), TypeError, "tied got same as a list, but should get a dict"),
        (lambda: lstm()((W, W, W), SEQUENCE), ValueError, r"lstm_cell over time got 3 params, but should get \(w_ih"),
        (lambda: self_attention(heads=1)({"qkv": W, "out": W}, X), ValueError, r"self_attention got x of 2 axes"),
        (lambda: dropout(np.random.default_rng(3), rate=0.5), TypeError, "dropout got the seed Generator"),
        (lambda: dropout(None, rate=0.5), TypeError, "dropout got the seed None"),
        (lambda: dropout(-1, rate=0.5), TypeError, "dropout got the seed -1"),
        (lambda: gru()((W,), SEQUENCE), ValueError, "gru_cell over time got"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(attempt, error, message):
    with pytest.raises(error, match=message):
        attempt()
