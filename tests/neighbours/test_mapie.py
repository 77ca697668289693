"""MAPIE's conformal intervals around PaReRegressor."""

import numpy as np
import pytest
from sklearn.datasets import make_regression

from pare_sklearn import PaReRegressor

pytest.importorskip("mapie")

from mapie.regression import CrossConformalRegressor, SplitConformalRegressor

X, Y = make_regression(300, 4, noise=20.0, random_state=0)
X_TRAIN, X_REST, X_TEST = np.split(X, [120, 200])
Y_TRAIN, Y_REST, Y_TEST = np.split(Y, [120, 200])


def regressor():
    return PaReRegressor(n_estimators=1, max_epochs=3, random_state=0)


def covered(intervals):
    """Share of the targets in their intervals (n_samples, 2, 1)."""
    return np.mean((intervals[:, 0, 0] <= Y_TEST) & (intervals[:, 1, 0] >= Y_TEST))


def test_split_conformal_around_a_fitted_regressor():
    reg = regressor().fit(X_TRAIN, Y_TRAIN)
    mapie = SplitConformalRegressor(reg, confidence_level=0.9, prefit=True)
    predicted, intervals = mapie.conformalize(X_REST, Y_REST).predict_interval(X_TEST)
    np.testing.assert_array_equal(predicted, reg.predict(X_TEST))
    assert covered(intervals) > 0.8


def test_cross_conformal_fits_the_folds_itself():
    mapie = CrossConformalRegressor(
        regressor(), confidence_level=0.9, method="plus", cv=2, random_state=0
    )
    mapie.fit_conformalize(X[:200], Y[:200])
    predicted, intervals = mapie.predict_interval(X_TEST)
    assert predicted.shape == Y_TEST.shape
    assert covered(intervals) > 0.8
