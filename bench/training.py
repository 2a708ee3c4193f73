"""One step of gradient descent on the same network: purevjp, jitted JAX, eager PyTorch, scikit-learn.

Each step gets its batch as NumPy arrays, as in training, and returns or keeps the new weights. No biases, as in the
study; scikit-learn cannot leave its own out.
"""

import jax
import jax.numpy as jnp
import numpy as np
import torch
from sklearn.neural_network import MLPRegressor

import purevjp as pv
from bench.clock import medians

WIDTHS, BATCH, RATE = (9, 64, 64, 1), 32, 0.01


def training_steps():
    """Seconds of a step of purevjp, and of the others by name."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(BATCH, WIDTHS[0])), rng.normal(size=(BATCH, 1))
    weights = pv.init_mlp(WIDTHS, rng)
    with jax.enable_x64(True):
        steps = {
            "purevjp": purevjp_step(weights, x, y),
            "JAX, jitted": jax_step(weights, x, y),
            "PyTorch, eager": torch_step(weights, x, y),
            "scikit-learn": sklearn_step(weights, x, y),
        }
        seconds = medians(steps)
    return seconds.pop("purevjp"), seconds


def purevjp_step(weights, x, y):
    def step():
        value, vjp = pv.mlp_loss(x, y, weights, reduction="mean")
        return value, pv.sgd_step(weights, vjp(1.0)[-1], None, rate=RATE)

    return step


def jax_step(weights, x, y):
    def loss(params, x, y):
        for i, w in enumerate(params):
            x = (jax.nn.relu(x) if i else x) @ w.T
        return 0.5 * jnp.mean((x - y) ** 2)

    @jax.jit
    def update(params, x, y):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        return value, jax.tree.map(lambda p, g: p - RATE * g, params, gradients)

    params = jax.device_put(weights)
    return lambda: jax.block_until_ready(update(params, x, y))


def torch_step(weights, x, y):
    layers = []
    for w in weights:
        layer = torch.nn.Linear(*w.shape[::-1], bias=False, dtype=torch.float64)
        layer.weight.data = torch.tensor(w)
        layers += [torch.nn.ReLU(), layer]
    model = torch.nn.Sequential(*layers[1:])
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)

    def step():
        optimizer.zero_grad()
        value = 0.5 * torch.nn.functional.mse_loss(model(torch.from_numpy(x)), torch.from_numpy(y))
        value.backward()
        optimizer.step()
        return value

    return step


def sklearn_step(weights, x, y):
    """Forward pass, backpropagation and update as `fit` runs them for each batch, without the checks around them."""
    options = {"solver": "sgd", "learning_rate_init": RATE, "momentum": 0, "nesterovs_momentum": False, "alpha": 0}
    model = MLPRegressor(hidden_layer_sizes=WIDTHS[1:-1], **options)
    model.partial_fit(x, y.ravel())
    model.coefs_[:] = [w.T.copy() for w in weights]
    deltas = [np.empty((BATCH, m)) for m in WIDTHS[1:]]
    w_grads, b_grads = [np.empty_like(w) for w in model.coefs_], [np.empty_like(b) for b in model.intercepts_]

    def step():
        activations = [x] + [None] * (len(WIDTHS) - 1)
        value, coefs, intercepts = model._backprop(x, y, None, activations, deltas, w_grads, b_grads)  # noqa: SLF001 (it has no public one)
        model._optimizer.update_params(model.coefs_ + model.intercepts_, coefs + intercepts)  # noqa: SLF001 (it has no public one)
        return value

    return step


def print_steps(where):
    step, others = training_steps()
    print(f"training step of mlp_loss, 9-64-64-1, batch 32, float64, {where}: {step * 1e6:.0f} µs")
    for name, seconds in others.items():
        print(f"  {name:<16}{seconds / step:5.2f}", flush=True)


if __name__ == "__main__":
    print_steps("all on one core")
