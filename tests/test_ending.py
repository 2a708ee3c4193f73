"""A command that is ended from outside: its workers end, too, and nobody waits for them."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from oracle.command.finish import finished

ROOT = Path(__file__).parents[1]
LIMIT = 60

GRID = ("--depths", "3", "--widths", "64", "--seeds", "50", "--rates", "0.003", "--epochs", "20", "--patience", "20")
BACKEND = """
import os, time
import numpy as np
alive = os.open({fifo!r}, os.O_WRONLY)

def exp(x):
    os.write(alive, b"here")
    time.sleep({seconds})
    y = np.exp(x)
    return y, lambda u: (u * y,)
"""

ROWS = """
from oracle.parallel import in_order_of_arrival

if __name__ == "__main__":
    rows = ["__import__('time').sleep(999)", "__import__('time').sleep(998)", "1 + 1"]
    for row in in_order_of_arrival(eval, rows, 2):
        print(row, flush=True)
"""


@contextlib.contextmanager
def started(*arguments):
    """Python in a process, which is gone afterwards."""
    arguments = [sys.executable, *map(str, arguments)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def wait_for(condition, process):
    """Until the condition holds; the process should be alive all the time."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end, "nothing happened for too long"
        time.sleep(0.02)


def ended(process, number):
    """What was said, once the process was sent the signal and nothing holds its output any more."""
    process.send_signal(number)
    try:
        return process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        pytest.fail("something holds the output of a process that has ended")


@pytest.mark.parametrize(("number", "code"), [("SIGTERM", 143), ("SIGKILL", -signal.SIGKILL)])
def test_study_takes_its_workers_along(tmp_path, number, code):
    file = tmp_path / "finished.jsonl"
    with started("-m", "purevjp", "study", *GRID, "--jobs", 2, "--out", tmp_path) as process:
        wait_for(lambda: file.exists() and file.read_bytes().count(b"\n") >= 2, process)
        out, err = ended(process, getattr(signal, number))
    assert (process.returncode, out) == (code, "")
    kept = f"finished cells are kept in {file}: the same command goes on from there\npurevjp: interrupted\n"
    assert err == kept or number == "SIGKILL"
    assert file.read_bytes().endswith(b"\n")


def test_rows_in_processes_end_with_a_parent_that_is_killed():
    with started("-c", ROWS) as process:
        assert process.stdout.readline() == "('1 + 1', 2)\n"
        ended(process, signal.SIGKILL)


@pytest.mark.parametrize("seconds", [0.01, 999])
@pytest.mark.parametrize(("number", "code"), [("SIGTERM", 143), ("SIGKILL", -signal.SIGKILL)])
def test_check_takes_its_worker_along_whatever_it_does(tmp_path, number, code, seconds):
    fifo, backend = tmp_path / "fifo", tmp_path / "backend.py"
    os.mkfifo(fifo)
    backend.write_text(BACKEND.format(fifo=str(fifo), seconds=seconds), encoding="utf-8")
    reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    with started("-m", "purevjp", "check", backend, "--limit", 900) as process:
        wait_for(lambda: select.select([reading], [], [], 0)[0] and os.read(reading, 4) == b"here", process)
        ended(process, getattr(signal, number))
    assert process.returncode == code
    said = b"here"
    while said:
        assert select.select([reading], [], [], LIMIT)[0], "the worker is still there"
        said = os.read(reading, 1 << 16)
    os.close(reading)


def sending(number):
    """A command line of one command, which sends itself a signal."""
    app = typer.Typer()
    app.command()(lambda: os.kill(os.getpid(), number))
    return app


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_signal_is_an_interrupt_with_its_own_code(capsys, name, code):
    before = signal.getsignal(getattr(signal, name))
    assert finished(sending(getattr(signal, name)), []) == code
    assert capsys.readouterr() == ("", "purevjp: interrupted\n")
    assert signal.getsignal(getattr(signal, name)) == before


def test_signal_that_is_ignored_stays_ignored(capsys):
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert finished(sending(signal.SIGHUP), []) == 0
    finally:
        signal.signal(signal.SIGHUP, before)
    assert capsys.readouterr() == ("", "")
