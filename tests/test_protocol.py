"""The line protocol: adapters in C, Rust and Python pass, wrong ones are caught, lying ones cost one case each."""

import importlib.resources
import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from oracle import cli
from oracle.conformance.session import GIVE_UP, session
from oracle.process import CRASHED, ERROR, OK, TIMED_OUT, UNSUPPORTED, adapter
from oracle.protocol import ran, ran_all
from oracle.vectors.corpus import corpus
from oracle.vectors.hold import judged
from oracle.verdict import AGREE, PASSING, WRONG

COMPILERS = {
    "c": ["cc", "-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", "-pedantic"],
    "rust": ["rustc", "--edition", "2021", "-D", "warnings"],
}
CORRECT = {"c": "h * mean_gh", "rust": "h(i) * mean_gh", "python": "h * (g * h).mean(-1, keepdims=True)"}
FILES = {"c": "adapter.c", "rust": "adapter.rs", "python": "adapter.py"}
VECTORS = {rule: list(corpus([rule])) for rule in ("layer_norm", "relu", "tanh", "multiply", "slogdet")}
RELU = next(vector for vector in VECTORS["relu"] if vector["id"].startswith("relu/shapes") and vector["u"].size > 1)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Each template as a command, as it is and with a term of layer norm's pullback left out."""
    folder = tmp_path_factory.mktemp("adapters")

    def build(lang, *, wrong):
        source = (importlib.resources.files("oracle.adapters") / FILES[lang]).read_text("utf-8")
        assert source.count(CORRECT[lang]) == 1
        source = source.replace(CORRECT[lang], f"0.0 * {CORRECT[lang]}") if wrong else source
        file = folder / f"{'wrong' if wrong else 'right'}_{FILES[lang]}"
        file.write_text(source, encoding="utf-8")
        if lang == "python":
            return f"{sys.executable} {file}"
        compiler = shutil.which(COMPILERS[lang][0])
        if compiler is None or subprocess.run([compiler, "--version"], capture_output=True, check=False).returncode:
            pytest.skip(f"there is no compiler {COMPILERS[lang][0]} that runs")
        program = file.with_suffix(".out")
        libraries = ["-lm"] if lang == "c" else []
        subprocess.run([*COMPILERS[lang], "-o", str(program), str(file), *libraries], check=True)
        return str(program)

    return build


def lines(report):
    return [json.loads(line) for line in report.read_text("utf-8").splitlines()]


def verdicts(command, vectors):
    with adapter(command) as of:
        outcomes = [ran(of, vector) for vector in vectors]
        assert of["starts"] == 1
    return [
        judged(vector, each["value"], each["cotangents"])["verdict"] if each["status"] == OK else each["status"]
        for vector, each in zip(vectors, outcomes, strict=True)
    ]


@pytest.mark.parametrize("lang", FILES)
def test_an_adapter_passes_every_vector_it_supports(built, lang):
    vectors = [vector for of in VECTORS.values() for vector in of]
    found = verdicts(built(lang, wrong=False), vectors)
    assert set(found) <= {AGREE, UNSUPPORTED}
    agreed = {vector["rule"] for vector, verdict in zip(vectors, found, strict=True) if verdict == AGREE}
    assert agreed == {"layer_norm", "relu", "tanh"} | ({"multiply"} if lang == "c" else set())
    singles = [verdict for vector, verdict in zip(vectors, found, strict=True) if vector["id"].startswith("relu")]
    assert singles.count(AGREE) > 20


@pytest.mark.parametrize("lang", FILES)
def test_a_wrong_layer_norm_is_caught(built, lang):
    vectors = VECTORS["layer_norm"]
    found = verdicts(built(lang, wrong=True), vectors)
    assert found.count(WRONG) >= 3
    others = [vector for vector in VECTORS["tanh"] if vector["dtype"] == "float32"]
    assert set(verdicts(built(lang, wrong=True), others)) == {AGREE}


