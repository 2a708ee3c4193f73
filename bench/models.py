"""Networks trained for real: digits by LeNet, the adding problem by an LSTM, a small GPT beside its twin in JAX."""

import inspect
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

import purevjp as pv
from oracle import network as twin
from purevjp import model, optimizer, schedule
from purevjp.combinator import objective
from purevjp.tree import tree_leaves, tree_map

GPT = {"blocks": 4, "heads": 4, "groups": 2}
VOCABULARY, WIDTH, SEQUENCE, BATCH = 256, 64, 64, 16


def digits(dtype=np.float32):
    """Train and test images (b, 1, 8, 8) and labels of scikit-learn's digits: a fifth is for the test, by class."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    images = (images.reshape(-1, 1, 8, 8) / 16).astype(dtype)
    return train_test_split(images, labels, test_size=0.2, random_state=0, stratify=labels)


def shifted(x, rng):
    """Images moved by up to one pixel in each direction."""
    around = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    moves = rng.integers(0, 3, (len(x), 2))
    return np.stack([image[:, i : i + 8, j : j + 8] for image, (i, j) in zip(around, moves, strict=True)])


def train_digits(epochs=40, seed=0, batch=64):
    """Test accuracy of LeNet; the last epoch's weights, no choice among epochs."""
    x, x_test, labels, labels_test = digits()
    rng = np.random.default_rng(seed)
    params = model.init_lenet(rng, image=(1, 8, 8), classes=10, dtype=np.float32)
    network = model.lenet()
    loss, state = objective(network, pv.cross_entropy), None
    steps = epochs * -(-len(x) // batch)
    rate = schedule.warm_up(schedule.cosine(2e-3, steps - steps // 20), max(steps // 20, 1))
    for _ in range(epochs):
        for index in pv.batches(len(x), batch, rng):
            _, vjp = loss(params, shifted(x[index], rng), labels=labels[index], reduction="mean")
            params, state = optimizer.adamw(params, vjp(1.0)[0], state, rate=rate, decay=0.05)
    logits, _ = network(params, x_test)
    return float(np.mean(logits.argmax(-1) == labels_test))


def adding(rng, n, length=50):
    """Sequences of pairs (number in [0, 1], mark) with two marks; the sum of the marked numbers."""
    x = np.zeros((n, length, 2), np.float32)
    x[:, :, 0] = rng.random((n, length))
    first, second = rng.integers(0, length // 2, n), rng.integers(length // 2, length, n)
    rows = np.arange(n)
    x[rows, first, 1] = x[rows, second, 1] = 1
    return x, (x[:, :, 0] * x[:, :, 1]).sum(1, keepdims=True)


def mse_to(y_pred, /, *, y):
    """Mean squared error to a target that has no cotangent."""
    value, mse_vjp = pv.mse(y_pred, y)

    def mse_to_vjp(u):
        return mse_vjp(u)[:1]

    return value, mse_to_vjp


def train_adding(steps=4000, seed=0, units=64, batch=64, length=50):
    """Mean squared error on 2000 fresh sequences, and that of always saying 1."""
    rng = np.random.default_rng(seed)
    network = model.recurrent_model("lstm")
    params = model.init_recurrent_model(rng, 2, units, 1, kind="lstm", dtype=np.float32)
    loss, state = objective(network, mse_to), None
    rate = schedule.warm_up(schedule.cosine(5e-3, steps), max(steps // 50, 1))
    for _ in range(steps):
        x, y = adding(rng, batch, length)
        _, vjp = loss(params, x, y=y)
        gradients = optimizer.clip_by_global_norm(vjp(1.0)[0], 1.0)
        params, state = optimizer.adam(params, gradients, state, rate=rate)
    x, y = adding(np.random.default_rng(seed + 1), 2000, length)
    return float(np.mean((network(params, x)[0] - y) ** 2)), float(np.mean((1 - y) ** 2))


def text():
    """The docstrings of all rules, as bytes."""
    parts = [inspect.getdoc(getattr(pv, name)) or "" for name in sorted(dir(pv)) if callable(getattr(pv, name))]
    return np.frombuffer("\n\n".join(parts).encode(), np.uint8).astype(np.int64)


def windows_of(tokens, rng, batch=BATCH, length=SEQUENCE):
    """Sequences, and the same one token further."""
    starts = rng.integers(0, len(tokens) - length - 1, batch)
    rows = tokens[starts[:, None] + np.arange(length + 1)]
    return rows[:, :-1], rows[:, 1:]


def gpt_params(dtype, seed=0, sizes=GPT):
    """Initial params of the small GPT."""
    return model.init_gpt(np.random.default_rng(seed), vocabulary=VOCABULARY, width=WIDTH, dtype=dtype, **sizes)


def gpt_curve(steps, dtype=np.float64, rate=1e-3, seed=0, sizes=GPT):
    """The loss before each step, of purevjp."""
    rng, tokens = np.random.default_rng(seed + 1), text()
    params, state = gpt_params(dtype, seed, sizes), None
    loss = objective(model.gpt(**sizes), pv.cross_entropy)
    losses = []
    for _ in range(steps):
        x, labels = windows_of(tokens, rng)
        value, vjp = loss(params, x, labels=labels, reduction="mean")
        losses.append(float(value))
        params, state = optimizer.adam(params, vjp(1.0)[0], state, rate=rate)
    return np.array(losses), params


def twin_curve(steps, dtype=np.float64, rate=1e-3, seed=0, sizes=GPT):
    """The same of the twin in JAX with optax, by the same weights and batches."""
    rng, tokens = np.random.default_rng(seed + 1), text()
    with jax.enable_x64(np.dtype(dtype) == np.float64):
        params = jax.tree.map(jnp.asarray, gpt_params(dtype, seed, sizes))
        transform = optax.adam(rate)
        state, losses = transform.init(params), []

        @jax.jit
        def step(params, state, x, labels):
            value, gradients = jax.value_and_grad(lambda p: twin.cross_entropy(twin.gpt(p, x, **sizes), labels))(params)
            updates, state = transform.update(gradients, state, params)
            return value, optax.apply_updates(params, updates), state

        for _ in range(steps):
            value, params, state = step(params, state, *map(jnp.asarray, windows_of(tokens, rng)))
            losses.append(float(value))
        return np.array(losses), jax.device_get(params)


def print_models():
    """The figures, each with the time it took."""
    start = time.perf_counter()

    def say(line):
        print(f"{line}  ({time.perf_counter() - start:.0f} s)", flush=True)

    accuracies = [100 * train_digits(seed=seed) for seed in range(5)]
    say(
        f"digits, LeNet: test accuracy {np.mean(accuracies):.2f} %, from {min(accuracies):.2f} to {max(accuracies):.2f}"
    )
    error, guess = train_adding()
    say(f"adding problem, length 50, LSTM: mean squared error {error:.5f}; saying 1 has {guess:.3f}")
    (ours, params), (theirs, their_params) = gpt_curve(200), twin_curve(200)
    apart = np.abs(ours / theirs - 1)
    count = sum(p.size for p in tree_leaves(params))
    say(f"GPT, {count} params: loss {ours[0]:.4f} at first, {ours[-1]:.4f} after 200 steps")
    say(f"  beside the JAX twin: {apart[0]:.1e} apart at step 1, {apart.max():.1e} at worst in 200 steps")
    differences = tree_map(lambda a, b: np.max(np.abs(a - b)), params, {key: their_params[key] for key in params})
    say(f"  params are {max(tree_leaves(differences)):.1e} apart at the end")
