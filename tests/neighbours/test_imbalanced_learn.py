"""A pipeline of imbalanced-learn: a sampler in front, which works while fitting alone."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_val_score

from pare_sklearn import PaReClassifier

pytest.importorskip("imblearn")

from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import RandomUnderSampler

X, Y = make_classification(200, 6, weights=[0.85], random_state=0)


@pytest.mark.parametrize("sampler", [RandomUnderSampler, RandomOverSampler])
def test_a_sampler_in_front(sampler):
    clf = PaReClassifier(n_estimators=1, max_epochs=3, random_state=0)
    model = make_pipeline(sampler(random_state=0), clf).fit(X, Y)
    chances = model.predict_proba(X)
    assert chances.shape == (200, 2)
    # Trained on as many of each class, it says the rare one more often than it is there.
    assert chances[:, 1].mean() > Y.mean() + 0.05
    scores = cross_val_score(model, X, Y, cv=2, scoring="roc_auc")
    assert (scores > 0.5).all()


def test_class_weight_needs_no_sampler():
    plain = PaReClassifier(n_estimators=1, max_epochs=3, random_state=0).fit(X, Y)
    weighted = PaReClassifier(
        n_estimators=1, max_epochs=3, class_weight="balanced", random_state=0
    ).fit(X, Y)
    rare = [clf.predict_proba(X)[:, 1].mean() for clf in (plain, weighted)]
    assert np.diff(rare) > 0.05
