"""Checks of arguments that all parts of the package share."""

from __future__ import annotations

from datetime import date, time, timedelta
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._missing import is_pandas_na, is_scalar_nan

# numpy's and pandas' own, for which they need not be imported.
OTHER_TIMES = ("Period", "datetime64", "timedelta64")


def check_length(y: np.ndarray, n: int) -> None:
    """Raise where `y` has not one entry for each of the `n` rows of X."""
    if len(y) != n:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {n}, y {len(y)}."
        )


def reject_nested(values: Any, name: str, expected: str, most_axes: int | None = None) -> None:
    """Raise where an array-like is no array, but lists of several lengths, or has too many axes.

    Parameters
    ----------
    values : Any
        What the user gave.
    name : str
        How the user calls it.
    expected : str
        What it should be.
    most_axes : int or None, default=None
        Axes that it may have.

    Raises
    ------
    ValueError
        If it is so.
    TypeError
        If it is a single thing that holds no numbers, or one with fields.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:  # lists of several lengths
        raise ValueError(f"{name} holds lists; it must be {expected}.") from error
    if array.dtype.names is not None:
        raise TypeError(f"{name} is a structured array; it must be {expected}.")
    if array.ndim == 0 and array.dtype.kind in "OUS" and values is not None:
        raise TypeError(f"{name} is of type {type(values).__name__}; it must be {expected}.")
    if array.dtype == object and array.size and any(map(_is_collection, array.ravel())):
        raise ValueError(f"{name} holds lists; it must be {expected}.")
    if most_axes is not None and array.ndim > most_axes:
        raise ValueError(f"{name} has {array.ndim} axes; it must be {expected}.")


def _is_collection(entry: Any) -> bool:
    return isinstance(entry, (list, tuple, set, np.ndarray))


def is_time(kind: type) -> bool:
    """Whether a type holds a date or a duration: one of Python's, of numpy's or of pandas'."""
    return issubclass(kind, (date, time, timedelta)) or kind.__name__ in OTHER_TIMES


def reject_dates(array: np.ndarray, name: str) -> None:
    """Raise where an array holds dates or durations, which numpy would take for numbers."""
    kinds = set(map(type, array.ravel())) if array.dtype == object else set()
    if array.dtype.kind in "mM" or any(map(is_time, kinds)):
        raise TypeError(
            f"{name} is an array of dates or durations ({array.dtype}); turn them into numbers "
            "(year, weekday, days since ...) first."
        )


def check_max_samples(max_samples: int) -> None:
    """Raise where this is no number of samples to draw at most."""
    if not isinstance(max_samples, Integral) or max_samples < 1:
        raise ValueError(f"max_samples={max_samples!r} must be a whole number of at least 1.")


def check_share(share: float, name: str) -> None:
    """Raise where this is no number between 0 and 1, both excluded."""
    if not isinstance(share, Real) or not 0 < share < 1:
        raise ValueError(f"{name}={share!r} must be a number above 0 and below 1.")


def check_shares(shares: Any, name: str) -> np.ndarray:
    """Numbers between 0 and 1, both excluded, as float64 (n_shares,); raise where they are not.

    Parameters
    ----------
    shares : array-like of shape (n_shares,)
    name : str
        How the user calls them.
    """
    expected = f"{name} must be numbers above 0 and below 1, in a list or an array; got {shares!r}."
    try:
        numbers = np.asarray(shares, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(expected) from error
    if numbers.ndim != 1 or not numbers.size or not ((numbers > 0) & (numbers < 1)).all():
        raise ValueError(expected)
    return numbers


def reject_mixed_labels(y: Any) -> None:
    """Raise where some labels are text and some are not, which have no order."""
    labels = np.asarray(y)
    if labels.dtype != object:
        return
    entries = labels.ravel().tolist()
    text = next((entry for entry in entries if isinstance(entry, str)), None)
    other = next((entry for entry in entries if not isinstance(entry, str)), None)
    if text is not None and other is not None:
        raise TypeError(
            f"y holds text and other labels, such as {text!r} and {other!r}; make all of them text "
            "or all of them numbers."
        )


def any_missing(labels: np.ndarray) -> bool:
    """Whether a label is None, NaN or pandas.NA."""
    entries = labels.ravel().tolist()
    return any(entry is None or is_scalar_nan(entry) or is_pandas_na(entry) for entry in entries)


def reject_missing_labels(y: Any) -> None:
    """Say that labels are missing, in place of a failed comparison of text with NaN."""
    labels = np.asarray(y)
    if labels.dtype == object and any_missing(labels):
        raise ValueError("Input y contains NaN or None; drop the rows without a label.")
