"""The comparison accepts what rounding explains, and nothing else."""

import jax.numpy as jnp
import numpy as np
import pytest

from oracle import difference, laws, verdict
from oracle.catalogue import CATALOGUE
from oracle.verdict import FACTOR, compare
from oracle.verify import verify

TRUTH = np.array([[1.0, -2.0], [0.0, 1e-6]])
SCALE = np.array([[1e-7, 1e-7], [0.0, 1e-13]])


def test_the_truth_itself_agrees():
    assert compare(TRUTH, TRUTH, SCALE, "value") == (0.0, [])


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_limit_is_the_factor_in_both_directions(sign):
    inside, outside = (TRUTH + sign * times * FACTOR * SCALE for times in (0.99, 1.01))
    assert compare(inside, TRUTH, SCALE, "value")[1] == []
    assert len(compare(outside, TRUTH, SCALE, "value")[1]) == 1


def test_each_element_has_its_own_scale():
    got = TRUTH.copy()
    got[1, 1] = 1.00001e-6
    ratio, (finding,) = compare(got, TRUTH, SCALE, "cotangent 0")
    assert ratio == pytest.approx(100, rel=1e-3)
    assert finding == "cotangent 0 is 1.00001e-06 at (1, 1), but should be 9.9999999999999995e-07 (± 8e-13)"


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_nonfinite_results_never_agree(wrong):
    got = TRUTH.copy()
    got[0, 0] = wrong
    assert compare(got, TRUTH, SCALE, "value")[1]


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_nonfinite_truth_or_scale_is_a_failure_of_the_row_even_if_the_result_is_the_same(wrong):
    bad = TRUTH.copy()
    bad[0, 0] = wrong
    assert compare(bad, bad, SCALE, "value")[1] == ["value has no finite truth and error scale to be judged by"]
    assert compare(TRUTH, TRUTH, bad, "value")[1] == ["value has no finite truth and error scale to be judged by"]


def test_a_structural_zero_demands_equality():
    got = TRUTH.copy()
    got[1, 0] = 1e-300
    assert compare(got, TRUTH, SCALE, "value")[1]


def test_another_shape_is_never_broadcast():
    assert compare(TRUTH[:1], TRUTH, SCALE, "value")[1] == ["value has shape (1, 2), but should have (2, 2)"]


def test_an_empty_result_agrees():
    empty = np.zeros((0, 3))
    assert compare(empty, empty, empty, "value") == (0.0, [])


def test_a_rule_that_raises_is_a_finding():
    def broken(*_xs, **_static):
        raise RuntimeError("no such luck")

    arguments = {"xs": (np.ones(2),), "static": {}, "u": np.ones(2)}
    _, findings = verdict.judge({**CATALOGUE["exp"], "rule": broken}, arguments)
    assert findings == ["raised RuntimeError('no such luck')"]


def with_vjp(vjp):
    return lambda x: (np.exp(x), vjp)


X = np.array([0.5, 1.0])
ARGUMENTS = {"xs": (X,), "static": {}, "u": np.array([1.5, -0.5])}


def test_contract_names_what_is_off():
    u = ARGUMENTS["u"]
    for cotangents, fault in (
        ([u], "the pullback should return a tuple of 1"),
        ((u, u), "the pullback should return a tuple of 1"),
        (((u, u),), "cotangents should have the tree of the arguments: tree_map got trees that differ"),
        ((u[:1],), r"cotangent 0 is float64[1], but should be float64[2]"),
        ((u.astype(np.float32),), r"cotangent 0 is float32[2], but should be float64[2]"),
        ((1.0,), "cotangent 0 is a float, but should be an array"),
        ((u * np.nan,), "cotangent 0 has elements that are not finite"),
    ):
        (found,) = laws.contract((X,), u, u, cotangents)
        assert fault in found, f"{found!r} should name {fault!r}"
    assert laws.contract((X,), u, u, (u,)) == []


