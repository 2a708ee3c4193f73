"""Checkpoints: every bit comes back, a broken file says so, and a killed training goes on as if nothing had been."""

import contextlib
import json
import math
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from purevjp.checkpoint import load, save, train_resumably
from purevjp.tree import tree_leaves

ROOT = Path(__file__).parents[1]

TREE = {
    "params": [(np.arange(6.0).reshape(2, 3), np.array([], np.float32)), {}, (), []],
    "mixed": (np.float32(0.1), np.array(2.5), np.float16(3), np.array([True]), np.arange(3)[::-1], np.eye(3).T[:, ::2]),
    "state": {"step": 7, "rate": 0.1, "huge": 2**100, "none": None, "on": False, "name": "ä\n", "inf": math.inf},
    "nan": np.array([np.nan, -0.0, np.inf, 5e-324]),
    "": 1,
}


def same(a, b):
    """Equal trees, classes, dtypes and bits."""
    if a.__class__ is not b.__class__:
        return False
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray | np.generic):
        return (a.shape, a.dtype, a.tobytes()) == (b.shape, b.dtype, b.tobytes())
    return a == b


def test_every_bit_comes_back(tmp_path):
    path = tmp_path / "a.safetensors"
    save(path, TREE)
    assert same(load(path), TREE), load(path)
    save(path, np.array(1.5))
    assert same(load(path), np.array(1.5))
    assert [file.name for file in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_generator_goes_on(tmp_path):
    rng = np.random.default_rng(3)
    save(tmp_path / "rng", rng.bit_generator.state)
    other = np.random.default_rng()
    other.bit_generator.state = load(tmp_path / "rng")
    assert np.array_equal(rng.random(5), other.random(5))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"a": [np.array([1j])]}, r"complex128 at \.a\.0, but should"),
        ({"a": np.array([1], object)}, r"object at \.a, but should"),
        ({3: 1.0}, r"key 3 at the top"),
        ((1, {2, 3}), r"a set at \.1"),
        (np.array([1.0]).astype(">f8"), r">f8 at the top"),
        (np.ma.array([1.0]), "masked array at the top"),
    ],
)
def test_what_cannot_be_saved_is_named_and_the_file_stays(tmp_path, tree, message):
    path = tmp_path / "a"
    save(path, 1)
    with pytest.raises(TypeError, match=message):
        save(path, tree)
    assert load(path) == 1


def test_a_tree_that_holds_itself_is_an_error(tmp_path):
    tree = []
    tree.append(tree)
    with pytest.raises(ValueError, match=r"^save got a tree that is too deep, or holds itself$"):
        save(tmp_path / "a", tree)
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a"
    save(path, 1)

    def full(_file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(path, 2)
    monkeypatch.undo()
    assert load(path) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no checkpoint .*nothing"):
        load(tmp_path / "nothing")


def test_every_truncation_is_named(tmp_path):
    path = tmp_path / "whole"
    save(path, {"w": np.arange(3.0), "step": 3})
    data = path.read_bytes()
    for n in range(len(data)):
        path.write_bytes(data[:n])
        with pytest.raises(ValueError, match=f"^{path} is no checkpoint, or not all of one"):
            load(path)


def test_a_flipped_bit_is_named(tmp_path):
    path = tmp_path / "whole"
    save(path, {"w": np.arange(3.0)})
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"^{path} is a damaged checkpoint: it is not what was saved"):
        load(path)


def test_foreign_files_are_named(tmp_path):
    path = tmp_path / "foreign"
    for data in (b"", b"PK\x03\x04" + bytes(99), b"\x80\x04K\x01.", os.urandom(1000)):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=f"^{path} is no checkpoint"):
            load(path)
    save_file({"w": np.zeros(2)}, path)
    with pytest.raises(ValueError, match="a safetensors file, but no checkpoint of purevjp's"):
        load(path)


