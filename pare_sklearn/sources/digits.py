"""Handwritten digits that ship with scikit-learn, as images."""

import numpy as np

MAX_PIXEL = 16


def load_digits_source() -> tuple[np.ndarray, np.ndarray]:
    """Load 1,797 digits.

    Returns
    -------
    X_s : float32 ndarray of shape (1797, 1, 8, 8)
        Images with pixels in [-1, 1].
    y_s : int64 ndarray of shape (1797,)
        The digits, 0 to 9.
    """
    # Imported here, because importing the package is to be cheap.
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images[:, np.newaxis] / (MAX_PIXEL / 2) - 1
    return images.astype(np.float32), digits.target
