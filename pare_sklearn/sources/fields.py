"""Smooth random fields: images of noise whose waves are of a certain length and direction."""

import numpy as np

from pare_sklearn.sources.standard import standardise

SEED = 0
N_PER_CLASS = 150
SIDE = 16
# Standard deviations, in pixels, of the Gaussian that smooths along each axis, by class.
LENGTHS = np.array([[0.7, 0.7], [1.2, 1.2], [2.0, 2.0], [3.0, 1.0], [1.0, 3.0]])
# Classes without and with two phases, as of a porous medium.
N_CLASSES = 2 * len(LENGTHS)


def load_fields_source() -> tuple[np.ndarray, np.ndarray]:
    """Draw 1,500 random fields in ten classes.

    A class is the length of the waves along each axis, and whether the field is smooth or has two
    phases.

    Returns
    -------
    X_s : float32 ndarray of shape (1500, 1, 16, 16)
        Of mean 0 and standard deviation 1.
    y_s : int64 ndarray of shape (1500,)
        The classes, 0 to 9.
    """
    rng = np.random.default_rng(SEED)
    y_s = rng.permutation(np.repeat(np.arange(N_CLASSES, dtype=np.int64), N_PER_CLASS))
    fields = draw_fields(LENGTHS[y_s % len(LENGTHS)], rng)
    fields = np.where((y_s >= len(LENGTHS))[:, np.newaxis, np.newaxis], np.sign(fields), fields)
    return standardise(fields[:, np.newaxis]), y_s


def draw_fields(lengths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw periodic Gaussian random fields: white noise, smoothed by a Gaussian.

    Parameters
    ----------
    lengths : ndarray of shape (n_samples, 2)
        Standard deviations of the Gaussian along the rows and along the columns, in pixels.
    rng : Generator

    Returns
    -------
    ndarray of shape (n_samples, 16, 16)
        Each of mean 0 and standard deviation 1.
    """
    frequencies = 2 * np.pi * np.fft.fftfreq(SIDE)
    decay = np.exp(-((lengths[..., np.newaxis] * frequencies) ** 2) / 2)
    smoothing = decay[:, 0, :, np.newaxis] * decay[:, 1, np.newaxis]
    smoothing[:, 0, 0] = 0  # the mean
    noise = np.fft.fft2(rng.standard_normal((len(lengths), SIDE, SIDE)))
    fields = np.fft.ifft2(noise * smoothing).real
    return fields / fields.std(axis=(1, 2), keepdims=True)
