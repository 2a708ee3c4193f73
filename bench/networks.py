"""Networks beside jitted JAX and eager PyTorch: tokens per second and peak memory of a small GPT; what a step costs.

The GPT is that of `bench models`: 4 blocks, width 64, 4 heads in 2 groups, sequences of 64 bytes, batch 16, float32,
Adam. Each library gets the same arrays and makes the same step; all run in turns on the same threads.
"""

import itertools
import os
import subprocess
import sys
import tracemalloc

import numpy as np

import purevjp as pv
from bench import clock
from bench.models import BATCH, GPT, SEQUENCE, VOCABULARY, WIDTH, gpt_params, mse_to, text, windows_of
from purevjp import model, optimizer
from purevjp.combinator import chain, lift, objective, remat, then, tied
from purevjp.initializer import init_dense
from purevjp.layer import dense, embedding, first_dense, transformer_block
from purevjp.tree import tree_map

RATE = 1e-3
PEAK = """
import re, sys
from bench.networks import STEPS, arguments
def of(name):
    return int(re.search(name + r":\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
step = STEPS[sys.argv[1]](*arguments())
open("/proc/self/clear_refs", "w").write("5")
before = of("VmRSS")
for _ in range(3):
    step()
print(of("VmHWM") - before)
"""


def arguments():
    """Params, tokens and labels."""
    return gpt_params(np.float32), *windows_of(text(), np.random.default_rng(0))


def purevjp_step(params, x, labels):
    """A step of purevjp, whose state goes on."""
    loss = objective(model.gpt(**GPT), pv.cross_entropy)
    state = [params, None]

    def step():
        value, vjp = loss(state[0], x, labels=labels, reduction="mean")
        state[:] = optimizer.adam(state[0], vjp(1.0)[0], state[1], rate=RATE)
        return value

    return step


def jax_step(params, x, labels):
    """The twin's, jitted; old params and state are donated."""
    import jax
    import jax.numpy as jnp
    import optax

    from oracle import network as twin

    transform = optax.adam(RATE)

    def update(params, state, x, labels):
        value, gradients = jax.value_and_grad(lambda p: twin.cross_entropy(twin.gpt(p, x, **GPT), labels))(params)
        updates, state = transform.update(gradients, state, params)
        return value, optax.apply_updates(params, updates), state

    params = jax.tree.map(jnp.array, params)
    state = [params, transform.init(params)]

    def batch():
        return jnp.asarray(x, jnp.int32), jnp.asarray(labels, jnp.int32)

    update = jax.jit(update, donate_argnums=(0, 1)).lower(*state, *batch()).compile()

    def step():
        value, *state[:] = update(*state, *batch())
        jax.block_until_ready(state)
        return value

    return step


