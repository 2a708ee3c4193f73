"""The command line as a user meets it: output, exit codes, one-line errors."""

import json
import re
import subprocess
import sys
from importlib.metadata import version

import pytest

from oracle import cli, kill
from oracle.catalogue import CATALOGUE
from oracle.command import verify as command
from oracle.mutant import MUTANTS, mutants
from oracle.plan import plan
from oracle.verify import verify
from purevjp import __main__ as console

PNG = b"\x89PNG\r\n"


def run(capsys, *arguments):
    code = cli.run(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_verify_prints_a_line_per_rule(capsys):
    code, out, err = run(capsys, "verify", "relu", "structural", "--examples", "2", "--jobs", "1")
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert [line[0] for line in lines[:5]] == ["rule", "relu", "reshape", "transpose", "concatenate"]
    assert [line[-1] for line in lines[1:5]] == ["agree"] * 4
    assert lines[1][4:9] == ["j", "d", "r", "l", "P1"]


def test_verify_exits_with_1_and_says_what_is_wrong(capsys, monkeypatch):
    spoil(monkeypatch, "exp", "negated")
    code, out, _ = run(capsys, "verify", "exp", "log", "--examples", "2", "--jobs", "1")
    assert code == 1
    assert [line.split()[-1] for line in out.splitlines()[1:3]] == ["wrong", "agree"]
    assert "exp: cotangent 0 is " in out
    assert "float64 of shapes" in out
    assert "matches mutant `exp.negated`" in out
    assert "-1 times the truth" in out
    script = out[out.index("import numpy as np") :]
    with pytest.raises(AssertionError, match="cotangent 0 is"):
        exec(script.replace("from purevjp import exp", "exp = RULE"), {"RULE": CATALOGUE["exp"]["rule"]})  # noqa: S102


def spoil(monkeypatch, name, mutant):
    monkeypatch.setitem(CATALOGUE, name, {**CATALOGUE[name], "rule": MUTANTS[mutant](CATALOGUE[name]["rule"])})


def test_verify_keeps_its_truths_where_it_is_told(capsys, tmp_path):
    folder = tmp_path / "new" / "kept"
    options = ("--examples", "2", "--jobs", "1", "--keep", str(folder))
    outs = [run(capsys, "verify", "add", *options)[:2] for _ in range(2)]
    assert outs[0] == outs[1]
    assert len(list(folder.glob("add-*.pickle"))) == 1
    code, _, err = run(capsys, "mutants", "add", "--keep", __file__)
    assert (code, err) == (2, f"purevjp: {__file__} cannot be made a folder: File exists\n")


def test_verify_draws_the_same_for_the_same_seed_and_other_arguments_for_another(capsys):
    options = ("--examples", "3", "--seed", "5", "--jobs", "1")
    first, again = (run(capsys, "verify", "add", *options)[1] for _ in range(2))
    assert first == again
    drawn = [
        [g["arguments"][0]["u"].tolist() for g in plan(CATALOGUE["add"], seed=seed, examples=3)] for seed in (0, 1)
    ]
    assert drawn[0] != drawn[1]


def test_verify_in_processes_is_verify_in_one(capsys):
    one, two = (run(capsys, "verify", "relu", "add", "sum", "--examples", "2", "--jobs", jobs)[1] for jobs in "12")
    assert one == two


def test_verify_of_one_dtype_judges_fewer_cases(capsys):
    options = ("--examples", "2", "--jobs", "1")
    _, both, _ = run(capsys, "verify", "tanh", *options)
    code, half, _ = run(capsys, "verify", "tanh", *options, "--dtype", "float16")
    assert code == 0
    assert int(half.splitlines()[1].split()[1]) < int(both.splitlines()[1].split()[1])


def test_verify_writes_json_and_a_page_with_everything_in_it(capsys, tmp_path, monkeypatch):
    spoil(monkeypatch, "relu", "one nan")
    file, page = tmp_path / "verify.json", tmp_path / "verify.html"
    options = ["--examples", "2", "--jobs", "1", "--json", str(file), "--report", str(page)]
    code, _, err = run(capsys, "verify", "maximum", "relu", *options)
    assert (code, err) == (1, "")
    written = json.loads(file.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert [rule["rule"] for rule in written["rules"]] == ["maximum", "relu"]
    assert written["rules"][1]["worst"] == "inf"
    assert written["versions"].keys() >= {"purevjp", "numpy", "jax"}
    html = page.read_text(encoding="utf-8")
    for part in ("<svg", "jax.numpy.maximum", "policy P2", 'id="relu"', "nan"):
        assert part in html
    links = set(re.findall(r"""(?:src|href)=["']?([^"'\s>]+)""", html))
    assert all(link.startswith("#") for link in links), f"the page asks for {links}"
    first = html
    run(capsys, "verify", "maximum", "relu", *options)
    assert page.read_text(encoding="utf-8") == first


def test_an_interrupted_verify_prints_what_it_has_judged(capsys, monkeypatch):
    def judge_one(case, **options):
        if case["name"] != "exp":
            raise KeyboardInterrupt
        return verify(case, **options)

    monkeypatch.setattr(command, "verify", judge_one)
    code, out, err = run(capsys, "verify", "exp", "log", "--examples", "1", "--jobs", "1")
    assert (code, err) == (130, "purevjp: interrupted\n")
    assert [line.split()[0] for line in out.splitlines()[:2]] == ["rule", "exp"]
    assert "log" not in out


def test_mutants_counts_what_was_killed(capsys, tmp_path):
    file = tmp_path / "mutants.json"
    code, out, err = run(capsys, "mutants", "relu", "--jobs", "1", "--json", str(file))
    assert (code, err) == (0, "")
    n = len(list(mutants(CATALOGUE["relu"])))
    assert out.splitlines()[1].split() == ["relu", str(n), str(n), "0", "0", "7", "0", "0"]
    assert {kill["status"] for kill in json.loads(file.read_text())["rules"][0]["mutants"]} == {"killed"}


def test_mutants_exits_with_1_on_a_survivor_and_on_a_false_alarm(capsys, monkeypatch):
    monkeypatch.setattr(kill, "mutants", lambda case: [("right", case)])
    code, out, _ = run(capsys, "mutants", "relu", "--examples", "2", "--jobs", "1")
    assert code == 1
    assert "relu: the mutant 'right' survived" in out
    monkeypatch.undo()
    monkeypatch.setattr(kill, "spread", lambda _case, _group: [("sequential", 9.0)])
    code, out, _ = run(capsys, "mutants", "relu", "--examples", "2", "--jobs", "1")
    assert code == 1
    assert "relu: the right variant 'sequential' was flagged" in out


def test_list_names_every_rule_with_its_formula(capsys):
    code, out, _ = run(capsys, "list")
    assert code == 0
    assert {line.split()[0] for line in out.splitlines()[1:] if line} >= CATALOGUE.keys()
    assert out.splitlines()[-1] == f"{len(CATALOGUE)} rules"
    assert next(line for line in out.splitlines() if line.startswith("divide")).split() == [
        "divide", "arithmetic", "y", "=", "a", "/", "b",
    ]  # fmt: skip


def test_show_gives_formula_kinks_counterpart_and_file(capsys):
    code, out, _ = run(capsys, "show", "maximum")
    assert code == 0
    assert out.startswith("maximum(a, b, /)\n")
    for part in ("Pullback  da = ", "Kinks     a = b: ½ u to each", "jax.numpy.maximum", "purevjp/arithmetic.py"):
        assert part in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "soft_max"), "no rule is called 'soft_max'; did you mean softmax?"),
        (
            ("verify", "elementwis", "--examples", "1"),
            "no rule or family is called 'elementwis'; did you mean elementwise?",
        ),
        (("verify", "--examples", "0"), "Invalid value for '--examples'"),
        (("verify", "--dtype", "float23"), "no dtype is called 'float23'; did you mean float32?"),
        (("verify", "--report", "x.htm"), "the report's name is 'x.htm', but should end in .html"),
        (("verify", "--json", "no/such/folder/x.json"), "there is no folder no/such/folder to write x.json into"),
        (("mutants", "soft_max"), "no rule or family is called 'soft_max'; did you mean softmax?"),
        (("train", "californa"), "no data set is called 'californa'; did you mean california?"),
        (("train", "diabetes", "--optimizer", "adan"), "no optimizer is called 'adan'; did you mean adam?"),
        (("train", "diabetes", "--rate", "-1"), "training got rate -1.0, but should get a positive number"),
        (("train", "diabetes", "--rate", "1e9"), "the loss is"),
        (
            ("train", "diabetes", "--plot", "no/such/folder/x.png"),
            "there is no folder no/such/folder to write x.png into",
        ),
        (("train",), "Missing argument 'DATASET'"),
        (("verfy",), "No such command 'verfy'"),
        (("list", "--nope"), "No such option"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(capsys, arguments, message):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("purevjp: ")
    assert message in err
    assert err.count("\n") == 1, f"one line, but got {err!r}"


@pytest.mark.parametrize(
    "arguments", [("--help",), ("verify", "--help"), ("train", "-h"), ("show", "-h"), ("list", "-h")]
)
def test_help_is_help(capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert (code, err) == (0, "")
    assert "Usage" in out


@pytest.mark.filterwarnings("default")
def test_train_says_a_warning_in_a_line_of_ours_and_not_for_every_epoch(capsys):
    code, _, err = run(capsys, "train", "diabetes", "--rate", "1e-100", "--epochs", "5")
    line = "changed no weight in the last place: rate 1e-100 is too small, or every gradient is zero\n"
    said = "".join(f"purevjp: epoch {epoch} {line}" for epoch in range(3))
    assert (code, err) == (0, said + "purevjp: and 2 more warnings\n")


def test_train_prints_errors_in_the_unit_of_the_target_and_writes_files(capsys, tmp_path):
    report, plot = tmp_path / "report.json", tmp_path / "loss.png"
    options = ["--depth", "1", "--width", "8", "--epochs", "3", "--json", str(report), "--plot", str(plot)]
    code, out, err = run(capsys, "train", "diabetes", *options)
    assert (code, err) == (0, "")
    written = json.loads(report.read_text())
    assert written["epochs"] == 3
    assert len(written["history"]["train"]) == len(written["history"]["validation"]) == 4
    assert len(written["history"]["batch"]) == 3 * -(-written["rows"]["train"] // written["batch"])
    for name in ("mlp", "least_squares", "mean"):
        row = next(line for line in out.splitlines() if line.startswith(name.replace("_", " ")))
        assert row.split()[-3:] == [f"{written['test'][name]['r2']:.3f}"] + [
            f"{written['test'][name][error]:.4g}" for error in ("rmse", "mad")
        ]
    assert 40 < written["test"]["mlp"]["rmse"] < 80, "the progression of diabetes has a deviation of about 77"
    assert plot.read_bytes().startswith(PNG)


def test_a_missing_extra_is_one_line(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "oracle.cli", None)
    assert console.main() == 2
    assert "pip install '.[oracle,study]'" in capsys.readouterr().err


def test_python_m_purevjp_works():
    got = subprocess.run(
        [sys.executable, "-m", "purevjp", "show", "exp"], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert "y = eˣ" in got.stdout
    assert got.stderr == ""


def test_commands_that_need_no_jax_begin_without():
    program = "import sys; from oracle.cli import app_of; [app_of([of]) for of in sys.argv[1:]]; print(*sys.modules)"
    command = [sys.executable, "-c", program, "check", "study", "train", "diff", "scoreboard", "adapter"]
    got = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not {"jax", "hypothesis", "scipy"} & set(got.stdout.split())


def test_a_folder_is_refused_before_training(capsys, tmp_path):
    code, out, err = run(capsys, "train", "diabetes", "--json", str(tmp_path))
    assert (code, out) == (2, "")
    assert "is a folder, but should be a file to write" in err
    code, out, err = run(capsys, "train", "diabetes", "--plot", str(tmp_path / "loss.jpg"))
    assert (code, out) == (2, "")
    assert "but should end in .png" in err


def test_formulas_keep_their_brackets(capsys):
    assert "y[i_axes] = x[i]" in run(capsys, "list", "structural")[1]


def test_a_family_with_the_name_of_a_rule_is_the_family(capsys):
    assert run(capsys, "list", "mlp")[1].splitlines()[-1] == "3 rules"


def test_the_version_is_printed(capsys):
    assert run(capsys, "--version") == (0, f"purevjp {version('purevjp')}\n", "")
