"""A failure says what is the matter, and comes as a short script that fails as long as it lasts."""

import numpy as np
import pytest

from oracle.catalogue import CATALOGUE
from oracle.diagnosis import diagnosed
from oracle.draw import draw_numbers
from oracle.mutant import mutants
from oracle.reproducer import fails, reproducer
from oracle.verify import verify

SHAPES = {
    "softmax": (((2, 3),), {"axis": -1}),
    "matmul": (((3, 3), (3, 3)), {}),
    "relu": (((4, 2),), {}),
    "mlp": (((2, 3), [((4, 3), (4,)), ((1, 4), (1,))]), {"activation": "tanh"}),
    "concatenate": (([(2, 2), (1, 2)],), {"axis": 0}),
}


def wrong(rule, mutant, dtype=np.float32):
    shapes, static = SHAPES[rule]
    arguments = draw_numbers(CATALOGUE[rule], shapes, static, np.random.default_rng(0), dtype=dtype)
    return dict(mutants(CATALOGUE[rule]))[mutant], arguments


def with_cotangents(rule, change):
    def changed(*xs, **static):
        value, vjp = CATALOGUE[rule]["rule"](*xs, **static)
        return value, lambda u: change(vjp(u))

    return {**CATALOGUE[rule], "rule": changed}


@pytest.mark.parametrize(
    ("rule", "mutant", "said"),
    [
        ("softmax", "negated", "matches mutant `softmax.negated`"),
        ("softmax", "negated", "cotangent 0 is -1 times the truth"),
        ("softmax", "scaled by 1.01", "cotangent 0 is 1.01 times the truth"),
        ("softmax", "no correction", "matches mutant `softmax.no correction`"),
        ("matmul", "swapped cotangents", "cotangent 0 is cotangent 1"),
        ("matmul", "transposed", "cotangent 0 is transposed"),
        ("relu", "last row zeroed", "matches mutant `relu.last row zeroed`"),
        ("relu", "mask not applied", "matches mutant `relu.mask not applied`"),
        ("softmax", "one nan", "has 1 nan in 6 elements"),
        ("softmax", "widened dtype", "cotangent 0 is float64[2, 3], but should be float32[2, 3]"),
        ("softmax", "writes to x", "raised ValueError"),
    ],
)
def test_a_wrong_rule_is_told_by_its_results(rule, mutant, said):
    verdict, diagnosis = diagnosed(*wrong(rule, mutant))
    assert verdict == "wrong"
    assert said in diagnosis


def test_a_missing_row_and_a_shift_are_told():
    def rolled(cotangents):
        return (np.roll(cotangents[0], 1, axis=1), cotangents[1])

    def emptied(cotangents):
        return (cotangents[0] * np.array([[1], [0], [1]], cotangents[0].dtype), cotangents[1])

    _, arguments = wrong("matmul", "negated")
    assert "cotangent 0 is shifted by 1 along axis 1" in diagnosed(with_cotangents("matmul", rolled), arguments)[1]
    found = diagnosed(with_cotangents("matmul", emptied), arguments)[1]
    assert "cotangent 0 is zero at [1] of axis 0, and right elsewhere" in found


def test_narrower_numbers_are_imprecise_and_not_wrong():
    verdict, diagnosis = diagnosed(*wrong("softmax", "half precision"))
    assert (verdict, diagnosis.startswith("as accurate as float16 is")) == ("imprecise", True)

    def in_float32(x, *, axis):
        _, checked = CATALOGUE["softmax"]["rule"](x, axis=axis)
        value, vjp = CATALOGUE["softmax"]["rule"](x.astype(np.float32), axis=axis)
        return value.astype(x.dtype), lambda u: (checked(u) and vjp(u.astype(np.float32))[0].astype(x.dtype),)

    result = verify({**CATALOGUE["softmax"], "rule": in_float32, "analytic": False}, examples=2, dtypes=("float64",))
    assert (result["verdict"], "as accurate as float32 is" in result["diagnosis"]) == ("imprecise", True)


@pytest.mark.parametrize("rule", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_script_is_short_and_fails_while_the_rule_is_wrong(rule, dtype, monkeypatch):
    case, arguments = wrong(rule, "doubled", dtype)
    script = reproducer(case, arguments)
    assert len(script.splitlines()) < 30
    assert [line for line in script.splitlines() if "import" in line] == [
        "import numpy as np",
        f"from purevjp import {rule}  # or the implementation under test",
    ]
    exec(compile(script, "reproducer", "exec"), {})  # noqa: S102 (the right rule passes)
    monkeypatch.setattr("purevjp." + rule, case["rule"])
    with pytest.raises(AssertionError, match=r"cotangent \d is"):
        exec(compile(script, "reproducer", "exec"), {})  # noqa: S102 (the wrong one does not)


def test_the_script_has_rounder_numbers():
    case, arguments = wrong("softmax", "negated")
    assert fails(case, arguments)
    assert not fails(CATALOGUE["softmax"], arguments)
    line = next(line for line in reproducer(case, arguments).splitlines() if line.startswith("x0 = "))
    numbers = eval(line.removeprefix("x0 = "), {"np": np})  # noqa: S307 (our own literals)
    np.testing.assert_array_equal(numbers, np.round(numbers))
