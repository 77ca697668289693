"""A fit: one model on one task, done in a process of its own and told by a record."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.circumstances import identify, plain, versions
from benchmarks.isolation import (
    ProcessFailure,
    answer,
    one_line,
    peak_memory_mib,
    run_in_process,
)
from benchmarks.records import Key, Record

# Numbers, in the inputs, that are predicted from at once: a GB of those that are read on access.
AT_ONCE = 1 << 28


@dataclass(frozen=True)
class Fit:
    """What a process needs to know to do its work."""

    module: str  # of the suite, see `benchmarks.fits.suite`
    task: str
    seed: int  # of the model, and of the samples that are drawn
    model: str
    distribution: str  # that the model is from
    folder: str  # of the task's files
    samples: int | None  # that are drawn from the training set; None takes all
    test_samples: int | None  # from the start of the test set; None takes all
    threads: int
    timed_by: str | None = None  # the model whose fit it takes as long as
    seconds: float | None = None  # that the fit of that one took

    @property
    def protocol(self) -> str:
        """What is trained and tested on, in words."""
        return f"train {self.samples or 'all'}, test {self.test_samples or 'all'}"

    @property
    def key(self) -> Key:
        """What its record is of, see `benchmarks.records.key_of`."""
        return self.protocol, self.task, self.seed, self.model

    @property
    def title(self) -> str:
        """Task, seed and model."""
        return f"{self.task}, seed {self.seed}, {self.model}"

    def run(self) -> list[Record]:
        """Do it in a process of its own; what goes wrong there makes a record of the failure."""
        if self.timed_by and self.seconds is None:
            reason = f"it takes as long as {self.timed_by}, which has not finished here"
            return [failure(self, f"{reason}: run it as well")]
        try:
            return [run_in_process(self.module, asdict(self), self.threads)]
        except ProcessFailure as error:
            return [failure(self, str(error))]


def failure(fit: Fit, reason: str) -> Record:
    """Make the record of a fit that failed."""
    return {**identify(fit.protocol, fit, fit.seed), "failure": reason}


def answer_fit(measure: Callable[[Fit], Record]) -> None:
    """Answer the request for a fit by what `measure` makes of it; the main program's part."""
    answer(partial(do_fit, measure))


def do_fit(measure: Callable[[Fit], Record], request: dict[str, Any]) -> Record:
    """Do a fit in this process."""
    fit = Fit(**request)
    try:
        outcome = measure(fit)
    except Exception as error:  # whatever a library raises is the model's failure
        return failure(fit, one_line(error))
    return {**identify(fit.protocol, fit, fit.seed), **outcome}


def fit_and_predict(
    fit: Fit, model: Any, X: Any, y: Any, X_test: Any, method: str = "predict"
) -> tuple[np.ndarray, Record]:
    """Fit a model to the samples that the seed draws, and predict.

    Parameters
    ----------
    fit : Fit
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
    rows = draw(len(X), fit.samples, fit.seed)
    X_train, y_train = X[rows], y[rows]
    start = time.perf_counter()
    model.fit(X_train, y_train)
    fit_seconds = time.perf_counter() - start
    start = time.perf_counter()
    size = max(1, AT_ONCE // math.prod(X_test.shape[1:]))
    batches = (X_test[first : first + size] for first in range(0, len(X_test), size))
    prediction = np.concatenate([getattr(model, method)(batch) for batch in batches])
    predict_seconds = time.perf_counter() - start
    return prediction, {
        "n_train": len(rows),
        "n_test": len(prediction),
        "fit_seconds": fit_seconds,
        "predict_seconds": predict_seconds,
        "peak_memory_mib": round(peak_memory_mib(), 1),
        "parameters": plain(model.get_params()),
        "versions": versions(("numpy", "scikit-learn", "torch", fit.distribution)),
    }


def draw(n_samples: int, size: int | None, seed: int) -> np.ndarray:
    """Draw rows at random, in their order: `size` of `n_samples`, all of them where it is None."""
    if size is None:
        return np.arange(n_samples)
    return np.sort(np.random.default_rng(seed).choice(n_samples, size, replace=False))
