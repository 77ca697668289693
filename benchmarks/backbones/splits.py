"""What is fitted to and scored on: half of an OpenML table, or a UCR series' own split."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import accuracy_score

from benchmarks.openml_cc18.protocols import auroc, halves
from benchmarks.openml_cc18.tasks import load_table, mirrored
from benchmarks.timeseries.datasets import load


class Split(NamedTuple):
    """Samples to fit to and samples to score on."""

    X_train: Any
    X_test: Any
    y_train: np.ndarray
    y_test: np.ndarray
    metric: str

    def score(self, model: Any) -> float:
        """The metric of a fitted classifier on the samples for testing."""
        if self.metric == "auroc":
            return auroc(self.y_test, model.predict_proba(self.X_test))
        return float(accuracy_score(self.y_test, model.predict(self.X_test)))


def load_split(task: int | str, seed: int, cache: str | None) -> Split:
    """Load a split.

    Parameters
    ----------
    task : int or str
        OpenML task, whose table the seed halves; or series, see `benchmarks.timeseries.datasets`,
        which come on a split of their own.
    seed : int
        Number of the split.
    cache : str or None
        OpenML cache; for series not needed.

    Returns
    -------
    split : Split
    """
    if isinstance(task, str):
        data = load(task)
        return Split(data.X_train, data.X_test, data.y_train, data.y_test, "accuracy")
    assert cache is not None
    with mirrored(Path(cache)):
        X, target = load_table(task)
    return Split(*halves(X, target, "classification", seed), "auroc")
