"""Rows of weight zero change nothing, and no member stays untrained for them."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.datasets import make_classification

from pare_sklearn import PaReClassifier, PaReRegressor

QUICK = {"max_epochs": 4, "random_state": 0, "source": "digits"}
N = 40


def make_data(estimator_class):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 1, 20))
    return X, X[:, 0, 0] if estimator_class is PaReRegressor else np.arange(N) % 2


def doubled(X, y):
    """Each row twice, the second time with another's target and without weight."""
    weights = np.repeat([1.0, 0.0], N)
    return np.concatenate([X, X]), np.concatenate([y, y[::-1]]), weights


def outputs(model, X):
    return model.predict_proba(X) if isinstance(model, PaReClassifier) else model.predict(X)


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("strategy", ["pare", "orca"])
def test_rows_without_weight_are_as_rows_that_are_not_there(
    estimator_class, n_estimators, strategy
):
    X, y = make_data(estimator_class)
    model = estimator_class(**QUICK, n_estimators=n_estimators, strategy=strategy)
    alone = outputs(model.fit(X, y, np.ones(N)), X)
    beside = outputs(model.fit(*doubled(X, y)), X)
    np.testing.assert_allclose(beside, alone, rtol=1e-6)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_columns_are_learnt_from_rows_with_weight(frame):
    numbers = np.arange(2.0 * N)
    numbers[N:] = 1e6
    kinds = np.array(["a", "b"] * (N // 2) + ["c"] * N)
    X, y = {"number": numbers, "kind": kinds}, np.arange(2 * N) % 2
    head = {name: column[:N] for name, column in X.items()}
    model = PaReClassifier(**QUICK, n_estimators=2)
    alone = model.fit(frame(head), y[:N]).predict_proba(frame(head))
    beside = model.fit(frame(X), y, np.repeat([1.0, 0.0], N)).predict_proba(frame(head))
    np.testing.assert_array_equal(beside, alone)


def test_a_class_without_weight_is_as_one_without_rows_but_stays_a_class():
    X, y = make_classification(N, 5, n_classes=3, n_informative=4, n_redundant=0, random_state=0)
    model = PaReClassifier(**QUICK, n_estimators=2, class_weight={0: 1, 1: 1, 2: 0}).fit(X, y)
    proba = model.predict_proba(X)
    assert proba.shape == (N, 3)
    for by_member in model.ensemble_.held_out.by_member:
        assert len(by_member) == (y < 2).sum()


@pytest.mark.parametrize("n_estimators", [1, 4])
def test_every_member_is_validated_on_rows_with_weight(n_estimators):
    X, y = make_data(PaReClassifier)
    weights = np.zeros(N)
    weights[:6] = 1
    model = PaReClassifier(**QUICK, n_estimators=n_estimators).fit(X, y, weights)
    # A loss of exactly zero would be one of rows without weight.
    assert all(row["validation_score"] < 0 for row in model.history_)


def test_a_member_whose_held_out_rows_weigh_nothing_trains_to_the_end():
    X, y = make_data(PaReClassifier)
    settings = {**QUICK, "patience": 1, "n_estimators": 3, "lr": 0.01}
    model = PaReClassifier(**settings).fit(X, y, np.eye(N)[5])
    scores = {
        member: [row["validation_score"] for row in model.history_ if row["member"] == member]
        for member in range(3)
    }
    without = [each for each in scores.values() if each[0] is None]
    assert without == [[None] * 4] * 2
    assert np.isfinite(model.predict_proba(X)).all()