def test_check_holds_a_command_against_the_corpus(built, capsys, tmp_path):
    right, wrong = (built("c", wrong=of) for of in (False, True))
    report = tmp_path / "report.jsonl"
    assert cli.run(["check", "--command", right, "layer_norm", "tanh", "slogdet", "--report", str(report)]) == 3
    assert "no case of slogdet was judged" in capsys.readouterr().err
    counts = Counter((line["rule"], line["verdict"]) for line in lines(report))
    assert {word for _, word in counts} == {"agree", "unsupported"}
    assert counts["layer_norm", "agree"] >= 5
    assert cli.run(["check", "--command", wrong, "layer_norm"]) == 1
    said = capsys.readouterr().out
    assert "layer_norm/" in said
    assert "purevjp repro layer_norm/" in said
    assert "--backend" not in said
    assert cli.run(["check", "--command", wrong, "tanh"]) == 0


def test_a_command_is_asked_by_several_processes_that_end_with_the_run(built, capsys, tmp_path):
    pids = tmp_path / "pids"
    pids.mkdir()
    command = f"sh -c 'touch {pids}/$$; exec {built('python', wrong=True)}'"
    rules = ("layer_norm", "relu", "tanh")
    reports = [tmp_path / f"{jobs}.jsonl" for jobs in (1, 2)]
    for jobs, report in enumerate(reports, 1):
        options = ["--jobs", str(jobs), "--limit", "inf", "--report", str(report)]
        assert cli.run(["check", "--command", command, *rules, *options]) == 1
    one, two = (Counter((of["case"], of["verdict"]) for of in lines(report)) for report in reports)
    assert one == two
    assert len(list(pids.iterdir())) == 3
    assert not [pid.name for pid in pids.iterdir() if Path("/proc", pid.name).exists()]
    capsys.readouterr()


def test_a_worker_ends_its_command_even_if_it_is_told_twice_to_end(tmp_path):
    """What it was asked for is over, and while it says goodbye, it is ended from outside."""
    number, source = tmp_path / "number", tmp_path / "stays.py"
    source.write_text(
        "import os, pathlib, time\ninput()\nprint('ok', flush=True)\ninput()\n"
        f"pathlib.Path({str(tmp_path / 'new')!r}).write_text(str(os.getpid()))\n"
        f"os.rename({str(tmp_path / 'new')!r}, {str(number)!r})\ntime.sleep(600)\n"
    )
    with session({"spec": f"{sys.executable} {source}", "strict": False, "limit": 60.0, "command": True}) as of:
        of["process"].stdin.close()
        assert any(number.exists() or time.sleep(0.01) for _ in range(6000))
        of["process"].terminate()
        of["process"].wait(60)
    assert has_ended(number.read_text())


def test_a_command_that_hangs_costs_its_cases_alone(built, tmp_path):
    good = Path(built("python", wrong=False).split()[-1]).read_text("utf-8")
    head = "def tanh(x: Array, u: Array, /) -> Results:\n"
    assert head in good
    source = tmp_path / "hangs.py"
    source.write_text(good.replace(head, f"{head}    __import__('time').sleep(99)\n"), "utf-8")
    report = tmp_path / "report.jsonl"
    options = ["--limit", "0.5", "--dtype", "float32", "--report", str(report)]
    assert cli.run(["check", "--command", f"{sys.executable} {source}", "relu", "tanh", *options]) == 1
    said = Counter((line["rule"], line["verdict"]) for line in lines(report))
    assert said["tanh", "timeout"] == GIVE_UP
    assert said["tanh", "not run"] > 5
    assert ("relu", "timeout") not in said
    assert said["relu", "agree"] > 5


