"""Every row, networks among them: the rule agrees with JAX, the referee, its own differences, and the laws."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from oracle import difference, laws
from oracle.catalogue import CATALOGUE
from oracle.interface import contract
from oracle.plan import judged_group
from oracle.strategies import arguments
from oracle.verdict import held_against

ROWS = pytest.mark.parametrize("rule", CATALOGUE)
REFEREED = pytest.mark.parametrize("rule", [name for name, case in CATALOGUE.items() if case["definition"]])
KINKED = pytest.mark.parametrize("rule", [name for name, case in CATALOGUE.items() if case["kink"]])


def assert_none(findings):
    assert not findings, "\n".join(findings)


def assert_agreement(case, drawn, sweep="shapes"):
    group = judged_group(case, sweep, [drawn], [drawn["u"].dtype])
    assume(group["arguments"])
    assert_none(group["findings"])
    (judged,) = held_against(case, [drawn], group["truth"], group["scale"])
    assert_none(judged["findings"])


@ROWS
@given(st.data())
def test_value_and_cotangents_equal_those_of_jax_and_obey_the_laws(rule, data):
    """One draw for all: what takes long is the program of JAX."""
    case = CATALOGUE[rule]
    drawn = data.draw(arguments(case))
    value, vjp = case["rule"](*drawn["xs"], **drawn["static"])
    assert_none(contract(drawn["xs"], drawn["u"], value, vjp(drawn["u"])))
    assert_none(laws.purity(case["rule"], drawn))
    assert_none(laws.linearity(case["rule"], drawn, powers=(1,)))  # others leave the range of some numbers
    mask = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))).random(drawn["u"].shape) < 0.5
    assert_none(laws.additivity(case, drawn, mask))
    assert_agreement(case, drawn)


@REFEREED
@given(st.data())
def test_they_equal_those_of_the_referee(rule, data):
    case = CATALOGUE[rule]
    assert_agreement(case, data.draw(arguments(case, few=True)), "values")


@KINKED
@given(st.data())
def test_they_equal_those_of_jax_on_kinks_too(rule, data):
    case = CATALOGUE[rule]
    assert_agreement(case, data.draw(arguments(case, kinks=True)))


@ROWS
@given(st.data())
def test_pullback_is_the_adjoint_of_differences_of_the_value(rule, data):
    case = CATALOGUE[rule]
    drawn = data.draw(arguments(case, dtypes=(np.float64,), smooth=True))
    for analytic in {False, case["analytic"]}:
        findings, kinks = difference.compared(case["rule"], drawn, analytic=analytic)
        assert_none(findings)
        assert not kinks, "numbers away from kinks should have none between the points of a stencil"
