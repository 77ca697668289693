"""Linear models: those of few samples are those of all coefficients at once."""

import numpy as np
import pytest
from scipy.special import softmax

from pare_sklearn.linear import models
from pare_sklearn.linear.models import FAR_MORE, fit_logistic


def make_few(n_classes, n_samples=12):
    """Samples of far more features than there are samples."""
    rng = np.random.default_rng(n_classes)
    X = rng.normal(size=(n_samples, FAR_MORE * n_samples + 5))
    y = np.arange(n_samples) % n_classes
    return X, y, rng.uniform(0.5, 2, n_samples)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("strength", [0.003, 0.3])
def test_few_samples_of_many_features(n_classes, strength, monkeypatch):
    """The gradient of the penalised loss is zero, by all coefficients."""
    monkeypatch.setattr(models, "TOLERANCE", 1e-10)
    monkeypatch.setattr(models, "MAX_ITERATIONS", 10_000)
    X, y, weights = make_few(n_classes)
    found = fit_logistic(X, y, weights, strength, n_classes)
    slopes = (softmax(found(X), axis=1) - np.eye(n_classes)[y]) * weights[:, None]
    np.testing.assert_allclose(slopes.sum(axis=0), 0, atol=1e-4)
    # Of two classes, a difference of logits carries the penalty of one coefficient.
    penalty = found.coef * (2 if n_classes == 2 else 1)
    np.testing.assert_allclose(strength * slopes.T @ X, -penalty, atol=1e-4)


def test_rows_without_weight_and_absent_classes_are_left_out_of_few_samples():
    X, y, weights = make_few(2)
    more = np.concatenate([X, X[:3] + 1]), np.r_[y, 0, 1, 0], np.r_[weights, 0, 0, 0]
    found, alone = fit_logistic(*more, 0.3, 3), fit_logistic(X, y, weights, 0.3, 3)
    np.testing.assert_array_equal(found.coef, alone.coef)
    assert (found(X)[:, 2] < found(X)[:, :2].min(axis=1)).all()
