"""Random networks: purevjp's interpreter agrees with JAX's, and with differences; remat and sharing change nothing."""

import itertools
import os

import numpy as np
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from oracle import difference
from oracle.composition import judged_network, results
from oracle.plan import DTYPES
from oracle.verdict import AGREE, WRONG
from property_tests.network_strategies import depth_of, leaves_of, networks, rematerialised, script_of
from purevjp.diagram import layer_of
from purevjp.tree import tree_leaves, tree_map

EXAMPLES = {"ci": 20, "default": 100, "deep": 2000}[os.environ.get("HYPOTHESIS_PROFILE", "default")]
many = settings(max_examples=EXAMPLES)


def same(a, b):
    return all(map(np.array_equal, tree_leaves(a), tree_leaves(b)))


@many
@given(networks(), st.integers(0, 7))
def test_value_and_cotangents_are_those_of_jax(network, compiling):
    node = network["node"]
    verdict, found = judged_network(network, compiles=compiling == 0)  # which takes a second
    event(f"{verdict}, depth {depth_of(node)}")
    for name in sorted(set(leaves_of(node))):
        event(name)
    assert verdict != WRONG, f"{found[0]}\n\n{script_of(network, found[0].partition(':')[0], *found)}"
    assume(verdict == AGREE)


@many
@given(networks())
def test_pullback_is_the_adjoint_of_differences(network):
    layer = layer_of(network["node"])

    def rule(params, x):
        return layer(params, x)

    arguments = {"xs": (network["params"], network["x"]), "static": {}, "u": network["u"]}
    findings, _ = difference.compared(rule, arguments, every_element=0)
    assert not findings, f"{findings[0]}\n\n{script_of(network, 'float64', *findings)}"


@many
@given(networks(), st.lists(st.booleans(), min_size=1, max_size=6), st.sampled_from(DTYPES))
def test_remat_changes_no_bit(network, where, dtype):
    node = ("remat", rematerialised(network["node"], itertools.cycle(where)))
    plain, again = (results(of, network["params"], network, dtype) for of in (network["node"], node))
    assume(all(np.all(np.isfinite(leaf)) for leaf in tree_leaves(plain)))
    assert same(plain, again), script_of({**network, "node": node}, dtype)


@many
@given(networks(), st.sampled_from(DTYPES))
def test_what_is_used_twice_gets_both_cotangents(network, dtype):
    """A network beside itself, with one tree of params or two: all of it is doubled, to the last bit."""
    node, params = network["node"], network["params"]
    y, dparams, dx = results(node, params, network, dtype)
    assume(all(np.all(np.isfinite(leaf)) for leaf in tree_leaves((y, dparams, dx))))
    double = tree_map(lambda leaf: leaf + leaf, (y, dparams, dx))
    shared = ("tied", ("sum", node, node), {"same": {1: 0}})
    y_shared, (dparams_shared,), dx_shared = results(shared, (params,), network, dtype)
    assert same((y_shared, dparams_shared, dx_shared), double), script_of({**network, "node": shared}, dtype)
    y_apart, both, dx_apart = results(("sum", node, node), (params, params), network, dtype)
    assert same((y_apart, dx_apart), (double[0], double[2]))
    assert same(both, (dparams, dparams))
