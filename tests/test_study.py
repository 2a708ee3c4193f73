"""purevjp study as a user meets it: what it writes, what it shows of divergence, bad options, interrupts."""

import csv
import io
import json
import math
import re
import signal
import subprocess
import sys
import time

import pytest
from rich.console import Console

from oracle import cli
from oracle.command import study as command
from purevjp.study.data import DATASETS
from purevjp.study.grid import DEFAULTS, study

PNG = b"\x89PNG\r\n"
SMALL = ("--depths", "1,2", "--widths", "4,8", "--seeds", "2", "--epochs", "6", "--rates", "0.01,0.03", "--jobs", "1")
GRID = {**DEFAULTS, "depths": [1, 2], "widths": [4, 8], "seeds": 1, "epochs": 3, "rates": [0.01]}
FILES = {"report.html", "findings.txt", "study.json", "cells.csv", "finished.jsonl"}
PICTURES = {"learning-curves.png", "heat-map.png", "over-fitting.png", "error-bars.png"}


def run(capsys, *arguments):
    code = cli.run(("study", *map(str, arguments)))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def cells(document):
    """The cells of a study, without the seconds that they took."""
    return [{key: value for key, value in cell.items() if key != "seconds"} for cell in document["cells"]]


def table(folder):
    return list(csv.DictReader((folder / "cells.csv").read_text("utf-8").splitlines()))


def test_everything_is_written_and_says_the_same_once_and_again(capsys, tmp_path):
    code, out, err = run(capsys, *SMALL, "--out", tmp_path)
    assert (code, err) == (0, "")
    assert {file.name for file in tmp_path.iterdir()} == FILES | PICTURES
    assert all((tmp_path / name).read_bytes().startswith(PNG) for name in PICTURES)

    document = json.loads((tmp_path / "study.json").read_text("utf-8"))
    rows = table(tmp_path)
    assert len(rows) == len(document["cells"]) == 8
    for row, cell in zip(rows, document["cells"], strict=True):
        assert [int(row[name]) for name in ("depth", "width", "seed")] == [cell["depth"], cell["width"], cell["seed"]]
        assert float(row["test_r2"]) == cell["test"]["r2"]
        assert float(row["rate"]) == min(cell["rates"], key=lambda tried: tried["validation_loss"])["rate"]
        assert row["diverged_rates"] == "0"
    for row in document["summary"]:
        r2 = [c["test"]["r2"] for c in document["cells"] if (c["depth"], c["width"]) == (row["depth"], row["width"])]
        assert row["test_r2"] == pytest.approx(sum(r2) / 2)
        assert row["test_r2_sd"] == pytest.approx(abs(r2[0] - r2[1]) / math.sqrt(2))
        assert f"{row['test_r2']:.3f} ± {row['test_r2_sd']:.3f}" in out

    text = (tmp_path / "findings.txt").read_text("utf-8")
    assert text.splitlines() == document["findings"]
    assert out.startswith(text)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.count("<svg") == 4
    assert not re.search(r'(?:src|href)="(?!#|data:)|url\((?!#)|@import|<script', page), (
        "the page should need no other file"
    )
    assert all(line.replace("&", "&amp;") in page for line in document["findings"])
    assert page.count('<th scope="row">') == 4 + 8

    before = {name: (tmp_path / name).read_bytes() for name in FILES}
    assert run(capsys, *SMALL, "--out", tmp_path)[0] == 0
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == before, "run again, the same"


def test_finished_cells_are_not_trained_again_and_other_options_are_other_cells(tmp_path, monkeypatch):
    finished, trained = tmp_path / "finished.jsonl", []

    def trained_anew(**options):
        trained.clear()
        document = study({**GRID, **options}, finished, on_result=trained.append)
        return len(trained), len(document["cells"])

    first = study(GRID, finished)
    before = finished.read_bytes()
    assert study(GRID, finished, on_result=trained.append) == first
    assert (trained, finished.read_bytes()) == ([], before)
    assert trained_anew(seeds=2) == (4, 8)
    assert finished.read_bytes().startswith(before)
    assert trained_anew(seeds=2, batch=64) == (8, 8)
    assert trained_anew(dataset="diabetes", depths=[2], widths=[8]) == (0, 1)
    assert finished.read_bytes().count(b"\n") == 1 + 4 + 4 + 8
    features, target, names = DATASETS["diabetes"]["load"]()
    monkeypatch.setitem(DATASETS["diabetes"], "load", lambda: (features, target + (target == 151), names))
    assert trained_anew() == (4, 4), "other data are other cells"


