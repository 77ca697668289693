"""Linear probes: linear models on features of the frozen encoder, beside the fine-tuned nets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import logit
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from pare_sklearn.folds import Fold

# Weights of the penalty, from strong to weak.
STRENGTHS = (0.003, 0.03, 0.3, 3.0)
# Fields may follow from each other exactly.
FIELD_STRENGTHS = (*STRENGTHS, 30.0, 300.0, 3000.0)
MAX_ITERATIONS = 200
TOLERANCE = 1e-3
# How far the logit of a class without samples lies below all intercepts.
ABSENT = 5.0


class Linear(NamedTuple):
    """A linear map."""

    coef: np.ndarray
    """(n_outputs, n_features)"""
    intercept: np.ndarray
    """(n_outputs,)"""

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Outputs (n_samples, n_outputs) of features (n_samples, n_features)."""
        return features @ self.coef.T + self.intercept


# From features, targets, weights and the penalty's inverse strength.
FitLinear = Callable[[np.ndarray, np.ndarray, np.ndarray, float], Linear]
Loss = Callable[[np.ndarray], float]


class Probe(NamedTuple):
    """A linear model for each fold, and what they say of the samples these held out."""

    scaler: StandardScaler
    models: list[Linear]
    held_out: np.ndarray
    """(n_held_out, n_outputs), fold after fold"""

    def outputs(self, features: np.ndarray) -> np.ndarray:
        """Outputs of each model, float32 of shape (n_folds, n_samples, n_outputs)."""
        scaled = self.scaler.transform(features)
        # Rounded, because the last bits of a product of matrices depend on how many rows they have.
        return np.stack([model(scaled) for model in self.models]).astype(np.float32)


def fit_probe(
    features: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    folds: Sequence[Fold],
    fit_linear: FitLinear,
    loss: Loss,
    strengths: Sequence[float] = STRENGTHS,
) -> Probe:
    """Fit linear models to the folds, with the penalty that suits the held-out samples best.

    Parameters
    ----------
    features : ndarray of shape (n_samples, n_features)
    targets : ndarray of shape (n_samples, ...)
    weights : ndarray of shape (n_samples,)
    folds : sequence of Fold
    fit_linear : callable
        Such as `fit_ridge`.
    loss : callable
        From the outputs for the held-out samples, fold after fold, to their loss.
    strengths : sequence of float, default=(0.003, 0.03, 0.3, 3.0)
        Inverse strengths of the penalty to choose from.

    Returns
    -------
    Probe
    """
    scaler = StandardScaler().fit(features, sample_weight=weights)
    scaled = scaler.transform(features)
    del features  # as large as a table gets

    def fit(strength: float) -> Probe:
        models = [
            fit_linear(scaled[fold.train], targets[fold.train], weights[fold.train], strength)
            for fold in folds
        ]
        outputs = [model(scaled[fold.valid]) for model, fold in zip(models, folds, strict=True)]
        return Probe(scaler, models, np.concatenate(outputs))

    # Matrices this small are slower with several threads, on two cores by a factor of ten.
    with threadpool_limits(1, user_api="blas"):
        return min(map(fit, strengths), key=lambda probe: loss(probe.held_out))


def fit_logistic(
    X: np.ndarray, y: np.ndarray, weights: np.ndarray, strength: float, n_classes: int
) -> Linear:
    """Fit a logistic regression to codes; an absent class becomes improbable everywhere."""
    kept = weights > 0
    present = np.unique(y[kept])
    coef, intercept = np.zeros((len(present), X.shape[1])), np.zeros(len(present))
    if len(present) > 1:
        model = LogisticRegression(C=strength, max_iter=MAX_ITERATIONS, tol=TOLERANCE)
        model.fit(X[kept], y[kept], sample_weight=weights[kept])
        coef, intercept = model.coef_, model.intercept_
    if len(coef) < len(present):
        # Two classes: two logits, as the nets have.
        coef = np.concatenate([-coef, coef]) / 2
        intercept = np.concatenate([-intercept, intercept]) / 2
    absent = intercept.min(initial=0.0) - ABSENT
    whole = Linear(np.zeros((n_classes, X.shape[1])), np.full(n_classes, absent))
    whole.coef[present], whole.intercept[present] = coef, intercept
    return whole


def fit_labels(X: np.ndarray, y: np.ndarray, weights: np.ndarray, strength: float) -> Linear:
    r"""Fit a logit to each of many labels at once, zeros and ones (n_samples, n_labels).

    One Newton step of penalised logistic regression from the labels' frequencies m, which is a
    ridge regression r of y - m [1]_: :math:`\operatorname{logit} m + r(x) / (m (1 - m))`. Labels
    share the penalty of their mean m (1 - m).

    References
    ----------
    .. [1] Hastie, Tibshirani & Friedman (2009), "The Elements of Statistical Learning", 4.4.1.
    """
    # Half a sample more each way, so that no label is certain.
    frequencies = (weights @ y + 0.5) / (weights.sum() + 1)
    variances = frequencies * (1 - frequencies)
    ridge = fit_ridge(X, y - frequencies, weights, strength * variances.mean())
    slope = 1 / variances
    intercept = logit(frequencies) + ridge.intercept * slope
    return Linear(ridge.coef * slope[:, np.newaxis], intercept)


def fit_ridge(X: np.ndarray, y: np.ndarray, weights: np.ndarray, strength: float) -> Linear:
    """Fit a ridge regression to targets (n_samples, n_outputs)."""
    if not weights.any():
        return Linear(np.zeros((y.shape[1], X.shape[1])), np.zeros(y.shape[1]))
    model = Ridge(alpha=1 / strength).fit(X, y, sample_weight=weights)
    coef = model.coef_.reshape(y.shape[1], -1).astype(np.float64)
    return Linear(coef, model.intercept_)
