"""Backends held against the corpus, as their authors meet it: verdicts, diagnoses, what costs one case, exit codes."""

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from oracle.cli import run
from oracle.conformance import frozen
from oracle.conformance.adapter import load
from oracle.conformance.session import judged, session
from oracle.conformance.sweep import chunks
from oracle.vectors import corpus

GOOD = """
import numpy as np

CAPABILITIES = {"name": "mine", "version": "7", "dtypes": ["float64", "float32"]}

def square(x, /):
    return x * x, lambda u: (2 * u * x,)
"""
EVERY_KIND = """
import os, sys, time
import numpy as np

def square(x, /):
    return x * x, lambda u: (-2 * u * x,)

def negative(x, /):
    raise RuntimeError("out of paper")

def abs(x, /):
    time.sleep(60)

def exp(x, /):
    sys.stderr.write("last words\\n")
    os._exit(3)

def add(a, b, /):
    print("not a record")
    return a + b, lambda u: (u.astype(np.float16), u)

def maximum(a, b, /):
    raise NotImplementedError("no maximum here")

calls = []

def log(x, /):
    calls.append(1)
    return np.log(x), lambda u: (u / x * (1 + (len(calls) % 2)),)

def relu(x, /):
    x *= 1
    return np.maximum(x, 0), lambda u: (u * (x > 0),)

def reciprocal(x, /):
    def pullback(u):
        flat = np.frombuffer(x.tobytes("A"), x.dtype)
        return (-u / (flat[: x.size].reshape(x.shape) ** 2),)
    return 1 / x, pullback
"""


def file_of(tmp_path, text):
    file = tmp_path / "kernels.py"
    file.write_text(text)
    return str(file)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    spec = file_of(tmp_path_factory.mktemp("backend"), EVERY_KIND)
    found = {}
    with session({"spec": spec, "strict": False, "limit": 1.0, "command": False}) as of:
        for rule in of["said"]["rules"]:
            heads = [head for head in frozen.heads() if head["rule"] == rule and head["dtype"] == "float64"]
            heads = heads[: 20 if rule == "reciprocal" else 4]
            found[rule] = list(judged(of, heads, heads=True))
            assert [line["case"] for line in found[rule]] == [head["id"] for head in heads]
    return found


def said(records, rule):
    return " ".join(finding for line in records[rule] for finding in line["findings"])


def test_wrong_numbers_are_named(records):
    wrong = [line for line in records["square"] if line["verdict"] == "wrong"]
    assert len(wrong) >= 2
    assert all("negated" in line["matches"] for line in wrong)
    assert any("-1 times the truth" in line["diagnosis"] for line in wrong)
    assert "but should be" in wrong[0]["findings"][0]


def test_exception_costs_its_cases_and_is_quoted(records):
    assert {line["verdict"] for line in records["negative"]} == {"error"}
    assert "out of paper" in said(records, "negative")


def test_what_hangs_or_crashes_costs_three_cases_and_then_is_left_out(records):
    assert [line["verdict"] for line in records["abs"]] == ["timeout"] * 3 + ["not run"]
    assert [line["verdict"] for line in records["exp"]] == ["crash"] * 3 + ["not run"]
    assert "exit code 3" in said(records, "exp")
    assert "last words" in said(records, "exp")


def test_dtype_state_mutation_and_layout_are_findings_of_their_own(records):
    assert "cotangent 0 is float16, but should be float64" in said(records, "add")
    assert "the same call gave another answer" in said(records, "log")
    assert "it writes to an argument" in said(records, "relu")
    assert "in the layout" in said(records, "reciprocal")
    assert {line["verdict"] for line in records["maximum"]} == {"unsupported"}
    assert "no maximum here" in said(records, "maximum")


