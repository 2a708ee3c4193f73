"""The comparison accepts what rounding explains, and nothing else."""

import jax
import numpy as np
import pytest

from oracle import difference, laws
from oracle.catalogue import CATALOGUE
from oracle.draw import is_away_from_kinks
from oracle.interface import contract
from oracle.judge import judge
from oracle.mutant import MUTANTS
from oracle.plan import judged_group, plan
from oracle.verdict import FACTOR, compare, error_ratios, held_against, worst_of
from oracle.verify import verify
from purevjp.tree import tree_map

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
    (judged,) = judged_alone({**CATALOGUE["exp"], "rule": broken}, arguments)
    assert (judged["verdict"], judged["findings"]) == ("error", ["raised RuntimeError('no such luck')"])


def judged_alone(case, arguments):
    return judge(case, judged_group(case, "shapes", [arguments], [arguments["u"].dtype]))


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
    ):
        (found,) = contract((X,), u, u, cotangents)
        assert fault in found, f"{found!r} should name {fault!r}"
    assert contract((X,), u, u, (u,)) == []


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
    assert laws.additivity(CATALOGUE["exp"], ARGUMENTS, mask) == []
    assert laws.additivity({**CATALOGUE["exp"], "rule": greedy}, ARGUMENTS, mask)


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
    (judged,) = judged_alone({**CATALOGUE["exp"], "rule": careless}, {"xs": (x,), "static": {}, "u": x + 1})
    assert "in the layout" in judged["findings"][0], "a rule that reads memory in the order it lies in should be wrong"


def test_a_row_that_draws_no_elements_is_not_judged():
    empty = {**CATALOGUE["exp"], "shapes": lambda _choose: ((0,),)}
    result = verify(empty, examples=3)
    assert (result["verdict"], result["findings"]) == ("not judged", ["no element was drawn to be judged"])


def test_a_counterpart_with_an_unknown_primitive_is_not_judged():
    result = verify(
        {**CATALOGUE["exp"], "counterpart": jax.lax.bessel_i1e, "shapes": lambda _choose: ((3,),)}, examples=3
    )
    assert result["verdict"] == "not judged"
    assert "no rule for the primitive 'bessel_i1e'" in result["findings"][0]


def flags(got, truth, scale):
    """Whether one value is flagged, in a group of its own."""
    case = {**CATALOGUE["exp"], "rule": lambda _x: (got, lambda _u: (got,))}
    arguments = {"xs": (np.asarray(truth),), "static": {}, "u": np.asarray(got)}
    stacked = [np.asarray(of, np.float64)[None] for of in (truth, scale)]
    (judged,) = held_against(case, [arguments], (stacked[0], stacked[0]), (stacked[1], stacked[1]))
    return judged["verdict"] != "agree"


@pytest.mark.parametrize(
    ("got", "truth", "scale", "flagged"),
    [
        (1.0, 1.0, 0.0, False),
        (1.0 + 7e-3, 1.0, 1e-3, False),
        (1.0 - 7e-3, 1.0, 1e-3, False),
        (1.0 + 9e-3, 1.0, 1e-3, True),
        (1.0 - 9e-3, 1.0, 1e-3, True),
        (5e-324 * 20, 0.0, 0.0, True),
        (np.nan, 1.0, 1e-3, True),
        (np.inf, 1.0, 1e-3, True),
        (np.nan, np.nan, 1e-3, True),
        (1.0, 1.0, np.nan, True),
        (1.0, 1.0, np.inf, True),
    ],
)
def test_groups_are_judged_as_single_results_are(got, truth, scale, flagged):
    assert flags(np.array([got, 1.0]), np.array([truth, 1.0]), np.array([scale, 1.0])) == flagged


def test_overflow_asks_for_infinity_of_the_right_sign_and_underflow_may_be_flushed():
    def ratio(got, truth, scale=0.0):
        return float(error_ratios(np.array([got], np.float32), np.array([truth]), np.array([scale]))[0])

    assert ratio(np.inf, 1e300) == 0 == ratio(-np.inf, -1e300)
    assert not ratio(-np.inf, 1e300) <= FACTOR
    assert not ratio(np.nan, 1e300) <= FACTOR
    assert not ratio(3e38, 1e300, 1e290) <= FACTOR
    assert not ratio(np.inf, 1e38, 1e31) <= FACTOR
    assert ratio(0.0, 1e-40) <= FACTOR
    assert not ratio(1e-40, 0.0) <= FACTOR


