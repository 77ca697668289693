"""Checks of arguments that all parts of the package share."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils._missing import is_pandas_na, is_scalar_nan


def check_length(y: np.ndarray, n: int) -> None:
    """Raise where `y` has not one entry for each of the `n` rows of X."""
    if len(y) != n:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {n}, y {len(y)}."
        )


def check_max_samples(max_samples: int) -> None:
    """Raise where this is no number of samples to draw at most."""
    if not isinstance(max_samples, Integral) or max_samples < 1:
        raise ValueError(f"max_samples={max_samples!r} must be a whole number of at least 1.")


def any_missing(labels: np.ndarray) -> bool:
    """Whether a label is None, NaN or pandas.NA."""
    entries = labels.ravel().tolist()
    return any(entry is None or is_scalar_nan(entry) or is_pandas_na(entry) for entry in entries)


def reject_missing_labels(y: Any) -> None:
    """Say that labels are missing, or are lists, in place of a failed comparison of them."""
    try:
        labels = np.asarray(y)
    except ValueError:  # lists of several lengths
        labels = np.array([None, *y], dtype=object)[1:]
    if labels.dtype != object:
        return
    if any(isinstance(entry, (list, tuple, set, np.ndarray)) for entry in labels.ravel()):
        raise ValueError(
            "y holds lists, as of several labels a sample; give one label each, or a matrix of "
            "zeros and ones as sklearn.preprocessing.MultiLabelBinarizer makes it."
        )
    if any_missing(labels):
        raise ValueError("Input y contains NaN or None; drop the rows without a label.")