def check(capsys, *arguments):
    code = run(["check", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_good_backend_passes_and_leaves_its_reports(tmp_path, capsys):
    files = {name: tmp_path / name for name in ("report.jsonl", "junit.xml", "summary.md", "table.csv")}
    options = zip(("--report", "--junit", "--markdown", "--csv"), map(str, files.values()), strict=True)
    code, out, _ = check(capsys, file_of(tmp_path, GOOD), "square", *(word for pair in options for word in pair))
    assert code == 0
    assert [out.splitlines()[1].split()[i] for i in (0, -1)] == ["square", "agree"]
    lines = [json.loads(line) for line in files["report.jsonl"].read_text().splitlines()]
    assert {line["case"] for line in lines} == {head["id"] for head in frozen.heads() if head["rule"] == "square"}
    assert lines[0]["backend"] == {"name": "mine", "version": "7", "device": "cpu"}
    assert {line["verdict"] for line in lines} == {"agree", "unsupported"}
    assert all(file.stat().st_size for file in files.values())


@pytest.mark.parametrize(("n", "jobs"), [(3, 1), (40, 1), (40, 4), (4950, 2)])
def test_small_rules_are_asked_for_together_where_there_are_many(n, jobs):
    heads = frozen.heads()[:n]
    parts = chunks(heads, jobs)
    assert sorted(head["id"] for part in parts for head in part) == sorted(head["id"] for head in heads)
    rules = len({head["rule"] for head in heads})
    assert min(rules, jobs) <= len(parts) <= max(rules, 1)
    assert (len(parts) < rules / 2) == (n > 1000)


def test_shards_are_disjoint_and_complete(tmp_path, capsys):
    spec, found = file_of(tmp_path, GOOD), []
    for i in (1, 2, 3):
        report = tmp_path / f"{i}.jsonl"
        assert check(capsys, spec, "square", "--shard", f"{i}/3", "--report", str(report))[0] == 0
        found += [json.loads(line)["case"] for line in report.read_text().splitlines()]
    assert sorted(found) == sorted(head["id"] for head in frozen.heads() if head["rule"] == "square")


def test_exit_codes_tell_wrong_from_unusable_from_not_run(tmp_path, capsys):
    spec = file_of(tmp_path, GOOD)
    assert check(capsys, file_of(tmp_path, GOOD.replace("2 * u", "3 * u")), "square")[0] == 1
    file_of(tmp_path, GOOD)
    code, _, err = check(capsys, spec, "square", "negative")
    assert (code, err) == (3, "purevjp: no case of negative was judged\n")
    assert check(capsys, spec, "square", "--at-least", "10000")[0] == 3
    for arguments, words in {
        (str(tmp_path / "none.py"), "square"): "no such file",
        ("no.such.module", "square"): "No module named",
        (spec, "squaer"): "did you mean square?",
        (spec, "square", "--shard", "3/2"): "should be I/N",
        (spec, "square", "--dtype", "float128"): "no dtype is called",
        (spec, "square", "--csv", "a", "--junit", "a"): "should name two files",
        (spec, "square", "--limit", "nan"): "'--limit'",
        (spec, "--command", "true"): "--command is another: give one of them",
        ("torch", "--command", "true"): "--command is another: give one of them",
        (spec, "square", "--known", "nowhere.toml"): "nowhere.toml",
    }.items():
        code, _, err = check(capsys, *arguments)
        assert (code, words in err, err.count("\n")) == (2, True, 1), err


FORKS = """
import os
import numpy as np

def square(x, /):
    if not os.path.exists({flag!r}):
        open({flag!r}, "w").close()
        os.fork()
    return x * x, lambda u: (2 * u * x,)
"""


def test_a_child_that_the_backend_forks_answers_nothing(tmp_path, capsys):
    report = tmp_path / "report.jsonl"
    spec = file_of(tmp_path, FORKS.format(flag=str(tmp_path / "flag")))
    assert check(capsys, spec, "square", "--report", report)[0] == 0
    names = [line["case"] for line in map(json.loads, report.read_text().splitlines())]
    assert len(names) == len(set(names)) > 10


CLIPS = """
import numpy as np

def square(x, /):
    return x * x, lambda u: (2 * np.clip(u, -30, 30) * x,)
"""


@pytest.mark.usefixtures("here")
def test_a_pullback_that_clips_is_found(tmp_path, capsys):
    code, out, _ = check(capsys, file_of(tmp_path, CLIPS), "square", "--dtype", "float32")
    assert code == 1
    assert "the cotangents of −1024u are not −1024 times those of u" in out
    assert "its first answer is right, and a script of purevjp repro would show that one alone" in out
    assert "purevjp repro square" not in out


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ("None", "square returned a NoneType, but should return (value, pullback)"),
        ("(x * x, 2, 3)", "square returned a tuple of 3, but should return (value, pullback)"),
        ("(x * x, 2 * x)", "as its pullback, but should return (value, pullback)"),
        ("(x * x, lambda u: 2 * u * x)", "there should be 1 cotangent in a tuple, but a ndarray came"),
        ("(x * x, lambda u: {})", "there should be 1 cotangent in a tuple, but a dict came"),
    ],
)
def test_what_is_no_rule_is_said_to_be_none(tmp_path, capsys, returned, words):
    spec = file_of(tmp_path, f"def square(x, /):\n    return {returned}\n")
    code, out, _ = check(capsys, spec, "square", "--dtype", "float32")
    assert code == 1
    assert words in out
    assert "matches mutant" not in out


