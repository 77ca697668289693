"""Features of the fine-tuned encoders, for other estimators."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from pare_sklearn import PaReClassifier, PaReRegressor

QUICK = {"n_estimators": 2, "max_epochs": 3, "source": "digits", "random_state": 0}


@pytest.fixture(scope="module")
def table():
    return make_classification(60, 5, class_sep=2.0, random_state=0)


@pytest.fixture(scope="module")
def fitted(table):
    return PaReClassifier(**QUICK).fit(*table)


def test_members_stand_side_by_side(fitted, table):
    X, _ = table
    features = fitted.transform(X)
    inputs = fitted._rows(X).inputs
    expected = []
    for net in fitted.estimators_:
        model = net.module_.eval()
        with torch.no_grad():
            expected.append(model.encoder(model.embedder(**inputs)).mean(dim=1).numpy())
    assert features.shape == (60, 2 * expected[0].shape[1])
    assert np.abs(expected[0] - expected[1]).max() > 0.1
    np.testing.assert_allclose(features, np.hstack(expected), rtol=1e-4, atol=1e-5)


def test_one_member_has_the_width_of_the_encoder(table):
    model = PaReRegressor(**QUICK | {"n_estimators": 1}).fit(*table)
    assert model.transform(table[0]).shape == (60, 64)
    assert list(model.get_feature_names_out()[[0, 63]]) == ["pareregressor0", "pareregressor63"]


def test_the_same_bits_twice_and_in_any_batch(fitted, table):
    X, _ = table
    features = fitted.transform(X)
    np.testing.assert_array_equal(fitted.transform(X), features)
    np.testing.assert_array_equal(fitted.transform(X[:7]), features[:7])
    np.testing.assert_array_equal(fitted.transform(X[[33]]), features[[33]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_is_that_of_X(fitted, table, dtype):
    X, _ = table
    assert fitted.transform(X.astype(dtype)).dtype == dtype


def test_whole_numbers_and_frames_give_float64(fitted, table):
    X, _ = table
    assert fitted.transform(X.astype(int)).dtype == np.float64
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = PaReClassifier(**QUICK).fit(frame, table[1])
    assert model.transform(frame).dtype == np.float64
    np.testing.assert_array_equal(model.transform(frame), fitted.transform(X))


@pytest.mark.parametrize(("library", "frame"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_set_output(table, library, frame):
    X, y = table
    model = PaReClassifier(**QUICK).set_output(transform=library).fit(X, y)
    features = model.transform(X)
    assert isinstance(features, frame)
    assert list(features.columns) == [f"pareclassifier{i}" for i in range(128)]
    assert list(features.columns) == list(model.get_feature_names_out())
    assert isinstance(model.predict_proba(X), np.ndarray)
    plain = clone(model).set_output(transform="default").fit_transform(X, y)
    np.testing.assert_array_equal(features.to_numpy(), plain)


def test_in_front_of_another_estimator(table):
    X, y = table
    pipeline = make_pipeline(PaReClassifier(**QUICK), LogisticRegression()).fit(X, y)
    assert pipeline.score(X, y) > 0.8
    assert pipeline[-1].n_features_in_ == 128


def test_fields_have_features_too():
    X = np.random.default_rng(0).normal(size=(10, 1, 16))
    model = PaReRegressor(**QUICK).fit(X, X)
    assert model.transform(X).shape == (10, len(model.get_feature_names_out()))
