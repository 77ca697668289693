"""Tables to numbers: categories, missing values, scaling."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

CLIP = 3.0
LARGEST = 1e6
# Bins that a column of numbers is cut into at most, and the samples of one at least.
MOST_BINS, BIN_SAMPLES = 16, 4
EDGE_DECIMALS = 4
# What `pandas.api.types.infer_dtype` calls columns of numbers, and those of time.
NUMERIC_KINDS = {"integer", "floating", "mixed-integer-float", "boolean", "decimal"}
TIME_KINDS = {"datetime64", "datetime", "date", "time", "timedelta64", "timedelta", "period"}


class RobustSmoothClip(TransformerMixin, BaseEstimator):
    """Scale numbers by median and interquartile range, then clip them smoothly to (-3, 3) [1]_.

    Missing values stay NaN. Where the interquartile range is zero, half the range takes its
    place; a constant column becomes zero.

    References
    ----------
    .. [1] Holzmüller, Grinsztajn & Steinwart (2024), "Better by Default: Strong Pre-Tuned MLPs
       and Boosted Trees on Tabular Data", section 3.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [1e9]])
    >>> RobustSmoothClip().fit_transform(X).ravel().round(2)
    array([-0.95, -0.49,  0.  ,  0.49,  3.  ])
    """

    def fit(self, X: np.ndarray, y: Any = None) -> RobustSmoothClip:
        """Learn the quantiles of each column of `X`, shape (n_samples, n_numeric)."""
        quantiles = np.zeros((5, X.shape[1]))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
            if X.shape[1]:
                # Of halves, whose differences cannot overflow.
                quantiles = np.nanquantile(X / 2, [0, 0.25, 0.5, 0.75, 1], axis=0)
        low, q1, median, q3, high = np.nan_to_num(quantiles)
        half_spread = np.where(q3 > q1, q3 - q1, (high - low) / 2)
        self.center_ = 2 * median
        with np.errstate(over="ignore"):
            spread = np.nan_to_num(2 * half_spread)
        self.scale_ = np.where(spread > 0, spread, 1.0)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Scale `X`, shape (n_samples, n_numeric); NaN stays NaN."""
        with np.errstate(over="ignore"):
            z = np.clip((X - self.center_) / self.scale_, -LARGEST, LARGEST)
        return z / np.sqrt(1 + (z / CLIP) ** 2)


