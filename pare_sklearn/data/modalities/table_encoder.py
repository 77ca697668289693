"""Tables to numbers and codes of categories."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from itertools import compress
from typing import Any

import numpy as np
from typing_extensions import Self

from pare_sklearn.data.modalities.frames import (
    category_keys,
    column_names,
    is_dataframe,
    is_numeric,
    iterate_columns,
    to_float,
)
from pare_sklearn.data.modalities.named_columns import find_positions
from pare_sklearn.data.modalities.scaling import RobustSmoothClip, bin_edges
from pare_sklearn.data.modalities.text_columns import warn_of_text

UNSEEN, MISSING = 0, 1


class TableEncoder:
    """Turn a table into scaled numbers and category codes.

    What did not vary in `fit` tells nothing, and does not vary later: a number that was constant,
    a category that all rows had, a value where all were missing. What was never missing in `fit`
    is taken for the median, or for an unseen category, where it is missing later.

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
    seen_ : list of set of int
        For each categorical column, the codes that occurred in `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> encoder = TableEncoder(categorical_features=[1]).fit(np.array([[0.0, 7], [1, 8]]))
    >>> encoder.transform(np.array([[0.0, 8], [1, 9]]))[1].ravel()
    array([3, 0])
    """

    def __init__(self, categorical_features: str | Sequence = "from_dtype") -> None:
        self.categorical_features = categorical_features

    def fit(self, X: Any) -> TableEncoder:
        """Learn scales and categories.

        Parameters
        ----------
        X : DataFrame or float64 ndarray of shape (n_samples, n_features)

        Returns
        -------
        TableEncoder
        """
        named = self._named_positions(X)
        is_categorical = [
            position in named or not is_numeric(column)
            for position, column in enumerate(iterate_columns(X))
        ]
        self.from_dataframe_ = is_dataframe(X)
        self.categorical_ = np.flatnonzero(is_categorical).tolist()
        self.numeric_ = np.flatnonzero(np.logical_not(is_categorical)).tolist()
        numbers = self._numbers(X)
        self.scaler_ = RobustSmoothClip().fit(numbers)
        self.edges_ = [bin_edges(column) for column in self._scale(numbers).T]
        columns = list(iterate_columns(X))
        found = [category_keys(columns[position]) for position in self.categorical_]
        self.categories_ = [
            {key: code for code, key in enumerate(sorted(set(keys)), start=2)} for _, keys in found
        ]
        self.seen_ = [
            {*categories.values(), *([MISSING] if (index < 0).any() else [])}
            for categories, (index, _) in zip(self.categories_, found, strict=True)
        ]
        if self.from_dataframe_:
            warn_of_text([columns[p] for p in self.categorical_ if p not in named])
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
        columns = list(iterate_columns(X))
        codes = np.empty((len(X), len(self.categorical_)), dtype=np.int64)
        for j, position in enumerate(self.categorical_):
            codes[:, j] = self._codes(columns[position], self.categories_[j], self.seen_[j])
        return numbers, codes

    def keep(self, support: np.ndarray) -> Self:
        """The encoder of some of the columns.

        Parameters
        ----------
        support : bool ndarray of shape (n_features,)
            Which of the table that `transform` is given.

        Returns
        -------
        TableEncoder
        """
        kept = copy(self)
        numbers, categories = self.split(support)
        kept.scaler_ = self.scaler_.keep(numbers)
        for name in ("numeric_", "edges_"):
            setattr(kept, name, [*compress(getattr(self, name), numbers)])
        for name in ("categorical_", "categories_", "seen_"):
            setattr(kept, name, [*compress(getattr(self, name), categories)])
        return kept

    def split(self, support: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What a mask of the columns says of the numbers, and what of the categories."""
        numbers, categories = (
            np.array([support[position] for position in positions], dtype=bool)
            for positions in (self.numeric_, self.categorical_)
        )
        return numbers, categories

    def _codes(self, column: Any, categories: dict[str, int], seen: set[int]) -> np.ndarray | int:
        if len(seen) == 1:
            return min(seen)
        index, keys = category_keys(column)
        missing = MISSING if MISSING in seen else UNSEEN
        # One entry more: index -1, a missing value, finds its code at the end.
        return np.array([*(categories.get(key, UNSEEN) for key in keys), missing])[index]

    def _scale(self, numbers: np.ndarray) -> np.ndarray:
        return self.scaler_.transform(numbers).astype(np.float32)

    def _named_positions(self, X: Any) -> set[int]:
        """Positions of the columns that `categorical_features` names."""
        if isinstance(self.categorical_features, str):
            return set()
        names = column_names(X) if is_dataframe(X) else []
        named = np.asarray(self.categorical_features, dtype=object).tolist()
        return find_positions(named, names, X.shape[1])

    def _numbers(self, X: Any) -> np.ndarray:
        """The numeric columns as float64, checked to be finite or missing."""
        if not self.numeric_:
            return np.empty((len(X), 0))
        if is_dataframe(X):
            columns = list(iterate_columns(X))
            block = np.column_stack([to_float(columns[position]) for position in self.numeric_])
        else:
            block = X[:, self.numeric_]
        infinite = np.flatnonzero(np.isinf(block).any(axis=0))
        if len(infinite):
            names = column_names(X) if is_dataframe(X) else range(X.shape[1])
            raise ValueError(
                f"Input X contains infinity in {[names[self.numeric_[j]] for j in infinite]}; put "
                "numbers in its place, or NaN for missing."
            )
        return block
