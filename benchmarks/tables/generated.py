"""Generated tables whose truth is known; each is always the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import make_classification, make_friedman1


def make_parity() -> pd.DataFrame:
    """Whether an even number of 3 columns are below 0, with 5% wrong; 7 columns tell nothing."""
    rng = np.random.RandomState(1)
    X = rng.normal(size=(1_000, 10))
    y = (X[:, :3] < 0).sum(axis=1) % 2
    return _frame(X, np.where(rng.uniform(size=len(y)) < 0.05, 1 - y, y))


def make_categories() -> pd.DataFrame:
    """Of 30 columns, 20 are cut into 3 to 12 categories that stand in no order."""
    rng = np.random.RandomState(2)
    X, y = make_classification(
        1_500, 30, n_informative=8, n_redundant=4, n_classes=5, random_state=2
    )
    frame = _frame(X, y)
    for name in frame.columns[:20]:
        n_categories = rng.randint(3, 13)
        codes = pd.qcut(frame[name], n_categories, labels=False)
        letters = rng.permutation(list("abcdefghijkl"[:n_categories]))
        frame[name] = letters[codes]
    return frame


def make_few_of_many() -> pd.DataFrame:
    """5 of 120 columns tell the class."""
    return _classes(2_000, 120, n_informative=5, n_redundant=0, flip_y=0.05, random_state=3)


def make_redundant() -> pd.DataFrame:
    """40 of 60 columns are mixtures of the 6 that tell the class."""
    return _classes(800, 60, n_informative=6, n_redundant=40, n_classes=4, random_state=4)


def make_clusters() -> pd.DataFrame:
    """Each class is 6 clusters at corners of a hypercube, so that only interactions tell it."""
    return _classes(
        3_000, 40, n_informative=5, n_redundant=5, n_clusters_per_class=6, weights=[0.8],
        random_state=5,
    )  # fmt: skip


def make_twenty_classes() -> pd.DataFrame:
    """20 classes, told by 12 of 50 columns."""
    return _classes(
        3_000, 50, n_informative=12, n_classes=20, n_clusters_per_class=1, random_state=6
    )


def make_missing() -> pd.DataFrame:
    """A quarter of the values are missing at random; 20 of 80 columns tell the class."""
    rng = np.random.RandomState(7)
    X, y = make_classification(
        1_200, 80, n_informative=10, n_redundant=10, n_classes=3, random_state=7
    )
    return _frame(np.where(rng.uniform(size=X.shape) < 0.25, np.nan, X), y)


def make_friedman() -> pd.DataFrame:
    """Friedman's first regression, of 5 columns among 60."""
    return _frame(*make_friedman1(600, 60, noise=1.0, random_state=8))


MAKERS = {
    "parity": make_parity,
    "categories": make_categories,
    "few_of_many": make_few_of_many,
    "redundant": make_redundant,
    "clusters": make_clusters,
    "twenty_classes": make_twenty_classes,
    "missing": make_missing,
    "friedman": make_friedman,
}


def _classes(n_rows: int, n_columns: int, **settings: Any) -> pd.DataFrame:
    return _frame(*make_classification(n_rows, n_columns, **settings))


def _frame(X: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])]).assign(target=y)
