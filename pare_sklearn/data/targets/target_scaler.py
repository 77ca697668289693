"""Targets, standardised, however large or small they are."""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import StandardScaler

from pare_sklearn.data.sliced import Sliced, block_slices, each_block
from pare_sklearn.utils.one_line import one_line


class TargetScaler:
    """A `StandardScaler` in a unit of its own, so that no square overflows.

    Attributes
    ----------
    unit_ : float
        A power of two near the largest target; dividing by it loses nothing.
    standard_ : StandardScaler
        Of targets in this unit.

    Examples
    --------
    >>> y = np.array([[1e200], [3e200]])
    >>> TargetScaler().fit(y, np.ones(2)).transform(y)
    array([[-1.],
           [ 1.]])
    """

    def fit(self, y: np.ndarray | Sliced, weights: np.ndarray) -> TargetScaler:
        """Learn from targets (n_samples, n_outputs) and weights (n_samples,)."""
        _, exponent = np.frexp(max(np.abs(block).max() for block in each_block(y)))
        self.unit_ = float(np.ldexp(1.0, exponent - 1))
        self.standard_ = StandardScaler()
        for rows in block_slices(y):
            self.standard_.partial_fit(y[rows] / self.unit_, sample_weight=weights[rows])
        return self

    @property
    def mean_(self) -> np.ndarray:
        """Means of the outputs, (n_outputs,)."""
        return self.standard_.mean_ * self.unit_

    @property
    def scale_(self) -> np.ndarray:
        """Standard deviations of the outputs, (n_outputs,); 1 in the unit where one is constant."""
        return self.standard_.scale_ * self.unit_

    def transform(self, y: np.ndarray) -> np.ndarray:
        """Standardised targets."""
        return self.standard_.transform(y / self.unit_)

    def inverse_transform(self, y: np.ndarray) -> np.ndarray:
        """Targets in the units of y, of standardised ones, which may be infinite."""
        return (y * self.standard_.scale_ + self.standard_.mean_) * self.unit_

    def __repr__(self) -> str:
        return one_line(self, "unit_")
