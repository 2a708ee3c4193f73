"""The composite action, its script run as a runner would run it."""

import importlib.resources
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KERNEL = "def square(x, /):\n    return x * x, lambda u: ({} * u * x,)\n"


def steps():
    yaml = pytest.importorskip("yaml", reason="yaml is missing: it comes with the extra cluster")
    return yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]


def adapter():
    file = importlib.resources.files("oracle.adapters") / "adapter.py"
    return {"COMMAND": f"{sys.executable} {file}", "ARGUMENTS": "tanh --dtype float64"}


@pytest.mark.parametrize(
    ("factor", "inputs", "code"),
    [("2", {}, "0"), ("3", {}, "1"), ("", {"BACKEND": "", **adapter()}, "0"), ("", adapter(), "2")],
)
def test_check_step_writes_report_summary_and_code(tmp_path, factor, inputs, code):
    (step,) = [step for step in steps() if step.get("id") == "check"]
    (tmp_path / "kernels.py").write_text(KERNEL.format(factor))
    (tmp_path / "purevjp").write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m purevjp "$@"\n')
    (tmp_path / "purevjp").chmod(0o755)
    inputs = {"BACKEND": "kernels.py", "COMMAND": "", "ARGUMENTS": "square --dtype float64", "KNOWN": "", **inputs}
    files = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    environment = {**os.environ, **inputs, **files, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["/bin/bash", "-e", "-c", step["run"]]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert (tmp_path / "output").read_text() == f"code={code}\n"
    if code == "2":
        return
    assert ("✅" if code == "0" else "❌") in (tmp_path / "summary").read_text()
    assert (tmp_path / "purevjp-report" / "report.jsonl").stat().st_size
    assert (tmp_path / "purevjp-report" / "junit.xml").stat().st_size


def test_last_step_hands_the_code_on():
    assert steps()[-1]["run"] == 'exit "$CODE"'
    assert all(step.get("shell") == "bash" for step in steps() if "run" in step)