@pytest.mark.parametrize(
    "tree", ['{"array": "7"}', '{"code": "1"}', "[]", "{", '{"tuple": 3}', '{"array": "0", "list": []}']
)
def test_a_header_that_makes_no_sense_is_named(tmp_path, tree):
    path = tmp_path / "odd"
    header = json.dumps({"__metadata__": {"format": "purevjp-tree-1", "tree": tree, "crc32": "{}"}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(ValueError, match=rf"^{path} is a damaged checkpoint"):
        load(path)


def test_the_extra_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    for attempt in (lambda: save(tmp_path / "a", 1), lambda: load(tmp_path / "a")):
        with pytest.raises(ModuleNotFoundError, match=r"pip install 'purevjp\[checkpoint\]'$"):
            attempt()


TRAINING = """
import sys, time
import numpy as np
from purevjp import optimizer
from purevjp.checkpoint import train_resumably
from purevjp.combinator import chain, objective, then
from purevjp.initializer import init_dense
from purevjp.layer import dense
from purevjp.elementwise import tanh
from purevjp.loss import mse

rng = np.random.default_rng(0)
x = rng.normal(size=(64, 3)); y = np.sin(x.sum(1, keepdims=True))
loss = objective(chain(then(dense, tanh), dense), lambda p, **options: mse_of(p, **options))

def mse_of(p, *, y):
    value, vjp = mse(p, y)
    return value, lambda u: vjp(u)[:1]

def step(state, number):
    params, optimizer_state, generator = state
    rng = np.random.default_rng(); rng.bit_generator.state = generator
    index = rng.integers(0, 64, 16)
    _, vjp = loss(params, x[index], y=y[index])
    params, optimizer_state = optimizer.adam(params, vjp(1.0)[0], optimizer_state, rate=1e-2)
    time.sleep(float(sys.argv[2]))
    return params, optimizer_state, rng.bit_generator.state

params = (init_dense(rng, 3, 8), init_dense(rng, 8, 1))
state, begin = train_resumably(
    step, (params, None, rng.bit_generator.state), steps=60, path=sys.argv[1], every=7)
print(begin)
"""


def training(path, pause):
    return [sys.executable, "-c", TRAINING, str(path), str(pause)]


def test_a_killed_training_ends_with_the_same_bits(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    done = subprocess.run(training(whole, 0), cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0"]
    process = subprocess.Popen(training(killed, 0.02), cwd=ROOT)
    start = time.monotonic()
    while not killed.exists() and time.monotonic() - start < 60:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    lost = load(killed)["step"]
    assert 0 < lost < 60, f"the training was killed after {lost} steps"
    assert lost % 7 == 0
    done = subprocess.run(training(killed, 0), cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(lost)]
    assert same(load(killed), load(whole)), "the params are not those of the training without a break"
    assert all(np.isfinite(leaf).all() for leaf in tree_leaves(load(whole)["state"][0]))


def test_a_training_refuses_what_is_not_its_own(tmp_path):
    path = tmp_path / "a"
    save(path, 1)
    with pytest.raises(ValueError, match="but not of a training"):
        train_resumably(lambda state, _: state, 0.0, steps=3, path=path, every=1)
    path.unlink()
    assert train_resumably(lambda state, number: state + number, 0.0, steps=3, path=path, every=2) == (3.0, 0)
    assert train_resumably(lambda state, number: state + number, 0.0, steps=5, path=path, every=2) == (10.0, 3)
    with pytest.raises(ValueError, match=r"has 5 steps done already, but should have 4 at most"):
        train_resumably(lambda state, _: state, 0.0, steps=4, path=path, every=1)
    for steps, every in ((4, 0), (-1, 1), (4, 1.5), (4.5, 1)):
        with pytest.raises(ValueError, match=f"got {steps} steps, saved every {every}, but should get whole numbers"):
            train_resumably(lambda state, _: state, 0.0, steps=steps, path=path, every=every)


def test_a_changed_step_is_seen(tmp_path):
    file = tmp_path / "checkpoint"
    save(file, {"step": 5, "state": np.arange(3, dtype=np.uint32)})
    whole = file.read_bytes()
    assert load(file)["state"].dtype == np.uint32
    assert b'\\"value\\": 5' in whole
    file.write_bytes(whole.replace(b'\\"value\\": 5', b'\\"value\\": 2'))
    with pytest.raises(ValueError, match="not what was saved"):
        load(file)


def test_a_file_keeps_its_mode_and_a_link_its_target(tmp_path):
    path, link = tmp_path / "a", tmp_path / "link"
    save(path, 1)
    path.chmod(0o600)
    save(path, 2)
    assert path.stat().st_mode & 0o777 == 0o600
    (tmp_path / "sub").mkdir()
    link.symlink_to(Path("sub") / "b")
    for tree in (3, 4):
        save(link, tree)
        assert link.is_symlink()
        assert load(tmp_path / "sub" / "b") == load(link) == tree
    assert {file.name for file in tmp_path.rglob("*")} == {"a", "link", "sub", "b"}


def test_a_file_is_never_more_open_than_the_one_before(tmp_path, monkeypatch):
    path, seen = tmp_path / "a", []
    save(path, 1)
    path.chmod(0o600)
    monkeypatch.setattr(os, "fsync", lambda _: seen.append((tmp_path / ".a.part").stat().st_mode & 0o777))
    with contextlib.suppress(FileNotFoundError):
        save(path, 2)
    assert seen == [0o600]
