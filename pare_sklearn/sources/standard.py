"""The scale on which the embedded backbone takes sources: mean 0 and standard deviation 1."""

import numpy as np


def standardise(samples: np.ndarray) -> np.ndarray:
    """Scale samples as targets are scaled.

    Parameters
    ----------
    samples : ndarray of shape (n_samples, ...)
        Of numbers.

    Returns
    -------
    float32 ndarray of shape (n_samples, ...)
        Each column of a table, or all numbers of other samples, of mean 0 and standard deviation
        1; what is constant is 0.

    Examples
    --------
    >>> standardise(np.array([[1, 5], [3, 5]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    axis = 0 if samples.ndim == 2 else None
    spread = samples.std(axis=axis, dtype=np.float64)
    centred = samples - samples.mean(axis=axis, dtype=np.float64)
    return (centred / np.where(spread > 0, spread, 1)).astype(np.float32)
