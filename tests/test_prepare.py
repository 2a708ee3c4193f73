"""The preparation: nothing of the test part reaches the training part, and everything can be undone."""

import os

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from purevjp.study import data
from purevjp.study.prepare import deduplicated, prepare

PARTS = ("train", "validation", "test")


def table(rows=50):
    """Three features of very different scales, frozen."""
    random = np.random.default_rng(7)
    features = random.normal(size=(rows, 3)) * [1e-3, 1.0, 1e3] + 5
    target = random.normal(size=rows) * 20 + 100
    features.flags.writeable = target.flags.writeable = False
    return features, target


def with_entry(array, index, value):
    array = array.copy()
    array[index] = value
    return array


def leaks(parts):
    """How many rows of the test part occur in the training part."""
    known = {(*x, *y) for x, y in zip(*parts["train"], strict=True)}
    return sum((*x, *y) in known for x, y in zip(*parts["test"], strict=True))


def least_squares(parts):
    """R² and root of the mean squared error, in the target's units, of a linear fit on the test part."""
    (x, y), (x_test, y_test) = parts["train"], parts["test"]
    error = y_test - x_test @ np.linalg.lstsq(x, y)[0]
    return 1 - (error**2).sum() / ((y_test - y_test.mean()) ** 2).sum(), np.sqrt((error**2).mean()) * parts[
        "target_scale"
    ]


@pytest.fixture
def real():
    """`real(load)` loads a data set out of PUREVJP_DATA_DIR, never over the network."""

    def loaded(load):
        folder = os.environ.get("PUREVJP_DATA_DIR")
        if not folder:
            pytest.skip("PUREVJP_DATA_DIR is not set")
        return load(folder)[:2]

    return loaded


def test_parts_are_those_of_train_test_split():
    features, target = table()
    parts = prepare(features, target, random_state=3)
    rest, test = train_test_split(np.arange(50), test_size=0.2, random_state=3)
    train, validation = train_test_split(rest, test_size=0.1, random_state=3)
    assert [len(parts[name][1]) for name in PARTS] == [36, 4, 10]
    for name, rows in zip(PARTS, (train, validation, test), strict=True):
        x, y = parts[name]
        assert x.shape == (len(rows), 4)
        assert y.shape == (len(rows), 1)
        assert np.all(x[:, -1] == 1)
        original = x[:, :-1] * parts["feature_scale"] + parts["feature_mean"]
        np.testing.assert_allclose(original, features[rows], rtol=1e-12)
        np.testing.assert_allclose(y[:, 0] * parts["target_scale"] + parts["target_mean"], target[rows], rtol=1e-12)


def test_scaling_is_fitted_on_the_training_part_only():
    features, target = table()
    parts = prepare(features, target)
    x, y = parts["train"]
    for column in (*x[:, :-1].T, y[:, 0]):
        assert abs(column.mean()) < 1e-12
        assert abs(column.std() - 1) < 1e-12

    rest, test = train_test_split(np.arange(50), test_size=0.2, random_state=0)
    _, validation = train_test_split(rest, test_size=0.1, random_state=0)
    unseen = np.concatenate([test, validation])
    others = prepare(with_entry(features, unseen, 1e6), with_entry(target, unseen, -1e6))
    for name in ("feature_mean", "feature_scale", "target_mean", "target_scale"):
        assert np.array_equal(parts[name], others[name]), f"{name} depends on rows outside the training part"
    assert np.array_equal(x, others["train"][0])
    assert np.array_equal(y, others["train"][1])
    assert np.all(parts["test"][0][:, :-1] != others["test"][0][:, :-1])


def test_features_are_clipped_and_the_target_is_not():
    features, target = table(200)
    features, target = with_entry(features, (slice(0, 4), 1), 1e9), with_entry(target, slice(0, 4), 1e9)
    clipped, free = (prepare(features, target, clip=clip) for clip in (2.0, np.inf))
    x = np.concatenate([clipped[name][0][:, :-1] for name in PARTS])
    assert (x.min(), x.max()) == (-2, 2)
    assert max(free[name][0].max() for name in PARTS) > 5
    assert max(clipped[name][1].max() for name in PARTS) > 5


def test_no_validation_part_without_a_share():
    parts = prepare(*table(), validation_share=0)
    assert parts["validation"] is None
    assert len(parts["train"][1]) == 40


@pytest.mark.parametrize("value", [0.0, 0.1, -1e300])
def test_constant_feature_is_zero(value):
    features, target = table()
    parts = prepare(with_entry(features, (slice(None), 1), value), target)
    assert parts["feature_scale"][1] == 1
    assert parts["feature_mean"][1] == value
    assert np.all(parts["train"][0][:, 1] == 0)
    assert np.all(parts["test"][0][:, 1] == 0)


def test_feature_whose_variance_underflows_does_not_divide_by_zero():
    features, target = table()
    tiny = with_entry(features, (slice(None), 1), np.arange(50) * 1e-200)
    assert prepare(tiny, target)["feature_scale"][1] == 1


