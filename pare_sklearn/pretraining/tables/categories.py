"""Categorical features, made of numeric ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

LEVELS = (2, 3, 4, 5, 8, 15)
MIN_COMMON_LEVELS, MAX_COMMON_LEVELS = 2, 11


class MixedTable(NamedTuple):
    """A table with categories, and the numbers by which its target depends on the features."""

    features: np.ndarray
    """(n_rows, n_features), with codes from 0 in the categorical columns"""
    is_categorical: np.ndarray
    """(n_features,)"""
    effects: np.ndarray
    """(n_rows, n_features)"""


def draw_categories(features: np.ndarray, effects: np.ndarray, rng: Generator) -> MixedTable:
    """Cut random features into categories with codes in random order.

    The effect of a category is a random number of its own or, in three of ten features, that of
    the number it was cut from, about which the category then tells only roughly.

    Parameters
    ----------
    features : ndarray of shape (n_rows, n_features)
    effects : ndarray of shape (n_rows, n_features)
        The same, standardized.
    rng : Generator

    Returns
    -------
    MixedTable
    """
    features, effects = features.copy(), effects.copy()
    is_categorical = np.less(rng.random(features.shape[1]), _draw_share(rng))
    common = rng.integers(MIN_COMMON_LEVELS, MAX_COMMON_LEVELS + 1) if rng.random() < 0.5 else None
    for j in np.flatnonzero(is_categorical):
        n_levels = int(common or rng.choice(LEVELS))
        codes = _cut(effects[:, j], n_levels, rng)
        features[:, j] = codes
        if rng.random() < 0.7:
            effects[:, j] = rng.normal(size=n_levels)[codes]
    return MixedTable(features, is_categorical, effects)


def _draw_share(rng: Generator) -> float:
    """Share of categorical features: often none, sometimes all."""
    if rng.random() < 0.45:
        return 0.0
    return 1.0 if rng.random() < 0.2 else rng.uniform()


def _cut(numbers: np.ndarray, n_levels: int, rng: Generator) -> np.ndarray:
    """Codes from 0 of the intervals between random quantiles, in random order."""
    cuts = np.quantile(numbers, np.sort(rng.random(n_levels - 1)))
    return rng.permutation(n_levels)[np.searchsorted(cuts, numbers)]
