"""The error scale is never smaller than an eighth of the error of any correct variant, nor hundreds of roundoffs."""

import numpy as np
import pytest

from oracle.catalogue import CATALOGUE
from oracle.plan import seeded, shape_sweep, value_sweep
from oracle.variant import VARIANTS, all_variants, spread
from oracle.verdict import FACTOR
from purevjp.tree import tree_leaves, tree_map


def conventional(rule, examples):
    """Groups of a row in float32, with truth and error scale by the counterpart alone."""
    case = {**CATALOGUE[rule], "relative": False, "definition": None}
    rng, choose = seeded(case, 5)
    shapes, values = (
        sweep(case, choose, rng, n, [np.float32]) for sweep, n in ((shape_sweep, examples), (value_sweep, 1))
    )
    return case, [*(group for group in shapes if group["sweep"] == "shapes"), *values]


@pytest.fixture(scope="module", params=CATALOGUE)
def row(request):
    """A row, with groups that its tests share: their programs take long to compile."""
    return conventional(request.param, 2)


def test_no_correct_variant_is_flagged(row):
    case, groups = row
    ratios = [(name, ratio) for group in groups for name, ratio in spread(case, group)]
    assert {name for name, _ in ratios} >= VARIANTS.keys()
    for name, ratio in ratios:
        assert ratio <= FACTOR, (
            f"{case['name']}, {name}: the error is {ratio:.3g} scales, but should be {FACTOR} at most"
        )


def test_scale_is_a_few_hundred_roundoffs_at_most(row):
    case, groups = row
    checked = 0
    for group in groups:
        for i, each in enumerate(group["arguments"] if group["sweep"] == "shapes" else ()):
            truth, scale = (tree_map(lambda leaf, i=i: leaf[i], group[key]) for key in ("truth", "scale"))
            sizes = [np.max(np.abs(leaf), initial=1.0) for leaf in tree_leaves((each["xs"], each["u"], truth))]
            limit = 300 * np.finfo(each["u"].dtype).eps / 2 * np.prod(sorted(sizes)[-2:])
            for leaf in tree_leaves(scale):
                assert np.max(leaf, initial=0) <= limit, f"scale {leaf} of {case['name']} should stay below {limit}"
            checked += 1
    assert checked >= 2


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
