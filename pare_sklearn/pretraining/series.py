"""Episodes of sequences: of the signals, and of shapes that are invented each time."""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import Generator
from scipy.stats import zscore
from torch import Tensor

from pare_sklearn.pretraining.episodes import Episode, Grids
from pare_sklearn.pretraining.grid_episodes import (
    MAX_CLASSES,
    MIN_CLASSES,
    N_ROWS,
    draw_samples_of,
    to_episode,
)
from pare_sklearn.sources.signals import LENGTH

SIGNALS = "signals"
# What is trained on comes in patches of one of these lengths.
PATCHES, PATCH_ODDS = (2, 4, 8), (0.25, 0.5, 0.25)
NOISE = 0.1
# Knots by which samples of a shape are warped in time, and how far; waves of a shape.
N_KNOTS, MAX_WARP = 6, 0.06
N_WAVES = 16
MIN_DECAY, MAX_DECAY = 0.3, 2.0
# Most that shapes of an episode share: then their differences alone tell.
MAX_COMMON = 3.0


def draw_signal_episode(rng: Generator, held_out: bool = False) -> Episode:
    """Draw an episode of a random subset of the wave forms; arguments as of images."""
    signals, y = draw_samples_of(SIGNALS, rng, held_out)
    return to_episode(signals, y, rng, None if held_out else augment)


def draw_shape_episode(rng: Generator, held_out: bool = False) -> Episode:
    """Draw an episode of shapes that no other episode has.

    A class is a sum of waves, or a rate at which waves of random phases fall with their frequency;
    its samples are warped in time, scaled, moved and noisy.
    """
    n_classes = int(rng.integers(MIN_CLASSES, MAX_CLASSES + 1))
    y = rng.integers(n_classes, size=N_ROWS)
    waves = draw_waves(n_classes, rng)[y]
    if rng.uniform() < 0.25:
        waves = waves * np.exp(2j * np.pi * rng.uniform(size=waves.shape))
    shapes = sum_waves(waves, warped_times(N_ROWS, rng))
    shapes *= np.exp(0.2 * rng.standard_normal((N_ROWS, 1)))
    shapes += rng.uniform(0, 0.5) * rng.standard_normal((N_ROWS, 1))
    shapes += rng.uniform(0, 0.5) * shapes.std() * rng.standard_normal(shapes.shape)
    if rng.uniform() < 0.5:  # as archives of time series come
        shapes = zscore(shapes, axis=1)
    return to_episode(shapes[:, np.newaxis], y, rng, None if held_out else augment)


def augment(series: Tensor, rng: Generator) -> Grids:
    """Add noise to sequences, and draw the length of their patches."""
    noise = torch.from_numpy(rng.standard_normal(series.shape, dtype=np.float32))
    patch = int(rng.choice(PATCHES, p=PATCH_ODDS))
    return Grids(series + NOISE * noise, (patch,))


def draw_waves(n_classes: int, rng: Generator) -> np.ndarray:
    """Amplitudes and phases of the waves of each class, complex (n_classes, 16)."""
    decay = rng.uniform(MIN_DECAY, MAX_DECAY, (n_classes, 1))
    same_decay = decay if rng.uniform() < 0.5 else decay[:1]
    parts = rng.standard_normal((2, n_classes, N_WAVES))
    common = rng.uniform(0, MAX_COMMON) * rng.standard_normal((2, 1, N_WAVES))
    real, imaginary = parts + (common if rng.uniform() < 0.5 else 0)
    return (real + 1j * imaginary) / np.arange(1, N_WAVES + 1) ** same_decay


def warped_times(n: int, rng: Generator) -> np.ndarray:
    """Times (n, 128) about from 0 to 1 that run now faster and now slower."""
    knots = rng.uniform(0, MAX_WARP) * rng.standard_normal((n, N_KNOTS))
    times = np.linspace(0, 1, LENGTH)
    bumps = np.cos(np.pi * np.arange(N_KNOTS)[:, np.newaxis] * times)
    return times + knots @ bumps


def sum_waves(waves: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Sums (n, 128) of half and whole waves (n, 16) at times (n, 128)."""
    turns = np.exp(1j * np.pi * times)
    total = np.zeros_like(turns)
    for wave in waves.T[::-1]:  # Horner's rule
        total = (total + wave[:, np.newaxis]) * turns
    return total.real
