"""Failures that fuzz makes small: fewer and rounder numbers, in fewer places, that fail in the same way."""

import numpy as np
import pytest

from oracle.conformance.smaller import kind_of

SQUARE = '''
import numpy as np

def square(x, /):
    """Wrong for a first element above 2 alone."""
    return x * x, lambda u: (2 * u * x * (1 if x.size == 0 or x.flat[0] <= 2 else 3),)

def negative(x, /):
    return -x, lambda u: (-u,)
'''
NEARLY = '''
import numpy as np
import purevjp

def nearly(x, wrong):
    """A copy, off by 1e-4 in some elements."""
    x = np.array(x)
    x[wrong] *= x.dtype.type(1 + 1e-4)
    return x

def matmul(a, b, /):
    y, vjp = purevjp.matmul(a, b)

    def back(u):
        da, db = vjp(u)
        return (nearly(da, 2) if a.ndim == 2 and len(a) > 2 else da), db

    return y, back

def softmax(x, /, *, axis):
    y, vjp = purevjp.softmax(x, axis=axis)
    last = np.arange(x.size).reshape(x.shape) == (3 if x.size < 9 else 5)
    return y, lambda u: (nearly(vjp(u)[0], last),)

def tanh(x, /):
    y, vjp = purevjp.tanh(x)
    return y, lambda u: (nearly(vjp(u)[0], np.abs(x - 1.4) < 0.3),)

def sin(x, /):
    y, vjp = purevjp.sin(x)
    return y, lambda u: (nearly(vjp(u)[0], np.abs(x) > 100),)

def max(x, /, **options):
    y, vjp = purevjp.max(x, **options)
    if options["keepdims"] and x.ndim > 1:
        raise RuntimeError("no room for so many sides")
    return y, vjp
'''
"""Wrong by 1e-4 in one row, one element, one branch; and where numbers, or options, are special."""

STEEP = """
import numpy as np

def square(x, /):
    return x * x, lambda u: (2 * u * x * (1 + 1e-13 * np.minimum(np.abs(x), 3) ** 8),)
"""


def test_fuzz_makes_a_failure_small(fuzzed_here):
    found = fuzzed_here(SQUARE, "square", dtypes=["float64"], examples=40)
    right = fuzzed_here(SQUARE, "negative", dtypes=["float64"], examples=10)
    vector, line = found["failure"]
    assert line["verdict"] == "wrong"
    assert vector["u"].size <= 2
    first = float(vector["xs"][0].flat[0])
    assert first > 2
    assert (4 * first).is_integer()  # a number that reads well
    assert right["failure"] is None
    assert right["cases"] >= 5


@pytest.mark.parametrize(
    ("rule", "numbers", "not_zero"), [("matmul", 7, 2), ("softmax", 10, 1), ("tanh", 2, 2), ("sin", 2, 2)]
)
def test_fuzz_makes_an_error_of_1e_4_small(fuzzed_here, rule, numbers, not_zero):
    found = fuzzed_here(NEARLY, rule, dtypes=["float64", "float32"], examples=60)
    vector, line = found["failure"]
    leaves = [*vector["xs"], vector["u"]]
    assert sum(x.size for x in leaves) <= numbers
    assert sum(np.count_nonzero(x) for x in leaves) <= not_zero
    assert all(len(str(x)) <= len("-1.25") for leaf in leaves for x in leaf.ravel())
    assert line["ratio"] > 8
    assert line["findings"]


def test_fuzz_keeps_the_way_a_case_fails(fuzzed_here):
    found = fuzzed_here(NEARLY, "max", dtypes=["float64"], examples=60)
    vector, line = found["failure"]
    assert (line["verdict"], vector["static"]["keepdims"]) == ("error", True)
    assert "no room" in line["findings"][0]
    assert vector["xs"][0].shape in {(1, 1), (1, 1, 1)}
    assert not np.any(vector["xs"][0])


def test_ways_to_fail_differ_by_what_is_found_and_not_by_numbers():
    def kind(finding, verdict="wrong"):
        return kind_of({"verdict": verdict, "findings": [finding]})

    one = kind("cotangent 0 is 1.5 at (0, 1), but should be 1 (± 2e-16)")
    assert one == kind("cotangent 1.2 is -2e-7 at (), but should be 3 (± 2)")
    others = [
        kind("cotangent 0 is nan at (0,), but should be 1 (± 2e-16)"), kind("value is 1 at (0,), but should be 1"),
        kind("cotangent 0 is 1.5 at (0, 1), but should be 1 (± 1), in the layout strided"),
        kind("cotangent 0 is 1.5 at (0, 1), but should be 1 (± 1)", "imprecise"),
        kind("cotangent 0 has shape [2], but should have [3]"), kind("raised ValueError('1')", "error"),
        kind("raised TypeError('1')", "error"), kind("the same call gave another answer"),
    ]  # fmt: skip
    assert len({one, *others}) == len(others) + 1


def test_a_failure_does_not_become_a_known_one_when_it_is_made_small(fuzzed_here):
    of = {"case": "square/*", "verdict": ("wrong", "imprecise"), "reason": "r", "issue": "i", "expires": None}
    options = {"dtypes": ["float64"], "examples": 60}
    found = fuzzed_here(STEEP, "square", **options, entries=[{**of, "max_ratio": 1e4}])
    smallest = fuzzed_here(STEEP, "square", **options)
    assert found["failure"][1]["ratio"] > 1e4
    assert smallest["failure"][1]["ratio"] < 1e4