def test_purity_sees_mutation_memory_and_moods():
    counter = []

    def mutating(u):
        u *= 2
        return (u * np.exp(X),)

    def moody(u):
        counter.append(None)
        return (u * len(counter),)

    shared = np.exp(X)
    assert laws.purity(with_vjp(lambda u: (u * np.exp(X),)), ARGUMENTS) == []
    assert "the arguments were changed" in laws.purity(with_vjp(mutating), ARGUMENTS)
    assert "the same call gave another answer" in laws.purity(with_vjp(moody), ARGUMENTS)
    for aliased in (lambda u: (u,), lambda u: (u[::-1],), lambda _u: (shared,)):
        assert any("shares memory" in found for found in laws.purity(with_vjp(aliased), ARGUMENTS))


def test_linearity_sees_offsets_and_curvature():
    assert laws.linearity(with_vjp(lambda u: (u * np.exp(X),)), ARGUMENTS) == []
    assert len(laws.linearity(with_vjp(lambda u: (u + 1,)), ARGUMENTS)) == 2
    assert len(laws.linearity(with_vjp(lambda u: (u * u,)), ARGUMENTS)) == 1


def test_additivity_sees_a_mask_that_depends_on_the_cotangent():
    def greedy(x):
        return np.exp(x), lambda u: (np.where(np.abs(u) == np.abs(u).max(), u, 0) * np.exp(x),)

    mask = np.array([True, False])
    assert verdict.additivity(CATALOGUE["exp"], ARGUMENTS, mask) == []
    assert verdict.additivity({**CATALOGUE["exp"], "rule": greedy}, ARGUMENTS, mask)


def test_differences_are_exact_on_quartics_and_honest_about_their_error():
    slope, error = difference.slope(lambda x: x**4, (np.array([2.0, -1.0]),), (np.array([1.0, 0.5]),))
    np.testing.assert_allclose(slope, [32.0, -2.0], rtol=1e-11)
    assert np.all(np.abs(slope - [32.0, -2.0]) <= error)
    assert np.all(error < 1e-9)


def test_differences_see_one_wrong_element_among_many():
    x = np.random.default_rng(0).normal(size=(20, 20))
    u = np.random.default_rng(1).normal(size=(20, 20))

    def zeroing(x):
        def zeroing_vjp(u):
            dx = u * np.exp(x)
            dx[7, 11] = 0
            return (dx,)

        return np.exp(x), zeroing_vjp

    arguments = {"xs": (x,), "static": {}, "u": u}
    assert difference.disagreements(CATALOGUE["exp"]["rule"], arguments) == []
    assert difference.disagreements(zeroing, arguments)


def test_refusals_are_asked_for():
    def obliging(x):
        return np.exp(x), lambda u: (np.resize(u, x.shape) * np.exp(x),)

    assert laws.refusals(CATALOGUE["exp"]["rule"], ARGUMENTS) == []
    assert len(laws.refusals(obliging, ARGUMENTS)) == 3


def test_purity_sees_what_other_calls_leave_behind():
    last = []

    def remembering(x):
        last[:] = [x]
        return np.exp(x), lambda u: (u * np.exp(last[0]),)

    assert "the same call gave another answer" in laws.purity(remembering, ARGUMENTS)


def test_layouts_are_judged_one_by_one():
    def careless(x):
        return np.exp(x), lambda u: ((u.ravel(order="K") * np.exp(x).ravel(order="K")).reshape(x.shape),)

    x = np.arange(6.0).reshape(2, 3) / 8
    findings = verdict.judge({**CATALOGUE["exp"], "rule": careless}, {"xs": (x,), "static": {}, "u": x + 1})[1]
    assert findings, "a rule that reads memory in the order it lies in should be wrong"


def test_a_row_that_draws_no_elements_is_not_judged():
    empty = {**CATALOGUE["exp"], "shapes": lambda _choose: ((0,),)}
    result = verify(empty, examples=3)
    assert (result["verdict"], result["findings"]) == ("not judged", ["no element was drawn to be judged"])


def test_a_counterpart_with_an_unknown_primitive_is_not_judged():
    result = verify({**CATALOGUE["exp"], "counterpart": jnp.sort, "shapes": lambda _choose: ((3,),)}, examples=3)
    assert result["verdict"] == "not judged"
    assert "no rule for the primitive 'sort'" in result["findings"][0]
