"""The networks of `python -m bench models`, trained for a few steps."""

import numpy as np
import pytest

from bench.models import adding, digits, gpt_curve, shifted, text, train_adding, train_digits, twin_curve, windows_of
from purevjp.initializer import init_dense, init_self_attention, initial
from purevjp.model import init_gpt, init_lenet
from purevjp.tree import tree_leaves

SMALL = {"blocks": 1, "heads": 4, "groups": 2}


def test_the_gpt_trains_as_its_twin_does():
    (ours, params), (theirs, _) = gpt_curve(4, sizes=SMALL), twin_curve(4, sizes=SMALL)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert ours[-1] < ours[0] - 0.1, f"the loss goes from {ours[0]} to {ours[-1]}"
    assert abs(ours[0] - np.log(256)) < 0.2, "at first it knows nothing"
    assert {leaf.dtype for leaf in tree_leaves(params)} == {np.dtype(np.float64)}
    other, _ = gpt_curve(4, sizes=SMALL, rate=1.001e-3)
    assert not np.allclose(other, theirs, rtol=1e-8), "another rate would be seen"


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda rng: init_self_attention(rng, 8, heads=0), "got 0 heads of 8 features"),
        (lambda rng: init_self_attention(rng, 8, heads=4, groups=3), "got 4 heads in 3 groups"),
        (lambda rng: init_gpt(rng, vocabulary=5, width=8, blocks=-1, heads=2), "init_gpt got -1 blocks"),
        (lambda rng: init_gpt(rng, vocabulary=5, width=8, blocks=1, heads=4, groups=3), "4 heads in 3 groups"),
        (lambda rng: init_lenet(rng, image=(1, 8, 8), classes=0), "init_lenet got 0 classes"),
        (lambda rng: initial(rng, ()), r"initial got shape \(\)"),
        (lambda rng: initial(rng, 3), "initial got shape 3"),
        (lambda rng: init_dense(rng, 2, 3, gain=float("nan")), "gain nan"),
    ],
)
def test_sizes_that_make_no_model_are_refused(attempt, words):
    with pytest.raises(ValueError, match=words):
        attempt(np.random.default_rng(0))


def test_the_text_is_the_docstrings():
    tokens = text()
    assert len(tokens) > 50_000
    x, labels = windows_of(tokens, np.random.default_rng(0), batch=3, length=5)
    assert np.array_equal(x[:, 1:], labels[:, :-1])
    assert b"Pullback" in bytes(tokens.astype(np.uint8))


def test_lenet_learns_digits():
    assert train_digits(epochs=6) > 0.75
    x, x_test, labels, _ = digits()
    assert (len(x), len(x_test), x.shape[1:], x.dtype) == (1437, 360, (1, 8, 8), np.float32)
    moved = shifted(x[:50], np.random.default_rng(0))
    assert moved.shape == x[:50].shape
    assert any(np.array_equal(a, b) for a, b in zip(moved, x[:50], strict=True))
    assert not np.array_equal(moved, x[:50])
    assert set(labels) == set(range(10))


def test_an_lstm_learns_to_add():
    error, guess = train_adding(steps=250, units=24, length=6)
    assert error < guess / 4, f"{error} is not far below {guess}, that of saying 1"
    x, y = adding(np.random.default_rng(0), 100, 50)
    assert np.all(x[:, :, 1].sum(1) == 2)
    assert abs(y.var() - 1 / 6) < 0.05
