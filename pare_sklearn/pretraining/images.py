"""Episodes of the images of the registered sources."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.random import Generator
from sklearn.model_selection import train_test_split

from pare_sklearn.pretraining.episodes import Episode, has_contrast
from pare_sklearn.sources import Arrays, load_source

HELD_OUT = 0.2
SPLIT_SEED = 0
N_ROWS = 128
MIN_CLASSES, MAX_CLASSES = 2, 10
MIN_SUPPORT, MAX_SUPPORT = 0.25, 0.75
NOISE = 0.1
BACKGROUND = -1.0


def draw_image_episode(rng: Generator, source: str, held_out: bool = False) -> Episode:
    """Draw an episode of a random subset of the classes of a source.

    Parameters
    ----------
    rng : Generator
    source : str
        Name of a registered source.
    held_out : bool, default=False
        Draw from the fifth of the images that is held out, and leave them as they are; the
        others are shifted by up to a pixel, with noise.

    Returns
    -------
    Episode
        Of 128 images, or as many as there are. Its support has at least two classes.
    """
    X, y = split_source(source)[held_out]
    classes = rng.permutation(np.unique(y))
    classes = classes[: rng.integers(MIN_CLASSES, min(len(classes), MAX_CLASSES) + 1)]
    rows = rng.permutation(np.flatnonzero(np.isin(y, classes)))[:N_ROWS]
    n_support = int(len(rows) * rng.uniform(MIN_SUPPORT, MAX_SUPPORT))
    while not has_contrast(y[rows], n_support):
        rows = rng.permutation(rows)
    images = X[rows] if held_out else augment(X[rows], rng)
    labels = np.unique(y[rows], return_inverse=True)[1]
    return Episode(torch.from_numpy(images), torch.from_numpy(labels), n_support)


@lru_cache
def split_source(source: str) -> tuple[Arrays, Arrays]:
    """Images and classes of a source for training, and those held out; always the same."""
    X, y = load_source(source)
    X_train, X_held_out, y_train, y_held_out = train_test_split(
        X, y, test_size=HELD_OUT, stratify=y, random_state=SPLIT_SEED
    )
    return (X_train, y_train), (X_held_out, y_held_out)


def augment(images: np.ndarray, rng: Generator) -> np.ndarray:
    """Shift images (n, 1, height, width) and add noise; float32."""
    noisy = shift(images, rng) + NOISE * rng.standard_normal(images.shape)
    return noisy.astype(np.float32)


def shift(images: np.ndarray, rng: Generator) -> np.ndarray:
    """Move each image by up to one pixel in each direction; background moves in."""
    n, _, height, width = images.shape
    padded = np.pad(images, [(0, 0), (0, 0), (1, 1), (1, 1)], constant_values=BACKGROUND)
    rows = rng.integers(3, size=(n, 1, 1, 1)) + np.arange(height)[:, np.newaxis]
    columns = rng.integers(3, size=(n, 1, 1, 1)) + np.arange(width)
    samples = np.arange(n)[:, np.newaxis, np.newaxis, np.newaxis]
    return padded[samples, 0, rows, columns]
