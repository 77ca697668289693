"""Validation scores by member and epoch."""

import numpy as np
from sklearn.datasets import make_classification

from pare_sklearn import PaReClassifier, PaReRegressor

QUICK = {"source": "digits", "random_state": 0}


def test_they_are_those_of_the_history():
    X, y = make_classification(60, 4, random_state=0)
    model = PaReClassifier(n_estimators=3, max_epochs=12, patience=2, lr=0.03, **QUICK).fit(X, y)
    scores = model.staged_scores()
    n_epochs = [sum(row["member"] == member for row in model.history_) for member in range(3)]
    assert len(set(n_epochs)) > 1
    assert scores.shape == (3, max(n_epochs))
    for row in model.history_:
        assert scores[row["member"], row["epoch"] - 1] == row["validation_score"]
    np.testing.assert_array_equal((~np.isnan(scores)).sum(axis=1), n_epochs)


def test_alignment_has_no_scores():
    X, y = make_classification(40, 4, random_state=0)
    model = PaReClassifier(strategy="orca", n_estimators=1, max_epochs=3, **QUICK).fit(X, y)
    assert {row["stage"] for row in model.history_} == {"align", "finetune"}
    assert model.staged_scores().shape == (1, 3)
    assert np.isfinite(model.staged_scores()).all()


def test_without_held_out_samples_they_are_nan():
    X, y = make_classification(40, 4, random_state=0)
    settings = {"n_estimators": 1, "max_epochs": 2, "early_stopping": False}
    scores = PaReRegressor(**settings, **QUICK).fit(X, y).staged_scores()
    assert scores.shape == (1, 2)
    assert np.isnan(scores).all()
