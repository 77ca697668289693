"""Scores of the gate by the columns of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from pare_sklearn.data.modalities.tables import Tables


def gate_scores_by_feature(estimator: Any, X: ArrayLike) -> np.ndarray:
    """Score the columns of a table with the gate: the mean over each one's patches.

    Parameters
    ----------
    estimator : PaReClassifier or PaReRegressor
        Fitted to a table with ``strategy="pare"``.
    X : DataFrame or array-like of shape (n_samples, n_features)
        Rows with the same columns as in fit.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        Gate scores in (0, 1), averaged over the members. They say which patches are kept in the
        mixture with the source, not what a prediction depends on: that ``feature_importances_``
        tells.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If it has no learned gate, or was not fitted to a table.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from pare_sklearn import PaReClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = PaReClassifier(n_estimators=1, max_epochs=3, random_state=0).fit(X, y)
    >>> gate_scores_by_feature(clf, X).shape
    (150, 4)
    """
    check_is_fitted(estimator)
    modality = estimator.modality_
    if not isinstance(modality, Tables):
        raise ValueError(
            "Only tables have features to score; gate_scores(X) scores the patches of sequences "
            "and images."
        )
    return modality.by_feature(estimator.gate_scores(X))
