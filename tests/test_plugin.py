"""pytest as the runner of the corpus: in a process of its own, and, where that shows the same, in this one."""

import importlib.resources
import subprocess
import sys
from pathlib import Path

import pytest

from oracle.conformance import frozen

pytest_plugins = ("pytester",)

ROOT = Path(__file__).parents[1]
ARGUMENTS = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-q", "--pyargs", "oracle.conformance")
BACKEND = """
import numpy as np

def square(x, /):
    return x * x, lambda u: (3 * u * x,)

def negative(x, /):
    return -x, lambda u: (-u,)

def exp(x, /):
    return np.exp(x), lambda u: (-u * np.exp(x),)
"""
KNOWN = """
[[known]]
case = "square/*"
verdict = "wrong"
reason = "three"
issue = "#1"
"""


@pytest.fixture
def options(tmp_path):
    """A backend, and what is known of it."""
    files = {"backend": tmp_path / "kernels.py", "known": tmp_path / "known.toml"}
    for file, text in zip(files.values(), (BACKEND, KNOWN), strict=True):
        file.write_text(text)
    return [f"--purevjp-{name}={file}" for name, file in files.items()]


@pytest.fixture
def ran(pytester):
    """The exit code of a run in this process, and what it says."""

    def run(*arguments):
        result = pytester.runpytest_inprocess(*ARGUMENTS, *arguments)
        return result.ret, result.stdout.str() + result.stderr.str()

    return run


def process(*arguments):
    """The same of a process."""
    command = [sys.executable, "-m", "pytest", "-o", "addopts=--import-mode=importlib", *ARGUMENTS, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


def counts(out):
    """What the last line of a run counts."""
    return {word: int(n) for n, word in (part.split()[:2] for part in out.strip().splitlines()[-1].split(", "))}


def cases(*rules, dtypes=("float64", "float32")):
    return sum(head["rule"] in rules and head["dtype"] in dtypes for head in frozen.heads())


def test_pytest_has_a_test_per_case_and_fails_where_one_is_wrong_and_not_known(options):
    rules = ("square", "negative", "exp")
    code, out = process(*options, *(f"--purevjp-rule={rule}" for rule in rules))
    assert code == 1, out
    assert counts(out) == {
        "failed": cases("exp"),
        "passed": cases("negative"),
        "xfailed": cases("square"),
        "skipped": cases(*rules, dtypes=("float16", "bfloat16")),
    }


def test_pytest_fails_where_a_rule_that_is_named_was_not_judged(options, ran):
    rules = [f"--purevjp-rule={rule}" for rule in ("square", "negative", "det")]
    code, out = ran(*options, *rules, "-k", "square/")
    assert (code, counts(out)["xfailed"] > 10) == (0, True), out
    code, out = ran(*options, *rules, "-k", "det/")
    assert (code, "purevjp: no case of det was judged" in out) == (1, True), out
    assert counts(out)["skipped"] == cases("det", dtypes=("float64", "float32", "float16", "bfloat16"))
    assert out.count("was judged") == 1


def test_pytest_asks_a_command(tmp_path, ran):
    adapter = tmp_path / "adapter.py"
    adapter.write_text((importlib.resources.files("oracle.adapters") / "adapter.py").read_text("utf-8"), "utf-8")
    code, out = ran(f"--purevjp-command={sys.executable} {adapter}", "--purevjp-rule=tanh")
    assert code == 0, out
    assert counts(out)["passed"] > 10


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--purevjp-backend=nothing.py"], "there is no such file"),
        (["--purevjp-command=no-such-program"], "there is no program 'no-such-program' to run"),
        (["--purevjp-backend=torch", "--purevjp-command=true"], "give one of them"),
    ],
)
def test_pytest_refuses_what_cannot_be(ran, arguments, words):
    code, out = ran(*arguments, "--purevjp-rule=square", "-k", "square/shapes/00/float32")
    assert (code, words in out) == (2, True), out


@pytest.mark.parametrize(
    ("argument", "words"), [("--purevjp-rule=squaer", "did you mean square?"), ("--purevjp-known=no.toml", "no.toml")]
)
def test_pytest_refuses_in_a_line_before_it_has_begun(options, argument, words):
    code, out = process(*options, "--purevjp-rule=square", argument)
    assert (code, out.count(words), out.count("\n")) == (2, 1, 1), out
