"""Columns of DataFrames, of pandas, polars, pyarrow and their like: numbers or categories."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from numbers import Complex, Integral, Real
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from pare_sklearn.data.sliced import Sliced
from pare_sklearn.utils.validation import is_time

# How a number is written that is a category: no zeros before it, as postcodes have.
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
FLAGS = {"True": "1", "False": "0"}


def is_dataframe(X: Any) -> bool:
    """Whether `X` is a DataFrame, of whichever library, without importing any."""
    return nw.dependencies.is_into_dataframe(X)


def column_names(X: Any) -> list:
    """Names of the columns of a DataFrame."""
    return list(X.columns) if hasattr(X, "iloc") else nw.from_native(X, eager_only=True).columns


def take_rows(X: Any, rows: np.ndarray) -> Any:
    """Rows of a DataFrame or an array, by their positions (n_taken,); of `Sliced` none is read."""
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if is_dataframe(X):
        return nw.from_native(X, eager_only=True)[rows].to_native()
    return X.take(rows) if isinstance(X, Sliced) else X[rows]


def iterate_columns(X: Any) -> Iterable:
    """Iterate over the columns: Series of narwhals for a DataFrame, 1-D arrays for an array."""
    if not is_dataframe(X):
        return X.T
    if hasattr(X, "iloc"):
        # One by one, because in pandas several columns may have one name.
        columns = (X.iloc[:, position] for position in range(X.shape[1]))
        return (nw.from_native(column, series_only=True) for column in columns)
    return nw.from_native(X, eager_only=True).iter_columns()


def is_numeric(column: Any) -> bool:
    """Whether a column holds numbers or flags; raises where it can hold no categories either."""
    if isinstance(column, np.ndarray):
        return True
    if column.dtype.is_temporal():
        raise _no_numbers(column, "dates or durations")
    if column.dtype.is_nested():
        raise TypeError(
            f"Column {column.name!r} of dtype {column.dtype} holds several values a row; give each "
            "a column of its own."
        )
    if column.dtype in (nw.Object, nw.Unknown):
        return _holds_numbers(column)
    return column.dtype.is_numeric() or column.dtype == nw.Boolean


def _holds_numbers(column: Any) -> bool:
    """The same of a column whose dtype says nothing, by its values."""
    kinds = set(map(type, column.drop_nulls().to_numpy().astype(object)))
    if any(map(is_time, kinds)):
        raise _no_numbers(column, "dates or durations")
    if any(issubclass(kind, Complex) and not issubclass(kind, Real) for kind in kinds):
        raise ValueError(
            f"Complex data not supported: column {column.name!r} is complex; split it into real "
            "and imaginary part."
        )
    return bool(kinds) and all(issubclass(kind, (Real, Decimal, np.bool_)) for kind in kinds)


def _no_numbers(column: Any, what: str) -> TypeError:
    return TypeError(
        f"Column {column.name!r} of dtype {column.dtype} holds {what}; turn them into numbers "
        "(year, weekday, days since ...) first."
    )


def to_float(column: Any) -> np.ndarray:
    """A column of numbers as float64, NaN where missing."""
    is_numeric(column)
    numbers = np.full(len(column), np.nan)
    present = ~column.is_null().to_numpy()
    try:
        numbers[present] = column.drop_nulls().to_numpy().astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"Column {column.name!r} is numeric since fit, but its entries, of dtype "
            f"{column.dtype}, are not all numbers that fit into float64: {error}. Pass numbers, or "
            "fit with the column as categories (dtype category)."
        ) from error
    return numbers


def category_keys(column: Any) -> tuple[np.ndarray, list[str]]:
    """Index of each row into the list of distinct categories as text; -1 where missing."""
    if isinstance(column, np.ndarray):
        index = np.full(len(column), -1)
        present = ~np.isnan(column)
        uniques, index[present] = np.unique(column[present], return_inverse=True)
        return index, [_key(value) for value in uniques]
    try:
        uniques = column.drop_nulls().unique(maintain_order=True).to_list()
        keys = [_key(value) for value in uniques]
    except TypeError as error:
        raise TypeError(
            f"Column {column.name!r} holds {error}; its entries must be strings or numbers."
        ) from error
    if not uniques:
        return np.full(len(column), -1), []
    index = column.replace_strict(uniques, range(len(uniques)), default=-1, return_dtype=nw.Int64)
    return index.to_numpy(), keys


def _key(value: Any) -> str:
    """Text of a category, the same for 1, 1.0, "1", "1.0" and True: what it is may differ later."""
    if isinstance(value, (Integral, np.bool_)):
        return str(int(value))
    if isinstance(value, (Real, Decimal)):
        number = float(value)
        return str(int(number)) if number.is_integer() else repr(number)
    if isinstance(value, str):
        return _key(Decimal(value)) if NUMBER.fullmatch(value) else FLAGS.get(value, value)
    if type(value).__str__ is object.__str__ and type(value).__repr__ is object.__repr__:
        raise TypeError(f"objects without a text of their own ({type(value).__name__})")
    return str(value)