class TableEncoder(TransformerMixin, BaseEstimator):
    """Turn a table into scaled numbers and category codes.

    Parameters
    ----------
    categorical_features : "from_dtype" or list of int, bool or str, default="from_dtype"
        Columns of categories, by position, mask or name. Columns of a DataFrame that hold text,
        or whose dtype is category, are categories in any case.

    Attributes
    ----------
    numeric_, categorical_ : list of int
        Positions of the numeric and of the categorical columns.
    edges_ : list of float32 ndarray
        For each numeric column, edges between bins of about as many samples, scaled.
    categories_ : list of dict
        For each categorical column, the code of each category. Code 0 is "unseen in training",
        1 is "missing".

    Examples
    --------
    >>> import numpy as np
    >>> encoder = TableEncoder(categorical_features=[1]).fit(np.array([[0.0, 7], [1, 8]]))
    >>> encoder.transform(np.array([[0.0, 8], [1, 9]]))[1].ravel()
    array([3, 0])
    """

    def __init__(self, categorical_features: str | Sequence = "from_dtype") -> None:
        self.categorical_features = categorical_features

    def fit(self, X: Any, y: Any = None) -> TableEncoder:
        """Learn scales and categories.

        Parameters
        ----------
        X : DataFrame or float64 ndarray of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        TableEncoder
        """
        named = self._named_positions(X)
        is_categorical = [
            position in named or not _is_numeric(column)
            for position, column in enumerate(_columns(X))
        ]
        self.from_dataframe_ = is_dataframe(X)
        self.categorical_ = np.flatnonzero(is_categorical).tolist()
        self.numeric_ = np.flatnonzero(np.logical_not(is_categorical)).tolist()
        numbers = self._numbers(X)
        self.scaler_ = RobustSmoothClip().fit(numbers)
        self.edges_ = [_bin_edges(column) for column in self._scale(numbers).T]
        columns = list(_columns(X))
        self.categories_ = [
            {key: code for code, key in enumerate(sorted(set(_keys(columns[p])[1])), start=2)}
            for p in self.categorical_
        ]
        return self

    @property
    def cardinalities_(self) -> list[int]:
        """Number of codes of each categorical column."""
        return [len(categories) + 2 for categories in self.categories_]

    def transform(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Encode a table with the columns seen in `fit`.

        Parameters
        ----------
        X : DataFrame or float64 ndarray of shape (n_samples, n_features)

        Returns
        -------
        numbers : float32 ndarray of shape (n_samples, n_numeric)
            Scaled numbers, NaN where missing.
        codes : int64 ndarray of shape (n_samples, n_categorical)
            Category codes.

        Raises
        ------
        ValueError
            If a numeric column holds infinity, text or complex numbers, or categories arrive as
            a plain array.
        TypeError
            If a numeric column holds dates, or one of categories objects without a text.
        """
        if self.categorical_ and self.from_dataframe_ and not is_dataframe(X):
            raise ValueError(
                f"X is an array, but fit saw a DataFrame with {len(self.categorical_)} columns of "
                "categories; pass a DataFrame with the same columns."
            )
        numbers = self._scale(self._numbers(X))
        columns = list(_columns(X))
        codes = np.empty((len(X), len(self.categorical_)), dtype=np.int64)
        for j, (position, categories) in enumerate(
            zip(self.categorical_, self.categories_, strict=True)
        ):
            index, keys = _keys(columns[position])
            # One entry more: index -1, a missing value, finds code 1 at the end.
            lookup = np.array([*(categories.get(key, 0) for key in keys), 1])
            codes[:, j] = lookup[index]
        return numbers, codes

    def _scale(self, numbers: np.ndarray) -> np.ndarray:
        return self.scaler_.transform(numbers).astype(np.float32)

    def _named_positions(self, X: Any) -> set[int]:
        """Positions of the columns that `categorical_features` names."""
        if isinstance(self.categorical_features, str):
            return set()
        named = np.asarray(self.categorical_features, dtype=object).tolist()
        n_features = X.shape[1]
        if named and all(isinstance(entry, (bool, np.bool_)) for entry in named):
            if len(named) != n_features:
                raise ValueError(
                    f"categorical_features is a mask of {len(named)} entries, but X has "
                    f"{n_features} columns; give one entry a column."
                )
            return set(np.flatnonzero(named).tolist())
        names = list(X.columns) if is_dataframe(X) else []
        positions = [names.index(e) if e in names else e for e in named]
        unknown = [
            e for e in positions if not isinstance(e, (int, np.integer)) or not 0 <= e < n_features
        ]
        if unknown:
            known = f"or names among {names}" if names else "(X is an array, without names)"
            raise ValueError(
                f"categorical_features names columns that X lacks: {unknown}; give positions from "
                f"0 to {n_features - 1} {known}."
            )
        return set(positions)

    def _numbers(self, X: Any) -> np.ndarray:
        """The numeric columns as float64, checked to be finite or missing."""
        if not self.numeric_:
            return np.empty((len(X), 0))
        if is_dataframe(X):
            columns = [_to_float(X.iloc[:, position]) for position in self.numeric_]
            block = np.column_stack(columns)
        else:
            block = X[:, self.numeric_]
        infinite = np.flatnonzero(np.isinf(block).any(axis=0))
        if len(infinite):
            names = X.columns if is_dataframe(X) else range(X.shape[1])
            raise ValueError(
                f"Input X contains infinity in {[names[self.numeric_[j]] for j in infinite]}; put "
                "numbers in its place, or NaN for missing."
            )
        return block


def _bin_edges(column: np.ndarray) -> np.ndarray:
    """Distinct quantiles of scaled numbers (n_samples,), at least two."""
    present = column[~np.isnan(column)]
    if len(present):
        n_bins = min(MOST_BINS, max(2, len(present) // BIN_SAMPLES))
        quantiles = np.quantile(present, np.linspace(0, 1, n_bins + 1), method="nearest")
        # Rounded, because a slope within the narrowest of bins would overflow.
        edges = np.unique(quantiles.round(EDGE_DECIMALS))
        if len(edges) > 1:
            return edges.astype(np.float32)
    # What is constant, or missing throughout, has no bins of its own.
    return np.array([-CLIP, CLIP], dtype=np.float32)


def is_dataframe(X: Any) -> bool:
    """Whether `X` is a pandas DataFrame, without importing pandas."""
    return hasattr(X, "iloc") and hasattr(X, "columns")


def _columns(X: Any) -> Any:
    """Iterate over the columns: Series of a DataFrame, 1-D arrays of an array."""
    return (X.iloc[:, j] for j in range(X.shape[1])) if is_dataframe(X) else X.T


def _is_numeric(column: Any) -> bool:
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


def _to_float(column: Any) -> np.ndarray:
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


def _keys(column: Any) -> tuple[np.ndarray, list[str]]:
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
