"""Numbers of tables: scaled, clipped, and cut into bins."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

CLIP = 3.0
LARGEST = 1e6
# Bins that a column of numbers is cut into at most, and the samples of one at least.
MOST_BINS, BIN_SAMPLES = 16, 4
EDGE_DECIMALS = 4


class RobustSmoothClip(TransformerMixin, BaseEstimator):
    """Scale numbers by median and interquartile range, then clip them smoothly to (-3, 3) [1]_.

    Missing values stay NaN. Where the interquartile range is zero, half the range takes its
    place; a constant column becomes zero.

    References
    ----------
    .. [1] Holzmüller, Grinsztajn & Steinwart (2024), "Better by Default: Strong Pre-Tuned MLPs
       and Boosted Trees on Tabular Data", section 3.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [1e9]])
    >>> RobustSmoothClip().fit_transform(X).ravel().round(2)
    array([-0.95, -0.49,  0.  ,  0.49,  3.  ])
    """

    def fit(self, X: np.ndarray, y: Any = None) -> RobustSmoothClip:
        """Learn the quantiles of each column of `X`, shape (n_samples, n_numeric)."""
        quantiles = np.zeros((5, X.shape[1]))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
            if X.shape[1]:
                # Of halves, whose differences cannot overflow.
                quantiles = np.nanquantile(X / 2, [0, 0.25, 0.5, 0.75, 1], axis=0)
        low, q1, median, q3, high = np.nan_to_num(quantiles)
        half_spread = np.where(q3 > q1, q3 - q1, (high - low) / 2)
        self.center_ = 2 * median
        with np.errstate(over="ignore"):
            spread = np.nan_to_num(2 * half_spread)
        self.scale_ = np.where(spread > 0, spread, 1.0)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Scale `X`, shape (n_samples, n_numeric); NaN stays NaN."""
        with np.errstate(over="ignore"):
            z = np.clip((X - self.center_) / self.scale_, -LARGEST, LARGEST)
        return z / np.sqrt(1 + (z / CLIP) ** 2)


def bin_edges(column: np.ndarray) -> np.ndarray:
    """Distinct quantiles of scaled numbers (n_samples,), at least two."""
    present = column[~np.isnan(column)]
    if len(present):
        n_bins = min(MOST_BINS, max(2, len(present) // BIN_SAMPLES))
        quantiles = np.quantile(present, np.linspace(0, 1, n_bins + 1), method="nearest")
        # Rounded, because a slope within the narrowest of bins would overflow.
        edges = np.unique(quantiles.round(EDGE_DECIMALS))
        if len(edges) > 1:
            return edges.astype(np.float32)
    # What is constant, or missing throughout, has no bins of its own.
    return np.array([-CLIP, CLIP], dtype=np.float32)
