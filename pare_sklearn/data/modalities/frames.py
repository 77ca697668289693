"""Columns of DataFrames: what they hold, as numbers or as categories."""

from __future__ import annotations

from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

# What `pandas.api.types.infer_dtype` calls columns of numbers, and those of time.
NUMERIC_KINDS = {"integer", "floating", "mixed-integer-float", "boolean", "decimal"}
TIME_KINDS = {"datetime64", "datetime", "date", "time", "timedelta64", "timedelta", "period"}


def is_dataframe(X: Any) -> bool:
    """Whether `X` is a pandas DataFrame, without importing pandas."""
    return hasattr(X, "iloc") and hasattr(X, "columns")


def iterate_columns(X: Any) -> Any:
    """Iterate over the columns: Series of a DataFrame, 1-D arrays of an array."""
    return (X.iloc[:, j] for j in range(X.shape[1])) if is_dataframe(X) else X.T


def is_numeric(column: Any) -> bool:
    """Whether a column holds numbers or booleans; raises where it can hold no categories either."""
    return isinstance(column, np.ndarray) or _kind(column) in NUMERIC_KINDS


def _kind(column: Any) -> str:
    """What a Series holds, in pandas' words; raises for complex numbers, dates and durations."""
    from pandas.api import types

    kind = types.infer_dtype(column, skipna=True)
    if kind == "complex":
        raise ValueError(
            f"Complex data not supported: column {column.name!r} is complex; split it into real "
            "and imaginary part."
        )
    if kind in TIME_KINDS:
        raise TypeError(
            f"Column {column.name!r} of dtype {column.dtype} holds dates or durations; turn them "
            "into numbers (year, weekday, days since ...) first."
        )
    return kind


def to_float(column: Any) -> np.ndarray:
    """A numeric column of a DataFrame as float64, NaN where missing."""
    _kind(column)
    try:
        if column.dtype == object:
            return column.where(column.notna(), np.nan).astype(np.float64).to_numpy()
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"Column {column.name!r} is numeric since fit, but its entries, of dtype "
            f"{column.dtype}, are not all numbers that fit into float64: {error}. Pass numbers, or "
            "fit with the column as categories (dtype category)."
        ) from error


def category_keys(column: Any) -> tuple[np.ndarray, list[str]]:
    """Index of each row into the list of distinct categories as text; -1 where missing."""
    if isinstance(column, np.ndarray):
        index = np.full(len(column), -1)
        present = ~np.isnan(column)
        uniques, index[present] = np.unique(column[present], return_inverse=True)
        return index, [_key(value) for value in uniques]
    import pandas

    try:
        index, uniques = pandas.factorize(column)
        return index, [_key(value) for value in uniques]
    except TypeError as error:
        raise TypeError(
            f"Column {column.name!r} holds {error}; its entries must be strings or numbers."
        ) from error


def _key(value: Any) -> str:
    """Text of a category, the same for 1, 1.0 and True, whose dtype may differ at predict."""
    if isinstance(value, (Integral, np.bool_)):
        return str(int(value))
    if isinstance(value, (Real, Decimal)):
        number = float(value)
        return str(int(number)) if number.is_integer() else repr(number)
    if type(value).__str__ is object.__str__ and type(value).__repr__ is object.__repr__:
        raise TypeError(f"objects without a text of their own ({type(value).__name__})")
    return str(value)
