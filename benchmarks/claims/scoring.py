"""What predictions are worth: one figure that is compared, the higher the better, and others."""

from __future__ import annotations

import math

import numpy as np
from sklearn.metrics import accuracy_score, r2_score

from benchmarks.fits.relative_error import mean_relative_error
from benchmarks.openml_cc18.probabilities import judge_probabilities
from benchmarks.openml_cc18.protocols import auroc
from benchmarks.records import Record


def score(y: np.ndarray, predicted: np.ndarray, kind: str) -> Record:
    """Score predictions.

    Parameters
    ----------
    y : ndarray of shape (n_samples, ...)
        Codes of classes, numbers or fields.
    predicted : ndarray
        Probabilities of the classes, numbers or fields.
    kind : str
        "classification", "regression" or "fields".

    Returns
    -------
    figures : dict
        The metric and the score that are compared, and what else is known of the predictions.
    """
    return {"classification": _classes, "regression": _numbers, "fields": _fields}[kind](
        y, predicted
    )


def _classes(y: np.ndarray, proba: np.ndarray) -> Record:
    losses = judge_probabilities(y, proba)
    figures = {"accuracy": float(accuracy_score(y, proba.argmax(axis=1))), **losses}
    if len(np.unique(y)) == proba.shape[1]:  # else there is no pair of some classes to rank
        figures["auroc"] = auroc(y, proba)
    return {"metric": "minus log loss", "score": -losses["log_loss"], **figures}


def _numbers(y: np.ndarray, predicted: np.ndarray) -> Record:
    r2 = float(r2_score(y, predicted))
    return {"metric": "minus RMSE / sd", "score": -math.sqrt(max(0.0, 1 - r2)), "r2": r2}


def _fields(y: np.ndarray, predicted: np.ndarray) -> Record:
    return {"metric": "minus nRMSE", "score": -mean_relative_error(y, predicted)}