def test_the_worst_verdict_counts_and_nothing_is_no_pass():
    assert worst_of(["agree", "wrong", "imprecise"]) == "wrong"
    assert worst_of(["agree", "agree under a named convention"]) == "agree under a named convention"
    assert worst_of([]) == "not judged"


def test_differences_tell_a_kink_from_a_wrong_pullback():
    x = np.array([2.0, 1.0 + 1e-5])

    def hinge(slope):
        return lambda x: (np.maximum(x, 1.0), lambda u: (slope * u * (x > 1),))

    arguments = {"xs": (x,), "static": {}, "u": np.array([1.0, 1.0])}
    findings, kinks = difference.compared(hinge(1.0), arguments)
    assert (findings, kinks > 0) == ([], True), "1 + 1e-5 is nearer to the corner than a step"
    far = {**arguments, "xs": (np.array([2.0, 3.0]),)}
    assert difference.compared(hinge(1.0), far) == ([], 0)
    findings, kinks = difference.compared(hinge(1.01), far)
    assert findings
    assert kinks == 0, "a wrong pullback should not be excused by a kink that is not there"


@pytest.mark.parametrize("rule", ["exp", "tanh", "log_softmax", "squared_loss"])
def test_no_kink_is_seen_where_there_is_none(rule):
    case = CATALOGUE[rule]
    for group in plan(case, examples=4):
        for arguments in group["arguments"][:2] if group["sweep"] == "shapes" else ():
            wrong = {**case, "rule": MUTANTS["scaled by 1.01"](case["rule"])}
            wide = {**arguments, "xs": tree_map(lambda x: x.astype(np.float64), arguments["xs"])}
            findings, kinks = difference.compared(wrong["rule"], {**wide, "u": arguments["u"].astype(np.float64)})
            assert kinks == 0, f"{rule} is smooth"
            assert findings or not np.any(case["rule"](*wide["xs"], **wide["static"])[1](wide["u"].astype(float))[0])


def test_a_complex_step_sees_what_differences_cannot():
    def slightly_wrong(x):
        return np.exp(x), lambda u: (u * np.exp(x) * (1 + 1e-13),)

    x = np.array([0.5, 1.0])
    arguments = {"xs": (x,), "static": {}, "u": np.array([1.5, -0.5])}
    assert difference.compared(slightly_wrong, arguments, analytic=True)[0]
    assert not difference.compared(CATALOGUE["exp"]["rule"], arguments, analytic=True)[0]


def test_a_complex_step_knows_what_it_cannot_see():
    """The slopes of w x / w along w are two terms that cancel: 1e-16 of them is no finding, a millionth of them is."""
    x, w = np.array([0.640625]), np.array([1.109375])

    def ratio(slope):
        def of(x, w):
            return w * x / w, lambda u: (u, slope * u)

        return of

    arguments = {"xs": (x, w), "static": {}, "u": np.ones(1)}
    assert difference.compared(ratio(0.0), arguments, analytic=True) == ([], 0)
    assert difference.compared(ratio(1e-6), arguments, analytic=True)[0]


def test_a_product_of_zeros_has_no_slope_by_a_complex_step_either():
    arguments = {"xs": (np.append(np.zeros(9), 1.0),), "static": {}, "u": np.float64(1)}
    assert difference.compared(CATALOGUE["prod"]["rule"], arguments, analytic=True) == ([], 0)


def test_differences_know_the_noise_of_a_value_whose_terms_cancel():
    x, u = np.zeros((2, 3, 2, 2)), np.zeros((2, 3, 2))
    x[:, 1, 0, 0] = u[1, 1, 0] = 1
    arguments = {"xs": (x,), "static": {"axis": -3, "n": None, "norm": None}, "u": u}
    assert difference.compared(CATALOGUE["irfft"]["rule"], arguments) == ([], 0)


def test_an_input_of_zeros_is_on_the_kink_of_a_relu():
    xs, static = (np.zeros(1), np.ones((1, 1)), np.ones((1, 1))), {"activation": "relu"}
    assert not is_away_from_kinks(CATALOGUE["mlp2"], xs, static)
    assert difference.compared(CATALOGUE["mlp2"]["rule"], {"xs": xs, "static": static, "u": np.ones(1)})[1]
