"""AutoGluon, which takes tables as they are and picks among the libraries that are installed."""

from __future__ import annotations

from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from autogluon.tabular import TabularPredictor
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from benchmarks.isolation import n_threads

TARGET = "__target__"


def build(X: pd.DataFrame, kind: str, seed: int) -> BaseEstimator:
    """Build it with its defaults."""
    if kind == "classification":
        return AutoGluonClassifier(random_state=seed)
    return AutoGluonRegressor(random_state=seed)


class AutoGluonClassifier(ClassifierMixin, BaseEstimator):
    """AutoGluon's classifier on tables.

    Parameters
    ----------
    random_state : int, default=0
        Seed of the split by which it picks among its models.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> AutoGluonClassifier:
        """Fit to a table (n_samples, n_features) and labels (n_samples,)."""
        labels = np.asarray(y)
        self.classes_ = np.unique(labels)
        problem = "binary" if len(self.classes_) == 2 else "multiclass"
        self.predictor_ = _fit(X, labels, problem, self.random_state)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Probabilities (n_samples, n_classes)."""
        return self.predictor_.predict_proba(X)[self.classes_].to_numpy()

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Labels (n_samples,)."""
        return self.predictor_.predict(X).to_numpy()


class AutoGluonRegressor(RegressorMixin, BaseEstimator):
    """AutoGluon's regressor on tables.

    Parameters
    ----------
    random_state : int, default=0
        Seed of the split by which it picks among its models.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> AutoGluonRegressor:
        """Fit to a table (n_samples, n_features) and targets (n_samples,)."""
        self.predictor_ = _fit(X, np.asarray(y), "regression", self.random_state)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Targets (n_samples,)."""
        return self.predictor_.predict(X).to_numpy()


def _fit(X: pd.DataFrame, y: np.ndarray, problem: str, seed: int) -> TabularPredictor:
    """Fit a predictor that leaves no files, because it holds its models in memory."""
    with TemporaryDirectory() as folder:
        predictor = TabularPredictor(
            label=TARGET,
            problem_type=problem,
            path=folder,
            verbosity=0,
            learner_kwargs={"random_state": seed},
        )
        predictor.fit(X.assign(**{TARGET: y}), num_cpus=n_threads())
        predictor.persist(max_memory=None)
    return predictor
