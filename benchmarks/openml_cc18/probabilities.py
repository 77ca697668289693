"""What predicted probabilities are worth: log loss and calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn import metrics

N_BINS = 15


def judge_probabilities(y: ArrayLike, proba: np.ndarray) -> dict[str, float]:
    """Log loss and calibration error, by their names in a record.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Codes of the classes.
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities.

    Returns
    -------
    figures : dict of str to float
        The lower the better.
    """
    return {"log_loss": log_loss(y, proba), "calibration_error": calibration_error(y, proba)}


def log_loss(y: ArrayLike, proba: np.ndarray) -> float:
    """Mean negative log-likelihood of codes (n_samples,) under (n_samples, n_classes)."""
    return float(metrics.log_loss(y, normalised(proba), labels=range(proba.shape[1])))


def calibration_error(y: ArrayLike, proba: np.ndarray) -> float:
    """Expected calibration error of the most probable class (Guo et al. 2017).

    Samples are binned by their confidence, in bins of one width that hold their upper edge; the
    error is the mean of |accuracy - confidence| over the bins, weighted by their samples.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Codes of the classes.
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities.

    Returns
    -------
    error : float
        In [0, 1]; 0 is perfect.
    """
    proba = normalised(proba)
    confidence, hit = proba.max(axis=1), proba.argmax(axis=1) == np.asarray(y)
    edges = np.linspace(0, 1, N_BINS + 1)[1:-1]
    # The weight of a bin is what its means are divided by, so that its sum is enough.
    excess = np.bincount(np.digitize(confidence, edges, right=True), hit - confidence)
    return float(np.abs(excess).sum() / len(hit))


def normalised(proba: np.ndarray) -> np.ndarray:
    """Probabilities whose rows sum to 1 as closely as scikit-learn wants: in double precision."""
    return proba.astype(float) / proba.sum(axis=1, keepdims=True, dtype=float)