def torch_step(params, x, labels):
    """The same in PyTorch, eager, with its own attention, normalisation, activation and Adam."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    leaves = tree_map(lambda p: torch.tensor(p, requires_grad=True), params)
    heads, groups = GPT["heads"], GPT["groups"]
    d = WIDTH // heads
    angle = torch.arange(SEQUENCE)[:, None] * 10000.0 ** (-torch.arange(d // 2) * 2 / d)
    cos, sin = torch.cos(angle), torch.sin(angle)

    def turned(q):
        a, b = q[..., : d // 2], q[..., d // 2 :]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    def norm(x, pair):
        return functional.layer_norm(x, (WIDTH,), *pair)

    def block(x, of):
        mix, rest = of["attention"], of["perceptron"]
        qkv = functional.linear(norm(x, mix["norm"]), mix["mix"]["qkv"]).reshape(BATCH, SEQUENCE, -1, d).transpose(1, 2)
        both, v = turned(qkv[:, : heads + groups]), qkv[:, heads + groups :]
        y = functional.scaled_dot_product_attention(
            both[:, :heads], both[:, heads:], v, is_causal=True, enable_gqa=True
        )
        x = x + functional.linear(y.transpose(1, 2).reshape(BATCH, SEQUENCE, WIDTH), mix["mix"]["out"])
        hidden = functional.gelu(functional.linear(norm(x, rest["norm"]), *rest["up"]), approximate="tanh")
        return x + functional.linear(hidden, *rest["down"])

    def loss(x, labels):
        h = functional.embedding(x, leaves["embedding"])
        for i in range(GPT["blocks"]):
            h = block(h, leaves[f"block{i}"])
        logits = functional.linear(norm(h, leaves["norm"]), leaves["embedding"])
        return functional.cross_entropy(logits.reshape(-1, VOCABULARY), labels.reshape(-1))

    transform = torch.optim.Adam(pv.tree_leaves(leaves), lr=RATE)

    def step():
        transform.zero_grad()
        value = loss(torch.from_numpy(x), torch.from_numpy(labels))
        value.backward()
        transform.step()
        return float(value.detach())

    return step


STEPS = {"purevjp": purevjp_step, "JAX, jitted": jax_step, "PyTorch, eager": torch_step}


def print_gpt(where):
    """Tokens per second of all, as ratios."""
    steps = {name: make(*arguments()) for name, make in STEPS.items()}
    losses = {name: [float(step()) for _ in range(5)] for name, step in steps.items()}
    apart = max(abs(losses[name][-1] / losses["purevjp"][-1] - 1) for name in losses)
    if not apart < 1e-3:
        sys.exit(f"bench: the GPTs do not train alike: {losses}")
    seconds = clock.medians(steps, rounds=20, calls=1)
    tokens = BATCH * SEQUENCE / seconds["purevjp"]
    print(f"training step of a small GPT, float32, {where}: {tokens:.0f} tokens per second")
    for name, other in seconds.items():
        if name != "purevjp":
            print(f"  {name:<16}{seconds['purevjp'] / other:5.2f} times as many", flush=True)


def print_memory():
    """Peak memory of a step over what was there before, each in a process of its own."""
    peaks = {}
    for name in STEPS:
        done = subprocess.run([sys.executable, "-c", PEAK, name], capture_output=True, text=True, check=True)
        peaks[name] = float(done.stdout.split()[-1])
    print(f"peak memory of three such steps, beyond params and batch: {peaks['purevjp']:.0f} MiB")
    for name in list(peaks)[1:]:
        print(f"  {name:<16}{peaks[name] / peaks['purevjp']:5.2f} times as much", flush=True)


def products(sizes, batch, dtype):
    """The matrix products of a training step alone, in memory that is there: three per layer, two in the first."""
    rng = np.random.default_rng(0)
    work = []
    for n, m in itertools.pairwise(sizes):
        x, w, u = (rng.normal(size=shape).astype(dtype) for shape in ((batch, n), (m, n), (batch, m)))
        work += [(x, w.T, np.empty_like(u)), (u.T, x, np.empty_like(w)), (u, w, np.empty_like(x))]
    needed = [*work[:2], *work[3:]]

    def step():
        for a, b, out in needed:
            np.dot(a, b, out=out)

    return step


def mlp_step(sizes, batch, dtype):
    """A training step of a perceptron with relu and biases."""
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(batch, n)).astype(dtype) for n in (sizes[0], sizes[-1]))
    params = tuple(init_dense(rng, n, m, dtype=dtype) for n, m in itertools.pairwise(sizes))
    hidden = (then(dense, pv.relu),) * (len(sizes) - 3)
    loss = objective(chain(then(first_dense, pv.relu), *hidden, dense), mse_to)

    def step():
        _, vjp = loss(params, x, y=y)
        return optimizer.sgd(params, vjp(1.0)[0], None, rate=1e-3)

    return step


def print_products():
    """A training step over the products that it needs."""
    for dtype in (np.float32, np.float64):
        for width in (256, 512, 1024):
            sizes = (width,) * 4
            steps = {"step": mlp_step(sizes, 256, dtype), "products": products(sizes, 256, dtype)}
            seconds = clock.medians(steps, rounds=25, calls=2)
            ratio = seconds["step"] / seconds["products"]
            print(f"step over its products, 3 layers of {width}, batch 256, {np.dtype(dtype)}: {ratio:.2f}", flush=True)


def print_remat():
    """What a stack of blocks keeps and costs, with and without remat."""
    plain = transformer_block(heads=GPT["heads"], groups=GPT["groups"])
    found = {}
    for name, block in (("kept", plain), ("rematerialised", remat(plain))):
        stack = {f"block{i}": block for i in range(GPT["blocks"])}
        whole = chain(embedding=embedding, **stack, norm=lift(pv.layer_norm), head=lift(pv.linear))
        loss = objective(tied(whole, {"head": "embedding"}), pv.cross_entropy)
        params, x, labels = arguments()

        def step(loss=loss, params=params, x=x, labels=labels):
            return loss(params, x, labels=labels, reduction="mean")[1](1.0)

        tracemalloc.start()
        step()
        found[name] = tracemalloc.get_traced_memory()[1], step
        tracemalloc.stop()
    seconds = clock.medians({name: step for name, (_, step) in found.items()}, rounds=10, calls=1)
    (most, _), (least, _) = found["kept"], found["rematerialised"]
    time = seconds["rematerialised"] / seconds["kept"]
    peaks = f"peak {least / 2**20:.0f} in place of {most / 2**20:.0f} MiB"
    print(f"remat of each block of the GPT: {peaks}, {time:.2f} times the time")


def print_networks(where):
    """All of it."""
    print_gpt(where)
    print_products()


if __name__ == "__main__":
    print_networks("all on one core")
