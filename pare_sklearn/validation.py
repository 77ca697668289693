"""What scikit-learn's checks of X and y leave to be said."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils._missing import is_pandas_na, is_scalar_nan


def check_length(y: np.ndarray, n: int) -> None:
    """Raise where `y` has not one entry for each of the `n` rows of X."""
    if len(y) != n:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {n}, y {len(y)}."
        )


def reject_missing_labels(y: Any) -> None:
    """Say that labels are missing, in place of a failed comparison of text with NaN."""
    labels = np.asarray(y)
    if labels.dtype == object and any(
        label is None or is_scalar_nan(label) or is_pandas_na(label) for label in labels.ravel()
    ):
        raise ValueError("Input y contains NaN or None; drop the rows without a label.")


def reject_text(X: Any) -> None:
    """Say what to do with an array of strings, in place of a failed conversion."""
    if not isinstance(X, np.ndarray) or X.dtype.kind not in "OUS":
        return
    text = next((entry for entry in X.ravel() if isinstance(entry, str)), None)
    if text is not None:
        raise ValueError(
            f"X is an array of dtype {X.dtype} with text in it ({str(text)!r}); pass a pandas "
            "DataFrame, whose columns of strings or of dtype category are taken as categories."
        )
