"""The judge of networks is judged: wrong combinators and layers are seen, shrink to little, and are printed as code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, find, settings

from oracle import interpreter
from oracle.catalogue import CATALOGUE
from oracle.composition import judged_network
from oracle.reference import evaluated_references, reference
from oracle.verdict import AGREE, FACTOR, KINK, NOT_JUDGED, WRONG, error_ratios
from property_tests.network_strategies import ACTIVATIONS, depth_of, leaves_of, networks, numbers, script_of
from purevjp import activation, diagram
from purevjp.combinator import chain, map_batch, parallel, residual, sum_branches, tied
from purevjp.tree import tree_leaves, tree_map

ROOT = Path(__file__).parents[1]
RNG = np.random.default_rng(0)
DENSE = numbers(RNG, (3, 3)), numbers(RNG, 3)
X, SEQUENCE = numbers(RNG, (2, 3)), numbers(RNG, (2, 3, 3))
CELL = tuple(numbers(RNG, shape) for shape in ((9, 3), (9, 3), (9,), (9,)))


def network(node, params, x, u=None):
    u = numbers(np.random.default_rng(1), np.shape(diagram.layer_of(node)(params, x)[0])) if u is None else u
    return {"node": node, "params": params, "x": x, "u": u}


def without_the_shortcut(layer, shortcut=None):
    right = residual(layer, shortcut)

    def wrong(params, x):
        return right(params, x)[0], layer(params, x)[1]

    return wrong


def of_the_first(*layers):
    """Fan-out that hands back the cotangent of one branch alone."""
    right = sum_branches(*layers)

    def wrong(params, x):
        y, vjp = right(params, x)
        pullbacks = [layer(own, x)[1] for layer, own in zip(layers, params, strict=True)]
        return y, lambda u: (vjp(u)[0], pullbacks[0](u)[1])

    return wrong


def without_a_sum(layer, same):
    right = tied(layer, same)

    def wrong(params, x):
        y, vjp = right(params, x)
        return y, lambda u: (tree_map(lambda d: d / 2, vjp(u)[0]), vjp(u)[1])

    return wrong


def of_the_last_sample(layer):
    right = map_batch(layer)

    def wrong(params, x):
        return right(params, x)[0], lambda u: (layer(params, x[-1])[1](u[-1])[0], right(params, x)[1](u)[1])

    return wrong


def in_the_wrong_order(*layers):
    right = chain(*layers)

    def wrong(params, x):
        y, vjp = right(params, x)
        return y, lambda u: (vjp(u)[0], np.flip(vjp(u)[1], 0))

    return wrong


MUTANTS = {
    "residual without the shortcut": ("residual", without_the_shortcut, network(("residual", ("dense",)), DENSE, X)),
    "fan-out without a sum": ("sum", of_the_first, network(("sum", ("dense",), ("tanh",)), (DENSE, ()), X)),
    "ties without a sum": (
        "tied",
        without_a_sum,
        network(("tied", ("chain", ("dense",), ("dense",)), {"same": {1: 0}}), (DENSE,), X),
    ),
    "map_batch of the last sample": (
        "map_batch",
        of_the_last_sample,
        network(("map_batch", ("dense",)), DENSE, SEQUENCE),
    ),
    "chain in the wrong order": (
        "chain",
        in_the_wrong_order,
        network(("chain", ("tanh",), ("dense",)), ((), DENSE), X),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_combinator_is_seen(name, monkeypatch):
    combinator, wrong, case = MUTANTS[name]
    assert judged_network(case) == (AGREE, [])
    monkeypatch.setitem(diagram.COMBINATORS, combinator, wrong)
    verdict, found = judged_network(case)
    assert verdict == WRONG, name
    assert "dparams" in found[0] or "dx" in found[0]


def test_a_forgotten_state_is_seen(monkeypatch):
    case = network(("gru",), CELL, SEQUENCE)
    assert judged_network(case)[0] == AGREE
    right = diagram.MAKERS["gru"]

    def wrong(**options):
        layer = right(**options)

        def forgetful(params, x):
            y, vjp = layer(params, x)
            steps = [layer(params, x[:, t : t + 1])[1] for t in range(x.shape[1])]
            return y, lambda u: (vjp(u)[0], np.concatenate([s(u[:, t : t + 1])[1] for t, s in enumerate(steps)], 1))

        return forgetful

    monkeypatch.setitem(diagram.MAKERS, "gru", wrong)
    verdict, found = judged_network(case)
    assert verdict == WRONG
    assert found[0].startswith("float64: dx is")


def test_a_failure_shrinks_to_the_smallest_network_and_is_a_script(monkeypatch, tmp_path):
    monkeypatch.setitem(diagram.COMBINATORS, "residual", without_the_shortcut)
    health = list(HealthCheck)
    options = settings(max_examples=200, database=None, derandomize=True, deadline=None, suppress_health_check=health)

    def fails(case):
        return "residual" in leaves_of(case["node"]) and judged_network(case, dtypes=[np.float64])[0] == WRONG

    smallest = find(networks(), fails, settings=options)
    assert smallest["node"][0] == "residual"
    assert depth_of(smallest["node"]) == 2, smallest["node"]
    assert smallest["x"].size <= 6
    script = script_of(smallest, np.float32)
    assert len(script.splitlines()) < 20, script
    path = tmp_path / "failure.py"
    path.write_text(script + "import json\nprint(json.dumps(dx.tolist()))\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, path], env=environment, capture_output=True, text=True, check=True)
    monkeypatch.undo()
    params, x, u = tree_map(lambda leaf: leaf.astype(np.float32), (smallest["params"], smallest["x"], smallest["u"]))
    assert np.array_equal(json.loads(done.stdout), diagram.layer_of(smallest["node"])(params, x)[1](u)[1].tolist())


def test_networks_on_a_kink_are_left_out():
    at = np.array([[1.0, -1.0, 1e-9]])  # which adds up to next to nothing
    near = network(("chain", ("linear",), ("relu",)), ((np.ones((1, 3)),), ()), at)
    assert judged_network(near)[0] == KINK
    assert judged_network(network(("relu",), (), np.array([[1.0, -1.0, 0.0]])))[0] == AGREE
    options = {"window": 2, "stride": None, "padding": 0, "dilation": 1}
    image = numbers(RNG, (1, 1, 4, 4), 0.1)
    image[0, 0, 0, :2] = 1.0
    image[0, 0, 0, 1] = 1 + 1e-12
    pooled = network(
        ("chain", ("biased_conv",), ("max_pool", options)), ((np.full((1, 1, 1, 1), 0.3), np.ones(1)), ()), image
    )
    assert judged_network(pooled)[0] == KINK


def test_ill_conditioned_networks_are_left_out():
    cancelling = network(
        ("chain", ("linear",), ("layer_norm", {"axis": -1, "epsilon": 1e-12})),
        ((np.ones((3, 3)) + 1e-8 * np.eye(3),), (np.ones(3), np.zeros(3))),
        np.array([[1.0, 2.0, 3.0]]),
    )
    assert judged_network(cancelling)[0] == NOT_JUDGED


def test_both_interpreters_know_the_names_that_are_drawn():
    undrawn = {"parallel", *diagram.CALLED.values(), "conv_block", "embedding", "first_dense", "residual_block"}
    assert set(diagram.COMBINATORS) - undrawn == set(interpreter.COMBINATORS)
    assert {*diagram.LAYERS, *diagram.MAKERS, "flatten"} - undrawn == set(interpreter.LAYERS)
    for name in ("dens", "grad", "init_mlp", "lift"):
        for of in (diagram.layer_of, diagram.code_of):
            with pytest.raises(
                ValueError, match=f"a diagram has '{name}', but should have combinators, layers and rules"
            ):
                of((name,))


def test_every_activation_is_drawn():
    assert set(activation.__all__) <= set(ACTIVATIONS)


def test_code_means_the_same_network():
    node = (
        "chain",
        ("biased_conv", {"padding": "same"}),
        ("flatten",),
        ("tied", ("sum", ("tanh",), ("exp",)), {"same": {}}),
    )
    code = diagram.code_of(node)
    assert code == (
        "chain(functools.partial(biased_conv, padding='same'), then(chain(), flatten), "
        "tied(sum_branches(lift(pv.tanh), lift(pv.exp)), same={}))"
    )
    named = ("chain", {"a": ("dense",), "b": ("concat_branches", ("relu",), ("chain",))})
    assert diagram.code_of(named) == "chain(a=dense, b=concat_branches(lift(pv.relu), chain()))"
    params = {"a": (np.eye(2), np.zeros(2)), "b": ((), ())}
    assert diagram.layer_of(named)(params, -np.ones((1, 2)))[0].tolist() == [[0, 0, -1, -1]]
    assert diagram.code_of(("remat", ("lstm", {"reverse": True}))) == "remat(lstm(reverse=True))"


PROGRAMS = {
    "conv": (
        {"stride": (2, 1), "padding": ((1, 0), (2, 1)), "dilation": (1, 2), "groups": 2},
        (1, 4, 5, 6),
        (6, 2, 2, 3),
    ),
    "conv_transpose": (
        {"stride": 2, "padding": 1, "output_padding": 1, "dilation": 1, "groups": 2},
        (2, 4, 3, 2),
        (4, 1, 2, 3),
    ),
    "layer_norm": ({"axis": (1, 2), "epsilon": 1e-5}, (2, 3, 4), (3, 4), (3, 4)),
    "cumsum": ({"axis": 0}, (3, 2)),
    "softmax": ({"axis": 0}, (3, 2)),
    "scaled_dot_product_attention": (
        {"mask": None, "causal": True, "scale": None},
        (2, 4, 3, 2),
        (2, 2, 3, 2),
        (2, 2, 3, 2),
    ),
    "take": ({"indices": np.array([1, 1, 0]), "axis": 0, "mode": "clip"}, (3, 2)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_numpy_evaluates_a_program_of_jax_as_xla_does(name):
    static, *shapes = PROGRAMS[name]
    counterpart = CATALOGUE[name]["counterpart"]
    xs = tuple(numbers(RNG, shape) for shape in shapes)
    u = RNG.normal(size=jnp.shape(counterpart(*xs, **static)))
    compiled, scales = reference(counterpart, xs, static, u)
    ((evaluated, _),) = evaluated_references(counterpart, xs, static, u, [np.float64])
    for truth, scale, got in zip(*map(tree_leaves, (compiled, scales, evaluated)), strict=True):
        assert error_ratios(got, truth, scale).max() <= FACTOR


def test_parallel_values_are_trees():
    y, vjp = parallel(a=chain(), b=chain())({"a": (), "b": ()}, X)
    assert y.keys() == {"a", "b"}
    assert np.array_equal(vjp(y)[1], 2 * X)
