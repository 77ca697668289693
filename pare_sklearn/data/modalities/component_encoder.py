"""Tables of thousands of columns to principal components."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import OneHotEncoder

from pare_sklearn.data.modalities.scaling import bin_edges, clip_smoothly
from pare_sklearn.data.modalities.table_encoder import TableEncoder

MOST_COMPONENTS = 256
SEED = 0  # of the randomised solver, which many samples of many columns get


class ComponentEncoder:
    """Turn a table into principal components of its encoded columns.

    Where samples are fewer than columns, as many components as samples hold all that varies among
    them. It stands in for a `TableEncoder`, whose attributes it has.

    Parameters
    ----------
    encoder : TableEncoder
        Fitted to the table.

    Attributes
    ----------
    numeric_ : list of int
        Numbers of the components.
    categorical_, cardinalities_ : list of int
        Empty: the components hold the categories too.
    edges_ : list of float32 ndarray
        For each component, edges between bins of about as many samples.
    """

    def __init__(self, encoder: TableEncoder) -> None:
        self.encoder_ = encoder
        self.categorical_: list[int] = []
        self.cardinalities_: list[int] = []

    def fit(self, X: Any) -> ComponentEncoder:
        """Learn the components.

        Parameters
        ----------
        X : DataFrame or float64 ndarray of shape (n_samples, n_features)

        Returns
        -------
        ComponentEncoder
        """
        numbers, codes = self.encoder_.transform(X)
        self.indicators_ = OneHotEncoder(handle_unknown="ignore", dtype="float32")
        if codes.shape[1]:
            self.indicators_.fit(codes)
        columns = self._columns(numbers, codes)
        n_components = min(len(columns) - 1, columns.shape[1], MOST_COMPONENTS)
        with np.errstate(invalid="ignore"):  # of samples that are all alike
            self.pca_ = PCA(n_components, random_state=SEED).fit(columns)
        # One unit for all: what varies little tells little.
        self.unit_ = np.sqrt(self.pca_.explained_variance_.mean()) or 1.0
        self.numeric_ = [*range(n_components)]
        self.edges_ = [bin_edges(component) for component in self._components(columns).T]
        return self

    def transform(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Encode a table with the columns seen in `fit`.

        Parameters
        ----------
        X : DataFrame or float64 ndarray of shape (n_samples, n_features)

        Returns
        -------
        components : float32 ndarray of shape (n_samples, n_components)
        codes : int64 ndarray of shape (n_samples, 0)
        """
        numbers, codes = self.encoder_.transform(X)
        return self._components(self._columns(numbers, codes)), codes[:, :0]

    def _components(self, columns: np.ndarray) -> np.ndarray:
        # In float64 and then rounded, because the last bits of a product of matrices depend on how
        # many rows they have.
        components = self.pca_.transform(columns.astype(np.float64))
        return clip_smoothly(components / self.unit_).astype(np.float32)

    def _columns(self, numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Numbers, the missing ones at their median, and indicators of the categories."""
        known = np.nan_to_num(numbers)
        if not codes.shape[1]:
            return known
        return np.hstack([known, self.indicators_.transform(codes).toarray()])
