"""Optimisers and schedules, step by step beside those of optax, in float64 and float32."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from purevjp import optimizer, schedule
from purevjp.tree import tree_leaves, tree_map

STEPS = 12
DECAYS = {"w": [True, False], "b": (True,)}

PAIRS = {
    "sgd": (optimizer.sgd, {}, optax.sgd, {}),
    "momentum": (optimizer.momentum, {"decay": 0.8}, optax.sgd, {"momentum": 0.8}),
    "nesterov": (optimizer.nesterov, {"decay": 0.8}, optax.sgd, {"momentum": 0.8, "nesterov": True}),
    "rmsprop": (
        optimizer.rmsprop,
        {"decay": 0.7, "epsilon": 1e-3},
        optax.rmsprop,
        {"decay": 0.7, "eps": 1e-3, "eps_in_sqrt": False},
    ),
    "adam": (
        optimizer.adam,
        {"beta1": 0.7, "beta2": 0.95, "epsilon": 1e-3},
        optax.adam,
        {"b1": 0.7, "b2": 0.95, "eps": 1e-3},
    ),
    "adam, defaults": (optimizer.adam, {}, optax.adam, {}),
    "adamw": (optimizer.adamw, {"decay": 0.1}, optax.adamw, {"weight_decay": 0.1}),
    "adamw, some": (
        optimizer.adamw,
        {"decay": 0.1, "decays": DECAYS},
        optax.adamw,
        {"weight_decay": 0.1, "mask": DECAYS},
    ),
}

SCHEDULES = {
    "constant": (schedule.constant(0.05), optax.constant_schedule(0.05)),
    "linear": (schedule.linear(0.1, 0.02, 7), optax.linear_schedule(0.1, 0.02, 7)),
    "cosine": (schedule.cosine(0.1, 9, end=0.01), optax.cosine_decay_schedule(0.1, 9, alpha=0.1)),
    "warm-up, cosine": (
        schedule.warm_up(schedule.cosine(0.1, 6), 4, start=0.01),
        optax.warmup_cosine_decay_schedule(0.01, 0.1, 4, 10),
    ),
}


def trees(dtype):
    rng = np.random.default_rng(0)
    shapes = {"w": [(3, 2), (1, 4)], "b": ((5,),)}
    draw = lambda: {
        key: of.__class__(rng.normal(size=shape).astype(dtype) for shape in of) for key, of in shapes.items()
    }
    return draw(), [draw() for _ in range(STEPS)]


def pairs(got, should):
    """The arrays of two trees, by key: jax sorts the keys."""
    return [
        (a, np.asarray(b)) for key in got for a, b in zip(tree_leaves(got[key]), tree_leaves(should[key]), strict=True)
    ]


def ours(step, options, params, gradients, rate):
    state = None
    for g in gradients:
        before = tree_map(np.array, (params, g))
        new, state = step(params, g, state, rate=rate, **options)
        assert all(map(np.array_equal, tree_leaves((params, g)), tree_leaves(before))), "an argument was changed"
        params = new
        yield params


def theirs(maker, options, params, gradients, rate):
    with jax.enable_x64(True):
        transform = maker(rate, **options)
        params = jax.tree.map(jnp.asarray, params)
        state = transform.init(params)
        for g in gradients:
            updates, state = transform.update(jax.tree.map(jnp.asarray, g), state, params)
            params = optax.apply_updates(params, updates)
            yield params


def assert_same_path(step, options, maker, their_options, rates=(0.05, 0.05), dtype=np.float64):
    params, gradients = trees(dtype)
    one = ours(step, options, params, gradients, rates[0])
    other = theirs(maker, their_options, params, gradients, rates[1])
    limit = 64 * float(np.finfo(dtype).eps)
    for number, (got, should) in enumerate(zip(one, other, strict=True)):
        for a, b in pairs(got, should):
            assert a.dtype == dtype, f"step {number} gives {a.dtype}, but should give {np.dtype(dtype)}"
            np.testing.assert_allclose(a, b, rtol=limit, atol=limit, err_msg=f"step {number}")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PAIRS)
def test_every_step_is_that_of_optax(name, dtype):
    assert_same_path(*PAIRS[name], dtype=dtype)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_are_those_of_optax(name):
    got, should = SCHEDULES[name]
    with jax.enable_x64(True):
        np.testing.assert_allclose([got(i) for i in range(15)], [float(should(i)) for i in range(15)], rtol=1e-14)
    in_float64 = lambda count: should(count.astype(jnp.float64))  # of an int32, optax has float32 rates
    for step in ("sgd", "adamw"):
        assert_same_path(*PAIRS[step], rates=(got, in_float64))


@pytest.mark.parametrize("limit", [0.5, 100.0])
def test_clipping_is_that_of_optax(limit):
    _, (gradients, *_) = trees(np.float64)
    clipped = [
        (optimizer.clip(gradients, limit), optax.clip(limit)),
        (optimizer.clip_by_global_norm(gradients, limit), optax.clip_by_global_norm(limit)),
    ]
    with jax.enable_x64(True):
        for got, transform in clipped:
            at = jax.tree.map(jnp.asarray, gradients)
            should, _ = transform.update(at, transform.init(at))
            for a, b in pairs(got, should):
                np.testing.assert_allclose(a, b, rtol=1e-15)
    assert optimizer.global_norm(gradients) > 1


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"])
def test_a_gradient_that_does_not_fit_is_refused(name):
    step = getattr(optimizer, name)
    for p, g in (((3, 1), 3), (3, ()), (1, 3), (3, (2, 3)), ((3, 1), 3)):
        with pytest.raises(ValueError, match=r"got a gradient of shape .* for params of shape"):
            step({"b": np.zeros(p)}, {"b": np.ones(g)}, rate=0.1)
    with pytest.raises(TypeError, match="got a gradient of dtype float64 for params of float32"):
        step(np.zeros(2, "f"), np.ones(2), rate=0.1)


@pytest.mark.parametrize("name", ["momentum", "nesterov", "adam"])
def test_a_gradient_may_be_overwritten_after_a_step(name):
    def trained(buffer):
        params, state, g = np.zeros(1), None, np.zeros(1)
        for k in range(3):
            if buffer:
                g[:] = k + 1.0
            else:
                g = np.array([k + 1.0])
            params, state = getattr(optimizer, name)(params, g, state, rate=0.1)
        return params

    assert trained(True) == trained(False)


def test_the_state_of_another_optimiser_is_refused():
    _, of_adam = optimizer.adam(np.zeros(1), np.ones(1), rate=0.1)
    _, of_sgd = optimizer.sgd(np.zeros(1), np.ones(1), rate=0.1)
    for name, state in (("momentum", of_adam), ("rmsprop", of_adam), ("sgd", of_adam), ("adam", of_sgd)):
        with pytest.raises(ValueError, match=rf"^{name} got a state of {len(state)} parts, but should get its own"):
            getattr(optimizer, name)(np.zeros(1), np.ones(1), state, rate=0.1)


def test_schedules_meet_their_ends_exactly():
    for make in (lambda: schedule.cosine(1e-2, 900, 1e-3), lambda: schedule.linear(1e-2, 1e-3, 900)):
        assert (make()(0), make()(900)) == (1e-2, 1e-3)
        assert schedule.warm_up(make(), 100)(100) == 1e-2
    assert schedule.warm_up(0.1, 10)(10) == 0.1


def test_bad_numbers_are_named():
    with pytest.raises(ValueError, match="rate is nan at step 0"):
        optimizer.sgd(np.ones(1), np.ones(1), rate=float("nan"))
    with pytest.raises(ValueError, match=r"rate is -1\.0 at step 1"):
        optimizer.adam(np.ones(1), np.ones(1), (1, np.ones(1), np.ones(1)), rate=lambda step: -float(step))
    for clipping in (optimizer.clip, optimizer.clip_by_global_norm):
        with pytest.raises(ValueError, match=r"clip\w* got limit 0, but should"):
            clipping([np.ones(1)], 0)
    with pytest.raises(ValueError, match="cosine got 0 steps"):
        schedule.cosine(0.1, 0)
    with pytest.raises(ValueError, match="warm_up got 0 steps"):
        schedule.warm_up(0.1, 0)
    for rate in (None, "0.1", lambda _step: None):
        with pytest.raises(TypeError, match=r"the rate is .* at step 0, but should be a number"):
            optimizer.sgd(np.ones(1), np.ones(1), rate=rate)
    for options in ({"beta1": 1.0}, {"beta2": 1.5}, {"epsilon": -1.0}):
        with pytest.raises(ValueError, match=rf"adam got {next(iter(options))} "):
            optimizer.adam(np.ones(1), np.ones(1), rate=0.1, **options)
    with pytest.raises(ValueError, match="trees that differ"):
        optimizer.adam([np.ones(1)], (np.ones(1),), rate=0.1)
