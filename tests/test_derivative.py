"""Gradients and Jacobians of rules, and the wrapper that keeps a rule to its contract."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import purevjp as pv

RNG = np.random.default_rng(0)
X, Y, W = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2)), [RNG.normal(size=(4, 3)), RNG.normal(size=(2, 4))]


def test_gradient_is_that_of_jax():
    got = pv.grad(pv.mlp_loss)(X, Y, W, activation="tanh")

    def loss(x, y, weights):
        return 0.5 * jnp.sum((jnp.tanh(x @ weights[0].T) @ weights[1].T - y) ** 2)

    with jax.enable_x64(True):
        should = jax.grad(loss, argnums=(0, 1, 2))(X, Y, W)
    for g, s in zip(pv.tree_leaves(got), jax.tree.leaves(should), strict=True):
        np.testing.assert_allclose(g, s, rtol=1e-12)
    value, again = pv.value_and_grad(pv.mlp_loss)(X, Y, W, activation="tanh")
    assert value == pv.mlp_loss(X, Y, W, activation="tanh")[0]
    np.testing.assert_array_equal(again[0], got[0])


@pytest.mark.parametrize("rule", [pv.softmax, pv.exp])
def test_gradient_of_what_is_no_number_is_refused(rule):
    with pytest.raises(ValueError, match=r"got a function whose value is float64\[3\], but should get a real number"):
        pv.grad(rule)(np.ones(3))


def test_jacobian_is_that_of_jax_for_each_array():
    a, b = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2))
    da, db = pv.jacobian(pv.matmul, a, b)
    with jax.enable_x64(True):
        should = jax.jacobian(jnp.matmul, argnums=(0, 1))(a, b)
    assert da.shape == (2, 2, 2, 3)
    np.testing.assert_allclose(da, should[0], rtol=1e-15)
    np.testing.assert_allclose(db, should[1], rtol=1e-15)


def test_jacobian_of_nothing_and_of_a_number():
    assert pv.jacobian(pv.exp, np.ones((0, 2)))[0].shape == (0, 2, 0, 2)
    np.testing.assert_array_equal(pv.jacobian(pv.sum, np.array([1.0, 2.0]))[0], [1, 1])
    (of_number,) = pv.jacobian(pv.exp, np.float64(1))
    assert (of_number.shape, float(of_number)) == ((), np.e)
    with pytest.raises(TypeError, match="value is a list of 1, but should get one array"):
        pv.jacobian(lambda x: ([x], None), np.ones(2))


def test_stop_gradient_stops_it():
    x = np.array([1.0, 2.0])
    value, vjp = pv.stop_gradient(x)
    assert not np.shares_memory(value, x)
    np.testing.assert_array_equal(vjp(np.ones(2))[0], [0, 0])
    with pytest.raises(ValueError, match="stop_gradient_vjp got u of shape"):
        vjp(np.ones(3))


@pytest.mark.parametrize(
    ("pullback", "fault"),
    [
        (lambda _x, u: u * 2, r"returned float64\[2\], but should return a tuple of 1"),
        (lambda _x, u: (u * 2, u), "returned a tuple of 2, but should return a tuple of 1"),
        (lambda _x, u: (u[:1] * 2,), r"returned a cotangent float64\[1\], but should return float64\[2\]"),
        (
            lambda _x, u: ((u * 2).astype(np.float32),),
            r"returned a cotangent float32\[2\], but should return float64\[2\]",
        ),
        (lambda _x, u: ([u * 2],), "a cotangent has another tree than it should"),
        (lambda _x, u: (u,), "shares memory with an argument, u, the value or another"),
        (lambda x, u: (np.multiply(u, 2, out=x),), "wrong_vjp writes to an argument"),
        (lambda _x, u: (u * RNG.normal(),), "returned something else when it was called again"),
    ],
)
def test_checked_says_how_a_rule_breaks_the_contract(pullback, fault):
    def wrong(x, /):
        return 2 * x, lambda u: pullback(x, u)

    _, vjp = pv.checked(wrong)(np.array([1.0, 2.0]))
    with pytest.raises((TypeError, ValueError), match=fault):
        vjp(np.array([3.0, 4.0]))


def test_checked_lets_right_rules_be():
    for rule, xs, static in [(pv.softmax, (X,), {"axis": 0}), (pv.mlp, (X, W), {}), (pv.concatenate, ([X, X],), {})]:
        value, vjp = pv.checked(rule)(*xs, **static)
        plain, plain_vjp = rule(*xs, **static)
        np.testing.assert_array_equal(value, plain)
        u = np.ones_like(value)
        for got, should in zip(pv.tree_leaves(vjp(u)), pv.tree_leaves(plain_vjp(u)), strict=True):
            np.testing.assert_array_equal(got, should)
    with pytest.raises(ValueError, match=r"softmax_vjp got u of shape \(3,\), but should get \(5, 3\)"):
        pv.checked(pv.softmax)(X)[1](np.ones(3))


def buffered(y):
    """A pullback that writes each answer over the one before."""
    buffer = np.empty_like(y)
    return lambda u: (np.multiply(u, 2, out=buffer),)


def counting(last):
    """A pullback that changes after so many calls, and stays so."""

    def of(_y):
        calls = []

        def vjp(u):
            calls.append(u)
            return (u * (2.0 if len(calls) <= last else 3.0),)

        return vjp

    return of


@pytest.mark.parametrize(
    ("pullback", "fault"),
    [
        (buffered, "wrong_vjp returned a cotangent that shares memory with its earlier answer"),
        (lambda y: lambda _u: (y,), "shares memory with an argument, u, the value or another"),
        *((counting(last), "returned something else when it was called again") for last in (1, 2, 3)),
    ],
    ids=["buffer", "value", "second call", "third call", "fourth call"],
)
def test_checked_sees_what_a_pullback_does_to_its_other_answers(pullback, fault):
    def wrong(x, /):
        y = 2 * x
        return y, pullback(y)

    _, vjp = pv.checked(wrong)(np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match=fault):
        list(map(vjp, np.array([[3.0, 4.0], [5.0, 6.0]])))


def test_checked_lets_answers_be_changed_by_who_got_them():
    u = np.ones(3)
    _, vjp = pv.checked(pv.exp)(np.zeros(3))
    (dx,) = vjp(u)
    dx *= 7
    u *= 2
    np.testing.assert_array_equal(vjp(u)[0], [2, 2, 2])


def test_checked_takes_as_u_what_rules_take():
    x = np.array([1, 2, 4], np.float32)
    _, vjp = pv.checked(pv.mse)(x, np.zeros_like(x))
    for u in (1.0, 1, np.float32(1)):
        assert vjp(u)[0].dtype == np.float32
    with pytest.raises(TypeError, match="mse_vjp got u of dtype float64, but should get float32"):
        vjp(np.float64(1))
    for rule, static in ((pv.split, {"indices_or_sections": 3}), (pv.svd, {})):
        value, vjp = pv.checked(rule)(np.diag([1.0, 2.0, 4.0]), **static)
        us = [np.ones_like(y) for y in value]
        np.testing.assert_array_equal(vjp(us)[0], vjp(tuple(us))[0])


def test_checked_takes_a_partial():
    value, vjp = pv.checked(functools.partial(pv.sum, axis=0))(np.ones((2, 3)))
    assert value.tolist() == [2, 2, 2]
    with pytest.raises(ValueError, match="sum_vjp got u of shape"):
        vjp(np.ones(2))
