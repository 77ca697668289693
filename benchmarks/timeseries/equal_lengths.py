"""Series of equal length, for models that take nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from benchmarks.timeseries.datasets import Collection


class EqualLengths(TransformerMixin, BaseEstimator):
    """Give all series the length of the longest in fit: zeros behind shorter ones, longer ones cut.

    Attributes
    ----------
    length_ : int
        The length.
    """

    def fit(self, X: Collection, y: Any = None) -> EqualLengths:
        """Find the longest of the series, each (n_channels, length)."""
        self.length_ = max(series.shape[1] for series in X)
        return self

    def transform(self, X: Collection) -> np.ndarray:
        """Series as an array of shape (n_samples, n_channels, length_)."""
        equal = np.zeros((len(X), len(X[0]), self.length_))
        for row, series in zip(equal, X, strict=True):
            cut = series[:, : self.length_]
            row[:, : cut.shape[1]] = cut
        return equal
