"""What scikit-learn's checks of parameters, X and y leave to be said."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
import torch
from sklearn.utils._missing import is_pandas_na, is_scalar_nan
from skorch.callbacks import Callback

# As a device: that of this process among those that share the training.
ACCELERATE = "accelerate"


def check_callbacks(callbacks: Sequence | None) -> None:
    """Raise where an entry is neither a skorch callback nor a pair of name and callback."""
    for entry in callbacks or []:
        named = isinstance(entry, tuple) and len(entry) == 2
        callback = entry[1] if named else entry
        kind = callback if isinstance(callback, type) else type(callback)
        if not issubclass(kind, Callback):
            raise TypeError(
                f"callbacks must hold skorch callbacks, or pairs of name and callback; {entry!r} "
                "is neither."
            )


def pick_device(device: str) -> str:
    """The device that a name means: ``"auto"`` is the GPU if there is one."""
    if device == ACCELERATE:
        from pare_sklearn.accelerated import this_process

        return this_process().device.type
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def check_device(device: str) -> None:
    """Raise where torch cannot use the device."""
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(
            f"device={device!r} is unknown, or not on this machine; 'auto' and 'cpu' always are. "
            f"{error}"
        ) from error


def reject_negative_weights(weights: np.ndarray, class_weight: Any) -> None:
    """Raise where weights, (n,), that come of `class_weight` are below 0."""
    if weights.min() < 0:
        raise ValueError(f"class_weight={class_weight} holds a negative weight; give 0 or more.")


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
    """Say that labels are missing, in place of a failed comparison of text with NaN."""
    labels = np.asarray(y)
    if labels.dtype == object and any_missing(labels):
        raise ValueError("Input y contains NaN or None; drop the rows without a label.")


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
