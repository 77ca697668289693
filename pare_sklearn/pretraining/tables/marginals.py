"""Marginals of numeric features: skewed, binned, or with other tails."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

MAX_BINS = 11


def reshape_marginals(features: np.ndarray, rng: Generator) -> np.ndarray:
    """Change the marginals of random features by monotonic functions.

    Parameters
    ----------
    features : ndarray of shape (n_rows, n_features)
        Standardized.
    rng : Generator

    Returns
    -------
    ndarray of shape (n_rows, n_features)
    """
    return np.column_stack([_reshape(column, rng) for column in features.T])


def _reshape(column: np.ndarray, rng: Generator) -> np.ndarray:
    kind = rng.choice(["as it is", "skewed", "binned", "power"], p=[0.64, 0.15, 0.15, 0.06])
    if kind == "skewed":
        return np.exp(rng.uniform(0.3, 1.2) * column)
    if kind == "binned":
        edges = rng.choice(column, rng.integers(2, MAX_BINS + 1))
        return np.searchsorted(np.sort(edges), column).astype(np.float64)
    if kind == "power":
        return np.sign(column) * np.abs(column) ** rng.uniform(0.5, 2)
    return column
