"""Wrong rules that one writes in earnest and that few numbers of ordinary size do not show: all are found."""

import numpy as np
import pytest

from oracle.catalogue import CATALOGUE
from oracle.plan import plan
from oracle.reproducer import reproducer
from oracle.verdict import AGREE, ERROR, IMPRECISE, WRONG
from oracle.verify import verify

TANH = CATALOGUE["tanh"]


def spoiled(change):
    """The row of tanh with `change(dx, u, x)` for its cotangent."""

    def tanh(x, /):
        value, vjp = TANH["rule"](x)
        return value, lambda u: change(vjp(u)[0], u, x)

    return {**TANH, "rule": tanh}


def only(where, factor=2):
    return lambda dx, u, x: (np.where(where(dx, u, x), dx * dx.dtype.type(factor), dx),)


ESCAPES = {
    "clips u": lambda _dx, u, x: (np.clip(u, -10, 10) * TANH["rule"](x)[1](np.ones_like(u))[0],),
    "flushes small u": only(lambda _dx, u, _x: np.abs(u) < 1e-8, 0),
    "wrong beyond the sixth of an axis": only(lambda _dx, _u, x: x.ndim and max(x.shape) > 6),
    "wrong beyond element 100": only(lambda dx, _u, _x: np.arange(dx.size).reshape(dx.shape) > 100),
    "wrong in the tail": only(lambda _dx, _u, x: np.abs(x) > 30, 0),
    "a view that cannot be written to": lambda dx, _u, _x: (np.broadcast_to(dx, dx.shape),),
}


@pytest.mark.parametrize("name", ESCAPES)
def test_it_does_not_escape(name):
    result = verify(spoiled(ESCAPES[name]), examples=4)
    assert result["verdict"] in {WRONG, IMPRECISE}, "float32 would lose the tail, too"
    assert result["findings"]
    assert result["diagnosis"]


def test_a_failure_that_only_the_referee_sees_has_a_script_that_shows_it():
    result = verify(spoiled(only(lambda _dx, _u, x: np.abs(x) > 30, 0)), examples=4)
    with pytest.raises(AssertionError, match="cotangent 0 is"):
        run(result["reproducer"], spoiled(only(lambda _dx, _u, x: np.abs(x) > 30, 0))["rule"])
    run(result["reproducer"], TANH["rule"])


def run(script, rule):
    lines = [line for line in script.splitlines() if not line.startswith("from ")]
    exec("\n".join(lines), {"tanh": rule})  # noqa: S102 (the script is what is tested)


BREACHES = {
    "another dtype": (lambda dx, _u, _x: (dx.astype(np.float64),), AssertionError),
    "one cotangent too many": (lambda dx, _u, _x: (dx, dx), AssertionError),
    "no tuple": (lambda dx, _u, _x: dx, AssertionError),
    "another shape": (lambda dx, _u, _x: (dx.ravel(),), AssertionError),
    "writes to u": (lambda dx, u, _x: (np.multiply(u, dx, out=u),), ValueError),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_script_sees_what_breaks_the_contract(name):
    change, error = BREACHES[name]
    x = np.array([[0.5, -1.0]], np.float32)
    broken = spoiled(change)
    script = reproducer(broken, {"xs": (x,), "static": {}, "u": np.array([[1.0, 2.0]], np.float32)})
    with pytest.raises(error):
        run(script, broken["rule"])
    run(script, TANH["rule"])


def test_a_rule_that_exits_is_an_error_and_ends_nothing():
    def leaves(_dx, _u, _x):
        raise SystemExit(0)

    assert verify(spoiled(leaves), examples=2)["verdict"] == ERROR


@pytest.mark.parametrize("rule", ["divide", "log", "max", "cross_entropy", "mlp2", "transpose", "softmax"])
def test_halves_are_judged_on_what_they_can_hold(rule):
    result = verify(CATALOGUE[rule], examples=4, dtypes=("float16",))
    assert (result["verdict"], result["findings"]) == (AGREE, [])
    assert result["cases"]


def test_a_row_of_large_cases_has_long_sides():
    sides = [max(g["arguments"][0]["xs"][0].shape) for g in plan(CATALOGUE["exp"], examples=2) if g["sweep"] == "large"]
    assert len(sides) == 1
    assert sides[0] >= 17
