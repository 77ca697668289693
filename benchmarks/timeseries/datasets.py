"""The data sets, on their own splits: those of the UCR archive that aeon ships, or one's own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.functions import import_function
from benchmarks.unavailable import Unavailable

UCR = (
    "GunPoint",
    "ItalyPowerDemand",
    "ArrowHead",
    "BasicMotions",
    "JapaneseVowels",  # of unequal lengths
    "OSULeaf",
    "ACSF1",
)

Collection = np.ndarray | list[np.ndarray]


class DataSet(NamedTuple):
    """Series to fit to and series to score on.

    Attributes
    ----------
    X_train, X_test : ndarray of shape (n_samples, n_channels, length) or list of ndarray
        Where lengths differ, a list of series (n_channels, length).
    y_train, y_test : ndarray of shape (n_samples,)
        Classes.
    """

    X_train: Collection
    y_train: np.ndarray
    X_test: Collection
    y_test: np.ndarray

    @property
    def n_values(self) -> int:
        """How many numbers there are to fit to."""
        return sum(series.size for series in self.X_train)


def load(name: str) -> DataSet:
    """Load a data set.

    Parameters
    ----------
    name : str
        One of `UCR`; or ``"package.module:function"``, which returns X_train, y_train, X_test and
        y_test.

    Returns
    -------
    data_set : DataSet

    Raises
    ------
    Unavailable
        When there is none of that name, when aeon is not installed, or when the function can't be
        imported.
    """
    if ":" in name:
        try:
            return DataSet(*import_function(name)())
        except (ImportError, AttributeError) as error:
            raise Unavailable(f"the data set {name!r} can't be imported: {error}") from error
    if name not in UCR:
        raise Unavailable(f"there is no data set {name!r}; there are {', '.join(UCR)}")
    return _shipped(name)


def _shipped(name: str) -> DataSet:
    try:
        from aeon.datasets import load_classification
    except ImportError as error:
        raise Unavailable(
            f"{name} comes with aeon, which is not installed: pip install 'pare-sklearn[bench]'"
        ) from error
    train, test = (load_classification(name, split=part) for part in ("train", "test"))
    return DataSet(*train, *test)
