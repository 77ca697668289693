"""Targets that are classes, made of targets that are numbers."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from pare_sklearn.pretraining.tables.functions import standardize

N_CLASSES = (2, 3, 4, 5, 6, 8, 10)
N_CLASSES_ODDS = (0.5, 0.14, 0.12, 0.07, 0.06, 0.06, 0.05)
FLIPPED = (0.0, 0.02, 0.1)


def draw_n_classes(rng: Generator) -> int:
    """Draw a number of classes: two in half of the tables, at most ten."""
    return int(rng.choice(N_CLASSES, p=N_CLASSES_ODDS))


def to_classes(scores: np.ndarray, n_classes: int, rng: Generator) -> np.ndarray:
    """Turn numbers into classes.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, 1) or (n_rows, n_classes)
        One score is cut into intervals; of one a class, the highest wins.
    n_classes : int
    rng : Generator

    Returns
    -------
    int64 ndarray of shape (n_rows,)
        Codes from 0; not every class need occur.
    """
    if scores.shape[1] > 1:
        return (standardize(scores) + 0.4 * rng.normal(size=n_classes)).argmax(axis=1)
    if rng.random() < 0.3:
        return _cut_scattered(scores[:, 0], n_classes, rng)
    return _cut_ordinal(scores[:, 0], n_classes, rng)


def _cut_ordinal(scores: np.ndarray, n_classes: int, rng: Generator) -> np.ndarray:
    """Classes that are intervals of the score."""
    if n_classes == 2:
        shares = rng.uniform(0.15, 0.85, size=1)
    else:
        shares = rng.dirichlet(np.full(n_classes, 3.0)).cumsum()[:-1]
    return np.searchsorted(np.quantile(scores, shares), scores)


def _cut_scattered(scores: np.ndarray, n_classes: int, rng: Generator) -> np.ndarray:
    """Classes of which each holds several of the finer intervals of the score, at random."""
    n_intervals = n_classes * rng.integers(2, 4)
    cuts = np.quantile(scores, np.arange(1, n_intervals) / n_intervals)
    return rng.integers(n_classes, size=n_intervals)[np.searchsorted(cuts, scores)]


def flip_some(classes: np.ndarray, rng: Generator) -> np.ndarray:
    """Give a random share of the rows, up to a tenth, the class of another row."""
    flipped = rng.random(len(classes)) < rng.choice(FLIPPED)
    return np.where(flipped, rng.permutation(classes), classes)
