"""Class labels as codes, for classifiers that take nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, clone


class CodedLabels(ClassifierMixin, BaseEstimator):
    """Fit a classifier to the codes of the labels.

    Parameters
    ----------
    classifier : estimator
        Classifier that takes labels from 0 to n_classes - 1.
    """

    def __init__(self, classifier: BaseEstimator) -> None:
        self.classifier = classifier

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> CodedLabels:
        """Fit to a table (n_samples, n_features) and labels (n_samples,)."""
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        self.classifier_ = clone(self.classifier).fit(X, codes)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Probabilities (n_samples, n_classes)."""
        return self.classifier_.predict_proba(X)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Labels (n_samples,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