ONCE = """
def square(x, /):
    left = [x]
    def pullback(u):
        if not left:
            raise RuntimeError("graph freed")
        return (2 * u * left.pop(),)
    return x * x, pullback
"""


@pytest.mark.usefixtures("here")
def test_a_pullback_that_can_be_called_once_is_said_to_be_so(tmp_path, capsys):
    code, out, _ = check(capsys, file_of(tmp_path, ONCE), "square", "--dtype", "float32")
    assert code == 1
    assert "raised RuntimeError('graph freed') when the pullback was called again" in out


def test_outputs_are_no_inputs(tmp_path, capsys):
    spec = file_of(tmp_path, GOOD)
    known = tmp_path / "known.toml"
    known.write_text("")
    for options in (["--report", spec], ["--csv", spec], ["--known", known, "--write-known", known]):
        code, _, err = check(capsys, spec, "square", *options)
        assert (code, err.count("\n")) == (2, 1)
        assert "should name two files" in err
    assert Path(spec).read_text() == GOOD


def test_damaged_corpus_is_exit_code_4(tmp_path, capsys, monkeypatch):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in ("manifest.json", "SHA256SUMS", "square.safetensors"):
        shutil.copy(corpus.FOLDER / name, folder)
    monkeypatch.setattr(frozen, "manifest", lambda: corpus.opened(folder))
    code, _, err = check(capsys, file_of(tmp_path, GOOD), "square")
    assert code == 4
    assert err.startswith("purevjp: the corpus is damaged")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1/0", "ZeroDivisionError"),
        ("def exp(x:", "kernels.py, line 1: '(' was never closed"),
        ("import sys; sys.exit(0)", "SystemExit"),
        ("x = 1", "no function vjp, and none with the name of a rule"),
        ("def layernorm(x, /): ...", "did you mean layer_norm by layernorm?"),
        ("vjp = 3", "should be a function"),
        ("import os; os._exit(9)", "crashed when it was imported"),
        ("CAPABILITIES = {'dtypes': ['int8']}\ndef exp(x, /): ...", "names the dtype 'int8'"),
        ("CAPABILITIES = {'speed': 3}\ndef exp(x, /): ...", "has no key 'speed'"),
        ("CAPABILITIES = {'dtypes': 'float32'}\ndef exp(x, /): ...", "has the dtypes 'float32', but should name"),
        ("CAPABILITIES = {'dtypes': []}\ndef exp(x, /): ...", "has the dtypes [], but should name"),
        ("CAPABILITIES = 3\ndef exp(x, /): ...", "should be a dict"),
    ],
)
def test_what_is_no_backend_is_refused_in_a_line(tmp_path, capsys, text, words):
    code, _, err = check(capsys, file_of(tmp_path, text), "exp")
    assert (code, words in err, err.count("\n")) == (2, True, 1), err


