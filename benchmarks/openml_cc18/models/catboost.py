"""CatBoost, which takes text for categories, and missing numbers."""

from __future__ import annotations

from typing import Any

import catboost
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from benchmarks.isolation import n_threads
from benchmarks.openml_cc18.models.columns import categorical


def build(X: pd.DataFrame, kind: str, seed: int) -> BaseEstimator:
    """Build it with its defaults."""
    if kind == "classification":
        return CatBoostClassifier(random_state=seed)
    return CatBoostRegressor(random_state=seed)


class CatBoostClassifier(ClassifierMixin, BaseEstimator):
    """CatBoost's classifier on tables.

    Parameters
    ----------
    random_state : int, default=0
        Its seed.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> CatBoostClassifier:
        """Fit to a table (n_samples, n_features) and labels (n_samples,)."""
        model = catboost.CatBoostClassifier(**_settings(X, self.random_state))
        self.model_ = model.fit(_as_text(X), np.asarray(y))
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Probabilities (n_samples, n_classes)."""
        return self.model_.predict_proba(_as_text(X))

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Labels (n_samples,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class CatBoostRegressor(RegressorMixin, BaseEstimator):
    """CatBoost's regressor on tables.

    Parameters
    ----------
    random_state : int, default=0
        Its seed.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> CatBoostRegressor:
        """Fit to a table (n_samples, n_features) and targets (n_samples,)."""
        model = catboost.CatBoostRegressor(**_settings(X, self.random_state))
        self.model_ = model.fit(_as_text(X), np.asarray(y))
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Targets (n_samples,)."""
        return self.model_.predict(_as_text(X))


def _settings(X: pd.DataFrame, seed: int) -> dict[str, Any]:
    return {
        "cat_features": categorical(X),
        "random_seed": seed,
        "thread_count": n_threads(),
        "verbose": False,
        "allow_writing_files": False,
    }


def _as_text(X: pd.DataFrame) -> pd.DataFrame:
    """Categories as text, missing ones too, because CatBoost takes no NaN among them."""
    columns = {name: X[name].astype(object) for name in categorical(X)}
    return X.assign(
        **{name: c.where(c.notna(), "missing").astype(str) for name, c in columns.items()}
    )
