"""Classes that are Gaussians, each with a mean and a covariance of its own."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from pare_sklearn.pretraining.tables.functions import standardize

NOISE = 0.3


def draw_gaussians(
    rng: Generator, n_rows: int, n_features: int, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a table whose classes differ in mean and covariance.

    Parameters
    ----------
    rng : Generator
    n_rows, n_features, n_classes : int

    Returns
    -------
    features : ndarray of shape (n_rows, n_features)
        Standardized.
    classes : int64 ndarray of shape (n_rows,)
    """
    classes = rng.integers(n_classes, size=n_rows)
    rank = rng.integers(1, n_features + 1)
    separation, own = rng.uniform(0.1, 1.2), rng.uniform()
    common = rng.normal(size=(rank, n_features))
    features = NOISE * rng.normal(size=(n_rows, n_features))
    for c in range(n_classes):
        rows = classes == c
        axes = (1 - own) * common + own * rng.normal(size=common.shape)
        mean = separation * rng.normal(size=n_features)
        features[rows] += mean + rng.normal(size=(rows.sum(), rank)) @ axes / np.sqrt(rank)
    return standardize(features), classes
