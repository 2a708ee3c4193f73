"""Fuzzing a backend: what is drawn and judged, known failures, and scripts."""

import datetime as dt
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from oracle.catalogue import CATALOGUE
from oracle.cli import run
from oracle.conformance import frozen, fuzz
from oracle.conformance.drawn import DTYPES, filled, is_ordinary, sure
from oracle.conformance.fuzz import fuzzed
from oracle.conformance.known import explains, matchless
from oracle.conformance.session import judged, session

RNG = np.random.default_rng(0)
ROOT = Path(__file__).parents[1]
BACKEND = '''
import numpy as np

def square(x, /):
    """Wrong for a first element above 2 alone."""
    return x * x, lambda u: (2 * u * x * (1 if x.size == 0 or x.flat[0] <= 2 else 3),)

def negative(x, /):
    return -x, lambda u: (-u,)

def exp(x, /):
    return np.exp(x), lambda u: (-u * np.exp(x),)
'''
TAILS = """
import numpy as np

def sigmoid(x, /):
    y = 1 / (1 + np.exp(-x))
    return y, lambda u: (u * y * (1 - y),)
"""

SIN = """
import numpy as np

def sin(x, /):
    return np.sin(x), lambda u: (u * np.cos(x) * np.where(np.abs(x) > FAR, 1 + 1e-4, 1).astype(x.dtype),)
"""

HALVES = """
import numpy as np
import purevjp

CAPABILITIES = {"dtypes": ["float64", "float16", "bfloat16"]}

def vjp(rule, xs, static, u):
    value, pullback = getattr(purevjp, rule)(*(x.astype(np.float32) for x in xs), **static)
    cotangents = pullback(u.astype(np.float32))
    return np.asarray(value).astype(u.dtype), tuple(np.asarray(dx * FACTOR).astype(u.dtype) for dx in cotangents)
"""

KNOWN = """
[[known]]
case = "sin/values/*"
verdict = ["wrong", "imprecise"]
reason = "far from zero"
issue = "#1"
"""


@pytest.fixture
def spec(tmp_path):
    file = tmp_path / "kernels.py"
    file.write_text(BACKEND)
    return str(file)


