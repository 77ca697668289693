"""What episodes of images and of sequences have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from numpy.random import Generator
from sklearn.model_selection import train_test_split
from torch import Tensor

from pare_sklearn.pretraining.episodes import Episode, Grids, has_contrast
from pare_sklearn.sources import Arrays, load_source
from pare_sklearn.sources.standard import standardise

HELD_OUT = 0.2
SPLIT_SEED = 0
N_ROWS = 128
MIN_CLASSES, MAX_CLASSES = 2, 10
MIN_SUPPORT, MAX_SUPPORT = 0.25, 0.75

Augment = Callable[[Tensor, Generator], Grids]


@lru_cache
def split_source(source: str) -> tuple[Arrays, Arrays]:
    """Samples and classes of a source for training, and those held out; always the same."""
    X, y = load_source(source)
    X_train, X_held_out, y_train, y_held_out = train_test_split(
        X, y, test_size=HELD_OUT, stratify=y, random_state=SPLIT_SEED
    )
    return (X_train, y_train), (X_held_out, y_held_out)


def draw_samples_of(source: str, rng: Generator, held_out: bool) -> Arrays:
    """Draw 128 samples, or as many as there are, of a random subset of a source's classes."""
    X, y = split_source(source)[held_out]
    classes = rng.permutation(np.unique(y))
    classes = classes[: rng.integers(MIN_CLASSES, min(len(classes), MAX_CLASSES) + 1)]
    rows = rng.permutation(np.flatnonzero(np.isin(y, classes)))[:N_ROWS]
    return X[rows], y[rows]


def to_episode(
    samples: np.ndarray, y: np.ndarray, rng: Generator, augment: Augment | None
) -> Episode:
    """Make an episode of samples, a random part of which becomes the support.

    Parameters
    ----------
    samples : ndarray of shape (n, 1, ...)
        Sequences or images; they are standardised together.
    y : ndarray of shape (n,)
        Classes.
    rng : Generator
    augment : callable or None
        Changes the samples and says how they are cut; None leaves them as they are.

    Returns
    -------
    Episode
        Its support has at least two classes.
    """
    n_support = int(len(y) * rng.uniform(MIN_SUPPORT, MAX_SUPPORT))
    while not has_contrast(y, n_support):
        rows = rng.permutation(len(y))
        samples, y = samples[rows], y[rows]
    labels = torch.from_numpy(np.unique(y, return_inverse=True)[1])
    values = torch.from_numpy(standardise(samples))
    inputs = Grids(values) if augment is None else augment(values, rng)
    return Episode(inputs, labels, n_support)
