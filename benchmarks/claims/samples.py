"""The samples of a job: a few to learn from, and others to score on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.openml_cc18.models.few_labels import draw_labelled

MOST_TEST = 2_000  # samples that are scored on


class Samples(NamedTuple):
    """Samples to learn from and samples to score on.

    Attributes
    ----------
    X_train, X_test : DataFrame, ndarray or list of ndarray
    y_train, y_test : ndarray
        Codes of classes, numbers or fields.
    kind : str
        "classification", "regression" or "fields".
    """

    X_train: Any
    X_test: Any
    y_train: np.ndarray
    y_test: np.ndarray
    kind: str


def draw_rows(X: Any, y: np.ndarray, kind: str, n_rows: int, seed: int) -> Samples:
    """Draw rows to learn from, as many of each class as its share says, and score on others.

    Parameters
    ----------
    X : DataFrame or ndarray of shape (n_samples, ...)
    y : ndarray of shape (n_samples,)
        Codes of classes, or numbers.
    kind : str
        "classification" or "regression".
    n_rows : int
        How many are learned from, but for rounding; of each class at least two.
    seed : int
        Number of the split.

    Returns
    -------
    samples : Samples
        At most `MOST_TEST` to score on.
    """
    groups = y if kind == "classification" else np.zeros(len(y), dtype=int)
    train = draw_labelled(groups, n_rows / len(y), seed)
    rest = np.random.default_rng(seed).permutation(np.flatnonzero(~train))
    test = np.isin(np.arange(len(y)), rest[:MOST_TEST])
    return Samples(X[train], X[test], y[train], y[test], kind)


def draw_each(y: np.ndarray, n_each: int, seed: int) -> np.ndarray:
    """Draw rows, `n_each` of each class of y where it has as many; in their order."""
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(np.flatnonzero(y == label))[:n_each] for label in np.unique(y)]
    return np.sort(np.concatenate(drawn))


def take(X: Any, rows: Sequence[int] | np.ndarray) -> Any:
    """Rows of an array, or of a list where lengths differ."""
    return [X[row] for row in rows] if isinstance(X, list) else X[rows]
