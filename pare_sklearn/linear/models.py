"""Linear models of classes, labels and targets, all fitted by features, targets and weights."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from scipy.linalg import LinAlgWarning
from scipy.special import logit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

MAX_ITERATIONS = 200
TOLERANCE = 1e-3
# Features a sample from which on coefficients are looked for in what the samples span.
FAR_MORE = 20
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

    def before(self, means: np.ndarray, scales: np.ndarray) -> Linear:
        """The same of features that are yet to be standardised by these."""
        coef = self.coef.astype(np.float64) / scales
        return Linear(coef, self.intercept - coef @ means)


def fit_logistic(
    X: np.ndarray, y: np.ndarray, weights: np.ndarray, strength: float, n_classes: int
) -> Linear:
    """Fit a logistic regression to codes; an absent class becomes improbable everywhere."""
    kept = weights > 0
    present = np.unique(y[kept])
    coef, intercept = np.zeros((len(present), X.shape[1])), np.zeros(len(present))
    if len(present) > 1:
        coef, intercept = _penalised(X[kept], y[kept], weights[kept], strength)
    if len(coef) < len(present):
        # Two classes: two logits, as the nets have.
        coef = np.concatenate([-coef, coef]) / 2
        intercept = np.concatenate([-intercept, intercept]) / 2
    absent = intercept.min(initial=0.0) - ABSENT
    whole = Linear(np.zeros((n_classes, X.shape[1])), np.full(n_classes, absent))
    whole.coef[present], whole.intercept[present] = coef, intercept
    return whole


def _penalised(X: np.ndarray, y: np.ndarray, weights: np.ndarray, strength: float) -> Linear:
    """Coefficients lie in what the samples span: of few samples they are found there, sooner."""
    if X.shape[1] > FAR_MORE * len(X):
        basis, coordinates = np.linalg.qr(X.T)
        within = _penalised(coordinates.T, y, weights, strength)
        return Linear(within.coef @ basis.T, within.intercept)
    model = LogisticRegression(C=strength, max_iter=MAX_ITERATIONS, tol=TOLERANCE)
    with _silent_solver():
        model.fit(X, y, sample_weight=weights)
    return Linear(model.coef_, model.intercept_)


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
    with _silent_solver():
        model = Ridge(alpha=1 / strength).fit(X, y, sample_weight=weights)
    coef = model.coef_.reshape(y.shape[1], -1).astype(np.float64)
    return Linear(coef, model.intercept_)


@contextmanager
def _silent_solver() -> Iterator[None]:
    """No words of a solver that stops short: held-out samples judge what it gives."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", LinAlgWarning)
        yield