@pytest.mark.usefixtures("here")
def test_fuzz_tells_known_failures_and_looks_for_others(tmp_path, capsys):
    file, known = tmp_path / "nearly.py", tmp_path / "known.toml"
    file.write_text(SIN.replace("FAR", "100"))
    known.write_text(KNOWN)
    command = ["fuzz", str(file), "sin", "--known", str(known), "--examples", "24"]
    assert run(command) == 0
    out = capsys.readouterr().out
    (row,) = (line.split() for line in out.splitlines() if line.startswith("sin "))
    assert (row[1], row[3]) == ("24", "known")
    assert 0 < float(row[2]) < 8
    assert "known failures: " in out
    (told,) = (line for line in out.splitlines() if line.startswith("  known: "))
    assert told.endswith("far from zero, #1")
    assert run(["fuzz", str(file), "sin"]) == 1
    file.write_text(SIN.replace("FAR", "2"))  # ordinary numbers, too
    assert run(command) == 1
    assert "  known: " in capsys.readouterr().out
    known.write_text(KNOWN + "max_ratio = 20")
    file.write_text(SIN.replace("FAR", "100"))
    assert run(command) == 1
    known.write_text(KNOWN + "expires = 2020-01-01")
    assert run(command) == 1
    assert "has expired" in capsys.readouterr().out
    known.write_text(KNOWN.replace("sin/values/*", "sin/nothing/*"))
    assert run(command) == 2
    assert "matches nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pattern", "dtype", "ordinary", "explained"),
    [
        ("sin/*", "float32", True, True), ("sin/*", "float64", False, True), ("sin/*/float64", "float32", True, False),
        ("sin/values/*", "float32", False, True), ("sin/values/*", "float32", True, False),
        ("sin/values/00/float32", "float32", False, True), ("sin/shapes/*", "float32", False, False),
        ("sin/shapes/*", "float32", True, True), ("cos/*", "float32", True, False),
        ("sin/values/*", "float64", False, True), ("silu/point/*", "float32", True, False),
        ("sin/fuzz/*/float32", "float32", True, True), ("sin/fuzz/*/float32", "float64", True, False),
    ],
)  # fmt: skip
def test_entry_explains_a_drawn_case_like_those_of_the_corpus_that_it_names(pattern, dtype, ordinary, explained):
    of = {"case": pattern, "verdict": ("wrong",), "reason": "r", "issue": "i", "max_ratio": None, "expires": None}
    rule = "silu" if pattern.startswith("silu") else "sin"
    line = {"case": f"{rule}/fuzz/0.4/{dtype}", "rule": rule, "dtype": dtype, "verdict": "wrong", "ratio": 9.0}
    assert (explains([of], line, dt.date(2026, 1, 1), ordinary=ordinary) == of) is explained
    assert explains([of], {**line, "verdict": "error"}, dt.date(2026, 1, 1), ordinary=ordinary) is None
    assert matchless([of], [head["id"] for head in frozen.heads()]) == []


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_fuzz_draws_halves(tmp_path, dtype, capsys):
    file = tmp_path / f"halves_{dtype}.py"
    file.write_text(HALVES.replace("FACTOR", "1"))
    assert run(["fuzz", str(file), "matmul", "softmax", "sum", "--dtype", dtype, "--examples", "20"]) == 0
    rows = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines() if line}
    assert all(rows[rule][3] == "agree" and int(rows[rule][1]) > 10 for rule in ("matmul", "softmax", "sum"))
    file.write_text(HALVES.replace("FACTOR", "1.2"))
    assert run(["fuzz", str(file), "matmul", "--dtype", dtype, "--examples", "20"]) == 1
    out = capsys.readouterr().out
    with pytest.raises(AssertionError, match="cotangent 0 is"):
        exec(out[out.index("# matmul/fuzz") : out.index(f"\n{file}: ")], {})  # noqa: S102


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_halves_that_are_drawn_are_on_their_grid_and_have_a_coarse_scale(dtype):
    case, of = CATALOGUE["sum"], DTYPES[dtype]
    candidates = filled(case, (((3, 5),), {"axis": 0, "keepdims": False, "initial": None, "where": None}), of, RNG, 4)
    drawn = sure(case, candidates, of, "0")
    assert drawn
    for each in drawn:
        vector = each["vector"]
        assert vector["dtype"] == dtype
        for x in (*vector["xs"], vector["u"]):
            assert np.array_equal(x, x.astype(of).astype(x.dtype))
        pairs = zip(vector["coarse"], vector["scale"], strict=True)
        assert any(np.any(coarse > 2 * scale) for coarse, scale in pairs)
        assert is_ordinary(case, each["arguments"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["HALVES", "svd", "--dtype", "float16"], "svd cannot be drawn in float16"),
        (["autograd", "exp", "--dtype", "float16"], "the backend autograd has no float16; it has float64, float32"),
        (["SPEC", "exp", "--dtype", "float8"], "no dtype is called 'float8'"),
        (["SPEC", "exp", "--examples", "0"], "--examples"), (["SPEC", "exp", "--seconds", "nan"], "--seconds"),
        (["SPEC", "exp", "--limit", "nan"], "--limit"), (["SPEC", "exp", "--seconds", "-inf"], "--seconds"),
        (["SPEC", "exp", "--known", "nowhere.toml"], "nowhere.toml"),
    ],
)  # fmt: skip
def test_fuzz_refuses_what_cannot_be(spec, tmp_path, arguments, words, capsys):
    halves = tmp_path / "halves.py"
    halves.write_text(HALVES)
    files = {"SPEC": spec, "HALVES": str(halves)}
    assert run(["fuzz", *(files.get(each, each) for each in arguments)]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1


def test_fuzz_knows_no_limit_and_takes_what_is_named_twice_for_once(monkeypatch, capsys):
    asked = []

    def noted(*arguments, **options):
        asked.append((arguments[1], options["dtypes"]))
        return fuzzed(*arguments, **options)

    monkeypatch.setattr("oracle.command.fuzz.fuzzed", noted)
    dtypes = ["--dtype", "float32", "--dtype", "float64", "--dtype", "float32"]
    times = ["--seconds", "inf", "--limit", "inf"]
    assert run(["fuzz", "purevjp", "tanh", "tanh", *dtypes, *times, "--examples", "17"]) == 0
    assert asked == [("tanh", ["float32", "float64"])]
    assert "17 cases of 1 rules\n" in capsys.readouterr().out


def test_a_case_that_is_judged_afresh_is_diagnosed_however_many_failed_before(spec):
    vectors = [v for v in frozen.vectors("exp") if v["dtype"] == "float32" and v["accepts"] is None] * 3
    with session({"spec": spec, "strict": False, "limit": 10.0, "command": False}) as of:
        usual, afresh = (list(judged(of, vectors, afresh=afresh)) for afresh in (False, True))
    assert len(vectors) > 20
    assert not usual[-1]["matches"]
    assert all("negated" in line["matches"] for line, v in zip(afresh, vectors, strict=True) if v["u"].size)


def test_fuzz_judges_tails_by_the_referee(fuzzed_here):
    found = fuzzed_here(TAILS, "sigmoid", dtypes=["float32"], examples=100)
    vector, line = found["failure"]
    assert line["verdict"] == "wrong"
    assert np.max(vector["xs"][0]) > 8  # JAX has the same formula, and a scale that allows for it


def test_an_interruption_while_hypothesis_begins_is_not_lost(monkeypatch):
    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("hypothesis.core.ConjectureRunner", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fuzzed({}, "square", dtypes=["float64"], examples=10, seed=0)


def test_fuzz_counts_different_cases_and_tells_the_worst_that_is_right(spec, here, monkeypatch):
    asked, judged_here = [], fuzz.judged

    def counted(of, vectors, **options):
        lines = judged_here(of, vectors, **options)
        asked.extend(zip(vectors, lines, strict=True))
        return lines

    monkeypatch.setattr(fuzz, "judged", counted)
    with here(spec) as of:
        found = fuzzed(of, "square", dtypes=["float64", "float32"], examples=60, seed=0)
    until = next(i for i, (_, line) in enumerate(asked) if line["verdict"] == "wrong")
    drawn = [
        line for vector, line in asked[: until + 4] if vector["id"].split("/")[2] <= asked[until][0]["id"].split("/")[2]
    ]
    assert found["cases"] <= len(drawn) < len(asked) / 2  # the others made it small
    right = [line["ratio"] for _, line in asked[: found["cases"]] if line["verdict"] == "agree"]
    assert found["worst"] == max(right)
    assert found["failure"][1]["ratio"] > 8


def test_fuzz_prints_a_failure_before_the_next_rule(spec):
    Path(spec).write_text(BACKEND + "\n\ndef negative(x, /):\n    import time\n    time.sleep(60)\n")
    command = [sys.executable, "-m", "purevjp", "fuzz", spec, "exp", "negative", "--limit", "8", "--examples", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        out = ""
        for line in process.stdout:
            out += line
            if "assert not" in line:
                break
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert "negative" not in out + rest
    with pytest.raises(AssertionError, match="should be"):
        exec(out[out.index("# exp/fuzz") :], {})  # noqa: S102


def test_fuzz_ends_when_the_seconds_of_a_rule_are_over(spec, here):
    with here(spec) as of:
        found = fuzzed(of, "exp", dtypes=["float64"], examples=10, seed=0, seconds=0.0)
    assert (found["cases"], found["failure"]) == (0, None)


def test_fuzz_asks_in_the_dtype_of_the_value():
    assert run(["fuzz", "purevjp", "astype", "--examples", "15", "--dtype", "float32"]) == 0


def test_fuzz_prints_a_script_that_fails(spec, capsys):
    assert run(["fuzz", spec, "exp", "negative", "--examples", "5", "--dtype", "float64"]) == 1
    out = capsys.readouterr().out
    lines = {line.split()[0]: line.split()[1:] for line in reversed(out.splitlines()) if line}
    cases, worst, verdict, ratio = lines["exp"]
    assert (int(cases) <= 5, float(worst), verdict) == (True, 0.0, "wrong")
    assert float(ratio.strip("()")) > 1e10
    assert lines["negative"] == ["5", "0", "agree"]
    script, _, last = out[out.index("# exp/fuzz") :].partition("\nnegative ")
    assert "cases of 2 rules; not right: exp\n" in last
    with pytest.raises(AssertionError, match="cotangent 0 is"):
        exec(script, {})  # noqa: S102
    assert run(["fuzz", spec, "negative", "--examples", "3"]) == 0
    assert run(["fuzz", spec, "tanh", "--examples", "3"]) == 3
    assert "no case of tanh was judged" in capsys.readouterr().err