def test_diverged_cells_are_shown_as_such(capsys, tmp_path):
    options = ("--depths", "1,4", "--widths", "4,64", "--seeds", "2", "--optimizer", "sgd", "--epochs", "5")
    code, out, _ = run(capsys, *options, "--rates", "0.7", "--jobs", "1", "--out", tmp_path)
    assert code == 0
    assert "Diverged at every rate: " in out
    assert "4 × 64 (2 of 2 seeds)" in out
    document = json.loads((tmp_path / "study.json").read_text("utf-8"))
    gone = [cell for cell in document["cells"] if cell["status"] == "diverged"]
    assert 0 < len(gone) < 8
    assert all("test" not in cell for cell in gone)
    rows = [row for row in table(tmp_path) if row["status"] == "diverged"]
    assert [(row["test_r2"], row["rate"]) for row in rows] == [("", "")] * len(gone)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "diverged 2/2" in page, "in the heat map"
    assert "(2 of 2 diverged)" in page, "above its learning curves"
    assert page.count("diverged at all") == len(gone)


def test_study_in_which_all_diverges_has_a_report(capsys, tmp_path):
    options = ("--depths", "1", "--widths", "4", "--seeds", "2", "--optimizer", "sgd", "--rates", "1000")
    code, out, _ = run(capsys, *options, "--jobs", "1", "--out", tmp_path)
    assert code == 0
    assert "No depth and width was trained with every seed, so nothing is compared." in out
    assert {file.name for file in tmp_path.iterdir()} == FILES | PICTURES


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--depths", "1,x"), "depths are '1,x', but should be whole numbers with commas between them"),
        (("--depths", "1.5"), "depths are '1.5', but should be whole numbers with commas between them"),
        (("--depths", "0,1"), "depths are 0, 1, but should be different numbers from 1 up"),
        (("--widths", "8,8"), "widths are 8, 8, but should be different numbers from 1 up"),
        (("--rates", "0.1,-1"), "rates are 0.1, -1, but should be different positive numbers"),
        (("--depths", "1,100000000"), "depths go up to 100000000, but should be 1000 at most"),
        (("--rates", "inf"), "rates are inf, but should be different positive numbers"),
        (("--rates", ""), "rates are '', but should be numbers with commas between them"),
        (("--optimizer", "sgdd"), "no optimizer is called 'sgdd'; did you mean sgd?"),
        (("diabets",), "no data set is called 'diabets'; did you mean diabetes?"),
        (("--protocol", "kortez"), "no protocol is called 'kortez'; did you mean cortez?"),
        (("--protocol", "cortez", "--widths", "8"), "--protocol cortez has its own widths: leave them out"),
        (("red-wine", "--protocol", "cortez"), "--protocol cortez has its own dataset: leave them out"),
        (
            ("--jobs", "2", "--scheduler", "tcp://127.0.0.1:1"),
            "--jobs is for this machine, --scheduler for a cluster: give one of them",
        ),
        (("--out", __file__), f"{__file__} is a file, but should be a folder to write into"),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(capsys, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    assert run(capsys, *options) == (2, "", f"purevjp: {message}\n")
    assert list(tmp_path.iterdir()) == []


def test_folder_of_other_data_is_refused_and_kept(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "mine"
    small = ("--depths", "1", "--widths", "2", "--seeds", "1", "--epochs", "2", "--rates", "0.01", "--jobs", "1")
    assert run(capsys, *small, "--out", folder)[0] == 0
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    for arguments, what, free in (
        (("red-wine", *small), "red-wine", "study-red-wine"),
        (("--protocol", "cortez", "--seeds", "1"), "the protocol cortez", "study-cortez"),
    ):
        message = f"{folder} has a study of diabetes, but this one is of {what}: give another --out, as {free}"
        assert run(capsys, *arguments, "--out", folder) == (2, "", f"purevjp: {message}\n")
        assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert run(capsys, *small, "--depths", "1,2", "--out", folder)[0] == 0
    assert (folder / "finished.jsonl").read_bytes().startswith(before["finished.jsonl"]), "a larger grid goes on"
    folder.rename("study-red-wine")
    code, _, err = run(capsys, "red-wine", *small)
    assert (code, err.endswith("give another --out, as study-red-wine-2\n")) == (2, True)


def test_rate_that_moves_nothing_is_said(capsys, tmp_path):
    options = ("--depths", "1", "--widths", "2", "--seeds", "1", "--epochs", "2", "--jobs", "1", "--optimizer", "sgd")
    code, out, _ = run(capsys, *options, "--rates", "1e-30", "--out", tmp_path)
    assert code == 0
    assert "Trainings that moved no weight: 1 of 1 at rate 1e-30; a rate is too small, or gradients are zero.\n" in out


def test_help_shows_defaults_as_they_are_typed(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    shown = re.sub(r"[│\s]+", " ", out)
    for name in ("depths", "widths", "rates"):
        typed = ",".join(f"{value:g}" for value in DEFAULTS[name])
        assert re.search(rf"--{name} <str> [^(]*, by default {typed}\. ", shown), shown
        assert command.numbers(typed, name, float) == DEFAULTS[name]
    for name in ("epochs", "patience", "batch", "seeds"):
        assert re.search(rf"--{name} <int range> \[x>=1\] [^-(]*by default {DEFAULTS[name]}[.;]", shown), shown


def test_cell_that_is_too_large_is_named(capsys, tmp_path):
    options = ("--depths", "2", "--widths", str(10**13), "--seeds", "1", "--jobs", "1", "--out", tmp_path)
    code, _, error = run(capsys, *options)
    assert code == 2
    assert error.startswith("purevjp: the cell of depth 2 and width 10000000000000 is too large: Unable to allocate")
    assert error.count("\n") == 1


def test_foreign_file_of_finished_cells_is_named_and_kept(capsys, tmp_path):
    (tmp_path / "finished.jsonl").write_text("mine\n", encoding="utf-8")
    code, _, err = run(capsys, *SMALL, "--out", tmp_path)
    assert (code, err) == (
        2,
        f"purevjp: {tmp_path / 'finished.jsonl'}, line 1: not the beginning of a file of finished cells\n",
    )
    assert (tmp_path / "finished.jsonl").read_text("utf-8") == "mine\n"


def test_progress_shows_cells_and_the_time_that_is_left(tmp_path, monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(command, "err", Console(file=screen, force_terminal=True, highlight=False))
    with command.watched(tmp_path) as callbacks:
        study(GRID, tmp_path / "finished.jsonl", **callbacks)
    shown = screen.getvalue()
    assert "0 of 4 cells" in shown
    assert "4 of 4 cells" in shown
    assert "100%" in shown
    assert re.search(r"\d:\d\d:\d\d", shown)
    with command.watched(tmp_path) as callbacks:
        study({**GRID, "seeds": 2}, tmp_path / "finished.jsonl", **callbacks)
    assert "4 of 8 cells are in" in screen.getvalue()


def test_interrupted_study_goes_on_where_it_stopped(tmp_path):
    options = ("--depths", "1,2", "--widths", "8,16", "--seeds", "4", "--rates", "0.003", "--epochs", "40")
    arguments = [sys.executable, "-m", "purevjp", "study", *options, "--jobs", "2", "--out", str(tmp_path)]
    finished = tmp_path / "finished.jsonl"
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: finished.exists() and finished.read_bytes().count(b"\n") >= 4, process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    kept = finished.read_bytes()
    done = kept.count(b"\n") - 1
    assert 3 <= done < 16, "the interrupt should come in the middle"
    assert kept.endswith(b"\n")
    assert out == ""
    assert err == f"finished cells are kept in {finished}: the same command goes on from there\npurevjp: interrupted\n"
    assert not (tmp_path / "report.html").exists()

    grid, trained = {**DEFAULTS, "depths": [1, 2], "widths": [8, 16], "seeds": 4, "rates": [0.003], "epochs": 40}, []
    resumed = study(grid, finished, on_result=trained.append)
    assert len(trained) == 16 - done
    assert finished.read_bytes().startswith(kept)
    at_once = study(grid, tmp_path / "other.jsonl")
    assert cells(resumed) == cells(at_once), "in processes, interrupted, or in one go: the same bits"


def wait_for(condition, process):
    """Until the condition holds; the process should be alive all the time."""
    end = time.monotonic() + 90
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end, "nothing happened for too long"
        time.sleep(0.02)
