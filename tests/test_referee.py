"""The referee agrees with closed forms to 50 digits; the exceptions on record still happen."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from oracle.catalogue import CATALOGUE
from oracle.exception import EXCEPTIONS, excluded
from oracle.plan import judged_group, plan
from oracle.referee import LOG, TANH, referee, rounded


def alone(x, u=1.0):
    return {"xs": (np.array([x]),), "static": {}, "u": np.array([u])}


@pytest.mark.parametrize("x", [0.5, -3.0, 20.0, 300.0, -354.0])
def test_slopes_have_fifty_digits_in_the_tails_too(x):
    _, dx = referee(TANH, alone(x), exact=False)
    with mpmath.workdps(700):
        should = mpmath.sech(mpmath.mpf(x)) ** 2
        assert abs(dx[0] - should) <= mpmath.mpf(10) ** -50 * should


@pytest.mark.parametrize("x", [1e-300, 1e-30, 1.0, 1e300])
def test_steps_are_relative_to_the_element(x):
    _, dx = referee(LOG, alone(x), exact=False)
    assert abs(dx[0] * mpmath.mpf(x) - 1) < mpmath.mpf(10) ** -50


def test_polynomials_are_exact_in_rationals():
    x = {"xs": (np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([2.0, 0.25])), "static": {}, "u": np.array([1.0, -3.0])}
    y, da, db = referee(np.matmul, x, exact=True)
    assert y.tolist() == [Fraction(3, 2), Fraction(49, 8)]
    assert da.tolist() == [[2, Fraction(1, 4)], [-6, Fraction(-3, 4)]]
    assert db.tolist() == [-8, Fraction(-7, 2)]


@pytest.mark.parametrize("rule", ["maximum", "matmul", "transpose", "cumsum"])
def test_exact_rows_are_judged_bit_for_bit_in_three_dtypes(rule):
    groups = [group for group in plan(CATALOGUE[rule], examples=4) if group["sweep"] == "integers"]
    assert {each["u"].dtype.name for group in groups for each in group["arguments"]} == {
        "float16",
        "float32",
        "float64",
    }
    assert not any(np.any(leaf) for group in groups for leaf in jax.tree.leaves(group["scale"]))


@pytest.mark.parametrize("i", range(len(EXCEPTIONS)))
def test_an_exception_on_record_is_right_about_the_referee_and_still_happens(i):
    entry = EXCEPTIONS[i]
    xs, u = [np.array(x, entry["dtype"]) for x in entry["xs"]], np.array(entry["u"], entry["dtype"])
    arguments = {"xs": tuple(xs), "static": entry["static"], "u": u}
    case = CATALOGUE[entry["rule"]]
    _, *exact = rounded(referee(case["definition"], arguments, exact=False))
    for got, recorded in zip(exact, entry["referee"], strict=True):
        np.testing.assert_allclose(got, recorded, rtol=6e-8 if entry["dtype"] == "float32" else 1e-15)
    ours = case["rule"](*xs)[1](u)
    for got, recorded in zip(ours, exact, strict=True):
        np.testing.assert_allclose(got, recorded, rtol=1e-5, err_msg="purevjp is right there")
    assert excluded(entry["rule"], arguments, entry["library"]) is not None
    if entry["library"] == "jax":
        assert jax.__version__ == entry["version"], "the exceptions should be looked at again with this version"
        with jax.enable_x64(entry["dtype"] == "float64"):
            theirs = jax.vjp(case["counterpart"], *map(jnp.asarray, xs))[1](jnp.asarray(u))
            for got, recorded in zip(theirs, entry["got"], strict=True):
                np.testing.assert_allclose(np.asarray(got), np.array(recorded), rtol=1e-6)


def test_at_least_five_exceptions_are_on_record_of_two_libraries():
    assert len({(entry["rule"], entry["library"], entry["dtype"]) for entry in EXCEPTIONS}) >= 5
    assert {entry["library"] for entry in EXCEPTIONS} == {"jax", "torch"}


def test_a_disagreement_that_is_not_on_record_is_a_finding():
    case = {**CATALOGUE["exp"], "counterpart": lambda x: jnp.exp(x) * 1.000001}
    group = judged_group(case, "values", [alone(1.0)], [np.float64])
    assert "JAX disagrees with the referee, and no exception is on record" in group["findings"][0]
    assert group["witnesses"]["jax"] == 0


def test_the_referee_decides_where_an_exception_is_on_record():
    drawn = {"xs": (np.array([0.0]), np.array([1e-170])), "static": {}, "u": np.array([1.0])}
    group = judged_group(CATALOGUE["divide"], "values", [drawn], [np.float64])
    assert (group["findings"], group["witnesses"]["excluded"]) == ([], 1)
    assert [leaf[0, 0] for leaf in group["truth"]] == [0.0, 1e170, 0.0]
