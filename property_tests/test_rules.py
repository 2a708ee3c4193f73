"""Every row, networks among them: the rule agrees with JAX, with its own differences, and with the laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle import difference, laws, verdict
from oracle.catalogue import CATALOGUE
from property_tests.strategies import arguments

ROWS = pytest.mark.parametrize("rule", CATALOGUE)
KINKED = pytest.mark.parametrize("rule", [name for name, case in CATALOGUE.items() if case["kink"]])


def assert_none(findings):
    assert not findings, "\n".join(findings)


@ROWS
@given(st.data())
def test_value_and_cotangents_equal_those_of_jax(rule, data):
    case = CATALOGUE[rule]
    assert_none(verdict.agreement(case, data.draw(arguments(case)))[1])


@KINKED
@given(st.data())
def test_they_equal_those_of_jax_on_kinks_too(rule, data):
    case = CATALOGUE[rule]
    assert_none(verdict.agreement(case, data.draw(arguments(case, kinks=True)))[1])


@ROWS
@given(st.data())
def test_pullback_is_the_adjoint_of_differences_of_the_value(rule, data):
    case = CATALOGUE[rule]
    assert_none(difference.disagreements(case["rule"], data.draw(arguments(case, dtypes=(np.float64,)))))


@ROWS
@given(st.data())
def test_pullback_is_linear_in_the_cotangent(rule, data):
    case = CATALOGUE[rule]
    drawn = data.draw(arguments(case))
    assert_none(laws.linearity(case["rule"], drawn))
    mask = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))).random(drawn["u"].shape) < 0.5
    assert_none(verdict.additivity(case, drawn, mask))


@ROWS
@given(st.data())
def test_rule_is_pure(rule, data):
    case = CATALOGUE[rule]
    assert_none(laws.purity(case["rule"], data.draw(arguments(case))))


@ROWS
@given(st.data())
def test_shapes_and_dtypes_are_kept(rule, data):
    case = CATALOGUE[rule]
    drawn = data.draw(arguments(case))
    value, vjp = case["rule"](*drawn["xs"], **drawn["static"])
    assert_none(laws.contract(drawn["xs"], drawn["u"], value, vjp(drawn["u"])))
