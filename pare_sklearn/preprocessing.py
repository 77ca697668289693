"""Tables to numbers: categories, missing values, scaling."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_array

CLIP = 3.0
LARGEST = 1e6


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
    >>> RobustSmoothClip().fit_transform(np.array([[0.0], [1.0], [2.0], [1e9]])).max()
    np.float64(3.0)
    """

    def fit(self, X: np.ndarray, y: Any = None) -> RobustSmoothClip:
        """Learn the quantiles of each column of `X`, shape (n_samples, n_numeric)."""
        quantiles = np.zeros((5, X.shape[1]))
        with warnings.catch_warnings(), np.errstate(over="ignore"):
            warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
            if X.shape[1]:
                quantiles = np.nanquantile(X, [0, 0.25, 0.5, 0.75, 1], axis=0)
            low, q1, median, q3, high = np.nan_to_num(quantiles)
            spread = np.where(q3 > q1, q3 - q1, (high - low) / 2)
        self.center_ = median
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
        Columns of categories, by position, mask or name. Columns of a DataFrame whose dtype is
        category, string or object are categories in any case.

    Attributes
    ----------
    numeric_, categorical_ : list of int
        Positions of the numeric and of the categorical columns.
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
        self.scaler_ = RobustSmoothClip().fit(self._numbers(X))
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
            If a numeric column holds infinity or text, or categories arrive as a plain array.
        """
        if self.categorical_ and self.from_dataframe_ and not is_dataframe(X):
            raise ValueError(
                f"X is an array, but fit saw a DataFrame with {len(self.categorical_)} columns of "
                "categories; pass a DataFrame with the same columns."
            )
        numbers = self.scaler_.transform(self._numbers(X)).astype(np.float32)
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

    def _named_positions(self, X: Any) -> set[int]:
        """Positions of the columns that `categorical_features` names."""
        if isinstance(self.categorical_features, str):
            return set()
        named = list(self.categorical_features)
        n_features = X.shape[1]
        if named and all(isinstance(entry, (bool, np.bool_)) for entry in named):
            if len(named) != n_features:
                raise ValueError(
                    f"categorical_features is a mask of {len(named)} entries, but X has "
                    f"{n_features} columns."
                )
            return set(np.flatnonzero(named).tolist())
        names = list(X.columns) if is_dataframe(X) else []
        positions = {names.index(e) if e in names else e for e in named}
        unknown = [
            e for e in positions if not isinstance(e, (int, np.integer)) or not 0 <= e < n_features
        ]
        if unknown:
            raise ValueError(f"categorical_features names columns that X lacks: {unknown}.")
        return {int(position) for position in positions}

    def _numbers(self, X: Any) -> np.ndarray:
        """The numeric columns as float64, checked to be finite or missing."""
        if not self.numeric_:
            return np.empty((len(X), 0))
        if is_dataframe(X):
            columns = [_to_float(X.iloc[:, position]) for position in self.numeric_]
            block = np.column_stack(columns)
        else:
            block = X[:, self.numeric_]
        return check_array(block, ensure_all_finite="allow-nan", input_name="X")


def is_dataframe(X: Any) -> bool:
    """Whether `X` is a pandas DataFrame, without importing pandas."""
    return hasattr(X, "iloc") and hasattr(X, "columns")


def _columns(X: Any) -> Any:
    """Iterate over the columns: Series of a DataFrame, 1-D arrays of an array."""
    return (X.iloc[:, j] for j in range(X.shape[1])) if is_dataframe(X) else X.T


def _is_numeric(column: Any) -> bool:
    """Whether a column holds numbers or booleans; raises where it can hold no categories either."""
    if isinstance(column, np.ndarray):
        return True
    from pandas.api import types

    if types.is_complex_dtype(column.dtype):
        raise ValueError(f"Complex data not supported: column {column.name!r} is complex.")
    if types.is_datetime64_any_dtype(column.dtype) or types.is_timedelta64_dtype(column.dtype):
        raise TypeError(
            f"Column {column.name!r} has dtype {column.dtype}; turn dates and durations into "
            "numbers (year, weekday, days since ...) first."
        )
    if column.dtype == object:
        numeric = ("integer", "floating", "mixed-integer-float", "boolean")
        return types.infer_dtype(column, skipna=True) in numeric
    return types.is_numeric_dtype(column.dtype)


def _to_float(column: Any) -> np.ndarray:
    """A numeric column of a DataFrame as float64, NaN where missing."""
    try:
        if column.dtype == object:
            return column.where(column.notna(), np.nan).astype(np.float64).to_numpy()
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Column {column.name!r} was numeric in fit, but now has dtype {column.dtype} with "
            f"entries that are no numbers: {error}"
        ) from error


def _keys(column: Any) -> tuple[np.ndarray, list[str]]:
    """Index of each row into the list of distinct categories as text; -1 where missing."""
    if isinstance(column, np.ndarray):
        index = np.full(len(column), -1)
        present = ~np.isnan(column)
        uniques, index[present] = np.unique(column[present], return_inverse=True)
    else:
        import pandas

        try:
            index, uniques = pandas.factorize(column)
        except TypeError as error:
            raise TypeError(
                f"Column {column.name!r} holds {error}; its entries must be strings or numbers."
            ) from error
    return index, [_key(value) for value in uniques]


def _key(value: Any) -> str:
    """Text of a category, the same for 1, 1.0 and True, whose dtype may differ at predict."""
    return repr(float(value)) if isinstance(value, (Number, np.bool_)) else str(value)  # type: ignore[arg-type]
