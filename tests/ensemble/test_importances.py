"""Importances of the columns of a table: from gradients, of what the ensemble predicts."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score

from pare_sklearn import PaReClassifier, PaReRegressor

FAST = {"n_estimators": 2, "max_epochs": 4, "random_state": 0, "n_jobs": 1, "source": "digits"}
Y = np.arange(30) % 2
X_TOY = np.random.RandomState(0).randn(30, 6)


@pytest.fixture(scope="module")
def informative():
    """The first three of ten columns tell the class."""
    X, y = make_classification(
        400, 10, n_informative=3, n_redundant=0, n_clusters_per_class=1, class_sep=1.0,
        shuffle=False, random_state=0,
    )  # fmt: skip
    return X, y, np.arange(10) < 3


def test_they_find_the_informative_columns(informative):
    X, y, truth = informative
    clf = PaReClassifier(**FAST | {"max_epochs": 12}).fit(X[::2], y[::2])
    importances = clf.feature_importances_
    assert importances.shape == (10,)
    assert importances.min() >= 0
    assert importances.sum() == pytest.approx(1)
    assert roc_auc_score(truth, importances) > 0.9
    measured = permutation_importance(
        clf, X[1::2], y[1::2], n_repeats=2, random_state=0, scoring="neg_log_loss"
    ).importances_mean
    # By size: seven of the ten ranks are of noise.
    assert np.corrcoef(importances, measured)[0, 1] > 0.5
    assert importances.argmax() == measured.argmax()


def test_they_find_the_one_column_of_a_regression():
    X = np.random.RandomState(1).randn(80, 5)
    reg = PaReRegressor(**FAST).fit(X, 3 * X[:, 2])
    assert reg.feature_importances_.argmax() == 2


@pytest.mark.parametrize("changes", [{"strategy": "finetune"}, {"linear_probe": False}], ids=str)
def test_they_need_neither_gate_nor_probes(changes):
    clf = PaReClassifier(**FAST | {"max_epochs": 2} | changes).fit(X_TOY, Y)
    assert clf.feature_importances_.sum() == pytest.approx(1)


def test_rows_that_nothing_was_held_out_of():
    clf = PaReClassifier(**FAST | {"n_estimators": 1}, early_stopping=False).fit(X_TOY, Y)
    assert clf.feature_importances_.sum() == pytest.approx(1)


def test_a_constant_column_has_none():
    X = np.c_[X_TOY, np.ones(30)]
    clf = PaReClassifier(**FAST).fit(X, Y)
    assert clf.feature_importances_[-1] == pytest.approx(0, abs=1e-6)


def test_several_labels():
    clf = PaReClassifier(**FAST).fit(X_TOY, np.c_[Y, 1 - Y, X_TOY[:, 0] > 0])
    assert clf.feature_importances_.shape == (6,)


@pytest.mark.parametrize("shape", [(30, 1, 20), (30, 1, 8, 8)])
def test_samples_that_are_no_table_have_no_such_attribute(shape):
    X = np.random.RandomState(0).randn(*shape)
    clf = PaReClassifier(**FAST | {"max_epochs": 2, "n_estimators": 1}).fit(X, Y)
    assert not hasattr(clf, "feature_importances_")
    with pytest.raises(AttributeError, match=r"tables alone.*gate_scores"):
        _ = clf.feature_importances_
    assert not hasattr(PaReClassifier(), "feature_importances_")
