"""What scikit-learn's checks of X and y leave to be said."""

from __future__ import annotations

from typing import Any

import numpy as np


def reject_negative_weights(weights: np.ndarray, class_weight: Any) -> None:
    """Raise where weights, (n,), that come of `class_weight` are below 0."""
    if weights.min() < 0:
        raise ValueError(f"class_weight={class_weight} holds a negative weight; give 0 or more.")


def reject_text_and_dates(X: Any) -> None:
    """Say what to do with an array or a list that holds no numbers."""
    array = np.asarray(X, dtype=object) if isinstance(X, (list, tuple)) else X
    if not isinstance(array, np.ndarray):
        return
    if array.dtype.kind in "mM":
        raise TypeError(
            f"X is an array of dates or durations ({array.dtype}); turn them into numbers (year, "
            "weekday, days since ...) first."
        )
    if array.dtype.kind not in "OUS":
        return
    text = next((entry for entry in array.ravel() if isinstance(entry, (str, bytes))), None)
    if text is not None:
        text = text if isinstance(text, bytes) else str(text)
        raise ValueError(
            f"X is of type {type(X).__name__} with text in it ({text!r}); pass a pandas "
            "DataFrame, whose columns of strings or of dtype category are taken as categories."
        )
