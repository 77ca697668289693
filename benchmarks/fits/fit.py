"""A fit to samples that are drawn from official files, and its predictions batch by batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import fitting
from benchmarks.jobs import Job
from benchmarks.records import Record

# Numbers, in the inputs, that are predicted from at once: a GB of those that are read on access.
AT_ONCE = 1 << 28


@dataclass(frozen=True)
class Settings:
    """What a process needs to know beside what every job tells."""

    distribution: str  # that the model is from
    folder: str  # of the task's files
    samples: int | None  # that are drawn from the training set; None takes all
    test_samples: int | None  # from the start of the test set; None takes all


def fit_and_predict(
    job: Job, model: Any, X: Any, y: Any, X_test: Any, method: str = "predict"
) -> tuple[np.ndarray, Record]:
    """Fit a model to the samples that the seed draws, and predict.

    Parameters
    ----------
    job : Job
    model : estimator
    X, y : ndarray or LazyArray of shape (n_samples, ...)
        Training set.
    X_test : ndarray or LazyArray of shape (n_test, ...)
    method : str, default="predict"
        Method of the model that predicts.

    Returns
    -------
    prediction : ndarray of shape (n_test, ...)
    circumstances : dict
        Seconds, memory, parameters and versions, for the record.
    """
    settings = Settings(**job.settings)
    rows = draw(len(X), settings.samples, job.seed)
    # All are not taken out: they may be larger than memory, and are read by batch.
    train = (X, y) if settings.samples is None else (X[rows], y[rows])
    fitted = fitting.fit(model, *train, job.time_limit)
    size = max(1, AT_ONCE // math.prod(X_test.shape[1:]))

    def predict(X: Any) -> np.ndarray:
        batches = (X[first : first + size] for first in range(0, len(X), size))
        return np.concatenate([getattr(model, method)(batch) for batch in batches])

    prediction, taken = fitting.predict(predict, X_test)
    packages = ("numpy", "scikit-learn", "torch", settings.distribution)
    counts = {"n_train": len(rows), "n_test": len(prediction)}
    return prediction, {**counts, **fitted, **taken, **fitting.tell(model, packages)}


def draw(n_samples: int, size: int | None, seed: int) -> np.ndarray:
    """Draw rows at random, in their order: `size` of `n_samples`, all of them where it is None."""
    if size is None:
        return np.arange(n_samples)
    return np.sort(np.random.default_rng(seed).choice(n_samples, size, replace=False))