def test_arguments_and_parts_share_no_memory():
    features, target = table()
    parts = prepare(features, target, deduplicate=True)
    unique = deduplicated(features, target)
    for array in (*unique, *(array for name in PARTS for array in parts[name])):
        assert array.flags.writeable
        assert not np.shares_memory(array, features)
        assert not np.shares_memory(array, target)


def test_deduplication_keeps_the_first_of_equal_rows_in_order():
    features = [[3.0, 1.0], [0.0, 2.0], [3.0, 1.0], [3.0, 1.0], [-0.0, 2.0]]
    x, y = deduplicated(features, [9, 8, 9, 7, 8])
    assert x.dtype == y.dtype == np.float64
    assert x.tolist() == [[3, 1], [0, 2], [3, 1]]
    assert y.tolist() == [9, 8, 7]


def test_deduplication_keeps_the_test_part_and_drops_its_copies_from_the_rest():
    features, target = (np.concatenate([array, array]) for array in table())
    parts, unique = prepare(features, target), prepare(features, target, deduplicate=True)
    assert leaks(parts) > 0
    assert leaks(unique) == 0
    distinct = len(np.unique(parts["test"][1]))
    assert len(unique["test"][1]) == len(parts["test"][1]) == 20
    assert len(unique["train"][1]) + len(unique["validation"][1]) == 50 - distinct


FEATURES, TARGET = table()


@pytest.mark.parametrize(
    ("features", "target", "options", "fault"),
    [
        (FEATURES[0], TARGET, {}, r"features has shape \(3,\), but should have \(rows, columns\)"),
        (FEATURES[:, :0], TARGET, {}, r"features has shape \(50, 0\)"),
        (FEATURES, TARGET[:, None], {}, r"target has shape \(50, 1\), but should have \(50,\)"),
        (FEATURES, TARGET[:-1], {}, r"target has shape \(49,\), but should have \(50,\)"),
        (FEATURES.astype(str), TARGET, {}, r"features has dtype <U\d+, but should be real numbers"),
        (FEATURES, TARGET * 1j, {}, r"target has dtype complex128, but should be real numbers"),
        (with_entry(FEATURES, (4, 1), np.nan), TARGET, {}, r"features is nan at \[4, 1\], but should be finite"),
        (FEATURES, with_entry(TARGET, 6, -np.inf), {}, r"target is -inf at \[6\], but should be finite"),
        (FEATURES * 1e200, TARGET, {}, r"features reaches .*e\+20\d, too large for a standard deviation"),
        (FEATURES, np.full(50, 0.1), {}, r"target is 0.1 in all 36 training rows, but should vary"),
        (FEATURES[:0], TARGET[:0], {}, r"0 rows are too few to split off a share of 0.2"),
        (FEATURES[:2], TARGET[:2], {}, r"2 rows are too few to split off a share of 0.2: at least 2 should stay"),
        (FEATURES[:3], TARGET[:3], {}, r"2 rows are too few to split off a share of 0.1"),
        (FEATURES, TARGET, {"test_share": 0.99}, r"50 rows are too few to split off a share of 0.99"),
        (FEATURES, TARGET, {"test_share": 0}, r"test_share is 0, but should lie between 0 and 1"),
        (FEATURES, TARGET, {"test_share": 1}, r"test_share is 1, but"),
        (FEATURES, TARGET, {"test_share": np.nan}, r"test_share is nan, but"),
        (FEATURES, TARGET, {"validation_share": 1.0}, r"validation_share is 1.0, but should be 0 or lie between"),
        (FEATURES, TARGET, {"validation_share": -0.1}, r"validation_share is -0.1, but"),
        (FEATURES, TARGET, {"clip": 0}, r"clip is 0, but should be positive"),
        (FEATURES, TARGET, {"clip": np.nan}, r"clip is nan, but should be positive"),
    ],
)
def test_what_cannot_be_prepared_is_refused(features, target, options, fault):
    with pytest.raises(ValueError, match=f"^{fault}"):
        prepare(features, target, **options)


def test_red_wine_leaks_until_it_is_deduplicated(real):
    features, target = real(data.red_wine)
    assert len(target) - len(deduplicated(features, target)[1]) == 240
    parts = prepare(features, target, validation_share=0)
    assert (leaks(parts), len(parts["test"][1])) == (74, 320)
    parts = prepare(features, target, deduplicate=True)
    assert (leaks(parts), len(parts["test"][1])) == (0, 320)


@pytest.mark.parametrize(
    ("load", "r2", "rmse"), [(data.red_wine, 0.328, 0.620), (data.california_housing, 0.594, 0.727)]
)
def test_least_squares_reaches_its_known_figures(real, load, r2, rmse):
    got = least_squares(prepare(*real(load), validation_share=0, clip=np.inf))
    np.testing.assert_allclose(got, (r2, rmse), rtol=0, atol=1e-3)


def test_clipping_tames_the_households_of_california(real):
    features, target = real(data.california_housing)
    occupation = data.HOUSING_FEATURES.index("AveOccup")
    for clip, highest in ((np.inf, 92.6), (5.0, 5.0)):
        x, _ = prepare(features, target, validation_share=0, clip=clip)["train"]
        assert round(x[:, occupation].max(), 1) == highest