def test_a_rule_that_stands_where_a_backend_should_is_said_to_be_one(capsys):
    code, _, err = check(capsys, "tanh")
    assert (code, err.count("\n")) == (2, 1)
    assert err.endswith("No module named 'tanh'; tanh is a rule: name the BACKEND before it\n")


def test_a_file_may_be_called_as_a_module_that_the_judge_imports(tmp_path, capsys, monkeypatch):
    (tmp_path / "random.py").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    assert check(capsys, "random.py", "square", "--dtype", "float32")[0] == 0


def test_one_function_for_all_rules_is_a_backend_too(tmp_path, capsys):
    text = """
import purevjp

def vjp(rule, args, static, cotangent):
    if rule not in ("split", "vdot", "fft", "softmax"):
        raise NotImplementedError(rule)
    value, pullback = getattr(purevjp, rule)(*args, **static)
    return value, pullback(cotangent)
"""
    spec = file_of(tmp_path, text)
    rules = [rule for rule in ("split", "vdot", "fft", "softmax") if rule in frozen.manifest()["rules"]]
    code, out, _ = check(capsys, spec, *rules)
    assert code == 0
    assert [line.split()[-1] for line in out.splitlines()[1 : 1 + len(rules)]] == ["agree"] * len(rules)
    assert check(capsys, spec, "exp")[0] == 3


def test_a_file_that_was_just_changed_is_read_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    right = "def square(x, /):\n    return x * x, lambda u: (2 * u * x,)\n"
    spec = file_of(tmp_path, right)
    for text in (right, right.replace("2", "3"), right):
        os.utime(file_of(tmp_path, text), (1e9, 1e9))
        _, vjp = load(spec)["own"]["square"](np.ones(1))
        assert vjp(np.ones(1))[0] == (3 if "3" in text else 2)
    assert not (tmp_path / "__pycache__").exists()


@pytest.mark.usefixtures("here")
def test_declared_accumulator_is_judged_by_its_own_accuracy(tmp_path, capsys):
    text = """
import numpy as np
CAPABILITIES = {"accumulator": "float16"}

def square(x, /):
    def pullback(u):
        digits, power = np.frexp(2 * u * x)
        return (np.ldexp(np.round(digits * 2048) / 2048, power).astype(x.dtype),)  # as float16 rounds
    return x * x, pullback
"""
    assert check(capsys, file_of(tmp_path, text), "square", "--dtype", "float32")[0] == 0
    spec = file_of(tmp_path, text.replace("float16", "float32"))
    assert check(capsys, spec, "square", "--dtype", "float32")[0] == 1


def test_own_rules_of_purevjp_are_right(capsys):
    code, out, _ = check(capsys, "purevjp", "square", "maximum", "exp")
    assert code == 0
    assert " wrong" not in out


def test_load_takes_all_that_has_the_name_of_a_rule():
    assert {"softmax", "abs"} <= load("purevjp")["rules"]


@pytest.mark.parametrize("named", ['"tanh"', "5", '["tahn"]', '["softmax"]'])
def test_rules_that_are_named_and_not_there_are_an_error(tmp_path, named):
    file = tmp_path / "kernels.py"
    file.write_text(f"import purevjp as pv\ntanh = pv.tanh\nRULES = {named}\n")
    with pytest.raises(ValueError, match=r"^RULES of the backend"):
        load(str(file))
    file.write_text("import purevjp as pv\ntanh, exp = pv.tanh, pv.exp\nRULES = ['tanh']\n")
    assert load(str(file))["rules"] == {"tanh"}