@pytest.mark.parametrize(
    ("dtypes", "code", "words"),
    [
        (["float64"], 3, "no case of tanh was judged"),
        (["float99"], 2, "names the dtype 'float99'"),
        ("float64", 2, "has the dtypes 'float64', but should name some"),
    ],
)
def test_dtypes_of_the_hello_count(tmp_path, capsys, dtypes, code, words):
    source = tmp_path / "says.py"
    source.write_text(f"import json\ninput()\nprint('ok', json.dumps({{'dtypes': {dtypes!r}}}), flush=True)\ninput()\n")
    options = ["--dtype", "float32", "--limit", "5"]
    assert cli.run(["check", "--command", f"{sys.executable} {source}", "tanh", *options]) == code
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--command", ""], "the command of an adapter is empty"),
        (["--command", "no-such-program"], "there is no program 'no-such-program' to run"),
        (["--command", "true", "--strict"], "--strict is for rules in purevjp's form: a command has none"),
        ([], "name a BACKEND"),
    ],
)
def test_check_refuses_a_command_that_cannot_be_asked(capsys, arguments, fault):
    assert cli.run(["check", *arguments]) == 2
    assert fault in capsys.readouterr().err


@pytest.mark.parametrize("lang", FILES)
def test_a_template_is_printed_as_it_is(capsys, lang):
    assert cli.run(["adapter", "--lang", lang]) == 0
    source = (importlib.resources.files("oracle.adapters") / FILES[lang]).read_text("utf-8")
    assert capsys.readouterr().out == source


def test_a_language_without_a_template_is_refused(capsys):
    assert cli.run(["adapter", "--lang", "cobol"]) == 2
    assert capsys.readouterr().err == "purevjp: there is no adapter in 'cobol'; there are c, rust, python\n"


HONEST = """
import json, os, sys, time
from pathlib import Path
def tensors(path):
    data = Path(path).read_bytes(); n = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:n]), data[n:]
def write(path, entries, data=b"", more=b""):
    text = json.dumps(entries).encode() if isinstance(entries, dict) else entries
    Path(path).write_bytes(len(text).to_bytes(8, "little") + text + data + more)
def say(text):
    sys.stdout.write(text); sys.stdout.flush()
for line in sys.stdin:
    words = line.split(" ", 4)
    if words[0].strip() == "hello":
        say("ok\\n"); continue
    if words[0].strip() == "bye":
        break
    rule, path_in, path_out = words[1:4]
    header, data = tensors(path_in)
    u = header["u"]; part = data[slice(*u["data_offsets"])]; n = len(part)
    like = lambda start: {**u, "data_offsets": [start, start + n]}
    honest = {"value": like(0), "dx0": like(n)}
"""


def lying(tmp_path, lie):
    """The command of an adapter that does this to each case."""
    file = tmp_path / "liar.py"
    file.write_text(HONEST + "\n".join(f"    {line}" for line in lie.splitlines()) + "\n", encoding="utf-8")
    return f"{sys.executable} {file}"


