"""Where cells run: processes and a real Dask cluster, workers that die, and the file that loses nothing."""

import json
import math
import multiprocessing
import os
import signal
import socket
import subprocess
import sys

import pytest
from distributed import LocalCluster

from oracle import cli
from purevjp.study import california, cortez, dispatch, journal
from purevjp.study.grid import DEFAULTS, study

GRID = {**DEFAULTS, "depths": [1, 2], "widths": [8, 16], "seeds": 3, "rates": [0.01], "epochs": 30}
TINY = {**GRID, "depths": [1], "widths": [1, 2], "seeds": 1, "epochs": 2}
TASK = {"task": "cell", "seed": 0}


def cells(document):
    """The cells of a study, without the seconds that they took."""
    return [{key: value for key, value in cell.items() if key != "seconds"} for cell in document["cells"]]


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The cells of the grid, trained one after the other in this process."""
    return cells(study(GRID, tmp_path_factory.mktemp("alone") / "finished.jsonl"))


@pytest.fixture(scope="module")
def finished_grid(tmp_path_factory):
    """The file of a small grid."""
    file = tmp_path_factory.mktemp("small") / "finished.jsonl"
    study(TINY, file)
    return file.read_text("utf-8")


def killer(pids):
    """Told of each result, it kills the first of the processes after the second one; results, and who was killed."""
    arrived, killed = [], []

    def on_result(cost):
        arrived.append(cost)
        if len(arrived) == 2:
            killed.append(pids()[0])
            os.kill(killed[0], signal.SIGKILL)

    return on_result, arrived, killed


def test_cluster_loses_nothing_when_one_of_two_workers_is_killed(tmp_path, expected):
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "protocol": "tcp", "dashboard_address": None}
    with LocalCluster(**options, host="127.0.0.1", silence_logs="CRITICAL") as cluster:
        assert cluster.scheduler_address.startswith("tcp://127.0.0.1:")
        on_result, arrived, killed = killer(lambda: [worker.pid for worker in cluster.workers.values()])
        document = study(GRID, tmp_path / "finished.jsonl", scheduler=cluster.scheduler_address, on_result=on_result)
        assert killed[0] not in [worker.pid for worker in cluster.workers.values()]
    assert len(arrived) == 12
    assert cells(document) == expected
    assert (tmp_path / "finished.jsonl").read_bytes().count(b"\n") == 1 + 12


def test_pool_loses_nothing_when_a_worker_is_killed(tmp_path, expected):
    others = set(multiprocessing.active_children())
    on_result, arrived, killed = killer(
        lambda: [child.pid for child in set(multiprocessing.active_children()) - others]
    )
    document = study(GRID, tmp_path / "finished.jsonl", jobs=2, on_result=on_result)
    assert len(killed) == 1
    assert len(arrived) == 12
    assert cells(document) == expected
    for child in (own := set(multiprocessing.active_children()) - others):
        child.join(20)
    assert not any(child.is_alive() for child in own)


def test_pool_gives_up_on_work_that_kills_whatever_does_it(monkeypatch):
    monkeypatch.setattr(dispatch, "DEATHS", 2)
    with pytest.raises(
        RuntimeError, match=r"^worker processes died 2 times, with 1 cells left: is there enough memory\?"
    ):
        list(dispatch.finished(os._exit, [(3, ())], jobs=2))


def test_error_of_the_work_is_not_swallowed():
    for jobs in (1, 2):
        with pytest.raises(ValueError, match=r"math domain error|expected a nonnegative input"):
            list(dispatch.finished(math.sqrt, [(-1.0, ())], jobs=jobs))


def test_scheduler_that_is_not_there_is_one_line(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(dispatch, "TIMEOUT", 0.5)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    for address in (nobody, "nonsense://x", "tcp://"):
        code = cli.run(("study", "--scheduler", address, "--out", str(tmp_path)))
        captured = capsys.readouterr()
        assert (code, captured.out) == (2, "")
        assert captured.err.startswith(f"purevjp: no scheduler answers at {address!r} (")
        assert captured.err.count("\n") == 1


def test_process_without_a_scheduler_ends_with_its_line(tmp_path):
    """What distributed leaves behind is collected when the process ends."""
    arguments = ("study", "--scheduler", "foo", "--out", str(tmp_path))
    done = subprocess.run([sys.executable, "-m", "purevjp", *arguments], capture_output=True, text=True, check=False)
    message = "purevjp: no scheduler answers at 'foo' (missing port number in address 'foo')\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


def test_file_of_finished_tasks_has_whole_lines_of_json(tmp_path):
    file = tmp_path / "finished.jsonl"
    with journal.opened(file) as (results, stream):
        assert results == {}
        journal.recorded(stream, TASK, {"r2": 0.1 + 0.2})
        assert file.read_text("utf-8").endswith("}\n"), "it is on the disk before the next cell"
    assert [json.loads(line) for line in file.read_text("utf-8").splitlines()] == [
        journal.HEADER,
        {"task": TASK, "result": {"r2": 0.1 + 0.2}},
    ]
    with journal.opened(file) as (results, _):
        assert results == {journal.key(TASK): {"r2": 0.1 + 0.2}}


def test_line_that_a_dead_process_left_unfinished_is_cut_off(tmp_path):
    file = tmp_path / "finished.jsonl"
    with journal.opened(file) as (_, stream):
        journal.recorded(stream, TASK, {"name": "é"})
    whole = file.read_bytes()
    last = len(whole.splitlines()[-1])
    for cut in range(1, last):
        file.write_bytes(whole[:-cut])
        with journal.opened(file) as (results, stream):
            assert results == {}
            journal.recorded(stream, TASK, {"name": "é"})
        assert file.read_bytes() == whole
    file.write_bytes(whole[:7])
    with journal.opened(file) as (results, _):
        assert results == {}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("depth,width\n", "line 1: not the beginning of a file of finished cells"),
        ("depth,width", "line 1: not the beginning of a file of finished cells"),
        ('{"purevjp study": 2}\n', "line 1: not the beginning of a file of finished cells"),
        (
            '{"purevjp study": 1}\n{"task": {}, "result": {}}\n{"task"\n{"task": {}, "result": {}}\n',
            "line 3: not a finished",
        ),
        ('{"purevjp study": 1}\n{"task": {}}\n', "line 2: not a finished cell"),
        ('{"purevjp study": 1}\n[]\n', "line 2: not a finished cell"),
    ],
)
def test_foreign_and_damaged_files_are_named_and_kept(tmp_path, text, where):
    file = tmp_path / "finished.jsonl"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"^{file}, {where}"), journal.opened(file):
        pass
    assert file.read_text("utf-8") == text


def test_byte_that_is_no_text_is_named_with_its_file(tmp_path):
    file = tmp_path / "finished.jsonl"
    data = b'{"purevjp study": 1}\n{"task": {}, "result": {}}\n{"task": {}, "\xff": {}}\n'
    file.write_bytes(data)
    message = f"^{file}, line 3: not a finished cell: it is no text in UTF-8$"
    with pytest.raises(ValueError, match=message), journal.opened(file):
        pass
    assert file.read_bytes() == data


@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        ('"test":', '"tset":', "result has no test"),
        ('"r2":', '"r3":', "validation has no r2|train has no r2|test has no r2"),
        ('"status": "trained"', '"status": "traind"', "status is none of trained, diverged"),
        ('"best_epoch": ', '"best_epoch": 0.', "best_epoch has what is no int"),
        ('"diverged": false', '"diverged": 3', "diverged has what is no bool"),
        ('"rates": [{', '"rates": [3, {', "rates is no object"),
        ('"curves": {', '"curves": [], "other": {', "curves is no object"),
        ('"rmse": ', '"rmse": NaN, "other": ', "rmse has what is no finite number"),
        ('{"result": {', '{"result": 3, "other": {', "result is no object"),
    ],
)
def test_result_that_lacks_something_is_named_and_kept(tmp_path, finished_grid, before, after, wrong):
    file = tmp_path / "finished.jsonl"
    lines = finished_grid.splitlines(keepends=True)
    assert before in lines[2]
    file.write_text("".join([*lines[:2], lines[2].replace(before, after, 1), *lines[3:]]), encoding="utf-8")
    damaged = file.read_bytes()
    message = f"^{file}, line 3: not a finished cell: ({wrong}); without the line it is trained again$"
    with pytest.raises(ValueError, match=message):
        study(TINY, file)
    assert file.read_bytes() == damaged
    study({**TINY, "widths": [2]}, file)
    assert file.read_bytes() == damaged, "what a study does not need is not its business"


def test_protocols_check_what_they_find_too():
    counts = {"rows": 1, "deviation": 0.5, "hits": [1, 1, 1], "confusion": [[1, 0], [0, 1]]}
    assert journal.unlike({"hidden": 1, "linear": counts, "network": counts}, cortez.FORM) == ""
    bad = {**counts, "confusion": [[1, 0], [0, 0.5]]}
    assert (
        journal.unlike({"hidden": 1, "linear": counts, "network": bad}, cortez.FORM) == "confusion has what is no int"
    )
    curves = {"train": [0.5], "validation": [0.5]}
    gone = {"diverged": True, "best_epoch": 1, "curves": curves}
    assert journal.unlike(gone, california.form(gone)) == ""
    lost = {**gone, "diverged": False}
    assert journal.unlike(lost, california.form(lost)) == "result has no train"


def test_two_studies_do_not_write_to_one_file(tmp_path):
    file = tmp_path / "finished.jsonl"
    with (
        journal.opened(file),
        pytest.raises(BlockingIOError, match=f"^another study is writing to {file}$"),
        journal.opened(file),
    ):
        pass
    with journal.opened(file) as (results, _):
        assert results == {}
