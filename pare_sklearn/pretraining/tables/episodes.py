"""Episodes of synthetic tables."""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import Generator

from pare_sklearn.data.modalities.scaling import RobustSmoothClip
from pare_sklearn.pretraining.episodes import Episode, Table, has_contrast
from pare_sklearn.pretraining.tables.draw import DrawnTable, draw_table

N_ROWS = 384
MIN_SUPPORT, MAX_SUPPORT = 24, 287
MIN_FEATURES, MAX_FEATURES = 3, 36
# Several patches a feature are drawn where they are up to about as many as this in all.
MAX_PATCHES = 16
REGRESSION_SHARE = 0.15


def draw_table_episode(rng: Generator) -> Episode:
    """Draw an episode of a synthetic table: its size, its rows and its target.

    Parameters
    ----------
    rng : Generator

    Returns
    -------
    Episode
        Its inputs are a `Table`; the labels of its support are not all the same.
    """
    n_features = round(np.exp(rng.uniform(np.log(MIN_FEATURES), np.log(MAX_FEATURES))))
    patches_per_feature = _draw_patches_per_feature(rng, n_features)
    n_support = int(rng.integers(MIN_SUPPORT, MAX_SUPPORT + 1))
    regression = rng.random() < REGRESSION_SHARE
    table = draw_table(rng, N_ROWS, n_features, regression)
    while not _is_usable(table, n_support):
        table = draw_table(rng, N_ROWS, n_features, regression)
    labels = table.target.astype(np.float32 if regression else np.int64)
    return Episode(to_table(table, patches_per_feature), torch.from_numpy(labels), n_support)


def _draw_patches_per_feature(rng: Generator, n_features: int) -> int:
    """One patch in four of ten tables, or as in the others a random number."""
    if rng.random() < 0.4:
        return 1
    return int(rng.integers(1, 1 + -(-MAX_PATCHES // n_features)))


def _is_usable(table: DrawnTable, n_support: int) -> bool:
    """Whether all numbers are finite, and the support has labels to tell apart."""
    finite = np.isfinite(table.features).all() and np.isfinite(table.target).all()
    return bool(finite) and has_contrast(table.target, n_support)


def to_table(table: DrawnTable, patches_per_feature: int) -> Table:
    """Scale numbers as the estimators do; the columns of numbers come first, then categories."""
    features = table.features[:, ~table.is_categorical]
    numbers = RobustSmoothClip().fit(features).transform(features)
    codes = table.features[:, table.is_categorical]
    return Table(
        torch.from_numpy(numbers.astype(np.float32)),
        torch.from_numpy(codes.astype(np.int64)),
        patches_per_feature,
    )
