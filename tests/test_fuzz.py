"""Fuzzing a backend, scripts of failures, and pytest as the runner of the corpus."""

import datetime as dt
import importlib.resources
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from oracle.catalogue import CATALOGUE
from oracle.cli import run
from oracle.conformance import frozen
from oracle.conformance.drawn import DTYPES, filled, is_ordinary, sure
from oracle.conformance.fuzz import fuzzed
from oracle.conformance.known import explains, matchless
from oracle.conformance.session import judged, session
from oracle.conformance.smaller import kind_of

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

TAILS = """
import numpy as np

def sigmoid(x, /):
    y = 1 / (1 + np.exp(-x))
    return y, lambda u: (u * y * (1 - y),)
"""

STEEP = """
import numpy as np

def square(x, /):
    return x * x, lambda u: (2 * u * x * (1 + 1e-13 * np.minimum(np.abs(x), 3) ** 8),)
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


def test_fuzz_makes_a_failure_small(spec):
    with session({"spec": spec, "strict": False, "limit": 10.0, "command": False}) as of:
        found = fuzzed(of, "square", dtypes=["float64"], examples=40, seed=0)
        right = fuzzed(of, "negative", dtypes=["float64"], examples=10, seed=0)
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
def test_fuzz_makes_an_error_of_1e_4_small(tmp_path, rule, numbers, not_zero):
    file = tmp_path / "nearly.py"
    file.write_text(NEARLY)
    with session({"spec": str(file), "strict": False, "limit": 10.0, "command": False}) as of:
        found = fuzzed(of, rule, dtypes=["float64", "float32"], examples=60, seed=0)
    vector, line = found["failure"]
    leaves = [*vector["xs"], vector["u"]]
    assert sum(x.size for x in leaves) <= numbers
    assert sum(np.count_nonzero(x) for x in leaves) <= not_zero
    assert all(len(str(x)) <= len("-1.25") for leaf in leaves for x in leaf.ravel())
    assert line["ratio"] > 8
    assert line["findings"]


def test_fuzz_keeps_the_way_a_case_fails(tmp_path):
    file = tmp_path / "nearly.py"
    file.write_text(NEARLY)
    with session({"spec": str(file), "strict": False, "limit": 10.0, "command": False}) as of:
        found = fuzzed(of, "max", dtypes=["float64"], examples=60, seed=0)
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


def test_fuzz_tells_known_failures_and_looks_for_others(tmp_path, capsys):
    file, known = tmp_path / "nearly.py", tmp_path / "known.toml"
    file.write_text(NEARLY)
    known.write_text(KNOWN)
    command = ["fuzz", str(file), "sin", "--known", str(known), "--examples", "24"]
    assert run(command) == 0
    out = capsys.readouterr().out
    (row,) = (line.split() for line in out.splitlines() if line.startswith("sin "))
    assert (row[1], row[3]) == ("24", "known")
    assert 0 < float(row[2]) < 8
    assert "failures are known" in out
    (told,) = (line for line in out.splitlines() if line.startswith("  known: "))
    assert told.endswith("far from zero, #1")
    assert run(["fuzz", str(file), "sin"]) == 1
    file.write_text(NEARLY.replace("np.abs(x) > 100", "np.abs(x) > 2"))  # ordinary numbers, too
    assert run(command) == 1
    assert "  known: " in capsys.readouterr().out
    known.write_text(KNOWN + "max_ratio = 20")
    file.write_text(NEARLY)
    assert run(command) == 1
    known.write_text(KNOWN + "expires = 2020-01-01")
    assert run(command) == 1
    assert "has expired" in capsys.readouterr().out
    known.write_text(KNOWN.replace("sin/values/*", "sin/nothing/*"))
    assert run(command) == 2
    assert "matches nothing" in capsys.readouterr().err


def test_a_failure_does_not_become_a_known_one_when_it_is_made_small(tmp_path):
    file = tmp_path / "steep.py"
    file.write_text(STEEP)
    of = {"case": "square/*", "verdict": ("wrong", "imprecise"), "reason": "r", "issue": "i", "expires": None}
    with session({"spec": str(file), "strict": False, "limit": 10.0, "command": False}) as to:
        entries = [{**of, "max_ratio": 1e4}]
        found = fuzzed(to, "square", dtypes=["float64"], examples=60, seed=0, entries=entries)
        smallest = fuzzed(to, "square", dtypes=["float64"], examples=60, seed=0)
    assert found["failure"][1]["ratio"] > 1e4
    assert smallest["failure"][1]["ratio"] < 1e4


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
        (["torch", "svd", "--dtype", "float16"], "svd cannot be drawn in float16"),
        (["autograd", "exp", "--dtype", "float16"], "the backend autograd has no float16; it has float64, float32"),
        (["SPEC", "exp", "--dtype", "float8"], "no dtype is called 'float8'"),
        (["SPEC", "exp", "--examples", "0"], "--examples"), (["SPEC", "exp", "--seconds", "nan"], "--seconds"),
        (["SPEC", "exp", "--limit", "nan"], "--limit"), (["SPEC", "exp", "--seconds", "-inf"], "--seconds"),
        (["SPEC", "exp", "--known", "nowhere.toml"], "nowhere.toml"),
    ],
)  # fmt: skip
def test_fuzz_refuses_what_cannot_be(spec, arguments, words, capsys):
    assert run(["fuzz", *(spec if each == "SPEC" else each for each in arguments)]) == 2
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


def test_fuzz_judges_tails_by_the_referee(tmp_path):
    file = tmp_path / "tails.py"
    file.write_text(TAILS)
    with session({"spec": str(file), "strict": False, "limit": 10.0, "command": False}) as of:
        found = fuzzed(of, "sigmoid", dtypes=["float32"], examples=100, seed=0)
    vector, line = found["failure"]
    assert line["verdict"] == "wrong"
    assert np.max(vector["xs"][0]) > 8  # JAX has the same formula, and a scale that allows for it


def test_an_interruption_while_hypothesis_begins_is_not_lost(monkeypatch):
    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("hypothesis.core.ConjectureRunner", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fuzzed({}, "square", dtypes=["float64"], examples=10, seed=0)


def test_fuzz_counts_different_cases_and_tells_the_worst_that_is_right(spec):
    asked = []

    def counted(of, vectors, **options):
        lines = list(judged(of, vectors, **options))
        asked.extend(zip(vectors, lines, strict=True))
        return lines

    with (
        pytest.MonkeyPatch.context() as patch,
        session({"spec": spec, "strict": False, "limit": 10.0, "command": False}) as of,
    ):
        patch.setattr("oracle.conformance.fuzz.judged", counted)
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


def test_fuzz_ends_when_the_seconds_of_a_rule_are_over(spec):
    with session({"spec": spec, "strict": False, "limit": 10.0, "command": False}) as of:
        found = fuzzed(of, "exp", dtypes=["float64"], examples=10, seed=0, seconds=0.0)
    assert (found["cases"], found["failure"]) == (0, None)


def test_fuzz_asks_in_the_dtype_of_the_value():
    assert run(["fuzz", "purevjp", "astype", "--examples", "15", "--dtype", "float32"]) == 0


def test_fuzz_prints_a_script_that_fails(spec, capsys):
    assert run(["fuzz", spec, "exp", "negative", "--examples", "5", "--dtype", "float64"]) == 1
    out = capsys.readouterr().out
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line}
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


@pytest.mark.parametrize("rule", ["exp", "split", "fft", "softmax", "where", "matmul", "take"])
def test_script_of_a_case_passes_for_purevjp_and_fails_for_a_wrong_backend(rule, capsys, spec):
    heads = [
        head for head in frozen.heads()
        if head["rule"] == rule and head["dtype"] in {"float32", "float64"} and "/point/" not in head["id"]
    ]  # fmt: skip
    for head in heads[:3]:
        assert run(["repro", head["id"]]) == 0
        text = capsys.readouterr().out
        assert text.startswith(f"# {head['id']}")
        exec(text, {})  # noqa: S102
    if rule == "exp":
        assert run(["repro", heads[0]["id"], "--backend", spec]) == 0
        with pytest.raises(AssertionError, match="cotangent 0 is"):
            exec(capsys.readouterr().out, {})  # noqa: S102


def test_script_of_what_is_no_case_is_refused(capsys):
    assert run(["repro", "exp/nothing/1/float32"]) == 2
    assert "has no case" in capsys.readouterr().err


def pytest_run(*arguments):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"]
    done = subprocess.run(
        [*command, "--pyargs", "oracle.conformance", "--purevjp-rule=square", "--purevjp-rule=negative", *arguments],
        capture_output=True, text=True, cwd=ROOT, timeout=300, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_pytest_has_a_test_per_case(spec, tmp_path):
    names = [head["id"] for head in frozen.heads() if head["rule"] in {"square", "negative"}]
    code, out = pytest_run(f"--purevjp-backend={spec}", "-k", "test_backend")
    assert code == 1, out
    counts = {word: int(n) for n, word in (part.split()[:2] for part in out.splitlines()[-1].split(", "))}
    assert sum(counts[word] for word in ("failed", "passed", "skipped")) == len(names)
    known = tmp_path / "known.toml"
    entry = 'case = "square/*"\nverdict = "wrong"\nreason = "three"\nissue = "#1"'
    known.write_text(f"[[known]]\n{entry}\n")
    code, out = pytest_run(f"--purevjp-backend={spec}", f"--purevjp-known={known}", "-k", "square/")
    assert code == 0, out
    assert "xfailed" in out
    assert pytest_run("--purevjp-backend=nothing.py", "-k", "square/")[0] == 2
    assert pytest_run("--purevjp-command=no-such-program", "-k", "square/")[0] == 2
    code, out = pytest_run(f"--purevjp-backend={spec}", "--purevjp-rule=squaer")
    assert (code, "did you mean square?" in out) == (2, True)
    code, out = pytest_run(f"--purevjp-backend={spec}", f"--purevjp-known={tmp_path / 'nowhere.toml'}")
    assert (code, out.count("nowhere.toml")) == (2, 1)
    code, out = pytest_run(f"--purevjp-backend={spec}", "--purevjp-rule=det", "-k", "det/")
    assert (code, "purevjp: no case of det was judged" in out) == (1, True)
    adapter = tmp_path / "adapter.py"
    adapter.write_text((importlib.resources.files("oracle.adapters") / "adapter.py").read_text("utf-8"), "utf-8")
    code, out = pytest_run(f"--purevjp-command={sys.executable} {adapter}", "--purevjp-rule=tanh", "-k", "tanh/")
    assert code == 0, out
    assert " passed" in out
