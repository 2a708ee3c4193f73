"""Fuzzing a backend, scripts of failures, and pytest as the runner of the corpus."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oracle.cli import run
from oracle.conformance import frozen
from oracle.conformance.fuzz import fuzzed
from oracle.conformance.session import session

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


@pytest.fixture
def spec(tmp_path):
    file = tmp_path / "kernels.py"
    file.write_text(BACKEND)
    return str(file)


def test_fuzz_makes_a_failure_small(spec):
    with session({"spec": spec, "strict": False, "limit": 10.0}) as of:
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
    with session({"spec": spec, "strict": False, "limit": 10.0}) as of:
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
    return done.returncode, done.stdout


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
