"""What a classifier says of its probabilities: their logarithms, and the log-odds."""

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.metrics import roc_auc_score

from pare_sklearn import PaReClassifier
from pare_sklearn.data.targets.classes import Classes
from pare_sklearn.data.targets.indicators import Indicators

QUICK = {"n_estimators": 2, "max_epochs": 3, "source": "digits", "random_state": 0}


def fitted_to(y, X=None):
    if X is None:
        X = np.random.default_rng(0).normal(size=(len(y), 4))
    return PaReClassifier(**QUICK).fit(X, y), X


@pytest.mark.parametrize("labels", [["no", "yes"], [3, 1, 2]])
def test_log_odds_agree_with_probabilities_and_predictions(labels):
    y = np.array(labels)[np.arange(60) % len(labels)]
    model, X = fitted_to(y)
    proba, decision = model.predict_proba(X), model.decision_function(X)
    if len(labels) == 2:
        assert decision.shape == (60,)
        np.testing.assert_allclose(expit(decision), proba[:, 1], rtol=1e-9)
        chosen = (decision > 0).astype(int)
    else:
        assert decision.shape == (60, 3)
        np.testing.assert_allclose(expit(decision), proba, rtol=1e-9)
        chosen = decision.argmax(axis=1)
    np.testing.assert_array_equal(model.classes_[chosen], model.predict(X))
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(proba), rtol=1e-9)


def test_log_odds_of_labels_and_of_maps():
    rng = np.random.default_rng(0)
    for y, X in (
        (rng.integers(0, 2, (40, 3)), None),
        (rng.integers(0, 2, (12, 8, 8)), rng.normal(size=(12, 1, 8, 8))),
    ):
        model, X = fitted_to(y, X)
        proba, decision = model.predict_proba(X), model.decision_function(X)
        assert decision.shape == proba.shape == y.shape
        np.testing.assert_allclose(expit(decision), proba, rtol=1e-9)
        np.testing.assert_array_equal(decision > 0, model.predict(X))
        np.testing.assert_allclose(model.predict_log_proba(X), np.log(proba), rtol=1e-9)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_what_is_next_to_certain_stays_finite(n_classes):
    target = Classes("log_loss", 0.0, None).fit(np.arange(n_classes).repeat(2), np.ones(6))
    outputs = np.zeros((2, 1, n_classes))
    outputs[0, 0, 1], outputs[1, 0, 1] = 900.0, 902.0
    assert (target.proba(outputs) == np.eye(n_classes)[1]).all()
    # The likelier of two members counts: 900 - ln 2 for each class that is not there.
    others = np.log((np.exp(0.0) + np.exp(-2.0)) / 2) - 900
    np.testing.assert_allclose(target.log_proba(outputs)[0, 0], others)
    odds = target.log_odds(outputs)
    if n_classes == 2:
        np.testing.assert_allclose(odds, [-others])
    else:
        np.testing.assert_allclose(odds, [[others, -others - np.log(2), others]])


def test_a_label_that_is_next_to_certain_stays_finite():
    target = Indicators("log_loss", 0.0, None, None).fit(np.eye(2, dtype=int), np.ones(2))
    odds = target.log_odds(np.array([[[900.0, -900.0]]] * 2))
    np.testing.assert_allclose(odds, [[900.0, -900.0]])


def test_random_log_odds_against_a_plain_computation():
    rng = np.random.default_rng(0)
    outputs = rng.normal(scale=3, size=(4, 50, 5))
    target = Classes("log_loss", 0.0, None).fit(np.arange(5).repeat(2), np.ones(10))
    proba = softmax(outputs, axis=2).mean(axis=0)
    np.testing.assert_allclose(target.log_odds(outputs), np.log(proba / (1 - proba)), rtol=1e-9)


def test_scores_and_calibration_use_them():
    X, y = make_classification(80, 4, random_state=0)
    model = PaReClassifier(**QUICK).fit(X, y)
    assert roc_auc_score(y, model.decision_function(X)) == roc_auc_score(
        y, model.predict_proba(X)[:, 1]
    )
    calibrated = CalibratedClassifierCV(PaReClassifier(**QUICK), cv=2).fit(X, y)
    assert calibrated.score(X, y) > 0.7
