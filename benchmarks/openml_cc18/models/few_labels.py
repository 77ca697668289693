"""PaRe with few of its labels, the other rows dropped or kept as unlabelled ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.utils import check_random_state

from benchmarks.openml_cc18.models import pare

UNLABELLED = -1  # as in scikit-learn's SelfTrainingClassifier
LEAST = 2  # labels of each class, where it has them: one to train on and one to hold out


def build(X: pd.DataFrame, kind: str, seed: int, keep_unlabelled: bool = False) -> BaseEstimator:
    """Build PaRe behind what takes nine tenths of its labels away."""
    model = FewLabelsClassifier if kind == "classification" else FewLabelsRegressor
    parameters = {"semi_supervised": True} if keep_unlabelled else {}
    estimator = pare.build(X, kind, seed, **parameters)
    return model(estimator, keep_unlabelled=keep_unlabelled, random_state=seed)


def draw_labelled(groups: np.ndarray, share: float, random_state: int) -> np.ndarray:
    """Draw the rows that keep their labels, a share of each group.

    Parameters
    ----------
    groups : ndarray of shape (n_samples,)
        Classes, or one group of all rows.

    share : float
        Share of each group, but at least 2 of its rows where it has them.

    random_state : int
        Seed; the same one draws the same rows.

    Returns
    -------
    labelled : ndarray of bool of shape (n_samples,)
        Which rows keep their labels.
    """
    rng = check_random_state(random_state)
    labelled = np.zeros(len(groups), dtype=bool)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        n_labelled = max(round(share * len(rows)), min(LEAST, len(rows)))
        labelled[rng.choice(rows, n_labelled, replace=False)] = True
    return labelled


class _FewLabels(BaseEstimator):
    """What classifier and regressor share."""

    def __init__(
        self,
        estimator: BaseEstimator,
        share: float = 0.1,
        keep_unlabelled: bool = False,
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.share = share
        self.keep_unlabelled = keep_unlabelled
        self.random_state = random_state

    def _fit(self, X: pd.DataFrame, y: np.ndarray, labelled: np.ndarray, unlabelled: float) -> None:
        if self.keep_unlabelled:
            y = np.where(labelled, y, unlabelled)
        else:
            X, y = X[labelled], y[labelled]
        self.estimator_ = clone(self.estimator).fit(X, y)


class FewLabelsClassifier(ClassifierMixin, _FewLabels):
    """Fit a classifier to codes of the labels that a share of the rows keeps.

    Parameters
    ----------
    estimator : classifier
        Where unlabelled rows are kept, one that takes -1 for those.

    share : float, default=0.1
        Share of each class that keeps its labels, but at least 2 rows where it has them.

    keep_unlabelled : bool, default=False
        Whether the other rows are kept as unlabelled or dropped.

    random_state : int, default=0
        Seed of the draw.
    """

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> FewLabelsClassifier:
        """Fit to a table (n_samples, n_features) and labels (n_samples,)."""
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        self._fit(X, codes, draw_labelled(codes, self.share, self.random_state), UNLABELLED)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Probabilities (n_samples, n_classes)."""
        return self.estimator_.predict_proba(X)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Labels (n_samples,)."""
        return self.classes_[self.estimator_.predict(X)]


class FewLabelsRegressor(RegressorMixin, _FewLabels):
    """Fit a regressor to the targets that a share of the rows keeps.

    Parameters
    ----------
    estimator : regressor
        Where unlabelled rows are kept, one that takes NaN for those.

    share : float, default=0.1
        Share of the rows that keeps its targets, but at least 2.

    keep_unlabelled : bool, default=False
        Whether the other rows are kept as unlabelled or dropped.

    random_state : int, default=0
        Seed of the draw.
    """

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> FewLabelsRegressor:
        """Fit to a table (n_samples, n_features) and targets (n_samples,)."""
        targets = np.asarray(y, dtype=float)
        one_group = np.zeros(len(targets), dtype=int)
        self._fit(X, targets, draw_labelled(one_group, self.share, self.random_state), np.nan)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Targets (n_samples,)."""
        return self.estimator_.predict(X)