LIES = {
    "wrong count": ("write(path_out, {'value': like(0)}, part); say('ok\\n')", ERROR, "has no array 'dx0'"),
    "one too many": (
        "write(path_out, honest | {'dx1': like(2 * n)}, part * 3); say('ok\\n')", ERROR, "has 'dx1', but should have"
    ),
    "no file": ("say('ok\\n')", ERROR, "OUT cannot be read: No such file"),
    "a pipe for a file": ("os.mkfifo(path_out); say('ok\\n')", ERROR, "'OUT' is not a plain file"),
    "a device for a file": ("os.symlink('/dev/zero', path_out); say('ok\\n')", ERROR, "'OUT' is not a plain file"),
    "a folder for a file": ("os.mkdir(path_out); say('ok\\n')", ERROR, "'OUT' is not a plain file"),
    "an endless file": (
        "write(path_out, honest, part * 2, b'0' * (1 << 20)); say('ok\\n')", ERROR, "'OUT' has more than"
    ),
    "no safetensors": ("Path(path_out).write_bytes(b'no'); say('ok\\n')", ERROR, "OUT is not a valid safetensors file"),
    "another word": ("say('fine\\n')", ERROR, "should answer ok, unsupported, error, but says 'fine'"),
    "endless line": ("say('ok' * 100000); time.sleep(60)", ERROR, "its answer has more than 4096 bytes: 'okok"),
    "endless lines": ("while True: say('ok\\n' * 1000)", ERROR, ""),
    "control characters": ("say('error \\x1b[31m\\x07 red\\n')", ERROR, "[31m red"),
    "silence": ("time.sleep(60)", TIMED_OUT, "no answer in 1 s"),
    "exit": ("sys.exit(3)", CRASHED, "the process ended with exit code 3"),
    "crash": ("os.abort()", CRASHED, "the process was killed by signal 6"),
    "closed": ("os.close(1); time.sleep(60)", CRASHED, "the process closed its standard output"),
    "unsupported": ("say('unsupported no such rule\\n')", UNSUPPORTED, "no such rule"),
    "error": ("say('error no memory\\n')", ERROR, "no memory"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_costs_a_case_and_has_a_reason(tmp_path, lie):
    code, status, reason = LIES[lie]
    with adapter(lying(tmp_path, code), timeout=1.0) as of:
        first, second = ran(of, RELU), ran(of, RELU)
    assert (first["status"], reason in first["reason"]) == (status, True), first
    assert second["status"] in {status, ERROR}, second
    assert "\n" not in first["reason"]
    assert first["reason"].isprintable()


def test_wrong_shapes_and_dtypes_are_judged_wrong(tmp_path):
    flat = "honest['dx0'] = {**like(n), 'shape': [1, 1, 1, 1, n // 4]}; write(path_out, honest, part * 2); say('ok\\n')"
    with adapter(lying(tmp_path, flat)) as of:
        outcome = ran(of, RELU)
    assert outcome["status"] == OK
    verdict = judged(RELU, outcome["value"], outcome["cotangents"])
    assert (verdict["verdict"], "cotangent 0 has shape" in verdict["findings"][0]) == (WRONG, True)
    halves = "honest['value']['dtype'] = 'I32'; write(path_out, honest, part * 2); say('ok\\n')"
    with adapter(lying(tmp_path, halves)) as of:
        outcome = ran(of, RELU)
    assert judged(RELU, outcome["value"], outcome["cotangents"])["findings"] == [
        "value is int32, but should be float32"
    ]


def test_a_crash_costs_one_case_and_not_the_next(tmp_path):
    state = tmp_path / "state"
    code = f"if not os.path.exists({str(state)!r}): Path({str(state)!r}).touch(); os.abort()\n"
    code += "write(path_out, honest, part * 2); say('ok\\n')"
    with adapter(lying(tmp_path, code)) as of:
        first, second = ran(of, RELU), ran(of, RELU)
        assert of["starts"] == 2
    assert (first["status"], second["status"]) == (CRASHED, OK)
    np.testing.assert_array_equal(second["value"], RELU["u"])


@pytest.mark.parametrize(
    ("odd", "status"),
    [("os.abort()", CRASHED), ("say('fine\\n')", ERROR), ("say('ok\\n')", ERROR), ("time.sleep(60)", TIMED_OUT)],
)
def test_of_many_cases_the_odd_one_alone_is_blamed(tmp_path, odd, status):
    vectors = [vector for vector in VECTORS["tanh"] if vector["accepts"] is None]
    bad = next(vector for vector in vectors[5:] if vector["u"].shape != vectors[4]["u"].shape)
    code = f"if u['shape'] == {list(bad['u'].shape)} and u['dtype'] == 'F32': {odd}; continue\n"
    code += "write(path_out, honest, part * 2); say('ok\\n')"
    with adapter(lying(tmp_path, code), timeout=1.0) as of:
        found = [outcome["status"] for outcome in ran_all(of, vectors, ahead=4)]
    odd_ones = [v["u"].shape == bad["u"].shape and v["dtype"] == "float32" for v in vectors]
    assert found == [status if is_odd else OK for is_odd in odd_ones]
    assert OK in found
    assert status in found


def test_many_cases_are_answered_as_each_alone(built):
    vectors = [*VECTORS["layer_norm"], *VECTORS["relu"]]
    with adapter(built("c", wrong=False)) as of:
        together = list(ran_all(of, vectors))
        assert of["starts"] == 1
        alone = [ran(of, vector) for vector in vectors]
    for one, other in zip(together, alone, strict=True):
        assert one["status"] == other["status"]
        if one["status"] == OK:
            np.testing.assert_array_equal(one["value"], other["value"])
            np.testing.assert_array_equal(one["cotangents"][0], other["cotangents"][0])


def test_a_line_too_many_is_found_among_many(tmp_path):
    code = "write(path_out, honest, part * 2); say('ok\\nok\\n')"
    with adapter(lying(tmp_path, code)) as of:
        found = [outcome["reason"] for outcome in ran_all(of, [RELU] * 5, ahead=5)]
    assert all(reason == "" or "said more" in reason for reason in found)


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one(tmp_path):
    code = "say('ok\\nok\\n'); write(path_out, honest, part * 2)"
    with adapter(lying(tmp_path, code), timeout=5.0) as of:
        ran(of, RELU)
        outcome = ran(of, RELU)
    assert (outcome["status"], "said more than it was asked" in outcome["reason"]) == (ERROR, True)


def test_standard_error_is_kept_and_is_no_error(tmp_path):
    code = "sys.stderr.write('x' * 300000 + 'the end'); sys.stderr.flush()\n"
    code += "write(path_out, honest, part * 2); say('ok\\n')"
    with adapter(lying(tmp_path, code)) as of:
        outcome = ran(of, RELU)
    assert outcome["status"] == OK
    assert len(outcome["stderr"]) <= 4096
    assert outcome["stderr"].endswith("the end")


def test_children_of_an_adapter_end_with_it(tmp_path):
    number = tmp_path / "number"
    code = (
        "import subprocess\n"
        f"Path({str(number)!r}).write_text(str(subprocess.Popen(['sleep', '600']).pid)); time.sleep(60)"
    )
    with adapter(lying(tmp_path, code), timeout=1.0) as of:
        assert ran(of, RELU)["status"] == TIMED_OUT
    child = int(number.read_text())
    assert any(has_ended(child) or time.sleep(0.05) for _ in range(200)), "it should end within ten seconds"


def has_ended(process):
    try:
        return "zombie" in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("", "the command of an adapter is empty"),
        ("no-such-program-at-all", "there is no program 'no-such-program-at-all' to run"),
        ("false", "does not answer hello: the process ended with exit code 1"),
        ("cat", "should answer ok, unsupported, error, but says 'hello'"),
        ("sh -c 'read line; echo ok {'", "what it says of itself is not valid"),
        ("""sh -c 'read line; echo "ok {\\"protocol\\": 2}"'""", "it should speak protocol 1"),
        ("sh -c 'read line; echo ok []'", "it should speak protocol 1"),
        ("ls /no-such-folder", "it says: ls: "),
        ('"', "No closing quotation"),
    ],
)
def test_what_is_no_adapter_is_refused_in_a_line(command, fault):
    with pytest.raises(ValueError, match=re.escape(fault)) as refused, adapter(command, timeout=5.0):
        pass
    assert "\n" not in str(refused.value)


def test_capabilities_are_read(tmp_path):
    said = json.dumps({"protocol": 1, "name": "mine", "dtypes": ["float32"]})
    file = tmp_path / "said.py"
    file.write_text(f"import sys\nfor line in sys.stdin: print('ok', '{said}', flush=True)\n", encoding="utf-8")
    with adapter(f"{sys.executable} {file}") as of:
        assert of["capabilities"] == {"protocol": 1, "name": "mine", "dtypes": ["float32"]}


def test_an_agreement_needs_more_than_the_word_ok(tmp_path):
    with adapter(lying(tmp_path, "write(path_out, honest, part * 2); say('ok\\n')")) as of:
        outcome = ran(of, RELU)
    assert outcome["status"] == OK
    assert judged(RELU, outcome["value"], outcome["cotangents"])["verdict"] not in PASSING
