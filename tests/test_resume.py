"""Training that goes on from a checkpoint: what it refuses before the first step."""

import numpy as np
import pytest

from purevjp.checkpoint import load, save, train_resumably


@pytest.mark.parametrize(
    ("state", "folder", "error", "message"),
    [
        (1.0, "no", FileNotFoundError, r"^there is no folder .*no to write a into$"),
        ({3: 1.0}, "", TypeError, r"^save got the key 3 at \.state"),
        ((1.0, [{2}]), "", TypeError, r"^save got a set at \.state\.1\.0"),
    ],
)
def test_what_cannot_be_saved_is_found_before_the_first_step(tmp_path, state, folder, error, message):
    with pytest.raises(error, match=message):
        train_resumably(lambda *_: pytest.fail("a step"), state, steps=3, path=tmp_path / folder / "a", every=1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((np.ones(3), None, [1]), r"\.0 is float64 of shape \(3,\), but was float64 of shape \(2,\)"),
        ((np.ones(2, np.float32), None, [1]), r"\.0 is float32 of shape \(2,\), but was float64 of shape \(2,\)"),
        ((np.ones(2), None), "the top has 2 parts, but had 3 parts"),
        ([np.ones(2), None, [1]], "the top is a list, but was a tuple"),
        ((np.ones(2), None, {"b": 1}), r"\.2 is a dict, but was a list"),
        ((np.ones(2), "a", [1]), r"\.1 is a str, but was None"),
    ],
)
def test_a_checkpoint_of_another_state_is_refused(tmp_path, given, message):
    def step(state, number):
        w, memory, history = state
        return w + 1, (memory or (w,)), [*history, number]

    path, start = tmp_path / "a", (np.ones(2), None, [1])
    whole, _ = train_resumably(step, start, steps=3, path=path, every=2)
    assert whole[2] == [1, 0, 1, 2], "a state may grow"
    before = path.read_bytes()
    with pytest.raises(ValueError, match=f"^{path} began with another state than the one given: {message}$"):
        train_resumably(step, given, steps=5, path=path, every=2)
    assert path.read_bytes() == before
    assert train_resumably(step, load(path)["state"], steps=4, path=path, every=2)[1] == 3
    assert train_resumably(step, start, steps=5, path=path, every=2)[1] == 4


def test_a_dict_with_other_keys_is_named(tmp_path):
    train_resumably(lambda state, _: state, {"w": 1.0}, steps=1, path=tmp_path / "a", every=1)
    with pytest.raises(ValueError, match=r"the top has the keys v, w, but had the keys w$"):
        train_resumably(lambda state, _: state, {"v": 2.0, "w": 1.0}, steps=2, path=tmp_path / "a", every=1)


def test_a_checkpoint_without_its_start_goes_on(tmp_path):
    save(tmp_path / "a", {"step": 1, "state": (1.0, (2.0,))})
    step = lambda state, _: state
    assert train_resumably(step, (0.0, (0.0,)), steps=2, path=tmp_path / "a", every=1) == ((1.0, (2.0,)), 1)
