"""Images of bytes, scaled when they are asked for: as bytes they take a quarter of the memory."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.nasbench360.data import LazyArray


def scaled_images(images: np.ndarray, mean: np.ndarray, std: np.ndarray) -> LazyArray:
    """Scale bytes to [0, 1], then channels by their mean and standard deviation.

    Parameters
    ----------
    images : ndarray of shape (n, channels, height, width)
        From 0 to 255.
    mean, std : ndarray of shape (channels,)

    Returns
    -------
    images : LazyArray of the same shape, float32
    """
    return LazyArray(images.shape, partial(_scaled, images, mean, std))


def _scaled(images: np.ndarray, mean: np.ndarray, std: np.ndarray, row: int) -> np.ndarray:
    return (images[row] / 255 - mean[:, None, None]) / std[:, None, None]
