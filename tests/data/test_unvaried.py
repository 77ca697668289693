"""What fit never saw vary tells nothing later; what lies far from zero loses nothing."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score

from pare_sklearn import PaReClassifier, PaReRegressor

QUICK = {"n_estimators": 1, "max_epochs": 4, "random_state": 0, "source": "digits"}
N = 100


def table(seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"a": rng.normal(size=N), "b": rng.normal(size=N)})


TRAIN, TEST = table(0), table(1)
LABELS = np.where(TRAIN.a + TRAIN.b > 0, "yes", "no")
CASES = {
    "empty": (np.nan, [0.5, 3.0, -1e6, 1e300]),
    "constant": (5.0, [6.0, 5.1, 1e6, np.nan]),
    "constant but for rounding": (0.1 + 0.2 * (np.arange(N) % 2) * 1e-16, [0.2, 5.0]),
    "constant where it is there": (np.where(np.arange(N) % 2, 5.0, np.nan), [6.0, 1e6]),
    "false": (False, [True]),
    "one category": ("u", ["v", None]),
    "no category": (pd.Series([None] * N, dtype=object), ["v", 3]),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_a_column_that_did_not_vary_does_not_matter_later(estimator_class, name):
    at_fit, later = CASES[name]
    y = LABELS if estimator_class is PaReClassifier else (TRAIN.a + TRAIN.b).to_numpy()
    model = estimator_class(**QUICK).fit(TRAIN.assign(c=at_fit), y)
    method = model.predict_proba if estimator_class is PaReClassifier else model.predict
    usual = at_fit if np.ndim(at_fit) == 0 else at_fit[-1 if name != "no category" else 0]
    expected = method(TEST.assign(c=usual))
    for value in later:
        column = pd.Series([value] * N, dtype=object if value is None else None)
        np.testing.assert_array_equal(method(TEST.assign(c=column)), expected, err_msg=repr(value))


def test_a_number_that_was_never_missing_is_the_median_where_it_is():
    model = PaReClassifier(**QUICK).fit(TRAIN, LABELS)
    medians = TEST.assign(a=TRAIN.a.median())
    np.testing.assert_allclose(
        model.predict_proba(TEST.assign(a=np.nan)), model.predict_proba(medians), atol=1e-6
    )


def test_a_category_that_was_never_missing_is_an_unseen_one_where_it_is():
    kinds = np.where(TRAIN.a > 0, "p", "q")
    model = PaReClassifier(**QUICK).fit(TRAIN.assign(c=kinds), LABELS)
    missing = pd.Series([None] * N, dtype=object)
    np.testing.assert_array_equal(
        model.predict_proba(TEST.assign(c=missing)), model.predict_proba(TEST.assign(c="other"))
    )


RNG = np.random.RandomState(0)
CLASSES = RNG.randint(0, 2, 120)
PERIODS = np.where(CLASSES[:, None], 3.0, 7.0)
SERIES = np.sin(np.arange(60) / PERIODS + 6 * RNG.rand(120, 1)) + 0.3 * RNG.randn(120, 60)
SHAPES = {"sequences": (120, 1, 60), "images": (120, 1, 6, 10)}
PATCHES = {"sequences": "auto", "images": 2}


@pytest.mark.parametrize("modality", SHAPES)
@pytest.mark.parametrize("at_fit", [5.0, np.nan, 0.0])
def test_a_channel_that_did_not_vary_does_not_matter_later(modality, at_fit):
    shape = SHAPES[modality]
    X = SERIES.reshape(shape)
    constant = np.full(shape, at_fit)
    model = PaReClassifier(**QUICK, patch_size=PATCHES[modality])
    model.fit(np.concatenate([X, constant], axis=1), CLASSES)
    expected = model.predict_proba(np.concatenate([X, constant], axis=1))
    for value in (6.0, -1e6):
        changed = np.concatenate([X, np.full(shape, value)], axis=1)
        np.testing.assert_array_equal(model.predict_proba(changed), expected)


@pytest.mark.parametrize("modality", SHAPES)
@pytest.mark.parametrize("offset", [1e6, 1.7e9, -1e12])
def test_an_offset_loses_nothing(modality, offset):
    X = SERIES.reshape(SHAPES[modality])
    # Rounded, so that adding the offset rounds nothing.
    X = np.round(X * 256) / 256
    model = PaReClassifier(**QUICK, patch_size=PATCHES[modality])
    plain = model.fit(X, CLASSES).predict_proba(X)
    moved = model.fit(X + offset, CLASSES).predict_proba(X + offset)
    np.testing.assert_allclose(moved, plain, atol=0.02)


@pytest.mark.parametrize("dtype", [np.int64, np.float64, object])
def test_counters_are_told_apart_in_each_dtype(dtype):
    counters = (1_700_000_000 + np.round(100 * SERIES)).reshape(120, 1, 60).astype(dtype)
    model = PaReClassifier(**QUICK).fit(counters, CLASSES)
    assert model.score(counters, CLASSES) > 0.9


@pytest.mark.parametrize("factor", [1e-200, 1e30, 1e200, 1e300])
def test_targets_of_any_size_are_learned_alike(factor):
    y = (TRAIN.a - TRAIN.b).to_numpy()
    plain = PaReRegressor(**QUICK).fit(TRAIN, y)
    model = PaReRegressor(**QUICK).fit(TRAIN, y * factor)
    predicted = model.predict(TRAIN)
    assert np.isfinite(predicted).all()
    np.testing.assert_allclose(predicted / factor, plain.predict(TRAIN), atol=0.05)
    assert model.score(TRAIN, y * factor) == pytest.approx(r2_score(y, predicted / factor))


@pytest.mark.parametrize("loss", ["relative_l2", "nrmse", "squared_error"])
def test_fields_of_any_size_are_learned_alike(loss):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 1, 16))
    y = 1 + X[:, 0] ** 2
    settings = {**QUICK, "max_epochs": 2, "loss": loss}
    plain = PaReRegressor(**settings).fit(X, y).predict(X)
    large = PaReRegressor(**settings).fit(X * 1e250, y * 1e250).predict(X * 1e250)
    np.testing.assert_allclose(large / 1e250, plain, rtol=0.01, atol=0.01)


def test_a_value_out_of_all_bounds_gives_a_finite_prediction():
    X = SERIES.reshape(120, 1, 60)
    model = PaReClassifier(**QUICK).fit(X, CLASSES)
    assert np.isfinite(model.predict_proba(np.where(X > 2, 1e300, X))).all()


def test_a_gap_at_the_end_of_a_series_makes_no_lengths():
    X = SERIES.reshape(120, 1, 60).copy()
    X[3, :, -1] = np.nan
    model = PaReClassifier(**QUICK).fit(X, CLASSES)
    with pytest.raises(ValueError, match="length 70, but those in fit had 60"):
        model.predict(np.zeros((2, 1, 70)))


def test_series_of_several_lengths_come_as_lists_or_arrays_of_objects():
    series = [row[np.newaxis, : 40 + i % 20] for i, row in enumerate(SERIES)]
    objects = np.empty(len(series), dtype=object)
    objects[:] = series
    proba = [PaReClassifier(**QUICK).fit(X, CLASSES).predict_proba(X) for X in (series, objects)]
    np.testing.assert_array_equal(*proba)


BAD = {
    "images of two sizes": ([np.zeros((3, 8, 8 + i % 2)) for i in range(40)], {}, "images come"),
    "colour and grey": ([np.zeros((8, 8, 3)[: 3 - i % 2]) for i in range(40)], {}, "images come"),
    "channels differ": ([np.zeros((1 + i % 2, 9)) for i in range(40)], {}, "same channels"),
    "five axes": (np.zeros((40, 2, 3, 4, 5)), {}, "X has 5 axes"),
    "frame of series": (
        pd.DataFrame({"a": [pd.Series(np.arange(9.0)) for _ in range(40)]}),
        {"modality": "sequence"},
        r"cells hold series \(column 'a'\); sequences come as",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_shapes_that_fit_nothing_are_told_in_our_words(name):
    X, settings, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        PaReClassifier(**QUICK, **settings).fit(X, np.arange(40) % 2)


@pytest.mark.parametrize("tags", [[["a"], ["b", "c"]] * 20, [{"a"}, {"b"}] * 20])
def test_lists_of_labels_are_told_of(tags):
    with pytest.raises(ValueError, match=r"y holds lists.*MultiLabelBinarizer"):
        PaReClassifier(**QUICK).fit(np.zeros((40, 2)), tags)
