"""Kinks, ties and singular points: the listed sets accept what they should, and nothing else."""

import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from oracle import decomposition, singular, solving
from oracle.acceptance import any_of, ball, exact, groups, holds, interval, non_finite, scaled
from oracle.catalogue import CATALOGUE
from oracle.judge import judge_point
from oracle.reference import float64_on_cpu

POLICIES = set(
    re.findall(r"^## (P\d+):", (Path(__file__).parents[1] / "docs/kinks.md").read_text("utf-8"), re.MULTILINE)
)
POINTS = [(rule, i) for rule, case in CATALOGUE.items() for i in range(len(case["points"]))]
WITHOUT_HALVES = {case["name"] for family in (decomposition, singular, solving) for case in family.CASES}
"""NumPy has no linear algebra of float16."""

UNRECORDED = {"divide", "abs", "slogdet"}
"""Where the counterpart is not JAX's own function, or JAX gives nan and infinity by turns."""

points = pytest.mark.parametrize(("rule", "i"), POINTS)


@points
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_purevjp_gives_its_own_convention_at_every_point(rule, i, dtype):
    case = CATALOGUE[rule]
    judged = judge_point(case, case["points"][i], dtype)
    if dtype == np.float16 and rule in WITHOUT_HALVES and judged["verdict"] == "error":
        assert "float16" in judged["findings"][0], "NumPy should refuse halves by name"
        return
    assert (judged["verdict"], judged["findings"]) == ("agree", [])


@points
def test_every_point_cites_a_paragraph_of_the_policy(rule, i):
    assert CATALOGUE[rule]["points"][i]["policy"] in POLICIES


@points
def test_jax_gives_what_is_recorded_of_it(rule, i):
    case = CATALOGUE[rule]
    point = case["points"][i]
    if "jax" not in point["others"]:
        assert rule in UNRECORDED, "what JAX gives should be recorded"
        return
    with float64_on_cpu():
        xs, u = ([jnp.asarray(x, float) for x in point["xs"]], jnp.asarray(point["u"], float))
        _, vjp = jax.vjp(lambda *at: case["counterpart"](*at, **point["static"]), *xs)
        cotangents = vjp(u)
    for got, recorded in zip(cotangents, point["others"]["jax"], strict=True):
        np.testing.assert_array_equal(np.asarray(got), np.asarray(recorded, float))


@points
def test_another_convention_is_named_and_a_wrong_one_is_not_accepted(rule, i):
    case = CATALOGUE[rule]
    point = case["points"][i]

    def rule_with(change):
        def other(*xs, **static):
            value, vjp = case["rule"](*xs, **static)
            return value, lambda u: tuple(change(np.array(dx)) for dx in vjp(u))

        return {**case, "rule": other}

    beyond = judge_point(rule_with(lambda dx: dx * 3 + 7), point, np.float64)
    infinite = all(of["kind"] == "non-finite" for of in point["accepts"])
    poles = not any(np.any(np.isfinite(dx)) for dx in point["convention"])
    assert beyond["verdict"] == "wrong" or infinite or poles


def test_slope_one_at_zero_is_a_convention_of_relu_and_slope_two_is_wrong():
    case = CATALOGUE["relu"]
    (corner,) = case["points"]

    def relu_with(slope):
        return {**case, "rule": lambda x: (np.maximum(x, 0), lambda u: (np.where(x > 0, u, slope * u * (x == 0)),))}

    assert judge_point(relu_with(1.0), corner, np.float32)["verdict"] == "agree under a named convention"
    assert judge_point(relu_with(0.5), corner, np.float32)["verdict"] == "agree under a named convention"
    assert judge_point(relu_with(2.0), corner, np.float32)["verdict"] == "wrong"
    assert judge_point(relu_with(-0.5), corner, np.float32)["verdict"] == "wrong"


def test_a_convention_of_others_is_called_by_their_name():
    case = CATALOGUE["logsumexp"]
    masked = next(point for point in case["points"] if point["policy"] == "P5")

    def logsumexp(x, **_static):
        return np.full(x.shape[:1], -np.inf), lambda u: (x * u[:, None] * np.nan,)

    judged = judge_point({**case, "rule": logsumexp}, masked, np.float64)
    assert judged["verdict"] == "agree under a named convention"
    assert "jax and torch" in judged["findings"][0]


U = np.array([2.0, -3.0])


@pytest.mark.parametrize(
    ("acceptance", "inside", "outside"),
    [
        (exact([0.0, 1.0]), [[-0.0, 1.0]], [[0.0, 1.0 + 1e-15], [0.0, np.nan]]),
        (exact([np.nan, 1.0]), [[np.nan, 1.0]], [[0.0, 1.0]]),
        (scaled([1.0, 0.0], [1e-3, 0.0]), [[1.007, 0.0]], [[1.009, 0.0], [1.0, 1e-300], [np.nan, 0.0]]),
        (interval(0, 1), [[0.0, 0.0], [2.0, -3.0], [1.0, -1.5]], [[-0.1, 0.0], [2.1, 0.0], [0.0, 0.1], [np.nan, 0.0]]),
        (ball(5.0), [[3.0, 4.0], [0.0, 0.0]], [[3.0, 4.1], [np.nan, 0.0]]),
        (any_of(exact([0, 0]), exact([1, 1])), [[0, 0], [1, 1]], [[0, 1]]),
        (non_finite(["nan", "+inf"]), [[np.nan, np.inf]], [[np.nan, -np.inf], [0.0, np.inf], [np.inf, np.inf]]),
        (non_finite("finite"), [[0.0, 1e300]], [[0.0, np.nan]]),
    ],
)
def test_each_kind_accepts_what_is_inside_and_nothing_outside(acceptance, inside, outside):
    for got in inside:
        assert holds(acceptance, np.array(got, float), [np.array(got, float)], U), f"{got} should be accepted"
    for got in outside:
        assert not holds(acceptance, np.array(got, float), [np.array(got, float)], U), f"{got} should not be accepted"


@pytest.mark.parametrize(
    ("da", "db", "accepted"),
    [
        ([2.0, 0.0], [2.0, 5.0], True),
        ([4.0, 0.0], [0.0, 5.0], True),
        ([3.0, 0.0], [1.0, 5.0], True),
        ([4.0, 0.0], [4.0, 5.0], False),
        ([0.0, 0.0], [0.0, 5.0], False),
        ([5.0, 0.0], [-1.0, 5.0], False),
        ([2.0, 1.0], [2.0, 4.0], False),
        ([np.nan, 0.0], [2.0, 5.0], False),
    ],
)
def test_groups_share_a_total_across_arguments(da, db, accepted):
    shared = groups(([1, 0], [1, 2]), {1: 4.0, 2: 5.0})
    cotangents = [np.array(da), np.array(db)]
    assert holds(shared, cotangents[0], cotangents, U) == accepted
