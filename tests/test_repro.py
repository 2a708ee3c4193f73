"""Scripts of cases: right for purevjp, and wrong for a backend that is."""

import re
import sys

import pytest

from oracle.cli import run
from oracle.conformance import frozen

BACKEND = """
import numpy as np

def exp(x, /):
    return np.exp(x), lambda u: (-u * np.exp(x),)
"""


@pytest.mark.parametrize("rule", ["exp", "split", "fft", "softmax", "where", "matmul", "take", "sum", "norm"])
def test_script_of_a_case_passes_for_purevjp_and_fails_for_a_wrong_backend(rule, capsys, tmp_path):
    heads = [
        head for head in frozen.heads()
        if head["rule"] == rule and head["dtype"] in {"float32", "float64"} and "/point/" not in head["id"]
    ]  # fmt: skip
    for head in heads[:3] if rule != "norm" else heads:
        assert run(["repro", head["id"]]) == 0
        text = capsys.readouterr().out
        assert text.startswith(f"# {head['id']}")
        exec(text, {})  # noqa: S102 (the script that was printed)
    if rule == "exp":
        file = tmp_path / "kernels.py"
        file.write_text(BACKEND)
        assert run(["repro", heads[0]["id"], "--backend", str(file)]) == 0
        with pytest.raises(AssertionError, match="cotangent 0 is"):
            exec(capsys.readouterr().out, {})  # noqa: S102 (as above)


def test_script_of_what_a_backend_lacks_is_refused(capsys, tmp_path):
    file = tmp_path / "kernels.py"
    file.write_text(BACKEND)
    assert run(["repro", "sin/shapes/00/float32", "--backend", str(file)]) == 2
    assert capsys.readouterr().err == f"purevjp: the backend {file} does not have sin\n"


def test_script_of_what_is_no_case_is_refused(capsys):
    assert run(["repro", "exp/nothing/1/float32"]) == 2
    assert "has no case" in capsys.readouterr().err


WRITES = """
import numpy as np

def exp(x, /):
    y = np.exp(x)
    x += 1
    return y, lambda u: (u * y,)
"""


@pytest.mark.parametrize("name", ["kernels.py", "my-kernels.py", "random.py"])
def test_script_of_a_kernel_that_writes_to_its_argument_fails_whatever_the_file_is_called(
    capsys, monkeypatch, tmp_path, name
):
    monkeypatch.setattr(sys, "path", list(sys.path))
    file = tmp_path / name
    file.write_text(WRITES)
    assert run(["repro", "exp/point/0/float32", "--backend", str(file)]) == 0
    with pytest.raises(ValueError, match="read-only"):
        exec(capsys.readouterr().out, {})  # noqa: S102 (the script that was printed)


FORMS = {
    "def exp(x, /): return np.exp(x), lambda u: (np.array([u * np.exp(x)]),)": "a result is float32[1",
    "def exp(x, /): return np.exp(x), lambda u: ((u * np.exp(x)).astype(np.float64),)": "a result is float64[",
    "def exp(x, /): return np.exp(x), lambda u: (u * np.exp(x), u)": "not 1 cotangents",
}


@pytest.mark.parametrize("text", FORMS)
def test_script_of_a_case_fails_in_words_where_the_form_is_wrong(capsys, tmp_path, text):
    file = tmp_path / "kernels.py"
    file.write_text(f"import numpy as np\n{text}\n")
    (case, *_) = [of["id"] for of in frozen.heads() if of["rule"] == "exp" and of["id"].endswith("/float32")][5:]
    assert run(["repro", case, "--backend", str(file)]) == 0
    with pytest.raises(AssertionError, match=re.escape(FORMS[text])):
        exec(capsys.readouterr().out, {})  # noqa: S102 (the script that was printed)
