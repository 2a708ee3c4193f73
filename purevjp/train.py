"""Training by stochastic gradients, as pure functions: nothing the caller passes is changed."""

import functools
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from purevjp.aliases import Array, ArrayLike, Tree, TreePullback
from purevjp.mlp import mlp_loss
from purevjp.tree import tree_leaves, tree_map

__all__ = ["adam", "adam_step", "batches", "sgd", "sgd_step"]

History: TypeAlias = dict[str, list[float]]
Loss: TypeAlias = Callable[..., tuple[Array, TreePullback]]
Rate: TypeAlias = float | Callable[[int], float]
Step: TypeAlias = Callable[..., tuple[Tree, Any]]


def batches(n: int, batch: int, rng: "np.random.Generator") -> Iterator[Array]:
    """One epoch: the indices 0 to n − 1 once each, shuffled, in batches; the last one may be smaller.

    Errors  ValueError on a batch below one, TypeError on an rng that is no numpy.random.Generator.

    >>> sorted(len(index) for index in batches(5, 2, np.random.default_rng(0)))
    [1, 2, 2]
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"batches got rng as {rng.__class__.__name__}, but should get a numpy.random.Generator")
    if batch < 1:
        raise ValueError(f"batches got batch {batch}, but should get 1 or more")
    order = rng.permutation(n)
    return (order[start : start + batch] for start in range(0, n, batch))


def sgd_step(params: Tree, gradients: Tree, velocity: Tree, *, rate: float, momentum: float = 0.0) -> tuple[Tree, Tree]:
    """One step of stochastic gradient descent: v ← momentum v + g, p ← p − rate v.

    Errors  ValueError or TypeError when a gradient has not the shape or dtype of its params: nothing is broadcast.

    >>> sgd_step(np.array([1.0]), np.array([2.0]), None, rate=0.1)
    (array([0.8]), array([2.]))
    """
    if momentum and velocity is not None:
        gradients = tree_map(lambda v, g: momentum * v + fitting(v, g, "momentum"), velocity, gradients)
    elif momentum:
        gradients = tree_map(np.array, gradients)
    return tree_map(functools.partial(moved, rate=rate), params, gradients), gradients


def fitting(p: Array, g: Array, optimizer: str) -> Array:
    """A gradient of some params, if it is one.

    Errors  ValueError on another shape, TypeError on another dtype.
    """
    if np.shape(p) != np.shape(g):
        raise ValueError(f"{optimizer} got a gradient of shape {np.shape(g)} for params of shape {np.shape(p)}")
    if np.result_type(p) != np.result_type(g):
        raise TypeError(f"{optimizer} got a gradient of dtype {np.result_type(g)} for params of {np.result_type(p)}")
    return g


def moved(p: Array, g: Array, *, rate: float) -> Array:
    """p − rate g, with memory for the result alone."""
    step = np.multiply(fitting(p, g, "sgd"), rate)
    return np.subtract(p, step, out=step if isinstance(step, np.ndarray) and step.dtype == np.result_type(p) else None)


def adam_step(
    params: Tree,
    gradients: Tree,
    state: tuple[int, Tree, Tree] | None,
    *,
    rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Tree, tuple[int, Tree, Tree]]:
    """One step of Adam: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², p ← p − rate m̂ / (√v̂ + ε).

    m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ). Source: Kingma & Ba 2015 (arXiv 1412.6980).

    >>> params, state = adam_step(np.array([1.0]), np.array([2.0]), None, rate=0.1)
    >>> params
    array([0.9])
    """
    t, m, v = state or (0, *(tree_map(np.zeros_like, params),) * 2)
    t += 1
    m = tree_map(lambda m, g: beta1 * m + (1 - beta1) * fitting(m, g, "adam"), m, gradients)
    v = tree_map(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, gradients)
    size, spread = rate / (1 - beta1**t), math.sqrt(1 - beta2**t)
    return tree_map(lambda p, m, v: p - size * m / (np.sqrt(v) / spread + epsilon), params, m, v), (t, m, v)


def sgd(
    params: Tree,
    x: ArrayLike,
    y: ArrayLike,
    *,
    rate: Rate,
    epochs: int,
    rng: "np.random.Generator",
    batch: int = 1,
    momentum: float = 0.0,
    decay: float = 0.0,
    loss: Loss = mlp_loss,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    on_epoch: Callable[[Tree, History], None] | None = None,
) -> tuple[Tree, History]:
    """Stochastic gradient descent over shuffled epochs; one sample at a time unless `batch` says more.

    Value     the trained params, and a history: "batch", the mean loss of each batch before its step; "train" and
              "validation", the mean loss over all samples before the first epoch and after each
    Shapes    x: (b, n), y: (b, m); validation: such a pair
    Units     `rate`, a number or a schedule of steps (`schedule.py`), multiplies the gradient of the batch's mean loss;
              in epoch e (from 0) it is rate / (1 + decay e)
    Errors    FloatingPointError when a loss is not finite, naming step, rate and batch; ValueError on bad options
    Warns     when the initial weights are constant, and when an epoch moves no weight in the last place

    `loss(x, y, params, reduction="mean")` is any rule of that form; `on_epoch(params, history)` follows each epoch.
    """
    step = functools.partial(sgd_step, momentum=float(momentum))
    if not 0 <= momentum < 1:
        raise ValueError(f"sgd got momentum {momentum}, but should get 0 ≤ momentum < 1")
    return train(step, params, x, y, rate, epochs, rng, batch, decay, loss, validation, on_epoch)


def adam(
    params: Tree,
    x: ArrayLike,
    y: ArrayLike,
    *,
    rate: Rate,
    epochs: int,
    rng: "np.random.Generator",
    batch: int = 32,
    decay: float = 0.0,
    loss: Loss = mlp_loss,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    on_epoch: Callable[[Tree, History], None] | None = None,
) -> tuple[Tree, History]:
    """Adam over shuffled epochs; arguments, value, errors and warnings are those of `sgd`."""
    return train(adam_step, params, x, y, rate, epochs, rng, batch, decay, loss, validation, on_epoch)


def train(
    step: Step,
    params: Tree,
    x: ArrayLike,
    y: ArrayLike,
    rate: Rate,
    epochs: int,
    rng: "np.random.Generator",
    batch: int,
    decay: float,
    loss: Loss,
    validation: tuple[ArrayLike, ArrayLike] | None,
    on_epoch: Callable[[Tree, History], None] | None,
) -> tuple[Tree, History]:
    """The loop that `sgd` and `adam` share."""
    x, y = np.asarray(x), np.asarray(y)
    check_options(len(x), len(y), rate, epochs, batch, decay)
    warn_if_constant(params)
    params, state = tree_map(np.array, params), None
    history: History = {"batch": [], "train": [], "validation": []}
    samples = {"train": (x, y)} | ({} if validation is None else {"validation": pair(validation)})
    step_number = 0

    def record(rate: float) -> None:
        for name, (inputs, targets) in samples.items():
            try:
                value, _ = loss(inputs, targets, params, reduction="mean")
            except ValueError as error:
                raise ValueError(f"{error} (on the {name} samples)") from error
            if not math.isfinite(value):
                raise diverged(value, step_number, rate, f"all of {name}")
            history[name].append(float(value))

    with np.errstate(over="ignore", invalid="ignore"):
        record(rate_at(rate, 0))
        for epoch in range(epochs):
            before = params
            for number, index in enumerate(batches(len(x), batch, rng)):
                step_rate = rate_at(rate, step_number) / (1 + decay * epoch)
                value, vjp = loss(x[index], y[index], params, reduction="mean")
                if not math.isfinite(value):
                    raise diverged(value, step_number, step_rate, f"{number} of epoch {epoch} ({len(index)} samples)")
                history["batch"].append(float(value))
                params, state = step(params, vjp(1.0)[-1], state, rate=step_rate)
                step_number += 1
            record(step_rate)
            warn_if_unmoved(before, params, step_rate, epoch)
            if on_epoch:
                on_epoch(params, history)
    return params, history


def rate_at(rate: Rate, step: int) -> float:
    """The rate of a step.

    Errors  TypeError when it is no number, ValueError when it is not finite or below 0.
    """
    given: Any = rate(step) if callable(rate) else rate
    if given is None or isinstance(given, str):
        raise TypeError(f"the rate is {given!r} at step {step}, but should be a number")
    value = float(given)
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"the rate is {value} at step {step}, but should be a finite number from 0 on")
    return value


def diverged(loss: Array, step: int, rate: float, batch: str) -> FloatingPointError:
    """The error that ends a training whose loss is not finite."""
    hint = "try a smaller rate" if step else "look at the data and the initial weights"
    return FloatingPointError(f"the loss is {loss} at step {step}, rate {rate:g}, batch {batch}: {hint}")


def pair(validation: tuple[ArrayLike, ArrayLike]) -> tuple[Array, Array]:
    """The validation samples and their targets as arrays."""
    if not isinstance(validation, list | tuple) or len(validation) != 2:
        raise ValueError("training got validation that is not a pair (x, y)")
    x, y = validation
    return np.asarray(x), np.asarray(y)


def check_options(n: int, n_targets: int, rate: Rate, epochs: int, batch: int, decay: float) -> None:
    """Raise an error that names the option that makes no sense."""
    for name, number in (("epochs", epochs), ("batch", batch)):
        if not isinstance(number, int | np.integer):
            raise ValueError(f"training got {name} {number!r}, but should get a whole number")  # noqa: TRY004 (as others)
    if n == 0 or n != n_targets:
        raise ValueError(f"training got {n} samples and {n_targets} targets, but should get as many, at least one")
    if not callable(rate) and not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"training got rate {rate}, but should get a positive number, or a schedule")
    if epochs < 0 or batch < 1:
        raise ValueError(f"training got {epochs} epochs and batch {batch}, but should get epochs ≥ 0 and batch ≥ 1")
    if not (math.isfinite(decay) and decay >= 0):
        raise ValueError(f"training got decay {decay}, but should get a number from 0 up")


def warn_if_constant(params: Tree) -> None:
    """Warn about a weight matrix of equal entries in a network of several layers."""
    matrices = [p for p in tree_leaves(params) if np.ndim(p) == 2]
    for i, w in enumerate(matrices):
        if len(matrices) > 1 and np.size(w) > 1 and np.ptp(w) == 0:
            warnings.warn(
                f"the initial weight matrix {i} is constant: units that start equal can stay equal, and zeros can keep "
                "the gradients of other layers at zero; draw it with init_mlp",
                stacklevel=4,
            )


def warn_if_unmoved(before: Tree, after: Tree, rate: float, epoch: int) -> None:
    """Warn when not one weight differs, not even in the last place."""
    pairs = list(zip(tree_leaves(before), tree_leaves(after), strict=True))
    matrices = [pair for pair in pairs if np.ndim(pair[0]) == 2]  # biases of zero move at any rate
    if all(np.array_equal(b, a) for b, a in matrices or pairs):
        warnings.warn(
            f"epoch {epoch} changed no weight in the last place: rate {rate:g} is too small, or every gradient is zero",
            stacklevel=4,
        )
