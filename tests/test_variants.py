"""No correct variant is flagged: the scale is never smaller than an eighth of the error of any of them."""

import numpy as np
import pytest

from oracle.catalogue import CATALOGUE
from oracle.plan import plan
from oracle.variant import VARIANTS, all_variants, spread
from oracle.verdict import FACTOR
from purevjp.tree import tree_leaves, tree_map

SWEEPS = ("shapes", "values")


def conventional(rule, examples):
    """Groups of a row under the error scale of the counterpart alone."""
    case = {**CATALOGUE[rule], "relative": False}
    return case, [group for group in plan(case, seed=5, examples=examples) if group["sweep"] in SWEEPS]


@pytest.mark.parametrize("rule", CATALOGUE)
def test_no_correct_variant_is_flagged(rule):
    case, groups = conventional(rule, 2)
    ratios = [(name, ratio) for group in groups for name, ratio in spread(case, group)]
    assert {name for name, _ in ratios} >= VARIANTS.keys()
    for name, ratio in ratios:
        assert ratio <= FACTOR, f"{rule}, {name}: the error is {ratio:.3g} scales, but should be {FACTOR} at most"


def test_a_scale_that_is_too_narrow_would_be_found():
    case, groups = conventional("softmax", 1)
    narrow = [{**group, "scale": tree_map(lambda leaf: leaf / 100, group["scale"])} for group in groups]
    assert any(ratio > FACTOR for group in narrow for _, ratio in spread(case, group))


def test_variants_differ_where_there_is_something_to_add_up():
    x = np.random.default_rng(0).normal(size=(2, 40)).astype(np.float32)
    drawn = {"xs": (x, x[0].copy()), "static": {}, "u": np.ones(2, np.float32)}
    results = all_variants(CATALOGUE["matmul"], {"arguments": [drawn]})
    values = {name: tuple(np.ravel(tree_leaves(result)[0])) for name, result in results.items()}
    assert len(set(values.values())) >= 4, f"sums in six orders give only {set(values.values())}"
    for value in values.values():
        np.testing.assert_allclose(value, x @ x[0], rtol=1e-5)
