"""What is checked of a table before it is encoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import validate_data

from pare_sklearn.data.modalities.frames import column_names, is_dataframe
from pare_sklearn.utils.validation import reject_dates, reject_nested

EXPECTED = "a DataFrame, or one array of numbers (n_samples, n_features)"


def check_table(X: Any, y: Any, columns: Any, reset: bool) -> Any:
    """Check a table: a DataFrame stays one, all else becomes a float64 array.

    Parameters
    ----------
    X : DataFrame or array-like of shape (n_samples, n_features)
        The table.
    y : Any
        Targets; None is refused.
    columns : BaseEstimator
        Has, or with `reset` gets, the number and names of the columns.
    reset : bool
        Whether this is a fit.

    Returns
    -------
    DataFrame or float64 ndarray of shape (n_samples, n_features)

    Raises
    ------
    ValueError, TypeError
        If the columns are others than in fit, there are none, or an array holds no numbers.
    """
    if is_dataframe(X):
        return _check_dataframe(X, y, columns, reset)
    if y is None:
        validate_data(columns, X, y)
    if not issparse(X):  # which scikit-learn tells of
        reject_rows(X)
        reject_nested(X, "X", EXPECTED, most_axes=2)
        reject_text_and_dates(X)
    try:
        return validate_data(
            columns, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan"
        )
    except OverflowError as error:
        raise ValueError(
            f"X holds a number too large for float64 ({error}); rescale it, or put NaN."
        ) from error


def _check_dataframe(X: Any, y: Any, columns: Any, reset: bool) -> Any:
    try:
        validate_data(columns, X, y, reset=reset, skip_check_array=True)
    except ValueError as error:
        if reset:
            raise
        raise ValueError(f"{error}\n{_name_columns(X, columns)}") from None
    if 0 in X.shape:
        raise ValueError(
            f"Found array with {X.shape[0]} sample(s) and {X.shape[1]} feature(s) (shape="
            f"{X.shape}) while a minimum of 1 is required."
        )
    return X


def _name_columns(X: Any, columns: Any) -> str:
    """Say which columns fit saw, and which `X` has."""
    seen = getattr(columns, "feature_names_in_", None)
    names = "" if seen is None else f" ({', '.join(seen)})"
    return (
        f"fit saw {columns.n_features_in_} columns{names}; X has {X.shape[1]} "
        f"({', '.join(map(str, column_names(X)))})."
    )


def reject_rows(X: Any) -> None:
    """Say what to do with rows of a frame that are no frame, and with a frame that is not read."""
    if nw.dependencies.is_into_series(X):
        raise ValueError(
            "X is a Series, a single row or column; pass a DataFrame, of one row as "
            "frame.iloc[[0]] gives it."
        )
    if nw.dependencies.is_polars_lazyframe(X):
        raise TypeError("X is a lazy frame; pass the DataFrame that X.collect() gives.")
    if isinstance(X, Mapping) or (isinstance(X, (list, tuple)) and _holds_mapping(X)):
        raise ValueError(
            "X holds rows or columns as dicts; pass a DataFrame, as pandas.DataFrame(X) makes one."
        )


def _holds_mapping(X: Sequence) -> bool:
    return len(X) > 0 and isinstance(X[0], Mapping)


def reject_text_and_dates(X: Any) -> None:
    """Say what to do with an array or a list that holds no numbers."""
    array = np.asarray(X, dtype=object) if isinstance(X, (list, tuple)) else X
    if not isinstance(array, np.ndarray):
        return
    reject_dates(array, "X")
    if array.dtype.kind not in "OUS":
        return
    text = next((entry for entry in array.ravel() if isinstance(entry, (str, bytes))), None)
    if text is not None:
        text = text if isinstance(text, bytes) else str(text)
        raise ValueError(
            f"X is of type {type(X).__name__} with text in it ({text!r}); pass a "
            "DataFrame, whose columns of strings or of dtype category are taken as categories."
        )
