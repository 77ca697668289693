"""Levels: a labelled synthetic table, all columns of which rise with the class."""

import numpy as np

from pare_sklearn.sources.standard import standardise

SEED = 0
N_CLASSES = 10
N_PER_CLASS = 150
N_FEATURES = 16
# Standard deviation of the noise of each column, in steps from one class to the next.
MIN_NOISE, MAX_NOISE = 0.3, 0.7


def load_levels_source() -> tuple[np.ndarray, np.ndarray]:
    """Draw 1,500 rows of a table of 16 columns, in ten classes.

    Each column is the number of the class with noise, which is stronger in some columns than in
    others: any column tells the class, more or less.

    Returns
    -------
    X_s : float32 ndarray of shape (1500, 16)
        Each column of mean 0 and standard deviation 1.
    y_s : int64 ndarray of shape (1500,)
        The classes, 0 to 9.
    """
    rng = np.random.default_rng(SEED)
    y_s = rng.permutation(np.repeat(np.arange(N_CLASSES, dtype=np.int64), N_PER_CLASS))
    noise = np.linspace(MIN_NOISE, MAX_NOISE, N_FEATURES)
    levels = y_s[:, np.newaxis] + noise * rng.standard_normal((len(y_s), N_FEATURES))
    return standardise(levels), y_s
