"""Handwritten digits that ship with scikit-learn, as images."""

import numpy as np

from pare_sklearn.sources.standard import standardise


def load_digits_source() -> tuple[np.ndarray, np.ndarray]:
    """Load 1,797 digits.

    Returns
    -------
    X_s : float32 ndarray of shape (1797, 1, 8, 8)
        Of mean 0 and standard deviation 1.
    y_s : int64 ndarray of shape (1797,)
        The digits, 0 to 9.
    """
    # Imported here, because importing the package is to be cheap.
    from sklearn.datasets import load_digits

    digits = load_digits()
    return standardise(digits.images[:, np.newaxis]), digits.target
